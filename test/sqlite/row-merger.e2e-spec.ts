import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonNumber, type JsonObject, type JsonValue } from '../../src/odata/protocol/json/json-value.js';
import { stringifyJson } from '../../src/odata/protocol/json/stringify-json.js';
import { Edm } from '../../src/odata/protocol/edm/primitive-types.js';
import type { AggregateSet, Merge } from '../../src/odata/store/aggregate-store.js';
import type { SqlRow } from '../../src/odata/store/sql/rows.js';
import { addFunctions } from '../../src/odata/store/sqlite/document-functions.js';
import { mergedSet } from '../../src/odata/store/sqlite/index-columns.js';
import { prepareSchema } from '../../src/odata/store/sqlite/migrations.js';
import { RowMerger } from '../../src/odata/store/sqlite/row-merger.js';
import { sqliteStatements } from '../../src/odata/store/sqlite/statements.js';

const set: AggregateSet = {
  name: 'things',
  key: 'id',
  contained: ['part', 'items'],
  indexes: [
    { path: ['a'], type: Edm.String },
    { path: ['part', 'b'], type: Edm.Int64 },
    { path: ['c', 'b'], type: Edm.Double },
  ],
};

/** What has digits, signs, escapes or letters that a detour through another form of them would lose. */
const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom('', 'a', 'é', '𝒜', '\\', '"', '\u0000', '\n', '\u007f', '\ud800', '{"a":1}', 'null', '],'),
  fc.constantFrom(0, -0, 1, 0.1, 1e21, 1e-7, 5e-324, -1.5, true, false),
  fc.string({ maxLength: 5 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const number = fc
  .constantFrom('9007199254740993', '18446744073709551616', '0.12345678901234567890', '1.0', '1', '1E5', '-0')
  .map((text): JsonValue => new JsonNumber(text));
const leaf = fc.oneof({ weight: 3, arbitrary: scalar }, number);
const name = fc.constantFrom('a', 'b', 'c', 'é', '𝒜', '\uffee', 'a b', '__proto__');
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }) as fc.Arbitrary<JsonObject>,
  ),
}));
const members = fc.dictionary(name, value, { maxKeys: 4 }) as fc.Arbitrary<JsonObject>;
/** A merge patch: the same with nulls anywhere but in collections. */
const { patch } = fc.letrec<{ patch: JsonObject; change: JsonValue }>((tie) => ({
  change: fc.oneof({ depthSize: 'small' }, fc.constant(null), value, tie('patch')),
  patch: fc.dictionary(name, tie('change'), { maxKeys: 4 }),
}));
const version = 1000;
const entity = members.map((own): JsonObject => ({ ...own, $version: version }));
const document = fc
  .record({ own: members, part: fc.option(entity), items: fc.option(fc.dictionary(fc.constantFrom('m', 'n'), entity)) })
  .map(({ own, part, items }): JsonObject => ({
    ...own,
    ...(part === null ? {} : { part }),
    ...(items === null ? {} : { items }),
  }));
const path = fc.constantFrom<readonly string[]>(
  ['a'],
  ['c'],
  ['c', 'b'],
  ['part'],
  ['part', 'a'],
  ['items'],
  ['items', 'm'],
);
const condition = fc.constantFrom<'*' | readonly number[] | undefined>(undefined, undefined, '*', [version], [1], []);
const step = fc.constantFrom([{ name: 'part' }], [{ name: 'items', member: 'm' }], [{ name: 'items', member: 'x' }]);
const at = fc.oneof(fc.constant([]), step, fc.constant([{ name: 'part' }, { name: 'c' }]));
const defaults = fc.dictionary(name, fc.constantFrom(1, 'x'), { maxKeys: 2 }) as fc.Arbitrary<JsonObject>;
/** What a body says: of the entity, or of those inside it too, which are objects then. */
const said = fc.oneof(
  fc.record({ patch }),
  fc
    .record({ part: patch, inside: fc.subarray([['part'], ['items', 'm']]), defaults, makes: fc.boolean() })
    .map((one) => ({
      patch: { part: one.part, items: { m: one.part } },
      inside: one.inside.map((inner) => ({ path: inner, defaults: one.defaults })),
      ...(one.makes ? { makes: one.inside.map((inner) => ({ path: inner, members: { a: 3, d: 'y' } })) } : {}),
    })),
);
const merge: fc.Arbitrary<Merge> = fc
  .record(
    {
      at,
      said,
      clear: fc.array(path, { maxLength: 2 }),
      retain: fc.array(fc.record({ path: fc.oneof(path, fc.constant([])), names: fc.array(name) }), { maxLength: 1 }),
      orCreate: members,
      onlyNew: fc.boolean(),
      ifMatch: condition,
      ifNoneMatch: condition,
    },
    { requiredKeys: ['at', 'said'] },
  )
  .map(({ said: body, ifMatch, ifNoneMatch, ...rest }) => ({
    ...rest,
    ...body,
    precondition: {
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    },
  }));

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
        .run(version, stored);
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
      fc.property(document, merge, (stored, change) => {
        const text = stringifyJson(stored);
        expect(after(b, text, change, byItself)).toEqual(after(a, text, change, bySql));
      }),
      { numRuns: 2000 },
    );
    // None of them needed the statement.
    expect(left).toBe(0);
  });

  it.each(['{"\\u0061":1}', '{"a":1,"\\u0061":2}', '{"part":{"x\\\\":1}}'])('leaves %s to its statement', (stored) => {
    const [a, b] = databases as [DatabaseSync, DatabaseSync];
    left = 0;
    const change: Merge = { patch: { a: 3, part: { b: 1 } }, precondition: {} };
    expect(after(b, stored, change, byItself)).toEqual(after(a, stored, change, bySql));
    expect(left).toBe(1);
  });
});
