/**
 * The functions of OData that SQLite lacks, as they are added to each connection. They take and give SQL values; null in
 * gives null out. Node runs this file as it stands when the sources are not compiled, so it imports packages only.
 */
import { createRequire } from 'node:module';
import type { DatabaseSync } from 'node:sqlite';
import type * as Re2 from 're2js';

type Value = string | number | bigint | null | Uint8Array;
type Known = Exclude<Value, null | Uint8Array>;

const patterns = new Map<string, Re2.RE2JS | null>();

const load = createRequire(import.meta.url);

/** Linear in the length of the text, whatever the pattern; a pattern that is none matches nothing. */
function pattern(source: string): Re2.RE2JS | null {
  let compiled = patterns.get(source);
  if (compiled === undefined) {
    try {
      // Loaded with the first pattern: every thread would wait for it at its start.
      const engine = load('re2js') as typeof Re2;
      compiled = source.length > 1000 ? null : engine.RE2JS.compile(source);
    } catch {
      compiled = null;
    }
    if (patterns.size > 500) patterns.clear();
    patterns.set(source, compiled);
  }
  return compiled;
}

/** Text as search compares it: no case, no accents. */
function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

/** The milliseconds of a stored date or moment. */
function millisecondsOf(text: string): number {
  return Date.parse(text.includes('T') ? `${text}Z` : `${text}T00:00:00Z`);
}

function shift(text: string, seconds: number): string | null {
  const moment = millisecondsOf(text) + seconds * 1000;
  if (!Number.isFinite(moment) || Math.abs(moment) > 8.64e15) return null;
  const iso = new Date(Math.floor(moment)).toISOString();
  return /^\d{4}-/.test(iso) ? iso : null;
}

function substring(text: string, start: number, length?: number): string {
  const characters = Array.from(text);
  // OData 4.01 URL Conventions 5.1.1.5.10: a negative start counts from the end.
  const from = start < 0 ? Math.max(characters.length + start, 0) : start;
  const to = length === undefined ? characters.length : from + Math.max(length, 0);
  return characters.slice(from, to).join('');
}

/** 5.1.1.9.1: halves are rounded away from zero. */
function round(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

function divide(left: number, right: number): number | string | null {
  const value = left / right;
  return Number.isNaN(value) ? 'NaN' : value;
}

const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  'Edm.Byte': [0n, 255n],
  'Edm.SByte': [-128n, 127n],
  'Edm.Int16': [-32768n, 32767n],
  'Edm.Int32': [-(2n ** 31n), 2n ** 31n - 1n],
  'Edm.Int64': [-(2n ** 63n), 2n ** 63n - 1n],
};

function castToNumber(value: Known, to: string): number | bigint | null {
  const text = String(value).trim();
  if (!/^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text)) return null;
  const range = ranges[to];
  if (range === undefined) return Number(text);
  const integer = /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : BigInt(Math.trunc(Number(text)));
  return integer < range[0] || integer > range[1] ? null : integer;
}

/** 5.1.1.10.1: null where the value has no counterpart in the other type. */
function cast(value: Known, from: string, to: string): Value {
  const text = String(value);
  switch (to) {
    case 'Edm.String':
      if (from === 'boolean') return text === '1' ? 'true' : 'false';
      return from === 'dateTimeOffset' ? `${text}Z` : text;
    case 'Edm.Boolean':
      if (from === 'boolean') return value;
      return ({ true: 1, false: 0 } as Readonly<Record<string, number>>)[text.toLowerCase()] ?? null;
    case 'Edm.Date':
      return /^\d{4}-\d\d-\d\d/.test(text) ? text.slice(0, 10) : null;
    case 'Edm.DateTimeOffset': {
      const moment = Date.parse(from === 'dateTimeOffset' ? `${text}Z` : from === 'date' ? `${text}T00:00:00Z` : text);
      if (from !== 'dateTimeOffset' && from !== 'date' && !/T.*(?:Z|[+-]\d\d:\d\d)$/i.test(text)) return null;
      return Number.isNaN(moment) ? null : new Date(moment).toISOString().replace(/\.?0*Z$/, '');
    }
    case 'Edm.TimeOfDay':
      if (from === 'dateTimeOffset') return text.slice(11);
      return /^\d\d:\d\d:\d\d/.test(text) ? text : null;
    case 'Edm.Guid':
      return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : null;
    case 'Edm.Duration':
      return from === 'duration' ? value : null;
    case 'Edm.Binary':
      return from === 'binary' ? value : null;
    default:
      return from === 'boolean' ? null : castToNumber(value, to);
  }
}

