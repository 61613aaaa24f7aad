import { keyOf, keyTextIn, makesKeys, takesKeys } from '../protocol/edm/key-text.js';
import type { EntitySet, EntityType, Model } from '../protocol/edm/model.js';
import { mediaName, streamIn } from '../protocol/edm/streams.js';
import { refuseConditions } from '../protocol/headers/precondition.js';
import { isJsonObject, type JsonObject } from '../protocol/json/json-value.js';
import { annotated, type NewEntity } from '../protocol/payload/change.js';
import { type Body, readChange, readNewEntity, saidType } from '../protocol/payload/read-body.js';
import { memberName, pathOf, type StoredEntity, typeMember } from '../protocol/payload/stored-entity.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';
import type { BoundPath } from '../protocol/query/bound.js';
import { canonicalPath, collectionOf } from '../protocol/query/canonical-path.js';
import { EntityUpdates, isExactly, keyIsTaken, refuse, type Target } from './entity-updates.js';
import { wholeKey } from './entity-key.js';
import type { Caller } from './caller.js';
import { insideValue, requireValue, valueNames } from './complex-values.js';
import type { Entities } from './entities.js';
import { addressedType, declaredType, entityAddress } from './entity-address.js';
import type { EntityRequest } from './entity-request.js';
import { ModifiedEntity } from './modified-entity.js';
import { checkQueryOptions, entityQuery, noQuery } from './query-support.js';
import { empty, type ODataResult } from './results.js';

/** The type of a stored entity. */
function storedType(declared: EntityType, entity: StoredEntity): EntityType {
  return declared.derived.find(({ qualifiedName }) => qualifiedName === entity[typeMember]) ?? declared;
}

/** A new entity in a collection of references is referred to, and refers back where that has a partner (CSDL 8.3). */
function referringBack(path: BoundPath, body: Body): Body {
  const property = path.steps.at(-1)?.property;
  const partner =
    property?.kind === 'navigation' && !property.containsTarget
      ? property.type.navigation.get(property.partner ?? '')
      : undefined;
  const name = `${partner?.name ?? ''}@odata.bind`;
  if (partner === undefined || !isJsonObject(body.value) || Object.hasOwn(body.value, name)) return body;
  const { url } = canonicalPath({ ...path, steps: path.steps.slice(0, -1) });
  return { ...body, value: { ...body.value, [name]: partner.collection ? [url] : url } };
}

/** Requests that make, change or delete one entity: a member of a set, a singleton, or what one of them contains. */
export class EntityModifier {
  readonly #apply: EntityUpdates;

  constructor(
    private readonly model: Model,
    private readonly entities: Entities,
  ) {
    this.#apply = new EntityUpdates(entities);
  }

