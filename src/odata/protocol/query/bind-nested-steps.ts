import type { EntitySet, EntityType, NavigationProperty, Property, StructuredType } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import type {
  AnnotationSegment,
  JoinTransformation,
  NameSegment,
  NestTransformation,
  PathSegment,
  PropertyPath,
  Span,
} from '../uri/syntax-tree.js';
import type { Transformation } from '../uri/syntax-tree.js';
import type { ExpressionBinder } from './expression/bind-expression.js';
import { notBuilt, unbound } from './binding-error.js';
import {
  type BoundCollection,
  type Instance,
  type Member,
  type NestedItems,
  nodeMember,
  ofMember,
  single,
} from './bound.js';
import type { BoundTransformation } from './bound.js';
import { dynamicProperty, nestedProperty, withNavigation, withProperties } from './result-types.js';
import { derivesFrom, instanceOf, isStructured, narrowed, nameOf, propertyOf } from './value-types.js';
import { keepsEntities } from './transformation-kinds.js';

const subject = '$apply';

type StructuredInstance = Instance & { readonly type: StructuredType };

/** What a sequence of transformations gives of each group, and whether it gives something of one without items. */
export interface GroupedSequence {
  readonly transformations: readonly BoundTransformation[];
  readonly output: StructuredInstance;
  readonly keepsEmpty: boolean;
}

/** Where a step stands. */
export interface NestedPlace {
  readonly item: StructuredInstance;
  readonly expressions: (item: Instance) => ExpressionBinder;
  /** Binds transformations of each group of items, by the property that they have in common. */
  readonly grouped: (
    item: StructuredInstance,
    transformations: readonly Transformation[],
    of: { readonly key: PropertyPath; readonly root: EntitySet | undefined },
  ) => GroupedSequence;
}

/** A step, and the type of what it gives. */
export interface NestedStep {
  readonly step: BoundTransformation;
  readonly type: StructuredType;
}

/** The path of a member that no client can name. */
export function hiddenPath(name: string, { start, end }: Span): PropertyPath {
  return { kind: 'propertyPath', segments: [{ kind: 'name', name, qualified: false, start, end }], start, end };
}

/** A type with members that are not shown. */
export function withHidden<T extends StructuredType>(type: T, names: readonly string[]): T {
  const types = new Map([[nodeMember, Edm.String]]);
  return withProperties(
    type,
    new Map(names.map((name) => [name, dynamicProperty(name, types.get(name) ?? Edm.Int64)])),
  );
}

/** Whether a transformation gives one item of each (Data Aggregation 3.4). */
function keepsNumber(node: Transformation): boolean {
  return node.kind === 'identity' || node.kind === 'compute' || (node.kind === 'nest' && node.path !== undefined);
}

/** Binds the transformations that take collections out of items, or put some into them (Data Aggregation 3.4.3 and 3.5.1). */
export class NestedSteps {
  constructor(private readonly place: NestedPlace) {}

  // Data Aggregation 3.5.1
  join(node: JoinTransformation): NestedStep {
    const { item } = this.place;
    const [annotation] = node.property.filter((one) => one.kind === 'annotation');
    this.#free(node.alias, node);
    const place = node.property[0] ?? node;
    const found =
      annotation === undefined
        ? this.#collection(node.property as readonly NameSegment[], place)
        : this.#annotation(annotation);
    const { nested, output } = this.#nested(found, node.apply, node);
    const keeps = node.apply.every(({ kind }) => keepsEntities.has(kind));
    const { property } = found;
    const isEntity = property.kind === 'navigation' && keeps && item.type.kind === 'entity';
    const type = isEntity
      ? this.#navigable({ ...property, name: node.alias, collection: false, type: found.type as EntityType })
      : this.#with(nestedProperty(node.alias, output.type, false));
    const isReference = isEntity && found.collection.member.target !== undefined;
    const isOuter = node.kind === 'outerjoin';
    return { step: { kind: 'join', item, nested, alias: node.alias, isOuter, isReference }, type };
  }

  // Data Aggregation 3.4.3
  addNested(node: NestTransformation, path: PropertyPath): NestedStep {
    const { item } = this.place;
    const found = this.#collection(path.segments, path);
    const properties = new Map<string, Property>();
    const nested = node.items.map(({ alias, apply, ...place }) => {
      this.#free(alias, place);
      if (properties.has(alias)) throw unbound(subject, place, `the name '${alias}' is taken`);
      const { isSingle } = found;
      const more = isSingle ? apply.find((one) => !keepsNumber(one)) : undefined;
      if (more !== undefined)
        throw unbound(subject, place, `${more.kind} does not give one value of one: use identity, compute, addnested`);
      const inner = this.#nested(this.#collection(path.segments, path), apply, found.node);
      properties.set(alias, nestedProperty(alias, inner.output.type, !isSingle));
      return { alias, items: inner.nested, isSingle };
    });
    return { step: { kind: 'addNested', item, nested }, type: withProperties(item.type, properties) };
  }

