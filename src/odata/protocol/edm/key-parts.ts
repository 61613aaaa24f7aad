import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import type { EntityType, Property, StructuredType } from './model.js';

/** The names on the way to a part of a key: its own, or of a part inside complex values those that its alias stands for. */
export function keyPath({ keyPaths }: EntityType, part: string): readonly string[] {
  return keyPaths?.get(part) ?? [part];
}

/** The property that is a part of a key (OData CSDL 4.01, 6.5). */
export function keyProperty(type: EntityType, part: string): Property | undefined {
  if (type.keyPaths === undefined) return type.properties.get(part);
  let [found, inside]: [Property | undefined, StructuredType | undefined] = [undefined, type];
  for (const name of keyPath(type, part)) {
    found = inside?.properties.get(name);
    inside = found?.type.kind === 'complex' ? found.type : undefined;
  }
  return found;
}

/** The value of a part of a key in an entity, or in an object that has its key. */
export function keyPart(type: EntityType, part: string, entity: JsonObject): JsonValue | undefined {
  if (type.keyPaths === undefined) return entity[part];
  return keyPath(type, part).reduce<JsonValue | undefined>(
    (value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    entity,
  );
}

/** The values of all parts, in their order. */
export function keyPartsOf(type: EntityType, entity: JsonObject): readonly JsonValue[] {
  return type.key.map((part) => keyPart(type, part, entity) ?? null);
}

/** Whether all parts are there. */
export function hasWholeKey(type: EntityType, entity: JsonObject): boolean {
  return type.key.every((part) => keyPart(type, part, entity) !== undefined);
}

/** The key of an entity, its parts where they stand in the entity; what is not there is left out. */
export function keyIn(type: EntityType, entity: JsonObject): JsonObject {
  const key: JsonObject = {};
  for (const part of type.key) {
    const value = keyPart(type, part, entity);
    if (value !== undefined) putPart(type, key, part, value);
  }
  return key;
}

/** Puts the value of a part where it stands in an entity. */
export function putPart(type: EntityType, entity: JsonObject, part: string, value: JsonValue): void {
  const path = keyPath(type, part);
  let at = entity;
  for (const name of path.slice(0, -1)) {
    const inner = at[name];
    at = at[name] = isJsonObject(inner) ? { ...inner } : {};
  }
  at[path.at(-1) ?? part] = value;
}

/** An entity with its key, whose parts may stand inside its complex values. */
export function withKey(type: EntityType, key: JsonObject, entity: JsonObject): JsonObject {
  if (type.keyPaths === undefined) return { ...key, ...entity };
  const whole = { ...entity };
  for (const part of type.key) {
    const value = keyPart(type, part, key);
    if (value !== undefined) putPart(type, whole, part, value);
  }
  return whole;
}

/** Names of the properties of an entity that have its key: of what stands inside a complex value that of the complex one. */
export function keyHolders({ key, keyPaths }: EntityType): readonly string[] {
  if (keyPaths === undefined) return key;
  return [...new Set(key.map((part) => keyPaths.get(part)?.[0] ?? part))];
}
