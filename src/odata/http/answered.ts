import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RequestBegin, RequestObserver } from '../observer.js';
import { ODataError } from '../protocol/odata-error.js';
import { type Exchange, exchangeOf } from './exchange.js';
import { loggedPath } from './request-target.js';
import { templateOf } from './route-template.js';

/** How answers are told of. */
export interface AnswerOptions {
  /** Requests that are not logged one by one: those of paths that begin with it. */
  readonly quiet: string | undefined;
  /** Whether the log has paths with the keys in them; the template of the route stands there always. */
  readonly logsPaths: boolean;
  readonly observer: RequestObserver | undefined;
}

/** Whether a logger writes lines of this kind; one that does not say writes all. */
export function isInfoLogged(log: FastifyBaseLogger): boolean {
  return (log as Partial<{ isLevelEnabled(level: string): boolean }>).isLevelEnabled?.('info') ?? true;
}

/** What nginx calls a request whose client left before it was answered. */
const clientLeft = 499;

const handlersOwn = /^[^*]+$/;

/** The template of the route of a request; of paths that nothing serves there is one. */
function routeOf(
  { isOfService, isOfModel, settings, routed }: Exchange,
  { routeOptions: { url = '' } }: FastifyRequest,
): string {
  if (isOfService && isOfModel)
    return `${settings.path}/${templateOf(settings.model, routed.slice(settings.path.length + 1))}`;
  if (handlersOwn.test(url)) return url.replaceAll(/:(\w+)/g, '{$1}');
  return isOfService ? `${settings.path}/{path}` : '{path}';
}

/** Who asked, where somebody is known. */
function callerOf({ identity: { isAnonymous, tenant, kind, id } }: Exchange): object {
  return isAnonymous === true ? {} : { tenant, [kind]: id };
}

/** Why a request was refused; only of who may not ask is the reason told, because nothing of theirs is in it. */
function failureOf({ failure }: Exchange, status: number): object {
  if (failure === undefined || status < 400) return {};
  if (!(failure instanceof ODataError)) return { error: 'internalServerError' };
  const { code, message, cause } = failure;
  if (status !== 401 && status !== 403) return { error: code };
  return { error: code, reason: cause instanceof Error ? `${message} ${cause.message}` : message };
}

function beginOf(request: FastifyRequest): RequestBegin {
  const { raw, method, headers } = request;
  return { source: raw, method, headers, isInside: exchangeOf(request).isInside };
}

function milliseconds({ elapsedTime }: FastifyReply): number {
  return Math.round(elapsedTime * 1000) / 1000;
}

/** What of an answer is known only when it has ended. */
interface Told {
  readonly route: string;
  readonly path: string | undefined;
  readonly status: number;
  readonly ms: number;
}

/** The line of the log; what is undefined is not written. */
function lineOf(exchange: Exchange, { route, path, status, ms }: Told): object {
  const { method, request, isInside } = exchange;
  return {
    method,
    route,
    path,
    status,
    ms,
    bytes: isInside ? undefined : exchange.bytesSent,
    ...callerOf(exchange),
    address: request.ip,
    userAgent: exchange.header('user-agent')?.slice(0, 200),
    clientRequestId: exchange.clientRequestId,
    isInside: isInside ? true : undefined,
    traceId: exchange.traceId,
    ...failureOf(exchange, status),
  };
}

/**
 * Tells of every request that has ended: one line in the log, with nothing in it that a query, a token or a body may hold;
 * and the observer, where there is one.
 */
export function tellOfAnswers(instance: FastifyInstance, { quiet, logsPaths, observer }: AnswerOptions): void {
  const end = (request: FastifyRequest, reply: FastifyReply, status: number): void => {
    const exchange = exchangeOf(request);
    if (exchange.isTold) return;
    exchange.isTold = true;
    const isQuiet = quiet !== undefined && exchange.routed.startsWith(quiet);
    const isLogged = !isQuiet && isInfoLogged(request.log);
    if (!isLogged && observer === undefined) return;
    const route = routeOf(exchange, request);
    const { method } = request;
    const sent = exchange.bytesSent;
    const ms = milliseconds(reply);
    // What is refused as it comes was not told of before.
    if (!exchange.hasBegun) observer?.began(beginOf(request));
    observer?.ended({
      source: request.raw,
      method,
      route,
      status,
      milliseconds: ms,
      received: exchange.bytesReceived,
      sent,
      isInside: exchange.isInside,
    });
    if (!isLogged) return;
    const line = lineOf(exchange, { route, status, ms, path: logsPaths ? loggedPath(exchange.sentPath) : undefined });
    request.log.info(line, status === clientLeft ? 'given up by its client' : 'answered');
  };
  instance.addHook('onResponse', (request, reply, done) => {
    end(request, reply, reply.statusCode);
    done();
  });
  instance.addHook('onRequest', (request, reply, done) => {
    if (observer === undefined && !isInfoLogged(request.log)) return done();
    // Where the client leaves there is no response that could end.
    reply.raw.once('close', () => {
      end(request, reply, clientLeft);
    });
    if (observer === undefined) return done();
    const exchange = exchangeOf(request);
    const begin = beginOf(request);
    exchange.hasBegun = true;
    observer.began(begin);
    if (observer.within === undefined) return done();
    observer.within(begin, (traceId) => {
      exchange.traceId = traceId;
      done();
    });
  });
}
