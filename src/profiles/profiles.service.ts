import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import type { JsonObject } from '../odata/json/json-value.js';
import { ODataError } from '../odata/odata-error.js';
import type { NewEntity } from '../odata/payload/change.js';
import type { StoredEntity } from '../odata/payload/stored-entity.js';
import type { Precondition } from '../odata/precondition.js';
import type { WriteOutcome } from '../store/aggregate-store.js';
import { type ConditionalPatch, ProfilesRepository } from './profiles.repository.js';

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
    if (owner !== caller.id && caller.kind !== 'application') {
      throw new ODataError('ownerNotAllowed', 'Only an application may create a connection for another user.', {
        target: 'X-Owner-Id',
      });
    }
    const id = entity.key ?? randomUUID();
    const profile = entity.contained.get('profile');
    const withId: JsonObject | undefined = profile && { id: randomUUID(), ...profile.properties };
    const connection = { id, owner, properties: entity.properties, profile: withId };
    const created = await this.repository.createConnection(caller, connection);
    if (created !== undefined) return created;
    throw new ODataError('keyAlreadyExists', `A connection with the id '${id}' exists already.`, { target: 'id' });
  }

  /** @throws ODataError 404, 412 */
  async updateConnection(caller: Caller, id: string, change: ConditionalPatch): Promise<StoredEntity> {
    const outcome = await this.repository.updateConnection(caller, id, change);
    return outcome.kind === 'done' ? outcome.entity : refuse(outcome.kind, () => noConnection(id));
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
