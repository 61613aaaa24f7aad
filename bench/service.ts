/** The compiled service in a process of its own, as an operator starts it, on a store of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import jwt from 'jsonwebtoken';

const secret = 'a secret of the benchmarks, known to everyone and good for nothing else';
const keys = { JWT_SECRET: secret, JWT_ISSUER: 'https://issuer.test/', JWT_AUDIENCE: 'api://profiles' };

/** What every request of a caller carries. */
export function headersOf(caller: string): { readonly authorization: string; readonly 'content-type': string } {
  const issued = { iss: keys.JWT_ISSUER, aud: keys.JWT_AUDIENCE };
  const claims = { tid: 'tenant', oid: caller, scp: 'DecoratedProfile.ReadWrite', ...issued };
  const token = jwt.sign(claims, secret, { expiresIn: '24h' });
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
}

/** What every request carries where there is one caller. */
export const headers = headersOf('owner');

export class Service {
  readonly set: string;
  /** Milliseconds from the start of the process to its first 200 to a request with a token. */
  readonly msToFirstAnswer: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, set: string, msToFirstAnswer: number) {
    this.#child = child;
    this.#folder = folder;
    this.set = set;
    this.msToFirstAnswer = msToFirstAnswer;
  }

  /**
   * @param preload module that Node imports first: a variant of the service
   * @param url of the database; a file of its own where there is none
   * @param bounds variables beside those that it needs
   */
  static async start(
    port: number,
    { preload, url, bounds = {} }: { preload?: string; url?: string; bounds?: Readonly<Record<string, string>> } = {},
  ): Promise<Service> {
    const folder = mkdtempSync(join(tmpdir(), 'bench-'));
    const variables = { PORT: String(port), HOST: '127.0.0.1', DATABASE_URL: url ?? join(folder, 'p.sqlite') };
    const env = {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      LOG_LEVEL: 'fatal',
      ...keys,
      ...variables,
      ...bounds,
    };
    const main = new URL('../dist/main.js', import.meta.url).pathname;
    const node = preload === undefined ? [] : ['--import', preload];
    const set = `http://127.0.0.1:${port}/v1.0/decoratedProfileConnections`;
    const started = performance.now();
    const child = spawn(process.execPath, [...node, main], { env, stdio: 'inherit' });
    for (;;) {
      if (child.exitCode !== null) throw new Error(`The service ended with ${child.exitCode}`);
      const answer = await fetch(set, { headers }).catch(() => undefined);
      if (answer?.status === 200) break;
      await sleep(5);
    }
    return new Service(child, folder, set, performance.now() - started);
  }

  /** Creates connections `c0`, `c1` and so on, each with a whole profile. */
  async fill(count: number, profile: object): Promise<void> {
    for (let i = 0; i < count; i++) {
      const body = JSON.stringify({ id: `c${i}`, relevanceScore: i / count, profile });
      const answer = await fetch(this.set, { method: 'POST', headers, body });
      if (answer.status !== 201) throw new Error(await answer.text());
    }
  }

  /** Resident memory in MiB. */
  get residentMemory(): number {
    const [, kibibytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) / 1024;
  }

  /** Processor time of all of its threads so far, in microseconds. */
  get processorTime(): number {
    const tasks = `/proc/${this.#child.pid}/task`;
    const nanoseconds = readdirSync(tasks).map((task) =>
      Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ', 1)[0]),
    );
    return nanoseconds.reduce((sum, time) => sum + time, 0) / 1000;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.#folder, { recursive: true });
  }
}
