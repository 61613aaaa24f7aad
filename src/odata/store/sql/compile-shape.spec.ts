import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { bindRead } from '../../../../test/support/bound-reads.js';
import { postgresDialect } from '../postgres/postgres-dialect.js';
import { sqliteDialect } from '../sqlite/sqlite-dialect.js';
import { ExpressionCompiler } from './compile-expression.js';
import { placeEntity } from './compile-read.js';
import { ShapeCompiler } from './compile-shape.js';
import type { Dialect } from './dialect.js';
import { Parameters } from './parameters.js';

/** Without what ends statements, which `watched.spec.ts` shows. */
const sqlite: Dialect = { ...sqliteDialect, watched: () => [] };
const postgres = postgresDialect({ caseCollation: undefined, normalizes: false });

/** The JSON of an answer to a URL, of the row `e`. */
function shaped(dialect: Dialect, url: string) {
  const read = bindRead(libraryModel, url);
  const parameters = new Parameters(dialect);
  const expressions = new ExpressionCompiler(dialect, parameters, { tenant: 't' });
  placeEntity(dialect, expressions, read);
  const shapes = new ShapeCompiler(dialect, parameters, expressions);
  const sql = shapes.structured({ json: 'e.document', path: [] }, read.path.entity.type, read.shape);
  return { sql, values: parameters.values };
}

/** How a document says which entity it is, before what was selected. */
const identity = `'$version', (e.document -> '$."$version"'), '$type', (e.document -> '$."$type"')`;
const ofWork = `${identity}, 'code', (e.document -> '$."code"')`;

describe('the whole of a value', () => {
  it.each([
    ['notes', 'e.document', 'e.document'],
    ['bookings', `jsonb_remove(e.document, '$."guests"')`, `(e.document - '{guests}'::text[])`],
    [
      'works',
      `jsonb_remove(e.document, '$."chapters"', '$."writer"', '$."writers"')`,
      `(e.document - '{chapters,writer,writers}'::text[])`,
    ],
  ])('of %s is its document, without the entities in it', (url, onSqlite, onPostgres) => {
    expect(shaped(sqlite, url)).toEqual({ sql: onSqlite, values: {} });
    expect(shaped(postgres, url)).toEqual({ sql: onPostgres, values: {} });
  });

  it('has what is computed beside it', () => {
    expect(shaped(sqlite, 'notes?$compute=length(text) as n')).toEqual({
      sql: `json_set(e.document, '$."n"', json(json_quote(length(json_extract(e.document, '$."text"')))))`,
      values: {},
    });
    expect(shaped(postgres, 'notes?$compute=length(text) as n').sql).toBe(
      `(e.document || jsonb_build_object('n', to_jsonb(length(((e.document #>> '{text}') COLLATE "C"))::numeric)))`,
    );
  });
});

describe('what is selected', () => {
  it.each([
    ['works?$select=title', `json_object(${ofWork}, 'title', (e.document -> '$."title"'))`],
    // The key is there once, selected or not.
    ['works?$select=code', `json_object(${identity}, 'code', (e.document -> '$."code"'))`],
    [
      'bookings?$select=day',
      `json_object(${identity}, 'room', (e.document -> '$."room"'), 'day', (e.document -> '$."day"'))`,
    ],
    // Of a complex value the whole is read; the writer takes what is selected.
    ['works?$select=place/city', `json_object(${ofWork}, 'place', (e.document -> '$."place"'))`],
    ['works?$select=writer', `json_object(${ofWork})`],
    [
      'events?$select=other',
      `json_object(${identity}, 'token', (e.document -> '$."token"'), 'other', (e.document -> '$."other"'))`,
    ],
    [
      'works?$compute=loans add 1 as n&$select=n',
      `json_object(${ofWork}, 'n', json(json_quote((e."on/loans" + :p1))))`,
    ],
    [
      'works?$compute=loans gt 1 as n&$select=n',
      `json_object(${ofWork}, 'n', json(CASE coalesce((e."on/loans" > :p1), 0) WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END))`,
    ],
    [
      'works?$select=place($compute=floor add 1 as n)',
      `json_object(${ofWork}, 'place', CASE WHEN json_type(e.document, '$."place"') IS NOT NULL THEN json_set((e.document -> '$."place"'), '$."n"', json(json_quote((json_extract(e.document, '$."place"."floor"') + :p1)))) END)`,
    ],
  ])('of %s is an object of its own', (url, sql) => {
    expect(shaped(sqlite, url).sql).toBe(sql);
  });

  it('is an object on PostgreSQL too', () => {
    expect(shaped(postgres, 'authors?$select=name').sql).toBe(
      `jsonb_build_object('$version', (e.document #> '{$version}'), '$type', (e.document #> '{$type}'), 'id', (e.document #> '{id}'), 'name', (e.document #> '{name}'))`,
    );
  });

  it('of doubles says infinity in words, on PostgreSQL', () => {
    expect(shaped(postgres, 'works?$compute=rating as n&$select=n').sql).toContain(
      `'n', (CASE ((e.document #>> '{rating}')::float8)::text WHEN 'Infinity' THEN '"INF"' WHEN '-Infinity' THEN '"-INF"' ELSE to_jsonb((e.document #>> '{rating}')::float8) END)`,
    );
  });
});

describe('one entity inside', () => {
  it('stays where it is, if the whole of it is asked for', () => {
    const [work, chapter] = [`jsonb_remove(e.document, '$."writer"', '$."writers"')`, 'i1.value'];
    const { sql } = shaped(sqlite, 'works?$expand=chapters($expand=summary)');
    expect(sql).toContain(`json_set(${work}, '$."chapters"', `);
    expect(sql).toContain(`json(jsonb_remove(${chapter}, '$."remarks"', '$."editor"')) AS j`);
    expect(shaped(postgres, 'works?$expand=chapters($expand=summary)').sql).toContain(
      `(SELECT (i1.value - '{remarks,editor}'::text[]) AS j`,
    );
  });
});

