import type { Caller, TypedChange, UpdatedEntity } from '../odata/index.js';
import type { DecoratedProfile } from './dto/decorated-profile.dto.js';

/** Where profiles are kept. What a caller may not see does not exist for it. */
export abstract class ProfilesRepository {
  /**
   * Merges a change into the profile of a connection, creates the profile where there is none.
   * @param id of the connection
   * @throws ODataError 404 where the caller sees no such connection, 412 where the conditions of the change do not hold
   */
  abstract updateProfile(
    caller: Caller,
    id: string,
    change: TypedChange<DecoratedProfile>,
  ): Promise<UpdatedEntity<DecoratedProfile>>;
}
