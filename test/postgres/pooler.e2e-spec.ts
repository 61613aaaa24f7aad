import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { AggregateStore } from '../../src/odata/store/aggregate-store.js';
import { readDatabaseUrl } from '../../src/odata/store/postgres/connection-target.js';
import { PostgresStore } from '../../src/odata/store/postgres/postgres-store.js';
import { postgresDatabase, type TestDatabase } from '../support/databases.js';
import { testLimits } from '../support/open-store.js';
import { Pooler, poolerVersion } from '../support/pooler.js';

const set = { name: 'things', key: 'id', contained: [], indexes: [{ path: ['n'], type: undefined }] };
const scope = { tenant: 't', owner: 'o' };
const sessions = 3;

/** Everything that a process says of its database. */
class Said {
  readonly lines: string[] = [];
  readonly info = (message: string): void => void this.lines.push(message);
  readonly error = (_about: object, message: string): void => void this.lines.push(message);
}

function open(url: string, prepare: boolean, logger = new Said()): Promise<PostgresStore> {
  return PostgresStore.open({
    target: readDatabaseUrl(url),
    sets: [set],
    migrate: true,
    prepare,
    logger,
    ...testLimits,
  });
}

/**
 * Processes that share sessions do all that there is, at one time: more statements than sessions, of two shapes for each
 * process, single and in transactions; each must find what itself has written.
 */
async function work(stores: readonly AggregateStore[], round: string): Promise<void> {
  const one = async (store: AggregateStore, id: string): Promise<void> => {
    const key = { set, scope, id };
    await store.insert({ set, ...scope, id, document: { n: 0 } });
    await store.merge(key, { patch: { n: 1 }, precondition: {} });
    await store.atomically(async () => {
      await store.merge(key, { patch: { n: 2 }, precondition: {} });
      expect(await store.find(key, [])).toMatchObject({ id, n: 2 });
    });
    expect(await store.find(key, [])).toMatchObject({ id, n: 2 });
    await expect(
      store.atomically(async () => {
        await store.merge(key, { patch: { n: 3 }, precondition: {} });
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    expect(await store.find(key, [])).toMatchObject({ id, n: 2 });
    expect(await store.delete(key, { precondition: {} })).toBe('done');
    expect(await store.find(key, [])).toBeUndefined();
  };
  await Promise.all(
    stores.flatMap((store, process) => Array.from({ length: 20 }, (_, n) => one(store, `${round}${process}-${n}`))),
  );
}

const version = poolerVersion();

(version === undefined ? describe.skip : describe)(
  `sessions that are shared by transactions, by ${version ?? 'PgBouncer, which is not installed'}`,
  () => {
    let database: TestDatabase;
    let pooler: Pooler;
    beforeAll(async () => {
      database = await postgresDatabase();
      pooler = await Pooler.start(database.url, sessions);
    });
    afterAll(async () => {
      await pooler.stop();
      await database.discard();
    });

    it('are enough where statements are not prepared, for processes that migrate at one time too', async () => {
      const said = new Said();
      const stores = await Promise.all([1, 2, 3].map(() => open(pooler.url, false, said)));
      try {
        for (const round of ['a', 'b', 'c']) await work(stores, round);
      } finally {
        await Promise.all(stores.map((store) => store.close()));
      }
      expect(said.lines).toEqual(Array.from({ length: 3 }, () => expect.stringContaining('no bound of time')));
    });

    it('are noticed where statements are prepared, which ends then', async () => {
      const said = new Said();
      const stores = await Promise.all([1, 2, 3].map(() => open(pooler.url, true, said)));
      try {
        for (const round of ['d', 'e', 'f']) await work(stores, round);
      } finally {
        await Promise.all(stores.map((store) => store.close()));
      }
      const told = said.lines.filter((line) => line.includes('DATABASE_PREPARE=false'));
      expect(told.length).toBeGreaterThan(0);
      expect(told.length).toBeLessThanOrEqual(stores.length);
    });
  },
);

describe('sessions that are taken as they are', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await postgresDatabase();
  });
  afterAll(() => database.discard());

  it.each([
    ['standard_conforming_strings', 'off', 'on'],
    ['extra_float_digits', '0', '1'],
    ['transform_null_equals', 'on', 'off'],
  ])('are refused where %s = %s has statements mean something else', async (setting, value, right) => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const name = new URL(database.url).pathname.slice(1);
    await client.query(`ALTER DATABASE ${name} SET ${setting} = '${value}'`);
    const opening = open(database.url, false);
    await expect(opening).rejects.toThrow(`ALTER ROLE "postgres" SET ${setting} = ${right}`);
    await expect(opening).rejects.toMatchObject({ name: 'StoreSetupError' });
    await client.query(`ALTER DATABASE ${name} RESET ${setting}`);
    await client.end();
  });

  it('are left as they are, and said to be boundless until they are bounded', async () => {
    const said = new Said();
    const store = await open(database.url, false, said);
    await store.close();
    expect(said.lines).toEqual([expect.stringContaining('no bound of time')]);
  });
});
