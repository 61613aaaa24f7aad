import { Readable } from 'node:stream';
import { Controller, Head, HttpCode, Post, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Authenticated } from '../../auth/auth.guard.js';
import type { Caller as CallerOfRequest } from '../operations/caller.js';
import { isPartOfBatch } from '../http/inherited-caller.js';
import { Environment } from '../../config/environment.js';
import { Caller } from '../http/decorators.js';
import { contentType, defaultFormat } from '../protocol/headers/negotiate-format.js';
import { batchPath, header } from '../http/protocol.js';
import { ServiceMetadata, TakesBatches } from '../http/service-metadata.js';
import { parseBody } from '../http/request-body.js';
import { ODataError } from '../protocol/odata-error.js';
import { AggregateStore } from '../store/aggregate-store.js';
import type { BatchItem } from './batch-request.js';
import { bodyChunks } from './body-chunks.js';
import { boundaryOf } from './multipart-parser.js';
import { batchMediaTypes, type BatchProtocol, negotiateBatch } from './negotiate-batch.js';
import { PartExecutor } from './part-executor.js';
import { PartUrls } from './part-url.js';
import { prefetch } from './prefetch.js';
import { readJsonBatch } from './read-json-batch.js';
import { readMultipart } from './read-multipart.js';
import { type BatchRun, runBatch } from './run-batch.js';
import { type AnswerWriter, JsonWriter, MultipartWriter } from './write-answers.js';

/** Several requests in one (OData 4.01 Protocol 11.7), each run as if it had come on its own. */
@Controller(batchPath)
@Authenticated()
@TakesBatches({
  formats: batchMediaTypes,
  continueOnError: true,
  references: { inBodies: true, acrossChangeSets: true, toETags: true },
  conditions: true,
})
export class BatchController {
  constructor(
    private readonly environment: Environment,
    private readonly store: AggregateStore,
    private readonly host: HttpAdapterHost,
    private readonly metadata: ServiceMetadata,
  ) {}

  /** SAP's clients ask here whether they need a token against forged requests: bearer tokens need none. */
  @Head()
  @HttpCode(200)
  head(): void {
    // There is nothing to say.
  }

  @Post()
  async run(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Caller() caller: CallerOfRequest,
  ): Promise<void> {
    if (isPartOfBatch(request)) {
      throw new ODataError('nestedBatch', 'A request of a batch must not be a batch.');
    }
    const protocol = negotiateBatch(request, (query) => {
      this.metadata.checkSchemaVersion(query);
    });
    const { BATCH_MEMORY } = this.environment;
    const items = await prefetch(this.#read(request, protocol), BATCH_MEMORY);
    const writer = writerFor(request, protocol);
    const executor = new PartExecutor(this.host.httpAdapter.getInstance<FastifyInstance>(), request, {
      caller,
      version: protocol.version,
    });
    const answers = runBatch(items, this.#how(executor, protocol, goneWith(reply)));
    if (protocol.continueOnError !== undefined) {
      reply.header('preference-applied', `continue-on-error=${String(protocol.continueOnError)}`);
    }
    reply.status(200).headers({ 'content-type': writer.contentType, 'odata-version': protocol.version });
    reply.header('cache-control', 'no-store');
    await reply.send(Readable.from(writer.write(answers), { objectMode: false }));
  }

  #read(request: FastifyRequest, { requested, parameters }: BatchProtocol): AsyncGenerator<BatchItem, void> {
    const { BATCH_MEMORY, BATCH_LIMIT, BATCH_DEPTH, PUBLIC_URL } = this.environment;
    const { BATCH_JSON_REQUESTS, BATCH_MULTIPART_REQUESTS } = this.environment;
    const urls = new PartUrls(request.host, PUBLIC_URL);
    if (requested === 'json') {
      return readJsonBatch(parseBody(request, BATCH_DEPTH), { urls, requests: BATCH_JSON_REQUESTS });
    }
    return readMultipart(bodyChunks(request.body), {
      urls,
      boundary: boundaryOf(parameters),
      bytes: BATCH_LIMIT,
      partBytes: BATCH_MEMORY,
      requests: BATCH_MULTIPART_REQUESTS,
    });
  }

  #how(executor: PartExecutor, { requested, continueOnError }: BatchProtocol, signal: AbortSignal): BatchRun {
    const { BATCH_CONCURRENCY, BATCH_MEMORY } = this.environment;
    return {
      execute: (part) => executor.execute(part),
      answerTo: (error) => executor.answerTo(error),
      atomically: (work) => this.store.atomically(work),
      // 11.7.7.4: in the order received, up to the first error. JSON Format 19.5: in any order, whatever fails.
      concurrency: requested === 'multipart' ? 1 : BATCH_CONCURRENCY,
      stopAtError: !(continueOnError ?? requested === 'json'),
      held: BATCH_MEMORY,
      signal,
    };
  }
}

function writerFor(request: FastifyRequest, { requested, answered, version }: BatchProtocol): AnswerWriter {
  if (answered === 'multipart') return new MultipartWriter(requested);
  const saysVersion = ['odata-version', 'odata-maxversion'].some((name) => header(request, name) !== undefined);
  return new JsonWriter(contentType(defaultFormat, version), !saysVersion);
}

/** Says when the client has gone before it got everything. */
function goneWith({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
