import { Contained, EntityType, Indexed, Property } from '../../odata/edm/declarations.js';
import { Edm } from '../../odata/edm/primitive-types.js';
import { DecoratedProfile } from './decorated-profile.dto.js';
import { Entity } from './entity.dto.js';
import { graph } from './schema.js';

/**
 * A connection of a user to a person, whose decorated profile it contains. It belongs to the user who created it; an
 * application names that user in the request header `X-Owner-Id`.
 */
@EntityType(graph)
export class DecoratedProfileConnection extends Entity {
  @Property(Edm.Double) @Indexed() relevanceScore?: number | null;
  @Contained(() => DecoratedProfile) profile?: DecoratedProfile | null;
}
