import { Contained, Edm, EntityType, Indexed, Property } from '../../odata/model.js';
import { DecoratedProfile } from './decorated-profile.dto.js';
import { exampleConnection } from './examples.js';
import { Entity } from './entity.dto.js';
import { graph } from './schema.js';

@EntityType(graph, {
  description: 'A connection of a user to a person, whose decorated profile it contains.',
  longDescription:
    'It belongs to the user who created it; an application names that user in the request header `X-Owner-Id`.',
  example: exampleConnection,
})
export class DecoratedProfileConnection extends Entity {
  @Property(Edm.Double, 'How relevant the person is to the user; the higher, the more.')
  @Indexed()
  relevanceScore?: number | null;
  @Contained(() => DecoratedProfile, 'Profile of the person, as the user sees it.') profile?: DecoratedProfile | null;
}
