import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Two stores may be tested at one time. */
const build = (): string => join(process.cwd(), 'node_modules', '.cache', `process-test-${globalThis.testStore}`);

/** Compiles the service for the processes of a test. */
export function buildService(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', build()]);
}

/** The compiled process, as an operator starts it. */
export class Process {
  output = '';
  errors = '';
  readonly exit: Promise<number | null>;

  private constructor(readonly child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk));
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (this.errors += chunk));
    this.exit = new Promise((resolve) => child.once('exit', resolve));
  }

  /** Starts the service. */
  static start(variables: NodeJS.ProcessEnv, cwd: string): Process {
    return Process.run(['main.js'], { PORT: '0', HOST: '127.0.0.1', ...variables }, cwd);
  }

  /** Starts a command: its file, and its arguments. */
  static run([file = '', ...parameters]: readonly string[], variables: NodeJS.ProcessEnv, cwd: string): Process {
    const env = { PATH: process.env.PATH, ...variables };
    return new Process(spawn(process.execPath, [join(build(), file), ...parameters], { env, cwd }));
  }

  /** Where it serves, once it does. */
  async url(): Promise<string> {
    for (let i = 0; i < 400; i++) {
      const match = /"url":"([^"]+)","msg":"serving"/.exec(this.output);
      if (match) return match[1]!;
      if (this.child.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error(`The process does not serve: ${this.output}${this.errors}`);
  }
}
