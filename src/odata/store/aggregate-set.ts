import { Edm } from '../protocol/edm/primitive-types.js';
import type { EntitySet, EntityType, Singleton, StructuredType } from '../protocol/edm/model.js';
import type { AggregateSet, IndexedPath } from './aggregate-store.js';

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
    known = { name, key, contained: [...type.navigation.keys()], indexes: indexesIn(type, []) };
    aggregateSets.set(set, known);
  }
  return known;
}
