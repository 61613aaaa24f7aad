import { type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost, Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, map, type Observable } from 'rxjs';
import { Entities } from '../operations/entities.js';
import { checkQueryOptions, type QuerySupport } from '../operations/query-support.js';
import { OperationBook } from '../operations/operation-book.js';
import type { ODataResult } from '../operations/results.js';
import { requireCondition } from '../protocol/headers/precondition.js';
import { ODataError } from '../protocol/odata-error.js';
import { Authenticated, type PermissionKind, Requires, Serves, TakesBatches, TakesNoBody } from './decorators.js';
import { type Exchange, exchangeOf } from './exchange.js';
import { LaterAnswers } from './later-answers.js';
import { permissionOfCall } from './permission-of-call.js';
import { refusedMethod, serverOf } from './refusal.js';
import { ServiceMetadata } from './service-metadata.js';
import { writeAnswer } from './write-answer.js';

/** What the decorators of a handler say, read once. */
interface HandlerTraits {
  readonly serves: QuerySupport | 'by resource' | undefined;
  readonly requires: PermissionKind | undefined;
  readonly isForKnown: boolean;
  readonly takesBatches: boolean;
  readonly takesBody: boolean;
}

const changing: ReadonlySet<string> = new Set(['PATCH', 'PUT', 'DELETE']);

/**
 * The envelope of OData around every handler that answers with an `ODataResult`: before it the permission, the body and the
 * negotiation, so that an answer that could not be written is not preceded by a change; after it the status, the headers,
 * and the body with its control information. Of other handlers only the body is read.
 */
@Injectable()
export class ODataEnvelopeInterceptor implements NestInterceptor {
  readonly #traits = new WeakMap<object, HandlerTraits>();
  @Inject() private readonly host!: HttpAdapterHost;
  @Inject() private readonly operations!: OperationBook;

  constructor(
    private readonly reflector: Reflector,
    private readonly metadata: ServiceMetadata,
    private readonly entities: Entities,
    private readonly later: LaterAnswers,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> | Promise<Observable<unknown>> {
    const traits = this.#traitsOf(context);
    const { serves, requires, isForKnown, takesBody } = traits;
    const exchange = exchangeOf(context.switchToHttp().getRequest<FastifyRequest>());
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const isOpen = serves === undefined && requires === undefined && !isForKnown;
    const isSpecial = this.operations.isSpecial && serves === 'by resource';
    const needed = isSpecial ? (permissionOfCall(exchange, this.operations) ?? requires) : requires;
    if (!isOpen) this.#admit(exchange, needed);
    // Nobody's body is read before it is known that they may send it.
    const arriving = takesBody ? this.#receive(exchange, reply, serves) : undefined;
    const handle = (): Observable<unknown> => (isOpen ? next.handle() : this.#handle(exchange, reply, traits, next));
    return arriving === undefined ? handle() : arriving.then(handle);
  }

  /** @throws ODataError 400, 405, 408, 413, 415, 429, 503 */
  #receive(exchange: Exchange, reply: FastifyReply, serves: HandlerTraits['serves']): Promise<void> | undefined {
    const { bodies, routes } = serverOf(this.host.httpAdapter);
    try {
      return bodies.receive(exchange, reply);
    } catch (fault) {
      const isOfBody = fault instanceof ODataError && (fault.status === 413 || fault.status === 415);
      if (!isOfBody || serves !== 'by resource') throw fault;
      const context = { service: this.metadata.description, access: this.entities.access };
      throw refusedMethod(exchange, routes, context) ?? fault;
    }
  }

  #handle(
    exchange: Exchange,
    reply: FastifyReply,
    { serves, takesBatches }: HandlerTraits,
    next: CallHandler,
  ): Observable<unknown> {
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
        takesBody: get(TakesNoBody) === undefined,
      };
      this.#traits.set(handler, traits);
    }
    return traits;
  }

  /** @throws ODataError 400, 401, 403 */
  #admit(exchange: Exchange, requires: PermissionKind | undefined): void {
    const { access } = this.entities;
    if (requires !== undefined) for (const name of exchange.rootNames) access.require(exchange.caller, name, requires);
    else if (exchange.caller.isAnonymous === true) throw access.unknownCaller();
    // No text that is kept has it, and not every store can be asked for it.
    if (exchange.request.url.includes('%00')) throw new ODataError('malformedUrl', 'The URL holds U+0000.');
  }

  #prepare(exchange: Exchange, reply: FastifyReply, serves: QuerySupport | 'by resource'): void {
    const { protocol } = exchange;
    reply.header('odata-version', protocol.version);
    if (protocol.query.schemaversion !== undefined) this.metadata.checkSchemaVersion(protocol.query);
    // What Microsoft Graph asks of some queries; every answer of this service is as fresh as there is.
    if (exchange.header('consistencylevel')?.toLowerCase() === 'eventual') reply.header('ConsistencyLevel', 'eventual');
    // What is modified by the model is asked for its methods before.
    if (serves === 'by resource') return;
    checkQueryOptions(protocol.query, serves);
    if (exchange.settings.requiresEntityTag && changing.has(exchange.method)) requireCondition(protocol.precondition);
  }
}

/** Fastify adds no character set to the Content-Type of a text that has a serializer of its own: nobody asked for one. */
function asItIs(text: string): string {
  return text;
}
