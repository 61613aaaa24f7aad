import type { ItemType } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import type { AggregateItem, Expression } from '../uri/syntax-tree.js';
import { notBuilt, unbound } from './binding-error.js';
import type { AggregatedValue, BoundExpression } from './bound.js';
import { dynamicAs } from './dynamic-values.js';
import { isNumeric } from './functions.js';
import { integerRange } from './integer-range.js';
import { nameOf } from './value-types.js';

const methods: ReadonlySet<string> = new Set(['sum', 'min', 'max', 'average', 'countdistinct']);

/** Whether a sum of such integers, of as many rows as there may be, can leave 64 bits. */
function isLarge(value: BoundExpression): boolean {
  const { least, most } = integerRange(value);
  return value.type.item === Edm.Int64 && (least < -(2n ** 31n) || most > 2n ** 31n);
}

function isExact(item: ItemType): boolean {
  return item === Edm.Decimal || item === Edm.Duration;
}

/**
 * Data Aggregation 3.2.1.4: the service chooses a type that has all results. Sums of integers of 64 bits are decimals,
 * those of smaller ones never leave 64 bits.
 */
function typeOfAggregated(method: AggregatedValue['method'], value: BoundExpression): ItemType {
  const { item } = value.type;
  switch (method) {
    case 'count':
    case 'countdistinct':
      return Edm.Int64;
    case 'average':
      return isExact(item) ? item : item === undefined ? Edm.Decimal : Edm.Double;
    case 'sum':
      if (item === undefined || isLarge(value)) return Edm.Decimal;
      return item.kind === 'primitive' && item.family === 'integer' ? Edm.Int64 : item;
    default:
      return item;
  }
}

/**
 * Binds `expression with method` (Data Aggregation 3.2.1) to the items of a collection.
 * @param single binds an expression on an item, which must be a single primitive value
 */
export function bindAggregated(
  node: AggregateItem,
  subject: string,
  single: (expression: Expression) => BoundExpression,
): AggregatedValue {
  const { expression, method } = node;
  const isCount =
    expression.kind === 'path' && expression.root === undefined && expression.segments[0]?.kind === 'count';
  if (isCount) {
    if (method !== undefined) throw unbound(subject, node, '$count takes no method');
    return { method: 'count', value: undefined, type: Edm.Int64 };
  }
  const given = single(expression);
  // Of dynamic values only numbers are added.
  const value = method === 'sum' || method === 'average' ? dynamicAs(given, Edm.Decimal) : given;
  // A path that ends in $count is summed.
  const by = method ?? (value.kind === 'count' ? 'sum' : undefined);
  const names = 'sum, min, max, average or countdistinct';
  if (by === undefined) throw unbound(subject, node, `an aggregated value needs a method: 'with' ${names}`);
  if (!methods.has(by))
    throw by.includes('.')
      ? notBuilt(subject, node, `the method ${by}`)
      : unbound(subject, node, `there is no method '${by}'`);
  const known = by as AggregatedValue['method'];
  const { item } = value.type;
  const summable = item === undefined || (item.kind === 'primitive' && (isNumeric(item) || item.family === 'duration'));
  if ((known === 'sum' || known === 'average') && !summable)
    throw unbound(subject, node, `${nameOf(value.type)} has no ${known}`);
  return { method: known, value, type: typeOfAggregated(known, value) };
}
