import { JsonNumber, type JsonValue } from '../../src/odata/protocol/json/json-value.js';
import type { ItemType } from '../../src/odata/protocol/edm/model.js';
import type { TypeFamily } from '../../src/odata/protocol/edm/primitive-types.js';
import { compareDecimals, type Decimal, decimal, decimalText, ofDouble, toDouble } from './decimal.js';

/**
 * A value of an expression: integers are `bigint`, decimals and durations (in seconds) `Decimal`, doubles `number`; all
 * else is as it is stored. `null` is null.
 */
export type Value = JsonValue | bigint | Exact;
/** A decimal among other values. */
export class Exact {
  constructor(readonly value: Decimal) {}
}

export type NumberKind = 'integer' | 'decimal' | 'double';

export function familyOf(type: ItemType): TypeFamily | undefined {
  return type?.kind === 'primitive' ? type.family : undefined;
}

export function kindOf(type: ItemType): NumberKind | undefined {
  switch (familyOf(type)) {
    case 'integer':
      return 'integer';
    case 'decimal':
    case 'duration':
      return 'decimal';
    case 'double':
      return 'double';
    default:
      return undefined;
  }
}

/** A number as one of another kind (URL Conventions 5.1.1.18). */
export function toKind(value: Value, kind: NumberKind): Value {
  if (typeof value === 'bigint') {
    if (kind === 'integer') return value;
    return kind === 'double' ? Number(value) : new Exact(decimal(value));
  }
  if (value instanceof Exact) return kind === 'double' ? toDouble(value.value) : value;
  if (typeof value === 'number') return kind === 'double' ? value : new Exact(ofDouble(value));
  return value;
}

/** A stored value as one of its type. */
export function valueOf(stored: JsonValue, type: ItemType): Value {
  const kind = kindOf(type);
  if (stored === null || kind === undefined) return stored;
  const text = stored instanceof JsonNumber ? stored.text : `${stored as string | number}`;
  if (kind === 'integer') return BigInt(text);
  return kind === 'double' ? (text === 'NaN' ? NaN : Number(text)) : new Exact(decimal(text));
}

/** The text of a value, the same for the same value. */
export function textOf(value: Value | undefined): string {
  if (value === undefined) return 'undefined';
  if (value instanceof Exact) return `${decimalText(value.value)}m`;
  if (typeof value === 'bigint') return `${value}`;
  if (typeof value === 'number') return `${Object.is(value, -0) ? 0 : value}d`;
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  return JSON.stringify(value);
}

/** Text in the order of its code points, as databases compare bytes of UTF-8. */
function compareText(left: string, right: string): number {
  const [a, b] = [Array.from(left), Array.from(right)];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = a[at]!.codePointAt(0)! - b[at]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The numeric value of an enumeration; of all else the value. */
export function rank(type: ItemType, value: Value): Value {
  if (type?.kind !== 'enum' || typeof value !== 'string') return value;
  const names = value === '' ? [] : value.split(',');
  return names.reduce((sum, name) => sum | BigInt(type.values[type.members.indexOf(name)]!), 0n);
}

/** Order of two values of one kind that are not null; NaN is the greatest, as orders have it. */
export function compare(left: Value, right: Value): number {
  if (left instanceof Exact && right instanceof Exact) return compareDecimals(left.value, right.value);
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  if (typeof left === 'number' && typeof right === 'number')
    return Number.isNaN(left) || Number.isNaN(right)
      ? Number(Number.isNaN(left)) - Number(Number.isNaN(right))
      : Math.sign(left < right ? -1 : left > right ? 1 : 0);
  if (typeof left === 'bigint' && typeof right === 'bigint') return left < right ? -1 : left > right ? 1 : 0;
  return Number(left) - Number(right);
}

export function isNaNValue(value: Value): boolean {
  return Number.isNaN(value) || (value instanceof Exact && value.value === 'NaN');
}
