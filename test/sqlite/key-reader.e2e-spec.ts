import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Statement } from '../../src/odata/store/sql/parameters.js';
import { SqliteKeyReader } from '../../src/odata/store/sqlite/sqlite-key-reader.js';

describe('the reader of single rows', () => {
  let folder: string;
  let file: DatabaseSync;
  let reader: SqliteKeyReader;
  let left: unknown[];
  /** Milliseconds; each look at the clock takes `step`. */
  let now: number;
  let step: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'key-reader-'));
    file = new DatabaseSync(join(folder, 'a.sqlite'));
    file.exec(`PRAGMA journal_mode = WAL; CREATE TABLE t (id PRIMARY KEY, document BLOB);
      INSERT INTO t VALUES ('a', 'A'), ('b', 'B'), ('large', zeroblob(65537)), ('fits', zeroblob(65536))`);
    [left, now, step] = [[], 1, 0];
    const byThread = ({ parameters: { id = null } }: Statement) => {
      left.push(id);
      return Promise.resolve([{ id }]);
    };
    reader = new SqliteKeyReader(join(folder, 'a.sqlite'), byThread, () => (now += step));
  });
  afterEach(() => {
    reader.close();
    file.close();
    rmSync(folder, { recursive: true });
  });
  const statement = (id: string, columns = 'id'): Statement => ({
    text: `SELECT ${columns} FROM t WHERE id = :id`,
    parameters: { id },
    ofOne: 'document',
  });
  const read = (id: string, columns?: string) => reader.run(statement(id, columns));

  it('answers what was asked for in a turn after it, and sees what was committed before', async () => {
    const answered: string[] = [];
    const both = ['a', 'b'].map((id) => read(id).then(() => answered.push(id)));
    await Promise.resolve();
    expect(answered).toEqual([]);
    await Promise.all(both);
    expect(answered).toEqual(['a', 'b']);
    file.exec("UPDATE t SET document = 'C' WHERE id = 'a'");
    expect(await read('a', 'document')).toEqual([{ document: 'C' }]);
    expect(left).toEqual([]);
  });

  it('leaves what is large, not there, or fails to a thread', async () => {
    expect(
      await Promise.all([read('a'), read('large'), read('none'), read('b', 'no_such_function()'), read('fits')]),
    ).toEqual(['a', 'large', 'none', 'b', 'fits'].map((id) => [{ id }]));
    expect(left).toEqual(['large', 'none', 'b']);
    file.exec('DROP TABLE t');
    expect(await read('a')).toEqual([{ id: 'a' }]);
    expect(left.at(-1)).toBe('a');
  });

  it('leaves a statement to a thread in the name of who asked', async () => {
    const asker = new AsyncLocalStorage<string>();
    const asked: unknown[] = [];
    reader.close();
    reader = new SqliteKeyReader(join(folder, 'a.sqlite'), () =>
      Promise.resolve([]).finally(() => asked.push(asker.getStore())),
    );
    await Promise.all(['ann', 'bob'].map((name) => asker.run(name, () => read('none'))));
    expect(asked).toEqual(['ann', 'bob']);
  });

  it('leaves to the threads what is more than a turn holds', async () => {
    await Promise.all(Array.from({ length: 100 }, () => read('a')));
    expect(left).toHaveLength(36);
    await Promise.all(Array.from({ length: 64 }, () => read('a')));
    expect(left).toHaveLength(36);
  });

  it('leaves everything to the threads for a second, after it had to wait for the disk', async () => {
    step = 20;
    await read('a');
    step = 0;
    expect(left).toEqual([]);
    await read('a');
    now += 990;
    await read('b');
    expect(left).toEqual(['a', 'b']);
    now += 20;
    await read('a');
    expect(left).toEqual(['a', 'b']);
  });

  it('answers what waits when it is closed', async () => {
    const waiting = read('a');
    reader.close();
    expect(await waiting).toEqual([{ id: 'a' }]);
    expect(left).toEqual([]);
    reader = new SqliteKeyReader(join(folder, 'a.sqlite'), () => Promise.resolve([]));
  });
});
