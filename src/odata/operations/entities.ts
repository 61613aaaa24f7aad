import { withKey } from '../protocol/edm/key-parts.js';
import { ownTurn } from '../in-turns.js';
import type { Settings } from '../options.js';
import { keyTextIn } from '../protocol/edm/key-text.js';
import type { EntitySet } from '../protocol/edm/model.js';
import type { Precondition } from '../protocol/headers/precondition.js';
import { ODataError } from '../protocol/odata-error.js';
import type { Change, LinkedEntity, NewEntity } from '../protocol/payload/change.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import type { BoundRead, ReadResult } from '../protocol/query/bound.js';
import type { ChangesResult, LogPosition } from '../protocol/query/changes.js';
import { ModelEntityIds } from '../protocol/query/entity-ids.js';
import { referredSets, setsOf } from '../protocol/query/referred-sets.js';
import { aggregateSet } from '../store/aggregate-set.js';
import type { AggregateKey, AggregateStore, Members, Removal, WriteOutcome } from '../store/aggregate-store.js';
import { Access } from './access.js';
import { type Caller, reachingAll, scopeOf } from './caller.js';
import { Completion } from './completion.js';
import type { ConditionalWrite, EntityAddress, MembersAddress } from './entity-address.js';
import { decided, fellows, refuseRestricted } from './deletions.js';
import { DefaultSingletons } from './default-singletons.js';
import { Links } from './links.js';
import { Partners } from './partners.js';
import { levelsOf } from './rule-levels.js';
import { addedLinks, RuledWrites } from './ruled-writes.js';
import type { RuleBook } from './rules.js';
import { Streams } from './streams.js';

function keyOf({ set, id }: Pick<EntityAddress, 'set' | 'id'>, caller: Caller): AggregateKey {
  return { set: aggregateSet(set), scope: scopeOf(caller), id };
}

/** The sets and singletons that a read is of, and those that it looks at. */
function placesOf(read: BoundRead): readonly EntityAddress['set'][] {
  const joined = read.join?.map(({ set }) => set) ?? [];
  const united = read.union?.map(({ path }) => path.root) ?? [];
  return [read.path.root, ...joined, ...united, ...referredSets(read)];
}

/** A deletion, and how many have gone with it. */
interface Dropping {
  readonly precondition: Precondition;
  readonly gone: { count: number };
}

/** @throws ODataError 400 where what contains an entity must have it */
function refuseNeeded(address: EntityAddress): void {
  const last = levelsOf(address, undefined).at(-1)?.navigation;
  if (last === undefined || last.collection || last.nullable) return;
  throw new ODataError('nullNotAllowed', `'${last.name}' cannot be null.`, { target: last.name });
}

function outcomeOf(outcome: WriteOutcome): StoredEntity | 'missing' | 'refused' | 'taken' {
  return outcome.kind === 'done' ? outcome.entity : outcome.kind;
}

/**
 * The one gate to what is stored: whatever a request does to entities, by whatever URL, goes through it. What a caller does
 * not see is `missing`; what a caller may not do is refused; the rules of entities are asked, in the transaction of what
 * they are asked about.
 */
export class Entities {
  readonly #links: Links;
  readonly #partners: Partners;
  readonly #defaults: DefaultSingletons;
  readonly #writes: RuledWrites;
  readonly access: Access;
  /** Contents of streams. */
  readonly streams: Streams;
  /** How many entities one request may change. */
  readonly mostChanges: number;

  constructor(
    private readonly store: AggregateStore,
    settings: Settings,
    rules: RuleBook,
  ) {
    const { model, maxChanges } = settings;
    this.access = new Access(settings);
    this.streams = new Streams(store, settings.media);
    this.mostChanges = maxChanges;
    this.#links = new Links(store, model);
    this.#defaults = new DefaultSingletons(model);
    this.#writes = new RuledWrites(store, rules, new Completion(new ModelEntityIds(model, [])));
    this.#partners = new Partners(store, this.#writes, maxChanges);
  }

  /** Runs work as one transaction: everything that it does, or nothing. It may be run again. */
  atomically<T>(work: () => Promise<T>): Promise<T> {
    return this.store.atomically(work);
  }

  /**
   * Reads what a bound query asks for.
   * @throws ODataError 401, 403 where it looks at a set that the caller may not read
   */
  read(read: BoundRead, caller: Caller): Promise<ReadResult> {
    this.#requireReads(read, caller);
    return this.#read(read, caller);
  }

