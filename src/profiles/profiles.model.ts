import { buildModel, entitySetOf } from '../odata/model.js';
import { DecoratedProfileConnection } from './dto/decorated-profile-connection.dto.js';
import { graph } from './dto/schema.js';

/** The model of the service, built from the DTO classes. */
export const profilesModel = buildModel(graph, { decoratedProfileConnections: DecoratedProfileConnection });

/** The entity set of the connections; each contains the profile of a person. */
export const connections = entitySetOf(profilesModel, 'decoratedProfileConnections');
