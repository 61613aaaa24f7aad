import type { FastifyInstance } from 'fastify';
import { asCaller, type Inheritance } from './inherited-caller.js';
import type { Caller } from '../operations/caller.js';
import { writeError } from '../protocol/payload/write-error.js';
import type { ODataVersion } from '../protocol/versions.js';
import { InsideRequest, InsideResponse } from './inside-exchange.js';
import { toErrorAnswer } from './error-answer.js';
import { contentType, defaultFormat } from '../protocol/headers/negotiate-format.js';

/** A request of the service to itself. */
export interface InternalRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly remoteAddress?: string | undefined;
  readonly purpose: Inheritance['purpose'];
  /** Whether nobody waits for the answer any more. */
  readonly isAbandoned: () => boolean;
  /** Is told how large the answer has become, as it is gathered. @throws ODataError where it is too large */
  readonly onGathered?: (bytes: number) => void;
}

/** What it was answered with. */
export interface InternalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What an error response says of the request that failed. */
export interface FailedRequest {
  readonly version: ODataVersion;
  readonly requestId: string;
  readonly clientRequestId: string | undefined;
}

/** The error response of whatever kept a request of the service to itself from being run to its end. */
export function errorAnswerOf(error: unknown, { version, requestId, clientRequestId }: FailedRequest): InternalAnswer {
  const { headers, ...answer } = toErrorAnswer(error);
  return {
    status: answer.status,
    headers: {
      ...headers,
      'content-type': contentType(defaultFormat, version),
      'content-language': 'en',
      'odata-version': version,
      'request-id': requestId,
    },
    body: Buffer.from(writeError(answer, { requestId, clientRequestId, date: new Date() })),
  };
}

/** Headers of an answer that are about its way over a connection. */
const hopByHop = /^(?:connection|keep-alive|transfer-encoding|content-length|date)$/;

/** Those that have said that they are ready: each time that they are asked goes through the queue of what is started. */
const ready = new WeakSet<FastifyInstance>();

/**
 * Runs a request through the whole application, as if it had come from a caller whose token was verified before.
 * @throws Error where its answer was not written to its end; what `onGathered` throws
 */
export async function answerInside(
  instance: FastifyInstance,
  caller: Caller,
  { method, url, headers, body, purpose, isAbandoned, onGathered, remoteAddress = '127.0.0.1' }: InternalRequest,
): Promise<InternalAnswer> {
  if (!ready.has(instance)) {
    await instance.ready();
    ready.add(instance);
  }
  const request = new InsideRequest({ method, url, headers, body, remoteAddress });
  const response = new InsideResponse(request, onGathered);
  asCaller({ caller, purpose, isAbandoned }, () => {
    instance.routing(request, response);
  });
  const gathered = await response.whole;
  const kept = Object.entries(response.getHeaders())
    .filter(([name, value]) => value !== undefined && !hopByHop.test(name))
    .map(([name, value]): [string, string] => [name, Array.isArray(value) ? value.join(', ') : String(value)]);
  return { status: response.statusCode, headers: Object.fromEntries(kept), body: gathered };
}
