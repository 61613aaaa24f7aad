import { Edm } from '../../edm/primitive-types.js';
import type { Expression, PathSegment } from '../../uri/syntax-tree.js';
import { bindSearch } from '../bind-search.js';
import {
  type AggregatedValue,
  type BoundCollection,
  type BoundExpression,
  type Instance,
  type Member,
  type ValueType,
  single,
} from '../bound.js';
import { derivesFrom, findType, instanceOf, isStructured, nameOf, narrowed } from '../value-types.js';
import { bindAggregated } from './bind-aggregated.js';
import type { Binder } from './binding.js';
import { instanceMember, refuseSegment, wholeCollection } from './members.js';

const boolean = single(Edm.Boolean);

/** A collection that a path leads to, with what its filters and casts leave of it. */
export function bindCollection(binder: Binder, member: Member, segments: readonly PathSegment[]): BoundCollection {
  return reduced(binder, () => wholeCollection(member), segments);
}

/** What filters and casts leave of a collection. @param whole makes it anew, with an item of its own */
function reduced(binder: Binder, whole: () => BoundCollection, segments: readonly PathSegment[]): BoundCollection {
  return segments.reduce((found, segment, index): BoundCollection => {
    if (segment.kind === 'filter') {
      const inner = inside(binder, found, () => reduced(binder, whole, segments.slice(0, index)));
      return { ...found, filters: [...found.filters, inner.predicate(segment.predicate)] };
    }
    if (segment.kind === 'name' && segment.qualified) return castCollection(binder, found, segment);
    if (segment.kind !== 'name' && segment.kind !== 'lambda' && segment.kind !== 'count')
      return refuseSegment(binder, segment);
    return binder.fail(segment, `${nameOf(found.member.type)} is a collection: use any, all, $count or $filter`);
  }, whole());
}

/** Binds what is said of the items of a collection, which is the current one there. @param collection makes it anew */
function inside(binder: Binder, { item }: BoundCollection, collection: () => BoundCollection): Binder {
  return binder.inner(item, { kind: 'inside', collection });
}

/** What is said of a collection: at the end of `segments` stands `$count`, `any`, `all` or `aggregate`. */
export function bindOfCollection(
  binder: Binder,
  whole: () => BoundCollection,
  segments: readonly PathSegment[],
): BoundExpression {
  const before = segments.slice(0, -1);
  const end = segments.at(-1);
  const isEnd = end?.kind === 'count' || end?.kind === 'lambda' || end?.kind === 'aggregate';
  const found = reduced(binder, whole, isEnd ? before : segments);
  const inner = inside(binder, found, () => reduced(binder, whole, before));
  if (end?.kind === 'count') return countOf(binder, found, inner, end);
  if (end?.kind === 'lambda') return bindLambda(binder, found, end);
  if (end?.kind === 'aggregate') {
    const aggregate = bindAggregatedItems(binder, inner, end);
    return { kind: 'aggregated', collection: found, aggregate, type: single(aggregate.type) };
  }
  return binder.fail(segments[0] ?? { start: 0, end: 0 }, 'a filtered collection needs /$count, any or all behind it');
}

function castCollection(
  binder: Binder,
  collection: BoundCollection,
  segment: PathSegment & { kind: 'name' },
): BoundCollection {
  const test = castItem(binder, collection.item, segment, collection.member.type);
  return { ...collection, filters: [...collection.filters, test] };
}

/** Narrows an item to a type; what must hold of it. */
export function castItem(
  binder: Binder,
  item: Instance,
  segment: PathSegment & { kind: 'name' },
  declared: ValueType = single(item.type),
): BoundExpression {
  const found = findType(binder.context.model, segment.name);
  if (found === undefined || !isStructured(item.type) || !derivesFrom(found, item.type))
    return binder.fail(segment, `${nameOf(declared)} cannot be cast to '${segment.name}'`);
  const type = narrowed(item.type, found);
  const test = instanceOf(instanceMember(item), type);
  Object.assign(item, { type });
  return test;
}

function countOf(
  binder: Binder,
  collection: BoundCollection,
  inner: Binder,
  { filter, search }: PathSegment & { kind: 'count' },
): BoundExpression {
  const filters = filter === undefined ? [] : [inner.predicate(filter)];
  const found = search === undefined ? undefined : bindSearch(search, collection.item);
  const counted = { ...collection, filters: [...collection.filters, ...filters], search: found };
  return { kind: 'count', collection: counted, type: single(Edm.Int64) };
}

function bindLambda(
  binder: Binder,
  collection: BoundCollection,
  { operator, variable, predicate }: PathSegment & { kind: 'lambda' },
): BoundExpression {
  if (variable === undefined || predicate === undefined) {
    return { kind: 'lambda', operator, collection, predicate: undefined, type: boolean };
  }
  return {
    kind: 'lambda',
    operator,
    collection,
    predicate: binder.within(collection.item, variable, predicate),
    type: boolean,
  };
}

/** Data Aggregation 3.6.1: an aggregated value of items, without a name. */
export function bindAggregatedItems(
  binder: Binder,
  inner: Binder,
  { item: node }: PathSegment & { kind: 'aggregate' },
): AggregatedValue {
  if (node.from.length > 0) return binder.notBuilt(node, "'from' in aggregate");
  if (node.alias !== undefined) return binder.fail(node, 'an aggregated value has no name in an expression');
  const bind = (expression: Expression): BoundExpression => {
    const bound = inner.expression(expression);
    if (!bound.type.collection && !isStructured(bound.type.item)) return bound;
    return binder.fail(expression, `${nameOf(bound.type)} is no single primitive value`);
  };
  const aggregate = bindAggregated(node, { binder: inner, item: inner.context.current, bind });
  return aggregate.type === undefined ? binder.notBuilt(node, 'aggregate of dynamic values here') : aggregate;
}
