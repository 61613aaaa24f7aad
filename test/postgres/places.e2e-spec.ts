import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readDatabaseUrl } from '../../src/odata/store/postgres/connection-target.js';
import { PostgresConnections } from '../../src/odata/store/postgres/postgres-connections.js';
import { postgresDatabase, type TestDatabase } from '../support/databases.js';
import { LeavingClients } from '../support/leaving-clients.js';
import { testLimits } from '../support/open-store.js';

const cancelCode = 80_877_102;

/** What stands before a server that is too busy to open one more connection; it cancels what it is asked to. */
class BusyServer {
  isBusy = false;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(private readonly url: URL) {
    this.#server = createServer((client) => {
      this.#keep(client);
      client.once('data', (first) => {
        if (this.isBusy && first.readInt32BE(4) !== cancelCode) return;
        const server = connect(Number(this.url.port), this.url.hostname);
        this.#keep(server);
        server.write(first);
        client.pipe(server).pipe(client);
      });
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket.on('error', () => undefined));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.url);
    url.host = `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
    return url.href;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('the connections to PostgreSQL', () => {
  let database: TestDatabase;
  let server: BusyServer;
  let connections: PostgresConnections;
  let clients: LeavingClients;
  let pending: Promise<unknown>[] = [];
  beforeEach(async () => {
    clients = new LeavingClients();
    database = await postgresDatabase();
    server = new BusyServer(new URL(database.url));
    const limits = { ...testLimits, connectTimeout: 60_000, statementTimeout: 60_000, transactionTimeout: 60_000 };
    connections = new PostgresConnections(readDatabaseUrl(await server.listen()), limits);
  });
  afterEach(async () => {
    clients.haveLeft = true;
    await Promise.all(pending);
    pending = [];
    // What is still being opened ends with it.
    await server.stop();
    await connections.close();
    await database.discard();
  });

  const as = <T>(callerName: string, run: () => T): T => clients.as(callerName, run);
  const read = (text: string) => connections.run({ text, parameters: {} }, 'read');
  const quick = () => as('bob', () => read('SELECT 1 AS one'));
  /** A statement that does not end by itself. */
  const endless = (caller: string): Promise<unknown> => {
    const ended = as(caller, () => read('SELECT pg_sleep(1000)')).catch(() => 'ended');
    pending.push(ended);
    return ended;
  };
  const haveEnded = (...all: readonly Promise<unknown>[]): Promise<unknown> =>
    Promise.race([...all, new Promise((resolve) => setImmediate(resolve, 'none'))]);

  it('serve who asks for little where all have something long to do, and none more can be opened', async () => {
    const heavy = [endless('ann')];
    // Until one connection is open, everybody waits for it.
    expect(await quick()).toEqual([{ one: '1' }]);
    server.isBusy = true;
    heavy.push(endless('ann'), endless('eve'), endless('eve'));
    for (let time = 0; time < 3; time++) expect(await quick()).toEqual([{ one: '1' }]);
    expect(await haveEnded(...heavy)).toBe('none');
  });

  it('are not all taken by transactions and by what takes long', async () => {
    let lent = 0;
    const done = Promise.withResolvers<undefined>();
    const transaction = async (): Promise<void> => {
      const connection = await connections.borrow();
      lent += 1;
      await done.promise;
      connections.giveBack(connection, false);
    };
    for (const caller of ['ann', 'eve', 'mallory', 'trudy', 'oscar']) pending.push(as(caller, transaction));
    const heavy = ['ann', 'eve', 'mallory'].map(endless);
    for (let time = 0; time < 10; time++) expect(await quick()).toEqual([{ one: '1' }]);
    expect(await haveEnded(...heavy)).toBe('none');
    expect(lent).toBeGreaterThanOrEqual(1);
    expect(lent).toBeLessThanOrEqual(3);
    done.resolve(undefined);
  });

  it('carry short reads of one turn together, eight at most on one, and share all others', async () => {
    const backend = (ofOne?: string) =>
      as('bob', () => connections.run({ text: 'SELECT pg_backend_pid() AS pid', parameters: {}, ofOne }, 'read'));
    const backends = async (count: number, ofOne?: string) => {
      const rows = await Promise.all(Array.from({ length: count }, () => backend(ofOne)));
      return rows.map(([row]) => row!.pid as string);
    };
    while (connections.load.connections!.open < testLimits.connections) await backends(10);
    expect(new Set(await backends(8, 'document')).size).toBe(1);
    expect(new Set(await backends(16, 'document')).size).toBe(2);
    expect(new Set(await backends(5)).size).toBe(5);
    // In another turn on another one, while the first has something to do.
    const first = backends(3, 'document');
    await new Promise((resolve) => setImmediate(resolve));
    const second = backends(3, 'document');
    expect([new Set(await first).size, new Set(await second).size]).toEqual([1, 1]);
  });
});
