import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { bindRead } from '../../../../test/support/bound-reads.js';
import type { BoundRead, OrderValue } from '../../protocol/query/bound.js';
import { postgresDialect } from '../postgres/postgres-dialect.js';
import { sqliteDialect } from '../sqlite/sqlite-dialect.js';
import { compileRead } from './compile-read.js';
import type { Dialect } from './dialect.js';

/** Without what ends statements, which `watched.spec.ts` shows. */
const sqlite: Dialect = { ...sqliteDialect, watched: () => [] };
const postgres = postgresDialect({ caseCollation: undefined, normalizes: false });
const note = '00000000-0000-0000-0000-000000000001';

/** The statement of a read; `simple-read.spec.ts` shows which one takes little time. */
function read(dialect: Dialect, url: string, after?: readonly (string | number | null)[]) {
  const { kind, text, parameters } = compileRead(dialect, bindRead(libraryModel, url, after), { tenant: 't' });
  return { kind, text, parameters };
}

/** What stands in a text between two others. */
function between(text: string, start: string, end: string): string {
  const from = text.indexOf(start) + start.length;
  return text.slice(from, text.lastIndexOf(end));
}

/** A document on PostgreSQL, as long as it is not larger than an item may be; else a cast that fails. */
function fetched(json: string): string {
  const refused = "((left(text::text, 0) || 'tooMuchData')::integer::text)";
  const bounded = `CASE WHEN octet_length(text) > 8388608 THEN ${refused} ELSE text END`;
  return `(SELECT ${bounded} FROM (SELECT (${json})::text AS text OFFSET 0) AS fetched)`;
}

