import { Injectable } from '@nestjs/common';
import { type Caller, EntityUpdates, type TypedChange, type UpdatedEntity } from '../odata/index.js';
import type { DecoratedProfile } from './dto/decorated-profile.dto.js';
import { profileOf } from './profiles.model.js';
import { ProfilesRepository } from './profiles.repository.js';

/** Profiles inside the connections of the configured store; each update goes through the gate of the engine. */
@Injectable()
export class StoredProfilesRepository extends ProfilesRepository {
  constructor(private readonly updates: EntityUpdates) {
    super();
  }

  updateProfile(
    caller: Caller,
    id: string,
    change: TypedChange<DecoratedProfile>,
  ): Promise<UpdatedEntity<DecoratedProfile>> {
    return this.updates.update(profileOf(id), change, caller);
  }
}
