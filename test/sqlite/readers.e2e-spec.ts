import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SqliteReaders } from '../../src/odata/store/sqlite/sqlite-readers.js';
import { SqliteThread } from '../../src/odata/store/sqlite/sqlite-thread.js';
import { LeavingClients } from '../support/leaving-clients.js';

describe('the threads that read a file of SQLite', () => {
  let folder: string;
  let readers: SqliteReaders;
  /** Threads that were started, and those that cannot be. */
  let started: number;
  let failing: number;
  let clients: LeavingClients;
  beforeEach(() => {
    [started, failing, clients] = [0, 0, new LeavingClients()];
    folder = mkdtempSync(join(tmpdir(), 'readers-'));
    const path = join(folder, 'a.sqlite');
    const file = new DatabaseSync(path);
    file.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (id PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)');
    file.close();
    const open = (): Promise<SqliteThread> => {
      started += 1;
      if (failing-- > 0) return Promise.reject(new Error('no more threads'));
      const textBytes = { usual: 1_000_000, large: 1_000_000 };
      const options = { logs: [], sets: [], statementTimeout: 60_000, textBytes, gatherFor: 0 };
      return SqliteThread.open({ path, role: 'reader', ...options });
    };
    readers = new SqliteReaders(open, { threads: 3, statementTimeout: 60_000, perCaller: 100 });
  });
  afterEach(async () => {
    await readers.close();
    rmSync(folder, { recursive: true });
  });

  const as = <T>(callerName: string, run: () => T): T => clients.as(callerName, run);
  const quick = (caller = 'bob') => as(caller, () => readers.run({ text: 'SELECT 1 AS one', parameters: {} }));
  const endless = (caller: string) =>
    as(caller, () =>
      readers.run({
        text: `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE odata_go_on(i))
          SELECT count(*) FROM n`,
        parameters: {},
      }),
    ).catch(() => 'ended');

  it('are started when they are needed, one where one is enough', async () => {
    expect(started).toBe(0);
    for (let time = 0; time < 5; time++) expect(await quick()).toEqual([{ one: 1n }]);
    expect(started).toBe(1);
  });

  it('are as many as may be where there is much to do, and answer all of it', async () => {
    const heavy = ['ann', 'eve', 'ann', 'eve'].map(endless);
    for (let time = 0; time < 20; time++) expect(await quick()).toEqual([{ one: 1n }]);
    expect(started).toBe(3);
    clients.haveLeft = true;
    expect(await Promise.all(heavy)).toEqual(['ended', 'ended', 'ended', 'ended']);
    expect(readers.size).toBe(0);
  });

  it('that cannot be started fail what waits, where there is none, and are tried again', async () => {
    failing = 1;
    await expect(quick()).rejects.toMatchObject({ code: 'storeUnavailable', status: 503 });
    await expect(quick()).rejects.toMatchObject({ code: 'storeUnavailable' });
    expect(started).toBe(1);
    const isThere = () =>
      quick().then(
        () => true,
        () => false,
      );
    while (!(await isThere())) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(started).toBe(2);
  });

  it('are closed with what is being started', async () => {
    const waiting = expect(quick()).rejects.toMatchObject({ code: 'storeUnavailable' });
    await readers.close();
    await waiting;
    expect(started).toBe(1);
  });
});