describe('a page', () => {
  it('is one statement, of one row more than the page holds', () => {
    expect(read(sqlite, 'notes')).toEqual({
      kind: 'page',
      text: 'SELECT e.id AS id, e.version AS version, json(e.document) AS document, e.id AS o0 FROM "notes" AS e WHERE e.tenant = :tenant ORDER BY e.id LIMIT 21',
      parameters: { tenant: 't' },
    });
    expect(read(postgres, 'notes')).toEqual({
      kind: 'page',
      text: `SELECT e.id AS id, e.version AS version, ${fetched('e.document')} AS document, e.id AS o0 FROM "notes" AS e WHERE e.tenant = $1 ORDER BY e.id LIMIT $2`,
      parameters: { tenant: 't', p2: 21 },
    });
  });

  it('is of the owner, where the scope has one', () => {
    const { text, parameters } = compileRead(sqlite, bindRead(libraryModel, 'notes'), { tenant: 't', owner: 'o' });
    expect(between(text, ' WHERE ', ' ORDER BY ')).toBe('e.tenant = :tenant AND e.owner = :owner');
    expect(parameters).toEqual({ tenant: 't', owner: 'o' });
  });

  it.each([
    ['notes?$top=5', ' LIMIT 5', {}],
    ['notes?$top=20', ' LIMIT 20', {}],
    // No more than tells that another page follows.
    ['notes?$top=21', ' LIMIT 21', {}],
    ['notes?$top=22', ' LIMIT 21', {}],
    ['notes?$top=0', ' LIMIT 0', {}],
    ['notes?$skip=2', ' LIMIT 21 OFFSET :p2', { p2: 2 }],
    ['notes?$skip=0', ' LIMIT 21 OFFSET :p2', { p2: 0 }],
    ['notes?$top=5&$skip=2', ' LIMIT 5 OFFSET :p2', { p2: 2 }],
  ])('of %s ends with%s', (url, end, values) => {
    const { text, parameters } = read(sqlite, url);
    expect(text.slice(text.indexOf(' LIMIT '))).toBe(end);
    expect(parameters).toEqual({ tenant: 't', ...values });
  });

  it('that begins behind a row does not skip once more', () => {
    const { text, parameters } = read(sqlite, 'notes?$skip=2', ['a']);
    expect(text).toMatch(/ WHERE e\.tenant = :tenant AND e\.id > :p2 ORDER BY e\.id LIMIT 21$/);
    expect(parameters).toEqual({ tenant: 't', p2: 'a' });
  });

  it('without a size is not bounded but by $top', () => {
    const whole: BoundRead = { ...bindRead(libraryModel, 'notes'), page: undefined };
    expect(compileRead(sqlite, whole, { tenant: 't' }).text).toMatch(/ LIMIT 9007199254740991$/);
    expect(compileRead(postgres, whole, { tenant: 't' }).parameters).toEqual({
      tenant: 't',
      p2: Number.MAX_SAFE_INTEGER,
    });
    const some: BoundRead = { ...bindRead(libraryModel, 'notes?$top=3'), page: undefined };
    expect(compileRead(sqlite, some, { tenant: 't' }).text).toMatch(/ LIMIT 3$/);
  });

  it('with a count has it beside each of its rows, and where there are none', () => {
    expect(read(sqlite, "notes?$count=true&$filter=text eq 'a'&$orderby=writer desc")).toEqual({
      kind: 'page',
      text:
        'SELECT total.count, page.* FROM (' +
        `SELECT count(*) AS count FROM "notes" AS e WHERE e.tenant = :tenant AND (json_extract(e.document, '$."text"') = :p2)` +
        ') AS total LEFT JOIN (' +
        `SELECT e.id AS id, e.version AS version, json(e.document) AS document, json_extract(e.document, '$."writer"') AS o0, e.id AS o1 FROM "notes" AS e ` +
        `WHERE e.tenant = :tenant AND (json_extract(e.document, '$."text"') = :p2) ` +
        `ORDER BY json_extract(e.document, '$."writer"') DESC, e.id LIMIT 21` +
        ') AS page ON 1 = 1 ORDER BY page.o0 DESC, page.o1',
      parameters: { tenant: 't', p2: 'a' },
    });
  });

  it.each([
    ['works', 'e.id', 'e.id'],
    ['works?$orderby=code desc', 'e.id DESC, e.id', 'e.id DESC, e.id'],
    ['works?$orderby=loans', `e."on/loans", e.id`, `(e.document #>> '{loans}')::numeric ASC NULLS FIRST, e.id`],
    [
      'works?$orderby=loans desc',
      `e."on/loans" DESC, e.id`,
      `(e.document #>> '{loans}')::numeric DESC NULLS LAST, e.id`,
    ],
    [
      'works?$orderby=title,rating desc',
      `e."on/title", json_extract(e.document, '$."rating"') DESC, e.id`,
      `((e.document #>> '{title}') COLLATE "C") ASC NULLS FIRST, (e.document #>> '{rating}')::float8 DESC NULLS LAST, e.id`,
    ],
    [
      'works?$orderby=size',
      `CASE json_extract(e.document, '$."size"') WHEN 'Small' THEN 10 WHEN 'Medium' THEN 20 WHEN 'Large' THEN 40 WHEN 'Folio' THEN 40 END, e.id`,
      `CASE ((e.document #>> '{size}') COLLATE "C") WHEN 'Small' THEN 10 WHEN 'Medium' THEN 20 WHEN 'Large' THEN 40 WHEN 'Folio' THEN 40 END ASC NULLS FIRST, e.id`,
    ],
  ])('of %s is ordered with null as the least, its key last', (url, onSqlite, onPostgres) => {
    expect(between(read(sqlite, url).text, ' ORDER BY ', ' LIMIT ')).toBe(onSqlite);
    expect(between(read(postgres, url).text, ' ORDER BY ', ' LIMIT ')).toBe(onPostgres);
  });
});

