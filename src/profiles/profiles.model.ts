import { buildModel } from '../odata/edm/build-model.js';
import type { EntitySet, EntityType } from '../odata/edm/model.js';
import { DecoratedProfileConnection } from './dto/decorated-profile-connection.dto.js';
import { graph } from './dto/schema.js';

/** Name of the service's entity set. */
export const connectionsName = 'decoratedProfileConnections';

/** The model of the service, built from the DTO classes. */
export const profilesModel = buildModel(graph, { [connectionsName]: DecoratedProfileConnection });

/** The entity set of the connections. */
export const connections = profilesModel.entitySets.get(connectionsName) as EntitySet;

/** The entity type of the profiles that connections contain. */
export const profileType = profilesModel.entityTypes.get('DecoratedProfile') as EntityType;
