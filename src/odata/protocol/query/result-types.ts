import type { ComplexType, EntityType, ItemType, NavigationProperty, Property, StructuredType } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import type { MadeItems, Selection } from '../payload/selection.js';
import type { Aggregate, GroupKey } from './bound.js';
import { isStructured, propertyOf } from './value-types.js';

/** A dynamic property that a query adds. */
export function dynamicProperty(name: string, type: ItemType): Property {
  const declared = type?.kind === 'entity' || type === undefined ? Edm.String : type;
  return {
    kind: 'property',
    name,
    type: declared,
    made: type === undefined ? 'untyped' : 'typed',
    collection: false,
    nullable: true,
    facets: {},
    rules: [],
    objectRules: [],
    indexed: false,
    searchable: false,
    computed: false,
    immutable: false,
  };
}

/**
 * A structured type that only a query has: without a name, with the properties that the query gave it.
 * @param navigation what its values refer to
 */
function unnamed(
  properties: ReadonlyMap<string, Property>,
  navigation: ReadonlyMap<string, NavigationProperty> = new Map(),
): ComplexType {
  return {
    ...(navigation.size === 0 ? {} : { navigation }),
    kind: 'complex',
    name: '',
    qualifiedName: '',
    isOfQuery: true,
    class: Object,
    abstract: false,
    open: false,
    baseType: undefined,
    derived: [],
    properties,
  };
}

/** The declared property that a key is a value of, where it is one. */
function declaredKey({ value }: GroupKey): Property | undefined {
  if (value.kind !== 'member') return undefined;
  let type: ItemType = value.instance.type;
  let last: ReturnType<typeof propertyOf>;
  for (const name of value.path) {
    last = isStructured(type) ? propertyOf(type, name) : undefined;
    type = last?.type;
  }
  return last?.kind === 'property' && last.made === undefined ? last : undefined;
}

/** A key of groups: a value of the property that it was taken from is one of that when it is written, too. */
function keyProperty(name: string, key: GroupKey): Property {
  const { made, ...property } = dynamicProperty(name, key.value.type.item);
  const declared = declaredKey(key);
  if (declared === undefined) return { ...property, ...(made === undefined ? {} : { made }) };
  return { ...property, ...(declared.onWrite === undefined ? {} : { onWrite: declared.onWrite }) };
}

/** The property of a type, or of one derived from it. */
function anyPropertyOf(type: ItemType, name: string): Property | NavigationProperty | undefined {
  const types: readonly StructuredType[] = isStructured(type) ? [type, ...type.derived] : [];
  return types.map((one) => propertyOf(one, name)).find((one) => one !== undefined);
}

/** The type of groups: their keys at their paths, and what was aggregated. @param source the type of what is grouped */
export function typeOfGroups(
  keys: readonly GroupKey[],
  aggregates: readonly Aggregate[],
  source?: ItemType,
): ComplexType {
  const properties = new Map<string, Property>();
  const navigation = new Map<string, NavigationProperty>();
  const byName = new Map<string, GroupKey[]>();
  for (const key of keys) {
    const [name = ''] = key.path;
    byName.set(name, [...(byName.get(name) ?? []), key]);
  }
  for (const [name, inside] of byName) {
    const [first] = inside;
    const nested = inside.filter(({ path }) => path.length > 1).map((key) => ({ ...key, path: key.path.slice(1) }));
    if (nested.length > 0 || first === undefined)
      properties.set(name, dynamicProperty(name, partOf(name, nested, source)));
    else {
      const property = first.reference === undefined ? undefined : anyPropertyOf(source, name);
      if (property?.kind === 'navigation') navigation.set(name, property);
      else properties.set(name, keyProperty(name, first));
    }
  }
  for (const { name, type } of aggregates) properties.set(name, dynamicProperty(name, type));
  return unnamed(properties, navigation);
}

/** The type of what keys of groups have of one property of the source. */
function partOf(name: string, keys: readonly GroupKey[], source: ItemType): ComplexType {
  const property = anyPropertyOf(source, name);
  const part = typeOfGroups(keys, [], property?.type);
  const isOfEntities = property?.kind === 'navigation' || isOfEntitiesOnly(property?.type);
  return isOfEntities ? { ...part, isOfEntities } : part;
}

function isOfEntitiesOnly(type: ItemType): boolean {
  return type?.kind === 'complex' && type.isOfEntities === true;
}

/** A type with more properties; whatever is derived from it, or one of it, has them too. */
export function withProperties<T extends StructuredType>(type: T, added: ReadonlyMap<string, Property>): T {
  const also = (others: readonly StructuredType[]): StructuredType[] =>
    others.map((other) => withProperties(other, added));
  const variants = type.kind === 'complex' ? type.variants : undefined;
  return {
    ...type,
    isOfQuery: true,
    properties: new Map([...type.properties, ...added]),
    derived: also(type.derived),
    ...(variants === undefined ? {} : { variants: also(variants) }),
  };
}

/** The structure of values that a query has put into others: without what only the store knows of them. */
export function structureOf(type: StructuredType): ComplexType {
  if (type.kind === 'complex' && type.variants !== undefined)
    return { ...type, variants: type.variants.map(structureOf) };
  const properties = new Map([...type.properties].filter(([name]) => !name.startsWith('#')));
  if (type.kind === 'entity') return unnamed(properties);
  if (type.qualifiedName === '') return unnamed(properties, type.navigation);
  if (properties.size === type.properties.size) return type;
  return { ...type, properties, derived: type.derived.map(structureOf) };
}

