import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { writeError } from '../protocol/payload/write-error.js';
import { toErrorAnswer } from './error-answer.js';
import { exchangeOf, markAnswer } from './exchange.js';
import { failures } from './failure-log.js';
import { contentType, defaultFormat } from '../protocol/headers/negotiate-format.js';

/** Answers with the OData error response of whatever was thrown, by a handler or by the framework. */
export function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const answer = toErrorAnswer(error);
  if (answer.status >= 500 && answer.status !== 501) failures.write(error, request.log);
  const exchange = exchangeOf(request);
  exchange.failure = error;
  markAnswer(exchange, reply);
  const failed = {
    requestId: request.id,
    clientRequestId: exchange.clientRequestId,
    traceId: exchange.traceId,
    date: new Date(),
  };
  // What a handler had said of its answer is not true of the error.
  for (const name of ['etag', 'location', 'preference-applied', 'cache-control', 'vary']) reply.removeHeader(name);
  void reply
    .status(answer.status)
    .headers({
      ...answer.headers,
      'content-type': contentType(defaultFormat, exchange.errorVersion),
      // 9.4: the language of the messages must be named.
      'content-language': 'en',
      'cache-control': 'no-store',
    })
    .send(Buffer.from(writeError(answer, failed)));
}

/** Every exception of the application, as an OData error response (OData 4.01 Protocol 9.4). */
@Catch()
export class ODataExceptionFilter implements ExceptionFilter {
  readonly #logger = new Logger(ODataExceptionFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) {
      this.#logger.error(error);
      return;
    }
    replyWithError(error, host.switchToHttp().getRequest<FastifyRequest>(), reply);
  }
}
