import { describe, expect, it } from '@jest/globals';
import { libraryModel } from '../../../../test/models/library.js';
import { bindRead } from '../../../../test/support/bound-reads.js';
import { postgresDialect } from '../postgres/postgres-dialect.js';
import { sqliteDialect } from '../sqlite/sqlite-dialect.js';
import { ExpressionCompiler, whereOf } from './compile-expression.js';
import type { Dialect } from './dialect.js';
import { Parameters } from './parameters.js';

/** Without what ends statements, which `watched.spec.ts` shows. */
const sqlite: Dialect = { ...sqliteDialect, watched: () => [] };
const postgres = postgresDialect({ caseCollation: undefined, normalizes: false });

/** A compiler whose statement has the document of a work as `d`, and its key as `id`. */
function compile(dialect: Dialect, query: string) {
  const { collection, shape } = bindRead(libraryModel, `works?${query}`);
  const parameters = new Parameters(dialect);
  const compiler = new ExpressionCompiler(dialect, parameters, { tenant: 't' });
  const columns = new Map([['code', 'id']]);
  compiler.place(collection.item, { source: { json: 'd', path: [] }, columns, scalar: undefined });
  return { compiler, collection, shape, values: parameters.values };
}

/** `$filter` as a condition of WHERE. */
function condition(dialect: Dialect, filter: string): string {
  const { compiler, collection } = compile(dialect, `$filter=${filter}`);
  return compiler.condition(collection.filters[0]!);
}

/** An expression as a value. */
function value(dialect: Dialect, expression: string): string {
  const { compiler, shape } = compile(dialect, `$compute=${expression} as v`);
  return compiler.value(shape.computed[0]!.expression);
}

/** Expects what an expression is on each database. */
const expectCondition = (filter: string, onSqlite: string, onPostgres: string): void => {
  expect(condition(sqlite, filter)).toBe(onSqlite);
  expect(condition(postgres, filter)).toBe(onPostgres);
};
const expectValue = (expression: string, onSqlite: string, onPostgres: string): void => {
  expect(value(sqlite, expression)).toBe(onSqlite);
  expect(value(postgres, expression)).toBe(onPostgres);
};

