/** An exact decimal number, `digits` × 10^−`scale`; or what only `divby` zero gives. */
export type Decimal = { readonly digits: bigint; readonly scale: number } | 'INF' | '-INF' | 'NaN';
type Finite = Exclude<Decimal, string>;

const ten = (exponent: number): bigint => 10n ** BigInt(exponent);
const abs = (value: bigint): bigint => (value < 0n ? -value : value);
/** −1, 0 or 1, of infinities too. */
const sign = (value: Decimal): number =>
  typeof value === 'string' ? (value === 'INF' ? 1 : value === '-INF' ? -1 : 0) : Math.sign(Number(value.digits));
const infinite = (direction: number): Decimal => (direction > 0 ? 'INF' : direction < 0 ? '-INF' : 'NaN');

function reduced(digits: bigint, scale: number): Finite {
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale -= 1;
  }
  return scale < 0 ? { digits: digits * ten(-scale), scale: 0 } : { digits, scale };
}

/** A double as the decimal of the fewest digits that are nearer to it than to the doubles beside it. */
export function ofDouble(value: number): Decimal {
  if (!Number.isFinite(value) || Math.abs(value) < 2 ** 53) return decimal(value);
  const power = 2n ** BigInt(BigInt(Math.abs(value)).toString(2).length - 54);
  const exact = BigInt(value);
  for (let digits = 1; digits <= 17; digits++) {
    const near = decimal(value.toPrecision(digits)) as Finite;
    const away = near.digits - exact;
    // Below a power of two the next double is nearer.
    const isPower = (exact < 0n ? -exact : exact) === power * 2n ** 53n;
    const room = isPower && away < 0n === exact > 0n ? power : power * 2n;
    if ((away < 0n ? -away : away) * 2n < room) return near;
  }
  return decimal(exact);
}

/** Reads `-12.50e3`, `INF`, `NaN`. */
export function decimal(text: string | bigint | number): Decimal {
  const words: Record<string, Decimal> = {
    INF: 'INF',
    Infinity: 'INF',
    '-INF': '-INF',
    '-Infinity': '-INF',
    NaN: 'NaN',
  };
  const known = words[String(text)];
  if (known !== undefined) return known;
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(String(text));
  if (match === null) throw new Error(`${text} is no decimal`);
  const [, minus, whole = '', fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole + fraction);
  return reduced(minus === '-' ? -digits : digits, fraction.length - Number(exponent));
}

export function decimalText(value: Decimal): string {
  if (typeof value === 'string') return value;
  const digits = abs(value.digits)
    .toString()
    .padStart(value.scale + 1, '0');
  const text = value.scale === 0 ? digits : `${digits.slice(0, -value.scale)}.${digits.slice(-value.scale)}`;
  return value.digits < 0n ? `-${text}` : text;
}

const aligned = (a: Finite, b: Finite): [bigint, bigint, number] => {
  const scale = Math.max(a.scale, b.scale);
  return [a.digits * ten(scale - a.scale), b.digits * ten(scale - b.scale), scale];
};
const isFinite = (value: Decimal): value is Finite => typeof value !== 'string';

export function negated(value: Decimal): Decimal {
  if (typeof value === 'string') return value === 'NaN' ? value : infinite(-sign(value));
  return { ...value, digits: -value.digits };
}

export function add(a: Decimal, b: Decimal): Decimal {
  if (typeof a !== 'string' && typeof b !== 'string') {
    const [x, y, scale] = aligned(a, b);
    return reduced(x + y, scale);
  }
  if (a === 'NaN' || b === 'NaN') return 'NaN';
  if (isFinite(a)) return b;
  return isFinite(b) || a === b ? a : 'NaN';
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  if (typeof a !== 'string' && typeof b !== 'string') return reduced(a.digits * b.digits, a.scale + b.scale);
  return a === 'NaN' || b === 'NaN' ? 'NaN' : infinite(sign(a) * sign(b));
}

/** Halves go away from zero. @param scale digits behind the point that are kept */
export function rounded(value: Decimal, scale: number): Decimal {
  if (typeof value === 'string' || value.scale <= scale) return value;
  const unit = ten(value.scale - scale);
  const magnitude = (abs(value.digits) * 2n + unit) / (unit * 2n);
  return reduced(value.digits < 0n ? -magnitude : magnitude, scale);
}

/** Undefined where the divisor is zero. */
export function quotient(a: Decimal, b: Decimal, scale: number): Decimal | undefined {
  if (typeof b !== 'string' && b.digits === 0n) return undefined;
  if (a === 'NaN' || b === 'NaN') return 'NaN';
  if (typeof b === 'string') return typeof a === 'string' ? 'NaN' : { digits: 0n, scale: 0 };
  if (typeof a === 'string') return infinite(sign(a) * sign(b));
  const [x, y] = aligned(a, b);
  const magnitude = (abs(x) * 2n * ten(scale) + abs(y)) / (abs(y) * 2n);
  return reduced(x < 0n === y < 0n ? magnitude : -magnitude, scale);
}

/** The sign is that of the left one; undefined where the divisor is zero. */
export function remainder(a: Decimal, b: Decimal): Decimal | undefined {
  if (typeof b !== 'string' && b.digits === 0n) return undefined;
  if (a === 'NaN' || b === 'NaN' || typeof a === 'string') return 'NaN';
  if (typeof b === 'string') return a;
  const [x, y, scale] = aligned(a, b);
  return reduced(x % y, scale);
}

/** NaN is the greatest. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (typeof a !== 'string' && typeof b !== 'string') {
    const [x, y] = aligned(a, b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const rank = (value: Decimal): number => (value === 'NaN' ? 3 : value === 'INF' ? 2 : value === '-INF' ? -2 : 0);
  return rank(a) - rank(b);
}

export function floor(value: Decimal): Decimal {
  if (typeof value === 'string') return value;
  const unit = ten(value.scale);
  const cut = value.digits / unit;
  return { digits: value.digits < 0n && value.digits % unit !== 0n ? cut - 1n : cut, scale: 0 };
}
export const ceiling = (value: Decimal): Decimal => negated(floor(negated(value)));

/** The nearest double: JavaScript reads decimal texts exactly. */
export function toDouble(value: Decimal): number {
  return typeof value === 'string' ? { INF: Infinity, '-INF': -Infinity, NaN: NaN }[value] : Number(decimalText(value));
}
