import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Statement } from '../../src/odata/store/sql/parameters.js';
import type { SqlRow } from '../../src/odata/store/sql/rows.js';
import { SqliteStore } from '../../src/odata/store/sqlite/sqlite-store.js';
import { SqliteWriter } from '../../src/odata/store/sqlite/sqlite-writer.js';
import { SqliteThread } from '../../src/odata/store/sqlite/sqlite-thread.js';
import { type TestDatabase, sqliteDatabase } from '../support/databases.js';
import { signal } from '../support/held-call.js';
import { openTestStore } from '../support/open-store.js';
import { TestApp } from '../support/test-app.js';

const set = { name: 'things', key: 'id', contained: [], indexes: [] };
const plain = (text: string): Statement => ({ text, parameters: {} });

/** The writer of a store: what a pragma says is of its connection. */
function writerOf(store: unknown): (text: string) => Promise<readonly SqlRow[]> {
  return (text) => (store as { writing(statement: Statement): Promise<readonly SqlRow[]> }).writing(plain(text));
}

describe('the thread that writes', () => {
  let database: TestDatabase;
  let thread: SqliteWriter;
  beforeAll(async () => {
    database = sqliteDatabase();
    const store = await openTestStore(database.url, []);
    await store.close();
    const options = {
      path: database.url,
      role: 'writer',
      logs: [],
      sets: [],
      statementTimeout: 30_000,
      textBytes: { usual: 2 ** 25, large: 2 ** 25 },
      gatherFor: 0,
    } as const;
    thread = new SqliteWriter(await SqliteThread.open(options), 500);
    await thread.run(plain('CREATE TABLE t (a PRIMARY KEY, b, of REFERENCES t DEFERRABLE INITIALLY DEFERRED)'));
  });
  afterAll(async () => {
    await thread.close();
    await database.discard();
  });
  const insert = (name: string, unit?: number): Promise<unknown> =>
    thread.run(plain(`INSERT INTO t (a) VALUES ('${name}')`), unit);
  /** More than the disk has. */
  const fill = (unit?: number) => thread.run(plain("INSERT INTO t VALUES ('huge', zeroblob(1000000), NULL)"), unit);
  /** Refers to what is not there, which the commit finds out. */
  const orphan = (unit?: number) => thread.run(plain("INSERT INTO t VALUES ('orphan', NULL, 'nobody')"), unit);
  const kept = async (): Promise<unknown[]> => {
    const rows = await thread.run(plain('SELECT a FROM t ORDER BY a'));
    await thread.run(plain('DELETE FROM t'));
    return rows.map(({ a }) => a);
  };
  const refused = { status: 'rejected', reason: { code: 'storeUnavailable' } };
  async function withFullDisk<T>(work: () => Promise<T>): Promise<T> {
    const [row] = await thread.run(plain('PRAGMA page_count'));
    await thread.run(plain(`PRAGMA max_page_count = ${Number(row?.page_count) + 5}`));
    try {
      return await work();
    } finally {
      await thread.run(plain('PRAGMA max_page_count = 1000000'));
    }
  }

  it('keeps nothing of what it would have committed together, where the disk is full', async () => {
    const outcomes = await withFullDisk(() => Promise.allSettled([insert('a'), fill(), insert('b')]));
    expect(outcomes).toMatchObject([refused, refused, refused]);
    expect(await kept()).toEqual([]);
  });

  it('keeps nothing of a unit of work that found the disk full, and does not say that it was committed', async () => {
    const outcomes = await withFullDisk(async () => {
      const [first, second] = await Promise.allSettled([insert('a', 1), fill(1)]);
      return [first, second, ...(await Promise.allSettled([thread.run(plain('COMMIT'), 1)]))];
    });
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, refused, { status: 'rejected' }]);
    expect(await kept()).toEqual([]);
    await withFullDisk(async () => {
      const together = await Promise.allSettled([insert('a', 2), fill(2), insert('b', 2)]);
      expect(together[1]).toMatchObject(refused);
      await thread.run(plain('ROLLBACK'), 2);
    });
    expect(await kept()).toEqual([]);
  });

  it('does not ask to try again where a statement fails by a fault of the program', async () => {
    const broken = thread.run(plain("SELECT odata_has_subset('[', '[]')"));
    await expect(broken).rejects.toThrow(/^SQLite: .*JSON.* \(no code\)$/);
    await expect(broken).rejects.not.toMatchObject({ code: 'storeUnavailable' });
  });

  it('gives integers of 64 bits to the last digit', async () => {
    const [row] = await thread.run(
      plain('SELECT 9007199254740993 AS large, -9223372036854775808 AS least, 0.5 AS half'),
    );
    expect({ ...row }).toEqual({ large: 9007199254740993n, least: -(2n ** 63n), half: 0.5 });
  });

  it('undoes what could not be committed, and goes on', async () => {
    const outcomes = await Promise.allSettled([insert('a'), orphan(), insert('b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await insert('c', 3);
    await orphan(3);
    await expect(thread.run(plain('COMMIT'), 3)).rejects.toThrow(/FOREIGN KEY/);
    await insert('d');
    expect(await kept()).toEqual(['d']);
  });
});

describe('a store in a file', () => {
  let close = (): Promise<void> => Promise.resolve();
  afterEach(() => close());

  it('syncs every commit', async () => {
    const database = sqliteDatabase();
    const store = await openTestStore(database.url, [set]);
    close = () => store.close().then(() => database.discard());
    const writer = writerOf(store);
    expect(await writer('PRAGMA synchronous')).toMatchObject([{ synchronous: 2n }]);
    expect(await writer('PRAGMA journal_mode')).toMatchObject([{ journal_mode: 'wal' }]);
  });

  it('undoes a unit of work that took too long, and says so though nothing was asked of it meanwhile', async () => {
    const database = sqliteDatabase();
    const store = await SqliteStore.open({ path: database.url, readers: 1, sets: [set], transactionTimeout: 50 });
    close = () => store.close().then(() => database.discard());
    const insert = (id: string) => store.insert({ set, tenant: 't', owner: 'o', id, document: {} });
    const written = signal();
    // Another write is done once the unit was undone.
    const other = written.given.then(() => insert('b'));
    const unit = store.atomically(async () => {
      await insert('a');
      written.give();
      await other;
    });
    await expect(unit).rejects.toMatchObject({ code: 'storeTimeout', status: 504 });
    expect((await store.scan(set, undefined, 10)).map(({ id }) => id)).toEqual(['b']);
  });

  it('answers with 503 while the disk is full, keeps what it acknowledged and nothing else, and goes on after', async () => {
    const app = await TestApp.start();
    close = () => app.stop();
    const writer = writerOf(app.store);
    const path = '/decoratedProfileConnections';
    const [row] = await writer('PRAGMA page_count');
    await writer(`PRAGMA max_page_count = ${Number(row?.page_count) + 20}`);
    const profile = { summary: 'x'.repeat(1500) };
    const made: string[] = [];
    const refused: unknown[] = [];
    for (let round = 0; refused.length === 0; round++) {
      const ids = Array.from({ length: 20 }, (_, index) => `${round}-${index}`);
      const answers = await Promise.all(ids.map((id) => app.post(path, { id, profile })));
      for (const [index, { status, headers, body }] of answers.entries()) {
        if (status === 201) made.push(ids[index]!);
        else refused.push([status, body.error.innerError.code, headers.get('retry-after')]);
      }
    }
    expect(new Set(refused.map((one) => JSON.stringify(one)))).toEqual(new Set(['[503,"storeUnavailable","5"]']));
    const stored = async (): Promise<string[]> => {
      const { body } = await app.get(`${path}?$select=id&$top=1000`, { headers: { prefer: 'maxpagesize=1000' } });
      return body.value.map(({ id }: { id: string }) => id);
    };
    expect((await stored()).sort()).toEqual(made.sort());
    await writer('PRAGMA max_page_count = 1000000');
    expect((await app.post(path, { id: 'after', profile })).status).toBe(201);
  });
});