describe('a comparison', () => {
  it.each([
    ['loans eq 5', `(json_extract(d, '$."loans"') = :p1)`, "((d #>> '{loans}')::numeric = $1::numeric)"],
    ["code eq 'a'", '(id = :p1)', '(id = $1::text)'],
    [
      "place/city eq 'a'",
      `(json_extract(d, '$."place"."city"') = :p1)`,
      `(((d #>> '{place,city}') COLLATE "C") = $1::text)`,
    ],
    ["size eq 'Medium'", `(json_extract(d, '$."size"') = :p1)`, `(((d #>> '{size}') COLLATE "C") = $1::text)`],
    ['lent eq true', `(json_extract(d, '$."lent"') = :p1)`, "((d #>> '{lent}')::boolean = $1::boolean)"],
    [
      'published eq 2020-01-01',
      `(json_extract(d, '$."published"') = :p1)`,
      `(((d #>> '{published}') COLLATE "C") = $1::text)`,
    ],
    [
      'acquired gt 2020-01-01T00:00:00Z',
      `(json_extract(d, '$."acquired"') > :p1)`,
      `(((d #>> '{acquired}') COLLATE "C") > $1::text)`,
    ],
    [
      "lendingTime gt duration'PT1H'",
      `(odata_decimal((d -> '$."lendingTime"')) > :p1)`,
      "((d #>> '{lendingTime}')::numeric > $1::numeric)",
    ],
    ['price gt 1.5', `(odata_decimal((d -> '$."price"')) > :p1)`, "((d #>> '{price}')::numeric > $1::numeric)"],
    ["cover eq binary'AAA_'", `(json_extract(d, '$."cover"') = :p1)`, `(((d #>> '{cover}') COLLATE "C") = $1::text)`],
    ['loans gt 5', `(json_extract(d, '$."loans"') > :p1)`, "((d #>> '{loans}')::numeric > $1::numeric)"],
    ['loans ge 5', `(json_extract(d, '$."loans"') >= :p1)`, "((d #>> '{loans}')::numeric >= $1::numeric)"],
    ['5 le loans', `(:p1 <= json_extract(d, '$."loans"'))`, "($1::numeric <= (d #>> '{loans}')::numeric)"],
    [
      'numbers eq [1,2]',
      `(coalesce((d -> '$."numbers"'), '[]') = json(:p1))`,
      "(coalesce((d #> '{numbers}'), '[]'::jsonb) = $1::jsonb)",
    ],
  ])('with a value that is known is one that an index serves: %s', expectCondition);

  it.each([
    ['loans eq null', `(json_extract(d, '$."loans"') IS NULL)`, "((d #>> '{loans}')::numeric IS NULL)"],
    ['loans ne null', `(NOT (json_extract(d, '$."loans"') IS NULL))`, "(NOT ((d #>> '{loans}')::numeric IS NULL))"],
    ['null eq null', '(NULL IS NULL)', '(NULL IS NULL)'],
    ['place eq null', `((d -> '$."place"') IS NULL)`, "((d #> '{place}') IS NULL)"],
    ['loans gt null', '(1 = 0)', '(1 = 0)'],
    ['loans ge null', `(json_extract(d, '$."loans"') IS NULL)`, "((d #>> '{loans}')::numeric IS NULL)"],
  ])('with null is a test: %s', expectCondition);

  it.each([
    [
      'loans eq year',
      `(json_extract(d, '$."loans"') IS json_extract(d, '$."year"'))`,
      "((d #>> '{loans}')::numeric IS NOT DISTINCT FROM (d #>> '{year}')::numeric)",
    ],
    [
      'loans ne 5',
      `(NOT (json_extract(d, '$."loans"') IS :p1))`,
      "(NOT ((d #>> '{loans}')::numeric IS NOT DISTINCT FROM $1::numeric))",
    ],
    [
      'loans ge year',
      `((json_extract(d, '$."loans"') >= json_extract(d, '$."year"')) OR (json_extract(d, '$."loans"') IS NULL AND json_extract(d, '$."year"') IS NULL))`,
      "(((d #>> '{loans}')::numeric >= (d #>> '{year}')::numeric) OR ((d #>> '{loans}')::numeric IS NULL AND (d #>> '{year}')::numeric IS NULL))",
    ],
    [
      '(loans add 1) ge year',
      `(WITH q AS MATERIALIZED (SELECT (json_extract(d, '$."loans"') + :p1) AS a, json_extract(d, '$."year"') AS b) SELECT ((q.a >= q.b) OR (q.a IS NULL AND q.b IS NULL)) FROM q)`,
      "(SELECT ((q.a >= q.b) OR (q.a IS NULL AND q.b IS NULL)) FROM (SELECT ((d #>> '{loans}')::numeric + $1::numeric) AS a, (d #>> '{year}')::numeric AS b OFFSET 0) AS q)",
    ],
  ])('of values that may both be null finds null equal to null: %s', expectCondition);

  it.each([
    [
      'rating gt 1',
      `(json_extract(d, '$."rating"') > :p1 AND json_extract(d, '$."rating"') IS NOT 'NaN')`,
      "((d #>> '{rating}')::float8 > $1::float8 AND (d #>> '{rating}')::float8 IS DISTINCT FROM 'NaN')",
    ],
    ['rating lt 1', `(json_extract(d, '$."rating"') < :p1)`, "((d #>> '{rating}')::float8 < $1::float8)"],
    [
      'rating ge weight',
      `((json_extract(d, '$."rating"') >= json_extract(d, '$."weight"') AND json_extract(d, '$."rating"') IS NOT 'NaN') OR (json_extract(d, '$."rating"') IS NULL AND json_extract(d, '$."weight"') IS NULL))`,
      "(((d #>> '{rating}')::float8 >= (d #>> '{weight}')::float8 AND (d #>> '{rating}')::float8 IS DISTINCT FROM 'NaN') OR ((d #>> '{rating}')::float8 IS NULL AND (d #>> '{weight}')::float8 IS NULL))",
    ],
  ])('does not find NaN greater than a number: %s', expectCondition);

  it.each([
    [
      "size gt 'Small'",
      `(CASE json_extract(d, '$."size"') WHEN 'Small' THEN 10 WHEN 'Medium' THEN 20 WHEN 'Large' THEN 40 WHEN 'Folio' THEN 40 END > :p1)`,
      `(CASE ((d #>> '{size}') COLLATE "C") WHEN 'Small' THEN 10 WHEN 'Medium' THEN 20 WHEN 'Large' THEN 40 WHEN 'Folio' THEN 40 END > $1::numeric)`,
    ],
  ])('of members of an enumeration is one of their values: %s', expectCondition);
});

describe('an order', () => {
  const [loans, year] = [`json_extract(d, '$."loans"')`, `json_extract(d, '$."year"')`];

  it.each([
    ['loans gt year', `(${loans} > ${year})`],
    ['loans lt year', `(${loans} < ${year})`],
    ['loans ge year', `((${loans} >= ${year}) OR (${loans} IS NULL AND ${year} IS NULL))`],
    ['loans le year', `((${loans} <= ${year}) OR (${loans} IS NULL AND ${year} IS NULL))`],
    ['loans le 5', `(${loans} <= :p1)`],
    ['loans lt null', '(1 = 0)'],
    ['null gt loans', '(1 = 0)'],
    ['loans le null', `(${loans} IS NULL)`],
    ['null ge loans', `(${loans} IS NULL)`],
  ])('%s holds for null only where it includes equality', (filter, expected) => {
    expect(condition(sqlite, filter)).toBe(expected);
  });
});

