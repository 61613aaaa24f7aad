import type { EntitySet, EntityType } from '../odata/edm/model.js';
import type { JsonObject } from '../odata/json/json-value.js';
import type { Selection } from '../odata/payload/selection.js';
import type { StoredEntity } from '../odata/payload/stored-entity.js';
import type { EntityPath } from '../odata/uri/entity-path.js';

/** Where an entity lives: its type, its canonical path, and the entity set that it is a member of, unless contained. */
export interface EntityPlace {
  readonly type: EntityType;
  readonly path: EntityPath;
  readonly set?: EntitySet;
}

/** An entity to answer with. */
export interface EntityResult {
  readonly kind: 'entity';
  readonly place: EntityPlace;
  readonly value: StoredEntity;
  readonly selection: Selection;
  /** What the request did; absent where it only read. */
  readonly effect?: 'created' | 'updated';
  /** The merge patch of an update: what it names is written even under `omit-values=nulls`. */
  readonly changed?: JsonObject;
}

/** A page of an entity set to answer with. */
export interface CollectionResult {
  readonly kind: 'collection';
  readonly set: EntitySet;
  readonly items: readonly { readonly path: EntityPath; readonly value: StoredEntity }[];
  readonly selection: Selection;
  /** Query of the next page, `$skiptoken=…`; absent on the last one. */
  readonly nextQuery: string | undefined;
  /** The page size that was applied, where the client asked for one. */
  readonly pageSize: number | undefined;
}

/** Success without a body: something deleted, or a value that is null. */
export interface EmptyResult {
  readonly kind: 'empty';
}

/** What a handler of the protocol answers with; the envelope interceptor writes it. */
export type ODataResult = EntityResult | CollectionResult | EmptyResult;

/** Success without a body. */
export const empty: EmptyResult = { kind: 'empty' };