describe('a collection inside', () => {
  const numbers = `json_each(e.document, '$."numbers"') AS i1`;
  const item = `CASE typeof(i1.value) WHEN 'integer' THEN json_quote(i1.value) WHEN 'null' THEN 'null' ELSE (i1.json -> i1.fullkey) END`;
  const items = (order: string, rest = ''): string =>
    `(SELECT json_group_array(json(j) ORDER BY n) FROM (SELECT json(${item}) AS j, row_number() OVER (ORDER BY ${order}) AS n FROM ${numbers}${rest}) AS items)`;

  it.each([
    ['$filter=$this gt 5', `'numbers', ${items('i1.id', ' WHERE (i1.value > :p1)')}`, { p1: 5n }],
    ['$orderby=$this desc', `'numbers', ${items('i1.value DESC, i1.id')}`, {}],
    ['$top=2', `'numbers', ${items('i1.id', ' ORDER BY n LIMIT 2')}`, {}],
    ['$skip=1', `'numbers', ${items('i1.id', ' ORDER BY n LIMIT 9007199254740991 OFFSET :p1')}`, { p1: 1 }],
    ['$top=0', `'numbers', ${items('i1.id', ' ORDER BY n LIMIT 0')}`, {}],
    [
      // The count is of all that satisfy the filter.
      '$filter=$this gt 5;$top=2;$count=true',
      `'numbers', ${items('i1.id', ' WHERE (i1.value > :p1) ORDER BY n LIMIT 2')}, 'numbers@count', (SELECT count(*) FROM ${numbers} WHERE (i1.value > :p1))`,
      { p1: 5n },
    ],
  ])('with %s has its own filter, order, bounds and count', (options, member, values) => {
    const { sql, values: given } = shaped(sqlite, `works?$select=numbers(${options})`);
    expect(sql).toBe(`json_object(${ofWork}, ${member})`);
    expect(given).toEqual(values);
  });

  it('of entities comes in the order of their names', () => {
    expect(shaped(sqlite, 'bookings?$expand=guests').sql).toBe(
      `json_set(e.document, '$."guests"', (SELECT json_group_array(json(j) ORDER BY n) FROM (SELECT json(i1.value) AS j, row_number() OVER (ORDER BY length(i1.key), i1.key) AS n FROM json_each(e.document, '$."guests"') AS i1) AS items))`,
    );
    expect(shaped(postgres, 'bookings?$expand=guests').sql).toBe(
      `(e.document || jsonb_build_object('guests', (SELECT coalesce(jsonb_agg(j ORDER BY n), '[]'::jsonb) FROM (SELECT i1.value AS j, row_number() OVER (ORDER BY char_length(i1.name), (i1.name COLLATE "C")) AS n FROM jsonb_each((e.document #> '{guests}')) AS i1(name, value)) AS items)))`,
    );
  });

  it('of which only the number is asked is not read', () => {
    expect(shaped(sqlite, 'bookings?$expand=guests/$count($filter=vegetarian)').sql).toBe(
      `json_set(jsonb_remove(e.document, '$."guests"'), '$."guests@count"', (SELECT count(*) FROM json_each(e.document, '$."guests"') AS i1 WHERE (json_extract(i1.value, '$."vegetarian"') = 1)))`,
    );
  });
});

describe('an entity that another one refers to', () => {
  const writer = `FROM "authors" AS i1 WHERE i1.tenant = :tenant AND i1.id = json_extract(e.document, '$."writer"')`;
  const identified = `'$."id"', json(json_quote(i1.id)), '$."$version"', json(json_quote(i1.version))`;
  const without = `jsonb_remove(e.document, '$."chapters"', '$."writers"')`;

  it('is read from its own row, in the same scope', () => {
    expect(shaped(sqlite, 'works?$expand=writer')).toEqual({
      sql: `json_set(${without}, '$."writer"', (SELECT json(json_set(jsonb_remove(i1.document, '$."works"'), ${identified})) ${writer}))`,
      values: { tenant: 't' },
    });
  });

  it('is null where its own filter does not hold', () => {
    expect(shaped(sqlite, "works?$expand=writer($filter=name eq 'a')").sql).toContain(
      ` ${writer} AND (json_extract(i1.document, '$."name"') = :p2)`,
    );
  });

  it('knows its key as a column', () => {
    expect(shaped(sqlite, "works?$expand=writer($filter=id eq 'a')").sql).toContain(` ${writer} AND (i1.id = :p2)`);
  });

  it('among several comes in the order of the references', () => {
    expect(shaped(postgres, 'works?$expand=writers($top=1)')).toEqual({
      sql: `((e.document - '{chapters,writer}'::text[]) || jsonb_build_object('writers', (SELECT coalesce(jsonb_agg(j ORDER BY n), '[]'::jsonb) FROM (SELECT ((i1.document - '{works}'::text[]) || jsonb_build_object('id', to_jsonb(i1.id), '$version', to_jsonb(i1.version))) AS j, row_number() OVER (ORDER BY char_length(i2.name), (i2.name COLLATE "C")) AS n FROM jsonb_each((e.document #> '{writers}')) AS i2(name, value) JOIN "authors" AS i1 ON i1.tenant = $1 AND i1.id = ((i2.value #>> '{}') COLLATE "C") ORDER BY n LIMIT $2) AS items)))`,
      values: { tenant: 't', p2: 1 },
    });
  });
});
