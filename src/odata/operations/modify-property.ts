import type { EntityType } from '../protocol/edm/model.js';
import { type Change, valueAt } from '../protocol/payload/change.js';
import { readInsertion, readPropertyChange, readRawValue, removal } from '../protocol/payload/read-body.js';
import { etagOf } from '../protocol/payload/stored-entity.js';
import type { BoundPath } from '../protocol/query/bound.js';
import { canonicalPath } from '../protocol/query/canonical-path.js';
import { refuse } from './entity-updates.js';
import type { Entities } from './entities.js';
import { type AddressedProperty, declaredType, methodsOf } from './entity-address.js';
import type { EntityRequest } from './entity-request.js';
import { checkQueryOptions, collectionInsert, propertyChange } from './query-support.js';
import { empty, type ODataResult } from './results.js';

/** The methods of a property; of one that nobody but the service sets, or nobody changes, those that read. */
export function methodsOfProperty(addressed: AddressedProperty, path: BoundPath): readonly string[] {
  return isFixed(addressed, declaredType(path)) ? ['GET', 'HEAD'] : methodsOf(addressed);
}

function isFixed({ place: { property, names } }: AddressedProperty, owner: EntityType): boolean {
  return property.computed || property.immutable || (names.length === 1 && owner.key.includes(property.name));
}

function changeOf(request: EntityRequest, { place, isRaw }: AddressedProperty): Change {
  switch (request.method) {
    case 'DELETE':
      return removal(place);
    case 'POST':
      return readInsertion(place, request.body, request.bodyFormat, request.protocol.query.index ?? -1);
    default: {
      if (isRaw) return readRawValue(place, request.text);
      const mode = request.method === 'PUT' ? 'replace' : 'merge';
      return readPropertyChange(place, request.body, request.bodyFormat, mode);
    }
  }
}

/**
 * Changes one property by its own URL (OData 4.01 Protocol 11.4.9 and 11.4.10): whatever the method, it is a change of its
 * entity.
 * @throws ODataError 400, 404, 412
 */
export async function modifyProperty(
  addressed: AddressedProperty,
  path: BoundPath,
  { request, entities }: { readonly request: EntityRequest; readonly entities: Entities },
): Promise<ODataResult> {
  const { method, protocol, caller } = request;
  checkQueryOptions(protocol.query, method === 'POST' ? collectionInsert : propertyChange);
  const change = { ...changeOf(request, addressed), precondition: protocol.precondition };
  const entity = await entities.change(addressed.entity, change, caller);
  if (typeof entity === 'string') return refuse(entity, request.path);
  const { place, isRaw } = addressed;
  const etag = etagOf(entity);
  // 11.4.9.2: what was removed has no representation; raw text is not sent back.
  if (method === 'DELETE' || isRaw) return { ...empty, etag };
  const value = valueAt(entity, place.names) ?? null;
  if (value === null && !place.property.collection) return { ...empty, etag };
  const type = { item: place.property.type, collection: place.property.collection };
  const context = canonicalPath(path).text;
  return { kind: 'property', type, property: place.property, value, context, selection: {}, count: undefined, etag };
}
