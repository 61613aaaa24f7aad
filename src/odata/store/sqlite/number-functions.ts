/**
 * Numbers that SQLite does not have: decimals, which it would round to doubles, doubles that are no number, and integers
 * that leave 64 bits.
 *
 * A decimal is a text that sorts, groups and compares as the number does: its sign, the place of its first digit, its
 * digits. Only what the model says is `Edm.Decimal` or `Edm.Duration` ever is one. Null in gives null out. Node runs this
 * file as it stands when the sources are not compiled, so it imports types only.
 */
import type { DatabaseSync } from 'node:sqlite';

type Value = string | number | bigint | null;
type Known = Exclude<Value, null>;
/** `digits` × 10^−`scale`, or what only a division by zero gives. */
type Decimal = { readonly digits: bigint; readonly scale: number } | 'INF' | '-INF' | 'NaN';
type Finite = Exclude<Decimal, string>;

const zero: Finite = { digits: 0n, scale: 0 };
const ten = (exponent: number): bigint => 10n ** BigInt(exponent);
const size = (value: bigint): bigint => (value < 0n ? -value : value);
const infinite = (direction: bigint | number): Decimal => (direction > 0 ? 'INF' : direction < 0 ? '-INF' : 'NaN');
const signOf = (value: Decimal): bigint =>
  typeof value === 'string' ? (value === 'INF' ? 1n : value === '-INF' ? -1n : 0n) : value.digits;

/** The texts of what is no number, and of zero, among those of the others: minus infinity first, NaN last. */
const words: Readonly<Record<string, string>> = { '-INF': 'a', '0': 'g', INF: 'x', NaN: 'z' };
const meanings: Readonly<Record<string, Decimal>> = { a: '-INF', g: zero, x: 'INF', z: 'NaN' };
/** The point is moved by as much, so that its place is a number without sign. */
const bias = 50_000;
const complement = (digits: string): string => digits.replaceAll(/\d/g, (digit) => String(9 - Number(digit)));

/** The text of a decimal; undefined where it is beyond what has one. */
function keyOf(value: Decimal): string | null {
  if (typeof value === 'string') return words[value] ?? null;
  const digits = size(value.digits).toString();
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return words['0'] ?? null;
  const place = digits.length - value.scale + bias;
  if (place < 0 || place > 99_999) return null;
  const text = String(place).padStart(5, '0') + significant;
  // Of negative ones more is less: digits are turned round, and what ends first is greater.
  return value.digits < 0n ? `d${complement(text)}~` : `m${text}`;
}

function decimalOf(key: string): Decimal {
  const meaning = meanings[key];
  if (meaning !== undefined) return meaning;
  const isNegative = key.startsWith('d');
  const text = isNegative ? complement(key.slice(1, -1)) : key.slice(1);
  const digits = text.slice(5);
  const scale = digits.length - (Number(text.slice(0, 5)) - bias);
  return { digits: isNegative ? -BigInt(digits) : BigInt(digits), scale };
}

const jsonWords: Readonly<Record<string, Decimal>> = {
  INF: 'INF',
  Infinity: 'INF',
  '-INF': '-INF',
  '-Infinity': '-INF',
  // As documents have them.
  '9e999': 'INF',
  '-9e999': '-INF',
  NaN: 'NaN',
};

/** Reads the text of a number. */
function parse(text: string): Decimal | null {
  const word = jsonWords[text];
  if (word !== undefined) return word;
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (sign === undefined) return null;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length - Number(exponent) };
}

