import { castBy } from '../sql/cast-by.js';
import type { DigitFacets } from '../sql/dialect.js';
import { binaryPattern } from '../../protocol/edm/binary-text.js';
import type { PrimitiveType } from '../../protocol/edm/primitive-types.js';
import { kindOf, type NumberKind } from '../sql/number-kind.js';
import { once } from './once.js';
import { digitsOf, toDouble } from './postgres-numbers.js';

const days = String.raw`(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))`;
const leapDay = String.raw`(?:(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)`;
const date = String.raw`(?!0000)(?:\d{4}-${days}|${leapDay})`;
const minutes = String.raw`(?:[01]\d|2[0-3]):[0-5]\d`;
const fraction = String.raw`(?:\.\d{1,12})?`;

const integers: Readonly<Record<string, readonly [least: string, most: string]>> = {
  'Edm.Byte': ['0', '255'],
  'Edm.SByte': ['-128', '127'],
  'Edm.Int16': ['-32768', '32767'],
  'Edm.Int32': ['-2147483648', '2147483647'],
  'Edm.Int64': ['-9223372036854775808', '9223372036854775807'],
};

function whereMatching(pattern: string, value: string): string {
  return `CASE WHEN q.a ~* '^${pattern}$' THEN ${value} END`;
}

/** A text without zeros at its end, and without a point there. */
function trimmed(text: string): string {
  return `rtrim(rtrim(${text}, '0'), '.')`;
}

/** A decimal as payloads have it. */
export function decimalText(value: string): string {
  return once(
    { a: `(${value})::text` },
    `CASE WHEN strpos(q.a, '.') > 0 THEN ${trimmed('q.a')} ELSE replace(q.a, 'Infinity', 'INF') END`,
  );
}

/** A double as JSON has it: as JavaScript writes numbers. */
function doubleText(value: string): string {
  return once(
    { a: value },
    `CASE WHEN abs(q.a) = 'Infinity' THEN replace(q.a::text, 'Infinity', 'INF') WHEN q.a = 'NaN' THEN 'NaN'
      WHEN abs(q.a) >= 1e21 OR (abs(q.a) < 1e-6 AND q.a <> 0) THEN regexp_replace(q.a::text, 'e([+-])0', 'e\\1')
      ELSE q.a::text::numeric::text END`,
  );
}

/** An ISO 8601 duration of seconds, in its shortest form. */
function durationText(value: string): string {
  const part = (amount: string, letter: string): string =>
    `CASE WHEN ${amount} > 0 THEN ${amount} || '${letter}' ELSE '' END`;
  const seconds = `CASE WHEN mod(q.a, 60) > 0 THEN ${decimalText('mod(q.a, 60)')} || 'S' ELSE '' END`;
  const clock = [part('mod(div(q.a, 3600), 24)', 'H'), part('mod(div(q.a, 60), 60)', 'M'), seconds].join(' || ');
  return once(
    { a: `abs(${value})`, b: `sign(${value})` },
    `CASE WHEN q.a IS NULL THEN NULL WHEN q.a = 0 THEN 'PT0S' ELSE CASE WHEN q.b < 0 THEN '-P' ELSE 'P' END || ${part('div(q.a, 86400)', 'D')} ||
      CASE WHEN mod(q.a, 86400) > 0 THEN 'T' || ${clock} ELSE '' END END`,
  );
}

/** Rule 4: rounded, NULL where it does not fit. */
function toInteger(value: string, to: string): string {
  const [least = '', most = ''] = integers[to] ?? [];
  return once({ a: `round((${value})::numeric)` }, `CASE WHEN q.a BETWEEN ${least} AND ${most} THEN q.a END`);
}

/** What has digits. */
function finite(value: string): string {
  return once({ a: value }, `CASE WHEN abs(q.a) < 'Infinity' THEN q.a END`);
}

/** A double of a decimal, where it is no infinity but of infinity. */
function fitting(value: string): string {
  return once(
    { a: value, b: toDouble(value) },
    `CASE WHEN abs(q.b) < 'Infinity' OR abs(q.a) >= 'Infinity' THEN q.b END`,
  );
}

/** The nearest `Edm.Single`, as it is written; NULL where it is beyond those. */
function toSingle(double: string): string {
  return once(
    { a: double },
    `CASE WHEN abs(q.a) >= 'Infinity' THEN q.a WHEN abs(q.a) >= 3.4028235677973366e38 THEN NULL
      WHEN abs(q.a) <= 7.006492321624085e-46 THEN 0 ELSE q.a::float4::text::float8 END`,
  );
}

function ofNumber(value: string, from: NumberKind, to: PrimitiveType): string {
  const kind = kindOf(to);
  if (to.name === 'Edm.String')
    return from === 'integer' ? `(${value})::text` : from === 'decimal' ? decimalText(value) : doubleText(value);
  const exact = from === 'double' ? digitsOf(value) : value;
  if (kind === 'integer') return toInteger(exact, to.name);
  if (kind === 'decimal') return from === 'integer' ? value : finite(exact);
  const double = from === 'double' ? value : from === 'integer' ? `(${value})::float8` : fitting(value);
  return to.name === 'Edm.Single' ? toSingle(double) : double;
}

