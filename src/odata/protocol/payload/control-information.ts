import type { JsonObject, JsonValue } from '../json/json-value.js';
import type { ODataVersion } from '../versions.js';
import type { ContentId } from './change.js';

/** A member of an object by the name of its control information, with or without prefix (OData JSON Format 4.01, 4.5). */
export function control(object: JsonObject, name: string): JsonValue | undefined {
  return object[Object.hasOwn(object, `@${name}`) ? `@${name}` : `@odata.${name}`];
}

/** The annotation by which a client finds an item in the answer. */
export function contentIdOf(item: JsonObject): ContentId | undefined {
  return Object.entries(item).find(([name]) => /^@(?:Core|Org\.OData\.Core\.V1)\.ContentID$/.test(name));
}

/** Control information by its name in 4.01. */
export function knownControl(name: string, version: ODataVersion): string {
  if (version === '4.0' && !name.includes('@odata.')) return '';
  return name.replace('@odata.', '@');
}

/** What an object says of its type (JSON Format 4.5.3). */
export function typeIn(json: JsonObject, version: ODataVersion): JsonValue | undefined {
  return Object.entries(json).find(([name]) => knownControl(name, version) === '@type')?.[1];
}
