import { Injectable } from '@nestjs/common';
import { type Caller, scopeOf } from '../odata/operations/caller.js';
import type { StoredEntity } from '../odata/protocol/payload/stored-entity.js';
import type { Precondition } from '../odata/protocol/headers/precondition.js';
import { type AggregateKey, AggregateStore, type Removal, type WriteOutcome } from '../odata/store/aggregate-store.js';
import { aggregateSet } from '../odata/store/aggregate-set.js';
import { connections } from './profiles.model.js';
import { type ConditionalPatch, type NewConnection, ProfilesRepository } from './profiles.repository.js';

const set = aggregateSet(connections);
const profile = [{ name: 'profile' }];

/** Connections as aggregates of the configured store: one row a connection, its profile inside. */
@Injectable()
export class StoredProfilesRepository extends ProfilesRepository {
  constructor(private readonly store: AggregateStore) {
    super();
  }

  atomically<T>(work: () => Promise<T>): Promise<T> {
    return this.store.atomically(work);
  }

  createConnection(caller: Caller, connection: NewConnection): Promise<StoredEntity | undefined> {
    const { id, owner, entity } = connection;
    const { properties: document, inside } = entity;
    return this.store.insert({ set, tenant: caller.tenant, owner, actor: caller.id, id, document, inside });
  }

  updateConnection(caller: Caller, id: string, change: ConditionalPatch): Promise<WriteOutcome> {
    return this.store.merge(keyOf(caller, id), change);
  }

  deleteConnection(caller: Caller, id: string, precondition: Precondition): Promise<Removal> {
    return this.store.delete(keyOf(caller, id), { precondition });
  }

  upsertProfile(caller: Caller, id: string, change: ConditionalPatch, newId: string): Promise<WriteOutcome> {
    return this.store.merge(keyOf(caller, id), { ...change, at: profile, orCreate: { id: newId } });
  }

  deleteProfile(caller: Caller, id: string, precondition: Precondition): Promise<Removal> {
    return this.store.delete(keyOf(caller, id), { at: profile, precondition });
  }
}

function keyOf(caller: Caller, id: string): AggregateKey {
  return { set, scope: scopeOf(caller), id };
}