const plainNumber = String.raw`[+-]?\d{1,64}(?:\.\d{1,64})?(?:e[+-]?\d{1,3})?`;
const anyNumber = String.raw`[+-]?\d{1,255}(?:\.\d{1,255})?(?:e[+-]?\d{1,3})?`;

function readDouble(text: string): string {
  return once(
    { a: text },
    `CASE WHEN q.a IN ('INF', '-INF') THEN replace(q.a, 'INF', 'Infinity')::float8 WHEN q.a = 'NaN' THEN 'NaN'
      WHEN q.a ~* '^${anyNumber}$' THEN ${fitting('q.a::numeric')} END`,
  );
}

/** A clock in stored form: with seconds, without zeros at its end. */
function clock(text: string): string {
  return `(CASE WHEN length(${text}) = 5 THEN ${text} || ':00' WHEN length(${text}) = 8 THEN ${text} ELSE ${trimmed(text)} END)`;
}

/** Rule 11: a moment without offset is one of UTC. A leap second is kept as the one before it. */
function readMoment(text: string): string {
  const shift = `CASE WHEN q.a ~ '[+-]..:..$' THEN right(q.a, 6)::interval ELSE '0' END`;
  const bare = `regexp_replace(upper(q.a), 'Z$|[+-]..:..$', '')`;
  const moved = once(
    { a: `substr(${bare}, 1, 16)::timestamp - (${shift})`, b: `regexp_replace(substr(${bare}, 17), '^:60', ':59')` },
    `CASE WHEN q.a >= '0001-01-01' AND q.a < '10000-01-01'
      THEN to_char(q.a, 'YYYY-MM-DD"T"HH24:MI') ||
        CASE WHEN length(q.b) = 0 THEN ':00' WHEN length(q.b) = 3 THEN q.b ELSE ${trimmed('q.b')} END END`,
  );
  const zone = String.raw`(?:Z|[+-]${minutes})?`;
  return once({ a: text }, whereMatching(`${date}T${minutes}(?::(?:[0-5]\\d|60)${fraction})?${zone}`, moved));
}

function readDuration(text: string): string {
  const amount = (letter: string): string => `coalesce(substring(q.a FROM '(?i)(\\d+)${letter}')::numeric, 0)`;
  const inside = (letter: string): string => `coalesce(substring(q.a FROM '(?i)T.*?([\\d.]+)${letter}')::numeric, 0)`;
  const total = `(${amount('D')} * 86400 + ${inside('H')} * 3600 + ${inside('M')} * 60 + ${inside('S')})`;
  const pattern = String.raw`[+-]?P(?=\d|T\d)(?:\d{1,9}D)?(?:T(?=\d)(?:\d{1,9}H)?(?:\d{1,9}M)?(?:\d{1,9}(?:\.\d{1,12})?S)?)?`;
  return once({ a: text }, whereMatching(pattern, `CASE WHEN q.a LIKE '-%' THEN - ${total} ELSE ${total} END`));
}

/** Rule 3: what a text says that is a literal of the type. */
function ofText(text: string, to: PrimitiveType): string {
  const matching = (pattern: string, value: string): string => once({ a: text }, whereMatching(pattern, value));
  switch (to.family) {
    case 'string':
      return text;
    case 'boolean':
      return `CASE lower(${text}) WHEN 'true' THEN true WHEN 'false' THEN false END`;
    case 'integer':
      return toInteger(matching(String.raw`[+-]?\d{1,19}`, 'q.a::numeric'), to.name);
    case 'decimal':
      return matching(plainNumber, 'q.a::numeric');
    case 'double':
      return to.name === 'Edm.Single' ? toSingle(readDouble(text)) : readDouble(text);
    case 'date':
      return matching(date, 'q.a');
    case 'timeOfDay':
      return matching(`${minutes}(?::[0-5]\\d${fraction})?`, clock('q.a'));
    case 'dateTimeOffset':
      return readMoment(text);
    case 'duration':
      return readDuration(text);
    case 'guid':
      return matching('[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'lower(q.a)');
    case 'binary':
      return once({ a: text }, `CASE WHEN q.a ~ '${binaryPattern}' THEN rtrim(q.a, '=') END`);
    case 'geo':
      return 'NULL';
  }
}

/** Values that are texts in another form than their literals, as text. */
function asText(value: string, { family }: PrimitiveType): string {
  switch (family) {
    case 'boolean':
      return `(${value})::text`;
    case 'dateTimeOffset':
      return `(${value} || 'Z')`;
    case 'duration':
      return durationText(value);
    default:
      return value;
  }
}

/** See `Dialect.rounded`. */
export function rounded(value: string, { precision, scale }: DigitFacets): string {
  if (precision === undefined) return scale === undefined ? value : `round(${value}, ${scale})`;
  const before = `CASE WHEN abs(q.a) < 1 THEN 0 ELSE length(trunc(abs(q.a))::text) END`;
  const behind = scale === undefined ? `greatest(${precision} - (${before}), 0)` : String(scale);
  const fits = `CASE WHEN abs(q.a) < 1e${precision - (scale ?? 0)} THEN q.a END`;
  // Of infinity there are no digits.
  return once({ a: once({ a: finite(value) }, `round(q.a, ${behind})`) }, fits);
}

/** See `Dialect.cast`. */
export const cast = castBy({ ofNumber, ofText, asText });
