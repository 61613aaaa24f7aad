import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../odata/operations/caller.js';
import type { ReadableItem } from '../odata/operations/delta-update.js';
import { ODataError } from '../odata/protocol/odata-error.js';
import { type NewEntity, newEntityOf } from '../odata/protocol/payload/change.js';
import { checkKey } from '../odata/protocol/payload/read-body.js';
import type { StoredEntity } from '../odata/protocol/payload/stored-entity.js';
import type { Precondition } from '../odata/protocol/headers/precondition.js';
import type { WriteOutcome } from '../odata/store/aggregate-store.js';
import { connections } from './profiles.model.js';
import { type ConditionalPatch, type NewConnection, ProfilesRepository } from './profiles.repository.js';

/** A connection after an update, and whether the update made it. */
export interface UpdatedConnection {
  readonly connection: StoredEntity;
  readonly created: boolean;
}

/** A profile after an update, and whether the update made it. */
export interface UpdatedProfile {
  readonly profile: StoredEntity;
  readonly created: boolean;
}

/** The rules of the domain: whose a connection is, which ids the server makes, what is missing and what is refused. */
@Injectable()
export class ProfilesService {
  constructor(private readonly repository: ProfilesRepository) {}

  /**
   * Creates a connection, with its profile where there is one inline.
   * @param owner whose it shall be; the caller's own where undefined
   * @throws ODataError 403 for another user's, 409 where the id is taken
   */
  async createConnection(caller: Caller, entity: NewEntity, owner = caller.id): Promise<StoredEntity> {
    const id = (entity.key.id as string | undefined) ?? randomUUID();
    return (await this.#create(caller, { id, entity, owner })) ?? idIsTaken(id);
  }

  /** Undefined where the tenant has a connection with this id already. */
  #create(caller: Caller, connection: NewConnection): Promise<StoredEntity | undefined> {
    const { owner } = connection;
    if (owner !== caller.id && caller.kind !== 'application') {
      throw new ODataError('ownerNotAllowed', 'Only an application may create a connection for another user.', {
        target: 'X-Owner-Id',
      });
    }
    return this.repository.createConnection(caller, connection);
  }

  /**
   * Changes a connection.
   * @param upsert where it is not there, makes it with this owner; absent: it must be there
   * @throws ODataError 404, 412; of an upsert 403 for another user's, 409 where the id is taken and the caller cannot see it
   */
  async updateConnection(
    caller: Caller,
    id: string,
    change: ConditionalPatch,
    upsert?: { readonly owner: string | undefined },
  ): Promise<UpdatedConnection> {
    const outcome = await this.repository.updateConnection(caller, id, change);
    if (outcome.kind === 'done') return { connection: outcome.entity, created: false };
    if (outcome.kind === 'refused' || upsert === undefined) return refuse(outcome.kind, () => noConnection(id));
    // 8.2.4: a condition on what must be there forbids to make it.
    if (change.precondition.ifMatch !== undefined) return refuse('refused', () => noConnection(id));
    checkKey(connections.type, id);
    const entity = newEntityOf(change, { id });
    const created = await this.#create(caller, { id, entity, owner: upsert.owner ?? caller.id });
    if (created !== undefined) return { connection: created, created: true };
    // It was made meanwhile, or it is one that the caller does not see.
    const again = await this.repository.updateConnection(caller, id, change);
    if (again.kind === 'done') return { connection: again.entity, created: false };
    return refuse(again.kind, () => idIsTaken(id));
  }

  /** Runs work as one transaction: everything that it does, or nothing. It may be run again. */
  atomically<T>(work: () => Promise<T>): Promise<T> {
    return this.repository.atomically(work);
  }

  /**
   * Applies one of several changes (OData 4.01 Protocol 11.4.11); gives the connection as it is then, undefined where it
   * is gone.
   * @param owner whose a connection is that it makes; the caller's own where undefined
   * @throws ODataError 403, 404, 409, 412
   */
  async applyItem(caller: Caller, item: ReadableItem, owner: string | undefined): Promise<StoredEntity | undefined> {
    switch (item.kind) {
      case 'insert':
        return this.createConnection(caller, item.entity, owner ?? caller.id);
      case 'upsert':
        return (await this.updateConnection(caller, item.key.id as string, item.change, { owner })).connection;
      case 'link':
        throw new Error('Connections refer to nothing');
      case 'delete':
        await this.deleteConnection(caller, item.key.id as string, item.precondition);
        return undefined;
    }
  }

  /** @throws ODataError 404, 412 */
  async deleteConnection(caller: Caller, id: string, precondition: Precondition): Promise<void> {
    const outcome = await this.repository.deleteConnection(caller, id, precondition);
    if (outcome !== 'done') refuse(outcome, () => noConnection(id));
  }

  /**
   * Merges a change into the profile of a connection, creates the profile where there is none.
   * @throws ODataError 404, 412
   */
  async updateProfile(caller: Caller, id: string, change: ConditionalPatch): Promise<UpdatedProfile> {
    const newId = randomUUID();
    const outcome = await this.repository.upsertProfile(caller, id, change, newId);
    if (outcome.kind !== 'done') return refuse(outcome.kind, () => noConnection(id));
    // The statement gives a profile the new id only where it makes it.
    return { profile: outcome.entity, created: outcome.entity.id === newId };
  }

  /** @throws ODataError 404, 412 */
  async deleteProfile(caller: Caller, id: string, precondition: Precondition): Promise<void> {
    const outcome = await this.repository.deleteProfile(caller, id, precondition);
    if (outcome !== 'done') refuse(outcome, () => noProfile(id));
  }
}

function idIsTaken(id: string): never {
  throw new ODataError('keyAlreadyExists', `A connection with the id '${id}' exists already.`, { target: 'id' });
}

function noConnection(id: string): never {
  throw new ODataError('resourceNotFound', `There is no connection with the id '${id.slice(0, 200)}'.`);
}

function noProfile(id: string): never {
  throw new ODataError('resourceNotFound', `There is no connection '${id.slice(0, 200)}', or it has no profile.`);
}

function refuse(outcome: Exclude<WriteOutcome['kind'], 'done'>, missing: () => never): never {
  if (outcome === 'missing') missing();
  throw new ODataError('entityTagDoesNotMatch', 'The entity has changed, or its existence contradicts the condition.', {
    target: 'If-Match',
  });
}
