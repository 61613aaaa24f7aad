import { randomUUID } from 'node:crypto';
import { hasWholeKey, keyPart, keyPath, keyProperty, putPart } from '../edm/key-parts.js';
import { keyTextIn, makesKeys } from '../edm/key-text.js';
import type { EntityType, NavigationProperty } from '../edm/model.js';
import { parseEntityTags } from '../headers/precondition.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { ODataError } from '../odata-error.js';
import type { AtNavigation, Place } from './body-format.js';
import type { Change, LinkedEntity, NewEntity, RelatedEntity } from './change.js';
import { control } from './control-information.js';
import { notGiven } from './read-transformed.js';
import { ValueReader } from './read-values.js';
import { step } from './fault-collector.js';
import type { Expansion } from './selection.js';
import { memberName } from './stored-entity.js';

/** An entity in a body: where it stands, and its canonical URL relative to the service root, where it has one. */
export interface EntityPlace extends Place {
  readonly url: string | undefined;
}

/** Where what is read of references goes. */
interface Linking {
  readonly patch: JsonObject;
  readonly expand: Map<string, Expansion>;
}

/** A reader of an entity that a body carries, and that is a member of another set. */
interface RelatedReader extends ValueReader {
  /** What the answer is expanded by. */
  readonly expand: ReadonlyMap<string, Expansion>;
  /** The reference that the entity has because of the one that carries it: its partner is set when both are there. */
  given: NavigationProperty | undefined;
  newEntity(type: EntityType, body: JsonObject, declared: EntityType, target: string): NewEntity;
  change(
    type: EntityType,
    body: JsonObject,
    mode: 'merge' | 'replace',
    about: { readonly declared: EntityType; readonly target: string },
  ): Change;
}

/** A new key of a type whose keys the service makes. */
export function newKey({ key: [name = ''] }: EntityType): JsonObject {
  return { [name]: randomUUID() };
}

/**
 * Whether what stands at a navigation property was read from the service, and is sent back with the entity around it: an
 * entity that was read has its tag. An update of 4.0 has no entities inline (OData 4.0 Protocol 11.4.3), but grids send
 * back the whole row that they have read with `$expand`.
 */
export function wasRead({ value, as }: AtNavigation): boolean {
  const isTagged = (item: JsonValue): boolean => isJsonObject(item) && typeof control(item, 'etag') === 'string';
  if (as !== 'value') return false;
  // An empty collection says nothing of what was read, and would clear what came since.
  if (Array.isArray(value)) return value.length > 0 && value.every(isTagged);
  return value === null || isTagged(value);
}

/** What a body says of a part of a key. */
function saidPart(type: EntityType, name: string, item: JsonObject): JsonValue | undefined {
  return Object.hasOwn(item, keyPath(type, name)[0] ?? name) ? keyPart(type, name, item) : undefined;
}

/** Reads what a body says of references to members of entity sets, and the keys of entities. */
export abstract class ReferenceReader extends ValueReader {
  /** Places of the navigation properties that were read. */
  readonly #carried = new Set<string>();
  protected readonly links: LinkedEntity[] = [];
  protected readonly related: RelatedEntity[] = [];

  /** Told of each item of a delta, and of the name under which it is stored. */
  protected abstract itemRead(owner: EntityPlace, item: JsonObject, name: string): void;

  /** A reader of the same format for another entity. */
  protected abstract another(): RelatedReader;

  /** A part of a key that was not given; one that was given and is faulty is not missing: its fault is known already. */
  protected keyMissing(type: EntityType, name: string, target: string): void {
    const at = step(target, keyPath(type, name).join('/'));
    if (this.isFaultyAt(at)) return;
    this.fault('nullNotAllowed', at, `'${at}' must be given: it is in the key of ${type.qualifiedName}.`);
  }

  /** The versions that an entity tag of a body names. */
  protected entityTags(tag: string, target: string): '*' | readonly number[] | undefined {
    try {
      return parseEntityTags(tag, `'${target}'`);
    } catch (error) {
      if (!(error instanceof ODataError)) throw error;
      return this.fault('malformedEntityTag', target, error.message);
    }
  }

  protected wholeKey(type: EntityType, key: JsonObject, target: string): JsonObject {
    for (const name of type.key) if (keyPart(type, name, key) === undefined) this.keyMissing(type, name, target);
    return key;
  }

  protected twice(target: string): void {
    this.fault('entityNamedTwice', target, `Another item names the entity of '${target}' too.`);
  }

