import type { Property } from '../odata/edm/model.js';
import { ODataError } from '../odata/odata-error.js';
import type { PropertyPlace } from '../odata/payload/read-body.js';
import type { BoundPath } from '../odata/query/bound.js';
import type { EntityAddress } from './entity-writer.js';

/** A property that a request wants to change, and whose it is. */
export interface AddressedProperty {
  readonly entity: EntityAddress;
  readonly place: PropertyPlace;
  /** The property is addressed as raw text, `/$value`. */
  readonly isRaw: boolean;
}

/** The methods that a property knows (OData 4.01 Protocol 11.4.9); a collection has no PATCH: its items have no identity. */
export function methodsOf({ place: { property }, isRaw }: AddressedProperty): readonly string[] {
  if (isRaw) return ['DELETE', 'GET', 'HEAD', 'PUT'];
  if (property.collection) return ['DELETE', 'GET', 'HEAD', 'POST', 'PUT'];
  return ['DELETE', 'GET', 'HEAD', 'PATCH', 'PUT'];
}

function notBuilt(what: string): ODataError {
  return new ODataError('notImplemented', `Changing a property ${what} is not implemented.`);
}

/**
 * The property at the end of a path; undefined where the path leads to something else.
 * @throws ODataError 501 for properties whose entities this service does not change one by one yet
 */
export function addressedProperty({
  root,
  isSingleton,
  key,
  filters,
  steps,
  suffix,
}: BoundPath): AddressedProperty | undefined {
  const last = steps.at(-1)?.property;
  if (last?.kind !== 'property' || suffix === 'count' || suffix === 'ref') return undefined;
  if (isSingleton || key === undefined) throw notBuilt('of a singleton');
  if (filters.length > 0 || steps.some((step) => step.filters.length > 0))
    throw notBuilt('behind a type cast or filter');
  const properties = steps.map(({ property }) => property).filter((one): one is Property => one.kind === 'property');
  const navigation = steps.filter(({ property }) => property.kind === 'navigation');
  if (navigation.length > 1 || navigation.some((step) => step.key !== undefined)) {
    throw notBuilt('of an entity inside a collection');
  }
  return {
    entity: { set: root, id: key, contained: navigation[0]?.property.name },
    place: { property: last, names: properties.map(({ name }) => name) },
    isRaw: suffix === 'value',
  };
}
