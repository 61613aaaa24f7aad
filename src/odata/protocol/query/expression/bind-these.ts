import { Edm } from '../../edm/primitive-types.js';
import type { PathExpression, PathSegment, SearchExpression } from '../../uri/syntax-tree.js';
import { bindSearch } from '../bind-search.js';
import { type BoundExpression, type Instance, single } from '../bound.js';
import { bindAggregatedItems, bindOfCollection, castItem } from './bind-collection.js';
import type { Binder, CurrentCollection } from './binding.js';
import { groupable } from './groupable.js';
import { freshItem } from './members.js';

type These = BoundExpression & { readonly kind: 'these' };

const boolean = single(Edm.Boolean);

/** Data Aggregation 3.6: what is said of the whole collection that the text is about. */
export function bindThese(binder: Binder, { segments, ...node }: PathExpression): BoundExpression {
  const { these } = binder.context;
  const end = segments.at(-1);
  if (these === undefined) return binder.fail(node, 'this is about no collection that $these could be');
  if (end === undefined) return binder.fail(node, '$these is no value: use any, all, $count or aggregate');
  if (these.kind === 'given') return binder.notBuilt(node, '$these of what a function gives');
  if (these.kind === 'inside') return bindOfCollection(binder, these.collection, segments);
  const item = freshItem(these.item);
  const filters = segments.slice(0, -1).map((segment) => {
    if (segment.kind === 'filter') return binder.inner(item, these).predicate(segment.predicate);
    if (segment.kind !== 'name' || !segment.qualified) return binder.fail(segment, '$these has no such part');
    return castItem(binder, item, segment);
  });
  return endOfThese(binder, { item, filters, within: keysOf(binder, these, item) }, end, these);
}

/** The keys of the group of an item, and those of another one. */
function keysOf(binder: Binder, { item, keys }: CurrentCollection & { kind: 'all' }, other: Instance) {
  const [mine, theirs] = [item, other].map((one) => {
    const inner = binder.inner(one);
    return keys.map((key) => {
      const bound = inner.expression(key);
      return groupable(bound)?.value ?? bound;
    });
  });
  return (mine ?? []).flatMap((one, at) => {
    const another = theirs?.[at];
    return another === undefined ? [] : [{ mine: one, theirs: another }];
  });
}

/** What stands at the end of a path behind `$these`: as of a collection, but of the group that the keys tell. */
function endOfThese(
  binder: Binder,
  about: Pick<These, 'item' | 'filters' | 'within'>,
  end: PathSegment,
  these: CurrentCollection,
): BoundExpression {
  const { item, filters } = about;
  const counted = { method: 'count' as const, value: undefined, type: Edm.Int64 };
  const count = (more: readonly BoundExpression[], search?: SearchExpression): BoundExpression => ({
    ...about,
    kind: 'these',
    filters: [...filters, ...more],
    search: search && bindSearch(search, item),
    aggregate: counted,
    type: single(Edm.Int64),
  });
  switch (end.kind) {
    case 'aggregate': {
      const aggregate = bindAggregatedItems(binder, binder.inner(item, these), end);
      return { ...about, kind: 'these', search: undefined, aggregate, type: single(aggregate.type) };
    }
    case 'count': {
      const { filter, search } = end;
      return count(filter === undefined ? [] : [binder.inner(item, these).predicate(filter)], search);
    }
    case 'lambda': {
      const { operator, variable, predicate } = end;
      const tests = variable === undefined || predicate === undefined ? [] : [binder.within(item, variable, predicate)];
      // All of them are those that there are.
      const right: BoundExpression =
        operator === 'all' ? count([]) : { kind: 'literal', value: 0, type: single(Edm.Int32) };
      const compared = operator === 'all' ? 'eq' : 'gt';
      return { kind: 'comparison', operator: compared, left: count(tests), right, type: boolean };
    }
    default:
      return binder.fail(end, '$these has no such part: use any, all, $count or aggregate');
  }
}
