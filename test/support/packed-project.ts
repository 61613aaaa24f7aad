import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';

const run = promisify(execFile);

/** The environment, without what is meant for jest alone. */
const environment = { ...process.env, NODE_OPTIONS: '', npm_config_update_notifier: 'false' };

/** What a package says of itself, as far as it is asked here. */
export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** The package, made of the project as it is checked out, in a project of its own that has nothing else. */
export class PackedProject {
  readonly #folder = mkdtempSync(join(tmpdir(), 'packed-project-'));
  #started: ChildProcess | undefined;

  path(...parts: string[]): string {
    return join(this.#folder, ...parts);
  }

  /** A path in the installed package. */
  installed(...parts: string[]): string {
    return this.path('service', 'node_modules', 'decorated-profiles', ...parts);
  }

  get manifest(): Manifest {
    return JSON.parse(readFileSync(this.installed('package.json'), 'utf8')) as Manifest;
  }

  /** Packs a copy of the project, so that its `dist` stays as it is; gives the names of the files in the package. */
  async pack(): Promise<readonly string[]> {
    const copy = this.path('copy');
    const whole = ['src', 'docs', 'examples', 'README.md', 'LICENSE', 'package.json', 'nest-cli.json', 'scripts'];
    for (const name of [...whole, 'tsconfig.json', 'tsconfig.build.json'])
      cpSync(name, join(copy, name), { recursive: true });
    symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', this.#folder], {
      cwd: copy,
      env: environment,
    });
    const tarball = this.path(stdout.trim().split('\n').at(-1) ?? '');
    mkdirSync(this.installed(), { recursive: true });
    await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', this.installed()]);
    const listed = await run('tar', ['-tzf', tarball]);
    return listed.stdout
      .trim()
      .split('\n')
      .map((name) => name.replace(/^package\//, ''));
  }

  /**
   * Gives the package what it says that it needs, and nothing else: the same packages as those of this project, so that no
   * registry is asked.
   */
  install(): void {
    const { dependencies, peerDependencies } = this.manifest;
    for (const name of ['@types/node', ...Object.keys(dependencies), ...Object.keys(peerDependencies)]) {
      const link = this.path('service', 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(resolve('node_modules', name), link);
    }
    writeFileSync(this.path('service', 'package.json'), '{ "type": "module", "private": true }');
  }

  /** Compiles a program of `test/clients/package`, perhaps changed; gives what the compiler finds fault with. */
  compile(name: string, change: (text: string) => string = (text) => text): string[] {
    const file = this.path('service', name);
    copyFileSync(join('test', 'clients', 'package', name), file);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    const config: unknown = ts.readConfigFile(join('test', 'clients', 'package', 'tsconfig.json'), (name) =>
      readFileSync(name, 'utf8'),
    ).config;
    const { options, errors } = ts.parseJsonConfigFileContent(config, ts.sys, this.path('service'));
    // Nothing of the package is left unchecked.
    const program = ts.createProgram([file], { ...options, skipLibCheck: false });
    const { diagnostics } = program.emit();
    return [...errors, ...ts.getPreEmitDiagnostics(program), ...diagnostics].map(
      ({ messageText, file: at }) =>
        `${at?.fileName.replace(/^.*node_modules\//, '') ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  }

  /** Starts a compiled program; gives the first line that it prints. */
  async start(name: string): Promise<string> {
    const child = spawn(process.execPath, [this.path('service', 'out', name)], {
      cwd: this.path('service'),
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#started = child;
    const said = once(child.stdout.setEncoding('utf8'), 'data') as Promise<[string]>;
    const [line] = await Promise.race([said, once(child, 'exit').then(([code]) => [`ended with ${String(code)}`])]);
    return line.trim();
  }

  async discard(): Promise<void> {
    if (this.#started !== undefined && this.#started.exitCode === null) {
      const ended = once(this.#started, 'exit');
      this.#started.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