/** The number without exponent. */
function print(value: Decimal): string {
  if (typeof value === 'string') return value;
  const { digits, scale } = value;
  if (scale <= 0) return (digits * ten(-scale)).toString();
  const text = size(digits)
    .toString()
    .padStart(scale + 1, '0');
  return `${digits < 0n ? '-' : ''}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

const float = new Float64Array(1);
const bits = new BigInt64Array(float.buffer);

/** The double that is so many steps beside one. */
function beside(value: number, steps: bigint): number {
  float[0] = value;
  bits[0] = (bits[0] ?? 0n) + steps;
  return float[0];
}

/**
 * The fewest digits that are nearer to a double than to any other. JavaScript also takes digits that are as near to the
 * next one, PostgreSQL does not; there are such beyond 2^53 only.
 */
export function shortest(value: number): string {
  if (!(Math.abs(value) > Number.MAX_SAFE_INTEGER) || !Number.isFinite(value)) return String(value);
  const exact = BigInt(Math.abs(value));
  const below = BigInt(beside(Math.abs(value), -1n));
  const above = Math.abs(value) === Number.MAX_VALUE ? exact * 2n - below : BigInt(beside(Math.abs(value), 1n));
  for (let places = 0; places < 17; places++) {
    const text = value.toExponential(places);
    const { digits, scale } = parse(text) as Finite;
    const twice = size(digits * ten(Math.max(-scale, 0))) * 2n;
    if (Number(text) === value && twice !== exact + below && twice !== exact + above) return text;
  }
  return exact.toString();
}

/** The same as payloads have numbers. */
function doubleText(value: number): string {
  const text = shortest(value);
  if (Number.isFinite(value) && Math.abs(value) < 1e21 && text.includes('e+')) return print(parse(text) ?? zero);
  return text.replace('Infinity', 'INF');
}

/** The text of a decimal, of a value of any kind, or of JSON, where `"INF"` is infinity. */
export function decimalKey(value: Known): string | null {
  const text = typeof value === 'string' ? value.replaceAll('"', '') : textOf(value);
  const read = parse(text);
  return read === null ? null : keyOf(read);
}

function textOf(value: Known): string {
  return typeof value === 'number' ? shortest(value) : String(value);
}

/** What a decimal is as a number of SQLite. */
function toDouble(value: Decimal): number | string {
  return value === 'NaN' ? value : Number(typeof value === 'string' ? value.replace('INF', 'Infinity') : print(value));
}

function aligned(a: Finite, b: Finite): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * ten(scale - a.scale), b.digits * ten(scale - b.scale), scale];
}

function add(a: Decimal, b: Decimal): Decimal {
  if (typeof a !== 'string' && typeof b !== 'string') {
    const [left, right, scale] = aligned(a, b);
    return { digits: left + right, scale };
  }
  if (a === 'NaN' || b === 'NaN') return 'NaN';
  return typeof a !== 'string' ? b : typeof b !== 'string' || a === b ? a : 'NaN';
}

function negate(value: Decimal): Decimal {
  if (typeof value === 'string') return value === 'NaN' ? value : infinite(-signOf(value));
  return { digits: -value.digits, scale: value.scale };
}

function multiply(a: Decimal, b: Decimal): Decimal {
  if (typeof a !== 'string' && typeof b !== 'string') return { digits: a.digits * b.digits, scale: a.scale + b.scale };
  return a === 'NaN' || b === 'NaN' ? 'NaN' : infinite(signOf(a) * signOf(b));
}

/** The quotient of magnitudes, halves away from zero. */
function ratio(a: bigint, b: bigint): bigint {
  const magnitude = (size(a) * 2n + size(b)) / (size(b) * 2n);
  return a < 0n === b < 0n ? magnitude : -magnitude;
}

function rounded(value: Decimal, scale: number): Decimal {
  if (typeof value === 'string' || value.scale <= scale) return value;
  return { digits: ratio(value.digits, ten(value.scale - scale)), scale };
}

/** 5.1.1.2.5. @param byZero whether zero divides */
function divide(a: Decimal, b: Decimal, scale: number, byZero = false): Decimal | null {
  if (a === 'NaN' || b === 'NaN') return 'NaN';
  if (typeof b === 'string') return typeof a === 'string' ? 'NaN' : zero;
  if (b.digits === 0n) return byZero ? infinite(signOf(a)) : null;
  if (typeof a === 'string') return infinite(signOf(a) * signOf(b));
  const [left, right] = aligned(a, b);
  return { digits: ratio(left * ten(scale), right), scale };
}

/** 5.1.1.2.6 */
function modulo(a: Decimal, b: Decimal): Decimal | null {
  if (typeof b !== 'string' && b.digits === 0n) return null;
  if (b === 'NaN' || typeof a === 'string') return 'NaN';
  if (typeof b === 'string') return a;
  const [left, right, scale] = aligned(a, b);
  return { digits: left % right, scale };
}

function floor(value: Decimal): Decimal {
  if (typeof value === 'string' || value.scale <= 0) return value;
  const unit = ten(value.scale);
  const whole = value.digits / unit;
  return { digits: value.digits % unit < 0n ? whole - 1n : whole, scale: 0 };
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

/** The nearest `Edm.Single`; null where it is beyond those. */
function toSingle(value: number): number | null {
  const single = Math.fround(value);
  return Number.isFinite(value) && !Number.isFinite(single) ? null : single;
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
  double_text: (value) => doubleText(numberOf(value)),
  single: (value) => double(toSingle(numberOf(value))),
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
