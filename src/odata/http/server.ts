import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Logger as PinoLogger } from 'pino';
import type { Environment } from '../../config/environment.js';
import { keysToSegments } from '../protocol/uri/entity-path.js';
import { writeError } from '../protocol/payload/write-error.js';
import { ODataError } from '../protocol/odata-error.js';
import { markAnswer } from './mark-answer.js';
import { replyWithError } from './odata-exception.filter.js';
import { batchPath, clientRequestId, servicePath } from './protocol.js';
import { readBodiesAsBytes, streamMultipartTo } from './request-body.js';

const encodedBatch = /^\/[^/]*\/%24batch\/?$/i;
const eachMember = /\/\$each\/?$/;

/**
 * Both key styles reach the same routes: `set('x')/nav` becomes `set/x/nav`. What speaks of each member of a set begins
 * with `$each` there, so that no route takes it for the key of one. The query stays as it is.
 */
export function rewriteUrl(url: string): string {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  if (!path.startsWith(`${servicePath}/`)) return url;
  const query = at < 0 ? '' : url.slice(at);
  // Some clients encode every `$`.
  if (encodedBatch.test(path)) return `${batchPath}${query}`;
  const target = eachMember.test(path) ? `${servicePath}/$each${path.slice(servicePath.length)}` : path;
  return `${keysToSegments(target)}${query}`;
}

/** Requests so malformed that Node gives no request object: still an OData error, then the connection ends. */
function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const status = tooLarge ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const code = tooLarge ? 'headersTooLarge' : 'malformedRequest';
  const requestId = randomUUID();
  const message = tooLarge
    ? 'The header fields are larger than the service reads.'
    : 'The request is not well-formed HTTP.';
  const body = writeError({ status, code, message, details: [] }, { requestId, date: new Date() });
  const headers = [
    `HTTP/1.1 ${status} ${tooLarge ? 'Request Header Fields Too Large' : 'Bad Request'}`,
    'Content-Type: application/json;odata.metadata=minimal',
    'Content-Language: en',
    'OData-Version: 4.0',
    `request-id: ${requestId}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}

/** One line a request: no query (it may carry personal data), no token, no body. */
function logEveryAnswer(instance: FastifyInstance): void {
  instance.addHook('onResponse', (request, reply, done) => {
    if (request.url.startsWith('/health/')) return done();
    const [path] = request.url.split('?', 1);
    const ms = Math.round(reply.elapsedTime * 1000) / 1000;
    const ids = { clientRequestId: clientRequestId(request) };
    request.log.info({ method: request.method, path, status: reply.statusCode, ms, ...ids }, 'answered');
    done();
  });
}

/** The HTTP server under the application: limits, ids, logs, and OData errors for what the framework refuses itself. */
export function createServer(environment: Environment, logger: PinoLogger): FastifyAdapter {
  const adapter = new FastifyAdapter({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: () => randomUUID(),
    trustProxy: environment.TRUST_PROXY,
    bodyLimit: environment.BODY_LIMIT,
    routerOptions: { maxParamLength: 4096, ignoreTrailingSlash: true },
    rewriteUrl: (request: IncomingMessage) => rewriteUrl(request.url ?? '/'),
    // Requests that arrive on open connections while the process stops are still served.
    return503OnClosing: false,
    clientErrorHandler: answerMalformed,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      replyWithError(new ODataError('malformedUrl', 'The URL is not well-formed.', { cause: error }), request, reply);
    },
  });
  const instance = adapter.getInstance<FastifyInstance>();
  // A batch may be larger than each request in it.
  instance.addHook('onRoute', (route) => {
    if (route.url === batchPath) route.bodyLimit = environment.BATCH_MEMORY;
  });
  readBodiesAsBytes(instance);
  streamMultipartTo(instance, batchPath);
  instance.addHook('onRequest', (request, reply, done) => {
    markAnswer(request, reply);
    // No text that is kept has it, and not every store can be asked for it.
    if (request.url.includes('%00')) done(new ODataError('malformedUrl', 'The URL holds U+0000.'));
    else done();
  });
  logEveryAnswer(instance);
  return adapter;
}
