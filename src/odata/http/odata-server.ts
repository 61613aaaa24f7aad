import { randomUUID } from 'node:crypto';
import { type IncomingMessage, METHODS, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import compress, { type FastifyCompressOptions } from '@fastify/compress';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type onSendHookHandler,
} from 'fastify';
import type { Settings } from '../options.js';
import type { ErrorCode } from '../protocol/error-codes.js';
import { ODataError } from '../protocol/odata-error.js';
import { workingFor } from '../work.js';
import { writeError } from '../protocol/payload/write-error.js';
import { allowOrigins } from './cross-origin.js';
import { Exchange, exchangeOf, markAnswer } from './exchange.js';
import { replyWithError } from './odata-exception.filter.js';
import { readBodiesAsBytes, streamMultipartTo } from './request-body.js';
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
      if (request.headers['accept-encoding'] === undefined) done(null, payload);
      else void compressing.call(this, request, reply, payload, done);
    };
    route.onSend = [compressed, ...others.reverse()];
  });
}

/** The methods that are served; `CONNECT` is for proxies, and never gets here. */
const known: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'CONNECT']);

/** How the server listens and what it takes; what it serves is the module's to say. */
export interface ServerOptions {
  /** Path of the service root without its final slash; the same as that of the module. */
  readonly path: string;
  /** Bytes of a request body at most, inflated too. Default: 1 MiB. */
  readonly bodyLimit?: number;
  /** Whether scheme and host are taken from `X-Forwarded-Proto` and `X-Forwarded-Host`. Default: false. */
  readonly trustProxy?: boolean;
  /** A pino logger, or one like it; without it nothing is logged. */
  readonly logger?: FastifyBaseLogger;
  /** Requests that are not logged one by one: those of paths that begin with it. */
  readonly quiet?: string;
  /** Origins whose pages may call the service from a browser, `*` for any. Default: none. */
  readonly corsOrigins?: readonly string[];
}

type Refusal = readonly [status: number, code: ErrorCode, message: string];

const malformed: Refusal = [400, 'malformedRequest', 'The request is not well-formed HTTP.'];
/** Why Node gives no request object, by its codes; anything else is not well-formed. */
const unread: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: [431, 'headersTooLarge', 'The header fields are larger than the service reads.'],
  method: [501, 'notImplemented', 'The service does not know the method.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'malformedRequest', 'The request is not well-formed HTTP.'],
};

/** Whether a request is one of HTTP, but for a method that nobody knows (RFC 9110, 9.1). */
function isOfOtherMethod({ code, rawPacket }: NodeJS.ErrnoException & { readonly rawPacket?: Buffer }): boolean {
  return code === 'HPE_INVALID_METHOD' && /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/\d/.test(rawPacket?.toString('latin1') ?? '');
}

/** Requests of which Node gives no request object: still an OData error, then the connection ends. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, message] = unread[isOfOtherMethod(error) ? 'method' : (error.code ?? '')] ?? malformed;
  const requestId = randomUUID();
  const body = writeError({ status, code, message, details: [] }, { requestId, date: new Date() });
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json;odata.metadata=minimal',
    'Content-Language: en',
    'OData-Version: 4.0',
    `request-id: ${requestId}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}

const overriding = ['x-http-method-override', 'x-http-method', 'x-method-override'];

/** A POST that is meant to be something else must not be taken for the creation of an entity. */
function otherMethodMeant({ headers }: FastifyRequest): ODataError | undefined {
  const target = overriding.find((name) => headers[name] !== undefined && headers[name] !== 'POST');
  if (target === undefined) return undefined;
  const meant = String(headers[target]).slice(0, 20);
  return new ODataError('notImplemented', `${target} is not heeded: send ${meant} itself.`, { target });
}

/** One line a request: no query (it may carry personal data), no token, no body. */
function logEveryAnswer(instance: FastifyInstance, quiet: string | undefined): void {
  instance.addHook('onResponse', (request, reply, done) => {
    const { routed, clientRequestId } = exchangeOf(request);
    if (quiet !== undefined && routed.startsWith(quiet)) return done();
    const ms = Math.round(reply.elapsedTime * 1000) / 1000;
    const about = { method: request.method, path: routed, status: reply.statusCode, ms, clientRequestId };
    request.log.info(about, 'answered');
    done();
  });
}

/**
 * The HTTP server under an application that serves OData: limits, ids, logs, both key styles, and OData errors for what the
 * framework refuses itself. `NestFactory.create(AppModule, new ODataServer({ path: '/v1.0' }))`.
 */
export class ODataServer extends FastifyAdapter {
  readonly routes: RouteTable;
  readonly path: string;
  readonly #quiet: string | undefined;
  readonly #served: { settings?: Settings };

  readonly #corsOrigins: readonly string[];

  constructor(options: ServerOptions) {
    const { path, bodyLimit = 1_048_576, trustProxy = false, logger, quiet, corsOrigins = [] } = options;
    const served: { settings?: Settings } = {};
    super({
      ...(logger === undefined ? {} : { loggerInstance: logger }),
      logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
      genReqId: () => randomUUID(),
      trustProxy,
      bodyLimit,
      routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
      rewriteUrl: (request: IncomingMessage) => rewriteUrl(request, path),
      // Requests that arrive on open connections while the process stops are still served.
      return503OnClosing: false,
      clientErrorHandler: answerMalformed,
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
        // No hook has seen it.
        if (served.settings !== undefined) request.exchange ??= new Exchange(request, served.settings);
        replyWithError(new ODataError('malformedUrl', 'The URL is not well-formed.', { cause: error }), request, reply);
      },
    });
    this.path = path;
    this.#served = served;
    this.#quiet = quiet;
    this.#corsOrigins = corsOrigins;
    const instance = this.getInstance<FastifyInstance>();
    // Every method has an answer that says what would do, whatever its body is.
    const others = METHODS.filter((method) => !known.has(method));
    for (const method of others) instance.addHttpMethod(method, { overrideExisting: true });
    this.routes = new RouteTable(instance, path);
    readBodiesAsBytes(instance);
    streamMultipartTo(instance, `${path}/$batch`);
  }

  /** Once it is told to stop, each connection ends with the answer that is under way on it. */
  stopping = false;

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
    instance.addHook('onRoute', (route) => {
      // A batch may be larger than each request in it.
      if (route.url === `${settings.path}/$batch`) route.bodyLimit = settings.batch.memory;
    });
    instance.addHook('onRequest', (request, reply, done) => {
      request.exchange = new Exchange(request, settings);
      markAnswer(request.exchange, reply);
      // No text that is kept has it, and not every store can be asked for it.
      if (request.url.includes('%00')) done(new ODataError('malformedUrl', 'The URL holds U+0000.'));
      else done(request.method === 'POST' ? otherMethodMeant(request) : undefined);
    });
    // After the body has been read, whose events are of no request.
    instance.addHook('preHandler', (request, _reply, done) => {
      if (request.exchange === undefined) done();
      else workingFor(request.exchange, done);
    });
    instance.addHook('onSend', (_request, reply, payload, done) => {
      // A client that keeps its connection open would keep the process from stopping.
      if (this.stopping) reply.header('connection', 'close');
      done(null, payload);
    });
    logEveryAnswer(instance, this.#quiet);
    await compressAnswers(instance);
    if (this.#corsOrigins.length > 0) await allowOrigins(instance, this.#corsOrigins);
  }
}