  /** Whether an object names any part of the key. */
  protected hasKey(type: EntityType, item: JsonObject): boolean {
    return type.key.some((name) => saidPart(type, name, item) !== undefined);
  }

  /** The key that an object names; undefined where it names none of its parts. */
  key(type: EntityType, item: JsonObject, target: string): JsonObject | undefined {
    if (!this.hasKey(type, item)) return undefined;
    const key: JsonObject = {};
    for (const name of type.key) {
      const property = keyProperty(type, name);
      const value = saidPart(type, name, item);
      if (property === undefined || value === undefined) this.keyMissing(type, name, target);
      else {
        const at = { target: step(target, keyPath(type, name).join('/')), path: [], mode: 'create' } as const;
        const given = property.onRead === undefined ? value : this.transformed(property, value, at.target, item);
        if (given === notGiven) this.keyMissing(type, name, target);
        const read = given === undefined || given === notGiven ? undefined : this.property(property, given, at);
        if (read !== undefined) putPart(type, key, name, read);
      }
    }
    return key;
  }

  /** Whether a body says of a navigation property in several ways what becomes of it, which is a fault. */
  protected isCarried(owner: EntityPlace, { property: { name }, target }: AtNavigation): boolean {
    const place = JSON.stringify([owner.target, ...owner.path, name]);
    if (this.#carried.has(place))
      this.fault('valueNotAllowed', target, `'${name}' stands in several ways in one entity.`);
    else {
      this.#carried.add(place);
      return false;
    }
    return true;
  }

  /** An object that says which entity is meant and no more (OData JSON Format 4.01, 14): it binds, and is no entity. */
  protected isReference(json: JsonObject): boolean {
    const names = Object.keys(json);
    return names.some((name) => this.known(name) === '@id') && names.every((name) => name.startsWith('@'));
  }

  /**
   * What becomes of references: bindings (JSON Format 8.5), entity references, nested entities, which are made or changed
   * themselves, and in 4.01 the whole of a collection or a delta of it (11.4.2.1 and 11.4.3.1).
   */
  protected linkedAt(at: AtNavigation, owner: EntityPlace, { patch, expand }: Linking): void {
    const { property, value, target, as } = at;
    const { name, collection } = property;
    const isNew = owner.mode === 'create';
    if (this.isCarried(owner, at)) return;
    if (property.isOwner === true && this.format.isOwn !== true) {
      this.fault('bindNotAllowed', target, `'${name}' is what contains the entity; it cannot be bound to another one.`);
      return;
    }
    if (as === 'delta' && (isNew || owner.mode === 'replace' || !collection)) {
      this.fault('valueNotAllowed', target, `'${target}' is a change of a collection, which only PATCH can carry.`);
      return;
    }
    if (as !== 'bind' && !isNew && this.format.version === '4.0' && !wasRead(at)) {
      const message = `An OData 4.0 update cannot carry '${target}' inline. Bind it by '${name}@odata.bind'.`;
      this.fault('inlineEntityNotAllowed', target, message);
      return;
    }
    const inner = new Map<string, Expansion>();
    const link = (item: JsonValue, of: string): string | undefined =>
      as === 'bind'
        ? this.#boundTo(property, item, of)
        : this.#linkTo(property, item, { owner, target: of, expand: inner });
    if (!collection) {
      const id = value === null ? undefined : link(value, target);
      if (id !== undefined) patch[name] = id;
      else if (value === null && !property.nullable) this.neverNull(target);
      else if (value === null && !isNew) patch[name] = null;
    } else if (Array.isArray(value)) {
      this.#linkedCollection({ ...at, value }, owner, { patch, link });
    } else this.fault('typeMismatch', target, `'${target}' must be an array of references.`);
    if (as !== 'bind') expand.set(name, inner.size === 0 ? {} : { expand: inner });
  }

  #linkedCollection(
    { property, value, target, as }: AtNavigation & { readonly value: readonly JsonValue[] },
    owner: EntityPlace,
    {
      patch,
      link,
    }: { readonly patch: JsonObject; readonly link: (item: JsonValue, target: string) => string | undefined },
  ): void {
    const members: JsonObject = {};
    const path = [...owner.path, property.name];
    const seen = new Set<string>();
    for (const [index, item] of value.entries()) {
      const of = step(target, index);
      const removed = as === 'delta' && isJsonObject(item) ? control(item, 'removed') : undefined;
      const id = removed === undefined ? link(item, of) : this.#unlinked(property, item as JsonObject, removed, of);
      if (id === undefined) continue;
      const name = memberName(id);
      // A binding may say twice what it adds once.
      if (seen.has(name) && as !== 'bind') this.twice(of);
      seen.add(name);
      if (as === 'delta') this.itemRead(owner, item as JsonObject, name);
      if (removed === undefined) members[name] = id;
      else this.clear.push([...path, name]);
    }
    const names = Object.keys(members);
    // 11.4.3.1: bindings add, what is nested is the whole of it.
    if (as === 'value' && owner.mode !== 'create') this.retain.push({ path, names });
    if (names.length > 0) patch[property.name] = members;
  }

