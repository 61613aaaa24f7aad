import { keyOf } from '../protocol/edm/key-text.js';
import { keyPart } from '../protocol/edm/key-parts.js';
import type { EntityType, NavigationProperty } from '../protocol/edm/model.js';
import { isJsonObject, type JsonObject } from '../protocol/json/json-value.js';
import type { Merge } from '../store/aggregate-store.js';

/** What an entity has of the one that contains it: the reference to it, and the properties with its key. @param id its text */
function backOf(owner: EntityType, id: string, { type, partner = '' }: NavigationProperty): JsonObject {
  const back = type.navigation.get(partner);
  if (back === undefined) return {};
  const key = keyOf(owner, id);
  const tied = (back.constraints ?? []).map(
    ({ dependent, principal }) => [dependent, keyPart(owner, principal, key) ?? null] as const,
  );
  return { ...Object.fromEntries(tied), [back.name]: id };
}

/** A document, or a patch of one, in which what is contained leads back to it (OData CSDL 4.01, 8.3). @param id of the entity */
export function withOwner(type: EntityType, id: string, document: JsonObject): JsonObject {
  let owned = document;
  for (const property of type.owns ?? []) {
    const { name, collection } = property;
    const value = document[name];
    if (!isJsonObject(value)) continue;
    const back = backOf(type, id, property);
    const members = (): JsonObject =>
      Object.fromEntries(
        Object.entries(value).map(([member, one]) => [member, isJsonObject(one) ? { ...one, ...back } : one]),
      );
    owned = { ...owned, [name]: collection ? members() : { ...value, ...back } };
  }
  return owned;
}

/** A merge into an entity, or into one that it contains, likewise. @param id of the entity that contains others */
export function ownedMerge(type: EntityType, id: string, merge: Merge): Merge {
  const { at = [], patch, orCreate } = merge;
  const [step, ...inside] = at;
  if (step === undefined) return { ...merge, patch: withOwner(type, id, patch) };
  const property = type.owns?.find(({ name }) => name === step.name);
  if (property === undefined || inside.length > 0 || orCreate === undefined) return merge;
  return { ...merge, orCreate: { ...orCreate, ...backOf(type, id, property) } };
}