  /** 3.5.2 of each group: what its items are made into. @param root the set that they come from */
  ofGroups(node: NestTransformation, root: EntitySet | undefined) {
    const { type } = this.place.item;
    const properties = new Map<string, Property>();
    const nested = node.items.map(({ alias, apply, ...place }) => {
      this.#free(alias, place);
      if (properties.has(alias)) throw unbound(subject, place, `the name '${alias}' is taken`);
      const { items, output } = this.#grouped({ type, root }, apply, node);
      properties.set(alias, nestedProperty(alias, output.type, true));
      return { alias, items };
    });
    return { nested, properties };
  }

  #free(name: string, node: Span): void {
    if (propertyOf(this.place.item.type, name) === undefined) return;
    throw unbound(subject, node, `the name '${name}' is taken`);
  }

  #navigable(navigation: NavigationProperty): StructuredType {
    const { type } = this.place.item;
    return type.kind === 'entity' ? withNavigation(type, [navigation]) : type;
  }

  #with(property: Property): StructuredType {
    return withProperties(this.place.item.type, new Map([[property.name, property]]));
  }

  /** The collection of structured values that a path of one property, cast or not, leads to. */
  #collection(segments: readonly NameSegment[], node: Span & { readonly kind: string }) {
    const { item } = this.place;
    const casts = segments.slice(1).filter(({ qualified }) => qualified);
    const [first, ...others] = segments.filter(({ qualified }) => !qualified);
    if (first === undefined || others.length > 0 || casts.length > 1)
      throw notBuilt(subject, node, 'a collection that is not a property of the item itself');
    const own = segments.slice(0, segments.indexOf(first) + 1);
    const member = this.#bound(own, node);
    const types = item.type.kind === 'entity' ? [item.type, ...item.type.derived] : [item.type];
    const property = types.map((type) => propertyOf(type, first.name)).find((one) => one !== undefined);
    if (member.kind !== 'member' || property === undefined) throw notBuilt(subject, node, 'a collection behind a cast');
    const { item: type, collection } = member.type;
    if (!isStructured(type) || (!collection && node.kind !== 'propertyPath'))
      throw unbound(subject, node, `${nameOf(member.type)} is no collection of structured values`);
    // 3.4.3: what is added to a single value is one, too.
    return { ...this.#cast({ member, declared: type, property, node }, casts[0]), isSingle: !collection };
  }

  /** The structured values of an annotation that each item carries. */
  #annotation(node: AnnotationSegment) {
    const member = this.#bound([node], node);
    const { item: type, collection } = member.type;
    if (member.kind !== 'member' || !isStructured(type) || !collection)
      throw unbound(subject, node, `${nameOf(member.type)} is no collection of structured values`);
    const property = nestedProperty(node.name, type, true);
    return { ...this.#cast({ member, declared: type, property, node }, undefined), isSingle: false };
  }

  #bound(segments: readonly PathSegment[], { start, end }: Span) {
    const { item } = this.place;
    return this.place.expressions(item).expression({ kind: 'path', root: undefined, segments, start, end });
  }

  #cast(
    about: {
      readonly member: Member;
      readonly declared: StructuredType;
      readonly property: Property | NavigationProperty;
      readonly node: Span;
    },
    cast: NameSegment | undefined,
  ) {
    const { member, declared, property, node } = about;
    const whole: Instance = { kind: 'item', type: declared };
    const collection: BoundCollection = { member, item: whole, filters: [], search: undefined };
    if (cast === undefined) return { collection, type: declared, property, node };
    const found = [declared, ...declared.derived].find(({ qualifiedName, name }) =>
      [qualifiedName, name].includes(cast.name),
    );
    if (found === undefined || !derivesFrom(found, declared))
      throw unbound(subject, cast, `'${cast.name}' is no type derived from ${declared.qualifiedName}`);
    const type = narrowed(declared, found);
    const one: Member = { kind: 'member', instance: whole, path: [], type: single(declared) };
    return { collection: { ...collection, filters: [instanceOf(one, type)] }, type, property, node };
  }

  #nested(
    { collection, type }: { readonly collection: BoundCollection; readonly type: StructuredType },
    apply: readonly Transformation[],
    node: Span,
  ): { readonly nested: NestedItems; readonly output: StructuredInstance } {
    const { items, output } = this.#grouped({ type, root: collection.member.target }, apply, node);
    return { nested: { collection, ...items }, output };
  }

  /** What is made of items, of those that say that they are of the same one, by themselves. */
  #grouped(
    { type, root }: { readonly type: StructuredType; readonly root: EntitySet | undefined },
    apply: readonly Transformation[],
    node: Span,
  ): { readonly items: Omit<NestedItems, 'collection'>; readonly output: StructuredInstance } {
    const item: StructuredInstance = { kind: 'item', type: withHidden(type, [ofMember]) };
    const key = hiddenPath(ofMember, node);
    const { transformations, output, keepsEmpty } = this.place.grouped(item, apply, { key, root });
    const value: Member = { kind: 'member', instance: item, path: [ofMember], type: single(Edm.Int64) };
    const keys = [{ path: [ofMember], value }];
    return { items: { item, keys, transformations, keepsEmpty }, output };
  }
}
