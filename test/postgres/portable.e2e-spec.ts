import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadModule } from 'libpg-query';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { bindRead, connections, owner } from '../support/bound-reads.js';
import { postgresDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';
import { checkPortable, constructs, constructsIn, missingConstructs, shapeOf } from '../support/portable-sql.js';

/** A statement with each of the constructs. */
const examples: Readonly<Record<keyof typeof constructs, string>> = {
  rules: 'CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING',
  'subqueries in `INSERT`': 'INSERT INTO t SELECT 1',
  'volatile functions in `UPDATE` and `DELETE`': "UPDATE t SET a = set_config('a', 'b', true)",
  'volatile functions in `RETURNING`': 'INSERT INTO t VALUES (1) RETURNING pg_catalog.random()',
  triggers: 'CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()',
  'triggers for statements, `INSTEAD OF`, `REFERENCING`': 'CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()',
  'recursive queries': 'SELECT (WITH RECURSIVE a AS (SELECT 1 UNION SELECT 1 FROM a) SELECT 1 FROM a)',
  'grouping sets': 'SELECT a FROM t GROUP BY ROLLUP (a)',
  '`TABLESAMPLE`': 'SELECT a FROM t TABLESAMPLE SYSTEM (10)',
  'advisory locks': 'SELECT pg_advisory_lock(1)',
  '`LISTEN`, `NOTIFY`': "SELECT pg_notify('a', 'b')",
  'XML functions': 'SELECT xmlelement(name a)',
  'two-phase commits': "PREPARE TRANSACTION 'a'",
  'foreign data wrappers': 'CREATE SERVER s FOREIGN DATA WRAPPER w',
  'privileges of columns': 'GRANT SELECT (a) ON t TO u',
  '`LOCK TABLE`': 'LOCK TABLE t',
  'table inheritance': 'CREATE TABLE t () INHERITS (s)',
  'exclusion constraints': 'CREATE TABLE t (a int, EXCLUDE USING gist (a WITH =))',
  'deferrable constraints': 'CREATE TABLE t (a int UNIQUE DEFERRABLE)',
  'GiST indexes': 'CREATE INDEX ON t USING gist (a)',
  'GIN indexes on several columns': 'CREATE INDEX ON t USING gin (a, b)',
  'generated columns': 'CREATE TABLE t (a int GENERATED ALWAYS AS (1) STORED)',
  '`ALTER TYPE`': "ALTER TYPE t ADD VALUE 'a'",
};

beforeAll(() => loadModule());

describe('what is missing in databases that speak the protocol of PostgreSQL', () => {
  it('is listed with its sources, and each line of the list is looked for', () => {
    const rows = missingConstructs();
    expect(rows.map(({ construct }) => construct)).toEqual(Object.keys(constructs));
    for (const { construct, missing, source } of rows) {
      expect([construct, missing.every((one) => /^(?:Citus|CockroachDB|YugabyteDB)$/.test(one))]).toEqual([
        construct,
        true,
      ]);
      expect([construct, source]).toEqual([construct, expect.stringMatching(/^\[\d\](?:, \[\d\])*$/)]);
    }
  });

  it.each(Object.entries(examples))('is found: %s', async (construct, text) => {
    expect([...constructsIn(text)]).toContain(construct);
    await expect(checkPortable([text])).rejects.toThrow(construct);
  });

  it('is not found where it is not', async () => {
    const texts = [
      "INSERT INTO t (a) VALUES ('LOCK TABLE t') ON CONFLICT DO NOTHING RETURNING lower(a)",
      'WITH a AS (SELECT clock_timestamp()) SELECT * FROM a FOR KEY SHARE',
      'CREATE TABLE t (a bigint GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (a))',
      'BEGIN; CREATE INDEX ON t (a, b); COMMIT',
    ];
    for (const text of texts) expect([text, [...constructsIn(text)]]).toEqual([text, []]);
    await checkPortable(texts);
  });

  it('is refused where the text is no SQL', async () => {
    await expect(checkPortable(['SELECT FROM WHERE'])).rejects.toThrow('syntax error');
  });

  it('is looked for once in statements that differ in values and names', () => {
    expect(shapeOf(`SELECT 'it''s', 1.5, $2 FROM "a""b" WHERE x1 = 7`)).toBe(
      shapeOf(`SELECT 'x', 22, $31 FROM "c" WHERE x1 = 8`),
    );
    expect(shapeOf('SELECT a')).not.toBe(shapeOf('SELECT b'));
  });
});

it('writes that log no changes have nothing of what logs them', async () => {
  const set = aggregateSet(profilesModel.entitySets.get(connections)!);
  const database = await postgresDatabase();
  const texts: string[] = [];
  try {
    const store = await openTestStore(database.url, [set], { changeLog: 'off' });
    store.observer = { statement: ({ text }) => texts.push(text), committed: () => undefined };
    const key = { set, scope: owner, id: 'a' };
    const members = { set, scope: owner, item: bindRead(profilesModel, connections).path.entity as never, filters: [] };
    await store.insert({ set, ...owner, id: 'a', document: {} });
    await store.atomically(() => store.merge(key, { patch: { relevanceScore: 1 }, precondition: { ifMatch: '*' } }));
    const at = [{ name: 'profile' }];
    await store.merge(key, { at, patch: { headline: 'a' }, precondition: {}, orCreate: {} });
    await store.mergeMembers(members, { patch: { relevanceScore: 2 } });
    await store.delete(key, { at, precondition: {} });
    await store.deleteMembers(members);
    await store.close();
  } finally {
    await database.discard();
  }
  const found = new Set(texts.flatMap((text) => [...constructsIn(text)]));
  expect([...found]).toEqual([]);
  expect(texts.filter((text) => /^(?:INSERT|UPDATE|DELETE)/.test(text)).length).toBeGreaterThan(4);
});
