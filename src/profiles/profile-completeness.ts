import { Injectable } from '@nestjs/common';
import { type Call, Handles, type LiveEntity } from '../odata/index.js';
import { type DecoratedProfile, MissingProperties } from './dto/decorated-profile.dto.js';

/** What a complete profile says, in the order in which it is shown. What concerns the viewer is not the person's to say. */
const looked = [
  'firstName',
  'lastName',
  'headline',
  'picture',
  'industryName',
  'location',
  'summary',
  'recentPositions',
  'recentEducations',
  'skills',
] as const satisfies readonly (keyof DecoratedProfile)[];

/** By any of these a person is reached: one is enough. */
const reached = ['emails', 'phoneNumbers', 'ims', 'websites'] as const satisfies readonly (keyof DecoratedProfile)[];

function says(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
}

/** Answers how complete a profile is. */
@Injectable()
export class ProfileCompleteness {
  /** The properties that say nothing; `emails` where the person cannot be reached at all. */
  @Handles(MissingProperties)
  async missingProperties({
    bound,
  }: Call<MissingProperties, LiveEntity<DecoratedProfile>>): Promise<readonly string[]> {
    const profile = await bound.value();
    const silent = looked.filter((name) => !says(profile[name]));
    return reached.some((name) => says(profile[name])) ? silent : [...silent, 'emails'];
  }
}
