import type { EntitySet, EntityType, Model, NavigationProperty } from '../edm/model.js';
import type { CrossJoinSegment } from '../uri/syntax-tree.js';
import { unbound } from './binding-error.js';
import type { BoundPath, Instance, JoinedRow } from './bound.js';
import { didYouMean } from './nearest.js';

/** More sets than this do not stand beside each other: what is gone through grows by the power of their number. */
const mostSets = 8;

/**
 * A cross join: the path of a read, which begins at its first set, the rows that stand beside each other, and the instance
 * of a virtual type that they are together.
 */
export interface CrossJoin {
  readonly path: BoundPath;
  readonly item: Instance & { readonly type: EntityType };
  readonly rows: readonly [JoinedRow, ...JoinedRow[]];
}

function navigationTo(target: EntitySet): NavigationProperty {
  const { name, type } = target;
  return { kind: 'navigation', name, type, collection: false, nullable: false, containsTarget: false, target };
}

/** One navigation property for each set, named like it (URL Conventions 4.15). */
function virtualType(sets: readonly EntitySet[]): EntityType {
  return {
    kind: 'entity',
    name: 'ComplexType',
    qualifiedName: 'Edm.ComplexType',
    class: Object,
    abstract: true,
    open: false,
    baseType: undefined,
    derived: [],
    properties: new Map(),
    key: [],
    navigation: new Map(sets.map((set) => [set.name, navigationTo(set)])),
  };
}

function pathOf(root: EntitySet, entity: CrossJoin['item']): BoundPath {
  const type = { item: entity.type, collection: true };
  return { root, isSingleton: false, key: undefined, filters: [], entity, steps: [], type, suffix: undefined };
}

/**
 * Binds `$crossjoin(…)` (OData 4.01 URL Conventions 4.15) to the sets of the model.
 * @throws ODataError 404 for a set that there is not, for one that stands twice, and for too many
 */
export function bindCrossJoin(model: Model, segment: CrossJoinSegment): CrossJoin {
  const names = new Set<string>();
  const rows = segment.entitySets.map((name): JoinedRow => {
    const set = model.entitySets.get(name);
    if (set === undefined)
      throw unbound('path', segment, `there is no entity set '${name}'${didYouMean(name, model.entitySets.keys())}`);
    if (names.has(name)) throw unbound('path', segment, `'${name}' stands twice`);
    names.add(name);
    return { set, item: { kind: 'item', type: set.type } };
  });
  const [first, ...others] = rows;
  if (first === undefined || others.length >= mostSets)
    throw unbound('path', segment, `at most ${mostSets} entity sets stand beside each other`);
  const joined = new Map(rows.map(({ set, item }) => [set.name, item]));
  const type = virtualType(rows.map(({ set }) => set));
  const item = { kind: 'entity' as const, type, joined };
  return { path: pathOf(first.set, item), item, rows: [first, ...others] };
}
