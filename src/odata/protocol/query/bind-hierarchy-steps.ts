import type { ComplexType, EntitySet, EntityType, StructuredType } from '../edm/model.js';
import type {
  HierarchyReference,
  HierarchyTransformation,
  OrderbyItem,
  PropertyPath,
  Span,
  Transformation,
  TraverseTransformation,
} from '../uri/syntax-tree.js';
import type { ExpressionBinder } from './expression/bind-expression.js';
import { notBuilt, unbound } from './binding-error.js';
import type { BoundCollection, BoundExpression, BoundHierarchy, BoundOrder, Instance, NodePath } from './bound.js';
import type { BoundTransformation, InjectedNode } from './bound.js';
import { dynamicProperty, structureOf, withPart } from './result-types.js';
import { keepsEntities } from './transformation-kinds.js';
import { propertyNamesOf } from './property-names.js';

const subject = '$apply';

/** Where a step stands. */
export interface StepPlace {
  /** Stands for each of its items. */
  readonly item: Instance & { readonly type: StructuredType };
  /** The entity set that the items come from; undefined of what is inside of others. */
  readonly root: EntitySet | undefined;
  readonly expressions: (item: Instance) => ExpressionBinder;
  readonly order: (item: Instance, items: readonly OrderbyItem[]) => readonly BoundOrder[];
  /** Binds a sequence of transformations to the members of a set. */
  readonly sequence: (
    item: StepPlace['item'],
    transformations: readonly Transformation[],
    root: EntitySet | undefined,
  ) => readonly BoundTransformation[];
}

/** Transformations that give some of their items, and nothing else (Data Aggregation 3.3 and 6.2). */
const preserving: ReadonlySet<Transformation['kind']> = new Set([...keepsEntities, 'traverse']);

/** How the items of a step are related to the nodes of a hierarchy (Data Aggregation 6.2.2, the cases of σ). */
export type NodeRelation =
  /** They are nodes, or have been. */
  | { readonly kind: 'same' }
  /** A reference leads from each to one. */
  | { readonly kind: 'referred'; readonly path: readonly string[] }
  /** They have a value that identifies one. */
  | { readonly kind: 'equal' };

/** Binds the transformations of hierarchies (Data Aggregation 6). */
export class HierarchySteps {
  constructor(private readonly place: StepPlace) {}

  hierarchy({ nodes, qualifier, ...node }: HierarchyReference): BoundHierarchy {
    return this.place.expressions(this.place.item).hierarchies.hierarchy(nodes, qualifier, node);
  }

  // Data Aggregation 6.2.1
  relatives(node: HierarchyTransformation): BoundTransformation {
    const { item, root } = this.place;
    const hierarchy = this.hierarchy(node.hierarchy);
    const path = this.path(hierarchy, node.hierarchy.property);
    if (node.distance === 0) throw unbound(subject, node, 'the distance is at least 1');
    return {
      kind: 'relatives',
      item,
      hierarchy,
      path,
      direction: node.kind === 'ancestors' ? 'up' : 'down',
      start: this.#preserving(item, node.apply, root),
      distance: node.distance,
      includesSelf: node.keepStart,
    };
  }

  // Data Aggregation 6.2.2
  traverse(node: TraverseTransformation): BoundTransformation & { readonly kind: 'traverse' } {
    const { item } = this.place;
    const hierarchy = this.hierarchy(node.hierarchy);
    const { order } = node;
    const value = this.value(hierarchy, node.hierarchy.property);
    const relation = this.relation(hierarchy, node.hierarchy.property);
    const start = node.apply.length === 0 ? undefined : this.nodes(hierarchy, node.apply);
    const siblings = this.place.order(hierarchy.item, node.orderby);
    // Where nodes are met more than once, or away from the roots, it is said how they were reached (6.2.2.2).
    const isGeneral = hierarchy.parent.collection || start !== undefined;
    if (isGeneral && relation.kind === 'referred')
      throw notBuilt(subject, node, 'traverse of nodes that are referred to, from other nodes than their roots');
    const upPath = isGeneral ? `@Aggregation.UpPath#${hierarchy.qualifier}` : undefined;
    const injected =
      item.type.kind === 'entity' || relation.kind === 'equal'
        ? undefined
        : { path: relation.kind === 'referred' ? relation.path : [] };
    return { kind: 'traverse', item, hierarchy, value, order, start, siblings, upPath, injected };
  }

