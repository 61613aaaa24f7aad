import { keyText } from '../protocol/edm/key-text.js';
import type { EntitySet, EntityType, NavigationProperty, Singleton } from '../protocol/edm/model.js';
import { isJsonObject, type JsonObject } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import { applied } from '../protocol/payload/apply-change.js';
import type { Change } from '../protocol/payload/change.js';
import { tiedChange } from '../protocol/payload/referential.js';
import { memberName } from '../protocol/payload/stored-entity.js';
import { aggregateSet } from '../store/aggregate-set.js';
import type { AggregateKey, AggregateStore } from '../store/aggregate-store.js';
import { type Caller, reachingAll, scopeOf } from './caller.js';
import type { RuledWrites } from './ruled-writes.js';

/** One of the two ways of a relation (OData CSDL 4.01, 8.3), and the other. */
interface Way {
  readonly there: NavigationProperty;
  readonly back: NavigationProperty;
  /** The sets that they lead to. */
  readonly target: EntitySet;
  readonly home: EntitySet;
}

function waysOf(type: EntityType): readonly Way[] {
  const all = new Set([type, ...type.derived].flatMap(({ navigation }) => [...navigation.values()]));
  return [...all].flatMap((there) => {
    const back = there.partner === undefined ? undefined : there.type.navigation.get(there.partner);
    if (there.target === undefined || back?.target === undefined) return [];
    return [{ there, back, target: there.target, home: back.target }];
  });
}

/** An entity that has relations. */
interface Member {
  readonly set: EntitySet | Singleton;
  readonly id: string;
}

/** Texts of the keys of those that an entity refers to. */
export function linksOf({ name }: NavigationProperty, entity: JsonObject | undefined): readonly string[] {
  const value = entity?.[name];
  if (isJsonObject(value)) return Object.values(value).filter((one) => typeof one === 'string');
  return typeof value === 'string' ? [value] : [];
}

/** The change that makes an entity refer to another one. */
function linking({ name, collection }: NavigationProperty, id: string): Change {
  return { patch: { [name]: collection ? { [memberName(id)]: id } : id }, etag: undefined };
}

/** The change that ends that. @throws ODataError 409 where there always must be one */
function unlinking(property: NavigationProperty, id: string, set: EntitySet, owner: string): Change {
  const { name, collection, nullable } = property;
  if (collection) return { clear: [[name, memberName(id)]], patch: {}, etag: undefined };
  if (nullable) return { patch: { [name]: null }, etag: undefined };
  const message = `'${name}' of '${owner.slice(0, 200)}' in ${set.name} would lead to nothing.`;
  throw new ODataError('relationRequired', message, { target: name });
}

/** What an entity was, undefined of one that was made, and what it is. */
interface States {
  readonly before: JsonObject | undefined;
  readonly after: JsonObject;
}

/** For whom relations are kept in step, and how many entities have changed by that. */
interface Following {
  readonly caller: Caller;
  count: number;
}

/**
 * Keeps the two ways of relations in step: what one entity is told of another, the other is told too, in the same
 * transaction, whoever owns it, and its rules are asked.
 */
export class Partners {
  readonly #ways = new WeakMap<EntityType, readonly Way[]>();

  /** @param most how many entities may change because one does */
  constructor(
    private readonly store: AggregateStore,
    private readonly writes: RuledWrites,
    private readonly most: number,
  ) {}

