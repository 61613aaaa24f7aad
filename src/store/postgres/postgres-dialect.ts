import type { ItemType } from '../../odata/edm/model.js';
import type { TypeFamily } from '../../odata/edm/primitive-types.js';
import { JsonNumber, type JsonValue } from '../../odata/json/json-value.js';
import type { FunctionName } from '../../odata/query/bound.js';
import type { Dialect, JsonSource, NamedJson, SqlFunction } from '../sql/dialect.js';
import type { Parameters } from '../sql/parameters.js';
import { castTo, once } from './postgres-cast.js';
import { jsonText } from './jsonb.js';
import { patternNotBuilt, postgresPattern } from './postgres-pattern.js';

/** What databases that speak PostgreSQL's protocol have, or lack. */
export interface PostgresFeatures {
  /** How a column of text is declared that sorts by code points; empty where every text does. */
  readonly columnCollation: string;
  /** The collation by whose rules letters change their case; undefined where the database does that by itself. */
  readonly caseCollation: string | undefined;
  /** Has `normalize`: search looks through accents. */
  readonly normalizes: boolean;
}

const null_ = 'NULL';

/** A literal of SQL; the text comes from the model, or is a constant. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The text of an array of texts. */
export function textArray(items: readonly string[]): string {
  const quoted = items.map((item) =>
    /^[A-Za-z_$][\w$]*$/.test(item) && !/^null$/i.test(item) ? item : `"${item.replaceAll(/["\\]/g, '\\$&')}"`,
  );
  return `{${quoted.join(',')}}`;
}

function at(operator: '#>' | '#>>', { json, path }: JsonSource): string {
  return `${json} ${operator} ${quoteText(textArray(path))}`;
}

function asJson(source: JsonSource): string {
  return source.path.length === 0 ? source.json : `(${at('#>', source)})`;
}

/** Text by the order of its code points, as every store has it, whatever the database's own order is. */
function byCodePoint(text: string): string {
  return `(${text} COLLATE "C")`;
}

const sqlTypes: Readonly<Partial<Record<TypeFamily, string>>> = {
  boolean: 'boolean',
  // What is computed of integers need not be one of 64 bits.
  integer: 'numeric',
  decimal: 'numeric',
  duration: 'numeric',
  double: 'float8',
};

function familyOf(type: ItemType): TypeFamily | undefined {
  if (type?.kind === 'enum') return 'string';
  return type?.kind === 'primitive' ? type.family : undefined;
}

function isGeo(type: ItemType): boolean {
  return familyOf(type) === 'geo';
}

function scalar(source: JsonSource, type: ItemType): string {
  if (type === undefined || isGeo(type)) return asJson(source);
  const text = `(${at('#>>', source)})`;
  const sqlType = sqlTypes[familyOf(type) ?? 'string'];
  return sqlType === undefined ? byCodePoint(text) : `${text}::${sqlType}`;
}

const jsonTypes: Readonly<Partial<Record<TypeFamily, string>>> = {
  boolean: 'boolean',
  integer: 'number',
  decimal: 'number',
  duration: 'number',
  double: 'number',
};

function dynamic(source: JsonSource, type: ItemType): string {
  if (type === undefined || isGeo(type)) return asJson(source);
  const jsonType = jsonTypes[familyOf(type) ?? 'string'] ?? 'string';
  const sqlType = jsonType === 'number' ? 'numeric' : jsonType === 'boolean' ? 'boolean' : undefined;
  const text = `(${at('#>>', source)})`;
  const value = sqlType === undefined ? text : `${text}::${sqlType}`;
  const whereSo = `CASE jsonb_typeof(${asJson(source)}) WHEN '${jsonType}' THEN ${value} END`;
  return sqlType === undefined ? byCodePoint(`(${whereSo})`) : `(${whereSo})`;
}

function literal(value: JsonValue, type: ItemType, parameters: Parameters): string {
  if (value === null) return null_;
  if (typeof value === 'boolean') return `${parameters.add(String(value))}::boolean`;
  if (typeof value === 'string') return `${parameters.add(value)}::${sqlTypes[familyOf(type) ?? 'string'] ?? 'text'}`;
  if (typeof value === 'object' && !(value instanceof JsonNumber)) return `${parameters.add(jsonText(value))}::jsonb`;
  const text = value instanceof JsonNumber ? value.text : String(value);
  const infinite = Math.abs(Number(text)) === Infinity;
  if (familyOf(type) === 'double') return `${parameters.add(infinite ? String(Number(text)) : text)}::float8`;
  return `${parameters.add(text)}::numeric`;
}