describe('a dynamic value', () => {
  it.each<[filter: string, onPostgres: string]>([
    [
      'facts/x eq 5',
      `((CASE jsonb_typeof((d #> '{facts,x}')) WHEN 'number' THEN (d #>> '{facts,x}')::numeric END) = $1::numeric)`,
    ],
    [
      'facts/x gt 5',
      `((CASE jsonb_typeof((d #> '{facts,x}')) WHEN 'number' THEN (d #>> '{facts,x}')::numeric END) > $1::numeric)`,
    ],
    [
      "facts/x eq 'a'",
      `(((CASE jsonb_typeof((d #> '{facts,x}')) WHEN 'string' THEN (d #>> '{facts,x}') END) COLLATE "C") = $1::text)`,
    ],
    ['facts/x', `(CASE jsonb_typeof((d #> '{facts,x}')) WHEN 'boolean' THEN (d #>> '{facts,x}')::boolean END)`],
    [
      'facts/x eq facts/y',
      `(nullif((d #> '{facts,x}'), 'null'::jsonb) IS NOT DISTINCT FROM nullif((d #> '{facts,y}'), 'null'::jsonb))`,
    ],
  ])('is read as the type of what stands beside it: %s', (filter, onPostgres) => {
    expect(condition(postgres, filter)).toBe(onPostgres);
  });
});

describe('a condition', () => {
  it.each([
    ['lent', `(json_extract(d, '$."lent"') = 1)`, "(d #>> '{lent}')::boolean"],
    ['true', '(1 = 1)', '(1 = 1)'],
    ['false', '(1 = 0)', '(1 = 0)'],
    ['null', 'NULL', 'NULL'],
    [
      'lent or loans gt 5',
      `((json_extract(d, '$."lent"') = 1) OR (json_extract(d, '$."loans"') > :p1))`,
      "((d #>> '{lent}')::boolean OR ((d #>> '{loans}')::numeric > $1::numeric))",
    ],
    [
      "contains(title,'a')",
      `(instr(json_extract(d, '$."title"'), :p1) > 0)`,
      `(strpos(((d #>> '{title}') COLLATE "C"), $1::text) > 0)`,
    ],
  ])('that only filters may be unknown: %s', expectCondition);

  it.each([
    ['not lent', `(NOT (json_extract(d, '$."lent"') = 1))`, "(NOT (d #>> '{lent}')::boolean)"],
    ['not null', '(NOT NULL)', '(NOT NULL)'],
    [
      'not (loans eq 5)',
      `(NOT (json_extract(d, '$."loans"') IS :p1))`,
      "(NOT ((d #>> '{loans}')::numeric IS NOT DISTINCT FROM $1::numeric))",
    ],
    [
      'not (loans eq year)',
      `(NOT (json_extract(d, '$."loans"') IS json_extract(d, '$."year"')))`,
      "(NOT ((d #>> '{loans}')::numeric IS NOT DISTINCT FROM (d #>> '{year}')::numeric))",
    ],
    [
      'not (loans gt 5)',
      `(NOT coalesce((json_extract(d, '$."loans"') > :p1), 0))`,
      "(NOT coalesce(((d #>> '{loans}')::numeric > $1::numeric), false))",
    ],
    [
      'not (loans in (1,2))',
      `(NOT coalesce((json_extract(d, '$."loans"') IN (:p1, :p2)), 0))`,
      "(NOT coalesce(((d #>> '{loans}')::numeric IN ($1::numeric, $2::numeric)), false))",
    ],
    [
      'not (loans in (1,null))',
      `(NOT coalesce((json_extract(d, '$."loans"') IN (:p1) OR json_extract(d, '$."loans"') IS NULL), 0))`,
      "(NOT coalesce(((d #>> '{loans}')::numeric IN ($1::numeric) OR (d #>> '{loans}')::numeric IS NULL), false))",
    ],
    [
      'not (lent and loans gt 5)',
      `(NOT ((json_extract(d, '$."lent"') = 1) AND coalesce((json_extract(d, '$."loans"') > :p1), 0)))`,
      "(NOT ((d #>> '{lent}')::boolean AND coalesce(((d #>> '{loans}')::numeric > $1::numeric), false)))",
    ],
    [
      "not contains(title,'a')",
      `(NOT (instr(json_extract(d, '$."title"'), :p1) > 0))`,
      `(NOT (strpos(((d #>> '{title}') COLLATE "C"), $1::text) > 0))`,
    ],
  ])('under not is false where it is not known, unless OData says null: %s', expectCondition);

  it.each([
    [
      '(loans gt 5) eq true',
      `(coalesce((json_extract(d, '$."loans"') > :p1), 0) = :p2)`,
      "(coalesce(((d #>> '{loans}')::numeric > $1::numeric), false) = $2::boolean)",
    ],
    [
      '(loans gt 5) eq lent',
      `(coalesce((json_extract(d, '$."loans"') > :p1), 0) IS json_extract(d, '$."lent"'))`,
      "(coalesce(((d #>> '{loans}')::numeric > $1::numeric), false) IS NOT DISTINCT FROM (d #>> '{lent}')::boolean)",
    ],
  ])('that is compared is a value that is never null: %s', expectCondition);

  it('twice under not is still exact', () => {
    expect(condition(sqlite, 'not (not (loans gt 5))')).toBe(
      `(NOT (NOT coalesce((json_extract(d, '$."loans"') > :p1), 0)))`,
    );
    expect(condition(sqlite, 'lent and not (loans gt 5) and loans lt 9')).toBe(
      `((json_extract(d, '$."lent"') = 1) AND (NOT coalesce((json_extract(d, '$."loans"') > :p1), 0)) AND (json_extract(d, '$."loans"') < :p2))`,
    );
  });
});

