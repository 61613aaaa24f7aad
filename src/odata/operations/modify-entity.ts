import { randomUUID } from 'node:crypto';
import type { Caller } from './caller.js';
import { keyText, makesKeys } from '../protocol/edm/key-text.js';
import type { EntitySet, EntityType, Model } from '../protocol/edm/model.js';
import type { JsonObject } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import {
  annotated,
  type NewEntity,
  newEntityOf,
  type RelatedEntity,
  type Relations,
} from '../protocol/payload/change.js';
import { checkWhole, readChange, readNewEntity, saidType } from '../protocol/payload/read-body.js';
import { memberName, pathOf, type StoredEntity, typeMember } from '../protocol/payload/stored-entity.js';
import { keyedEntityPath } from '../protocol/payload/write-entity.js';
import { type Precondition, restrict } from '../protocol/headers/precondition.js';
import { type BoundPath, type EntityCondition, single } from '../protocol/query/bound.js';
import { canonicalPath, collectionOf, keyOf } from '../protocol/query/canonical-path.js';
import { deltaIn, etagInBody } from '../http/decorators.js';
import { applyDelta, type ReadableItem } from './delta-update.js';
import { addressedType, declaredType, entityAddress } from './entity-address.js';
import type { ConditionalWrite, EntityAddress, EntityWriter } from './entity-writer.js';
import { holdLinked } from './hold-linked.js';
import type { Served } from '../http/model-token.js';
import { ModifiedEntity } from './modified-entity.js';
import type { Exchange } from './modify-members.js';
import { bodyFormatOf } from '../http/protocol.js';
import { checkQueryOptions, entityQuery, noQuery } from './query-support.js';
import { refuseConditions } from './refuse-conditions.js';
import { parseBody } from '../http/request-body.js';
import { empty, type ODataResult } from './results.js';

/** An entity that is to be changed. */
export interface Target {
  readonly address: EntityAddress;
  /** Its own type, and the one that its place declares. */
  readonly type: EntityType;
  readonly declared: EntityType;
  /** The key that it gets where it is made; undefined where it cannot be. */
  readonly key: JsonObject | undefined;
}

/** An entity after an update, and whether the update made it. */
export interface Updated {
  readonly entity: StoredEntity;
  readonly created: boolean;
}

/** What a write needs beside it, or is bounded by. */
interface Needs extends Relations {
  /** The entities inside that it names. */
  readonly inside?: readonly unknown[];
  /** The answer is read in the same transaction. */
  readonly isRead?: boolean;
}

/** The condition that an entity is of exactly the type that it was found to be of. */
export function isExactly(type: EntityType, declared: EntityType, path: readonly string[]): EntityCondition {
  const item = { kind: 'entity' as const, type: declared };
  const operand = { kind: 'member' as const, instance: item, path: [], type: single(declared) };
  const isOf = { kind: 'isOf' as const, operand, names: [type.qualifiedName], declared: declared.qualifiedName };
  return { path, item, filters: [{ ...isOf, type: single(undefined) }] };
}

/** The type of a stored entity. */
function storedType(declared: EntityType, entity: StoredEntity): EntityType {
  return declared.derived.find(({ qualifiedName }) => qualifiedName === entity[typeMember]) ?? declared;
}

/** The key of a new entity: what the client gave, or one that the service makes. */
function wholeKey(type: EntityType, key: JsonObject): JsonObject {
  const [name = ''] = type.key;
  return makesKeys(type) && key[name] === undefined ? { [name]: randomUUID() } : key;
}

/** Whether clients may say the key of a new entity of a type. */
function takesKeys({ key, properties }: EntityType): boolean {
  return key.every((name) => properties.get(name)?.computed !== true);
}

function keyIsTaken({ key: [target = ''] }: EntityType, key: JsonObject): never {
  const text = Object.values(key).map(String).join(', ').slice(0, 200);
  throw new ODataError('keyAlreadyExists', `An entity with the key '${text}' exists already.`, { target });
}

/** @throws ODataError 404, 412 */
export function refuse(outcome: 'missing' | 'refused' | 'taken', what: string): never {
  if (outcome === 'missing') {
    throw new ODataError('resourceNotFound', `There is no resource at '${what.slice(0, 200)}'.`);
  }
  throw new ODataError('entityTagDoesNotMatch', 'The entity has changed, or its existence contradicts the condition.', {
    target: 'If-Match',
  });
}