function itemsOf(json: string): readonly string[] {
  return (JSON.parse(json) as unknown[]).map((item) => JSON.stringify(item));
}

/** Whether every item of one collection is in another as often (5.1.1.6.1). */
function hasSubset(left: string, right: string): number {
  const counts = new Map<string, number>();
  for (const item of itemsOf(left)) counts.set(item, (counts.get(item) ?? 0) + 1);
  for (const item of itemsOf(right)) {
    const count = counts.get(item) ?? 0;
    if (count === 0) return 0;
    counts.set(item, count - 1);
  }
  return 1;
}

/** Whether the items of one collection are in another, in their order (5.1.1.6.2). */
function hasSubsequence(left: string, right: string): number {
  const wanted = itemsOf(right);
  let found = 0;
  for (const item of itemsOf(left)) if (item === wanted[found]) found += 1;
  return found === wanted.length ? 1 : 0;
}

const functions: Readonly<Record<string, (...values: never[]) => Value>> = {
  odata_fold: (text: Known) => fold(String(text)),
  odata_lower: (text: Known) => String(text).toLowerCase(),
  odata_upper: (text: Known) => String(text).toUpperCase(),
  odata_trim: (text: Known) => String(text).trim(),
  odata_ends_with: (text: Known, end: Known) => (String(text).endsWith(String(end)) ? 1 : 0),
  odata_substring: (text: Known, start: Known, length?: Known) =>
    substring(String(text), Number(start), length === undefined ? undefined : Number(length)),
  odata_matches_pattern: (text: Known, source: Known) =>
    pattern(String(source))?.matcher(String(text)).find() === true ? 1 : 0,
  odata_divide: (left: Known, right: Known) => divide(Number(left), Number(right)),
  odata_modulo: (left: Known, right: Known) => {
    if (typeof left === 'bigint' && typeof right === 'bigint') return right === 0n ? null : left % right;
    const rest = Number(left) % Number(right);
    return Number.isNaN(rest) ? null : rest;
  },
  odata_round: (value: Known) => (typeof value === 'bigint' ? value : round(Number(value))),
  odata_shift_date: (text: Known, seconds: Known) => shift(String(text), Number(seconds))?.slice(0, 10) ?? null,
  odata_shift_moment: (text: Known, seconds: Known) =>
    shift(String(text), Number(seconds))?.replace(/\.?0*Z$/, '') ?? null,
  odata_difference: (left: Known, right: Known) =>
    (millisecondsOf(String(left)) - millisecondsOf(String(right))) / 1000,
  odata_cast: (value: Known, from: Known, to: Known) => cast(value, String(from), String(to)),
  odata_has_subset: (left: Known, right: Known) => hasSubset(String(left), String(right)),
  odata_has_subsequence: (left: Known, right: Known) => hasSubsequence(String(left), String(right)),
};

/** A sum so far: exact while it is of integers. */
function plus(sum: number | bigint | null, value: Value): number | bigint | null {
  if (typeof value !== 'number' && typeof value !== 'bigint') return sum;
  if (sum === null) return value;
  return typeof sum === 'bigint' && typeof value === 'bigint' ? sum + value : Number(sum) + Number(value);
}

/** Beyond 64 bits a sum is as good as a double. */
function bounded(sum: number | bigint | null): number | bigint | null {
  return typeof sum === 'bigint' && BigInt.asIntN(64, sum) !== sum ? Number(sum) : sum;
}

/** Adds the functions to a connection. */
export function addFunctions(database: DatabaseSync): void {
  const options = { deterministic: true, varargs: true, useBigIntArguments: true };
  for (const [name, body] of Object.entries(functions)) {
    database.function(name, options, (...values) =>
      values.includes(null) ? null : (body as (...known: unknown[]) => Value)(...values),
    );
  }
  database.aggregate('odata_sum', {
    start: null,
    step: plus as never,
    result: bounded as never,
    useBigIntArguments: true,
  });
}