  #read(read: BoundRead, caller: Caller): Promise<ReadResult> {
    const scope = scopeOf(caller);
    if (this.#defaults.isEmpty) return this.store.read(read, scope);
    return this.#ensure(placesOf(read), caller).then(() => this.store.read(read, scope));
  }

  /** Makes singletons that are looked at and that nobody has made yet, where the model says what they are. */
  async #ensure(places: readonly EntityAddress['set'][], caller: Caller): Promise<void> {
    for (const [set, entity] of this.#defaults.among(places)) {
      if (await this.store.hold(keyOf({ set, id: '' }, caller))) continue;
      await this.make(set, entity, caller);
    }
  }

  /** The same, of what is true now: a follower goes on from there. */
  readNow(read: BoundRead, caller: Caller): Promise<ReadResult> {
    this.#requireReads(read, caller);
    return this.store.read(read, scopeOf(caller), false);
  }

  /**
   * Reads for the answer to a modification: what was modified needs no permission to be read.
   * @throws ODataError 401, 403 where the answer would show members of another set that the caller may not read
   */
  readBack(read: BoundRead, caller: Caller): Promise<ReadResult> {
    for (const set of referredSets(read)) this.access.requireOperation(caller, set, 'read');
    return this.#read(read, caller);
  }

  #requireReads(read: BoundRead, caller: Caller): void {
    this.access.require(caller, read.path.root.name, 'read');
    // What holds for every set has been asked of the first.
    if (this.access.isUniform) return;
    for (const set of placesOf(read)) this.access.requireOperation(caller, set, 'read');
  }

  /** What only the processes on one database know, 32 bytes: what they hand out and take back is sealed with it. */
  secret(): Promise<Buffer> {
    return this.store.secret();
  }

  /** The end of what is settled in the log of an entity set; undefined where its changes are not logged. */
  endOfChanges(set: string): Promise<LogPosition | undefined> {
    return this.store.endOfChanges(set);
  }

  /** Reads what changed behind a position of what a bound query gives. */
  changes(read: BoundRead, caller: Caller, after: LogPosition): Promise<ChangesResult> {
    this.#requireReads(read, caller);
    return this.store.readChanges(read, scopeOf(caller), after);
  }

  /**
   * Whether the caller sees such a member of a set; inside a transaction nobody deletes it until that has ended.
   */
  hold(set: EntitySet, id: string, caller: Caller): Promise<boolean> {
    return this.store.hold(keyOf({ set, id }, caller));
  }

  /**
   * Holds the entities to which a body refers until the transaction around it ends, so that no link is left without one.
   * @throws ODataError 400 `referenceNotFound` for the first that the caller does not see
   */
  async holdLinked(links: readonly LinkedEntity[], caller: Caller): Promise<void> {
    for (const { set, id, target } of links) {
      if (await this.hold(set, id, caller)) continue;
      throw new ODataError('referenceNotFound', `'${target}' refers to no member of ${set.name}.`, { target });
    }
  }

  /** The entity as it is, with what it contains. */
  async find({ at, ...address }: EntityAddress, caller: Caller): Promise<StoredEntity | undefined> {
    if (!this.#defaults.isEmpty) await this.#ensure([address.set], caller);
    const key = keyOf(address, caller);
    const found = at.length === 0 ? this.store.find(key, key.set.contained) : this.store.findContained(key, at);
    return (await found) ?? undefined;
  }

  /** Makes a member of a set, or a singleton; undefined where its key is taken. */
  async create(set: EntityAddress['set'], entity: NewEntity, caller: Caller): Promise<StoredEntity | undefined> {
    this.access.requireOperation(caller, set, set.isSingleton === true ? 'update' : 'create');
    return this.make(set, entity, caller);
  }

  /** The same, for the service itself: it needs no permission. */
  async make(set: EntityAddress['set'], entity: NewEntity, caller: Caller): Promise<StoredEntity | undefined> {
    const turn = ownTurn();
    if (turn !== undefined) await turn;
    const made = await this.#writes.created(set, entity, caller);
    const { key, properties, inside } = made;
    const { tenant, id: actor, makesFor: owner = actor, kind } = caller;
    if (owner !== actor && kind !== 'application')
      throw new ODataError('accessDenied', 'Only an application makes entities for another user.');
    const kept = aggregateSet(set);
    const document = kept.key === undefined ? withKey(set.type, key, properties) : properties;
    const id = set.isSingleton === true ? '' : keyTextIn(set.type, key);
    const insert = () => this.store.insert({ set: kept, tenant, owner, actor, id, document, inside });
    const added = addedLinks(made, entity);
    const hasPartners = this.#partners.has(set.type);
    if (added.length === 0 && !hasPartners) return insert();
    return this.store.atomically(async () => {
      await this.#writes.holdLinked(added, caller);
      const inserted = await insert();
      if (inserted === undefined || !hasPartners) return inserted;
      await this.#partners.follow(set, id, { before: undefined, after: document }, caller);
      // It may refer to itself.
      return this.store.find({ set: kept, scope: scopeOf(caller), id }, kept.contained);
    });
  }

  /** Makes an entity inside another one. `taken`: it is there. @param address of the entity itself */
  async createInside(address: EntityAddress, entity: NewEntity, caller: Caller) {
    this.access.requireOperation(caller, address.set, 'update');
    return this.makeInside(address, entity, caller);
  }

  /** The same, for the service itself: it needs no permission. */
  async makeInside(address: EntityAddress, entity: NewEntity, caller: Caller) {
    return outcomeOf(await this.#writes.makeInside(address, entity, caller));
  }

  /**
   * Applies a change to an entity, in one statement where no rule has to look at it; gives the entity as it is then.
   * `refused`: the precondition does not hold.
   */
  async change(address: EntityAddress, change: ConditionalWrite, caller: Caller) {
    this.access.requireOperation(caller, address.set, 'update');
    const turn = ownTurn();
    if (turn !== undefined) await turn;
    return this.alter(address, change, caller);
  }

  /** The same, for the service itself: it needs no permission. */
  async alter(address: EntityAddress, change: ConditionalWrite, caller: Caller) {
    const { at, set } = address;
    if (!this.#defaults.isEmpty) await this.#ensure([set], caller);
    const isFollowed = at.length === 0 && this.#partners.has(set.type);
    if (isFollowed && (this.#partners.concerns(set.type, change) || !this.#writes.isFree(set.type)))
      return this.#alterFollowed(address, change, caller);
    return outcomeOf(await this.#writes.change(address, change, caller));
  }

  /** Changes an entity, and tells those that it has relations with. */
  #alterFollowed(address: EntityAddress, change: ConditionalWrite, caller: Caller) {
    return this.store.atomically(async () => {
      const before = await this.#held(address, caller);
      const outcome = await this.#writes.change(address, change, caller);
      if (outcome.kind !== 'done') return outcomeOf(outcome);
      const { set, id } = address;
      const after = await this.find({ ...address, at: [] }, caller);
      if (after === undefined) return outcomeOf(outcome);
      await this.#partners.follow(set, id, { before, after }, caller);
      return (await this.find({ ...address, at: [] }, caller)) ?? outcome.entity;
    });
  }

  /** A member of a set as it is, which nobody else changes until the transaction around it ends. */
  async #held(address: EntityAddress, caller: Caller): Promise<StoredEntity | undefined> {
    const whole = { ...address, at: [], conditions: [] };
    const locked = await this.lock(whole, {}, caller);
    return typeof locked === 'string' ? undefined : this.find(whole, caller);
  }

  /**
   * Keeps others from changing the aggregate of an entity until the transaction around it ends: a change that changes
   * nothing, of which no rule is asked.
   */
  async lock({ at, conditions, ...address }: EntityAddress, precondition: Precondition, caller: Caller) {
    if (!this.#defaults.isEmpty) await this.#ensure([address.set], caller);
    return outcomeOf(await this.store.merge(keyOf(address, caller), { patch: {}, at, conditions, precondition }));
  }

  /** Deletes an entity, and what it contains with it; what is deleted is no longer referred to, in the same transaction. */
  remove(address: EntityAddress, precondition: Precondition, caller: Caller): Promise<Removal> {
    const { at, set } = address;
    this.access.requireOperation(caller, set, at.length === 0 ? 'delete' : 'update');
    return this.drop(address, precondition, caller);
  }

  /** The same, for the service itself: it needs no permission. */
  drop(address: EntityAddress, precondition: Precondition, caller: Caller): Promise<Removal> {
    return this.#drop(address, { precondition, gone: { count: 0 } }, caller);
  }

  #drop(address: EntityAddress, { precondition, gone }: Dropping, caller: Caller): Promise<Removal> {
    const { at, conditions, set, id } = address;
    const remove = (): Promise<Removal> => this.store.delete(keyOf(address, caller), { at, conditions, precondition });
    const unlinked = (): Promise<Removal> =>
      this.store.atomically(async () => {
        const before = decided(set).length === 0 ? undefined : await this.#held(address, caller);
        if (before !== undefined) refuseRestricted(set, before);
        const outcome = await remove();
        if (outcome !== 'done') return outcome;
        if (before !== undefined) {
          await this.#partners.redirect(set, before, caller);
          await this.#dropFellows(fellows(set, before), gone, caller);
        }
        await this.#links.remove(set, id, scopeOf(caller));
        return outcome;
      });
    if (at.length > 0) refuseNeeded(address);
    const isReferred = at.length === 0 && (this.#links.leadTo(set) || decided(set).length > 0);
    return this.#writes.remove({ address, caller }, precondition, isReferred ? unlinked : remove);
  }

  /** Deletes what goes with an entity, whoever owns it. */
  async #dropFellows(
    all: readonly (readonly [EntitySet, string])[],
    gone: Dropping['gone'],
    caller: Caller,
  ): Promise<void> {
    for (const [set, id] of all) {
      gone.count += 1;
      if (gone.count > this.mostChanges)
        throw new ODataError('tooManyChanges', `More than ${this.mostChanges} entities would be deleted with it.`);
      const address = { set, id, at: [], conditions: [] };
      await this.#drop(address, { precondition: {}, gone }, reachingAll(caller));
    }
  }

  /**
   * Applies a change to each of the members that the caller sees; gives them as they are then. In one statement where no
   * rule is asked. `tooMany`: they are more than may be changed at once.
   */
  changeMembers(address: MembersAddress, change: Omit<Change, 'etag'>, caller: Caller) {
    this.access.requireOperation(caller, address.set, 'update');
    return this.#ofFew(address, caller, async (members) => {
      const isAlone = !this.#partners.concerns(address.set.type, { ...change, etag: undefined });
      const changed =
        this.#writes.isFree(address.set.type) && isAlone
          ? await this.store.mergeMembers(members, change)
          : await this.#each(members, address, async (member) => {
              const done = await this.change(member, { ...change, etag: undefined, precondition: {} }, caller);
              return typeof done === 'string' ? [] : [done];
            });
      return [changed, changed.length] as const;
    });
  }

  /** Deletes each of the members that the caller sees; gives how many they were. */
  deleteMembers(address: MembersAddress, caller: Caller): Promise<number | 'tooMany'> {
    this.access.requireOperation(caller, address.set, 'delete');
    return this.#ofFew(address, caller, async (members) => {
      if (!this.#writes.isFree(address.set.type) || decided(address.set).length > 0) {
        const gone = await this.#each(members, address, async (member) => [await this.remove(member, {}, caller)]);
        return [gone.length, gone.length] as const;
      }
      const ids = await this.store.deleteMembers(members);
      if (this.#links.leadTo(address.set))
        for (const id of ids) await this.#links.remove(address.set, id, scopeOf(caller));
      return [ids.length, ids.length] as const;
    });
  }

  /** The members that the caller sees, whole; nobody else changes them until the transaction around it ends. */
  heldMembers(address: MembersAddress, caller: Caller): Promise<readonly StoredEntity[] | 'tooMany'> {
    return this.#ofFew(address, caller, async (members) => {
      const all = await this.store.mergeMembers(members, { patch: {} });
      return [all, all.length] as const;
    });
  }

  /** Does something to each of some members, which nobody else changes meanwhile. */
  async #each<T>(
    members: Members,
    { set }: MembersAddress,
    work: (member: EntityAddress) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const done: T[] = [];
    for (const entity of await this.store.mergeMembers(members, { patch: {} })) {
      done.push(...(await work({ set, id: keyTextIn(set.type, entity), at: [], conditions: [] })));
    }
    return done;
  }

  /** Does something to members unless they are too many, in the transaction that counts them. */
  #ofFew<T>(
    { set, ...of }: MembersAddress,
    caller: Caller,
    work: (members: Members) => Promise<readonly [result: T, count: number]>,
  ): Promise<T | 'tooMany'> {
    // Which members a change reaches says something of what their filters look at.
    for (const other of setsOf(of.filters)) this.access.requireOperation(caller, other, 'read');
    const members = { ...of, set: aggregateSet(set), scope: scopeOf(caller) };
    const tooMany = new Error('More members than one request may change');
    const few = async (): Promise<T> => {
      if ((await this.store.countMembers(members, this.mostChanges + 1)) > this.mostChanges) throw tooMany;
      const [result, count] = await work(members);
      // Others may have been made since they were counted.
      if (count > this.mostChanges) throw tooMany;
      return result;
    };
    return this.store.atomically(few).catch((error: unknown) => {
      if (error === tooMany) return 'tooMany';
      throw error;
    });
  }
}
