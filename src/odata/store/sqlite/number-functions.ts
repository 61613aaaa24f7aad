/**
 * Numbers that SQLite does not have: decimals, which it would round to doubles, doubles that are no number, and integers
 * that leave 64 bits. Only what the model says is `Edm.Decimal` or `Edm.Duration` ever is a decimal. Null in gives null out.
 * Node runs this file as it stands when the sources are not compiled, so it names the files that it imports as they are.
 */
import type { DatabaseSync } from 'node:sqlite';
import {
  add,
  type Decimal,
  divide,
  type Finite,
  floor,
  modulo,
  multiply,
  negate,
  parse,
  print,
  rounded,
  shortest,
  size,
  ten,
  toDouble,
  zero,
} from './decimal.ts';
import { nearestSingle } from '../../protocol/edm/single.ts';
import { decimalKey, decimalOf, keyOf, textOf } from './decimal-key.ts';

type Value = string | number | bigint | null;
type Known = Exclude<Value, null>;
/** The same as payloads have numbers. */
function doubleText(value: number): string {
  const text = shortest(value);
  if (Number.isFinite(value) && Math.abs(value) < 1e21 && text.includes('e+')) return print(parse(text) ?? zero);
  return text.replace('Infinity', 'INF');
}

/** Digits that a quotient of decimals, and a second, has behind the point. */
const quotientScale = 28;
const secondScale = 12;
const duration = (value: Decimal | null): Decimal | null =>
  value === null || typeof value === 'string' ? null : rounded(value, secondScale);

const decimals: Readonly<Record<string, (a: Decimal, b: Decimal) => Decimal | null>> = {
  decimal_add: add,
  decimal_subtract: (a, b) => add(a, negate(b)),
  decimal_multiply: multiply,
  decimal_divide: (a, b) => divide(a, b, quotientScale),
  decimal_divideexactly: (a, b) => divide(a, b, quotientScale, true),
  decimal_modulo: modulo,
  decimal_negate: negate,
  decimal_round: (a) => rounded(a, 0),
  decimal_floor: floor,
  decimal_ceiling: (a) => negate(floor(negate(a))),
  duration_multiply: (a, b) => duration(multiply(a, b)),
  duration_divide: (a, b) => duration(divide(a, b, secondScale)),
};

const nearest = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));
const quotient = (a: number, b: number): number => (b === 0 ? a / 0 : a / b);
const doubles: Readonly<Record<string, (a: number, b: number) => number | null>> = {
  double_add: (a, b) => a + b,
  double_subtract: (a, b) => a - b,
  double_multiply: (a, b) => a * b,
  double_divide: quotient,
  double_divideexactly: quotient,
  // Of the numbers as they are written, as other stores have it.
  double_modulo: (a, b) => {
    const rest = modulo(parse(shortest(a)) ?? zero, parse(shortest(b)) ?? zero);
    return rest === null ? null : Number(toDouble(rest));
  },
  double_negate: (a) => -a,
  double_round: nearest,
  double_floor: Math.floor,
  double_ceiling: Math.ceil,
};

const bounded = (value: bigint): bigint | null => (BigInt.asIntN(64, value) === value ? value : null);
const integers: Readonly<Record<string, (a: bigint, b: bigint) => bigint | null>> = {
  integer_add: (a, b) => a + b,
  integer_subtract: (a, b) => a - b,
  integer_multiply: (a, b) => a * b,
  integer_negate: (a) => -a,
  integer_divide: (a, b) => (b === 0n ? null : a / b),
};

/** A double as SQLite has it: it takes NaN for null. */
const double = (value: number | null): Value => (Number.isNaN(value) ? 'NaN' : value);

const ranges: Readonly<Record<string, number>> = { SByte: 8, Int16: 16, Int32: 32, Int64: 64 };

/** Rule 4 of `cast` (5.1.1.10.1): rounded, null where it does not fit. */
function toInteger(value: Decimal, type: string): bigint | null {
  const whole = rounded(value, 0);
  if (typeof whole === 'string') return null;
  const digits = whole.digits * ten(Math.max(-whole.scale, 0));
  const fits = type === 'Byte' ? BigInt.asUintN(8, digits) : BigInt.asIntN(ranges[type] ?? 64, digits);
  return fits === digits ? digits : null;
}

/** The digits of a type definition. @param facets `precision,scale`, where nothing is said the empty text */
function digitsOf(value: Decimal, facets: string): Decimal | null {
  const [precision, scale] = facets.split(',').map((text) => (text === '' ? undefined : Number(text)));
  if (precision === undefined) return scale === undefined ? value : rounded(value, scale);
  if (typeof value === 'string') return null;
  const before = print({ digits: size(value.digits), scale: value.scale }).replace(/^0|\..*/g, '').length;
  const kept = rounded(value, scale ?? Math.max(precision - before, 0));
  if (typeof kept === 'string') return null;
  const most = ten(precision - (scale ?? 0) + Math.max(kept.scale, 0));
  return size(kept.digits) * ten(Math.max(-kept.scale, 0)) < most ? kept : null;
}

