import { keyHolders, withKey } from '../protocol/edm/key-parts.js';
import { keyOf, keyTextIn } from '../protocol/edm/key-text.js';
import type { EntitySet, EntityType, Model, NavigationProperty, Singleton } from '../protocol/edm/model.js';
import type { TypeClass } from '../protocol/edm/schema.js';
import { isJsonObject, type JsonObject } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { dtoOf } from '../protocol/payload/dto.js';
import { memberName } from '../protocol/payload/stored-entity.js';
import { bindOptions } from '../protocol/query/bind-options.js';
import { type BoundPath, type CollectionQuery, endOf, type Instance, plainShape } from '../protocol/query/bound.js';
import { canonicalPath } from '../protocol/query/canonical-path.js';
import { requestContext } from '../protocol/query/request-context.js';
import { parseQuery } from '../protocol/uri/parse-query.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { Caller } from './caller.js';
import type { Entities } from './entities.js';
import { addressText, declaredType, entityAddress, type EntityAddress } from './entity-address.js';
import { keyIsTaken, refuse } from './entity-updates.js';
import { wholeKey } from './entity-key.js';
import { OwnValues } from './own-values.js';
import type { Patch } from './rules.js';

/** What handlers of operations work with: the gate, for one caller. */
export interface Workplace {
  readonly model: Model;
  readonly entities: Entities;
  readonly caller: Caller;
  /** Whether the operation is an action. */
  readonly mayChange: boolean;
}

/** @throws Error where a function would change something (OData CSDL 4.01, 12.3) */
function requireAction({ mayChange }: Workplace): void {
  if (!mayChange) throw new Error('A function changes nothing: declare an action');
}

/**
 * An entity that a handler works with. What it does goes through the gate, in the transaction of the operation, and needs
 * no permission of the caller: that of the operation has been asked for. Rules of entities are asked.
 */
export class LiveEntity<T extends object = object> {
  #value: Promise<T> | undefined;

  /** @param isNew whether it was made by the operation */
  constructor(
    private readonly workplace: Workplace,
    /** Where it is. */
    readonly address: EntityAddress,
    private readonly declared: EntityType,
    readonly isNew = false,
  ) {}