describe("'in' and 'has'", () => {
  it.each([
    [
      'loans in (1,2)',
      `(json_extract(d, '$."loans"') IN (:p1, :p2))`,
      "((d #>> '{loans}')::numeric IN ($1::numeric, $2::numeric))",
    ],
    [
      'loans in (1,null)',
      `(json_extract(d, '$."loans"') IN (:p1) OR json_extract(d, '$."loans"') IS NULL)`,
      "((d #>> '{loans}')::numeric IN ($1::numeric) OR (d #>> '{loans}')::numeric IS NULL)",
    ],
    ['loans in (null)', `(json_extract(d, '$."loans"') IS NULL)`, "((d #>> '{loans}')::numeric IS NULL)"],
    [
      'loans in numbers',
      `EXISTS (SELECT 1 FROM json_each(d, '$."numbers"') AS i1 WHERE i1.value IS json_extract(d, '$."loans"'))`,
      "EXISTS (SELECT 1 FROM jsonb_array_elements((d #> '{numbers}')) WITH ORDINALITY AS i1(value, position) WHERE (i1.value #>> '{}')::numeric IS NOT DISTINCT FROM (d #>> '{loans}')::numeric)",
    ],
    ["size has 'Small'", `(json_extract(d, '$."size"') = :p1)`, `(((d #>> '{size}') COLLATE "C") = $1::text)`],
  ])('are conditions: %s', expectCondition);

  it('repeat no value that is computed', () => {
    const sum = `(json_extract(d, '$."loans"') + :p1)`;
    expect(condition(sqlite, '(loans add 1) in (2,3)')).toBe(`(${sum} IN (:p2, :p3))`);
    expect(condition(sqlite, '(loans add 1) in (2,null)')).toBe(
      `(WITH q AS MATERIALIZED (SELECT ${sum} AS a) SELECT (q.a IN (:p2) OR q.a IS NULL) FROM q)`,
    );
  });

  it('of flags compare bits', () => {
    const flag = (name: string, bit: number): string =>
      `CASE WHEN (instr(',' || json_extract(d, '$."access"') || ',', ',${name},') > 0) THEN ${bit} ELSE 0 END`;
    const bits = [flag('Read', 1), flag('Lend', 2), flag('Copy', 4)].join(' + ');
    const expected = `((CASE WHEN json_extract(d, '$."access"') IS NOT NULL THEN ${bits} END & :p1) = :p1)`;
    expect(condition(sqlite, "access has 'Read'")).toBe(expected);
    const { compiler, collection, values } = compile(sqlite, "$filter=access has 'Copy,Read'");
    compiler.condition(collection.filters[0]!);
    expect(values).toEqual({ p1: 5n });
  });

  it('an empty list holds nothing', () => {
    const { compiler, collection } = compile(sqlite, '$filter=loans in (1)');
    const filter = collection.filters[0]!;
    if (filter.kind !== 'in') throw new Error('no list');
    expect(compiler.condition({ ...filter, items: [] })).toBe('(1 = 0)');
  });
});

