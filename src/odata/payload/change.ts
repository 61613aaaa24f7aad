import type { JsonObject } from '../json/json-value.js';

/**
 * A validated update of one entity, in stored form: a JSON merge patch (RFC 7396) of its structural properties, which
 * is OData's merge (OData 4.01 Protocol 11.4.3) word for word: primitives and collections replace, complex values merge,
 * null clears.
 */
export interface Change {
  readonly patch: JsonObject;
  /** The ETag that a 4.01 body carries as `@etag`; the entity must still have it. */
  readonly etag: string | undefined;
}

/** A validated new entity, in stored form: no nulls, no control information. */
export interface NewEntity {
  readonly properties: JsonObject;
  /** The key that the client chose, if it did. */
  readonly key: string | undefined;
  /** Its contained entities, by navigation property. */
  readonly contained: ReadonlyMap<string, NewEntity>;
}
