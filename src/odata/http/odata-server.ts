import { randomUUID } from 'node:crypto';
import { type IncomingMessage, METHODS, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import compress, { type FastifyCompressOptions } from '@fastify/compress';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
  type onSendHookHandler,
} from 'fastify';
import type { RequestObserver } from '../observer.js';
import type { Settings } from '../options.js';
import { methodNotAllowed, ODataError } from '../protocol/odata-error.js';
import { workingFor } from '../work.js';
import { type AnswerOptions, isInfoLogged, tellOfAnswers } from './answered.js';
import { BodyMemory } from './body-memory.js';
import { allowOrigins } from './cross-origin.js';
import { Exchange, markAnswer } from './exchange.js';
import { type ConnectionBounds, Connections, defaultBounds, endAfterAnswer } from './connections.js';
import { hostFault } from './hosts.js';
import { answerMalformed } from './malformed-request.js';
import { replyWithError } from './odata-exception.filter.js';
import { BodyReader } from './receive-body.js';
import { isChunked, leaveBodiesUnread } from './request-body.js';
import { rewriteUrl } from './request-target.js';
import { RouteTable } from './route-table.js';

/** Answers are compressed for clients that ask for it, where it pays. Bodies of requests are inflated elsewhere, where what they become is bounded. */
const compression: FastifyCompressOptions = {
  encodings: ['zstd', 'br', 'gzip', 'identity'],
  threshold: 1024,
  globalDecompression: false,
};

/**
 * Compresses answers; nothing is looked at for clients that accept no encoding. The routes of HEAD have their hooks in the
 * other order: what they say of the length of the content must be said of what GET sends (RFC 9110, 8.6 and 9.3.2), which is
 * known when that is compressed.
 */
async function compressAnswers(instance: FastifyInstance): Promise<void> {
  await instance.register(compress, compression);
  instance.addHook('onRoute', (route) => {
    // The plugin has just given the route its hook.
    const [compressing, ...others] = [route.onSend ?? []].flat().reverse();
    if (compressing === undefined) return;
    const compressed: onSendHookHandler = function onSend(request, reply, payload, done) {
      // What is sent in parts has the length and the ETag of what it is.
      const isAsItIs = request.headers['accept-encoding'] === undefined || reply.hasHeader('accept-ranges');
      if (isAsItIs) done(null, payload);
      else void compressing.call(this, request, reply, payload, done);
    };
    route.onSend = [compressed, ...others.reverse()];
  });
}

/** The methods that are served; `CONNECT` is for proxies, and never gets here. */
const known: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'CONNECT']);

/** A media type as Fastify takes one. */
const mediaType = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(?:;|$)/;

/** How the server listens and what it takes; what it serves is the module's to say. */
export interface ServerOptions extends Partial<ConnectionBounds> {
  /** Path of the service root without its final slash; the same as that of the module. */
  readonly path: string;
  /** Bytes of a request body at most, inflated too. Default: 1 MiB. */
  readonly bodyLimit?: number;
  /** Values of a request body, about: its commas, objects and arrays; of a batch as many more as it may be larger. Default: 100000. */
  readonly bodyValues?: number;
  /**
   * Bytes that bodies may take at one time while they arrive and are worked on, with all that is read of them: three times
   * their length, and 128 for each value; of one caller a quarter. Default: 384 MiB.
   */
  readonly bodyMemory?: number;
  /**
   * How many proxies in a row stand before the server, `true` is one: scheme, host and address are then those of
   * `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Forwarded-For`. Default: none.
   */
  readonly trustProxy?: boolean | number;
  /** Bytes that large answers may take at one time, about; of one caller a quarter. Default: 256 MiB. */
  readonly answerMemory?: number;
  /** A pino logger, or one like it; without it nothing is logged. */
  readonly logger?: FastifyBaseLogger;
  /** Requests that are not logged one by one: those of paths that begin with it. */
  readonly quiet?: string;
  /** Whether they are logged with their paths, in which keys stand. Default: true. */
  readonly logsPaths?: boolean;
  /** Is told of every request that has ended; without one nothing is measured. */
  readonly observer?: RequestObserver | undefined;
  /** Origins whose pages may call the service from a browser, `*` for any. Default: none. */
  readonly corsOrigins?: readonly string[];
}