describe('a page behind a row', () => {
  const [loans, year] = [`e."on/loans"`, `json_extract(e.document, '$."year"')`];
  const behind = (url: string, after: readonly (string | number | null)[]): string =>
    between(read(sqlite, url, after).text, ' WHERE e.tenant = :tenant AND ', ' ORDER BY ');

  it.each<[url: string, after: (string | number | null)[], expected: string]>([
    ['works', ['a'], 'e.id > :p2'],
    ['works?$orderby=loans', [5, 'a'], `(${loans} >= :p2 AND (${loans} > :p2 OR (${loans} = :p2 AND e.id > :p3)))`],
    ['works?$orderby=loans', [null, 'a'], `(${loans} IS NOT NULL OR (${loans} IS NULL AND e.id > :p2))`],
    [
      'works?$orderby=loans desc',
      [5, 'a'],
      `((${loans} < :p2 OR ${loans} IS NULL) OR (${loans} = :p2 AND e.id > :p3))`,
    ],
    // Null comes last where the order descends: nothing but null is behind it.
    ['works?$orderby=loans desc', [null, 'a'], `(${loans} IS NULL AND e.id > :p2)`],
    [
      'works?$orderby=loans,year desc',
      [5, 6, 'a'],
      `(${loans} >= :p2 AND (${loans} > :p2 OR (${loans} = :p2 AND ((${year} < :p3 OR ${year} IS NULL) OR (${year} = :p3 AND e.id > :p4)))))`,
    ],
    [
      'works?$orderby=loans desc,year',
      [null, null, 'a'],
      `(${loans} IS NULL AND (${year} IS NOT NULL OR (${year} IS NULL AND e.id > :p2)))`,
    ],
  ])('of %s begins behind %j', (url, after, expected) => {
    expect(behind(url, after)).toBe(expected);
  });

  it.each<[after: readonly OrderValue[]]>([[[]], [['a']]])('needs a value for each of its keys, not %j', (after) => {
    const bound = bindRead(libraryModel, 'works?$orderby=loans');
    const broken: BoundRead = { ...bound, page: { size: 20, after } };
    expect(() => compileRead(sqlite, broken, { tenant: 't' })).toThrow('of another order');
  });
});

describe('the number of members', () => {
  it.each([
    ['works/$count', 'e.tenant = :tenant'],
    [
      'works/$filter(lent)/$count?$filter=loans gt 5',
      `e.tenant = :tenant AND (json_extract(e.document, '$."lent"') = 1) AND (e."on/loans" > :p2)`,
    ],
    [
      'works/test.library.Atlas/$count',
      `e.tenant = :tenant AND (coalesce(json_extract(e.document, '$."$type"'), 'test.library.Work') IN ('test.library.Atlas'))`,
    ],
  ])('%s is counted by the database', (url, where) => {
    expect(read(sqlite, url)).toMatchObject({
      kind: 'count',
      text: `SELECT count(*) AS count FROM "works" AS e WHERE ${where}`,
    });
  });
});