/**
 * Modification of entities that have no rules beside those of the model: members of sets, singletons, and what they
 * contain, at whatever depth.
 */
export class EntityModifier {
  private readonly model: Model;

  constructor(
    private readonly served: Served,
    private readonly writer: EntityWriter,
  ) {
    this.model = served.model;
  }

  /**
   * The entities of a module are its own: it has rules for them, also where another entity refers to them.
   * @throws ODataError 501
   */
  #requireModifiable({ name }: EntitySet, target?: string): void {
    if (this.served.modifiable.includes(name)) return;
    const message = `Members of ${name} are made and changed by their own URL only.`;
    throw new ODataError('notImplemented', message, target === undefined ? {} : { target });
  }

  /** POST to a collection of entities (OData 4.01 Protocol 11.4.2). */
  async create(path: BoundPath, { request, protocol, caller }: Exchange): Promise<ODataResult> {
    refuseConditions(protocol.precondition);
    checkQueryOptions(protocol.query, entityQuery);
    const type = path.type.item as EntityType;
    const declared = declaredType(path);
    const answer = new ModifiedEntity(this.model, this.writer, { type, query: protocol.query });
    const entity = readNewEntity(type, parseBody(request), bodyFormatOf(request), declared);
    const collection = canonicalPath(path);
    const { value, at, selection } = await this.#together({ ...answer.needs(entity), ...entity }, caller, async () => {
      const made = await this.createIn(path, { ...entity, key: wholeKey(declared, entity.key) }, caller);
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

  /**
   * Does work, in a transaction with what it needs beside it: entities that the body carries are made or changed first,
   * those that it refers to must be there.
   * @throws ODataError 400 for a reference to nothing; of the other entities, with their places in the body
   */
  async #together<T>(
    { links = [], related = [], inside = [], isRead = false }: Needs,
    caller: Caller,
    work: () => Promise<T>,
  ): Promise<T> {
    const count = inside.length + related.length;
    if (count > this.writer.mostChanges) {
      const message = `The body carries ${count} entities; it may carry ${this.writer.mostChanges} (MAX_CHANGES).`;
      throw new ODataError('tooManyChanges', message);
    }
    if (links.length === 0 && related.length === 0 && !isRead) return work();
    return this.writer.atomically(async () => {
      for (const one of related.filter(({ kind }) => kind !== 'delete')) await this.#relate(one, caller);
      await holdLinked(links, this.writer, caller);
      const result = await work();
      for (const one of related.filter(({ kind }) => kind === 'delete')) await this.#relate(one, caller);
      return result;
    });
  }

  async #relate(one: RelatedEntity, caller: Caller): Promise<void> {
    const { set, key, target } = one;
    const { type: declared } = set;
    this.#requireModifiable(set, target);
    try {
      if (one.kind === 'new') {
        await this.#together(one.entity, caller, async () => {
          const made = await this.writer.create(set, one.entity, caller);
          if (made === undefined) keyIsTaken(declared, key);
        });
        return;
      }
      const address = { set, id: keyText(declared, Object.values(key)), at: [], conditions: [] };
      if (one.kind === 'delete') await this.removeAt(address, {}, caller);
      else {
        const conditions = one.type === declared ? [] : [isExactly(one.type, declared, [])];
        const entity = {
          address: { ...address, conditions },
          type: one.type,
          declared,
          key: takesKeys(declared) ? key : undefined,
        };
        await this.apply(entity, { ...one.change, precondition: {} }, { upserts: true, caller });
      }
    } catch (error) {
      if (!(error instanceof ODataError) || error.target?.startsWith(target) === true) throw error;
      throw new ODataError(error.code, error.message, { target, cause: error });
    }
  }

  /**
   * Makes an entity in a collection.
   * @throws ODataError 404 where there is none to hold it, 409 where its key is taken
   */
  async createIn(path: BoundPath, entity: NewEntity, caller: Caller): Promise<StoredEntity> {
    const type = declaredType(path);
    const step = path.steps.at(-1);
    const target = step?.property.kind === 'navigation' ? step.property.target : undefined;
    if (step !== undefined && target !== undefined) return this.#createLinked(path, target, { entity, caller });
    if (step === undefined) {
      return (await this.writer.create(path.root as EntitySet, entity, caller)) ?? keyIsTaken(type, entity.key);
    }
    const owner = entityAddress(path);
    const member = memberName(keyText(type, Object.values(entity.key)));
    const made = await this.#makeAt(
      { ...owner, at: [...owner.at, { name: step.property.name, member }] },
      entity,
      caller,
    );
    if (made === 'taken') return keyIsTaken(type, entity.key);
    return typeof made === 'string' ? refuse(made, canonicalPath(path).text) : made;
  }

  /** 11.4.2: an entity that is made in a collection of references is a member of their set, and referred to. */
  #createLinked(
    path: BoundPath,
    target: EntitySet,
    { entity, caller }: { readonly entity: NewEntity; readonly caller: Caller },
  ): Promise<StoredEntity> {
    this.#requireModifiable(target);
    const id = keyText(target.type, Object.values(entity.key));
    const link = { patch: { [path.steps.at(-1)?.property.name ?? '']: { [memberName(id)]: id } }, etag: undefined };
    return this.writer.atomically(async () => {
      const made = (await this.writer.create(target, entity, caller)) ?? keyIsTaken(target.type, entity.key);
      const owner = await this.writer.change(entityAddress(path), { ...link, precondition: {} }, caller);
      return typeof owner === 'string' ? refuse(owner, canonicalPath(path).text) : made;
    });
  }

  /** Makes an entity inside another one. */
  #makeAt(address: EntityAddress, { properties, key, inside }: NewEntity, caller: Caller) {
    const made = { patch: {}, orCreate: { ...key, ...properties }, inside: inside.map((path) => ({ path })) };
    return this.writer.change(address, { ...made, etag: undefined, onlyNew: true, precondition: {} }, caller);
  }

  /** PATCH or PUT of one entity (11.4.3 and 11.4.4). */
  async update(path: BoundPath, { request, protocol, caller }: Exchange): Promise<ODataResult> {
    checkQueryOptions(protocol.query, entityQuery);
    const { query, preferences, precondition } = protocol;
    const answer = new ModifiedEntity(this.model, this.writer, { type: addressedType(path), query });
    const body = parseBody(request);
    const format = bodyFormatOf(request);
    const upserts = preferences.createIfMissing || precondition.ifNoneMatch === '*';
    const target = await this.#target(path, caller);
    const type = target.isThere ? target.type : saidType(target.type, body, format);
    const at = canonicalPath(path);
    const mode = request.method === 'PUT' ? 'replace' : 'merge';
    const change = readChange(type, body, format, { entityUrl: at.url, mode, declared: target.declared });
    const heeded = etagInBody(request, change.etag);
    const conditional = {
      ...change,
      precondition: heeded === undefined ? precondition : restrict(precondition, heeded),
    };
    const { created, value, selection } = await this.#together(answer.needs(change), caller, async () => {
      const updated = await this.apply({ ...target, type }, conditional, { upserts, caller });
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
    const last = path.steps.at(-1);
    const text = last === undefined ? path.key : last.key;
    const isSingle = last !== undefined && text === undefined;
    const made = isSingle && makesKeys(declared) ? wholeKey(declared, {}) : undefined;
    const key = text === undefined || !takesKeys(declared) ? made : keyOf(declared, text);
    if (type.derived.length === 0) return { address, type, declared, key, isThere: true };
    const found = await this.writer.find(address, caller);
    if (found === undefined) return { address, type, declared, key, isThere: false };
    const own = storedType(declared, found);
    const conditions = [...address.conditions, isExactly(own, declared, pathOf(address.at))];
    // One that a type cast leaves out is not there.
    const known = own === type || type.derived.includes(own) ? own : type;
    return { address: { ...address, conditions }, type: known, declared, key, isThere: true };
  }

  /**
   * Changes an entity; makes it where it is not there and the client allows that. What is contained and single is always
   * made (11.4.4; `Capabilities.UpdateRestrictions` says so).
   * @throws ODataError 404, 409, 412
   */
  apply(
    target: Target,
    change: ConditionalWrite,
    rules: { readonly upserts: boolean; readonly caller: Caller },
  ): Promise<Updated> {
    return this.#together(change, rules.caller, () => this.#applied(target, change, rules));
  }

  async #applied(
    target: Target,
    change: ConditionalWrite,
    { upserts, caller }: { readonly upserts: boolean; readonly caller: Caller },
  ): Promise<Updated> {
    const { address, type, declared, key } = target;
    const what = `${address.set.name}/${address.id}`;
    const outcome = await this.writer.change(address, change, caller);
    if (typeof outcome !== 'string') return { entity: outcome, created: false };
    const isSingle = address.at.length > 0 && address.at.at(-1)?.member === undefined;
    const mayMake = key !== undefined && (upserts || isSingle) && change.precondition.ifMatch === undefined;
    // 8.2.4: a condition on what must be there forbids to make it.
    if (outcome === 'missing' && upserts && change.precondition.ifMatch !== undefined) refuse('refused', what);
    if (outcome !== 'missing' || !mayMake) return refuse(outcome, what);
    const made = newEntityOf(change, key);
    checkWhole(type, made);
    const named = type === declared ? {} : { [typeMember]: type.qualifiedName };
    const entity = { ...made, properties: { ...named, ...made.properties } };
    const created =
      address.at.length === 0
        ? ((await this.writer.create(address.set as EntitySet, entity, caller)) ?? 'taken')
        : await this.#makeAt(address, entity, caller);
    if (typeof created !== 'string') return { entity: created, created: true };
    if (created === 'missing') return refuse(created, what);
    // It was made meanwhile, or it is one that the caller does not see.
    const again = await this.writer.change(address, change, caller);
    if (typeof again !== 'string') return { entity: again, created: false };
    return again === 'missing' ? keyIsTaken(declared, key) : refuse(again, what);
  }

  /** DELETE of one entity, and of what it contains (11.4.5). */
  async remove(path: BoundPath, { protocol, caller }: Exchange): Promise<ODataResult> {
    checkQueryOptions(protocol.query, noQuery);
    await this.removeAt(entityAddress(path), protocol.precondition, caller);
    return empty;
  }

  /** @throws ODataError 404, 412 */
  async removeAt(address: EntityAddress, precondition: Precondition, caller: Caller): Promise<void> {
    const outcome = await this.writer.remove(address, precondition, caller);
    if (outcome !== 'done') refuse(outcome, `${address.set.name}/${address.id}`);
  }

  /** PATCH of an entity set by a delta payload (11.4.11). */
  async updateSet(set: EntitySet, { request, protocol, caller }: Exchange): Promise<ODataResult> {
    checkQueryOptions(protocol.query, noQuery);
    const items = deltaIn(request, set);
    return applyDelta(set, items, {
      apply: (item) => this.#applyItem(set, item, caller),
      atomically: (work) => this.writer.atomically(work),
      continueOnError: protocol.preferences.continueOnError,
      most: this.writer.mostChanges,
    });
  }

  /** Adds or removes one relation. */
  #link(
    address: EntityAddress,
    { isAdded, property, to }: ReadableItem & { readonly kind: 'link' },
    caller: Caller,
  ): Promise<StoredEntity> {
    const { name, collection, target } = property;
    const id = to === undefined || target === undefined ? '' : keyText(target.type, Object.values(to));
    const removal = collection ? { clear: [[name, memberName(id)]], patch: {} } : { patch: { [name]: null } };
    const change = isAdded ? { patch: { [name]: collection ? { [memberName(id)]: id } : id } } : removal;
    const links = isAdded && target !== undefined ? [{ set: target, id, target: 'target' }] : [];
    return this.#together({ links }, caller, async () => {
      const changed = await this.writer.change(address, { ...change, etag: undefined, precondition: {} }, caller);
      return typeof changed === 'string' ? refuse(changed, `${address.set.name}/${address.id}`) : changed;
    });
  }

  async #applyItem(set: EntitySet, item: ReadableItem, caller: Caller): Promise<StoredEntity | undefined> {
    const { type: declared } = set;
    if (item.kind === 'insert') {
      const entity = { ...item.entity, key: wholeKey(declared, item.entity.key) };
      return this.#together(
        entity,
        caller,
        async () => (await this.writer.create(set, entity, caller)) ?? keyIsTaken(declared, entity.key),
      );
    }
    const { key } = item;
    const address = { set, id: keyText(declared, Object.values(key)), at: [], conditions: [] };
    if (item.kind === 'link') return this.#link(address, item, caller);
    if (item.kind === 'delete') {
      await this.removeAt(address, item.precondition, caller);
      return undefined;
    }
    // One that says its type changes entities of that type only.
    const { type = declared, change } = item;
    const conditions = item.type === undefined ? [] : [isExactly(type, declared, [])];
    const target = { address: { ...address, conditions }, type, declared, key: takesKeys(declared) ? key : undefined };
    return (await this.apply(target, change, { upserts: true, caller })).entity;
  }
}