/** A value as text, as a number; dynamic values are JSON until then. */
function text(value: string, type: ItemType): string {
  if (value === null_) return 'NULL::text';
  return type === undefined ? byCodePoint(`(${value} #>> '{}')`) : value;
}

function number(value: string, type: ItemType): string {
  if (value === null_) return 'NULL::numeric';
  return type === undefined ? castTo('Edm.Decimal', text(value, type)) : value;
}

type Read = (value: string, type: ItemType) => string;

/** A function of values that are each read in one way. */
function of(read: Read, write: (...values: string[]) => string): SqlFunction {
  return (values, types) => write(...values.map((value, index) => read(value, types[index])));
}

function operator(symbol: string): SqlFunction {
  return of(number, (...values) => `(${values.join(` ${symbol} `)})`);
}

/** IEEE 754: where the database would refuse to divide by zero. */
const quotient = `CASE WHEN q.b <> 0 THEN q.a / q.b
  WHEN q.a > 0 AND q.a <> 'NaN' THEN 'Infinity'::float8 WHEN q.a < 0 THEN '-Infinity'::float8
  WHEN q.b IS NOT NULL AND q.a IS NOT NULL THEN 'NaN'::float8 END`;

function part(start: number, length: number): SqlFunction {
  return of(text, (value) => `substr(${value}, ${start}, ${length})::numeric`);
}

/** The clock of a moment or a time of day: what stands behind `T`, or all of it. */
function clock(value: string): string {
  return `regexp_replace(${value}, '^.*T', '')`;
}

function clockPart(start: number): SqlFunction {
  return of(text, (value) => `substr(${clock(value)}, ${start}, 2)::numeric`);
}

/** A date or moment moved by seconds; NULL outside of the years that the types have. */
function shifted(format: string, trimmed: (moved: string) => string): SqlFunction {
  return ([moment = '', seconds = ''], [momentType, secondsType]) =>
    once(
      { a: text(moment, momentType), b: number(seconds, secondsType) },
      `CASE WHEN q.a >= '0001-01-01' AND abs(q.b) < 3.2e11 AND (q.a::timestamp + q.b * interval '1 second')
        BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999'
        THEN ${trimmed(`to_char(q.a::timestamp + q.b * interval '1 second', '${format}')`)} END`,
    );
}

const difference: SqlFunction = of(text, (a, b) => `extract(epoch FROM (${a}::timestamp - ${b}::timestamp))::numeric`);

/** What `String.prototype.trim` takes away. */
const whiteSpace = String.raw`E' \t\n\x0b\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'`;

/** 5.1.1.5.10: a negative start counts from the end. Positions beyond any text are as good as its end. */
const substring: SqlFunction = (values, types) => {
  const [value = '', start = '', length] = values.map((item, index) =>
    index === 0 ? text(item, types[0]) : number(item, types[index]),
  );
  const bounded = (position: string): string => `least(greatest(${position}, 0), 1e9)::int`;
  const from = `CASE WHEN q.b < 0 THEN length(q.a) + q.b ELSE q.b END`;
  if (length === undefined) return once({ a: value, b: start }, `substr(q.a, ${bounded(from)} + 1)`);
  return once({ a: value, b: start, c: length }, `substr(q.a, ${bounded(from)} + 1, ${bounded('q.c')})`);
};

/** Halves are rounded away from zero (5.1.1.9.1); `round` of a double would round them to even. */
const round: SqlFunction = ([value = ''], [type]) =>
  familyOf(type) === 'double'
    ? once({ a: value }, 'sign(q.a) * floor(abs(q.a) + 0.5)')
    : `round(${number(value, type)})`;

const modulo: SqlFunction = ([a = '', b = ''], [aType, bType]) => {
  const isDouble = familyOf(aType) === 'double' || familyOf(bType) === 'double';
  // By way of text a double becomes the number that it is written as.
  const exact = (value: string, type: ItemType): string =>
    isDouble ? `${number(value, type)}::text::numeric` : number(value, type);
  const rest = `nullif(mod(${exact(a, aType)}, nullif(${exact(b, bType)}, 0)), 'NaN')`;
  return isDouble ? `${rest}::float8` : rest;
};

