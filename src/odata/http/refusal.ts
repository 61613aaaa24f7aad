import type { HttpAdapterHost } from '@nestjs/core';
import { allowedMethods, type MethodsContext } from '../operations/allowed-methods.js';
import { isAll } from '../operations/read-all.js';
import { isCrossJoin } from '../operations/cross-join-path.js';
import { methodNotAllowed, ODataError } from '../protocol/odata-error.js';
import { bindTarget } from '../protocol/query/bind-path.js';
import type { BoundPath } from '../protocol/query/bound.js';
import { requestContext } from '../protocol/query/request-context.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import type { Exchange } from './exchange.js';
import { ODataServer } from './odata-server.js';
import type { RouteTable } from './route-table.js';

/**
 * The routes of the server under the application.
 * @throws Error where that is not the engine's
 */
export function routesOf({ httpAdapter }: HttpAdapterHost): RouteTable {
  return serverOf(httpAdapter).routes;
}

/** @throws Error where the server under the application is not the engine's */
export function serverOf(adapter: unknown): ODataServer {
  if (adapter instanceof ODataServer) return adapter;
  throw new Error('ODataModule needs its own server: NestFactory.create(AppModule, new ODataServer({ path }))');
}

/**
 * Why a request that no handler takes is refused: 405 where the resource exists but not the method, 501 where OData
 * defines the resource and the service does not have it, 404 otherwise.
 */
export function refusalOf(exchange: Exchange, routes: RouteTable, context: MethodsContext): ODataError {
  const { path, method, routed, isOfService, settings } = exchange;
  if (isOfService && exchange.isOfModel) {
    const { call, ...target } = bindTarget(parsePath(path), requestContext(settings.model));
    if (call !== undefined)
      return methodNotAllowed(method, call.operation.kind === 'action' ? ['POST'] : ['GET', 'HEAD']);
    return methodNotAllowed(method, allowedMethods((target as { readonly path: BoundPath }).path, context));
  }
  const methods = routes.methodsOf(routed);
  if (methods.length > 0) return methodNotAllowed(method, methods);
  if (isOfService && path !== '') {
    if (isAll(path) || isCrossJoin(path)) return methodNotAllowed(method, ['GET', 'HEAD']);
    // OData knows more resources than a model has: `$entity`.
    if (/^(?:\$|%24)entity\/?$/i.test(path))
      return new ODataError('notImplemented', `${method} of '${path.slice(0, 200)}' is not implemented.`);
  }
  return new ODataError('resourceNotFound', `There is no resource at '${routed.slice(0, 200)}'.`);
}