describe('a collection', () => {
  it.each([
    [
      'numbers/any()',
      `EXISTS (SELECT 1 FROM json_each(d, '$."numbers"') AS i1)`,
      "EXISTS (SELECT 1 FROM jsonb_array_elements((d #> '{numbers}')) WITH ORDINALITY AS i1(value, position))",
    ],
    [
      'numbers/any(n:n gt 5)',
      `EXISTS (SELECT 1 FROM json_each(d, '$."numbers"') AS i1 WHERE (i1.value > :p1))`,
      "EXISTS (SELECT 1 FROM jsonb_array_elements((d #> '{numbers}')) WITH ORDINALITY AS i1(value, position) WHERE ((i1.value #>> '{}')::numeric > $1::numeric))",
    ],
    [
      'numbers/all(n:n gt 5)',
      `(NOT EXISTS (SELECT 1 FROM json_each(d, '$."numbers"') AS i1 WHERE NOT coalesce(coalesce((i1.value > :p1), 0), 0)))`,
      "(NOT EXISTS (SELECT 1 FROM jsonb_array_elements((d #> '{numbers}')) WITH ORDINALITY AS i1(value, position) WHERE NOT coalesce(coalesce(((i1.value #>> '{}')::numeric > $1::numeric), false), false)))",
    ],
    [
      'chapters/any(c:c/pages gt 5)',
      `EXISTS (SELECT 1 FROM json_each(d, '$."chapters"') AS i1 WHERE (json_extract(i1.value, '$."pages"') > :p1))`,
      "EXISTS (SELECT 1 FROM jsonb_each((d #> '{chapters}')) AS i1(name, value) WHERE ((i1.value #>> '{pages}')::numeric > $1::numeric))",
    ],
    [
      'numbers/$count gt 2',
      `(coalesce(json_array_length(d, '$."numbers"'), 0) > :p1)`,
      "(coalesce(jsonb_array_length((d #> '{numbers}')), 0)::numeric > $1::numeric)",
    ],
    [
      'chapters/$count gt 2',
      `((SELECT count(*) FROM json_each(d, '$."chapters"') AS i1) > :p1)`,
      "((SELECT count(*) FROM jsonb_each((d #> '{chapters}')) AS i1(name, value)) > $1::numeric)",
    ],
    [
      'chapters/$count($filter=pages gt 5) eq 1',
      `((SELECT count(*) FROM json_each(d, '$."chapters"') AS i1 WHERE (json_extract(i1.value, '$."pages"') > :p1)) = :p2)`,
      "((SELECT count(*) FROM jsonb_each((d #> '{chapters}')) AS i1(name, value) WHERE ((i1.value #>> '{pages}')::numeric > $1::numeric)) = $2::numeric)",
    ],
    [
      "writers/any(w:w/name eq 'a')",
      `EXISTS (SELECT 1 FROM json_each(d, '$."writers"') AS i2 JOIN "authors" AS i1 ON i1.tenant = :tenant AND i1.id = i2.value WHERE (json_extract(i1.document, '$."name"') = :p2))`,
      `EXISTS (SELECT 1 FROM jsonb_each((d #> '{writers}')) AS i2(name, value) JOIN "authors" AS i1 ON i1.tenant = $1 AND i1.id = ((i2.value #>> '{}') COLLATE "C") WHERE (((i1.document #>> '{name}') COLLATE "C") = $2::text))`,
    ],
  ])('is a source of rows: %s', expectCondition);

  it('of all is refuted by what is not known too, and of any is not found by it', () => {
    expect(condition(sqlite, 'numbers/all(n:n ne null)')).toBe(
      `(NOT EXISTS (SELECT 1 FROM json_each(d, '$."numbers"') AS i1 WHERE NOT coalesce((NOT (i1.value IS NULL)), 0)))`,
    );
    expect(condition(sqlite, 'not numbers/any(n:n gt 5)')).toBe(
      `(NOT EXISTS (SELECT 1 FROM json_each(d, '$."numbers"') AS i1 WHERE (i1.value > :p1)))`,
    );
  });

  it('inside another has a name of its own', () => {
    expect(condition(sqlite, 'chapters/any(c:c/words/any(w:w eq c/title))')).toBe(
      `EXISTS (SELECT 1 FROM json_each(d, '$."chapters"') AS i1 WHERE EXISTS (SELECT 1 FROM json_each(i1.value, '$."words"') AS i2 WHERE (i2.value IS json_extract(i1.value, '$."title"'))))`,
    );
  });
});

describe('a reference and a type', () => {
  it.each([
    [
      'isof(test.library.Map)',
      `(coalesce(json_extract(d, '$."$type"'), 'test.library.Work') IN ('test.library.Map', 'test.library.Atlas'))`,
      `(coalesce(((d #>> '{$type}') COLLATE "C"), 'test.library.Work') IN ('test.library.Map', 'test.library.Atlas'))`,
    ],
    [
      'isof(place,test.library.Archive)',
      `((d -> '$."place"') IS NOT NULL AND (coalesce(json_extract(d, '$."place"."$type"'), 'test.library.Place') IN ('test.library.Archive')))`,
      `((d #> '{place}') IS NOT NULL AND (coalesce(((d #>> '{place,$type}') COLLATE "C"), 'test.library.Place') IN ('test.library.Archive')))`,
    ],
    [
      'test.library.Map/scale gt 5',
      `(CASE WHEN ((coalesce(json_extract(d, '$."$type"'), 'test.library.Work') IN ('test.library.Map', 'test.library.Atlas'))) THEN json_extract(d, '$."scale"') END > :p1)`,
      `(CASE WHEN ((coalesce(((d #>> '{$type}') COLLATE "C"), 'test.library.Work') IN ('test.library.Map', 'test.library.Atlas'))) THEN (d #>> '{scale}')::numeric END > $1::numeric)`,
    ],
    [
      'writer eq null',
      `((SELECT json_set(i1.document, '$."id"', json(json_quote(i1.id)), '$."$version"', json(json_quote(i1.version))) FROM "authors" AS i1 WHERE i1.tenant = :tenant AND i1.id = json_extract(d, '$."writer"')) IS NULL)`,
      `((SELECT (i1.document || jsonb_build_object('id', to_jsonb(i1.id), '$version', to_jsonb(i1.version))) FROM "authors" AS i1 WHERE i1.tenant = $1 AND i1.id = ((d #>> '{writer}') COLLATE "C")) IS NULL)`,
    ],
    [
      "cast(loans,Edm.String) eq '5'",
      `(CAST(json_extract(d, '$."loans"') AS TEXT) = :p1)`,
      "(((d #>> '{loans}')::numeric)::text = $1::text)",
    ],
  ])('are looked up: %s', expectCondition);
});

