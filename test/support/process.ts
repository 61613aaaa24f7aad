import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

const cache = resolve('node_modules', '.cache');

/** Where the service is compiled to: another folder for other sources. */
function compiledFolder(): string {
  const hash = createHash('sha256');
  const settings = ['package.json', 'scripts/bundle.ts', 'tsconfig.json', 'tsconfig.build.json'];
  for (const file of [...settings, ...globSync('src/**/*.ts').sort()]) {
    hash.update(`${file}\0`).update(readFileSync(file));
  }
  return join(cache, `compiled-service-${hash.digest('hex').slice(0, 16)}`);
}

let compiled: string | undefined;

/**
 * Compiles the service for the processes of a test, once for the same sources. Workers of the tests may come here at one
 * time: each compiles for itself, and the first one's folder stays.
 */
export function buildService(): void {
  compiled = compiledFolder();
  if (existsSync(compiled)) return;
  mkdirSync(cache, { recursive: true });
  const own = mkdtempSync(join(cache, 'compiling-'));
  // Whether the types are right is another check's to say.
  const options = ['-p', 'tsconfig.build.json', '--noCheck', '--declaration', 'false', '--outDir', own];
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', ...options]);
  execFileSync(process.execPath, ['scripts/bundle.ts', own]);
  // Says that these are ES modules: Node would compile each as CommonJS first, at every start.
  copyFileSync('package.json', join(own, 'package.json'));
  try {
    renameSync(own, compiled);
  } catch {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Copies what was compiled to where a build would have put it. */
export function copyService(folder: string): void {
  if (compiled === undefined) throw new Error('buildService() comes first');
  cpSync(compiled, folder, { recursive: true });
}

/** The compiled process, as an operator starts it. */
export class Process {
  output = '';
  errors = '';
  readonly exit: Promise<number | null>;

  private constructor(readonly child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk));
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (this.errors += chunk));
    // Once all that it has written is read.
    this.exit = new Promise((resolve) => child.once('close', resolve));
  }

  /** Starts the service. */
  static start(variables: NodeJS.ProcessEnv, cwd: string): Process {
    return Process.run(['main.js'], { PORT: '0', HOST: '127.0.0.1', ...variables }, cwd);
  }

  /** Starts a command: its file, and its arguments. */
  static run([file = '', ...parameters]: readonly string[], variables: NodeJS.ProcessEnv, cwd: string): Process {
    if (compiled === undefined) throw new Error('buildService() comes first');
    const env = { PATH: process.env.PATH, ...variables };
    return new Process(spawn(process.execPath, [join(compiled, file), ...parameters], { env, cwd }));
  }

  /** Starts a script of a project by npm, in a group of its own: a signal is sent to npm alone, or to all as a terminal does. */
  static npm(words: readonly string[], variables: NodeJS.ProcessEnv, cwd: string): Process {
    const env = { PATH: process.env.PATH, npm_config_update_notifier: 'false', ...variables };
    return new Process(spawn('npm', words, { env, cwd, detached: true }));
  }

  /** Sends a signal to every process of its group that there is still. */
  killGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.child.pid!, signal);
    } catch {
      // There is none.
    }
  }

  /** Waits until its output has something; fails where the process ends without it. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    let ended = false;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      if (ended) throw new Error(`The process ended, and had not said ${pattern}: ${this.output}${this.errors}`);
      const more = once(this.child.stdout!, 'data').then(() => false);
      ended = await Promise.race([more, this.exit.then(() => true)]);
    }
  }

  /** The memory that it has now, and the most that it has had, in MiB. */
  memory(): { readonly now: number; readonly most: number } {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const [now = NaN, most = NaN] = ['VmRSS', 'VmHWM'].map(
      (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024,
    );
    return { now, most };
  }

  /** Where it serves, once it does. */
  async url(): Promise<string> {
    const [, url = ''] = await this.said(/"url":"([^"]+)","msg":"serving"/);
    return url;
  }
}
