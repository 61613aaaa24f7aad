import { buildModel, entitySetOf, entityTypeOf } from '../odata/protocol/edm/build-model.js';
import { DecoratedProfile } from './dto/decorated-profile.dto.js';
import { DecoratedProfileConnection } from './dto/decorated-profile-connection.dto.js';
import { graph } from './dto/schema.js';

/** Name of the service's entity set. */
export const connectionsName = 'decoratedProfileConnections';

/** The model of the service, built from the DTO classes. */
export const profilesModel = buildModel(graph, { [connectionsName]: DecoratedProfileConnection });

/** The entity set of the connections. */
export const connections = entitySetOf(profilesModel, connectionsName);

/** The entity type of the profiles that connections contain. */
export const profileType = entityTypeOf(profilesModel, DecoratedProfile);
