import { keyPartsOf, withKey } from '../protocol/edm/key-parts.js';
import { keyTextIn, makesKeys, takesKeys } from '../protocol/edm/key-text.js';
import type { EntitySet, EntityType } from '../protocol/edm/model.js';
import { failedHeader, type Precondition } from '../protocol/headers/precondition.js';
import type { JsonObject } from '../protocol/json/json-value.js';
import { noResourceAt, ODataError } from '../protocol/odata-error.js';
import { newEntityOf, type RelatedEntity, type Relations } from '../protocol/payload/change.js';
import { defaultsOf } from '../protocol/payload/default-values.js';
import { tiedByDefaults } from '../protocol/payload/referential.js';
import { checkKey, checkWhole } from '../protocol/payload/read-body.js';
import { memberName, type StoredEntity, typeMember } from '../protocol/payload/stored-entity.js';
import { type EntityCondition, single } from '../protocol/query/bound.js';
import { tiedChange } from '../protocol/payload/referential.js';
import type { Caller } from './caller.js';
import type { ReadableItem } from './delta-update.js';
import type { Entities } from './entities.js';
import { wholeKey } from './entity-key.js';
import { addressText, type ConditionalWrite, type EntityAddress } from './entity-address.js';
import type { TypedChange, UpdatedEntity } from './typed-change.js';

/** An entity that is to be changed. */
export interface Target {
  readonly address: EntityAddress;
  /** Its own type, and the one that its place declares. */
  readonly type: EntityType;
  readonly declared: EntityType;
  /** The key that it gets where it is made; undefined where it cannot be. Asked only then: most are there. */
  readonly keyToMake: () => JsonObject | undefined;
}

/** An entity after an update, and whether the update made it. */
export interface Updated {
  readonly entity: StoredEntity;
  readonly created: boolean;
}

/** What an update is allowed beside changing what is there. */
export interface UpsertOptions {
  /** It may make what is not there. */
  readonly upserts: boolean;
  readonly caller: Caller;
  /** Told when the update turns into a creation, for whoever says what has failed. */
  readonly onCreate?: () => void;
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

/** Says the same whoever has it, and whether or not the caller may see it. @throws ODataError 409 */
export function keyIsTaken(type: EntityType, key: JsonObject): never {
  const [target = ''] = type.key;
  const text = keyPartsOf(type, key).map(String).join(', ').slice(0, 200);
  throw new ODataError('keyAlreadyExists', `The key '${text}' cannot be used for a new entity.`, { target });
}

/**
 * @param what path of what is missing
 * @param precondition that was refused: the answer names the header that did not hold
 * @throws ODataError 404, 412
 */
export function refuse(outcome: 'missing' | 'refused' | 'taken', what: string, precondition: Precondition = {}): never {
  if (outcome === 'missing') throw noResourceAt(what);
  throw new ODataError('entityTagDoesNotMatch', 'The entity has changed, or its existence contradicts the condition.', {
    target: failedHeader(precondition),
  });
}

/** Updates of entities as bodies ask for them: by the gate, each with what it needs beside it in one transaction. */
export class EntityUpdates {
  constructor(private readonly entities: Entities) {}

  /**
   * Does work, in a transaction with what it needs beside it: entities that the body carries are made or changed first,
   * those that it refers to must be there.
   * @throws ODataError 400 for a reference to nothing; of the other entities, with their places in the body
   */
  async together<T>(
    { links = [], related = [], inside = [], isRead = false }: Needs,
    caller: Caller,
    work: () => Promise<T>,
  ): Promise<T> {
    const count = inside.length + related.length;
    const { mostChanges } = this.entities;
    if (count > mostChanges) {
      const message = `The body carries ${count} entities; it may carry ${mostChanges}.`;
      throw new ODataError('tooManyChanges', message);
    }
    if (links.length === 0 && related.length === 0 && !isRead) return work();
    return this.entities.atomically(async () => {
      for (const one of related.filter(({ kind }) => kind !== 'delete')) await this.#relate(one, caller);
      await this.entities.holdLinked(links, caller);
      const result = await work();
      for (const one of related.filter(({ kind }) => kind === 'delete')) await this.#relate(one, caller);
      return result;
    });
  }

