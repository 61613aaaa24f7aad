import { All, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Public } from '../auth/auth.guard.js';
import type { Model } from '../odata/edm/model.js';
import { ODataError } from '../odata/odata-error.js';
import { MODEL } from './model-token.js';
import { servicePath } from './protocol.js';
import { RouteTable } from './route-table.js';
import { isDefinedResource } from './unbuilt-resources.js';

/**
 * Answers what no other handler does: 405 where the resource exists but not the method, 501 where OData and the model
 * define the resource or method but the service does not have it yet, 404 otherwise.
 */
@Controller()
@Public()
export class FallbackController {
  constructor(
    private readonly routes: RouteTable,
    @Inject(MODEL) private readonly model: Model,
  ) {}

  @All('*')
  refuse(@Req() { url, method }: FastifyRequest): never {
    const [path = ''] = url.split('?', 1);
    const allowed = this.routes.methodsOf(path.length > 1 ? path.replace(/\/$/, '') : path);
    if (allowed.length > 0) throw refuseMethod(method, allowed);
    const segments = decodeSegments(path);
    if (segments !== undefined) refuseMalformedKey(this.model, segments[0] ?? '');
    if (segments !== undefined && isDefinedResource(this.model, segments)) {
      const name = segments.join('/');
      throw new ODataError('notImplemented', `${method} of '${name}' is not implemented.`);
    }
    throw new ODataError('resourceNotFound', `There is no resource at '${path.slice(0, 200)}'.`);
  }
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
function refuseMalformedKey(model: Model, segment: string): void {
  const at = segment.indexOf('(');
  if (at < 0 || !model.entitySets.has(segment.slice(0, at))) return;
  if (segment[at + 1] === '@')
    throw new ODataError('notImplemented', 'Parameter aliases for keys are not implemented.');
  throw new ODataError('malformedKey', `The key of '${segment.slice(0, at)}' must be a string in single quotes.`);
}

function refuseMethod(method: string, allowed: readonly string[]): ODataError {
  // 11.4.3: PUT replaces an entity; 11.4.11: PATCH of a collection carries a delta payload.
  const unbuilt = { PUT: 'PATCH', PATCH: 'POST' }[method];
  if (unbuilt !== undefined && allowed.includes(unbuilt)) {
    return new ODataError('notImplemented', `${method} of this resource is not implemented.`);
  }
  return new ODataError('methodNotAllowed', `The resource does not know the method ${method}.`, {
    headers: { allow: allowed.join(', ') },
  });
}
