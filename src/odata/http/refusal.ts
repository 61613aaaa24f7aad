import type { FastifyRequest } from 'fastify';
import type { Model } from '../protocol/edm/model.js';
import { ODataError } from '../protocol/odata-error.js';
import { batchPath, servicePath } from './protocol.js';
import type { RouteTable } from './route-table.js';
import { isDefinedResource } from './unbuilt-resources.js';

/**
 * Why a request that no handler takes is refused: 405 where the resource exists but not the method, 501 where OData and
 * the model define the resource or method but the service does not have it yet, 404 otherwise.
 */
export function refusalOf({ url, method }: FastifyRequest, routes: RouteTable, model: Model): ODataError {
  const [path = ''] = url.split('?', 1);
  const allowed = routes.methodsOf(path.length > 1 ? path.replace(/\/$/, '') : path);
  if (path === batchPath) return methodNotAllowed(method, allowed);
  if (allowed.length > 0) return refuseMethod(method, allowed);
  const segments = decodeSegments(path);
  const malformed = segments && malformedKey(model, segments[0] ?? '');
  if (malformed !== undefined) return malformed;
  if (segments !== undefined && isDefinedResource(model, segments)) {
    return new ODataError('notImplemented', `${method} of '${segments.join('/')}' is not implemented.`);
  }
  return new ODataError('resourceNotFound', `There is no resource at '${path.slice(0, 200)}'.`);
}

/** The error of a method that a resource does not know. */
export function methodNotAllowed(method: string, allowed: readonly string[]): ODataError {
  return new ODataError('methodNotAllowed', `The resource does not know the method ${method}.`, {
    headers: { allow: allowed.join(', ') },
  });
}

/** The segments behind the service root, or undefined for a path outside of it. */
function decodeSegments(path: string): readonly string[] | undefined {
  if (path !== servicePath && !path.startsWith(`${servicePath}/`)) return undefined;
  const segments = path
    .slice(servicePath.length + 1)
    .replace(/\/$/, '')
    .split('/');
  return segments.map((segment) => decodeURIComponent(segment));
}

/** What stands in the parentheses behind an entity set is a key predicate; well-formed ones were rewritten before. */
function malformedKey(model: Model, segment: string): ODataError | undefined {
  const at = segment.indexOf('(');
  if (at < 0 || !model.entitySets.has(segment.slice(0, at))) return undefined;
  if (segment[at + 1] === '@')
    return new ODataError('notImplemented', 'Parameter aliases for keys are not implemented.');
  return new ODataError('malformedKey', `The key of '${segment.slice(0, at)}' must be a string in single quotes.`);
}

function refuseMethod(method: string, allowed: readonly string[]): ODataError {
  // 11.4.11 and 11.4.12: PATCH of a collection carries a delta payload, PUT replaces it.
  if ((method === 'PATCH' || method === 'PUT') && allowed.includes('POST')) {
    return new ODataError('notImplemented', `${method} of this resource is not implemented.`);
  }
  return methodNotAllowed(method, allowed);
}