/** Whether every item of one collection is in another as often. */
const hasSubset: SqlFunction = ([left = '', right = '']) =>
  once(
    { a: left, b: right },
    `CASE WHEN q.a IS NOT NULL AND q.b IS NOT NULL THEN NOT EXISTS (
      SELECT 1 FROM jsonb_array_elements(q.b) AS wanted(item) GROUP BY wanted.item HAVING count(*) >
        (SELECT count(*) FROM jsonb_array_elements(q.a) AS found(item) WHERE found.item = wanted.item)) END`,
  );

/** Whether the items of one collection are in another, in their order. */
const hasSubsequence: SqlFunction = ([left = '', right = '']) =>
  once(
    { a: left, b: right },
    `(WITH RECURSIVE walk(i, found) AS (SELECT 0, 0 UNION ALL
      SELECT i + 1, found + CASE WHEN q.a -> i = q.b -> found THEN 1 ELSE 0 END FROM walk
      WHERE i < jsonb_array_length(q.a) AND found < jsonb_array_length(q.b))
      SELECT max(found) = jsonb_array_length(q.b) FROM walk)`,
  );

const functions: Omit<Record<FunctionName, SqlFunction>, 'toLower' | 'toUpper'> = {
  add: operator('+'),
  subtract: operator('-'),
  multiply: operator('*'),
  divideIntegers: of(number, (a, b) => `div(${a}, nullif(${b}, 0))`),
  divide: of(number, (a, b) => once({ a: `${a}::float8`, b: `${b}::float8` }, quotient)),
  modulo,
  negate: of(number, (value) => `(- ${value})`),
  shiftDate: shifted('YYYY-MM-DD', (moved) => moved),
  shiftMoment: shifted('YYYY-MM-DD"T"HH24:MI:SS.US', (moved) => `rtrim(rtrim(${moved}, '0'), '.')`),
  differenceOfDates: difference,
  differenceOfMoments: difference,
  concat: of(text, (...values) => `(${values.join(' || ')})`),
  contains: of(text, (value, inside) => `(strpos(${value}, ${inside}) > 0)`),
  endsWith: of(text, (value, end) => once({ a: value, b: end }, 'right(q.a, length(q.b)) = q.b')),
  indexOf: of(text, (value, inside) => `(strpos(${value}, ${inside}) - 1)::numeric`),
  length: of(text, (value) => `length(${value})::numeric`),
  matchesPattern: of(text, (value, pattern) => `(${value} ~ ${pattern})`),
  startsWith: of(text, (value, start) => `(strpos(${value}, ${start}) = 1)`),
  substring,
  trim: of(text, (value) => `btrim(${value}, ${whiteSpace})`),
  year: part(1, 4),
  month: part(6, 2),
  day: part(9, 2),
  hour: clockPart(1),
  minute: clockPart(4),
  second: clockPart(7),
  fractionalSeconds: of(text, (value) => `('0' || substr(${clock(value)}, 9))::numeric`),
  dateOf: of(text, (value) => `substr(${value}, 1, 10)`),
  timeOf: of(text, clock),
  totalOffsetMinutes: of(text, (value) => `CASE WHEN ${value} IS NOT NULL THEN 0::numeric END`),
  totalSeconds: of(number, (value) => value),
  round,
  floor: of(number, (value) => `floor(${value})`),
  ceiling: of(number, (value) => `ceil(${value})`),
  hasSubset,
  hasSubsequence,
  hasFlags: ([value = '', flags = '']) =>
    once({ a: `(${value})::bigint`, b: `(${flags})::bigint` }, '(q.a & q.b) = q.b'),
};

/** Ranges of the combining marks, for a bracket expression. */
function combiningMarks(): string {
  const ranges: string[] = [];
  let first: number | undefined;
  const escape = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
  for (let code = 0x300; code <= 0xffff; code++) {
    const isMark = /\p{M}/u.test(String.fromCharCode(code));
    if (isMark) first ??= code;
    else if (first !== undefined) {
      ranges.push(first === code - 1 ? escape(first) : `${escape(first)}-${escape(code - 1)}`);
      first = undefined;
    }
  }
  return ranges.join('');
}

function object(members: readonly NamedJson[]): string {
  if (members.length === 0) return `'{}'::jsonb`;
  const parts: string[] = [];
  // A function takes a hundred arguments.
  for (let start = 0; start < members.length; start += 50) {
    const pairs = members
      .slice(start, start + 50)
      .map(([name, json]) => `${quoteText(name)}, ${json === null_ ? 'NULL::jsonb' : json}`);
    parts.push(`jsonb_build_object(${pairs.join(', ')})`);
  }
  return parts.length === 1 ? parts.join('') : `(${parts.join(' || ')})`;
}

