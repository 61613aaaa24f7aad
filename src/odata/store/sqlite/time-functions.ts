/**
 * Dates, moments and durations for SQLite, to the twelve digits of a second that are kept, and what texts say of values of
 * other types. Seconds come and go as decimal texts. Null in gives null out. Node runs this file as it stands when the
 * sources are not compiled, so it imports types, and what imports nothing.
 */
import type { DatabaseSync } from 'node:sqlite';
import { binaryPattern } from '../../protocol/edm/binary-text.ts';

type Value = string | number | bigint | null;
type Known = Exclude<Value, null>;

/** 10⁻¹² seconds: time is counted in these. */
const digits = 12;
const second = 10n ** BigInt(digits);
const modulo = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;

function unitsOf(seconds: string): bigint {
  const [, sign, whole = '0', fraction = ''] = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(seconds) ?? [];
  const units = BigInt(whole) * second + BigInt(fraction.slice(0, digits).padEnd(digits, '0'));
  return sign === '-' ? -units : units;
}

function secondsOf(units: bigint): string {
  const size = units < 0n ? -units : units;
  return `${units < 0n ? '-' : ''}${size / second}.${(size % second).toString().padStart(digits, '0')}`;
}

function fraction(text: string | undefined): string {
  const kept = text?.replace(/0+$/, '') ?? '';
  return kept === '' ? '' : `.${kept}`;
}

/** The time from 1970 to a stored date or moment. */
function sinceEpoch(text: string): bigint {
  const [whole = '', rest = ''] = text.split('.');
  const milliseconds = Date.parse(whole.includes('T') ? `${whole}Z` : `${whole}T00:00:00Z`);
  return BigInt(milliseconds / 1000) * second + BigInt(rest.padEnd(digits, '0'));
}

/** The years 0001 to 9999. */
const first = -62_135_596_800n * second;
const end = 253_402_300_800n * second;

function momentAt(units: bigint): string | null {
  if (units < first || units >= end) return null;
  const rest = modulo(units, second);
  const whole = new Date(Number((units - rest) / second) * 1000).toISOString().slice(0, 19);
  return whole + fraction(rest.toString().padStart(digits, '0'));
}

/** An ISO 8601 duration in its shortest form. */
function durationText(seconds: string): string {
  const units = unitsOf(seconds);
  const size = units < 0n ? -units : units;
  const total = size / second;
  const [days, hours, minutes] = [total / 86_400n, (total / 3600n) % 24n, (total / 60n) % 60n];
  const rest = `${total % 60n}${fraction((size % second).toString().padStart(digits, '0'))}`;
  const time = `${hours > 0n ? `${hours}H` : ''}${minutes > 0n ? `${minutes}M` : ''}${rest === '0' ? '' : `${rest}S`}`;
  if (size === 0n) return 'PT0S';
  return `${units < 0n ? '-' : ''}P${days > 0n ? `${days}D` : ''}${time === '' ? '' : `T${time}`}`;
}

function readDate(text: string): string | null {
  if (!/^(?!0000)\d{4}-\d\d-\d\d$/.test(text)) return null;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.valueOf()) && date.toISOString().startsWith(text) ? text : null;
}

const timeText = /^((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d{1,12}))?)?$/;

function readTime(text: string): string | null {
  const [, minutes, seconds = '00', rest] = timeText.exec(text) ?? [];
  return minutes === undefined ? null : `${minutes}:${seconds}${fraction(rest)}`;
}

/** Rule 11 of `cast`: a moment without offset is one of UTC. */
function readMoment(text: string): string | null {
  const [, day = '', clock = '', offset = 'Z'] = /^(.{10})T([^Z+-]+)(Z|[+-]\d\d:\d\d)?$/i.exec(text) ?? [];
  // A leap second is kept as the one before it.
  const time = readTime(clock.replace(/^(.{5}):60/, '$1:59'));
  const date = readDate(day);
  if (date === null || time === null) return null;
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? [];
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  const shift = BigInt((Number(hours) * 60 + Number(minutes)) * 60) * second;
  return momentAt(sinceEpoch(`${date}T${time}`) - (sign === '-' ? -shift : shift));
}

const durationPattern =
  /^([+-])?P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,12}))?S)?)?$/i;

function readDuration(text: string): string | null {
  const [whole, sign = '', days = 0, hours = 0, minutes = 0, seconds = 0, rest = '0'] =
    durationPattern.exec(text) ?? [];
  if (whole === undefined || /[PT]$/i.test(text)) return null;
  const total = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return `${sign}${total}.${rest}`;
}

const decimalText = /^[+-]?\d{1,64}(?:\.\d{1,64})?(?:[eE][+-]?\d{1,3})?$/;
const doubleText = /^[+-]?\d{1,255}(?:\.\d{1,255})?(?:[eE][+-]?\d{1,3})?$/;
const infinities: Readonly<Record<string, number>> = { INF: Infinity, '-INF': -Infinity };

function readDouble(text: string): number | string | null {
  if (text === 'NaN') return text;
  const value = infinities[text] ?? (doubleText.test(text) ? Number(text) : NaN);
  return Number.isNaN(value) || (!Number.isFinite(value) && infinities[text] === undefined) ? null : value;
}

const binaryText = new RegExp(binaryPattern);

function readBinary(text: string): string | null {
  return binaryText.test(text) ? text.replace(/=+$/, '') : null;
}

/** Rule 3 of `cast` (5.1.1.10.1), by the names of types: what a text says that is a literal of the type. */
const readers: Readonly<Record<string, (text: string) => Value>> = {
  Boolean: (text) => ({ true: 1n, false: 0n })[text.toLowerCase()] ?? null,
  Date: readDate,
  DateTimeOffset: readMoment,
  TimeOfDay: readTime,
  Duration: readDuration,
  Decimal: (text) => (decimalText.test(text) ? text : null),
  Double: readDouble,
  Integer: (text) => (/^[+-]?\d{1,19}$/.test(text) ? text : null),
  Guid: (text) => (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : null),
  Binary: readBinary,
};

/** The bits of flags that a text names, or says the numbers of. @param members `Read=1,Write=2` */
function flags(text: string, members: string): bigint | null {
  const values = new Map(members.split(',').map((member) => member.split('=') as [string, string]));
  const bitsOf = (part: string): string | undefined =>
    values.get(part) ?? (/^[+-]?\d{1,18}$/.test(part) ? part : undefined);
  const named = text.split(',').map((part) => bitsOf(part.trim()));
  return named.reduce<bigint | null>(
    (bits, value) => (bits === null || value === undefined ? null : bits | BigInt(value)),
    0n,
  );
}

const functions: Readonly<Record<string, (...values: string[]) => Value>> = {
  shift_moment: (text = '', seconds = '') => momentAt(sinceEpoch(text) + unitsOf(seconds)),
  shift_date: (text = '', seconds = '') => momentAt(sinceEpoch(text) + unitsOf(seconds))?.slice(0, 10) ?? null,
  difference: (left = '', right = '') => secondsOf(sinceEpoch(left) - sinceEpoch(right)),
  duration_text: (seconds = '') => durationText(seconds),
  read: (text = '', type = '') => readers[type]?.(text) ?? null,
  flags: (text = '', members = '') => flags(text, members),
};

/** Adds the functions to a connection. */
export function addFunctions(database: DatabaseSync): void {
  const options = { deterministic: true, varargs: true, useBigIntArguments: true };
  for (const [name, body] of Object.entries(functions)) {
    database.function(`odata_${name}`, options, (...values) =>
      values.includes(null) ? null : body(...(values as Known[]).map(String)),
    );
  }
}