  #of(type: EntityType): readonly Way[] {
    let ways = this.#ways.get(type);
    if (ways === undefined) this.#ways.set(type, (ways = waysOf(type)));
    return ways;
  }

  /** Whether entities of a type have relations with two ways. */
  has(type: EntityType): boolean {
    return this.#of(type).length > 0;
  }

  /** Whether a change says something of such relations. */
  concerns(type: EntityType, { patch, clear = [], retain = [] }: Change): boolean {
    const names = new Set([
      ...Object.keys(patch),
      ...[...clear, ...retain.map(({ path }) => path)].map(([name]) => name),
    ]);
    return this.#of(type).some(({ there }) => names.has(there.name));
  }

  /**
   * Tells the others what has become of an entity.
   * @throws ODataError 400 where they are too many, 409 where one of them would lack what it needs, what rules refuse with
   */
  follow(set: EntitySet | Singleton, id: string, states: States, caller: Caller): Promise<void> {
    return this.#follow({ set, id }, states, { caller: reachingAll(caller), count: 0 });
  }

  async #follow({ set: { type }, id }: Member, { before, after }: States, following: Following): Promise<void> {
    for (const way of this.#of(type)) {
      const [old, now] = [linksOf(way.there, before), linksOf(way.there, after)];
      for (const other of now.filter((one) => !old.includes(one))) await this.#join(way, [id, other], following);
      for (const other of old.filter((one) => !now.includes(one)))
        await this.#change(way, other, unlinking(way.back, id, way.target, other), following);
    }
  }

  /**
   * Has those that a deleted entity leads to refer to what their properties say by default, where that is what becomes of
   * them (OData CSDL 4.01, 8.6).
   * @param entity as it was
   * @throws ODataError 400 where they are too many, 409 where there is no such entity, what rules refuse with
   */
  async redirect({ type }: EntitySet | Singleton, entity: JsonObject, caller: Caller): Promise<void> {
    const following = { caller: reachingAll(caller), count: 0 };
    for (const way of this.#of(type))
      if (way.there.onDelete === 'setDefault')
        for (const other of linksOf(way.there, entity)) await this.#redirect(way, other, following);
  }

  async #redirect(way: Way, other: string, following: Following): Promise<void> {
    const { there, back, target, home } = way;
    const defaults = (back.constraints ?? []).map(({ dependent }) => there.type.properties.get(dependent)?.default);
    const id = keyText(
      home.type,
      defaults.map((value) => value ?? null),
    );
    if (!(await this.store.hold(keyOf({ set: home, id }, following)))) {
      const message = `'${back.name}' of members of ${target.name} would lead to nothing: there is no '${id}' in ${home.name}.`;
      throw new ODataError('relationRequired', message, { target: there.name });
    }
    await this.#change(way, other, linking(back, id), following);
    await this.#join({ there: back, back: there, target: home, home: target }, [other, id], following);
  }

  /** Where the other one can only have one, it leaves the one that it had. */
  async #join(way: Way, [id, other]: readonly [string, string], following: Following): Promise<void> {
    const { there, back, target, home } = way;
    if (!back.collection) {
      const key = keyOf({ set: target, id: other }, following);
      const [former] = linksOf(back, await this.store.find(key, [back.name]));
      if (former === id) return;
      if (former !== undefined)
        await this.#change({ there: back, target: home }, former, unlinking(there, other, home, former), following);
    }
    await this.#change(way, other, linking(back, id), following);
  }

  /** Changes one of the others; what its rules say of its own relations is followed too. */
  async #change(
    { there, target: set }: Pick<Way, 'there' | 'target'>,
    id: string,
    change: Change,
    following: Following,
  ): Promise<void> {
    following.count += 1;
    if (following.count > this.most)
      throw new ODataError('tooManyChanges', `More than ${this.most} entities would change with it.`);
    const tied = [set.type, ...set.type.derived].reduce((all, type) => tiedChange(type, all, ''), change);
    const key = keyOf({ set, id }, following);
    const before = this.writes.isFree(set.type) ? undefined : await this.store.find(key, key.set.contained);
    const address = { set, id, at: [], conditions: [] };
    try {
      await this.writes.change(address, { ...tied, precondition: {} }, following.caller);
    } catch (error) {
      throw error instanceof ODataError ? error.of(there.name) : error;
    }
    if (before === undefined) return;
    const after = await this.store.find(key, key.set.contained);
    if (after !== undefined) await this.#follow({ set, id }, { before: applied(before, tied), after }, following);
  }
}

function keyOf({ set, id }: Member, { caller }: Following): AggregateKey {
  return { set: aggregateSet(set), scope: scopeOf(caller), id };
}
