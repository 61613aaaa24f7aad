import type { ItemType } from '../../src/odata/protocol/edm/model.js';
import type { EnumType } from '../../src/odata/protocol/edm/schema.js';
import { Edm, type PrimitiveType } from '../../src/odata/protocol/edm/primitive-types.js';
import { decimalText, ofDouble, rounded } from './decimal.js';
import { durationText, literalOf } from './time.js';
import { Exact, familyOf, rank, toKind, type Value, valueOf } from './value.js';

const bits: Readonly<Record<string, readonly [bigint, bigint]>> = {
  'Edm.Byte': [0n, 255n],
  'Edm.SByte': [-128n, 127n],
  'Edm.Int16': [-32768n, 32767n],
  'Edm.Int32': [-(2n ** 31n), 2n ** 31n - 1n],
  'Edm.Int64': [-(2n ** 63n), 2n ** 63n - 1n],
};

/** The integer, where a type has it. */
export function inRange(value: bigint, type: string): bigint | null {
  const [least, most] = bits[type]!;
  return value >= least && value <= most ? value : null;
}

/** Rule 2: the representation of payloads. */
function toText(value: Value, from: ItemType): string {
  if (value instanceof Exact) {
    return familyOf(from) === 'duration' ? durationText(value.value) : decimalText(value.value);
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return String(value).replace('Infinity', 'INF');
    if (Math.abs(value) < 2 ** 53) return String(value);
    const text = decimalText(ofDouble(value));
    const [, sign = '', first = '', rest = ''] = /^(-?)(\d)(\d*)$/.exec(text)!;
    const digits = rest.replace(/0+$/, '');
    return Math.abs(value) < 1e21 ? text : `${sign}${first}${digits === '' ? '' : `.${digits}`}e+${rest.length}`;
  }
  return `${value as string}${familyOf(from) === 'dateTimeOffset' ? 'Z' : ''}`;
}

/** A number of so many digits; half of the last one goes to the even one. */
function toDigits(single: number, digits: number): number {
  const exact = decimalText(ofDouble(Math.abs(single)));
  const [whole = '', fraction = ''] = exact.split('.');
  const all = `${whole}${fraction}`;
  const first = all.search(/[1-9]/);
  const kept = all.slice(first, first + digits);
  const rest = all.slice(first + digits);
  const isUp = /^50*$/.test(rest) ? /[13579]$/.test(kept) : /^[5-9]/.test(rest);
  const exponent = whole.length - first - kept.length;
  return Math.sign(single) * Number(`${BigInt(kept === '' ? 0 : kept) + BigInt(isUp)}e${exponent}`);
}

/** Rule 4. */
function toNumber(value: Value, to: PrimitiveType): Value {
  if (to.name === 'Edm.Single') {
    const double = toNumber(value, Edm.Double) as number | null;
    if (double === null) return null;
    const single = Math.fround(double);
    if (!Number.isFinite(single)) return Number.isFinite(double) ? null : double;
    // The fewest digits that say it, and are not as near to another one.
    const digits = Array.from({ length: 9 }, (_, at) => toDigits(single, at + 1));
    const other = (short: number): number => 2 * short - single;
    const isBetween = (short: number): boolean => short !== single && Math.fround(other(short)) === other(short);
    return digits.find((short) => Math.fround(short) === single && !isBetween(short)) ?? null;
  }
  if (to.name === 'Edm.Double') {
    const double = toKind(value, 'double') as number;
    const isInfinite = value instanceof Exact ? typeof value.value === 'string' : typeof value === 'number';
    return Number.isFinite(double) || isInfinite ? double : null;
  }
  const exact = (toKind(value, 'decimal') as Exact).value;
  if (typeof exact === 'string') return null;
  if (to.name === 'Edm.Decimal') return new Exact(exact);
  const whole = rounded(exact, 0);
  return typeof whole === 'string' ? null : inRange(whole.digits, to.name);
}

function toEnum(value: Value, from: ItemType, to: EnumType): Value {
  if (typeof value === 'string' && familyOf(from) === 'string') {
    const names = value.split(',').map((name) => name.trim());
    if (!to.flags && (names.join() !== value || names.length > 1)) return null;
    const bits = names.map((name) => {
      const at = to.members.indexOf(name);
      return at >= 0 ? BigInt(to.values[at]!) : /^[+-]?\d{1,18}$/.test(name) ? BigInt(name) : undefined;
    });
    return bits.includes(undefined)
      ? null
      : named(
          bits.reduce<bigint>((sum, bit) => sum | bit!, 0n),
          to,
        );
  }
  return typeof value === 'bigint' ? named(value, to) : null;
}

/** The names of a number: of one member, or of the bits that are set. */
function named(value: bigint, { members, values, flags }: EnumType): Value {
  const own = members[values.findIndex((one) => BigInt(one) === value)];
  if (!flags || value === 0n) return own ?? (flags ? '' : null);
  const bits = members.filter((_, at) => Number.isInteger(Math.log2(values[at]!)));
  const set = bits.filter((name) => (BigInt(values[members.indexOf(name)]!) & value) !== 0n);
  const sum = set.reduce((all, name) => all | BigInt(values[members.indexOf(name)]!), 0n);
  return sum === value ? set.join() : null;
}

/** The rules of `cast` (URL Conventions 5.1.1.10.1); null where it fails. */
export function cast(value: Value, from: ItemType, to: ItemType): Value {
  if (value === null || to === undefined || from === to) return value;
  if (to.kind === 'enum') return toEnum(value, from, to);
  if (to.kind !== 'primitive') throw new Error('The oracle casts to primitive types');
  if (from?.kind === 'enum') {
    if (to.name === 'Edm.String') return value;
    return to.family === 'integer' ? inRange(rank(from, value) as bigint, to.name) : null;
  }
  if (to.name === 'Edm.String') return toText(value, from);
  const family = familyOf(from);
  const numeric = ['integer', 'decimal', 'double'];
  if (numeric.includes(family ?? '')) return numeric.includes(to.family) ? toNumber(value, to) : null;
  if (family === 'string') {
    const parsed = literalOf(value as string, to);
    return parsed === undefined ? null : valueOf(parsed, to);
  }
  if (family === to.family) return value;
  if (family === 'date' && to.name === 'Edm.DateTimeOffset') return `${value as string}T00:00:00`;
  if (family === 'dateTimeOffset' && to.name === 'Edm.Date') return (value as string).slice(0, 10);
  if (family === 'dateTimeOffset' && to.name === 'Edm.TimeOfDay') return (value as string).slice(11);
  return null;
}