  /** A relation that is removed; where the reason is `deleted`, the entity too. */
  #unlinked(property: NavigationProperty, item: JsonObject, removed: JsonValue, target: string): string | undefined {
    const key = this.#keyOfLinked(property, item, target);
    const set = property.target;
    if (key === undefined || set === undefined) {
      return this.fault('valueNotAllowed', target, 'A removed entity must have its key or its @id.');
    }
    if (isJsonObject(removed) && removed.reason === 'deleted') this.related.push({ kind: 'delete', set, key, target });
    return keyTextIn(set.type, key);
  }

  #keyOfLinked({ target: set, name }: NavigationProperty, item: JsonObject, target: string): JsonObject | undefined {
    if (set === undefined) return undefined;
    const id = control(item, 'id');
    const named = typeof id === 'string' ? this.format.entityIds?.memberOf(set, id) : undefined;
    if (id !== undefined && named === undefined) {
      return this.fault(
        'referenceNotFound',
        step(target, '@id'),
        `'@id' names no member of ${set.name}, which '${name}' leads to.`,
      );
    }
    const given = this.key(set.type, item, target);
    if (given === undefined || named === undefined) return given ?? named;
    if (keyTextIn(set.type, given) !== keyTextIn(set.type, named))
      this.fault(
        'entityIdMismatch',
        step(target, '@id'),
        `'@id' and ${set.type.key.join(', ')} name different entities.`,
      );
    return given;
  }

  /** JSON Format 8.5: a binding is a URL. */
  #boundTo({ target: set, name }: NavigationProperty, value: JsonValue, target: string): string | undefined {
    if (set === undefined) return undefined;
    if (typeof value !== 'string')
      return this.fault('typeMismatch', target, `'${target}' must be the URL of an entity.`);
    const key = this.format.entityIds?.memberOf(set, value);
    if (key === undefined)
      return this.fault(
        'referenceNotFound',
        target,
        `'${target}' names no member of ${set.name}, which '${name}' leads to.`,
      );
    const id = keyTextIn(set.type, key);
    this.links.push({ set, id, target });
    return id;
  }

  /** An entity reference, or an entity that is made or changed with the one that refers to it. */
  #linkTo(
    property: NavigationProperty,
    item: JsonValue,
    {
      owner,
      target,
      expand,
    }: { readonly owner: EntityPlace; readonly target: string; readonly expand: Map<string, Expansion> },
  ): string | undefined {
    const { target: set, type: declared } = property;
    if (set === undefined) return undefined;
    if (!isJsonObject(item)) return this.fault('typeMismatch', target, `'${target}' must be an entity or a reference.`);
    if (control(item, 'removed') !== undefined)
      return this.fault('valueNotAllowed', target, `'${target}': what a whole collection does not name is removed.`);
    const named = this.#keyOfLinked(property, item, target);
    if (this.isReference(item)) {
      if (named === undefined) return undefined;
      const id = keyTextIn(set.type, named);
      this.links.push({ set, id, target });
      return id;
    }
    const { type } = this.saidType(declared, item);
    const reader = this.another();
    const key = named ?? (makesKeys(type) ? newKey(type) : this.wholeKey(type, {}, target));
    const about = { set, key, target };
    if (owner.mode === 'create' || named === undefined) {
      if (property.partner !== undefined) reader.given = type.navigation.get(property.partner);
      const entity = reader.newEntity(type, item, set.type, target);
      this.related.push({ ...about, kind: 'new', entity: { ...entity, key } });
    } else {
      const change = reader.change(type, item, owner.mode, { declared: set.type, target });
      const tag = this.format.heedsTags === true ? change.etag : undefined;
      const ifMatch = tag === undefined ? undefined : this.entityTags(tag, step(target, '@etag'));
      const precondition = ifMatch === undefined ? {} : { ifMatch };
      this.related.push({ ...about, kind: 'upsert', type, change, precondition });
    }
    for (const [name, inner] of reader.expand) expand.set(name, inner);
    this.absorb(reader);
    return hasWholeKey(type, key) ? keyTextIn(set.type, key) : undefined;
  }
}
