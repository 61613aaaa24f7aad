import type { ItemType } from '../../edm/model.js';
import { JsonNumber, type JsonValue } from '../../json/json-value.js';
import type { BoundExpression } from '../bound.js';

/** The least and the greatest value that an integer expression may have. */
export interface IntegerRange {
  readonly least: bigint;
  readonly most: bigint;
}

const of = (least: bigint, most: bigint): IntegerRange => ({ least, most });
const bits = (count: bigint): IntegerRange => of(-(2n ** (count - 1n)), 2n ** (count - 1n) - 1n);

/** Edm.Int64: what every integer is kept in. */
export const int64Range = bits(64n);

const ranges: Readonly<Record<string, IntegerRange>> = {
  'Edm.Byte': of(0n, 255n),
  'Edm.SByte': bits(8n),
  'Edm.Int16': bits(16n),
  'Edm.Int32': bits(32n),
};

/** The values of an integer type, by its qualified name. */
export function rangeOfType(name: string): IntegerRange {
  return ranges[name] ?? int64Range;
}

/** Whether an integer of a range may be none of 64 bits. */
export function leavesInt64({ least, most }: IntegerRange): boolean {
  return least < int64Range.least || most > int64Range.most;
}

function bigintOf(value: JsonValue): bigint | undefined {
  if (value instanceof JsonNumber) return BigInt(value.text);
  return typeof value === 'number' ? BigInt(value) : undefined;
}

function isInteger(item: ItemType): boolean {
  return item?.kind === 'primitive' && item.family === 'integer';
}

const size = (value: bigint): bigint => (value < 0n ? -value : value);
const largest = ({ least, most }: IntegerRange): bigint => (size(least) > size(most) ? size(least) : size(most));

type Call = BoundExpression & { readonly kind: 'call' };

/** What an operator on integers may give, were there no bound. */
function unbounded({ name, arguments: given }: Call): IntegerRange | undefined {
  if (!given.every(({ type: { item } }) => item === undefined || isInteger(item))) return undefined;
  const [a, b = of(0n, 0n)] = given.map(integerRange);
  if (a === undefined) return undefined;
  switch (name) {
    case 'add':
      return of(a.least + b.least, a.most + b.most);
    case 'subtract':
      return of(a.least - b.most, a.most - b.least);
    case 'multiply': {
      const most = largest(a) * largest(b);
      return of(-most, most);
    }
    case 'negate':
      return of(-a.most, -a.least);
    case 'divide':
    case 'modulo':
      return of(-largest(a), largest(a));
    default:
      return undefined;
  }
}

const known = new WeakMap<BoundExpression, IntegerRange>();

function clipped({ least, most }: IntegerRange): IntegerRange {
  return of(least < int64Range.least ? int64Range.least : least, most > int64Range.most ? int64Range.most : most);
}

/** What an integer expression may give: integers beyond 64 bits are null, so that its range ends there. */
export function integerRange(expression: BoundExpression): IntegerRange {
  let range = known.get(expression);
  if (range === undefined) {
    range = clipped(rangeBefore(expression));
    known.set(expression, range);
  }
  return range;
}

/** The same, before what is beyond 64 bits has become null. */
export function rangeBefore(expression: BoundExpression): IntegerRange {
  const { item } = expression.type;
  if (expression.kind === 'literal') {
    const value = bigintOf(expression.value) ?? 0n;
    return of(value, value);
  }
  if (expression.kind === 'count') return of(0n, 2n ** 31n);
  const computed = expression.kind === 'call' ? unbounded(expression) : undefined;
  return computed ?? rangeOfType(item?.kind === 'primitive' ? item.name : '');
}