  async #relate(one: RelatedEntity, caller: Caller): Promise<void> {
    const { set, key, target } = one;
    try {
      if (one.kind === 'new') {
        await this.together(one.entity, caller, async () => {
          const made = await this.entities.create(set, one.entity, caller);
          if (made === undefined) keyIsTaken(set.type, key);
        });
      } else if (one.kind === 'delete') await this.remove(memberAddress(set, key), {}, caller);
      else
        await this.upsert(
          memberTarget(set, key, one.type === set.type ? undefined : one.type),
          { ...one.change, precondition: one.precondition },
          { upserts: true, caller },
        );
    } catch (error) {
      if (!(error instanceof ODataError) || error.target?.startsWith(target) === true) throw error;
      throw error.of(target);
    }
  }

  /**
   * Changes an entity; makes it where it is not there and the client allows that. What is contained and single, and a
   * singleton, is always made (11.4.4; `Capabilities.UpdateRestrictions` says so).
   * @throws ODataError 404, 409, 412
   */
  upsert(target: Target, change: ConditionalWrite, options: UpsertOptions): Promise<Updated> {
    return this.together(change, options.caller, () => this.#upserted(target, change, options));
  }

  async #upserted(target: Target, change: ConditionalWrite, options: UpsertOptions): Promise<Updated> {
    const { upserts, caller } = options;
    const { address, declared } = target;
    const isSingle = address.at.length > 0 ? address.at.at(-1)?.member === undefined : address.set.isSingleton === true;
    const { precondition } = change;
    const { ifMatch } = precondition;
    const isMakeable = address.at.length > 0 || this.entities.access.allows(address.set, 'create');
    const mayMake = (upserts || isSingle) && isMakeable && ifMatch === undefined;
    const outcome = await this.entities.change(address, { ...change, mayMake }, caller);
    if (typeof outcome !== 'string') return { entity: outcome, created: false };
    // 8.2.4: a condition on what must be there forbids to make it.
    if (outcome === 'missing' && ifMatch !== undefined && (upserts || (await this.#isMissingAlone(address, caller))))
      refuse('refused', addressText(address), { ifMatch });
    const key = outcome === 'missing' && mayMake ? target.keyToMake() : undefined;
    if (key === undefined) return refuse(outcome, addressText(address), precondition);
    options.onCreate?.();
    const created = await this.#made(target, change, { key, caller });
    if (typeof created !== 'string') return { entity: created, created: true };
    if (created === 'missing') return refuse(created, addressText(address));
    // It was made meanwhile, or it is one that the caller does not see.
    const again = await this.entities.change(address, change, caller);
    if (typeof again !== 'string') return { entity: again, created: false };
    return again === 'missing' ? keyIsTaken(declared, key) : refuse(again, addressText(address), precondition);
  }

  /** Whether an entity that is contained and single is not there, and what would contain it is. */
  async #isMissingAlone({ at, ...address }: EntityAddress, caller: Caller): Promise<boolean> {
    if (at.length === 0 || at.at(-1)?.member !== undefined) return false;
    return (await this.entities.find({ ...address, at: at.slice(0, -1) }, caller)) !== undefined;
  }

  async #made(
    { address, type, declared }: Target,
    change: ConditionalWrite,
    { key, caller }: { readonly key: JsonObject; readonly caller: Caller },
  ): Promise<StoredEntity | 'missing' | 'refused' | 'taken'> {
    checkKey(declared, key);
    const said = newEntityOf(change, key);
    const made = type.keyPaths === undefined ? said : { ...said, properties: withKey(type, key, said.properties) };
    for (const { name, default: value } of defaultsOf(type))
      if (change.patch[name] === undefined) made.properties[name] = value;
    await this.entities.holdLinked(tiedByDefaults(type, made.properties), caller);
    checkWhole(type, made);
    const named = type === declared ? {} : { [typeMember]: type.qualifiedName };
    const entity = { ...made, properties: { ...named, ...made.properties } };
    if (address.at.length > 0) return this.entities.createInside(address, entity, caller);
    return (await this.entities.create(address.set, entity, caller)) ?? 'taken';
  }

  /**
   * Changes an entity that a module addresses itself; makes what is contained and single where it is not there.
   * @param at from the member of the set to the entity that is meant
   * @throws ODataError 400, 404, 412, and what rules refuse with
   */
  async update<T extends object>(
    { set, id, at }: Pick<EntityAddress, 'set' | 'id' | 'at'>,
    { type, write }: TypedChange<T>,
    caller: Caller,
  ): Promise<UpdatedEntity<T>> {
    const isSingle = at.length > 0 && at.at(-1)?.member === undefined;
    const keyToMake = () => (isSingle && makesKeys(type) ? wholeKey(type, {}) : undefined);
    const target = { address: { set, id, at, conditions: [] }, type, declared: type, keyToMake };
    return (await this.upsert(target, write, { upserts: false, caller })) as UpdatedEntity<T>;
  }

  /** @throws ODataError 404, 412 */
  async remove(address: EntityAddress, precondition: Precondition, caller: Caller): Promise<void> {
    const outcome = await this.entities.remove(address, precondition, caller);
    if (outcome !== 'done') refuse(outcome, addressText(address), precondition);
  }

  /** Adds or removes one relation. */
  #link(
    address: EntityAddress,
    { isAdded, property, to }: ReadableItem & { readonly kind: 'link' },
    caller: Caller,
  ): Promise<StoredEntity> {
    const { name, collection, target } = property;
    const id = to === undefined || target === undefined ? '' : keyTextIn(target.type, to);
    const removal = collection ? { clear: [[name, memberName(id)]], patch: {} } : { patch: { [name]: null } };
    if (!isAdded && !collection && !property.nullable)
      throw new ODataError('nullNotAllowed', `'${name}' cannot be null.`, { target: 'relationship' });
    const said = isAdded ? { patch: { [name]: collection ? { [memberName(id)]: id } : id } } : removal;
    const type = [address.set.type, ...address.set.type.derived].find((one) => one.navigation.has(name));
    const change = tiedChange(type ?? address.set.type, { ...said, etag: undefined }, 'target');
    const links = isAdded && target !== undefined ? [{ set: target, id, target: 'target' }] : [];
    return this.together({ links }, caller, async () => {
      const changed = await this.entities.change(address, { ...change, precondition: {} }, caller);
      return typeof changed === 'string' ? refuse(changed, addressText(address)) : changed;
    });
  }

