import { modificationOf, type ServiceDescription } from '../protocol/csdl/service-description.js';
import type { BoundCall, BoundPath } from '../protocol/query/bound.js';
import type { Access } from './access.js';
import { addressedProperty, pathTemplate } from './entity-address.js';
import { itemsAt, methodsOfItems } from './modify-items.js';
import { methodsOfProperty } from './modify-property.js';
import { isOfStream, methodsOfStream } from './modify-stream.js';
import { methodsOfReferences } from './modify-references.js';

const methods = ['POST', 'PATCH', 'PUT', 'DELETE'] as const;

/** What decides which methods a resource knows. */
export interface MethodsContext {
  readonly service: ServiceDescription;
  readonly access: Access;
}

/** The methods by which an action or a function is called (OData 4.01 Protocol 11.5.4 and 11.5.5). */
export function methodsOfCall({ operation }: BoundCall): readonly string[] {
  return operation.kind === 'action' ? ['POST'] : ['GET', 'HEAD'];
}

/**
 * The methods that the resource at a path knows in a service (RFC 9110, 10.2.1), whatever the type of its keys and the style
 * in which they are written.
 */
export function allowedMethods(path: BoundPath, { service, access }: MethodsContext): readonly string[] {
  const isReadable = access.allows(path.root, 'read');
  const reads = isReadable ? ['GET', 'HEAD'] : [];
  const has = (method: (typeof methods)[number], template: readonly string[]): boolean =>
    modificationOf(service, method, template) !== undefined;
  const mayChange = has('PATCH', pathTemplate({ ...path, steps: [] }));
  const items = itemsAt(path);
  if (items !== undefined) {
    const found = mayChange ? methodsOfItems(items) : ['GET', 'HEAD'];
    return found.filter((one) => isReadable || (one !== 'GET' && one !== 'HEAD'));
  }
  if (path.suffix === 'each') {
    const property = path.steps.at(-1)?.property;
    const target = property?.kind === 'navigation' ? property.target : undefined;
    // What is contained is a part of the entity: to change or delete it is to change that.
    if (property !== undefined && target === undefined) return mayChange ? ['DELETE', 'PATCH'] : [];
    const of = target?.name ?? path.root.name;
    return (['DELETE', 'PATCH'] as const).filter((one) => has(one, [of, '{key}']));
  }
  if (path.suffix === 'ref') return [...reads, ...(mayChange ? methodsOfReferences(path) : [])];
  if (isOfStream(path)) {
    const remove = has('DELETE', pathTemplate(path));
    const found = methodsOfStream(path, { change: mayChange, remove });
    return found.filter((one) => isReadable || (one !== 'GET' && one !== 'HEAD'));
  }
  const property = addressedProperty(path);
  if (property !== undefined) {
    const isOfOne = path.isSingleton || path.key !== undefined;
    const found = isOfOne && mayChange ? methodsOfProperty(property, path) : ['GET', 'HEAD'];
    return found.filter((one) => isReadable || (one !== 'GET' && one !== 'HEAD'));
  }
  if (path.suffix !== undefined || path.function !== undefined || path.type.item?.kind !== 'entity') return reads;
  if (isFiltered(path)) return reads;
  const found = methods.filter((one) => has(one, pathTemplate(path)));
  return [...reads, ...(isCast(path) ? found.filter((one) => one !== 'PATCH' && one !== 'PUT') : found)];
}

function filtersOf({ type, filters, steps }: BoundPath): BoundPath['filters'] {
  return type.collection ? (steps.at(-1)?.filters ?? filters) : [];
}

/**
 * Whether a path leads to what filters leave of a collection: that is read, and its members change one by one, behind
 * `$each`.
 */
function isFiltered(path: BoundPath): boolean {
  return filtersOf(path).some(({ kind }) => kind !== 'isOf');
}

/**
 * Whether a path leads to the members of a collection that are of a type: they are made there (OData 4.01 Protocol
 * 11.4.2). An update of a collection is about all of it: its path has neither casts nor filters (11.4.12).
 */
function isCast(path: BoundPath): boolean {
  return filtersOf(path).length > 0;
}