/** A structure of properties that only a query has. */
export function structureWith(properties: ReadonlyMap<string, Property>): ComplexType {
  return unnamed(properties);
}

/** A property that a query adds, of values of a type. */
export function nestedProperty(name: string, type: ItemType, collection: boolean): Property {
  return { ...dynamicProperty(name, isStructured(type) ? structureOf(type) : type), collection };
}

/** An entity type with one more navigation property; whatever is derived from it has it too. */
export function withNavigation(type: EntityType, added: readonly NavigationProperty[]): EntityType {
  const navigation = new Map([...type.navigation, ...added.map((one) => [one.name, one] as const)]);
  const derived = type.derived.map((other) => withNavigation(other, added));
  return { ...type, isOfQuery: true, navigation, derived };
}

/** The declared type of entities, with the navigation properties that a query has added to it. */
export function navigableAs({ navigation }: EntityType, declared: EntityType): EntityType {
  const added = [...navigation.values()].filter(({ name }) => !declared.navigation.has(name));
  return added.length === 0 ? declared : withNavigation(declared, added);
}

/** A structure with other properties at a path in it, beside those that there are. */
export function withPart(
  type: ComplexType,
  [name, ...rest]: readonly string[],
  added: ReadonlyMap<string, Property>,
): ComplexType {
  if (name === undefined) return unnamed(new Map([...added, ...type.properties]), type.navigation);
  const inner = type.properties.get(name)?.type;
  const inside = withPart(isUnnamed(inner) ? inner : unnamed(new Map()), rest, added);
  const part = [name, dynamicProperty(name, inside)] as const;
  const isKnown = type.properties.has(name);
  const properties = new Map(isKnown ? [...type.properties, part] : [part, ...type.properties]);
  return unnamed(properties, type.navigation);
}

/** A selection of entities to which a query added properties: those are computed ones. */
export function addedBy(type: EntityType, declared: EntityType, selection: Selection): Selection {
  const added = [...type.properties.values()].filter(({ name }) => !declared.properties.has(name));
  if (added.length === 0) return selection;
  const { select, computed } = selection;
  const shown = added.filter(({ name }) => select?.has(name) ?? true);
  const left = [...(select ?? [])].filter(([name]) => !added.some((property) => property.name === name));
  return {
    ...selection,
    ...(select === undefined ? {} : { select: new Map(left) }),
    computed: new Map([
      ...shown.map(({ name, type: item, made }) => [name, made === 'untyped' ? undefined : item] as const),
      ...(computed ?? []),
    ]),
  };
}

function isUnnamed(type: ItemType): type is ComplexType {
  return type?.kind === 'complex' && type.qualifiedName === '';
}

/** One property of two that have a name: parts that only the query made come together. */
function merged(one: Property, other: Property): Property {
  if (!isUnnamed(one.type)) return one;
  if (!isUnnamed(other.type)) return other;
  return { ...one, type: { ...one.type, properties: allProperties([one.type, other.type]) } };
}

function allProperties(types: readonly StructuredType[]): ReadonlyMap<string, Property> {
  const all = new Map<string, Property>();
  for (const property of types.flatMap((type) => [...type.properties.values()])) {
    const known = all.get(property.name);
    all.set(property.name, known === undefined ? property : merged(known, property));
  }
  return all;
}

/** The types of which a value of a type is one: those that it unites, or the type itself. */
export function variantsOf(type: StructuredType): readonly StructuredType[] {
  return (type.kind === 'complex' ? type.variants : undefined) ?? [type];
}

/**
 * The type of values of different structure (Data Aggregation 3.2.2 and 3.2.3.2): each says which of the types it is of,
 * and what that one does not have is absent. Expressions know the properties of all.
 */
export function unionOf(types: readonly StructuredType[]): StructuredType {
  const [first] = types;
  if (first !== undefined && types.every((type) => type === first)) return first;
  const variants = types.flatMap(variantsOf);
  const navigation = variants.flatMap((type) => (type.kind === 'complex' ? [...(type.navigation ?? [])] : []));
  return { ...unnamed(allProperties(variants), new Map(navigation)), variants };
}

/** The names of what parts of a type that a query made refer to, which is expanded. */
function referencesOf({ navigation }: StructuredType): readonly string[] {
  return [...(navigation?.keys() ?? [])].map((name) => `${name}()`);
}

/**
 * The properties that a value has whichever type of a union it is of; parts of them where they are made by the query.
 * @param expands whether it is said what such parts refer to
 */
function common(types: readonly StructuredType[], expands: boolean): readonly string[] {
  const [first, ...others] = types;
  return [...(first?.properties.values() ?? [])].flatMap(({ name, type }) => {
    const all = [type, ...others.map(({ properties }) => properties.get(name)?.type)];
    if (all.includes(undefined)) return [];
    const made = all.filter(isUnnamed);
    if (made.length === 0) return [name];
    if (made.length < all.length) return [];
    const [own = [], ...references] = made.map((part) => (expands ? referencesOf(part) : []));
    const inside = [...common(made, expands), ...own.filter((one) => references.every((some) => some.includes(one)))];
    return inside.length === 0 ? [] : [`${name}(${inside.join(',')})`];
  });
}

/** What of a type that a query made stands in a context URL (Data Aggregation 3.1.1): the properties that are in every value. */
export function madeItems(type: StructuredType): MadeItems {
  const types = variantsOf(type);
  const references = types.flatMap((one) => [...(one.navigation?.keys() ?? [])]);
  const sometimes = references.filter((name) => types.some((one) => one.navigation?.has(name) !== true));
  return { type, list: common(types, true), plainList: common(types, false), sometimes };
}
