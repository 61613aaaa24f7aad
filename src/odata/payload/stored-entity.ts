import type { JsonObject, JsonValue } from '../json/json-value.js';

/** Member of a stored entity that holds its version; no EDM identifier starts with `$`, so it meets no property. */
export const versionMember = '$version';

/**
 * An entity as a store keeps and gives it: its structural properties by name, absent where null, its key, its version,
 * and its contained entities inside it by navigation property. Nothing in it depends on a wire format.
 */
export interface StoredEntity extends JsonObject {
  [versionMember]: number;
  [property: string]: JsonValue;
}

/** The weak ETag of an entity (OData 4.01 Protocol 8.3.2): it depends on the entity's state only, not on its format. */
export function etagOf(entity: StoredEntity): string {
  return `W/"${entity[versionMember]}"`;
}
