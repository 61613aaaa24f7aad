import type { FastifyInstance } from 'fastify';
import { asCaller } from '../auth/inherited-caller.js';
import type { Caller } from '../auth/caller.js';

/** A request of the service to itself. */
export interface InternalRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly remoteAddress?: string | undefined;
  readonly purpose: Parameters<typeof asCaller>[1];
}

/** What it was answered with. */
export interface InternalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Headers of an answer that are about its way over a connection. */
const hopByHop = /^(?:connection|keep-alive|transfer-encoding|content-length|date)$/;

/** Runs a request through the whole application, as if it had come from a caller whose token was verified before. */
export async function answerInside(
  instance: FastifyInstance,
  caller: Caller,
  { method, url, headers, body, purpose, remoteAddress = '127.0.0.1' }: InternalRequest,
): Promise<InternalAnswer> {
  const answer = await asCaller(
    caller,
    purpose,
    async () =>
      // It is sent when it is waited for.
      await instance.inject({
        method: method as 'GET',
        url,
        headers,
        remoteAddress,
        ...(body === undefined ? {} : { payload: body }),
      }),
  );
  const kept = Object.entries(answer.headers)
    .filter(([name, value]) => value !== undefined && !hopByHop.test(name))
    .map(([name, value]): [string, string] => [name, Array.isArray(value) ? value.join(', ') : String(value)]);
  return { status: answer.statusCode, headers: Object.fromEntries(kept), body: answer.rawPayload };
}
