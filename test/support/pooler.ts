import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort } from './postgres-server.js';

/** Debian has it where only administrators look. */
const path = [process.env.PATH, '/usr/sbin', '/usr/local/sbin'].join(delimiter);

/** What PgBouncer calls itself; undefined where it is not installed. */
export function poolerVersion(): string | undefined {
  try {
    return execFileSync('pgbouncer', ['--version'], { encoding: 'utf8', env: { PATH: path } }).split('\n')[0];
  } catch {
    return undefined;
  }
}

/** A PgBouncer in front of a database, which gives every transaction the next session that is free. */
export class Pooler {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  /** @param sessions how many there are for all of its clients */
  static async start(database: string, sessions: number): Promise<Pooler> {
    const folder = mkdtempSync(join(tmpdir(), 'pooler-'));
    const { hostname, port: behind, username, password } = new URL(database);
    const port = await freePort();
    const settings = [
      '[databases]',
      `* = host=${hostname} port=${behind} user=${username}${password === '' ? '' : ` password=${password}`}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      `default_pool_size = ${sessions}`,
    ];
    writeFileSync(join(folder, 'pgbouncer.ini'), `${settings.join('\n')}\n`);
    // It refuses to run as root.
    const nobody = 65_534;
    const user = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
    if ('uid' in user) for (const file of [folder, join(folder, 'pgbouncer.ini')]) chownSync(file, nobody, nobody);
    const child = spawn('pgbouncer', [join(folder, 'pgbouncer.ini')], {
      ...user,
      cwd: folder,
      env: { PATH: path },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      let log = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        if (log.includes('process up')) resolve();
      });
      child.once('exit', () => {
        reject(new Error(log));
      });
    });
    const url = new URL(database);
    url.host = `127.0.0.1:${port}`;
    return new Pooler(child, folder, url.href);
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.process.once('exit', resolve));
    // At once: what is connected is cut.
    this.process.kill('SIGTERM');
    await exited;
    rmSync(this.folder, { recursive: true });
  }
}
