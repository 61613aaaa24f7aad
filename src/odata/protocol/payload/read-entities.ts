import { hasWholeKey, keyIn, keyPart, withKey } from '../edm/key-parts.js';
import { keyTextIn, makesKeys } from '../edm/key-text.js';
import { streamNames } from '../edm/streams.js';
import type { EntityType, NavigationProperty, StructuredType } from '../edm/model.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { namesEntity } from '../uri/entity-path.js';
import type { AtNavigation, BodyFormat, Handlers, Mode, Place } from './body-format.js';
import type {
  Change,
  ContentId,
  Inline,
  InsideCondition,
  InsideEntity,
  InsideType,
  NewEntity,
  Relations,
  StoredPath,
} from './change.js';
import { contentIdOf, control } from './control-information.js';
import { defaultsOf } from './default-values.js';
import { type EntityPlace, newKey, ReferenceReader, wasRead } from './read-references.js';
import { step } from './fault-collector.js';
import { hasDefault, isSaidByProperties, referenceOf, tie, tiedReferences } from './referential.js';
import type { Expansion } from './selection.js';
import { memberName, typeMember, versionMember } from './stored-entity.js';
import { keyedEntityPath } from './keyed-path.js';

/** What was read of a nested entity. */
interface Nested {
  readonly document: JsonObject;
  readonly key: JsonObject;
}

/** What is read of a nested collection. */
interface Members {
  /** By the names under which they are stored. */
  readonly members: JsonObject;
  readonly expand: Map<string, Expansion>;
}

/** An item of a delta payload: under which name its entity is stored, and whether it goes. */
export interface DeltaMember {
  readonly name: string;
  readonly removed?: 'deleted' | 'changed';
  readonly contentId?: ContentId;
}

/** A change of the entities of one collection; and the items that say so, where they are a delta payload. */
export interface MembersChange extends Change {
  readonly items: readonly DeltaMember[];
}

/**
 * What an entity that a merge may have to make is never without (OData CSDL 4.01, 7.2.7): one that is there has it. What may
 * be null may have been cleared.
 */
function neverAbsent(type: EntityType, said: JsonObject): JsonObject {
  const needed = defaultsOf(type).filter(
    ({ name, nullable, collection }) => !nullable && !collection && said[name] === undefined,
  );
  return Object.fromEntries(needed.map(({ name, default: value }) => [name, value ?? null]));
}

/** Reads the entity that a body is, and those inside it; what becomes of those has its place in the one patch. */
export class EntityBodyReader extends ReferenceReader {
  readonly #inside: InsideEntity[] = [];
  readonly #insideConditions: InsideCondition[] = [];
  readonly #insideTypes: InsideType[] = [];
  readonly #contentIds: { path: StoredPath; id: ContentId }[] = [];
  /** Of the items of a delta payload that is the body, in their order: under which names they are stored. */
  readonly #items: DeltaMember[] = [];
  readonly expand = new Map<string, Expansion>();
  etag: string | undefined;
  given: NavigationProperty | undefined;

  constructor(
    format: BodyFormat,
    private readonly entityUrl: string | undefined,
  ) {
    super(format);
  }

  protected another(): EntityBodyReader {
    return new EntityBodyReader(this.format, undefined);
  }

  /** A complex value may refer to entities (OData CSDL 4.01, 8), and carry annotations. They go where it is. */
  protected override structured(type: StructuredType, json: JsonObject, place: Place, handlers?: Handlers): JsonObject {
    if (type.kind === 'entity' || (type.navigation ?? type.carries) === undefined)
      return super.structured(type, json, place, handlers);
    const inner: JsonObject = {};
    const owner: EntityPlace = { ...place, url: undefined };
    const values = super.structured(type, json, place, {
      navigation: (at) => this.linkedAt(at, owner, { patch: inner, expand: new Map() }),
      control: (name, value, target) => {
        this.carried(type, [name, value], { ...owner, target }, inner);
      },
      inside: inner,
    });
    if (place.mode === 'replace') this.#uncarried(type, json, inner);
    return { ...values, ...inner };
  }

