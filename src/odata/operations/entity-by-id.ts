import { ODataError } from '../protocol/odata-error.js';
import type { BoundPath } from '../protocol/query/bound.js';
import { pathOfEntityId } from '../protocol/query/entity-ids.js';
import { DerivedRequest, type EntityRequest, protocolWithout } from './entity-request.js';

const entityResource = /^\$entity(\/[^/]+)?\/?$/i;

/** Whether a path behind the service root is that of `$entity`, perhaps with a type cast. */
export function isEntityById(path: string): boolean {
  return entityResource.test(path);
}

/**
 * Where `$entity?$id=…` and `$entity/<type>?$id=…` lead: the path of the entity-id (OData 4.01 URL Conventions 4.3.4);
 * undefined for any other path.
 * @param roots what the service root is called in entity-ids
 * @throws ODataError 400 without an entity-id, 404 for one of another service
 */
export function pathById(
  { path, protocol }: Pick<EntityRequest, 'path' | 'protocol'>,
  roots: readonly string[],
): string | undefined {
  const match = entityResource.exec(path);
  if (match === null) return undefined;
  const { id } = protocol.query;
  if (id === undefined)
    throw new ODataError('invalidQueryOption', '$entity needs the entity-id in $id.', { target: '$id' });
  const found = pathOfEntityId(id, roots);
  if (found !== undefined) return `${found}${match[1] ?? ''}`;
  throw new ODataError('resourceNotFound', `'${id.slice(0, 200)}' is no entity of this service.`, { target: '$id' });
}

/** @throws ODataError 400 where an entity-id leads to something else than an entity */
export function requireEntity({ type, suffix }: BoundPath): void {
  if (type.item?.kind === 'entity' && !type.collection && suffix === undefined) return;
  throw new ODataError('invalidQueryOption', 'The entity-id in $id does not name an entity.', { target: '$id' });
}

/** The request that a request by entity-id stands for: at the URL of the entity, without `$id`. */
export function requestAtEntity(given: EntityRequest, path: string): EntityRequest {
  return new DerivedRequest(given, { path, protocol: protocolWithout(given.protocol, ['id']) });
}
