import type { ItemType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import type { AggregateItem, Expression } from '../../uri/syntax-tree.js';
import { notBuilt, unbound } from '../binding-error.js';
import { type AggregatedValue, type BoundExpression, type Instance, isNull, single } from '../bound.js';
import { dynamicAs, isThere } from './dynamic-values.js';
import { isNumeric } from './functions.js';
import { integerRange } from './integer-range.js';
import { isOrdered, nameOf } from '../value-types.js';

const methods: ReadonlySet<string> = new Set(['sum', 'min', 'max', 'average', 'countdistinct']);

/** Whether a sum of such integers, of as many rows as there may be, can leave 64 bits. */
function isLarge(value: BoundExpression): boolean {
  if (value.type.item !== Edm.Int64) return false;
  const { least, most } = integerRange(value);
  return least < -(2n ** 31n) || most > 2n ** 31n;
}

/** Whether an expression has the same value for every item. */
function isConstant(expression: BoundExpression): boolean {
  switch (expression.kind) {
    case 'literal':
      return true;
    case 'call':
      return expression.arguments.every(isConstant);
    case 'comparison':
      return isConstant(expression.left) && isConstant(expression.right);
    case 'in':
      return isConstant(expression.operand) && expression.items.every(isConstant);
    case 'logical':
      return expression.operands.every(isConstant);
    case 'not':
    case 'cast':
      return isConstant(expression.operand);
    case 'case':
      return expression.branches.every(({ when, value }) => isConstant(when) && isConstant(value));
    default:
      return false;
  }
}

/** A value that an item has: databases take an aggregate of what no row has a part in for one of no rows. */
function ofItem(item: Instance, value: BoundExpression): BoundExpression {
  if (!isConstant(value)) return value;
  const when = isThere({ kind: 'member', instance: item, path: [], type: single(item.type) });
  return { kind: 'case', branches: [{ when, value }], type: value.type };
}

function isExact(item: ItemType): boolean {
  return item === Edm.Decimal || item === Edm.Duration;
}

/**
 * Data Aggregation 3.2.1.3.1: the service chooses a type that has all results. Sums of integers of 64 bits are decimals,
 * those of smaller ones never leave 64 bits, and counts are decimals (3.2.1.3.5, 3.2.1.4).
 */
function typeOfAggregated(method: AggregatedValue['method'], value: BoundExpression): ItemType {
  const { item } = value.type;
  switch (method) {
    case 'count':
    case 'countdistinct':
      return Edm.Decimal;
    case 'average':
      return isExact(item) ? item : item === undefined ? Edm.Decimal : Edm.Double;
    case 'sum':
      if (item === undefined || isLarge(value)) return Edm.Decimal;
      if (item.kind !== 'primitive') return item;
      return { integer: Edm.Int64, double: Edm.Double }[item.family as string] ?? item;
    default:
      return item;
  }
}

/** The items of which a value is aggregated. */
interface AggregatedItems {
  readonly subject: string;
  readonly item: Instance;
  readonly bind: (expression: Expression) => BoundExpression;
}

/**
 * Binds `expression with method` (Data Aggregation 3.2.1) to the items of a collection.
 * @param item stands for each of them
 * @param bind binds an expression on an item, which must be a single primitive value
 */
export function bindAggregated(node: AggregateItem, { subject, item: of, bind }: AggregatedItems): AggregatedValue {
  const { expression, method } = node;
  const isCount =
    expression.kind === 'path' && expression.root === undefined && expression.segments[0]?.kind === 'count';
  if (isCount) {
    if (method !== undefined) throw unbound(subject, node, '$count takes no method');
    return { method: 'count', value: undefined, type: Edm.Decimal };
  }
  const given = bind(expression);
  const value = method === 'sum' || method === 'average' ? addend(given) : given;
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
  if ((known === 'min' || known === 'max') && !isOrdered(value.type))
    throw unbound(subject, node, `${nameOf(value.type)} has no ${known}`);
  return { method: known, value: ofItem(of, value), type: typeOfAggregated(known, value) };
}

/** What is added up: of dynamic values only numbers; null is one that is not there. */
export function addend(value: BoundExpression): BoundExpression {
  return isNull(value) ? { kind: 'cast', operand: value, type: single(Edm.Decimal) } : dynamicAs(value, Edm.Decimal);
}