function toJson(expression: string, type: ItemType): string {
  if (expression === null_) return 'NULL::jsonb';
  const family = familyOf(type);
  if (family !== 'double' && family !== 'decimal') return `to_jsonb(${expression})`;
  // JSON has no word for infinity, OData has these.
  const infinities = `WHEN 'Infinity' THEN '"INF"' WHEN '-Infinity' THEN '"-INF"'`;
  return `(CASE (${expression})::text ${infinities} ELSE to_jsonb(${expression}) END)`;
}

const ordered = (expression: string): string => (expression === null_ ? 'NULL::text' : expression);

type FeatureDependent = 'matches' | 'functions';

/** What every database that speaks PostgreSQL's protocol writes alike. */
const common: Omit<Dialect, FeatureDependent> = {
  name: (identifier) => `"${identifier.replaceAll('"', '""')}"`,
  placeholder: (_name, position) => `$${position}`,
  literal,
  jsonLiteral: (value, parameters) => `${parameters.add(jsonText(value))}::jsonb`,
  pattern: (source, parameters) => {
    if (source === undefined) throw patternNotBuilt('a pattern that is no literal');
    return `${parameters.add(postgresPattern(source))}::text`;
  },
  scalar,
  dynamic,
  json: asJson,
  collection: (source) => `coalesce(${asJson(source)}, '[]'::jsonb)`,
  items: (source, alias) => `jsonb_array_elements(${asJson(source)}) WITH ORDINALITY AS ${alias}(value, position)`,
  item: (alias, type) => ({
    document: `${alias}.value`,
    json: `${alias}.value`,
    scalar: scalar({ json: `${alias}.value`, path: [] }, type),
    position: `${alias}.position`,
  }),
  size: (source) => `coalesce(jsonb_array_length(${asJson(source)}), 0)`,
  once,
  same: (left, right) => `${left} IS NOT DISTINCT FROM ${right}`,
  certain: (condition) => `coalesce(${condition}, false)`,
  isTrue: (value) => value,
  isNumber: (value) => `${value} <> 'NaN'`,
  object,
  withMembers: (document, members) => (members.length === 0 ? document : `(${document} || ${object(members)})`),
  withoutMembers: (document, names) =>
    names.length === 0 ? document : `(${document} - ${quoteText(textArray(names))}::text[])`,
  toJson,
  column: (json) => json,
  array: (column, order) => `coalesce(jsonb_agg(${column} ORDER BY ${order}), '[]'::jsonb)`,
  fetched: (json) => `(${json})::text`,
  joined: (value) => `string_agg(${value}, E'\\n')`,
  order: (expression, descending) => `${ordered(expression)} ${descending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`,
  aggregate: (method, expression, type) => {
    switch (method) {
      case 'sum':
        return `sum(${number(expression, type)})`;
      case 'average':
        return `avg(${number(expression, type)}::float8)`;
      default:
        if (familyOf(type) === 'boolean') return `bool_${method === 'min' ? 'and' : 'or'}(${expression})`;
        return `${method}(${type === undefined ? text(expression, type) : expression})`;
    }
  },
  cast: (expression, from, to) =>
    castTo(to?.kind === 'primitive' ? to.name : 'Edm.String', text(expression, from), familyOf(from)),
};

/** The SQL of PostgreSQL, and of the databases that speak it. Truth is `boolean`, documents are `jsonb`. */
export function postgresDialect({ caseCollation, normalizes }: Omit<PostgresFeatures, 'columnCollation'>): Dialect {
  const cased = (name: 'lower' | 'upper', value: string): string =>
    caseCollation === undefined ? `${name}(${value})` : byCodePoint(`${name}(${value} COLLATE "${caseCollation}")`);
  const marks = normalizes ? combiningMarks() : '';
  const folded = (value: string): string =>
    cased('lower', normalizes ? `regexp_replace(normalize(${value}, NFKD), '[${marks}]', '', 'g')` : value);
  const fold = (term: string): string =>
    (normalizes ? term.normalize('NFKD').replaceAll(/\p{M}/gu, '') : term).toLowerCase();
  return {
    ...common,
    matches: (texts, term, parameters) =>
      `(strpos(${folded(`concat_ws(E'\\n', ${texts.join(', ')})`)}, ${parameters.add(fold(term))}::text) > 0)`,
    functions: {
      ...functions,
      toLower: of(text, (value) => cased('lower', value)),
      toUpper: of(text, (value) => cased('upper', value)),
    },
  };
}
