import type { ItemType } from '../../protocol/edm/model.js';
import type { FunctionName } from '../../protocol/query/bound.js';
import type { SqlFunction } from '../sql/dialect.js';
import { castTo, once } from './postgres-cast.js';
import { byCodePoint, familyOf, null_ } from './postgres-values.js';

/** A value as text; a dynamic one is JSON until then. */
export function text(value: string, type: ItemType): string {
  if (value === null_) return 'NULL::text';
  return type === undefined ? byCodePoint(`(${value} #>> '{}')`) : value;
}

/** A value as a number. */
export function number(value: string, type: ItemType): string {
  if (value === null_) return 'NULL::numeric';
  return type === undefined ? castTo('Edm.Decimal', text(value, type)) : value;
}

type Read = (value: string, type: ItemType) => string;

/** A function of values that are each read in one way. */
export function of(read: Read, write: (...values: string[]) => string): SqlFunction {
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

/** The functions of queries, but those that depend on what the database knows of letters. */
export const functions: Omit<Record<FunctionName, SqlFunction>, 'toLower' | 'toUpper'> = {
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
