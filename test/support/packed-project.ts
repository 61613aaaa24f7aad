import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
    // Whether the types of the sources are right is another check's to say.
    const build = ts.readConfigFile('tsconfig.build.json', (file) => readFileSync(file, 'utf8')).config as {
      readonly compilerOptions: object;
    };
    const unchecked = { ...build, compilerOptions: { ...build.compilerOptions, noCheck: true } };
    writeFileSync(join(copy, 'tsconfig.build.json'), JSON.stringify(unchecked));
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

  /**
   * Compiles a program of `test/clients/package`, and variants of it by their names: each is the text changed.
   * @returns of each file what the compiler finds fault with, of the declarations of the package under `''`
   */
  compile(
    name: string,
    variants: Readonly<Record<string, (text: string) => string>>,
  ): Readonly<Record<string, readonly string[]>> {
    const text = readFileSync(join('test', 'clients', 'package', name), 'utf8');
    const texts = { [name]: text, ...Object.fromEntries(Object.entries(variants).map(([as, of]) => [as, of(text)])) };
    const files = Object.keys(texts).map((as) => this.path('service', as));
    for (const [as, one] of Object.entries(texts)) writeFileSync(this.path('service', as), one);
    const config: unknown = ts.readConfigFile(join('test', 'clients', 'package', 'tsconfig.json'), (file) =>
      readFileSync(file, 'utf8'),
    ).config;
    const { options, errors } = ts.parseJsonConfigFileContent(config, ts.sys, this.path('service'));
    const program = ts.createProgram(files, { ...options, skipLibCheck: false });
    const { diagnostics } = program.emit();
    // Nothing of the package is left unchecked; what it is used with is not its own.
    const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(this.path('service')));
    const checked = own.flatMap((file) => ts.getPreEmitDiagnostics(program, file));
    const found: Record<string, string[]> = Object.fromEntries(['', ...Object.keys(texts)].map((as) => [as, []]));
    for (const { messageText, file } of [...errors, ...checked, ...diagnostics]) {
      const as = Object.keys(texts).find((one) => file?.fileName === this.path('service', one)) ?? '';
      const at = as === '' ? `${file?.fileName.replace(/^.*node_modules\//, '') ?? ''}: ` : '';
      found[as]!.push(at + ts.flattenDiagnosticMessageText(messageText, ' '));
    }
    return found;
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