  /** What it is called in errors. */
  get #name(): string {
    return addressText(this.address);
  }

  /**
   * The entity as it is, with what it contains, as its class has it.
   * @throws ODataError 404 where it is no longer there
   */
  value(): Promise<T> {
    return (this.#value ??= this.#read());
  }

  async #read(): Promise<T> {
    const { entities, caller } = this.workplace;
    const { set, id, at } = this.address;
    const stored = await entities.find(this.address, caller);
    if (stored === undefined) return refuse('missing', this.#name);
    const key = at.length === 0 && set.isSingleton !== true ? keyOf(set.type, id) : {};
    return dtoOf(this.declared, at.length === 0 ? withKey(set.type, key, stored) : stored, 'exact') as T;
  }

  /**
   * Changes it.
   * @param changes as the body of a PATCH would say them; those that the model does not allow are a fault of the handler
   */
  async change(changes: Patch<T>): Promise<void> {
    const { entities, caller, model } = this.workplace;
    requireAction(this.workplace);
    const own = new OwnValues(model);
    const type = this.#typeOf(await this.value());
    const change = own.change(this.#name, type, changes);
    if (change.related !== undefined)
      throw new Error(`${this.#name}: entities of other sets are changed by themselves`);
    await entities.holdLinked(change.links ?? [], caller);
    const outcome = await entities.alter(this.address, { ...change, kind: 'merge', precondition: {} }, caller);
    if (typeof outcome === 'string') refuse(outcome, this.#name);
    this.#value = undefined;
  }

  #typeOf(value: object): EntityType {
    const { prototype } = value.constructor as unknown as { readonly prototype: object };
    return this.declared.derived.find((one) => one.class.prototype === prototype) ?? this.declared;
  }

  /** Deletes it, with what it contains. */
  async remove(): Promise<void> {
    const { entities, caller } = this.workplace;
    requireAction(this.workplace);
    const outcome = await entities.drop(this.address, {}, caller);
    if (outcome !== 'done') refuse(outcome, this.#name);
    this.#value = undefined;
  }
}

/** The path of a whole set or singleton. */
function pathOfSet(set: EntitySet | Singleton): BoundPath {
  const isSingleton = set.isSingleton === true;
  return {
    root: set,
    isSingleton,
    key: undefined,
    filters: [],
    entity: { kind: 'entity', type: set.type },
    steps: [],
    type: { item: set.type, collection: !isSingleton },
    suffix: undefined,
  };
}

/** Entities that a handler works with: a set, those that a filter of the path leaves of it, or what is contained. */
export class LiveEntities<T extends object = object> {
  readonly #own: OwnValues;

  constructor(
    private readonly workplace: Workplace,
    /** Where they are: a path to a collection of entities. */
    readonly path: BoundPath,
  ) {
    this.#own = new OwnValues(workplace.model);
  }

  get #navigation(): NavigationProperty | undefined {
    const last = this.path.steps.at(-1)?.property;
    return last?.kind === 'navigation' ? last : undefined;
  }

  get #item(): Instance {
    return endOf(this.path);
  }

  get #type(): EntityType {
    return declaredType(this.path);
  }

  get #name(): string {
    return [this.path.root.name, ...this.path.steps.map(({ property }) => property.name)].join('/');
  }

  #addressOf(key: JsonObject): EntityAddress {
    const navigation = this.#navigation;
    const id = keyTextIn(this.#type, key);
    const set = navigation === undefined ? this.path.root : navigation.target;
    if (set !== undefined) return { set, id, at: [], conditions: [] };
    const { at, ...owner } = entityAddress(this.path);
    return { ...owner, at: [...at, { name: navigation?.name ?? '', member: memberName(id) }], conditions: [] };
  }

  #entity(key: JsonObject, isNew = false): LiveEntity<T> {
    return new LiveEntity<T>(this.workplace, this.#addressOf(key), this.#type, isNew);
  }

  #options(filter: string | undefined, more: Query = {}): CollectionQuery {
    const query = filter === undefined ? {} : parseQuery(`$filter=${encodeURIComponent(filter)}`);
    const context = { ...requestContext(this.workplace.model), it: this.#item };
    return bindOptions(context, this.#item, { ...query, ...more }).collection;
  }

  async #keys(collection: CollectionQuery, most: number): Promise<readonly JsonObject[]> {
    const { entities, caller } = this.workplace;
    const key = new Map(
      keyHolders(this.#type).flatMap((name) => {
        const property = this.#type.properties.get(name);
        return property === undefined ? [] : [[name, { property, shape: undefined, query: undefined }] as const];
      }),
    );
    const shape = { ...plainShape(this.#item), select: key };
    const read = { path: this.path, collection: { ...collection, top: most }, shape };
    const found = await entities.readBack({ ...read, page: { size: most, after: undefined } }, caller);
    if (found.kind === 'page') return found.rows.map(({ entity }) => entity);
    if (found.kind !== 'one' || !Array.isArray(found.value)) return refuse('missing', canonicalPath(this.path).text);
    return found.value.filter(isJsonObject);
  }

  /**
   * Those that the caller sees, in the order of their keys.
   * @param filter an expression as in `$filter`
   * @throws ODataError 400 where they are more than one request may change
   */
  async all(filter?: string): Promise<readonly LiveEntity<T>[]> {
    const { mostChanges } = this.workplace.entities;
    const keys = await this.#keys(this.#options(filter), mostChanges + 1);
    if (keys.length > mostChanges)
      throw new ODataError('tooManyChanges', `There are more than ${mostChanges} entities in ${this.#name}.`);
    return keys.map((key) => this.#entity(key));
  }

  /** How many the caller sees. */
  async count(filter?: string): Promise<number> {
    const { entities, caller } = this.workplace;
    const path: BoundPath = { ...this.path, suffix: 'count' };
    const shape = plainShape(this.#item);
    const found = await entities.readBack({ path, collection: this.#options(filter), shape, page: undefined }, caller);
    if (found.kind === 'count') return found.count;
    return found.kind === 'one' ? (found.count ?? 0) : refuse('missing', canonicalPath(this.path).text);
  }

  /** The one with a key; undefined where the caller sees none. @param key an object with the key properties */
  async find(key: Partial<T>): Promise<LiveEntity<T> | undefined> {
    const { entities, caller } = this.workplace;
    const entity = this.#entity(this.#own.key(this.#name, this.#type, key));
    return (await entities.find(entity.address, caller)) === undefined ? undefined : entity;
  }

  /**
   * Makes one.
   * @throws ODataError 409 where its key is taken
   */
  async create(values: Partial<T>): Promise<LiveEntity<T>> {
    const { entities, caller } = this.workplace;
    requireAction(this.workplace);
    const navigation = this.#navigation;
    if (navigation?.target !== undefined) throw new Error(`${this.#name}: make it in its set, then refer to it`);
    const entity = this.#own.newEntity(this.#name, this.#type, values);
    if (entity.related !== undefined) throw new Error(`${this.#name}: entities of other sets are made by themselves`);
    const key = wholeKey(this.#type, entity.key);
    await entities.holdLinked(entity.links ?? [], caller);
    if (navigation === undefined) {
      const made = await entities.make(this.path.root, { ...entity, key }, caller);
      return made === undefined ? keyIsTaken(this.#type, key) : this.#entity(key, true);
    }
    const made = await entities.makeInside(this.#addressOf(key), { ...entity, key }, caller);
    if (made === 'taken') return keyIsTaken(this.#type, key);
    return typeof made === 'string' ? refuse(made, canonicalPath(this.path).text) : this.#entity(key, true);
  }
}

/**
 * The entities of a class, in the one set that has them.
 * @throws Error where there is none, or are several and no name
 */
export function liveSet<T extends object>(
  workplace: Workplace,
  target: abstract new () => T,
  name?: string,
): LiveEntities<T> {
  return new LiveEntities<T>(workplace, pathOfSet(setOf(workplace.model, target, name)));
}

function setOf({ entitySets }: Model, target: TypeClass, name: string | undefined): EntitySet {
  const sets = [...entitySets.values()].filter((set) => set.type.class === target);
  const found = name === undefined ? sets : sets.filter((set) => set.name === name);
  const [set, another] = found;
  if (set !== undefined && another === undefined) return set;
  throw new Error(
    `${target.name}: there must be one entity set for it; name one of ${sets.map((one) => one.name).join(', ')}`,
  );
}

/** The singleton of a name. @throws Error where there is none */
export function liveSingleton<T extends object>(
  workplace: Workplace,
  target: abstract new () => T,
  name?: string,
): LiveEntity<T> {
  const found = [...workplace.model.singletons.values()].find(
    (one) => one.type.class === target && (name === undefined || one.name === name),
  );
  if (found === undefined) throw new Error(`${target.name}: there is no singleton of it`);
  return new LiveEntity<T>(workplace, { set: found, id: '', at: [], conditions: [] }, found.type);
}
