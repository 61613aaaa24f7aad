import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { AbandonedError, workingFor } from '../../src/odata/work.js';
import { readDatabaseUrl } from '../../src/odata/store/postgres/connection-target.js';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import { PostgresConnections } from '../../src/odata/store/postgres/postgres-connections.js';
import { StatementNames } from '../../src/odata/store/postgres/statement-names.js';
import { connections } from '../support/bound-reads.js';
import { postgresDatabase, type TestDatabase } from '../support/databases.js';
import { openTestStore, testLimits } from '../support/open-store.js';
import { TestApp } from '../support/test-app.js';

const set = aggregateSet(profilesModel.entitySets.get(connections)!);
const scope = { tenant: 't', owner: 'o' };

describe('a store on PostgreSQL', () => {
  let database: TestDatabase;
  let client: Client;
  beforeAll(async () => {
    database = await postgresDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.discard();
  });
  const indexes = async (): Promise<string[]> => {
    const { rows } = await client.query(
      `SELECT relname FROM pg_class JOIN pg_index ON oid = indexrelid WHERE relname LIKE '%\\_on\\_%' AND indisvalid ORDER BY 1`,
    );
    return rows.map(({ relname }: any) => relname.replace(/^.*_on_/, ''));
  };

  it('is migrated once by ten that start together', async () => {
    const stores = await Promise.all(Array.from({ length: 10 }, () => openTestStore(database.url, [set])));
    const inserted = await Promise.all(
      stores.map((store) => store.insert({ set, tenant: 't', owner: 'o', id: 'one', document: {} })),
    );
    expect(inserted.filter((entity) => entity !== undefined)).toHaveLength(1);
    await Promise.all(stores.map((store) => store.close()));
    const { rows } = await client.query(
      'SELECT entity_set, version FROM schema_migration ORDER BY entity_set COLLATE "C", version',
    );
    expect(rows).toEqual([
      ...[1, 2, 3].map((version) => ({ entity_set: '$service', version })),
      ...[1, 2, 3, 4].map((version) => ({ entity_set: connections, version })),
    ]);
  });

  it('keeps the indexes that the model declares, and builds one again that was cut off', async () => {
    const declared = [
      'profile_connectionDegree',
      'profile_firstName',
      'profile_industryName',
      'profile_lastName',
      'relevanceScore',
    ];
    expect(await indexes()).toEqual(declared);
    await client.query(
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"${connections}_on_relevanceScore"'::regclass`,
    );
    await (
      await openTestStore(database.url, [
        { ...set, indexes: set.indexes.filter(({ path }) => path[1] !== 'firstName') },
      ])
    ).close();
    expect(await indexes()).toEqual(declared.filter((name) => name !== 'profile_firstName'));
    await (await openTestStore(database.url, [set])).close();
    expect(await indexes()).toEqual(declared);
  });

  it('sends again what lost against another transaction', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await client.query(`ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
    const store = await openTestStore(database.url, [set]);
    await store.insert({ set, tenant: 't', owner: 'o', id: 'busy', document: {} });
    const names = Array.from({ length: 8 }, (_, index) => `p${index}`);
    const key = { set, scope, id: 'busy' };
    for (let round = 0; round < 5; round++) {
      const merges = names.map((property) => store.merge(key, { patch: { [property]: round }, precondition: {} }));
      const outcomes = await Promise.allSettled(merges);
      const stored = (await store.find(key, []))!;
      for (const [index, { status }] of outcomes.entries()) {
        if (status === 'fulfilled') expect(stored[names[index]!]).toBe(round);
      }
      // At most one of eight gives up after five attempts.
      expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeLessThan(2);
    }
    await store.close();
    await client.query(`ALTER DATABASE ${name} RESET default_transaction_isolation`);
  });

  it('gives up a statement that takes too long', async () => {
    const limits = { ...testLimits, statementTimeout: 200 };
    const slow = new PostgresConnections(readDatabaseUrl(database.url), limits);
    await expect(slow.run({ text: 'SELECT pg_sleep(5)', parameters: {} }, 'read')).rejects.toMatchObject({
      code: 'storeTimeout',
      status: 504,
    });
    await slow.close();
  });

  it('cancels what nobody waits for, though its connection took long to be opened, and a request to cancel is lost', async () => {
    const { hostname, port } = new URL(database.url);
    const cancelCode = 80_877_102;
    let cancels = 0;
    // Between the two, the first request to cancel is lost.
    const between = createServer((socket) => {
      socket.once('data', (first: Buffer) => {
        const isCancel = first.readInt32BE(4) === cancelCode;
        cancels += Number(isCancel);
        if (isCancel && cancels === 1) {
          socket.destroy();
          return;
        }
        // Longer than it is until somebody looks for what nobody waits for.
        setTimeout(() => {
          const server = connect(Number(port), hostname);
          for (const end of [socket, server]) end.on('error', () => undefined);
          server.write(first);
          socket.pipe(server).pipe(socket);
        }, 200);
      });
    });
    between.listen(0, '127.0.0.1');
    await once(between, 'listening');
    const url = new URL(database.url);
    url.port = String((between.address() as AddressInfo).port);
    const lossy = new PostgresConnections(readDatabaseUrl(url.href), testLimits);
    const work = { callerName: 'ann', isAbandoned: false };
    const left = workingFor(work, () => lossy.run({ text: 'SELECT pg_sleep(60)', parameters: {} }, 'read'));
    setTimeout(() => {
      work.isAbandoned = true;
    }, 100);
    await expect(left).rejects.toBeInstanceOf(AbandonedError);
    expect(cancels).toBeGreaterThan(1);
    await lossy.close();
    between.close();
  });

  it('has a write that takes long canceled where others wait, and sent again behind them', async () => {
    const one = new PostgresConnections(readDatabaseUrl(database.url), { ...testLimits, connections: 1 });
    const ended: string[] = [];
    const write = (callerName: string, text: string) =>
      workingFor({ callerName, isAbandoned: false }, () => one.run({ text, parameters: {} }, 'write')).then(() =>
        ended.push(callerName),
      );
    const slow = write('ann', 'SELECT pg_sleep(3.5)');
    await write('bob', 'SELECT 1');
    await slow;
    expect(ended).toEqual(['bob', 'ann']);
    await one.close();
  });

  it('reads again over another connection where one was cut', async () => {
    const cut = new PostgresConnections(readDatabaseUrl(database.url), testLimits);
    const own = { text: 'SELECT pg_backend_pid() AS pid', parameters: {} };
    const [first] = await cut.run(own, 'read');
    const sleeping = cut.run({ text: 'SELECT pg_backend_pid() AS pid, pg_sleep(0.3)', parameters: {} }, 'read');
    const writing = cut.run({ text: 'SELECT pg_sleep(0.3)', parameters: {} }, 'write');
    const lost = expect(writing).rejects.toMatchObject({ code: 'storeUnavailable' });
    await client.query('SELECT pg_sleep(0.1), pg_terminate_backend($1)', [Number(first?.pid)]);
    const [second] = await sleeping;
    expect(second?.pid).not.toBe(first?.pid);
    await lost;
    await cut.close();
  });
});

describe('names of prepared statements', () => {
  it('are given to what comes twice, and begin anew before they are too many', () => {
    const names = new StatementNames();
    const [none, first, again] = [names.nameOf('a'), names.nameOf('a'), names.nameOf('a')];
    expect([none, first, again]).toEqual([undefined, expect.stringMatching(/^[0-9a-f]{12}g0s1$/), first]);
    for (let n = 0; n < 10_000; n++) expect(names.nameOf(`once ${n}`)).toBeUndefined();
    expect([names.generation, names.nameOf('a')]).toEqual([0, first]);
    for (let n = 0; n < 1200; n++) names.nameOf(`twice ${Math.floor(n / 2)}`);
    expect([names.generation, names.nameOf('a')]).toEqual([1, undefined]);
    expect(names.nameOf('a')).toMatch(new RegExp(`^${first!.slice(0, 12)}g1s`));
    // Another process has others: where sessions are shared, it must not find these with its own texts.
    const others = new StatementNames();
    others.nameOf('b');
    expect(others.nameOf('b')!.slice(0, 12)).not.toBe(first!.slice(0, 12));
    expect([names.stop(), names.nameOf('a'), names.stop()]).toEqual([true, undefined, false]);
  });
});

describe('what PostgreSQL cannot compute', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    await app.post(`/${connections}`, { id: 'a', relevanceScore: 2, profile: { firstName: 'a' } });
  });
  afterAll(() => app.stop());

  it.each<[string, number, string]>([
    // 5.1.1.1: beyond its range a double is infinite.
    ['relevanceScore mul 1e308 gt 1', 200, '"id":"a"'],
    ['matchesPattern(profile/firstName,profile/lastName)', 501, 'a pattern that is no literal'],
    ["matchesPattern(profile/firstName,'\\pL')", 501, "matchesPattern with '\\\\p' is not implemented"],
  ])('%s is answered with %i', async (filter, status, message) => {
    const answer = await app.get(`/${connections}?$filter=${encodeURIComponent(filter)}`);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(message)]);
  });

  it('a merge of more values than one statement takes is refused, and changes nothing', async () => {
    const store = app.store;
    const objects = Array.from({ length: 3001 }, (_, n) => [`p${n}`, { a: 1 }]);
    // Of more than the process merges itself.
    const patch = Object.fromEntries([...objects, ['text', 'x'.repeat(65_536)]]);
    const key = { set, scope: { tenant: 'contoso' }, id: 'a' };
    await expect(store.merge(key, { patch, precondition: {} })).rejects.toMatchObject({ status: 400 });
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`p${n}`, { a: { b: null } }]));
    expect(await store.merge(key, { patch: many, precondition: {} })).toMatchObject({ kind: 'done' });
  });
});