  /**
   * Applies one item of a delta payload (11.4.12); gives the entity as it is then, undefined where it is gone.
   * @param onCreate told where an update has turned into a creation
   */
  async item(
    set: EntitySet,
    item: ReadableItem,
    { caller, onCreate }: Pick<UpsertOptions, 'caller' | 'onCreate'>,
  ): Promise<StoredEntity | undefined> {
    if (item.kind === 'insert') {
      const entity = { ...item.entity, key: wholeKey(set.type, item.entity.key) };
      const make = async () => (await this.entities.create(set, entity, caller)) ?? keyIsTaken(set.type, entity.key);
      return this.together(entity, caller, make);
    }
    const address = memberAddress(set, item.key);
    if (item.kind === 'link') return this.#link(address, item, caller);
    if (item.kind === 'delete') {
      await this.remove(address, item.precondition, caller);
      return undefined;
    }
    const { type, change } = item;
    const options = { upserts: true, caller, ...(onCreate === undefined ? {} : { onCreate }) };
    return (await this.upsert(memberTarget(set, item.key, type), change, options)).entity;
  }
}

function memberAddress(set: EntitySet, key: JsonObject): EntityAddress {
  return { set, id: keyTextIn(set.type, key), at: [], conditions: [] };
}

/** A member of a set. One that says its type is changed where it is of that type only. */
function memberTarget(set: EntitySet, key: JsonObject, said: EntityType | undefined): Target {
  const { type: declared } = set;
  const conditions = said === undefined ? [] : [isExactly(said, declared, [])];
  const address = { ...memberAddress(set, key), conditions };
  return { address, type: said ?? declared, declared, keyToMake: () => (takesKeys(declared) ? key : undefined) };
}
