import { copyOf, isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import type { EntitySet, EntityType } from '../edm/model.js';
import type { Precondition } from '../headers/precondition.js';
import type { Expansion } from './selection.js';
import type { StoredEntity } from './stored-entity.js';

/** Names on the way from an entity to what is inside it, in stored form. */
export type StoredPath = readonly string[];

/** An entity inside another one that a change names, and that is there when it is done. */
export interface InsideEntity {
  readonly path: StoredPath;
  /** Members that it gets where it has none of the name: of one that is made by the change, its key and what it needs. */
  readonly defaults?: JsonObject;
}

/** An object that a change may have to make, and what it has then: what may be null has its default only where it is new. */
export interface MadeObject {
  readonly path: StoredPath;
  readonly members: JsonObject;
}

/** The versions of which an entity inside must be for the change to happen. */
export interface InsideCondition {
  readonly path: StoredPath;
  readonly ifMatch: '*' | readonly number[];
}

/** The type of which an entity inside must be, where it is there: that of its place, or one derived from it. */
export interface InsideType {
  readonly path: StoredPath;
  readonly declared: EntityType;
  readonly type: EntityType;
  /** Where it stands in the body. */
  readonly target: string;
}

/** An object of a document, and the names of the members that it keeps. */
export interface Retention {
  readonly path: StoredPath;
  readonly names: readonly string[];
}

/** What a client calls an entity in a body, to find it in the answer (Core.ContentID): the annotation as it was sent. */
export type ContentId = readonly [annotation: string, value: JsonValue];

/** A member of an entity set that a body refers to, which must be there. */
export interface LinkedEntity {
  readonly set: EntitySet;
  /** Text of its key. */
  readonly id: string;
  /** Where the body refers to it. */
  readonly target: string;
}

/** A member of another entity set that a body carries inline: it is made, changed or deleted first. */
export type RelatedEntity = {
  readonly set: EntitySet;
  readonly key: JsonObject;
  readonly target: string;
} & (
  | { readonly kind: 'new'; readonly entity: NewEntity }
  | {
      readonly kind: 'upsert';
      readonly type: EntityType;
      readonly change: Change;
      readonly precondition: Precondition;
    }
  | { readonly kind: 'delete' }
);

/** What else an entity needs that a body describes: those that it refers to (OData 4.01 Protocol 11.4.2.1 and 11.4.3.1). */
export interface Relations {
  readonly links?: readonly LinkedEntity[];
  readonly related?: readonly RelatedEntity[];
}

/** What a body says of the entities that it carries inline, for the answer. */
export interface Inline {
  /** What the answer is expanded by at least (OData 4.01 Protocol 11.4.2.2 and 11.4.3.1). */
  readonly expand?: ReadonlyMap<string, Expansion>;
  /** Content ids of entities inside. */
  readonly contentIds?: readonly { readonly path: StoredPath; readonly id: ContentId }[];
}

/**
 * A validated update of one entity, in stored form: a JSON merge patch (RFC 7396), which is OData's merge (OData 4.01
 * Protocol 11.4.3) word for word: primitives and collections replace, complex values merge, null clears. A replacement
 * (11.4.3) is a merge that names everything. Entities inside have paths in stored form, so that the patch reaches them.
 */
export interface Change extends Inline, Relations {
  /** Values to remove first, by path: what is replaced and may have properties that no type declares. */
  readonly clear?: readonly StoredPath[];
  /** Objects that lose what is not named, before the patch. */
  readonly retain?: readonly Retention[];
  readonly patch: JsonObject;
  /** An item for one of its collections. */
  readonly insert?: { readonly path: StoredPath; readonly item: JsonValue; readonly index: number };
  /** The ETag that a 4.01 body carries as `@etag`; the entity must still have it. */
  readonly etag: string | undefined;
  /** The entities inside that are named (11.4.3.1). */
  readonly inside?: readonly InsideEntity[];
  /** Entities and complex values inside that have defaults, where there are none yet (OData CSDL 4.01, 7.2.7). */
  readonly makes?: readonly MadeObject[];
  /** What the ETags of entities inside ask for. */
  readonly insideConditions?: readonly InsideCondition[];
  /** Of which types entities inside must be, where others derive from those of their places. */
  readonly insideTypes?: readonly InsideType[];
}

/** A validated new entity, in stored form: no nulls, no control information. */
export interface NewEntity extends Inline, Relations {
  /** Everything but its key, with what it contains. */
  readonly properties: JsonObject;
  /** Its key properties; those that the client left to the service are not there. */
  readonly key: JsonObject;
  /** Paths of the entities that it contains. */
  readonly inside: readonly StoredPath[];
}

/** The value at a path of a stored entity. */
export function valueAt(entity: JsonObject, path: StoredPath): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, name) => (isJsonObject(value) ? value[name] : undefined), entity);
}

/** A merge patch as a value that is there from the start: what is null in it is absent. */
function valueOfPatch(patch: JsonObject): JsonObject {
  const members = Object.entries(patch).filter(([, value]) => value !== null);
  return Object.fromEntries(members.map(([name, value]) => [name, isJsonObject(value) ? valueOfPatch(value) : value]));
}

/** What an update makes where there is nothing yet (11.4.4). */
export function newEntityOf(
  { patch, inside = [], makes = [], expand, contentIds, links, related }: Change,
  key: JsonObject,
): NewEntity {
  const properties = valueOfPatch(patch);
  for (const { path, defaults = {} } of inside) {
    const entity = valueAt(properties, path);
    if (isJsonObject(entity)) Object.assign(entity, { ...defaults, ...entity });
  }
  for (const { path, members } of makes) {
    const made = valueAt(properties, path);
    if (isJsonObject(made)) Object.assign(made, { ...members, ...made });
  }
  const named = {
    ...(expand === undefined ? {} : { expand }),
    ...(contentIds === undefined ? {} : { contentIds }),
    ...(links === undefined ? {} : { links }),
    ...(related === undefined ? {} : { related }),
  };
  return { properties, key, inside: inside.map(({ path }) => path), ...named };
}

/** An entity with the content ids that a body gave to entities inside it, for the answer. */
export function annotated(entity: StoredEntity, { contentIds = [] }: Inline): StoredEntity {
  if (contentIds.length === 0) return entity;
  const copy = copyOf(entity);
  for (const { path, id } of contentIds) {
    const inner = valueAt(copy, path);
    if (isJsonObject(inner)) inner[id[0]] = id[1];
  }
  return copy;
}