const overriding = ['x-http-method-override', 'x-http-method', 'x-method-override'];

/** A POST that is meant to be something else must not be taken for the creation of an entity. */
function otherMethodMeant({ headers }: FastifyRequest): ODataError | undefined {
  const target = overriding.find((name) => headers[name] !== undefined && headers[name] !== 'POST');
  if (target === undefined) return undefined;
  const meant = String(headers[target]).slice(0, 20);
  return new ODataError('notImplemented', `${target} is not heeded: send ${meant} itself.`, { target });
}

/** What is asked by a body is asked by POST (OData 4.01 URL Conventions 4.17). */
function notAsked({ asksByBody, method }: Exchange): ODataError | undefined {
  return asksByBody ? methodNotAllowed(method, ['POST']) : undefined;
}

/** The rest of a body that is not larger is passed over, so that its connection can be used again. */
const mostPassedOver = 65_536;

/** Whether more of a request is to come over the network than can be passed over; what the service sends itself is whole. */
function isIncomplete(request: IncomingMessage): boolean {
  if ((request as Partial<IncomingMessage>).complete !== false) return false;
  return !(Number(request.headers['content-length']) <= mostPassedOver);
}

/** Fastify refuses a content type that is none before anybody knows who sends it; as one of no known type it comes through. */
function keepReadable({ raw: { headers } }: FastifyRequest): void {
  const { 'content-type': type } = headers;
  if (type === undefined || type === 'application/json' || mediaType.test(type)) return;
  headers['content-type'] = 'application/octet-stream';
}

/**
 * Fastify says by itself where it listens, which whoever starts the server says better; requests log at the level that the
 * logger has then.
 */
function loggerOptions(logger: FastifyBaseLogger): Pick<FastifyServerOptions, 'loggerInstance' | 'childLoggerFactory'> {
  return {
    loggerInstance: isInfoLogged(logger) ? logger.child({}, { level: 'warn' }) : logger,
    childLoggerFactory: (_own, bindings, options) => logger.child(bindings, options),
  };
}

/**
 * The HTTP server under an application that serves OData: limits, ids, logs, both key styles, and OData errors for what the
 * framework refuses itself. `NestFactory.create(AppModule, new ODataServer({ path: '/v1.0' }))`.
 */
export class ODataServer extends FastifyAdapter {
  readonly routes: RouteTable;
  readonly path: string;
  readonly bodies: BodyReader;
  readonly #answers: BodyMemory;
  readonly #connections: Connections;
  #stopping = false;
  #drained: Promise<void> | undefined;
  readonly #telling: AnswerOptions;
  readonly #trustsProxy: boolean;
  readonly #served: { settings?: Settings };

  readonly #corsOrigins: readonly string[];