describe('one entity, and what is in it', () => {
  const end = ' FROM "works" AS e WHERE e.tenant = :tenant AND e.id = :id';
  const ofProperties = 'SELECT e.version AS version, 1 AS present, ';

  it('is a row, found by its key', () => {
    expect(read(sqlite, `notes(${note})`)).toEqual({
      kind: 'one',
      text: 'SELECT e.id AS id, e.version AS version, json(e.document) AS value FROM "notes" AS e WHERE e.tenant = :tenant AND e.id = :id',
      parameters: { tenant: 't', id: note },
    });
    expect(read(postgres, "bookings(day=2020-01-01,room='r')").parameters).toEqual({
      tenant: 't',
      id: '["r","2020-01-01"]',
    });
  });

  it('of a singleton has no key', () => {
    expect(read(sqlite, 'settings').parameters).toEqual({ tenant: 't', id: '' });
  });

  it.each([
    ["works('a')/title", `${ofProperties}json((e.document -> '$."title"')) AS value${end}`],
    ["works('a')/place/city", `${ofProperties}json((e.document -> '$."place"."city"')) AS value${end}`],
    ["works('a')/code", `${ofProperties}json(json(json_quote(e.id))) AS value${end}`],
    ["works('a')/place", `${ofProperties}(e.document -> '$."place"') AS value${end}`],
    [
      "works('a')/numbers/$count",
      `${ofProperties}(SELECT count(*) FROM json_each(e.document, '$."numbers"') AS i1) AS count${end}`,
    ],
    ["works('a')/numbers", `${ofProperties}json(coalesce((e.document -> '$."numbers"'), '[]')) AS value${end}`],
  ])('%s has the version of the entity', (url, text) => {
    expect(read(sqlite, url)).toEqual({ kind: 'one', text, parameters: { tenant: 't', id: 'a' } });
  });

  it('has its own version, and may be missing, where another contains it', () => {
    const at = '(e.document -> :p3)';
    expect(read(sqlite, "works('a')/chapters(2)/title")).toEqual({
      kind: 'one',
      text: `SELECT json_extract(${at}, '$."$version"') AS version, CASE WHEN ${at} IS NOT NULL THEN 1 ELSE 0 END AS present, json((${at} -> '$."title"')) AS value${end}`,
      parameters: { tenant: 't', id: 'a', p3: '$."chapters"."[2]"' },
    });
  });

  it('says itself whether it is there, and its version', () => {
    const of = (dialect: Dialect, url: string) => read(dialect, url).text.replace(/ FROM.*/, '');
    const url = "works('a')/chapters(2)/summary";
    const at = '(e.document -> :p3)';
    expect(of(sqlite, url)).toBe(`SELECT (${at} -> '$."summary"') AS value`);
    expect(of(postgres, url)).toBe(`SELECT ((e.document #> $3::text[]) #> '{summary}') AS value`);
    expect(of(sqlite, `${url}?$select=text`)).toContain(
      `SELECT json(CASE WHEN json_type(${at}, '$."summary"') IS NOT NULL THEN json_object(`,
    );
    expect(of(sqlite, `${url}/text`)).toBe(
      `SELECT json_extract(${at}, '$."summary"."$version"') AS version, ` +
        `CASE WHEN json_type(${at}, '$."summary"') IS NOT NULL THEN 1 ELSE 0 END AS present, ` +
        `json((${at} -> '$."summary"."text"')) AS value`,
    );
  });

  it('is a row of its own, in the same scope, where another refers to it', () => {
    const select =
      'SELECT i1.id AS anchor, i1.version AS version, CASE WHEN i1.id IS NOT NULL THEN 1 ELSE 0 END AS present';
    expect(read(postgres, "works('a')/writer/name")).toEqual({
      kind: 'one',
      text: `${select}, ${fetched("(i1.document #> '{name}')")} AS value FROM "works" AS e LEFT JOIN "authors" AS i1 ON i1.tenant = $1 AND i1.id = ((e.document #>> '{writer}') COLLATE "C") WHERE e.tenant = $1 AND e.id = $2`,
      parameters: { tenant: 't', id: 'a' },
    });
    expect(read(postgres, "works('a')/writers('x')/name")).toEqual({
      kind: 'one',
      text: `${select}, ${fetched("(i1.document #> '{name}')")} AS value FROM "works" AS e LEFT JOIN "authors" AS i1 ON i1.tenant = $1 AND i1.id = $4 AND (e.document #> $3::text[]) IS NOT NULL WHERE e.tenant = $1 AND e.id = $2`,
      parameters: { tenant: 't', id: 'a', p3: '{writers,x}', p4: 'x' },
    });
  });

  it('with a type in its path is not there where it is of another', () => {
    const { text } = read(sqlite, "works('a')/test.library.Atlas/sheets");
    expect(between(text, ' WHERE ', '')).toBe(
      `e.tenant = :tenant AND e.id = :id AND (coalesce(json_extract(e.document, '$."$type"'), 'test.library.Work') IN ('test.library.Atlas'))`,
    );
  });
});
