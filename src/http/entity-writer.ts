import type { Caller } from '../auth/caller.js';
import type { EntitySet } from '../odata/edm/model.js';
import type { Change } from '../odata/payload/change.js';
import type { BoundExpression, Instance } from '../odata/query/bound.js';
import type { StoredEntity } from '../odata/payload/stored-entity.js';
import type { Precondition } from '../odata/precondition.js';

/** An entity that is to be changed: a member of a set, or what it contains under a single-valued navigation property. */
export interface EntityAddress {
  readonly set: EntitySet;
  readonly id: string;
  readonly contained: string | undefined;
}

/** A change, and the conditions under which it may happen. */
export interface ConditionalWrite extends Omit<Change, 'contained'> {
  readonly precondition: Precondition;
}

/** The members of a set that a path ending in `$each` leads to. */
export interface MembersAddress {
  readonly set: EntitySet;
  /** What the filters of the path speak of. */
  readonly item: Instance;
  readonly filters: readonly BoundExpression[];
}

/** Changes entities that a caller may see. */
export abstract class EntityWriter {
  /**
   * Applies a change to an entity that exists, in one statement; gives the entity as it is then.
   * `missing`: the caller sees no such entity. `refused`: the precondition does not hold.
   */
  abstract change(
    entity: EntityAddress,
    change: ConditionalWrite,
    caller: Caller,
  ): Promise<StoredEntity | 'missing' | 'refused'>;

  /**
   * Applies a change to each of the members that the caller sees, in one statement; gives them as they are then.
   * `tooMany`: they are more than may be changed at once.
   */
  abstract changeMembers(
    members: MembersAddress,
    change: Pick<Change, 'patch'>,
    caller: Caller,
  ): Promise<readonly StoredEntity[] | 'tooMany'>;

  /** Deletes each of the members that the caller sees, in one statement; gives how many they were. */
  abstract deleteMembers(members: MembersAddress, caller: Caller): Promise<number | 'tooMany'>;
}
