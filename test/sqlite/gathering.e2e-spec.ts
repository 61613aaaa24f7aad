import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqliteThread } from '../../src/odata/store/sqlite/sqlite-thread.js';
import { type TestDatabase, sqliteDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';

const textBytes = { usual: 2 ** 20, large: 2 ** 20 };

/** Whoever waits for others that do not come waits for longer than a test may take. */
describe('a writer that shares its processor with who sends it writes', () => {
  let database: TestDatabase;
  let thread: SqliteThread;
  let sizes: number[];
  beforeEach(async () => {
    database = sqliteDatabase();
    await (await openTestStore(database.url, [])).close();
    const options = { path: database.url, role: 'writer', logs: [], sets: [], textBytes } as const;
    thread = await SqliteThread.open({ ...options, statementTimeout: 60_000, gatherFor: 3_600_000 });
    await write('CREATE TABLE t (a)');
    sizes = [];
    thread.onGroup = (size) => sizes.push(size);
  });
  afterEach(async () => {
    await thread.close();
    await database.discard();
  });
  const write = (text: string, unit?: number) => thread.run({ text, parameters: {} }, unit).rows;
  const insert = (unit?: number) => write('INSERT INTO t VALUES (1)', unit);

  it('commits what comes alone at once', async () => {
    for (let n = 0; n < 3; n++) await insert();
    expect(sizes).toEqual([1, 1, 1]);
  });

  it('commits those together that come one after the other, as many as there were before', async () => {
    await Promise.all([insert(), insert(), insert()]);
    const first = insert();
    await sleep(10);
    const second = insert();
    await sleep(10);
    await Promise.all([first, second, insert()]);
    expect(sizes).toEqual([3, 3]);
  });

  it('keeps no unit of work waiting', async () => {
    await Promise.all([insert(), insert()]);
    await insert(7);
    await write('COMMIT', 7);
    expect(await write('SELECT count(*) AS n FROM t', 8)).toEqual([{ n: 3n }]);
    await write('COMMIT', 8);
  });

  it('commits what waits when it ends', async () => {
    await Promise.all([insert(), insert()]);
    const last = insert();
    await thread.close();
    await last;
    expect(sizes).toEqual([2, 1]);
  });
});
