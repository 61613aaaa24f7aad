import type { TypeFamily } from '../../protocol/edm/primitive-types.js';

/** See `Dialect.once`. `OFFSET 0` keeps the planner from putting the values back into the body. */
export function once(values: Readonly<Record<string, string>>, body: string): string {
  const columns = Object.entries(values).map(([name, value]) => `${value} AS ${name}`);
  return `(SELECT ${body} FROM (SELECT ${columns.join(', ')} OFFSET 0) AS q)`;
}

const days = String.raw`(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))`;
const leapDay = String.raw`(?:(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)`;
const date = String.raw`(?!0000)(?:\d{4}-${days}|${leapDay})`;
const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,12})?`;
const zone = String.raw`(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)`;

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

function toNumber(target: string): string {
  const number = whereMatching(String.raw`\s*[+-]?\d{1,255}(?:\.\d{1,255})?(?:e[+-]?\d{1,3})?\s*`, 'q.a::numeric');
  const range = integers[target];
  if (range !== undefined) {
    return `(SELECT CASE WHEN n BETWEEN ${range[0]} AND ${range[1]} THEN n END FROM (SELECT trunc(${number}) AS n) AS t)`;
  }
  if (target !== 'Edm.Double' && target !== 'Edm.Single') return number;
  return `(SELECT CASE WHEN abs(n) < 1.797e308 THEN n::float8 WHEN n > 0 THEN 'Infinity' WHEN n < 0 THEN '-Infinity' END FROM (SELECT ${number} AS n) AS t)`;
}

function toMoment(from: TypeFamily | undefined): string {
  if (from === 'dateTimeOffset') return 'q.a';
  if (from === 'date') return `q.a || 'T00:00:00'`;
  const text = `to_char(q.a::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')`;
  return whereMatching(`${date}T${time}${zone}`, `rtrim(rtrim(${text}, '0'), '.')`);
}

function cast(to: string, from: TypeFamily | undefined): string {
  switch (to) {
    case 'Edm.String':
      return from === 'dateTimeOffset' ? `q.a || 'Z'` : 'q.a';
    case 'Edm.Boolean':
      return `CASE lower(q.a) WHEN 'true' THEN true WHEN 'false' THEN false END`;
    case 'Edm.Date':
      return `substring(q.a FROM '^\\d{4}-\\d\\d-\\d\\d')`;
    case 'Edm.DateTimeOffset':
      return toMoment(from);
    case 'Edm.TimeOfDay':
      return from === 'dateTimeOffset' ? 'substr(q.a, 12)' : whereMatching(String.raw`\d\d:\d\d:\d\d.*`, 'q.a');
    case 'Edm.Guid':
      return whereMatching('[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'lower(q.a)');
    case 'Edm.Duration':
      return from === 'duration' ? 'q.a::numeric' : 'NULL::numeric';
    case 'Edm.Binary':
      return from === 'binary' ? 'q.a' : 'NULL::text';
    default:
      return from === 'boolean' ? 'NULL::numeric' : toNumber(to);
  }
}

/**
 * OData 4.01 URL Conventions 5.1.1.10.1: null where the value has no counterpart in the other type.
 * @param to qualified name of a primitive type
 */
export function castTo(to: string, value: string, from?: TypeFamily): string {
  return once({ a: `(${value})::text COLLATE "C"` }, cast(to, from));
}