  /** A change that a part of the body says, with what it refers to. */
  protected partialChange(patch: JsonObject): Change {
    return { ...this.changeOf(patch), ...this.#inline() };
  }

  // ------------------------------------------------------------------------------------------------ New entities

  /** @param declared type of the place, where its URL says a derived one */
  newEntity(type: EntityType, body: JsonObject, declared: EntityType = type, target = ''): NewEntity {
    const place = { target, path: [], mode: 'create', url: undefined } as const;
    const { document, key } = this.#created(type, body, place, this.expand);
    if (type !== declared && document[typeMember] === undefined) document[typeMember] = type.qualifiedName;
    for (const name of makesKeys(type) || this.format.isPartial === true ? [] : type.key) {
      if (keyPart(type, name, key) === undefined) this.keyMissing(type, name, target);
    }
    return { properties: document, key, inside: this.#inside.map(({ path }) => path), ...this.#inline() };
  }

  #inline(): Inline & Relations {
    return {
      ...(this.links.length === 0 ? {} : { links: this.links }),
      ...(this.related.length === 0 ? {} : { related: this.related }),
      ...(this.expand.size === 0 ? {} : { expand: this.expand }),
      ...(this.#contentIds.length === 0 ? {} : { contentIds: this.#contentIds }),
    };
  }

  /** A new entity in stored form, its key beside it. */
  #created(declared: EntityType, body: JsonObject, place: EntityPlace, expand: Map<string, Expansion>): Nested {
    const { type } = this.saidType(declared, body);
    if (type.abstract) {
      this.fault('odataTypeMismatch', place.target, `An entity must say its type: ${type.qualifiedName} is abstract.`);
    }
    const inner: JsonObject = {};
    const values = this.structured(type, body, place, {
      navigation: (at) => this.#createdAt(at, place, inner, expand),
      control: (name, value, target) => {
        this.#annotation(name, value, place.path);
        this.carried(type, [name, value], { ...place, target }, inner);
      },
      inside: inner,
    });
    this.#tied(type, body, { values, inner }, place);
    const key = keyIn(type, values);
    const others = Object.entries(values).filter(([name]) => !type.key.includes(name));
    const named = type === declared ? {} : { [typeMember]: type.qualifiedName };
    return { document: { ...named, ...Object.fromEntries(others), ...inner }, key };
  }

  #createdAt(at: AtNavigation, owner: EntityPlace, result: JsonObject, expand: Map<string, Expansion>): void {
    const { property, value, target, as } = at;
    const { name, type, collection } = property;
    if (property.target !== undefined) return this.linkedAt(at, owner, { patch: result, expand });
    if (as === 'bind') return this.#refuseBinding(name, target);
    if (as === 'delta') {
      this.fault('valueNotAllowed', target, `'${target}': a new entity has nothing that could change.`);
      return;
    }
    if (!this.#isOfKind(property, value, target)) return;
    if (value === null) return property.nullable ? undefined : this.neverNull(target);
    const inside = new Map<string, Expansion>();
    const place = (path: StoredPath, inner: string): EntityPlace => ({
      target: inner,
      path,
      mode: 'create',
      url: undefined,
    });
    const path = [...owner.path, name];
    if (!collection) {
      const { document, key } = this.#created(type, value as JsonObject, place(path, target), inside);
      const isMade = makesKeys(type) && this.format.isOwn !== true;
      const isGiven = this.format.isPartial === true;
      const made = isMade ? newKey(type) : isGiven ? key : this.wholeKey(type, key, target);
      result[name] = withKey(type, made, document);
      this.#inside.push({ path });
    } else {
      const members: JsonObject = {};
      for (const [index, item] of (value as JsonObject[]).entries()) {
        const inner = step(target, index);
        const member = this.#memberName(type, item, inner);
        const read = this.#created(type, item, place([...path, member.name], inner), inside);
        if (Object.hasOwn(members, member.name)) this.twice(inner);
        members[member.name] = withKey(type, member.key, read.document);
        this.#inside.push({ path: [...path, member.name] });
      }
      if (Object.keys(members).length > 0) result[name] = members;
    }
    expand.set(name, inside.size === 0 ? {} : { expand: inside });
  }

  #isOfKind({ collection }: NavigationProperty, value: JsonValue, target: string): boolean {
    if (!collection) {
      if (value === null || (isJsonObject(value) && !this.isReference(value))) return true;
      if (isJsonObject(value)) this.#refuseBinding(target, target);
      else this.fault('typeMismatch', target, `'${target}' must be an entity or null.`);
      return false;
    }
    if (Array.isArray(value) && value.every((item) => isJsonObject(item))) return true;
    this.fault('typeMismatch', target, `'${target}' must be an array of entities.`);
    return false;
  }

