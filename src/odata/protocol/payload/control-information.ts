import type { JsonObject, JsonValue } from '../json/json-value.js';
import type { ContentId } from './change.js';

/** A member of an object by the name of its control information, with or without prefix (OData JSON Format 4.01, 4.6). */
export function control(object: JsonObject, name: string): JsonValue | undefined {
  return object[Object.hasOwn(object, `@${name}`) ? `@${name}` : `@odata.${name}`];
}

/** The annotation by which a client finds an item in the answer. */
export function contentIdOf(item: JsonObject): ContentId | undefined {
  return Object.entries(item).find(([name]) => /^@(?:Core|Org\.OData\.Core\.V1)\.ContentID$/.test(name));
}
