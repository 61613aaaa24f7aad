import type { EntitySet, EntityType, NavigationProperty, Singleton } from '../protocol/edm/model.js';
import type { JsonObject } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { linksOf } from './partners.js';

const known = new WeakMap<EntityType, readonly NavigationProperty[]>();

/** The references of a type for which it is said what becomes of those that they lead to (OData CSDL 4.01, 8.6). */
export function decided({ type }: EntitySet | Singleton): readonly NavigationProperty[] {
  let found = known.get(type);
  if (found === undefined) {
    const all = [type, ...type.derived].flatMap(({ navigation }) => [...navigation.values()]);
    found = [...new Set(all)].filter(({ onDelete }) => onDelete !== undefined && onDelete !== 'setNull');
    known.set(type, found);
  }
  return found;
}

/** Whether an entity refers to others, or contains some. */
function leadsToSome(property: NavigationProperty, entity: JsonObject): boolean {
  const { name, containsTarget } = property;
  if (!containsTarget) return linksOf(property, entity).length > 0;
  return Object.keys(entity[name] ?? {}).length > 0;
}

/** @throws ODataError 409 where an entity that is to be deleted refers to others that forbid it */
export function refuseRestricted(set: EntitySet | Singleton, entity: JsonObject): void {
  const one = decided(set).find((property) => property.onDelete === 'restrict' && leadsToSome(property, entity));
  if (one === undefined) return;
  const message = `The entity cannot be deleted as long as '${one.name}' leads to others.`;
  throw new ODataError('relatedEntitiesExist', message, { target: one.name });
}

/** The entities that go with one that is deleted. */
export function fellows(set: EntitySet | Singleton, entity: JsonObject): readonly (readonly [EntitySet, string])[] {
  return decided(set).flatMap((property) => {
    const { target } = property;
    if (property.onDelete !== 'cascade' || target === undefined) return [];
    return linksOf(property, entity).map((id) => [target, id] as const);
  });
}
