import { type Caller, scopeOf } from './caller.js';
import { type ConditionalWrite, type EntityAddress, EntityWriter, type MembersAddress } from './entity-writer.js';
import type { EntityAccess } from '../odata.module.js';
import { keyText } from '../protocol/edm/key-text.js';
import type { EntitySet, Model } from '../protocol/edm/model.js';
import type { Change, NewEntity } from '../protocol/payload/change.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import type { Precondition } from '../protocol/headers/precondition.js';
import type { BoundRead, ReadResult } from '../protocol/query/bound.js';
import { aggregateSet } from '../store/aggregate-set.js';
import type { AggregateKey, AggregateStore, Members, Removal } from '../store/aggregate-store.js';
import { Links } from './links.js';

function keyOf({ set, id }: Pick<EntityAddress, 'set' | 'id'>, caller: Caller): AggregateKey {
  return { set: aggregateSet(set), scope: scopeOf(caller), id };
}

/** Changes of what a store keeps, for callers. What is deleted is no longer referred to, in the same transaction. */
class StoredEntityWriter extends EntityWriter {
  constructor(
    private readonly store: AggregateStore,
    private readonly links: Links,
    readonly mostChanges: number,
  ) {
    super();
  }

  atomically<T>(work: () => Promise<T>): Promise<T> {
    return this.store.atomically(work);
  }

  create(set: EntitySet, { properties, key, inside }: NewEntity, caller: Caller): Promise<StoredEntity | undefined> {
    const { tenant, id: actor } = caller;
    const kept = aggregateSet(set);
    const document = kept.key === undefined ? { ...key, ...properties } : properties;
    const id = keyText(set.type, Object.values(key));
    return this.store.insert({ set: kept, tenant, owner: actor, actor, id, document, inside });
  }

  hold(set: EntitySet, id: string, caller: Caller): Promise<boolean> {
    return this.store.hold(keyOf({ set, id }, caller));
  }

  read(read: BoundRead, caller: Caller): Promise<ReadResult> {
    return this.store.read(read, scopeOf(caller));
  }

  async find({ at, ...address }: EntityAddress, caller: Caller): Promise<StoredEntity | undefined> {
    const key = keyOf(address, caller);
    const found = at.length === 0 ? this.store.find(key, key.set.contained) : this.store.findContained(key, at);
    return (await found) ?? undefined;
  }

  async change({ at, conditions, ...address }: EntityAddress, change: ConditionalWrite, caller: Caller) {
    const outcome = await this.store.merge(keyOf(address, caller), { ...change, at, conditions });
    return outcome.kind === 'done' ? outcome.entity : outcome.kind;
  }

  remove({ at, conditions, ...address }: EntityAddress, precondition: Precondition, caller: Caller): Promise<Removal> {
    const remove = (): Promise<Removal> => this.store.delete(keyOf(address, caller), { at, conditions, precondition });
    if (at.length > 0 || !this.links.leadTo(address.set)) return remove();
    return this.store.atomically(async () => {
      const outcome = await remove();
      if (outcome === 'done') await this.links.remove(address.set, address.id, scopeOf(caller));
      return outcome;
    });
  }

  changeMembers(address: MembersAddress, change: Omit<Change, 'etag'>, caller: Caller) {
    return this.#ofFew(address, caller, async (members) => {
      const changed = await this.store.mergeMembers(members, change);
      return [changed, changed.length] as const;
    });
  }

  deleteMembers(address: MembersAddress, caller: Caller): Promise<number | 'tooMany'> {
    return this.#ofFew(address, caller, async (members) => {
      const ids = await this.store.deleteMembers(members);
      if (this.links.leadTo(address.set))
        for (const id of ids) await this.links.remove(address.set, id, scopeOf(caller));
      return [ids.length, ids.length] as const;
    });
  }

  /** Does something to members unless they are too many, in the transaction that counts them. */
  #ofFew<T>(
    { set, ...of }: MembersAddress,
    caller: Caller,
    work: (members: Members) => Promise<readonly [result: T, count: number]>,
  ): Promise<T | 'tooMany'> {
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

/**
 * What callers may see of a store, and changes of it.
 * @param most entities that one change may be of
 */
export function accessTo(store: AggregateStore, model: Model, most: number): EntityAccess {
  return {
    reader: {
      read: (read, caller) => store.read(read, scopeOf(caller)),
      endOfChanges: (set) => store.endOfChanges(set),
      changes: (read, caller, after) => store.readChanges(read, scopeOf(caller), after),
    },
    writer: new StoredEntityWriter(store, new Links(store, model), most),
  };
}