  constructor(options: ServerOptions) {
    const {
      path,
      bodyLimit = 1_048_576,
      bodyValues = 100_000,
      bodyMemory = 402_653_184,
      answerMemory = 268_435_456,
      trustProxy = false,
    } = options;
    const { logger, quiet, logsPaths = true, observer, corsOrigins = [], ...bounds } = options;
    const served: { settings?: Settings } = {};
    const connections = new Connections({ ...defaultBounds, ...bounds });
    super({
      serverFactory: (handler: RequestListener) => connections.serve(handler),
      ...(logger === undefined ? {} : loggerOptions(logger)),
      logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
      genReqId: () => randomUUID(),
      // What a client says of itself stands before what the proxies say.
      trustProxy: (_address: string, hop: number) => hop < Number(trustProxy),
      bodyLimit,
      routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
      rewriteUrl: (request: IncomingMessage) => rewriteUrl(request, path),
      // Requests that arrive on open connections while the process stops are still served.
      return503OnClosing: false,
      clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
        connections.whenFree(socket, () => answerMalformed(error, socket));
      },
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
        // No hook has seen it.
        if (served.settings !== undefined) request.exchange ??= new Exchange(request, served.settings);
        replyWithError(new ODataError('malformedUrl', 'The URL is not well-formed.', { cause: error }), request, reply);
      },
    });
    this.path = path;
    this.#trustsProxy = Number(trustProxy) > 0;
    this.#served = served;
    this.#telling = { quiet, logsPaths, observer };
    this.#corsOrigins = corsOrigins;
    const instance = this.getInstance<FastifyInstance>();
    // Every method has an answer that says what would do, whatever its body is.
    const others = METHODS.filter((method) => !known.has(method));
    for (const method of others) instance.addHttpMethod(method, { overrideExisting: true });
    this.routes = new RouteTable(instance, path);
    leaveBodiesUnread(instance);
    this.#connections = connections;
    this.#answers = new BodyMemory(answerMemory, { what: 'large answers', ofCaller: 'callerBusy' });
    this.bodies = new BodyReader({
      limit: bodyLimit,
      values: bodyValues,
      memory: bodyMemory,
      pace: connections.bounds,
    });
  }

  /** How long a connection must have been silent to be closed without an answer while the server stops, in milliseconds. */
  silence = 0;

  /** Connections that are open, and bytes that bodies and large answers take now. */
  get load(): { readonly connections: number; readonly bodyBytes: number; readonly answerBytes: number } {
    return { connections: this.#connections.size, bodyBytes: this.bodies.held, answerBytes: this.#answers.held };
  }

  /** When the application begins to close. No new connections are taken, those that are open end with their next answer. */
  override beforeClose(): void {
    super.beforeClose();
    this.#stopping = true;
    this.#drained ??= this.#connections.drain(this.silence);
  }

  /** Once what the application had under way is done: waits until every connection has ended. */
  override async close(): Promise<void> {
    await this.#drained;
    await super.close();
  }

  /** Nest's own parsers would take the place of those that the server has. */
  override registerParserMiddleware(): void {
    // Nothing is to be registered.
  }

  /**
   * Tells the server what it serves; before routes are made.
   * @throws Error where the module has another path than the server
   */
  async serve(settings: Settings): Promise<void> {
    if (settings.path !== this.path)
      throw new Error(`The module serves ${settings.path}, and its server ${this.path}: they must be the same`);
    this.#served.settings = settings;
    const instance = this.getInstance<FastifyInstance>();
    instance.addHook('onRequest', (request, reply, done) => {
      request.exchange = new Exchange(request, settings, { memory: this.#answers, response: reply.raw });
      markAnswer(request.exchange, reply);
      keepReadable(request);
      const fault = hostFault(request, this.#trustsProxy);
      done(fault ?? (request.method === 'POST' ? otherMethodMeant(request) : notAsked(request.exchange)));
    });
    instance.addHook('preHandler', (request, _reply, done) => {
      if (request.exchange === undefined) done();
      else workingFor(request.exchange, done);
    });
    instance.addHook('onSend', (request, reply, payload, done) => {
      const { raw, body } = request;
      // A batch that is answered while it comes has its answers behind each other; of any other request the rest is not read.
      // Nor is the rest of one waited for that is too slow.
      const isSlow = reply.statusCode === 408 && (raw as Partial<IncomingMessage>).complete === false;
      const isUnread = isSlow || (isIncomplete(raw) && (reply.statusCode >= 400 || !isChunked(body)));
      if (isUnread) endAfterAnswer(raw.socket);
      // A client that keeps its connection open would keep the process from stopping.
      if (isUnread || (this.#stopping && !this.#connections.hasWaiting(raw.socket)))
        reply.header('connection', 'close');
      done(null, payload);
    });
    tellOfAnswers(instance, this.#telling);
    await compressAnswers(instance);
    if (this.#corsOrigins.length > 0) await allowOrigins(instance, this.#corsOrigins);
  }
}