const numberOf = (value: Known): number => (value === 'NaN' ? NaN : Number(value));
const conversions: Readonly<Record<string, (value: Known, type: string) => Value>> = {
  decimal: (value) => decimalKey(value),
  /** What has digits: rule 4 of `cast` (5.1.1.10.1). */
  finite: (key) => (typeof decimalOf(String(key)) === 'string' ? null : key),
  /** A double, where that is no infinity but of infinity. */
  decimal_fits: (key) => {
    const value = decimalOf(String(key));
    const double = toDouble(value);
    return typeof value === 'string' || Number.isFinite(double) ? double : null;
  },
  decimal_text: (key) => print(decimalOf(String(key))),
  decimal_json: (key) => print(decimalOf(String(key))).replace(/^[-a-zA-Z]+$/, (word) => JSON.stringify(word)),
  decimal_double: (key) => toDouble(decimalOf(String(key))),
  /** Any JSON in one form, so that the same values are the same text. */
  untyped: (json) => (/^-?\d/.test(String(json)) ? print(parse(String(json)) ?? zero) : json === 'null' ? null : json),
  decimal_integer: (key, type) => toInteger(decimalOf(String(key)), type),
  decimal_rounded: (key, facets) => {
    const value = digitsOf(decimalOf(String(key)), facets);
    return value === null ? null : keyOf(value);
  },
  double_text: (value) => doubleText(numberOf(value)),
  /** Null where it is beyond those. */
  single: (value) => double(nearestSingle(numberOf(value)) ?? null),
};

/** A sum of decimals, exact; doubles are added as they are written, so that their order says nothing. */
const sums: Readonly<
  Record<
    string,
    { readonly read: (value: Known) => Decimal | null; readonly result: (sum: Decimal, count: number) => Value }
  >
> = {
  integer_sum: { read: (value) => parse(textOf(value)), result: (sum) => bounded((sum as Finite).digits) },
  decimal_sum: { read: (key) => decimalOf(String(key)), result: keyOf },
  double_sum: { read: (value) => parse(textOf(value)), result: toDouble },
  integer_average: {
    read: (value) => parse(textOf(value)),
    result: (sum, count) => Number(toDouble(sum)) / count,
  },
  decimal_average: {
    read: (key) => decimalOf(String(key)),
    result: (sum, count) => keyOf(divide(sum, { digits: BigInt(count), scale: 0 }, quotientScale) ?? 'NaN'),
  },
  duration_average: {
    read: (key) => decimalOf(String(key)),
    result: (sum, count) => keyOf(divide(sum, { digits: BigInt(count), scale: 0 }, secondScale) ?? 'NaN'),
  },
  double_average: {
    read: (value) => parse(textOf(value)),
    result: (sum, count) => double(numberOf(toDouble(sum)) / count),
  },
};

interface Sum {
  readonly sum: Decimal;
  readonly count: number;
}

function addSums(database: DatabaseSync): void {
  for (const [name, { read, result }] of Object.entries(sums)) {
    database.aggregate(`odata_${name}`, {
      start: () => ({ sum: zero, count: 0 }) as never,
      step: ((state: Sum, value: Value) => {
        const known = value === null ? null : read(value);
        return known === null ? state : { sum: add(state.sum, known), count: state.count + 1 };
      }) as never,
      result: (({ sum, count }: Sum) => (count === 0 ? null : result(sum, count))) as never,
      // What is taken away from a sum is none of the frames that are asked for; with it they may be asked for at all.
      inverse: ((state: Sum) => state) as never,
      useBigIntArguments: true,
    });
  }
}

/** Adds the functions to a connection. */
export function addFunctions(database: DatabaseSync): void {
  type Given = Known | undefined;
  const add = (name: string, body: (a: Known, b: Given) => Value): void => {
    const options = { deterministic: true, varargs: true, useBigIntArguments: true };
    database.function(`odata_${name}`, options, (...values) =>
      values.includes(null) ? null : body(...(values as [Known, Given])),
    );
  };
  const key = (value: Decimal | null): string | null => (value === null ? null : keyOf(value));
  for (const [name, body] of Object.entries(decimals))
    add(name, (a, b) => key(body(decimalOf(String(a)), b === undefined ? zero : decimalOf(String(b)))));
  for (const [name, body] of Object.entries(doubles)) add(name, (a, b) => double(body(numberOf(a), numberOf(b ?? 0))));
  for (const [name, body] of Object.entries(integers))
    add(name, (a, b) => {
      const value = body(BigInt(a), BigInt(b ?? 0n));
      return value === null ? null : bounded(value);
    });
  for (const [name, body] of Object.entries(conversions)) add(name, (value, type) => body(value, String(type)));
  addSums(database);
}
