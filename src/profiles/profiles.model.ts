import type { EntityAddress, SetDescriptions } from '../odata/index.js';
import { buildModel, entitySetOf } from '../odata/model.js';
import { DecoratedProfileConnection } from './dto/decorated-profile-connection.dto.js';
import { graph } from './dto/schema.js';

/** The model of the service, built from the DTO classes. */
export const profilesModel = buildModel(graph, { decoratedProfileConnections: DecoratedProfileConnection });

/** The entity set of the connections; each contains the profile of a person. */
export const connections = entitySetOf(profilesModel, 'decoratedProfileConnections');

/** Where the profile of a connection is. */
export function profileOf(id: string): Pick<EntityAddress, 'set' | 'id' | 'at'> {
  return { set: connections, id, at: [{ name: 'profile' }] };
}

/** What can be done with connections, in a sentence each. */
export const connectionTexts: SetDescriptions = {
  create:
    'Creates a connection, with its profile where there is one inline; the service makes an id where there is none.',
  update: 'Merges a change into a connection.',
  replace: 'Replaces a connection: what the body does not name becomes null. The profile stays.',
  delete: 'Deletes a connection, and its profile with it.',
  delta:
    'Creates, changes and deletes connections, as a delta payload says: all or nothing, unless the client prefers to continue on error.',
};
