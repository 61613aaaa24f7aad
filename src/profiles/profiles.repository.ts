import type { Caller } from '../odata/operations/caller.js';
import type { Change, NewEntity } from '../odata/protocol/payload/change.js';
import type { StoredEntity } from '../odata/protocol/payload/stored-entity.js';
import type { Precondition } from '../odata/protocol/headers/precondition.js';
import type { Removal, WriteOutcome } from '../odata/store/aggregate-store.js';

/** A new connection, its profile inside. */
export interface NewConnection {
  readonly id: string;
  readonly owner: string;
  readonly entity: NewEntity;
}

/** A change, and the conditions under which it may be applied. */
export interface ConditionalPatch extends Change {
  readonly precondition: Precondition;
}

/**
 * Where connections and their profiles are kept. What a caller may not see does not exist for it. No method reads before
 * it writes: each write is one statement that merges, tests its precondition and gives the new state.
 */
export abstract class ProfilesRepository {
  /** Runs work as one transaction: everything that it does, or nothing. It may be run again. */
  abstract atomically<T>(work: () => Promise<T>): Promise<T>;

  /** Undefined where the tenant has a connection with this id already. */
  abstract createConnection(caller: Caller, connection: NewConnection): Promise<StoredEntity | undefined>;

  /** Changes a connection, and its profile where the change carries it. */
  abstract updateConnection(caller: Caller, id: string, change: ConditionalPatch): Promise<WriteOutcome>;

  abstract deleteConnection(caller: Caller, id: string, precondition: Precondition): Promise<Removal>;

  /**
   * Merges into the profile of a connection.
   * @param newId id that the profile gets where the connection has none yet
   */
  abstract upsertProfile(caller: Caller, id: string, change: ConditionalPatch, newId: string): Promise<WriteOutcome>;

  /** `missing` also where the connection has no profile. */
  abstract deleteProfile(caller: Caller, id: string, precondition: Precondition): Promise<Removal>;
}