describe('a value', () => {
  it.each([
    ['loans', `json_extract(d, '$."loans"')`, "(d #>> '{loans}')::numeric"],
    ['title', `json_extract(d, '$."title"')`, `((d #>> '{title}') COLLATE "C")`],
    ['rating', `json_extract(d, '$."rating"')`, "(d #>> '{rating}')::float8"],
    ['size', `json_extract(d, '$."size"')`, `((d #>> '{size}') COLLATE "C")`],
    ['null', 'NULL', 'NULL'],
    ['loans add 1', `(json_extract(d, '$."loans"') + :p1)`, "((d #>> '{loans}')::numeric + $1::numeric)"],
    ['loans sub 1', `(json_extract(d, '$."loans"') - :p1)`, "((d #>> '{loans}')::numeric - $1::numeric)"],
    ['loans mul 2', `(json_extract(d, '$."loans"') * :p1)`, "((d #>> '{loans}')::numeric * $1::numeric)"],
    ['loans div 2', `(json_extract(d, '$."loans"') / :p1)`, "div((d #>> '{loans}')::numeric, nullif($1::numeric, 0))"],
    ['loans mod 2', `(json_extract(d, '$."loans"') % :p1)`, "mod((d #>> '{loans}')::numeric, nullif($1::numeric, 0))"],
    ['-loans', `(-json_extract(d, '$."loans"'))`, "(- (d #>> '{loans}')::numeric)"],
    ['round(price)', `odata_decimal_round(odata_decimal((d -> '$."price"')))`, "round((d #>> '{price}')::numeric)"],
    ['floor(price)', `odata_decimal_floor(odata_decimal((d -> '$."price"')))`, "floor((d #>> '{price}')::numeric)"],
    ['ceiling(price)', `odata_decimal_ceiling(odata_decimal((d -> '$."price"')))`, "ceil((d #>> '{price}')::numeric)"],
    ["concat(title,'a')", `(json_extract(d, '$."title"') || :p1)`, `(((d #>> '{title}') COLLATE "C") || $1::text)`],
    ['length(title)', `length(json_extract(d, '$."title"'))`, `length(((d #>> '{title}') COLLATE "C"))::numeric`],
    [
      "indexof(title,'a')",
      `(instr(json_extract(d, '$."title"'), :p1) - 1)`,
      `(strpos(((d #>> '{title}') COLLATE "C"), $1::text) - 1)::numeric`,
    ],
    [
      "startswith(title,'a')",
      `(instr(json_extract(d, '$."title"'), :p1) = 1)`,
      `(strpos(((d #>> '{title}') COLLATE "C"), $1::text) = 1)`,
    ],
    [
      "endswith(title,'a')",
      `odata_ends_with(json_extract(d, '$."title"'), :p1)`,
      `(SELECT right(q.a, length(q.b)) = q.b FROM (SELECT ((d #>> '{title}') COLLATE "C") AS a, $1::text AS b OFFSET 0) AS q)`,
    ],
    ['tolower(title)', `odata_lower(json_extract(d, '$."title"'))`, `lower(((d #>> '{title}') COLLATE "C"))`],
    ['toupper(title)', `odata_upper(json_extract(d, '$."title"'))`, `upper(((d #>> '{title}') COLLATE "C"))`],
    [
      'year(published)',
      `CAST(substr(json_extract(d, '$."published"'), 1, 4) AS INTEGER)`,
      `substr(((d #>> '{published}') COLLATE "C"), 1, 4)::numeric`,
    ],
    [
      'month(published)',
      `CAST(substr(json_extract(d, '$."published"'), 6, 2) AS INTEGER)`,
      `substr(((d #>> '{published}') COLLATE "C"), 6, 2)::numeric`,
    ],
    [
      'day(published)',
      `CAST(substr(json_extract(d, '$."published"'), 9, 2) AS INTEGER)`,
      `substr(((d #>> '{published}') COLLATE "C"), 9, 2)::numeric`,
    ],
    [
      'hour(acquired)',
      `CAST(substr(substr(json_extract(d, '$."acquired"'), instr(json_extract(d, '$."acquired"'), 'T') + 1), 1, 2) AS INTEGER)`,
      `substr(regexp_replace(((d #>> '{acquired}') COLLATE "C"), '^.*T', ''), 1, 2)::numeric`,
    ],
    [
      'minute(opensAt)',
      `CAST(substr(substr(json_extract(d, '$."opensAt"'), instr(json_extract(d, '$."opensAt"'), 'T') + 1), 4, 2) AS INTEGER)`,
      `substr(regexp_replace(((d #>> '{opensAt}') COLLATE "C"), '^.*T', ''), 4, 2)::numeric`,
    ],
    [
      'second(opensAt)',
      `CAST(substr(substr(json_extract(d, '$."opensAt"'), instr(json_extract(d, '$."opensAt"'), 'T') + 1), 7, 2) AS INTEGER)`,
      `substr(regexp_replace(((d #>> '{opensAt}') COLLATE "C"), '^.*T', ''), 7, 2)::numeric`,
    ],
    [
      'fractionalseconds(opensAt)',
      `odata_decimal('0' || substr(substr(json_extract(d, '$."opensAt"'), instr(json_extract(d, '$."opensAt"'), 'T') + 1), 9))`,
      `('0' || substr(regexp_replace(((d #>> '{opensAt}') COLLATE "C"), '^.*T', ''), 9))::numeric`,
    ],
    [
      'date(acquired)',
      `substr(json_extract(d, '$."acquired"'), 1, 10)`,
      `substr(((d #>> '{acquired}') COLLATE "C"), 1, 10)`,
    ],
    [
      'time(acquired)',
      `substr(json_extract(d, '$."acquired"'), instr(json_extract(d, '$."acquired"'), 'T') + 1)`,
      `regexp_replace(((d #>> '{acquired}') COLLATE "C"), '^.*T', '')`,
    ],
    [
      'totaloffsetminutes(acquired)',
      `iif(json_extract(d, '$."acquired"') IS NULL, NULL, 0)`,
      `CASE WHEN ((d #>> '{acquired}') COLLATE "C") IS NOT NULL THEN 0::numeric END`,
    ],
    ['totalseconds(lendingTime)', `odata_decimal((d -> '$."lendingTime"'))`, "(d #>> '{lendingTime}')::numeric"],
    [
      'published sub published',
      `odata_decimal(odata_difference(json_extract(d, '$."published"'), json_extract(d, '$."published"')))`,
      `(SELECT (extract(epoch FROM substr(q.a, 1, 19)::timestamp)::numeric + ('0' || substr(q.a, 20))::numeric) - (extract(epoch FROM substr(q.b, 1, 19)::timestamp)::numeric + ('0' || substr(q.b, 20))::numeric) FROM (SELECT ((d #>> '{published}') COLLATE "C") AS a, ((d #>> '{published}') COLLATE "C") AS b OFFSET 0) AS q)`,
    ],
    [
      'case(lent:1,true:2)',
      `CASE WHEN (json_extract(d, '$."lent"') = 1) THEN :p1 WHEN (1 = 1) THEN :p2 END`,
      "CASE WHEN (d #>> '{lent}')::boolean THEN $1::numeric WHEN (1 = 1) THEN $2::numeric END",
    ],
  ])('of %s', expectValue);

  it.each([
    ['price div 2', `odata_decimal_divide(odata_decimal((d -> '$."price"')), :p1)`],
    ['loans divby 2', `odata_decimal_divideexactly(odata_decimal(json_extract(d, '$."loans"')), :p1)`],
    ['round(rating)', `odata_double_round(json_extract(d, '$."rating"'))`],
    ['substring(title,1,2)', `odata_substring(json_extract(d, '$."title"'), :p1, :p2)`],
    ['trim(title)', `odata_trim(json_extract(d, '$."title"'))`],
    [
      "published sub duration'P1D'",
      `odata_shift_date(json_extract(d, '$."published"'), odata_decimal_text(odata_decimal_negate(:p1)))`,
    ],
    ["published add duration'P1D'", `odata_shift_date(json_extract(d, '$."published"'), odata_decimal_text(:p1))`],
    [
      'cast(title,Edm.Int32)',
      `odata_decimal_integer(odata_decimal(odata_read(json_extract(d, '$."title"'), 'Integer')), 'Int32')`,
    ],
    ["matchespattern(title,'^a')", `odata_matches_pattern(json_extract(d, '$."title"'), :p1)`],
  ])('of %s is one of a function that SQLite is given', (expression, expected) => {
    expect(value(sqlite, expression)).toBe(expected);
  });

  it('that stands several times on PostgreSQL is computed once', () => {
    expect(value(postgres, 'round(rating)')).toMatch(
      / FROM \(SELECT \(d #>> '\{rating\}'\)::float8 AS a OFFSET 0\) AS q\)$/,
    );
    expect(value(postgres, 'loans divby 2')).toMatch(
      / FROM \(SELECT \(d #>> '\{loans\}'\)::numeric AS a, \$1::numeric AS b OFFSET 0\) AS q\)$/,
    );
  });

  it('of letters on PostgreSQL follows the rules of a collation where there is one', () => {
    const withCollation = postgresDialect({ caseCollation: 'und-x-icu', normalizes: false });
    expect(value(withCollation, 'tolower(title)')).toBe(
      `(lower(((d #>> '{title}') COLLATE "C") COLLATE "und-x-icu") COLLATE "C")`,
    );
  });
});

describe('the parameters of an expression', () => {
  it.each<[filter: string, onSqlite: unknown[], onPostgres: unknown[]]>([
    ['loans eq 5', [5n], ['5']],
    ['price eq 1.50', ['m5000115'], ['1.5']],
    ['price gt -1.5', ['d4999884~'], ['-1.5']],
    ['barcode eq 9223372036854775807', [9223372036854775807n], ['9223372036854775807']],
    ['rating eq 1.5', [1.5], ['1.5']],
    ['rating eq INF', [Infinity], ['Infinity']],
    ['rating eq -INF', [-Infinity], ['-Infinity']],
    // Equals nothing: there is nothing to compare.
    ["rating eq 'NaN'", [], []],
    ['lent eq true', [1], ['true']],
    ['lent eq false', [0], ['false']],
    ["title eq 'it''s'", ["it's"], ["it's"]],
    ["lendingTime eq duration'PT1H'", ['m5000436'], ['3600']],
    ['loans in (1,null,2)', [1n, 2n], ['1', '2']],
    ['numbers eq [1,2]', ['[1,2]'], ['[1,2]']],
    ["size gt 'Medium'", [20n], ['20']],
  ])('of %s are %j', (filter, onSqlite, onPostgres) => {
    for (const [dialect, expected] of [
      [sqlite, onSqlite],
      [postgres, onPostgres],
    ] as const) {
      const { compiler, collection, values } = compile(dialect, `$filter=${filter}`);
      compiler.condition(collection.filters[0]!);
      expect(Object.values(values)).toEqual(expected);
    }
  });
});

describe('a search', () => {
  const search = (dialect: Dialect, text: string) => {
    const { compiler, collection, values } = compile(dialect, `$search=${text}`);
    return { sql: compiler.conditions(collection), values };
  };

  it('is a condition beside the filters', () => {
    const { compiler, collection } = compile(sqlite, '$filter=lent&$search=a');
    expect(compiler.conditions(collection)).toEqual([
      `(json_extract(d, '$."lent"') = 1)`,
      expect.stringMatching(/^\(instr\(odata_fold\(concat_ws\(char\(10\), .*\)\), odata_fold\(:p1\)\) > 0\)$/),
    ]);
  });

  it('looks at every place, through collections too', () => {
    const texts = [
      `json_extract(d, '$."title"')`,
      `json_extract(d, '$."place"."city"')`,
      `(SELECT group_concat(json_extract(i1.value, '$."city"'), char(10)) FROM json_each(d, '$."places"') AS i1)`,
      `(SELECT group_concat(json_extract(i2.value, '$."title"'), char(10)) FROM json_each(d, '$."chapters"') AS i2)`,
    ];
    expect(search(sqlite, 'a')).toEqual({
      sql: [`(instr(odata_fold(concat_ws(char(10), ${texts.join(', ')})), odata_fold(:p1)) > 0)`],
      values: { p1: 'a' },
    });
  });

  it('keeps what joins its terms', () => {
    const found = search(sqlite, 'a b OR NOT c')
      .sql.join('')
      .replace(/^\(WITH q AS MATERIALIZED \(.* AS a\) SELECT (.*) FROM q\)$/, '$1')
      .replaceAll(/instr\(.*?odata_fold\((:p\d)\)\) > 0/g, '$1');
    expect(found).toBe('(((:p1) AND (:p2)) OR (NOT (:p3)))');
  });

  it('folds its terms as PostgreSQL folds the texts', () => {
    const normalizing = postgresDialect({ caseCollation: undefined, normalizes: true });
    expect(search(postgres, 'Ärger').values).toEqual({ p1: 'ärger' });
    expect(search(normalizing, 'Ärger').values).toEqual({ p1: 'arger' });
  });
});

describe('whereOf', () => {
  it.each([
    [[], ''],
    [['a'], ' WHERE a'],
    [['a', 'b'], ' WHERE a AND b'],
  ])('of %j is %j', (conditions, expected) => {
    expect(whereOf(conditions)).toBe(expected);
  });
});
