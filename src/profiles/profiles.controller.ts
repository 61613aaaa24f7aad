import { Controller, Patch } from '@nestjs/common';
import {
  answerUpdate,
  ChangeOf,
  Describes,
  Entities,
  EntityKey,
  entityQuery,
  Exchange,
  Requires,
  Serves,
} from '../odata/index.js';
import { DecoratedProfile } from './dto/decorated-profile.dto.js';
import { profileOf } from './profiles.model.js';
import { ProfilesService } from './profiles.service.js';

/**
 * The operation that the service began with. Everything else that can be done with connections and profiles, the engine
 * does by the model and the rules of `ProfilesService`. Both key styles, `('{id}')` and `/{id}`, reach it.
 */
@Controller('decoratedProfileConnections')
export class ProfilesController {
  constructor(
    private readonly profiles: ProfilesService,
    private readonly entities: Entities,
  ) {}

  @Patch(':id/profile')
  @Requires('write')
  @Serves(entityQuery)
  @Describes({ summary: 'Merges a change into the profile of a connection; makes the profile where there is none.' })
  updateProfile(
    @Exchange() exchange: Exchange,
    @EntityKey() id: string,
    @ChangeOf(DecoratedProfile) change: ChangeOf<DecoratedProfile>,
  ) {
    const { entities } = this;
    const place = profileOf(id);
    return answerUpdate(exchange, { place, change, entities }, () =>
      this.profiles.updateProfile(exchange.caller, id, change),
    );
  }
}
