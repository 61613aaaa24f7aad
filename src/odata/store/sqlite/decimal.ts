/**
 * Decimals of any size, and what is computed with them. Node runs this file as it stands when the sources are not compiled,
 * so it names the files that it imports as they are.
 */

/** `digits` × 10^−`scale`, or what only a division by zero gives. */
export type Decimal = { readonly digits: bigint; readonly scale: number } | 'INF' | '-INF' | 'NaN';
export type Finite = Exclude<Decimal, string>;

export const zero: Finite = { digits: 0n, scale: 0 };
export const ten = (exponent: number): bigint => 10n ** BigInt(exponent);
export const size = (value: bigint): bigint => (value < 0n ? -value : value);
const infinite = (direction: bigint | number): Decimal => (direction > 0 ? 'INF' : direction < 0 ? '-INF' : 'NaN');
const signOf = (value: Decimal): bigint =>
  typeof value === 'string' ? (value === 'INF' ? 1n : value === '-INF' ? -1n : 0n) : value.digits;

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
export function parse(text: string): Decimal | null {
  const word = jsonWords[text];
  if (word !== undefined) return word;
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (sign === undefined) return null;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length - Number(exponent) };
}

/** The number without exponent. */
export function print(value: Decimal): string {
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

/** What a decimal is as a number of SQLite. */
export function toDouble(value: Decimal): number | string {
  return value === 'NaN' ? value : Number(typeof value === 'string' ? value.replace('INF', 'Infinity') : print(value));
}

function aligned(a: Finite, b: Finite): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * ten(scale - a.scale), b.digits * ten(scale - b.scale), scale];
}

export function add(a: Decimal, b: Decimal): Decimal {
  if (typeof a !== 'string' && typeof b !== 'string') {
    const [left, right, scale] = aligned(a, b);
    return { digits: left + right, scale };
  }
  if (a === 'NaN' || b === 'NaN') return 'NaN';
  return typeof a !== 'string' ? b : typeof b !== 'string' || a === b ? a : 'NaN';
}

export function negate(value: Decimal): Decimal {
  if (typeof value === 'string') return value === 'NaN' ? value : infinite(-signOf(value));
  return { digits: -value.digits, scale: value.scale };
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  if (typeof a !== 'string' && typeof b !== 'string') return { digits: a.digits * b.digits, scale: a.scale + b.scale };
  return a === 'NaN' || b === 'NaN' ? 'NaN' : infinite(signOf(a) * signOf(b));
}

/** The quotient of magnitudes, halves away from zero. */
function ratio(a: bigint, b: bigint): bigint {
  const magnitude = (size(a) * 2n + size(b)) / (size(b) * 2n);
  return a < 0n === b < 0n ? magnitude : -magnitude;
}

export function rounded(value: Decimal, scale: number): Decimal {
  if (typeof value === 'string' || value.scale <= scale) return value;
  return { digits: ratio(value.digits, ten(value.scale - scale)), scale };
}

/** 5.1.1.2.5. @param byZero whether zero divides */
export function divide(a: Decimal, b: Decimal, scale: number, byZero = false): Decimal | null {
  if (typeof b !== 'string' && b.digits === 0n) return byZero ? infinite(signOf(a)) : null;
  if (a === 'NaN' || b === 'NaN') return 'NaN';
  if (typeof b === 'string') return typeof a === 'string' ? 'NaN' : zero;
  if (typeof a === 'string') return infinite(signOf(a) * signOf(b));
  const [left, right] = aligned(a, b);
  return { digits: ratio(left * ten(scale), right), scale };
}

/** 5.1.1.2.6 */
export function modulo(a: Decimal, b: Decimal): Decimal | null {
  if (typeof b !== 'string' && b.digits === 0n) return null;
  if (b === 'NaN' || typeof a === 'string') return 'NaN';
  if (typeof b === 'string') return a;
  const [left, right, scale] = aligned(a, b);
  return { digits: left % right, scale };
}

export function floor(value: Decimal): Decimal {
  if (typeof value === 'string' || value.scale <= 0) return value;
  const unit = ten(value.scale);
  const whole = value.digits / unit;
  return { digits: value.digits % unit < 0n ? whole - 1n : whole, scale: 0 };
}
