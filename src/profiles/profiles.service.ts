import { Injectable } from '@nestjs/common';
import {
  type Caller,
  type Creation,
  EntityRules,
  ODataError,
  RulesFor,
  type TypedChange,
  type UpdatedEntity,
} from '../odata/index.js';
import { DecoratedProfileConnection } from './dto/decorated-profile-connection.dto.js';
import type { DecoratedProfile } from './dto/decorated-profile.dto.js';
import { ownerNotAllowed } from './profiles.errors.js';
import { ProfilesRepository } from './profiles.repository.js';

/**
 * What the domain knows beside its model: whose a connection may be. The engine asks these rules before anything happens
 * to a connection or the profile in it, by whatever URL.
 */
@Injectable()
@RulesFor(DecoratedProfileConnection)
export class ProfilesService extends EntityRules<DecoratedProfileConnection> {
  constructor(private readonly repository: ProfilesRepository) {
    super();
  }

  /** @throws ODataError 403 where a user names another one as owner */
  override beforeCreate({ caller, owner }: Creation<DecoratedProfileConnection>): void {
    if (owner === caller.id || caller.kind === 'application') return;
    throw new ODataError(ownerNotAllowed, 'Only an application may create a connection for another user.', {
      target: 'X-Owner-Id',
    });
  }

  /**
   * Merges a change into the profile of a connection, creates the profile where there is none.
   * @throws ODataError 404, 412
   */
  updateProfile(
    caller: Caller,
    id: string,
    change: TypedChange<DecoratedProfile>,
  ): Promise<UpdatedEntity<DecoratedProfile>> {
    return this.repository.updateProfile(caller, id, change);
  }
}
