/**
 * Decimals as texts that sort, group and compare as the numbers do: a sign, the place of the first digit, the digits. Node
 * runs this file as it stands when the sources are not compiled, so it names the files that it imports as they are.
 */
import { type Decimal, parse, shortest, size, zero } from './decimal.ts';

type Known = string | number | bigint;

/** The texts of what is no number, and of zero, among those of the others: minus infinity first, NaN last. */
const words: Readonly<Record<string, string>> = { '-INF': 'a', '0': 'g', INF: 'x', NaN: 'z' };
const meanings: Readonly<Record<string, Decimal>> = { a: '-INF', g: zero, x: 'INF', z: 'NaN' };
/** The point is moved by as much, so that its place is a number without sign. */
const bias = 50_000;
const complement = (digits: string): string => digits.replaceAll(/\d/g, (digit) => String(9 - Number(digit)));

/** The text of a decimal; undefined where it is beyond what has one. */
export function keyOf(value: Decimal): string | null {
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

export function decimalOf(key: string): Decimal {
  const meaning = meanings[key];
  if (meaning !== undefined) return meaning;
  const isNegative = key.startsWith('d');
  const text = isNegative ? complement(key.slice(1, -1)) : key.slice(1);
  const digits = text.slice(5);
  const scale = digits.length - (Number(text.slice(0, 5)) - bias);
  return { digits: isNegative ? -BigInt(digits) : BigInt(digits), scale };
}

/** The text of a decimal, of a value of any kind, or of JSON, where `"INF"` is infinity. */
export function decimalKey(value: Known): string | null {
  const text = typeof value === 'string' ? value.replaceAll('"', '') : textOf(value);
  const read = parse(text);
  return read === null ? null : keyOf(read);
}

export function textOf(value: Known): string {
  return typeof value === 'number' ? shortest(value) : String(value);
}
