import { isJsonObject, type JsonValue } from '../../src/odata/protocol/json/json-value.js';

/** A value without what is said of the types of its members, at every depth. */
export function untyped(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(untyped);
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).filter(([name]) => !/.@odata\.type$/.test(name));
  return Object.fromEntries(members.map(([name, member]) => [name, untyped(member)]));
}
