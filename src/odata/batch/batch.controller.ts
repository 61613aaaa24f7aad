import { Readable } from 'node:stream';
import { Controller, Head, HttpCode, Post, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Authenticated, Exchange, TakesBatches } from '../http/decorators.js';
import { isPartOfBatch } from '../http/inherited-caller.js';
import { isChunked } from '../http/request-body.js';
import { ServiceMetadata } from '../http/service-metadata.js';
import { Entities } from '../operations/entities.js';
import { Settings } from '../options.js';
import { contentType, defaultFormat } from '../protocol/headers/negotiate-format.js';
import { ODataError } from '../protocol/odata-error.js';
import type { BatchItems } from './batch-request.js';
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
@Controller('$batch')
@Authenticated()
@TakesBatches({
  formats: batchMediaTypes,
  continueOnError: true,
  references: { inBodies: true, acrossChangeSets: true, toETags: true },
  conditions: true,
})
export class BatchController {
  constructor(
    private readonly settings: Settings,
    private readonly entities: Entities,
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
  async run(@Exchange() exchange: Exchange, @Res() reply: FastifyReply): Promise<void> {
    if (isPartOfBatch(exchange.request)) {
      throw new ODataError('nestedBatch', 'A request of a batch must not be a batch.');
    }
    const protocol = negotiateBatch(exchange, (query) => {
      this.metadata.checkSchemaVersion(query);
    });
    const items = await this.#read(exchange, protocol);
    const writer = writerFor(exchange, protocol);
    const executor = new PartExecutor(this.host.httpAdapter.getInstance<FastifyInstance>(), exchange);
    const answers = runBatch(items, this.#how(executor, protocol, goneWith(reply)));
    if (protocol.continueOnError !== undefined) {
      reply.header('preference-applied', `continue-on-error=${String(protocol.continueOnError)}`);
    }
    reply.status(200).headers({ 'content-type': writer.contentType, 'odata-version': protocol.version });
    reply.header('cache-control', 'no-store');
    await reply.send(Readable.from(writer.write(answers), { objectMode: false }));
  }

  /** The items of a batch, once as much of it was read as is before anything is run. */
  async #read(exchange: Exchange, { requested, parameters }: BatchProtocol): Promise<BatchItems> {
    const { batch, publicUrl, path } = this.settings;
    const { request } = exchange;
    const urls = new PartUrls({ host: request.host, publicUrl, root: path });
    if (requested === 'json') {
      return readJsonBatch(exchange.json(batch.depth), { urls, requests: batch.jsonRequests });
    }
    const items = readMultipart(isChunked(request.body) ? request.body : Readable.from([]), {
      urls,
      boundary: boundaryOf(parameters),
      bytes: batch.bytes,
      partBytes: batch.memory,
      requests: batch.multipartRequests,
    });
    return prefetch(items, batch.memory);
  }

  #how(executor: PartExecutor, { requested, continueOnError }: BatchProtocol, signal: AbortSignal): BatchRun {
    const { concurrency, memory } = this.settings.batch;
    return {
      execute: (part) => executor.execute(part),
      answerTo: (error) => executor.answerTo(error),
      atomically: (work) => this.entities.atomically(work),
      // 11.7.7.4: in the order received, up to the first error. JSON Format 19.4: in any order, whatever fails.
      concurrency: requested === 'multipart' ? 1 : concurrency,
      stopAtError: !(continueOnError ?? requested === 'json'),
      held: memory,
      root: this.settings.path,
      signal,
    };
  }
}

function writerFor(exchange: Exchange, { requested, answered, version }: BatchProtocol): AnswerWriter {
  if (answered === 'multipart') return new MultipartWriter(requested);
  const saysVersion = ['odata-version', 'odata-maxversion'].some((name) => exchange.header(name) !== undefined);
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
