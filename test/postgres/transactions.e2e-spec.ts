import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { AggregateStore } from '../../src/odata/store/aggregate-store.js';
import { readDatabaseUrl } from '../../src/odata/store/postgres/connection-target.js';
import { PostgresStore } from '../../src/odata/store/postgres/postgres-store.js';
import type { Statement } from '../../src/odata/store/sql/parameters.js';
import { postgresDatabase, type TestDatabase } from '../support/databases.js';
import { openTestStore, testLimits } from '../support/open-store.js';

const set = { name: 'things', key: 'id', contained: [], indexes: [] };
const key = { set, scope: { tenant: 't', owner: 'o' }, id: 'a' };

interface Writer {
  writing(statement: Statement): Promise<readonly { readonly pid: string }[]>;
}

/** What stands between a process and its server, and cuts the connection behind a statement when it is told to. */
class Cutter {
  #text: string | undefined;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(host: string, port: number): Promise<Cutter> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cutter = new Cutter(server, (server.address() as AddressInfo).port);
    server.on('connection', (client) => {
      cutter.#between(client, connect(port, host));
    });
    return cutter;
  }

  /** The next statement with a text is run, and its answer lost. */
  cutBehind(text: string): void {
    this.#text = text;
  }

  #between(client: Socket, server: Socket): void {
    let isCut = false;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        other.destroy();
        this.#sockets.delete(socket);
      });
    }
    client.on('data', (bytes) => {
      if (this.#text !== undefined && bytes.includes(this.#text)) {
        isCut = true;
        this.#text = undefined;
      }
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      // The server has answered: what it was told is done.
      if (isCut) client.destroy();
      else client.write(bytes);
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('a transaction on PostgreSQL', () => {
  let database: TestDatabase;
  let cutter: Cutter;
  let store: AggregateStore;
  beforeAll(async () => {
    database = await postgresDatabase();
    const url = new URL(database.url);
    cutter = await Cutter.start(url.hostname, Number(url.port));
    url.host = `127.0.0.1:${cutter.port}`;
    store = await openTestStore(url.href, [set]);
    await store.insert({ set, tenant: 't', owner: 'o', id: 'a', document: { n: 0 } });
  });
  let runs = 0;
  afterEach(() => {
    runs = 0;
  });
  afterAll(async () => {
    await store.close();
    await cutter.stop();
    await database.discard();
  });
  const read = async (): Promise<unknown> => (await store.find(key, []))?.n;
  const add = () =>
    store.atomically(async () => {
      runs += 1;
      const { n } = (await store.find(key, []))!;
      await store.merge(key, { patch: { n: (n as number) + 1 }, precondition: {} });
    });

  it('[B7.503] is not tried again where the answer to its commit was lost: it may be done, once', async () => {
    const before = (await read()) as number;
    cutter.cutBehind('COMMIT');
    await expect(add()).rejects.toMatchObject({ code: 'storeUnavailable', status: 503 });
    expect([runs, await read()]).toEqual([1, before + 1]);
  });

  it('is tried again where the connection was lost before its commit', async () => {
    const before = (await read()) as number;
    cutter.cutBehind('UPDATE');
    await add();
    expect([runs, await read()]).toEqual([2, before + 1]);
  });

  it.each([
    ['in its statements', (writing: Writer['writing']) => writing({ text: 'SELECT pg_sleep(1)', parameters: {} })],
    ['beside them', () => new Promise((resolve) => setTimeout(resolve, 600))],
  ])('that takes too long %s is undone, is not tried again, and ends with 504', async (_, dawdle) => {
    const limits = { ...testLimits, statementTimeout: 5000, transactionTimeout: 200 };
    const hasty = await PostgresStore.open({
      target: readDatabaseUrl(database.url),
      sets: [set],
      migrate: false,
      ...limits,
    });
    const writing: Writer['writing'] = (statement) => (hasty as unknown as Writer).writing(statement);
    const before = await read();
    const unit = hasty.atomically(async () => {
      runs += 1;
      await hasty.merge(key, { patch: { n: -1 }, precondition: {} });
      await dawdle(writing);
      await hasty.merge(key, { patch: { n: -2 }, precondition: {} });
    });
    await expect(unit).rejects.toMatchObject({ code: 'storeTimeout', status: 504 });
    expect([runs, await read()]).toEqual([1, before]);
    await hasty.close();
  });

  it('goes to another connection where its own takes no writes any more, and gives that one up', async () => {
    const write = (text: string) => (store as unknown as Writer).writing({ text, parameters: {} });
    const before = (await read()) as number;
    // As the connections to a server are that became a standby.
    const demoted = new Set<string>();
    for (let n = 0; n < 5; n++) {
      const [row] = await write(
        "SELECT pg_backend_pid() AS pid FROM set_config('default_transaction_read_only', 'on', false)",
      );
      demoted.add(row!.pid);
    }
    await add();
    expect([runs, await read()]).toEqual([demoted.size + 1, before + 1]);
    const left = await Promise.all(Array.from({ length: 10 }, () => write('SELECT pg_backend_pid() AS pid')));
    for (const [row] of left) expect(demoted.has(row!.pid)).toBe(false);
  });
});
