import { Edm } from '../protocol/edm/primitive-types.js';
import type { EntitySet, EntityType, NavigationProperty, Singleton, StructuredType } from '../protocol/edm/model.js';
import { streamNames } from '../protocol/edm/streams.js';
import { memberOrder } from '../protocol/payload/member-order.js';
import type { AggregateSet, IndexedPath, StreamPath } from './aggregate-store.js';

/** The indexed properties inside a type: in complex values and single contained entities too. */
function indexesIn(type: StructuredType, before: readonly string[]): readonly IndexedPath[] {
  const found = [...type.properties.values()].flatMap(
    ({ name, type: item, collection, indexed }): readonly IndexedPath[] => {
      const path = [...before, name];
      if (indexed) return [{ path, type: item }];
      return item.kind === 'complex' && !collection ? indexesIn(item, path) : [];
    },
  );
  const contained =
    type.kind === 'entity'
      ? [...type.navigation.values()].filter(({ collection, containsTarget }) => containsTarget && !collection)
      : [];
  return [...found, ...contained.flatMap(({ name, type: inner }) => indexesIn(inner, [...before, name]))];
}

/** What entities of a type contain, and of what derives from it, by name. */
function containedIn(type: EntityType): readonly NavigationProperty[] {
  const all = [type, ...type.derived].flatMap(({ navigation }) => [...navigation.values()]);
  return [...new Map(all.filter(({ containsTarget }) => containsTarget).map((one) => [one.name, one])).values()];
}

/** Whether entities of a type may contain, however deep, others of a type that they are in. */
function containsItself(type: EntityType, way: readonly EntityType[] = []): boolean {
  return way.includes(type) || containedIn(type).some((one) => containsItself(one.type, [...way, type]));
}

/** Where the streams inside a type are, and inside what derives from it; of what contains itself the first ones. */
function streamsIn(type: EntityType, before: StreamPath = [], way: readonly EntityType[] = []): readonly StreamPath[] {
  if (way.includes(type)) return [];
  const names = new Set([type, ...type.derived].flatMap((one) => streamNames(one)));
  const inside = containedIn(type).flatMap(({ name, type: inner, collection }) =>
    streamsIn(inner, [...before, name, ...(collection ? [null] : [])], [...way, type]),
  );
  return [...[...names].map((name) => [...before, name]), ...inside];
}

/** Name of the single text property that is the key of an entity type; undefined where the key is any other. */
export function textKeyOf({ key, properties }: EntityType): string | undefined {
  const [name] = key;
  return key.length === 1 && name !== undefined && properties.get(name)?.type === Edm.String ? name : undefined;
}

const aggregateSets = new WeakMap<EntitySet | Singleton, AggregateSet>();

/** How the members of an entity set, or a singleton, are kept: one row each, with the entities they contain. */
export function aggregateSet(set: EntitySet | Singleton): AggregateSet {
  let known = aggregateSets.get(set);
  if (known === undefined) {
    const { name, type, isSingleton = false } = set;
    // The one entity of a singleton is found without its key.
    const key = isSingleton ? undefined : textKeyOf(type);
    const streams = streamsIn(type);
    if (streams.length > 0 && containsItself(type))
      throw new Error(`${name}: entities with streams inside cannot contain entities of their own type`);
    const contained = [...type.navigation.keys()];
    const indexes = indexesIn(type, []);
    known = { name, key, contained, indexes, order: memberOrder(type), ...(streams.length > 0 && { streams }) };
    aggregateSets.set(set, known);
  }
  return known;
}
