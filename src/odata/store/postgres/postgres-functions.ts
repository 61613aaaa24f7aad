import type { ItemType } from '../../protocol/edm/model.js';
import type { Dialect, SqlFunction } from '../sql/dialect.js';
import { once } from './once.js';
import { byCodePoint, null_ } from './postgres-values.js';

/** A value as text; a dynamic one is JSON until then. */
export function text(value: string, type: ItemType): string {
  if (value === null_) return 'NULL::text';
  return type === undefined ? byCodePoint(`(${value} #>> '{}')`) : value;
}

/** A value as a number. */
export function number(value: string, type: ItemType): string {
  if (value === null_) return 'NULL::numeric';
  if (type !== undefined) return value;
  return once({ a: value }, `CASE jsonb_typeof(q.a) WHEN 'number' THEN (q.a #>> '{}')::numeric END`);
}

type Read = (value: string, type: ItemType) => string;

/** A function of values that are each read in one way. */
export function of(read: Read, write: (...values: string[]) => string): SqlFunction {
  return (values, types) => write(...values.map((value, index) => read(value, types[index])));
}

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

/** The seconds from 1970 to a stored moment or date, exact: the database's own moments have six digits of a second. */
function sinceEpoch(value: string): string {
  return `(extract(epoch FROM substr(${value}, 1, 19)::timestamp)::numeric + ('0' || substr(${value}, 20))::numeric)`;
}

/** A moment or date moved by seconds; NULL outside of the years that the types have. */
function shifted(format: string, fraction: string): SqlFunction {
  return ([moment = '', seconds = ''], [momentType, secondsType]) => {
    const at = once({ a: text(moment, momentType), b: number(seconds, secondsType) }, `${sinceEpoch('q.a')} + q.b`);
    // Whole seconds are exact as a double, and as an interval of them.
    const whole = `to_char('1970-01-01'::timestamp + floor(q.a)::float8 * interval '1 second', '${format}')`;
    return once({ a: at }, `CASE WHEN q.a >= -62135596800 AND q.a < 253402300800 THEN ${whole}${fraction} END`);
  };
}

const fractionOfSecond = ` || rtrim(rtrim(substr((q.a - floor(q.a))::text, 2), '0'), '.')`;

const difference: SqlFunction = of(text, (a, b) => once({ a, b }, `${sinceEpoch('q.a')} - ${sinceEpoch('q.b')}`));

/** What Unicode calls white space (5.1.1.7.4). */
const whiteSpace = String.raw`E' \t\n\x0b\f\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'`;

/**
 * 5.1.1.5.7: a negative start counts from the end, a negative length has no value. Positions beyond any text are as good
 * as its end. `least` and `greatest` would pass over NULL.
 */
const substring: SqlFunction = (values, types) => {
  const [value = '', start = '', length] = values.map((item, index) =>
    index === 0 ? text(item, types[0]) : number(item, types[index]),
  );
  const bounded = (position: string): string => `least(greatest(${position}, 0), 1e9)::int`;
  const from = `${bounded('CASE WHEN q.b < 0 THEN length(q.a) + q.b ELSE q.b END')} + 1`;
  if (length === undefined)
    return once({ a: value, b: start }, `CASE WHEN q.b IS NOT NULL THEN substr(q.a, ${from}) END`);
  const counted = `substr(q.a, ${from}, ${bounded('q.c')})`;
  return once({ a: value, b: start, c: length }, `CASE WHEN q.b IS NOT NULL AND q.c >= 0 THEN ${counted} END`);
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
export const functions: Omit<Dialect['functions'], 'toLower' | 'toUpper'> = {
  shiftDate: shifted('YYYY-MM-DD', ''),
  shiftMoment: shifted('YYYY-MM-DD"T"HH24:MI:SS', fractionOfSecond),
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
  hasSubset,
  hasSubsequence,
  hasFlags: ([value = '', flags = '']) =>
    once({ a: `(${value})::bigint`, b: `(${flags})::bigint` }, '(q.a & q.b) = q.b'),
};
