import type { EntityType, Property } from '../protocol/edm/model.js';
import type { JsonObject, JsonValue } from '../protocol/json/json-value.js';
import type { Selection } from '../protocol/payload/selection.js';
import type { StoredStream } from '../protocol/payload/stored-stream.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import type { CarriedAnnotation, JoinedRowToWrite } from '../protocol/payload/write-entity.js';
import type { ValueType } from '../protocol/query/bound.js';
import type { EntityPath } from '../protocol/uri/entity-path.js';

/**
 * Where an entity lives: its type, its canonical path, and the collection that it is a member of: an entity set, or a
 * contained collection by its path.
 */
export interface EntityPlace {
  readonly type: EntityType;
  readonly path: EntityPath;
  readonly set?: { readonly name: string };
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
  /** Only a reference is asked for; `version` is then that of the entity that has it. */
  readonly reference?: boolean;
  readonly version?: number | undefined;
  /** Preferences that the handler itself has heeded. */
  readonly applied?: readonly string[];
}

/** An entity of a collection. */
export interface ItemResult {
  readonly path: EntityPath;
  readonly value: StoredEntity;
  /** Of this one, where it is another than that of all. */
  readonly selection?: Selection;
  readonly annotations?: JsonObject;
  /** Declared type of its place, where it is another than that of all. */
  readonly type?: EntityType;
  /** Where it is, in a context URL of its own, in front of a select-list and behind it (JSON Format 4.5.1). */
  readonly context?: readonly [before: string, behind: string];
}

/** A collection of entities to answer with, or a page of one. */
export interface CollectionResult {
  readonly kind: 'collection';
  readonly type: EntityType;
  /** The collection in a context URL, without its select-list. */
  readonly context: string;
  /** Its URL behind the service root, where that differs. */
  readonly url?: string;
  readonly items: readonly ItemResult[];
  readonly selection: Selection;
  readonly count: number | undefined;
  /** Path and query of the next page, relative to the service root; absent on the last one. */
  readonly next: string | undefined;
  /** The page size that was applied, where the client asked for one. */
  readonly pageSize: number | undefined;
  /** Only references are asked for. */
  readonly reference?: boolean;
  /** Of the entity whose references were read: see `PropertyResult`. */
  readonly version?: number | undefined;
  /** What the request did with the items; `failed`: with some of them not. Absent where it only read. */
  readonly effect?: 'updated' | 'failed';
  /** Path and query of what changes from now on, where changes are tracked; on the last page. */
  readonly delta?: string | undefined;
  /** Preferences that the handler itself has heeded. */
  readonly applied?: readonly string[];
}

/** An entity that was changed or removed, or one that could not be. */
export interface ChangedItem {
  readonly path: EntityPath;
  /** Undefined of one that was removed. */
  readonly value: StoredEntity | undefined;
  readonly key: JsonObject;
  readonly reason?: 'deleted' | 'changed';
  /** Of this one, where it is another than that of all. */
  readonly selection?: Selection;
  /** A relation to another entity that was added or removed; the item is the entity that has it. */
  readonly link?: { readonly isAdded: boolean; readonly relationship: string; readonly target: EntityPath | undefined };
  /** Only referred to, for the sake of its annotations. */
  readonly isReference?: boolean;
  readonly annotations?: JsonObject | undefined;
}

/** Changes of the members of an entity set to answer with, or a page of them. */
export interface ChangesResult {
  readonly kind: 'changes';
  readonly type: EntityType;
  readonly set: string;
  /** The collection in a context URL, without its select-list. */
  readonly context: string;
  readonly items: readonly ChangedItem[];
  readonly selection: Selection;
  /** Of the next page, relative to the service root. */
  readonly next: string | undefined;
  /** Of what changes from now on; on the last page. */
  readonly delta: string | undefined;
  readonly pageSize: number | undefined;
  /** Whether OData 4.0 is written as Microsoft Graph writes it, or as OData says. */
  readonly form: 'graph' | 'odata';
  readonly applied: readonly string[];
  /** What the request did: it made the changes; `failed`: some of them. Absent where it only read. */
  readonly effect?: 'updated' | 'failed';
}

/** Rows of a cross join to answer with, or a page of them. */
export interface CrossJoinResult {
  readonly kind: 'crossJoin';
  /** The virtual type of the rows, and what is computed of them. */
  readonly type: EntityType;
  readonly computed: Selection['computed'];
  readonly rows: readonly JoinedRowToWrite[];
  readonly count: number | undefined;
  /** Path and query of the next page, relative to the service root. */
  readonly next: string | undefined;
  /** The page size that was applied, where the client asked for one. */
  readonly pageSize: number | undefined;
}

/** A property to answer with: a complex value, a primitive one, or a collection of either. */
export interface PropertyResult {
  readonly kind: 'property';
  readonly type: ValueType;
  /** The property that the model declares, where it is one: it may say how it is written. */
  readonly property?: Property | undefined;
  readonly value: JsonValue;
  readonly context: string;
  readonly selection: Selection;
  readonly count: number | undefined;
  /** Path and query of the next page, relative to the service root. */
  readonly next?: string | undefined;
  /** Of the entity, where the request changed the property. */
  readonly etag?: string;
  /**
   * Of the entity whose property was read: a change of it is held to that, so that a read gives it as ETag and is held to it
   * too (OData 4.01 Protocol 8.3.2 and 11.4.1.1).
   */
  readonly version?: number | undefined;
  /** What the property carries. */
  readonly annotations?: readonly CarriedAnnotation[] | undefined;
}

/** A primitive value to answer with as plain text. */
export interface RawResult {
  readonly kind: 'raw';
  readonly type: ValueType;
  readonly property?: Property | undefined;
  readonly value: JsonValue;
  /** Of the entity whose property was read: see `PropertyResult`. */
  readonly version?: number | undefined;
}

/** The content of a stream to answer with. */
export interface StreamResult {
  readonly kind: 'stream';
  readonly stream: StoredStream;
  /** Its bytes from one place to before another, as they are taken. */
  readonly read: (from: number, end: number) => AsyncIterable<Uint8Array>;
  /** Preferences that were heeded, where the request has changed it. */
  readonly applied?: readonly string[];
}

/** Success without a body: something deleted, or a value that is null. */
export interface EmptyResult {
  readonly kind: 'empty';
  /** Of the entity, where the request changed a property of it. */
  readonly etag?: string;
  /** Of the entity whose property was read: see `PropertyResult`. */
  readonly version?: number | undefined;
  /** Of the stream that the request changed. */
  readonly streamTag?: string;
  /** Preferences that were heeded. */
  readonly applied?: readonly string[];
}

/** What a handler of the protocol answers with; the envelope interceptor writes it. */
export type ODataResult =
  | EntityResult
  | CollectionResult
  | CrossJoinResult
  | ChangesResult
  | PropertyResult
  | RawResult
  | StreamResult
  | EmptyResult;

/** Success without a body. */
export const empty: EmptyResult = { kind: 'empty' };

/** A number as plain text (OData 4.01 Protocol 11.2.10). */
export function countResult(value: number): RawResult {
  return { kind: 'raw', type: { item: undefined, collection: false }, value };
}
