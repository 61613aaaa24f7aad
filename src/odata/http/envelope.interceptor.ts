import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, map, type Observable } from 'rxjs';
import { Entities } from '../operations/entities.js';
import { checkQueryOptions, type QuerySupport } from '../operations/query-support.js';
import type { ODataResult } from '../operations/results.js';
import { requireCondition } from '../protocol/headers/precondition.js';
import { Authenticated, type PermissionKind, Requires, Serves, TakesBatches } from './decorators.js';
import { type Exchange, exchangeOf } from './exchange.js';
import { LaterAnswers } from './later-answers.js';
import { ServiceMetadata } from './service-metadata.js';
import { writeAnswer } from './write-answer.js';

/** What the decorators of a handler say, read once. */
interface HandlerTraits {
  readonly serves: QuerySupport | 'by resource' | undefined;
  readonly requires: PermissionKind | undefined;
  readonly isForKnown: boolean;
  readonly takesBatches: boolean;
}

const changing: ReadonlySet<string> = new Set(['PATCH', 'PUT', 'DELETE']);

/**
 * The envelope of OData around every handler that answers with an `ODataResult`: before it the permission and the
 * negotiation, so that an answer that could not be written is not preceded by a change; after it the status, the headers,
 * and the body with its control information. Other handlers pass untouched.
 */
@Injectable()
export class ODataEnvelopeInterceptor implements NestInterceptor {
  readonly #traits = new WeakMap<object, HandlerTraits>();

  constructor(
    private readonly reflector: Reflector,
    private readonly metadata: ServiceMetadata,
    private readonly entities: Entities,
    private readonly later: LaterAnswers,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { serves, requires, isForKnown, takesBatches } = this.#traitsOf(context);
    if (serves === undefined && requires === undefined && !isForKnown) return next.handle();
    const exchange = exchangeOf(context.switchToHttp().getRequest<FastifyRequest>());
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    this.#admit(exchange, requires);
    const isBatch = takesBatches && exchange.method === 'POST';
    const { respondAsync } = exchange.preferences;
    if (respondAsync && (isBatch || serves !== undefined) && this.later.takes(exchange))
      return from(this.later.answer(exchange, reply, { isBatch }));
    if (serves === undefined) return next.handle();
    this.#prepare(exchange, reply, serves);
    reply.serializer(asItIs);
    return next.handle().pipe(map((result: ODataResult) => writeAnswer(result, exchange.protocol, reply)));
  }

  #traitsOf(context: ExecutionContext): HandlerTraits {
    const handler = context.getHandler();
    let traits = this.#traits.get(handler);
    if (traits === undefined) {
      const targets: Parameters<Reflector['getAllAndOverride']>[1] = [handler, context.getClass()];
      const get = (decorator: Parameters<Reflector['getAllAndOverride']>[0]): unknown =>
        this.reflector.getAllAndOverride<unknown>(decorator, targets) ?? undefined;
      traits = {
        serves: get(Serves) as HandlerTraits['serves'],
        requires: get(Requires) as PermissionKind | undefined,
        isForKnown: get(Authenticated) === true,
        takesBatches: get(TakesBatches) !== undefined,
      };
      this.#traits.set(handler, traits);
    }
    return traits;
  }

  /** @throws ODataError 401, 403 */
  #admit(exchange: Exchange, requires: PermissionKind | undefined): void {
    const { access } = this.entities;
    if (requires !== undefined) access.require(exchange.caller, exchange.rootName, requires);
    else if (exchange.caller.isAnonymous === true) throw access.unknownCaller();
  }

  #prepare(exchange: Exchange, reply: FastifyReply, serves: QuerySupport | 'by resource'): void {
    const { protocol } = exchange;
    reply.header('odata-version', protocol.version);
    if (protocol.query.schemaversion !== undefined) this.metadata.checkSchemaVersion(protocol.query);
    // What Microsoft Graph asks of some queries; every answer of this service is as fresh as there is.
    if (exchange.header('consistencylevel')?.toLowerCase() === 'eventual') reply.header('ConsistencyLevel', 'eventual');
    if (serves !== 'by resource') checkQueryOptions(protocol.query, serves);
    if (exchange.settings.requiresEntityTag && changing.has(exchange.method)) requireCondition(protocol.precondition);
  }
}

/** Fastify adds no character set to the Content-Type of a text that has a serializer of its own: nobody asked for one. */
function asItIs(text: string): string {
  return text;
}
