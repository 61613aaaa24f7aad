import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Caller as CallerOfRequest } from '../operations/caller.js';
import type { QuerySupport } from '../operations/query-support.js';
import { TypedChange } from '../operations/typed-change.js';
import type { BatchDescription, CustomHeader } from '../protocol/csdl/service-description.js';
import { ODataError } from '../protocol/odata-error.js';
import { readChange } from '../protocol/payload/read-body.js';
import { isSystemSegment } from '../protocol/uri/system-segments.js';
import { type Exchange as ExchangeOfRequest, exchangeOf } from './exchange.js';

function exchangeIn(context: ExecutionContext): ExchangeOfRequest {
  return exchangeOf(context.switchToHttp().getRequest<FastifyRequest>());
}

// ------------------------------------------------------------------------------------------------------- Who may call

/** What a handler does, for the permission that it needs. */
export type PermissionKind = 'read' | 'write';

/** Opens a handler to everyone: health and the like. A guard lets its requests pass without a token. */
export const Public = Reflector.createDecorator<boolean>({ transform: () => true });

/** Names the permission that a handler needs of its caller; the engine asks for it before anything is done. */
export const Requires = Reflector.createDecorator<PermissionKind>();

/** Opens a handler to everyone with a valid token: what it does is for others to permit. */
export const Authenticated = Reflector.createDecorator<boolean>({ transform: () => true });

// ---------------------------------------------------------------------------------------------- What a handler says

/** Declares a handler whose requests' bodies are not read, because what they say does not matter. */
export const TakesNoBody = Reflector.createDecorator<boolean>({ transform: () => true });

/** Declares a handler that answers with an `ODataResult`, and the system query options it serves. */
export const Serves = Reflector.createDecorator<QuerySupport | 'by resource'>();

/** What a handler says of itself to those who read the metadata. */
export interface HandlerDescription {
  /** What it does, in one sentence. */
  readonly summary: string;
  /** Headers that it reads and OData does not define. */
  readonly headers?: readonly CustomHeader[];
}

/** Describes a handler that modifies; the metadata and the API description take it from there. */
export const Describes = Reflector.createDecorator<HandlerDescription>();

/** Describes the controller that takes batches. */
export const TakesBatches = Reflector.createDecorator<BatchDescription>();

/** Marks the controller of the status of requests that are answered later. */
export const AnswersLater = Reflector.createDecorator<boolean>({ transform: () => true });

// ------------------------------------------------------------------------------------------------- What it is given

/** Injects the request as it was read: its path, protocol, preferences, conditions, caller and body. */
export const Exchange = createParamDecorator((_: unknown, context: ExecutionContext) => exchangeIn(context));
export type Exchange = ExchangeOfRequest;

/** Injects who sent the request. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) => exchangeIn(context).caller);
export type Caller = CallerOfRequest;

/**
 * Injects the key of the addressed member of an entity set, in a route that has it as `:id`. In the key-as-segment style a
 * segment that OData defines is none (OData 4.01 URL Conventions 4.3.6).
 * @throws ODataError 404
 */
export const EntityKey = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { request, routed, settings } = exchangeIn(context);
  const { id } = request.params as { id: string };
  const [, segment = ''] = routed.slice(settings.path.length + 1).split('/');
  if (!isSystemSegment(segment)) return id;
  throw new ODataError('resourceNotFound', `There is no resource at '${id.slice(0, 80)}'.`);
});

/**
 * Injects the body of a PATCH or PUT as a change of an entity of the given class, with the conditions under which it may
 * happen; every fault of it is reported, with its path.
 */
export const ChangeOf = createParamDecorator((target: abstract new () => object, context: ExecutionContext) => {
  const exchange = exchangeIn(context);
  const type = exchange.settings.typeOf(target);
  const kind = exchange.method === 'PUT' ? 'replace' : 'merge';
  const entityUrl = exchange.routed.slice(exchange.settings.path.length + 1);
  const change = readChange(type, exchange.body, exchange.bodyFormat, { entityUrl, mode: kind });
  return new TypedChange(type, { ...change, kind, precondition: exchange.conditions(change.etag) });
});
export type ChangeOf<T extends object> = TypedChange<T>;