  /** What of a node becomes a part of what is related to it, and where (6.2.2, σ). */
  injected(hierarchy: BoundHierarchy, path: PropertyPath): InjectedNode {
    const relation = this.relation(hierarchy, path);
    if (relation.kind !== 'equal') return { path: relation.kind === 'referred' ? relation.path : [] };
    return { path: propertyNamesOf(path), isIdentifier: true };
  }

  /** The structure of items that nodes are put into. */
  withNode(type: ComplexType, { target, node }: BoundHierarchy, { path, isIdentifier }: InjectedNode): ComplexType {
    const shown = structureOf(type);
    if (isIdentifier !== true) return withPart(shown, path, target.type.properties);
    const name = path.at(-1) ?? '';
    return withPart(shown, path.slice(0, -1), new Map([[name, dynamicProperty(name, node.type.item)]]));
  }

  /** Transformations of the nodes, which leave some of them. */
  nodes({ item, target }: BoundHierarchy, transformations: readonly Transformation[]): readonly BoundTransformation[] {
    return this.#preserving(item as StepPlace['item'], transformations, target);
  }

  #preserving(item: StepPlace['item'], transformations: readonly Transformation[], root: EntitySet | undefined) {
    const other = transformations.find(({ kind }) => !preserving.has(kind));
    if (other !== undefined) {
      if (other.kind === 'function') throw notBuilt(subject, other, `the function ${other.name}`);
      throw unbound(subject, other, `${other.kind} does more than to leave some of the items`);
    }
    return this.place.sequence(item, transformations, root);
  }

  // ------------------------------------------------------------------------------------------------------ The path

  /** The path to the identifiers of nodes. */
  path(hierarchy: BoundHierarchy, node: PropertyPath): NodePath {
    const collections: BoundCollection[] = [];
    let { item }: { item: Instance } = this.place;
    let from = 0;
    const { segments } = node;
    for (const at of segments.keys()) {
      const bound = this.#value(item, segments.slice(from, at + 1), node);
      if (!bound.type.collection || bound.kind !== 'member') continue;
      const inner: Instance = { kind: 'item', type: bound.type.item };
      collections.push({ member: bound, item: inner, filters: [], search: undefined });
      item = inner;
      from = at + 1;
    }
    const value =
      from === segments.length
        ? ({ kind: 'member', instance: item, path: [], type: { item: item.type, collection: false } } as const)
        : this.#value(item, segments.slice(from), node);
    this.place.expressions(item).hierarchies.requireIdentifier(hierarchy, value, node);
    return { collections, value };
  }

  /** The same, of a path that leads to one value. */
  value(hierarchy: BoundHierarchy, node: PropertyPath): BoundExpression {
    const { collections, value } = this.path(hierarchy, node);
    if (collections.length > 0) throw notBuilt(subject, node, 'a collection on the way to the nodes, here');
    return value;
  }

  #value(item: Instance, segments: PropertyPath['segments'], { start, end }: Span): BoundExpression {
    return this.place.expressions(item).expression({ kind: 'path', root: undefined, segments, start, end });
  }

  /** How items are related to nodes, by the names of the path to them. */
  relation({ target, node }: BoundHierarchy, { segments }: PropertyPath): NodeRelation {
    const names = propertyNamesOf({ segments });
    const isNode = (rest: readonly string[]): boolean =>
      node.kind === 'member' && node.path.join('/') === rest.join('/');
    const { root } = this.place;
    if (root === target && isNode(names)) return { kind: 'same' };
    if (root === undefined) return { kind: 'equal' };
    let at: EntityType = root.type;
    for (const [index, name] of names.entries()) {
      const navigation = [at, ...at.derived].map((type) => type.navigation.get(name)).find((one) => one !== undefined);
      if (navigation === undefined || navigation.collection) break;
      if (navigation.target === target && isNode(names.slice(index + 1)))
        return { kind: 'referred', path: names.slice(0, index + 1) };
      at = navigation.type;
    }
    return { kind: 'equal' };
  }
}
