import { Module } from '@nestjs/common';
import { ProfileCompleteness } from './profile-completeness.js';
import { ProfilesController } from './profiles.controller.js';
import { ProfilesRepository } from './profiles.repository.js';
import { ProfilesService } from './profiles.service.js';
import { StoredProfilesRepository } from './stored-profiles.repository.js';

/** The domain: connections and their decorated profiles. Stands below an `ODataModule` that serves its model. */
@Module({
  controllers: [ProfilesController],
  providers: [
    ProfilesService,
    ProfileCompleteness,
    { provide: ProfilesRepository, useClass: StoredProfilesRepository },
  ],
})
export class ProfilesModule {}
