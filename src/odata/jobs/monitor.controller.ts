import { STATUS_CODES } from 'node:http';
import { Controller, Delete, Get, HttpCode, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AnswersLater, Authenticated, Caller, Exchange } from '../http/decorators.js';
import { parseHeaderList } from '../protocol/headers/header-lists.js';
import type { InternalAnswer } from '../http/internal-request.js';
import { ODataError } from '../protocol/odata-error.js';
import { AggregateStore } from '../store/aggregate-store.js';
import type { StoredJob } from '../store/job-store.js';
import { callerName, keptAnswer } from './job-request.js';
import { JobRunner } from './job-runner.js';
import { monitorPath } from './monitor-path.js';

/** Status monitor resources of requests that are processed asynchronously (OData 4.01 Protocol 11.6). */
@Controller(monitorPath)
@Authenticated()
@AnswersLater()
export class MonitorController {
  constructor(
    private readonly store: AggregateStore,
    private readonly runner: JobRunner,
  ) {}

  /** 202 while the request is processed, then 200 with its result. */
  @Get(':id')
  async status(
    @Exchange() exchange: Exchange,
    @Param('id') id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | undefined> {
    const { answer } = await this.#find(id, exchange.identity);
    if (answer === undefined) {
      const location = `${exchange.serviceRoot}${monitorPath}/${id}`;
      reply.status(202).headers({ location, 'retry-after': '1', 'cache-control': 'no-store' });
      return undefined;
    }
    const result = keptAnswer(answer);
    const isMessage = wantsMessage(exchange);
    const about = isMessage ? { 'content-type': 'application/http' } : result.headers;
    // 8.3.1: whatever its form, the result says its status.
    reply.status(200).headers({ ...about, asyncresult: String(result.status), 'cache-control': 'no-store' });
    if (isMessage) return messageOf(result);
    return result.body.length === 0 ? undefined : result.body;
  }

  /** Cancels what is not finished; what is has been done, and cannot be taken back. */
  @Delete(':id')
  @HttpCode(204)
  async cancel(@Caller() caller: Caller, @Param('id') id: string): Promise<void> {
    const job = await this.#find(id, caller);
    if (await this.runner.cancel(job)) return;
    throw new ODataError('jobNotCancelable', 'The request has been processed, or is a batch under way.');
  }

  /** Others' requests do not exist for a caller. */
  async #find(id: string, caller: Caller): Promise<StoredJob> {
    const job = /^[\da-f-]{36}$/.test(id) ? await this.store.jobs.find(id) : undefined;
    if (job?.tenant === caller.tenant && job.caller === callerName(caller)) return job;
    throw new ODataError('resourceNotFound', 'There is no such request, or its result has been removed.');
  }
}

/** 11.6: whether the result is asked for as an HTTP message, as clients of 4.0 do. */
function wantsMessage(exchange: Exchange): boolean {
  const accept = exchange.header('accept')?.trim() ?? '';
  if (accept === '') return exchange.header('odata-maxversion')?.trim() === '4.0';
  return parseHeaderList(accept).some(
    ({ value, parameters }) => value.toLowerCase() === 'application/http' && Number(parameters.get('q') ?? 1) > 0,
  );
}

/** A whole HTTP response (RFC 9112, 2.1). */
function messageOf({ status, headers, body }: InternalAnswer): Buffer {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = body.length === 0 ? '' : `content-length: ${body.length}\r\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${fields.join('')}${length}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