  /** POST to a collection of entities (OData 4.01 Protocol 11.4.2). */
  async create(path: BoundPath, request: EntityRequest): Promise<ODataResult> {
    const { protocol, caller } = request;
    refuseConditions(protocol.precondition);
    checkQueryOptions(protocol.query, entityQuery);
    const type = path.type.item as EntityType;
    const declared = declaredType(path);
    const answer = new ModifiedEntity(this.model, this.entities, { type, query: protocol.query });
    const entity = await this.#newEntity({ type, declared, path }, request);
    const collection = canonicalPath(path);
    const needs = { ...answer.needs(entity), ...entity };
    const { value, at, selection } = await this.#apply.together(needs, caller, async () => {
      const made = await this.#createIn(path, { ...entity, key: wholeKey(declared, entity.key) }, caller);
      const where = keyedEntityPath(collection, declared, made);
      return { at: where, ...(await answer.of(made, { path: where, caller, inline: entity })) };
    });
    return {
      kind: 'entity',
      place: { type: declared, path: at, set: { name: collection.text } },
      value: annotated(value, entity),
      selection,
      effect: 'created',
    };
  }

  /** What a body says of a new entity; that of a media entity is its media, and says nothing of the rest (11.4.7.1). */
  async #newEntity(
    { type, declared, path }: { readonly type: EntityType; readonly declared: EntityType; readonly path: BoundPath },
    request: EntityRequest,
  ): Promise<NewEntity> {
    const { bodyFormat, media, caller } = request;
    const stream = streamIn(type, mediaName);
    if (stream === undefined) return readNewEntity(type, referringBack(path, request.body), bodyFormat, declared);
    const { steps, root } = path;
    this.entities.access.requireOperation(caller, root, steps.length === 0 ? 'create' : 'update');
    const entity = readNewEntity(type, { value: {}, duplicates: [] }, bodyFormat, declared);
    const kept = await this.entities.streams.keep(stream, media, caller);
    return { ...entity, properties: { ...entity.properties, [mediaName]: kept } };
  }

  /**
   * Makes an entity in a collection.
   * @throws ODataError 404 where there is none to hold it, 409 where its key is taken
   */
  async #createIn(path: BoundPath, entity: NewEntity, caller: Caller): Promise<StoredEntity> {
    const type = declaredType(path);
    const step = path.steps.at(-1);
    const target = step?.property.kind === 'navigation' ? step.property.target : undefined;
    if (step !== undefined && target !== undefined) return this.#createLinked(path, target, { entity, caller });
    if (step === undefined) {
      const set = path.root as EntitySet;
      return (await this.entities.create(set, entity, caller)) ?? keyIsTaken(type, entity.key);
    }
    const owner = entityAddress(path);
    const member = memberName(keyTextIn(type, entity.key));
    const address = { ...owner, at: [...owner.at, { name: step.property.name, member }] };
    const made = await this.entities.createInside(address, entity, caller);
    if (made === 'taken') return keyIsTaken(type, entity.key);
    return typeof made === 'string' ? refuse(made, canonicalPath(path).text) : made;
  }

  /** 11.4.2: an entity that is made in a collection of references is a member of their set, and referred to. */
  #createLinked(
    path: BoundPath,
    target: EntitySet,
    { entity, caller }: { readonly entity: NewEntity; readonly caller: Caller },
  ): Promise<StoredEntity> {
    const name = path.steps.at(-1)?.property.name ?? '';
    return this.entities.atomically(async () => {
      const made = (await this.entities.create(target, entity, caller)) ?? keyIsTaken(target.type, entity.key);
      const id = keyTextIn(target.type, made);
      const names = valueNames(path) ?? [];
      const at = entityAddress(path);
      await requireValue(at, names, { entities: this.entities, caller });
      const link = { patch: { [name]: { [memberName(id)]: id } }, etag: undefined, precondition: {} };
      const owner = await this.entities.change(at, insideValue(names, link), caller);
      return typeof owner === 'string' ? refuse(owner, canonicalPath(path).text) : made;
    });
  }

  /** PATCH or PUT of one entity (11.4.3 and 11.4.4). */
  async update(path: BoundPath, request: EntityRequest): Promise<ODataResult> {
    const { protocol, caller } = request;
    checkQueryOptions(protocol.query, entityQuery);
    const { query, preferences, precondition } = protocol;
    const answer = new ModifiedEntity(this.model, this.entities, { type: addressedType(path), query });
    const isAsked = preferences.createIfMissing || precondition.ifNoneMatch === '*';
    const upserts = isAsked || this.entities.access.upserts(path.root);
    const target = await this.#target(path, caller);
    const type = target.isThere ? target.type : saidType(target.type, request.body, request.bodyFormat);
    const at = canonicalPath(path);
    const kind: 'merge' | 'replace' = request.method === 'PUT' ? 'replace' : 'merge';
    const options = { entityUrl: at.url, mode: kind, declared: target.declared };
    const change = readChange(type, request.body, request.bodyFormat, options);
    const conditional = { ...change, kind, precondition: request.conditions(change.etag) };
    const { created, value, selection } = await this.#apply.together(answer.needs(change), caller, async () => {
      const updated = await this.#apply.upsert({ ...target, type }, conditional, { upserts, caller });
      return { ...updated, ...(await answer.of(updated.entity, { path: at, caller, inline: change })) };
    });
    const collection = collectionOf(path);
    return {
      kind: 'entity',
      place: { type: target.declared, path: at, ...(collection === undefined ? {} : { set: { name: collection } }) },
      value: annotated(value, change),
      selection,
      effect: created ? 'created' : 'updated',
      changed: change.patch,
      applied: preferences.createIfMissing ? ['create-if-missing'] : [],
    };
  }

  /**
   * The entity that a path leads to. Where others derive from the type that the path gives it, its own is looked up; the
   * write then asks that it still is of that one.
   */
  async #target(path: BoundPath, caller: Caller): Promise<Target & { readonly isThere: boolean }> {
    const address = entityAddress(path);
    const [type, declared] = [addressedType(path), declaredType(path)];
    const keyToMake = () => this.#keyToMake(path, declared);
    if (type.derived.length === 0) return { address, type, declared, keyToMake, isThere: true };
    const found = await this.entities.find(address, caller);
    if (found === undefined) return { address, type, declared, keyToMake, isThere: false };
    const own = storedType(declared, found);
    const conditions = [...address.conditions, isExactly(own, declared, pathOf(address.at))];
    // One that a type cast leaves out is not there.
    const known = own === type || type.derived.includes(own) ? own : type;
    return { address: { ...address, conditions }, type: known, declared, keyToMake, isThere: true };
  }

  /** The key that an entity gets where it is made by its own URL; undefined where it cannot be. */
  #keyToMake({ key, steps }: BoundPath, declared: EntityType): JsonObject | undefined {
    const last = steps.at(-1);
    const text = last === undefined ? key : last.key;
    if (text !== undefined && takesKeys(declared)) return keyOf(declared, text);
    // A singleton, and what is contained and single, have no key in their URL.
    return text === undefined && makesKeys(declared) ? wholeKey(declared, {}) : undefined;
  }

  /** DELETE of one entity, and of what it contains (11.4.5). */
  async remove(path: BoundPath, { protocol, caller }: EntityRequest): Promise<ODataResult> {
    checkQueryOptions(protocol.query, noQuery);
    await this.#apply.remove(entityAddress(path), protocol.precondition, caller);
    return empty;
  }
}
