import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stringifyJson } from '../../src/odata/protocol/json/stringify-json.js';
import type { MemberOrder } from '../../src/odata/protocol/payload/member-order.js';
import type { Merge } from '../../src/odata/store/aggregate-store.js';
import type { SqlRow } from '../../src/odata/store/sql/rows.js';
import { addFunctions } from '../../src/odata/store/sqlite/document-functions.js';
import { mergedSet } from '../../src/odata/store/sqlite/index-columns.js';
import { prepareSchema } from '../../src/odata/store/sqlite/migrations.js';
import { RowMerger } from '../../src/odata/store/sqlite/row-merger.js';
import { sqliteStatements } from '../../src/odata/store/sqlite/statements.js';
import { anyMerges, firstVersion, fragile, things as set } from '../support/any-merges.js';

const { documents, merges } = anyMerges(fragile);

describe('a merge that the writer does itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'row-merger-'));
  const databases: DatabaseSync[] = [];
  beforeAll(() => {
    for (const file of ['a', 'b']) {
      prepareSchema(join(folder, file), { sets: [set], migrate: true, changeLog: 'full' });
      const database = new DatabaseSync(join(folder, file));
      addFunctions(database);
      databases.push(database);
    }
  });
  afterAll(() => {
    for (const database of databases) database.close();
    rmSync(folder, { recursive: true });
  });

  /** Everything that a database has of the row and of its log. */
  const stateOf = (database: DatabaseSync) => ({
    row: database
      .prepare(
        'SELECT owner, version, modified_at, json(document) AS text, ' +
          'quote("on/a") AS a, quote("on/part/b") AS b, quote("on/c/b") AS c FROM things',
      )
      .all(),
    log: database.prepare('SELECT tenant, id, owner, version, kind, properties, actor FROM things_change').all(),
  });

  type Run = (database: DatabaseSync, statement: ReturnType<typeof sqliteStatements.merge>) => readonly SqlRow[];
  const bySql: Run = (database, { text, parameters }) =>
    database.prepare(text).all(parameters as Record<string, SQLInputValue>);
  let left = 0;
  const byItself: Run = (database, statement) => {
    const merger = new RowMerger((sql) => database.prepare(sql), [mergedSet(set)]);
    const { merge: known, parameters, actor } = statement;
    const rows = known && merger.run(known, parameters, actor);
    if (rows === undefined) left += 1;
    return rows ?? bySql(database, statement);
  };

  /** Inserts a row, merges, and gives what there is then. */
  function after(database: DatabaseSync, stored: string, change: Merge, run: Run) {
    database.exec('BEGIN');
    try {
      database
        .prepare("INSERT INTO things VALUES ('t', 'x', 'o', ?, 0, 0, jsonb(?), NULL, NULL, NULL, NULL)")
        .run(firstVersion, stored);
      const key = { set, scope: { tenant: 't' }, id: 'x' };
      const rows = run(database, sqliteStatements.merge(key, change, { now: 7, version: 2000n }));
      const plain = rows.map((row) => ({
        ...row,
        version: row.version === undefined ? undefined : Number(row.version),
      }));
      return { rows: plain, ...stateOf(database) };
    } finally {
      database.exec('ROLLBACK');
    }
  }

  it('returns, stores and logs what its statement does, whatever the document and the change', () => {
    const [a, b] = databases as [DatabaseSync, DatabaseSync];
    left = 0;
    fc.assert(
      fc.property(documents, merges, (stored, change) => {
        const text = stringifyJson(stored);
        expect(after(b, text, change, byItself)).toEqual(after(a, text, change, bySql));
      }),
      { numRuns: 2000 },
    );
    // None of them needed the statement.
    expect(left).toBe(0);
  });

  it('stores members in the order of the model, where it is known, and the version behind them', () => {
    const [, database] = databases as [DatabaseSync, DatabaseSync];
    const member = (at: number, inside?: MemberOrder) => ({ at, inside });
    const complex: MemberOrder = new Map([
      ['x', member(0)],
      ['y', member(1)],
    ]);
    const part: MemberOrder = new Map([
      ['a', member(0)],
      ['b', member(1, complex)],
      ['c', member(2)],
    ]);
    const order: MemberOrder = new Map([['part', member(0, part)]]);
    const ordered: Run = (one, { merge: known, parameters, actor }) =>
      new RowMerger((sql) => one.prepare(sql), [mergedSet({ ...set, order })]).run(known!, parameters, actor)!;
    const change: Merge = { at: [{ name: 'part' }], patch: { d: 4, a: 1, b: { x: 1 } }, precondition: {} };
    const { rows } = after(database, '{"part":{"b":{"y":2},"c":3,"$version":1000}}', change, ordered);
    expect(rows).toMatchObject([{ document: '{"a":1,"b":{"x":1,"y":2},"c":3,"d":4,"$version":2000}' }]);
  });

  it.each(['{"\\u0061":1}', '{"a":1,"\\u0061":2}', '{"part":{"x\\\\":1}}'])('leaves %s to its statement', (stored) => {
    const [a, b] = databases as [DatabaseSync, DatabaseSync];
    left = 0;
    const change: Merge = { patch: { a: 3, part: { b: 1 } }, precondition: {} };
    expect(after(b, stored, change, byItself)).toEqual(after(a, stored, change, bySql));
    expect(left).toBe(1);
  });
});
