import type { EntitySet, NavigationProperty, StructuredType } from '../edm/model.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import type { ODataVersion } from '../versions.js';
import type { StoredPath } from './change.js';

/** A parsed body: its value, and the paths of names that stand twice in their object. */
export interface Body {
  readonly value: JsonValue;
  readonly duplicates: readonly string[];
}

/** What is known of a body before it is read. */
export interface BodyFormat {
  /** The version whose rules the body follows (OData 4.01 Protocol 8.1.5). */
  readonly version: ODataVersion;
  readonly ieee754Compatible: boolean;
  /** What the entity-ids of the body name; without it none is resolved. */
  readonly entityIds?: EntityIds | undefined;
  /** Whether entity tags in the body are conditions: where the client says that it follows 4.01 (JSON Format 4.5.10). */
  readonly heedsTags?: boolean;
  /** The body is one of the service's own: what only the service sets is taken as it stands, and nothing is transformed. */
  readonly isOwn?: boolean;
  /** Only some members are given: nothing is missing, and rules about the whole are not run. */
  readonly isPartial?: boolean;
}

/** Resolves the entity-ids of a body. */
export interface EntityIds {
  /** The key of the member of an entity set that an id names; undefined where it names none. */
  memberOf(set: EntitySet, id: string): JsonObject | undefined;
  /**
   * The key of the member of a contained collection that an id names; undefined where it names none.
   * @param collection URL of the collection, relative to the service root, where it is known
   */
  keyOf(property: NavigationProperty, id: string, collection: string | undefined): JsonObject | undefined;
}

/**
 * What null and absence mean: in a merge, "clear" and "leave alone"; in a replacement "clear" both; in a new value the same
 * thing, and nothing is written.
 */
export type Mode = 'merge' | 'replace' | 'create';

/** Where a value stands: in the body, and in stored form inside the entity that the body is about. */
export interface Place {
  /** For the client, that finds a fault by it: `chapters/0/title`. */
  readonly target: string;
  readonly path: StoredPath;
  readonly mode: Mode;
  /** What has the property of the place, as its class has it, where all of it is known. */
  readonly object?: (() => object) | undefined;
  /** The type that the place declares, where its value is known to be of a derived one: it may be said too. */
  readonly declared?: StructuredType | undefined;
}

/** What stands in a body at a navigation property: its value, or one of its annotations. */
export interface AtNavigation {
  readonly property: NavigationProperty;
  readonly value: JsonValue;
  readonly target: string;
  readonly as: 'value' | 'delta' | 'bind';
}

/** Control information about the object that it stands in. */
export type OnControl = (name: string, value: JsonValue, target: string) => void;

/** What a reader of entities adds to the reading of structured values. */
export interface Handlers {
  readonly navigation?: (at: AtNavigation) => void;
  readonly control?: OnControl;
  /** Where what is read of navigation properties goes. */
  readonly inside?: JsonObject;
}
