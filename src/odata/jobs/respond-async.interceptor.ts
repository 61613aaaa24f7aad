import { Readable } from 'node:stream';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, type Observable } from 'rxjs';
import type { Caller } from '../operations/caller.js';
import { inheritedCaller } from '../http/inherited-caller.js';
import { Environment } from '../../config/environment.js';
import { bodyChunks } from '../batch/body-chunks.js';
import { parsePreferences } from '../protocol/headers/preferences.js';
import { header, serviceRootOf } from '../http/protocol.js';
import { Serves } from '../operations/query-support.js';
import { TakesBatches } from '../http/service-metadata.js';
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
export class RespondAsyncInterceptor implements NestInterceptor {
  constructor(
    private readonly environment: Environment,
    private readonly reflector: Reflector,
    private readonly runner: JobRunner,
    private readonly store: AggregateStore,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest & { user?: Caller }>();
    const { respondAsync, wait = 0 } = parsePreferences(header(request, 'prefer'));
    const { user } = request;
    // What the service asks itself, for a job or a batch, is answered at once (11.7.7.6).
    if (!respondAsync || user === undefined || inheritedCaller(request) !== undefined) return next.handle();
    const targets: Parameters<Reflector['getAllAndOverride']>[1] = [context.getHandler(), context.getClass()];
    const has = (decorator: Parameters<Reflector['getAllAndOverride']>[0]): boolean =>
      (this.reflector.getAllAndOverride<unknown>(decorator, targets) ?? undefined) !== undefined;
    const isBatch = has(TakesBatches) && request.method === 'POST';
    if (!isBatch && !has(Serves)) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return from(this.#accept(request, reply, { caller: user, isBatch, wait: Math.min(wait, longestWait) }));
  }

  async #accept(
    request: FastifyRequest,
    reply: FastifyReply,
    { caller, isBatch, wait }: { readonly caller: Caller; readonly isBatch: boolean; readonly wait: number },
  ): Promise<Buffer | undefined> {
    const body = await wholeBody(request.body, this.environment.BATCH_MEMORY);
    const { id, finished } = await this.runner.accept(jobRequest(request, caller, { body, isBatch }));
    const answer = await this.#answer(request, reply, { id, finished, wait });
    // The handler of batches sends its answers itself, and Nest leaves them to it.
    if (!isBatch) return answer;
    await reply.send(answer);
    return undefined;
  }

  async #answer(
    request: FastifyRequest,
    reply: FastifyReply,
    { id, finished, wait }: { readonly id: string; readonly finished: Promise<void>; readonly wait: number },
  ): Promise<Buffer | undefined> {
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
    const location = `${serviceRootOf(request, this.environment.PUBLIC_URL)}${monitorPath}/${id}`;
    reply.status(202).headers({
      location,
      'retry-after': '1',
      'preference-applied': 'respond-async',
      'cache-control': 'no-store',
    });
    return undefined;
  }
}

/**
 * The body of a request, read to its end where it is a stream.
 * @param limit in bytes
 */
async function wholeBody(body: unknown, limit: number): Promise<Buffer | undefined> {
  if (Buffer.isBuffer(body)) return body;
  if (!(body instanceof Readable)) return undefined;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bodyChunks(body)) {
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
