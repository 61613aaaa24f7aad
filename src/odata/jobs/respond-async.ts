import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Exchange } from '../http/exchange.js';
import { inheritedCaller } from '../http/inherited-caller.js';
import { LaterAnswers } from '../http/later-answers.js';
import { isChunked } from '../http/request-body.js';
import { Settings } from '../options.js';
import { ODataError } from '../protocol/odata-error.js';
import { AggregateStore } from '../store/aggregate-store.js';
import { jobRequest, keptAnswer } from './job-request.js';
import { JobRunner } from './job-runner.js';
import { monitorPath } from './monitor-path.js';

/** How long a client may have the service wait for a result before it is told where to find it, in seconds. */
const longestWait = 60;

/**
 * Processes requests asynchronously whose client prefers that (OData 4.01 Protocol 8.2.8.8 and 11.6): every request that
 * is answered with OData. With `wait` they are answered at once where they end in time.
 */
@Injectable()
export class RespondAsync extends LaterAnswers {
  constructor(
    private readonly settings: Settings,
    private readonly runner: JobRunner,
    private readonly store: AggregateStore,
  ) {
    super();
  }

  takes({ identity, request, streaming }: Exchange): boolean {
    // No request is kept with the bytes of a stream, and no result.
    if (streaming !== undefined) return false;
    // What the service asks itself, for a job or a batch, is answered at once (11.7.7.6).
    return identity.isAnonymous !== true && inheritedCaller(request) === undefined;
  }

  async answer(
    exchange: Exchange,
    reply: FastifyReply,
    { isBatch }: { readonly isBatch: boolean },
  ): Promise<Buffer | undefined> {
    const body = await wholeBody(exchange.request.body, this.settings.batch.memory);
    const { id, finished } = await this.runner.accept(jobRequest(exchange, { body, isBatch }));
    const answer = await this.#answer(exchange, reply, { id, finished });
    // The handler of batches sends its answers itself, and Nest leaves them to it.
    if (!isBatch) return answer;
    await reply.send(answer);
    return undefined;
  }

  async #answer(
    { preferences, serviceRoot }: Exchange,
    reply: FastifyReply,
    { id, finished }: { readonly id: string; readonly finished: Promise<void> },
  ): Promise<Buffer | undefined> {
    const wait = Math.min(preferences.wait ?? 0, longestWait);
    if (wait > 0) {
      await Promise.race([finished, waited(wait)]);
      const job = await this.store.jobs.find(id);
      if (job?.answer !== undefined) {
        await this.store.jobs.remove(id);
        const { status, headers, body: result } = keptAnswer(job.answer);
        reply.status(status).headers(headers);
        return result.length === 0 ? undefined : result;
      }
    }
    reply.status(202).headers({
      location: `${serviceRoot}${monitorPath}/${id}`,
      'retry-after': '1',
      'preference-applied': 'respond-async',
      'cache-control': 'no-store',
    });
    return undefined;
  }
}

/**
 * The body of a request, read to its end where it comes in chunks.
 * @param limit in bytes
 */
async function wholeBody(body: unknown, limit: number): Promise<Buffer | undefined> {
  if (Buffer.isBuffer(body)) return body;
  if (!isChunked(body)) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limit)
      throw new ODataError('bodyTooLarge', `A batch that is processed asynchronously may have ${limit} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function waited(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000).unref());
}