  /** The key of a member out of its body, or a new one; and the name under which it is stored. */
  #memberName(type: EntityType, item: JsonObject, target: string): { readonly name: string; readonly key: JsonObject } {
    const key = this.key(type, item, target) ?? (makesKeys(type) ? newKey(type) : this.wholeKey(type, {}, target));
    // What is not whole is a fault already.
    const name = hasWholeKey(type, key) ? keyTextIn(type, key) : target;
    return { key, name: memberName(name) };
  }

  // ----------------------------------------------------------------------------------------------------- Changes

  /** @param declared type of the place, where the entity is known to be of a derived one */
  change(
    type: EntityType,
    body: JsonObject,
    mode: 'merge' | 'replace',
    { declared, target = '' }: { readonly declared?: EntityType | undefined; readonly target?: string } = {},
  ): Change {
    const place = { target, path: [], mode, url: this.entityUrl, declared };
    return this.#written(this.#changed(type, body, place, this.expand));
  }

  /**
   * What becomes of the entities of one collection: they are all of it (`replace`), or what changes of it (`merge`; OData
   * 4.01 Protocol 11.4.12).
   */
  members(property: NavigationProperty, value: JsonValue, mode: 'merge' | 'replace'): MembersChange {
    const owner = { target: '', path: [], mode, url: this.entityUrl };
    const patch: JsonObject = {};
    const at = { property, value, target: 'value', as: mode === 'replace' ? 'value' : 'delta' } as const;
    if (property.target !== undefined) {
      const expand = new Map<string, Expansion>();
      this.linkedAt(at, owner, { patch, expand });
      for (const [name, inner] of expand.get(property.name)?.expand ?? []) this.expand.set(name, inner);
    } else if (mode === 'replace') this.#allAt(at, owner, patch, this.expand);
    else this.#deltaAt(at, owner, patch, this.expand);
    return { ...this.#written(patch), items: this.#items };
  }

  #written(patch: JsonObject): Change {
    return {
      ...this.changeOf(patch, this.etag),
      ...(this.#inside.length === 0 ? {} : { inside: this.#inside }),
      ...(this.#insideConditions.length === 0 ? {} : { insideConditions: this.#insideConditions }),
      ...(this.#insideTypes.length === 0 ? {} : { insideTypes: this.#insideTypes }),
      ...this.#inline(),
    };
  }

  /** The patch of one entity. */
  #changed(type: EntityType, body: JsonObject, place: EntityPlace, expand: Map<string, Expansion>): JsonObject {
    const { mode, path } = place;
    if (mode === 'replace' && type.open) this.retain.push({ path, names: this.#kept(type) });
    const inner: JsonObject = {};
    const values = this.structured(type, body, place, {
      navigation: (at) => this.#changedAt(at, place, inner, expand),
      control: (name, value, target) => {
        this.#annotation(name, value, path);
        this.carried(type, [name, value], { ...place, target }, inner);
        if (name === '@id') this.#identity(value, place.url, target);
        else if (name === '@etag' && this.format.version !== '4.0') this.#entityTag(value, place, target);
      },
    });
    this.#tied(type, body, { values, inner }, place);
    if (mode === 'replace') this.#uncarried(type, body, inner);
    return { ...values, ...inner };
  }

  /** What a replacement does not name is gone. */
  #uncarried({ carries }: StructuredType, body: JsonObject, into: JsonObject): void {
    for (const name of carries?.keys() ?? []) if (!Object.hasOwn(body, name)) into[name] = null;
  }

  /** An annotation that a value carries (JSON Format 20): its value is as that of a property, and always whole. */
  protected carried(
    { carries }: Pick<StructuredType, 'carries'>,
    [name, value]: readonly [string, JsonValue],
    { target, path, mode }: EntityPlace,
    into: JsonObject,
  ): void {
    const property = carries?.get(name);
    if (property === undefined) return;
    const at = [...path, name];
    const read = this.property(property, value, { target, path: at, mode: 'create' });
    if (mode !== 'create' && isJsonObject(read)) this.clear.push(at);
    if (read !== undefined) into[name] = read;
    else if (mode !== 'create') into[name] = null;
  }

  /** What references and the properties with the keys of their targets say of each other. */
  #tied(
    type: EntityType,
    body: JsonObject,
    { values, inner }: { readonly values: JsonObject; readonly inner: JsonObject },
    { mode, target }: EntityPlace,
  ): void {
    if (tiedReferences(type).length === 0) return;
    const patch = { ...values, ...inner };
    const isSaid = (name: string): boolean => Object.hasOwn(body, name);
    this.links.push(...tie(type, { patch, isSaid, isNew: mode === 'create', target, fault: this.onFault }));
    Object.assign(values, patch);
  }

  #says(json: JsonObject, property: NavigationProperty): boolean {
    const { name, constraints } = property;
    if (property === this.given) return true;
    if (isSaidByProperties(property) && constraints?.every(({ dependent }) => Object.hasOwn(json, dependent)) === true)
      return true;
    const isBinding = (member: string): boolean =>
      member.startsWith(`${name}@`) && this.known(member.slice(name.length)) === '@bind';
    return Object.hasOwn(json, name) || Object.keys(json).some(isBinding);
  }

  protected override isSaidElsewhere(type: StructuredType, json: JsonObject, name: string): boolean {
    const reference = type.kind === 'entity' ? referenceOf(type, name) : undefined;
    return reference !== undefined && this.#says(json, reference);
  }

  protected override missing(type: StructuredType, json: JsonObject, target: string): void {
    super.missing(type, json, target);
    if (this.format.isPartial === true) return;
    for (const property of type.navigation?.values() ?? [])
      if (!property.nullable && property.isOwner !== true && !hasDefault(type, property) && !this.#says(json, property))
        this.mustBeGiven(step(target, property.name));
  }

  /** What a replacement of an entity of an open type leaves: what is declared, of which the patch says what becomes. */
  #kept(type: EntityType): readonly string[] {
    return [versionMember, typeMember, ...type.properties.keys(), ...type.navigation.keys(), ...streamNames(type)];
  }

  /** Of an entity inside, its tag is compared where that of the whole is. */
  #entityTag(value: JsonValue, { path }: EntityPlace, target: string): void {
    if (typeof value !== 'string') this.fault('typeMismatch', target, `'${target}' must be an entity tag.`);
    else if (path.length === 0) this.etag = value;
    else if (this.format.heedsTags === true) {
      const ifMatch = this.entityTags(value, target);
      if (ifMatch !== undefined) this.#insideConditions.push({ path, ifMatch });
    }
  }

  #changedAt(at: AtNavigation, owner: EntityPlace, patch: JsonObject, expand: Map<string, Expansion>): void {
    const { property, target, as } = at;
    const { name, collection } = property;
    if (property.target !== undefined) return this.linkedAt(at, owner, { patch, expand });
    if (as === 'bind') return this.#refuseBinding(name, target);
    if (this.isCarried(owner, at)) return;
    if (this.format.version === '4.0' && !wasRead(at)) {
      const url = `Change the entity at its own URL, …/${name}.`;
      this.fault('inlineEntityNotAllowed', target, `An OData 4.0 update cannot carry '${target}' inline. ${url}`);
      return;
    }
    const inside = new Map<string, Expansion>();
    const isChanged =
      as === 'delta'
        ? this.#deltaAt(at, owner, patch, inside)
        : collection
          ? this.#allAt(at, owner, patch, inside)
          : this.#oneAt(at, owner, patch, inside);
    if (isChanged) expand.set(name, inside.size === 0 ? {} : { expand: inside });
  }

  #urlOf(owner: EntityPlace, { name }: NavigationProperty): string | undefined {
    return owner.url === undefined ? undefined : `${owner.url}/${name}`;
  }

  #oneAt(
    { property, value, target }: AtNavigation,
    owner: EntityPlace,
    patch: JsonObject,
    expand: Map<string, Expansion>,
  ): boolean {
    const { name } = property;
    if (!this.#isOfKind(property, value, target)) return false;
    const path = [...owner.path, name];
    // What is contained and null is removed, with everything in it.
    if (value === null) {
      if (property.nullable) this.clear.push(path);
      else this.neverNull(target);
      return false;
    }
    const body = value as JsonObject;
    if (control(body, 'removed') !== undefined) {
      this.fault('notImplemented', target, `'@removed' inside '${target}' is not heeded: null removes it.`);
      return false;
    }
    const place = { target, path, mode: owner.mode, url: this.#urlOf(owner, property) };
    const { type, named } = this.#typeInside(property, body, place);
    if (owner.mode === 'merge') this.missing(type, body, target);
    const read = { ...named, ...this.#changed(type, body, place, expand) };
    patch[name] = read;
    if (owner.mode === 'merge') this.mayMake(type, path, read);
    const key = makesKeys(type) ? newKey(type) : this.#memberName(type, body, target).key;
    this.#inside.push({ path, defaults: { ...neverAbsent(type, read), ...key } });
    return true;
  }

  /** 11.4.3.1: a nested collection is the whole of it; what it does not name is deleted. */
  #allAt(at: AtNavigation, owner: EntityPlace, patch: JsonObject, expand: Map<string, Expansion>): boolean {
    const { property, value, target } = at;
    if (!this.#isOfKind(property, value, target)) return false;
    const path = [...owner.path, property.name];
    const members: JsonObject = {};
    for (const [index, item] of (value as JsonObject[]).entries()) {
      const inner = step(target, index);
      if (control(item, 'removed') !== undefined) {
        this.fault('valueNotAllowed', inner, `'${inner}': what a whole collection does not name is removed.`);
        continue;
      }
      this.#memberAt(property, item, { owner, target: inner, mode: owner.mode }, { members, expand });
    }
    const names = Object.keys(members);
    this.retain.push({ path, names });
    if (names.length > 0) patch[property.name] = members;
    return true;
  }

  /** 11.4.3.1: a nested delta payload adds, changes and removes. */
  #deltaAt(at: AtNavigation, owner: EntityPlace, patch: JsonObject, expand: Map<string, Expansion>): boolean {
    const { property, value, target } = at;
    if (owner.mode === 'replace') {
      this.fault('valueNotAllowed', target, `'${target}' is a change, which only PATCH can carry.`);
      return false;
    }
    if (!property.collection) {
      this.fault('valueNotAllowed', target, `'${target}': only a collection has a delta.`);
      return false;
    }
    if (!this.#isOfKind(property, value, target)) return false;
    const members: JsonObject = {};
    const gone = new Set<string>();
    for (const [index, item] of (value as JsonObject[]).entries()) {
      const inner = step(target, index);
      if (control(item, 'removed') === undefined) {
        const name = this.#memberAt(property, item, { owner, target: inner, mode: 'merge' }, { members, expand });
        this.itemRead(owner, item, name);
        continue;
      }
      const { name } = this.#identified(property, item, owner, inner);
      this.itemRead(owner, item, name);
      if (Object.hasOwn(members, name) || gone.has(name)) this.twice(inner);
      gone.add(name);
    }
    for (const name of gone) {
      if (Object.hasOwn(members, name)) this.twice(target);
      this.clear.push([...owner.path, property.name, name]);
    }
    if (Object.keys(members).length > 0) patch[property.name] = members;
    return true;
  }

  /** One member of a nested collection: a change where it is there, else a new one. */
  #memberAt(
    property: NavigationProperty,
    item: JsonObject,
    { owner, target, mode }: { readonly owner: EntityPlace; readonly target: string; readonly mode: Mode },
    { members, expand }: Members,
  ): string {
    const { name, key, isById } = this.#identified(property, item, owner, target);
    if (Object.hasOwn(members, name)) this.twice(target);
    const path = [...owner.path, property.name, name];
    const collection = this.#urlOf(owner, property);
    const url = collection && keyedEntityPath({ url: collection, text: collection }, property.type, key).url;
    const place = { target, path, mode, url: isById ? undefined : url };
    const { type, named } = this.#typeInside(property, item, place);
    // It may have to be made.
    if (mode === 'merge') this.missing(type, item, target);
    const read = { ...named, ...withKey(type, key, this.#changed(type, item, place, expand)) };
    members[name] = read;
    if (mode === 'merge') this.mayMake(type, path, read);
    const defaults = neverAbsent(type, read);
    this.#inside.push(Object.keys(defaults).length === 0 ? { path } : { path, defaults });
    return name;
  }

  protected override itemRead({ path }: EntityPlace, item: JsonObject, name: string): void {
    if (path.length > 0) return;
    const removed = control(item, 'removed');
    const isGone = isJsonObject(removed) && removed.reason === 'deleted';
    const contentId = contentIdOf(item);
    const about = contentId === undefined ? { name } : { name, contentId };
    this.#items.push(removed === undefined ? about : { ...about, removed: isGone ? 'deleted' : 'changed' });
  }

  /** The type of an entity inside, as the body says it (JSON Format 4.5.3); one that is there keeps the type that it has. */
  #typeInside(
    { type: declared }: NavigationProperty,
    item: JsonObject,
    { path, mode, target }: EntityPlace,
  ): { readonly type: EntityType; readonly named: JsonObject } {
    if (declared.derived.length === 0) return { type: declared, named: {} };
    const { type, isSaid } = this.saidType(declared, item);
    if (type.abstract)
      this.fault('odataTypeMismatch', target, `'${target}' must say its type: ${type.qualifiedName} is abstract.`);
    // What a merge does not say stays as it is.
    if (!isSaid && mode === 'merge') return { type, named: {} };
    this.#insideTypes.push({ path, declared, type, target });
    return { type, named: { [typeMember]: type === declared ? null : type.qualifiedName } };
  }

  /** The key of a member, which its id may say too. */
  #identified(property: NavigationProperty, item: JsonObject, owner: EntityPlace, target: string) {
    const { type, name } = property;
    const id = control(item, 'id');
    const hasKey = this.hasKey(type, item);
    if (id === undefined || hasKey) return { ...this.#memberName(type, item, target), isById: false };
    const key =
      typeof id === 'string' ? this.format.entityIds?.keyOf(property, id, this.#urlOf(owner, property)) : undefined;
    if (key !== undefined) return { key, name: memberName(keyTextIn(type, key)), isById: true };
    this.fault('entityIdMismatch', step(target, '@id'), `'@id' names no member of '${name}'.`);
    return { key: {}, name: target, isById: true };
  }

  /**
   * OData 4.01 Protocol 11.4.3: the identity of an entity cannot change, nor can that of one that is inside; inside a new
   * entity there is none to compare with.
   */
  #identity(value: JsonValue, url: string | undefined, target: string): void {
    if (url === undefined || namesEntity(value, url)) return;
    this.fault('entityIdMismatch', target, `'${target}' names another entity than the one in its place.`);
  }

  #annotation(name: string, value: JsonValue, path: StoredPath): void {
    const id = path.length === 0 ? undefined : contentIdOf({ [name]: value });
    if (id !== undefined) this.#contentIds.push({ path, id });
  }

  #refuseBinding(property: string, target: string): void {
    this.fault('bindNotAllowed', target, `'${property}' contains its entity; it cannot be bound to another one.`);
  }
}
