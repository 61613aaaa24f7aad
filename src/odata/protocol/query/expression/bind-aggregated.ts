import type { ItemType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import type { AggregateItem, Expression, NameSegment } from '../../uri/syntax-tree.js';
import { notBuilt, unbound } from '../binding-error.js';
import {
  type AggregatedValue,
  type BoundExpression,
  type Instance,
  isNull,
  type ReachedValues,
  single,
} from '../bound.js';
import { bindReached } from './bind-reached.js';
import type { Binder } from './binding.js';
import { dynamicAs, isThere } from './dynamic-values.js';
import { isNumeric } from './functions.js';
import { integerRange } from './integer-range.js';
import { guarded, wholeOf } from './members.js';
import { isOrdered, isStructured, nameOf } from '../value-types.js';

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
  /** Binds what is said of an item. */
  readonly binder: Binder;
  /** Stands for each of them. */
  readonly item: Instance;
  /** Whether the same item may be among them several times. */
  readonly repeats?: boolean;
  /** Binds an expression on an item, which must be a single primitive value. */
  readonly bind: (expression: Expression) => BoundExpression;
}

/** What is counted where a value is there. */
const one: BoundExpression = { kind: 'literal', value: 1, type: single(Edm.Int32) };

/** The names of a path (Data Aggregation 1.1.1, data aggregation path); undefined of any other expression. */
function pathOf(node: Expression): readonly NameSegment[] | undefined {
  if (node.kind !== 'path' || node.root !== undefined) return undefined;
  const names = node.segments.filter((segment) => segment.kind === 'name');
  return names.length === node.segments.length ? names : undefined;
}

/** The path before `$count`; undefined of any other expression. */
function countedPath(node: Expression): readonly NameSegment[] | undefined {
  if (node.kind !== 'path') return undefined;
  const end = node.segments.at(-1);
  if (end?.kind !== 'count' || end.filter !== undefined || end.search !== undefined) return undefined;
  return pathOf({ ...node, segments: node.segments.slice(0, -1) });
}

/** Data Aggregation 3.2.1.4: how many values a path leads to. */
function bindCount(path: readonly NameSegment[], { binder, item, repeats }: AggregatedItems): AggregatedValue {
  const { member, reached } = bindReached(binder, path, { item, repeats, isTold: true });
  const { collections, conditions, identity } = reached;
  const value: BoundExpression = isStructured(member.type.item)
    ? { kind: 'case', branches: [{ when: isThere(member), value: one }], type: one.type }
    : member;
  if (collections.length > 0 || identity !== undefined) return { method: 'count', value, type: Edm.Decimal, reached };
  return { method: 'count', value: guarded({ member, guards: conditions }, value), type: Edm.Decimal };
}

/** Whether entities are at the end of a path, or what is left of them. */
function leadsToEntities({ binder, item }: AggregatedItems, path: readonly NameSegment[]): boolean {
  if (binder.context.computed.has(path[0]?.name ?? '')) return false;
  const { member } = bindReached(binder, path, { item, isTold: false });
  const { item: type } = member.type;
  return type?.kind === 'entity' || (type?.kind === 'complex' && type.isOfEntities === true);
}

/** A value of each item, or what a path leads to from it (Data Aggregation 3.2.1.1, types 2 and 1). */
function bindValue(
  { expression }: AggregateItem,
  method: string | undefined,
  { binder, item, repeats, bind }: AggregatedItems,
): { readonly value: BoundExpression; readonly reached?: ReachedValues } {
  const path = pathOf(expression);
  if (path === undefined || binder.context.computed.has(path[0]?.name ?? '')) return { value: bind(expression) };
  // The greatest of some values is the greatest of them whether they are there once or twice.
  const isTold = method === 'sum' || method === 'average';
  const { member, reached } = bindReached(binder, path, { item, repeats, isTold });
  const { collections, conditions, identity } = reached;
  const isWhole = method === 'countdistinct' && member.type.item?.kind === 'complex';
  if (isStructured(member.type.item) && !isWhole)
    throw unbound(binder.context.subject, expression, `${nameOf(member.type)} is no single primitive value`);
  const value = isWhole ? wholeOf(member) : member;
  if (collections.length > 0 || identity !== undefined) return { value, reached };
  return { value: isWhole ? guarded({ member, guards: conditions }, value) : bind(expression) };
}

/**
 * Binds `expression with method`, or a path that ends in `$count` (Data Aggregation 3.2.1), to the items of a collection.
 * @throws ODataError 400 for what the model gives no meaning to, 501 for methods of a service's own
 */
export function bindAggregated(node: AggregateItem, items: AggregatedItems): AggregatedValue {
  const aggregated = bindItem(node, items);
  const { budget, subject } = items.binder.context;
  if (aggregated.reached !== undefined) budget.follow(1, subject);
  return aggregated;
}

function bindItem(node: AggregateItem, items: AggregatedItems): AggregatedValue {
  const { expression, method } = node;
  const { subject } = items.binder.context;
  const counted = countedPath(expression);
  if (counted?.length === 0) {
    if (method !== undefined) throw unbound(subject, node, '$count takes no method');
    return { method: 'count', value: undefined, type: Edm.Decimal };
  }
  if (counted !== undefined && method === undefined) return bindCount(counted, items);
  if (method !== undefined && !methods.has(method))
    throw method.includes('.')
      ? notBuilt(subject, node, `the method ${method}`)
      : unbound(subject, node, `there is no method '${method}'`);
  const path = method === 'countdistinct' ? pathOf(expression) : undefined;
  // An entity is the same where its key is: it is counted once as it is.
  if (path !== undefined && leadsToEntities(items, path)) return bindCount(path, items);
  const { value: given, reached } = bindValue(node, method, items);
  const value = method === 'sum' || method === 'average' ? addend(given) : given;
  // What is counted of each item is summed.
  const isSum = method === undefined && value.kind === 'count';
  const by = isSum ? 'sum' : method;
  const names = 'sum, min, max, average or countdistinct';
  if (by === undefined) throw unbound(subject, node, `an aggregated value needs a method: 'with' ${names}`);
  const known = by as AggregatedValue['method'];
  const { item } = value.type;
  const summable = item === undefined || (item.kind === 'primitive' && (isNumeric(item) || item.family === 'duration'));
  if ((known === 'sum' || known === 'average') && !summable)
    throw unbound(subject, node, `${nameOf(value.type)} has no ${known}`);
  if ((known === 'min' || known === 'max') && !isOrdered(value.type))
    throw unbound(subject, node, `${nameOf(value.type)} has no ${known}`);
  const type = isSum ? Edm.Decimal : typeOfAggregated(known, value);
  if (reached !== undefined) return { method: known, value, type, reached };
  return { method: known, value: ofItem(items.item, value), type };
}

/** What is added up: of dynamic values only numbers; null is one that is not there. */
export function addend(value: BoundExpression): BoundExpression {
  return isNull(value) ? { kind: 'cast', operand: value, type: single(Edm.Decimal) } : dynamicAs(value, Edm.Decimal);
}
