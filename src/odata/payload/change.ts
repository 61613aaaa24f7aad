import type { JsonObject, JsonValue } from '../json/json-value.js';

/**
 * A validated update of one entity, in stored form: a JSON merge patch (RFC 7396) of its structural properties, which
 * is OData's merge (OData 4.01 Protocol 11.4.3) word for word: primitives and collections replace, complex values merge,
 * null clears. A replacement (11.4.3) is a merge that names everything.
 */
export interface Change {
  /** Values to remove first, by path: what is replaced and may have properties that no type declares. */
  readonly clear?: readonly (readonly string[])[];
  readonly patch: JsonObject;
  /** An item for one of its collections. */
  readonly insert?: { readonly path: readonly string[]; readonly item: JsonValue; readonly index: number };
  /** The ETag that a 4.01 body carries as `@etag`; the entity must still have it. */
  readonly etag: string | undefined;
  /** What becomes of entities that it contains, by single-valued navigation property (OData 4.01 Protocol 11.4.3.1). */
  readonly contained?: ReadonlyMap<string, Change>;
}

/** A validated new entity, in stored form: no nulls, no control information. */
export interface NewEntity {
  readonly properties: JsonObject;
  /** The key that the client chose, if it did. */
  readonly key: string | undefined;
  /** Its contained entities, by navigation property. */
  readonly contained: ReadonlyMap<string, NewEntity>;
}
