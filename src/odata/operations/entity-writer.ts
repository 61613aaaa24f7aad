import type { Caller } from './caller.js';
import type { EntitySet, EntityType, Singleton } from '../protocol/edm/model.js';
import type { JsonObject } from '../protocol/json/json-value.js';
import type { Change, NewEntity } from '../protocol/payload/change.js';
import type { BoundExpression, BoundRead, EntityCondition, Instance, ReadResult } from '../protocol/query/bound.js';
import type { ContainedStep, StoredEntity } from '../protocol/payload/stored-entity.js';
import type { Precondition } from '../protocol/headers/precondition.js';

/** An entity: a member of a set, a singleton, or what one of them contains. */
export interface EntityAddress {
  readonly set: EntitySet | Singleton;
  /** Text of the key of the member of the set; empty for a singleton. */
  readonly id: string;
  /** From that entity to the one that is meant. */
  readonly at: readonly ContainedStep[];
  /** What must hold of the entities on the way. */
  readonly conditions: readonly EntityCondition[];
}

/** A change, and the conditions under which it may happen. */
export interface ConditionalWrite extends Change {
  readonly precondition: Precondition;
  /** What a contained entity starts from where it is not there. */
  readonly orCreate?: JsonObject;
  /** It is only to be made. */
  readonly onlyNew?: boolean;
}

/** The members of a set that a path ending in `$each` leads to. */
export interface MembersAddress {
  readonly set: EntitySet;
  /** What the filters of the path speak of. */
  readonly item: Instance & { readonly type: EntityType };
  readonly filters: readonly BoundExpression[];
}

/** Changes entities that a caller may see; what the caller does not see is `missing`. */
export abstract class EntityWriter {
  /** How many entities one request may change. */
  abstract readonly mostChanges: number;

  /** Runs work as one transaction: everything that it does, or nothing. It may be run again. */
  abstract atomically<T>(work: () => Promise<T>): Promise<T>;

  /** Makes a member of a set, the caller's own; undefined where its key is taken. */
  abstract create(set: EntitySet, entity: NewEntity, caller: Caller): Promise<StoredEntity | undefined>;

  /** Whether the caller sees such a member of a set; inside a transaction nobody deletes it until that has ended. */
  abstract hold(set: EntitySet, id: string, caller: Caller): Promise<boolean>;

  /** Reads what a bound query asks for. */
  abstract read(read: BoundRead, caller: Caller): Promise<ReadResult>;

  /** The entity as it is, with what it contains. */
  abstract find(entity: EntityAddress, caller: Caller): Promise<StoredEntity | undefined>;

  /**
   * Applies a change to an entity, in one statement; gives the entity as it is then. `refused`: the precondition does not
   * hold. `taken`: it was only to be made, and is there.
   */
  abstract change(
    entity: EntityAddress,
    change: ConditionalWrite,
    caller: Caller,
  ): Promise<StoredEntity | 'missing' | 'refused' | 'taken'>;

  /** Deletes an entity, and what it contains with it. */
  abstract remove(
    entity: EntityAddress,
    precondition: Precondition,
    caller: Caller,
  ): Promise<'done' | 'missing' | 'refused'>;

  /**
   * Applies a change to each of the members that the caller sees, in one statement; gives them as they are then.
   * `tooMany`: they are more than may be changed at once.
   */
  abstract changeMembers(
    members: MembersAddress,
    change: Omit<Change, 'etag'>,
    caller: Caller,
  ): Promise<readonly StoredEntity[] | 'tooMany'>;

  /** Deletes each of the members that the caller sees, in one statement; gives how many they were. */
  abstract deleteMembers(members: MembersAddress, caller: Caller): Promise<number | 'tooMany'>;
}
