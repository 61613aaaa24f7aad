import type { HttpAdapterHost } from '@nestjs/core';
import { allowedMethods, methodsOfCall, type MethodsContext } from '../operations/allowed-methods.js';
import { isEntityById, pathById } from '../operations/entity-by-id.js';
import { modifiedKind } from '../operations/reference-path.js';
import { isAll } from '../operations/read-all.js';
import { isCrossJoin } from '../operations/cross-join-path.js';
import { methodNotAllowed, noResourceAt, type ODataError } from '../protocol/odata-error.js';
import { bindTarget } from '../protocol/query/bind-path.js';
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
 * The methods of what the model has at the path of a request.
 * @throws ODataError 404 where that is nothing
 */
function methodsOfModel(exchange: Exchange, context: MethodsContext): readonly string[] {
  const { path, settings, query } = exchange;
  const byId = isEntityById(path) ? pathById(exchange, exchange.roots) : undefined;
  const target = bindTarget(parsePath(byId ?? path), requestContext(settings.model, query));
  if (target.call !== undefined) return methodsOfCall(target.call);
  const bound = target.path;
  return allowedMethods(bound.suffix === 'ref' ? bound : modifiedKind(bound), context);
}

/**
 * Why a request is refused whatever its body is: the resource is none, or does not know the method; undefined where it does.
 * That is said before anything that is wrong with the body: no other body would help (RFC 9110, 15.5.6 and 15.5.16).
 */
export function refusedMethod(exchange: Exchange, routes: RouteTable, context: MethodsContext): ODataError | undefined {
  const { method, asksByBody, path, isOfModel } = exchange;
  // What is asked by a body takes POST.
  if (asksByBody) return undefined;
  if (!isOfModel && !isEntityById(path)) return refusalOf(exchange, routes, context);
  const allowed = methodsOfModel(exchange, context);
  return allowed.includes(method) ? undefined : methodNotAllowed(method, allowed);
}

/** Why a request that no handler takes is refused: 405 where the resource exists but not the method, 404 otherwise. */
export function refusalOf(exchange: Exchange, routes: RouteTable, context: MethodsContext): ODataError {
  const { path, method, routed, isOfService } = exchange;
  if (isOfService && (exchange.isOfModel || isEntityById(path)))
    return methodNotAllowed(method, methodsOfModel(exchange, context));
  const methods = routes.methodsOf(routed);
  if (methods.length > 0) return methodNotAllowed(method, methods);
  if (isOfService && (isAll(path) || isCrossJoin(path))) return methodNotAllowed(method, ['GET', 'HEAD']);
  return noResourceAt(routed);
}
