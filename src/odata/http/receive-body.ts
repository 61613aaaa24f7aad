import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../protocol/error-codes.js';
import { ODataError } from '../protocol/odata-error.js';
import { BodyMemory, HeldMemory, memoryOf, memoryOfJson } from './body-memory.js';
import type { Exchange } from './exchange.js';
import { besideService, bodyEncodings, readAtOnce } from './request-body.js';

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

/** How fast a body is to arrive: bytes a second, behind the first seconds. */
export interface Pace {
  readonly leastRate: number;
  readonly stallTimeout: number;
}

/** What bodies are read within. */
export interface BodyBounds {
  /** Bytes of one body, inflated too; a batch has another limit. */
  readonly limit: number;
  /** Values of one body, about: commas, objects and arrays. */
  readonly values: number;
  /** Bytes that all bodies take that arrive or are worked on, with what is read of them. */
  readonly memory: number;
  readonly pace: Pace;
}

/** @throws ODataError 408 */
function tooSlow(): ODataError {
  return new ODataError('requestTimeout', 'The request body arrives too slowly.');
}

/** How long the service waits for a body of which so many bytes have come, in milliseconds. */
function allowed(bytes: number, { leastRate, stallTimeout }: Pace): number {
  return (stallTimeout + bytes / leastRate) * 1000;
}

/**
 * Whether a body has a Content-Encoding that is to be undone.
 * @throws ODataError 415 for one that is not known
 */
function isEncoded({ headers }: FastifyRequest): boolean {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return false;
  // RFC 9110, 8.4.1.3: `x-gzip` is another name of it.
  if (bodyEncodings.includes(encoding.replace(/^x-/, ''))) return true;
  throw new ODataError(
    'encodingNotSupported',
    `The service does not read bodies in the encoding '${encoding.slice(0, 40)}'.`,
    { target: 'Content-Encoding', headers: { 'accept-encoding': [...bodyEncodings, 'identity'].join(', ') } },
  );
}

function tooLarge(limit: number, cause?: unknown): ODataError {
  const what = cause === undefined ? 'is larger than' : 'inflates to more than';
  return new ODataError('bodyTooLarge', `The request body ${what} ${limit} bytes.`, { cause });
}

function cutOff(cause: unknown): ODataError {
  return new ODataError('malformedRequest', 'The request body did not come to its end.', { cause });
}

/** Undoes Content-Encoding; what it becomes is bounded as a plain body is. */
async function inflated(body: Buffer, limit: number): Promise<Buffer> {
  try {
    return await inflate(body, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit, cause);
    throw new ODataError('malformedJson', 'The request body is not in the encoding gzip.', { cause });
  }
}

/** Waits so many milliseconds at most. @throws ODataError 408 */
async function within<T>(chunk: Promise<T>, ms: number | undefined): Promise<T> {
  if (ms === undefined) return chunk;
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    late = setTimeout(() => {
      // What becomes of it then does not matter.
      chunk.catch(() => undefined);
      reject(tooSlow());
    }, ms).unref();
  });
  return Promise.race([chunk, timeout]).finally(() => clearTimeout(late));
}

/** The chunks of a body as they come; what their reader does meanwhile does not count. */
async function* chunksOf(body: IncomingMessage, pace: Pace | undefined): AsyncGenerator<Buffer, void> {
  const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer, undefined>;
  let [bytes, waited] = [0, 0];
  for (;;) {
    const began = performance.now();
    const { done, value } = await within(
      chunks.next(),
      pace === undefined ? undefined : Math.min(allowed(bytes, pace) - waited, pace.stallTimeout * 1000),
    );
    if (done === true) return;
    waited += performance.now() - began;
    bytes += value.length;
    yield value;
  }
}

/**
 * A body that its reader takes as it comes, inflated where it is encoded; the reader bounds what it becomes. Where not all
 * of it is wanted the rest is passed over, so that the answer gets through.
 */
async function* streamed(
  body: IncomingMessage,
  pace: Pace | undefined,
  { encoded, malformed }: { readonly encoded: boolean; readonly malformed: ErrorCode },
): AsyncGenerator<Uint8Array, void> {
  const chunks = chunksOf(body, pace);
  try {
    if (!encoded) return yield* chunks;
    const inflating = createGunzip();
    const source = Readable.from(chunks, { objectMode: false });
    source.on('error', (error) => inflating.destroy(error));
    yield* source.pipe(inflating) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === 'ECONNRESET') throw cutOff(cause);
    if (code?.startsWith('Z_') !== true) throw cause;
    throw new ODataError(malformed, 'The request body is not in the encoding gzip.', { cause });
  } finally {
    body.resume();
  }
}

/** The bytes of a body as they come. */
function arriving(body: Readable, limit: number, pace: Pace | undefined): Promise<Buffer> {
  // It would say nothing any more.
  if (body.destroyed) return Promise.reject(cutOff(body.errored ?? undefined));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const began = performance.now();
    let last = began;
    const settle = (error?: Error): void => {
      clearInterval(watch);
      body.off('data', take).off('end', settle).off('error', fail).off('close', fail);
      if (error === undefined) resolve(Buffer.concat(chunks, length));
      else reject(error);
    };
    const fail = (cause?: Error): void => {
      settle(cutOff(cause));
    };
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      last = performance.now();
      chunks.push(chunk);
      if (length > limit) settle(tooLarge(limit));
    };
    const hurry = (): void => {
      const now = performance.now();
      if (pace !== undefined && now > Math.min(began + allowed(length, pace), last + pace.stallTimeout * 1000))
        settle(tooSlow());
    };
    const watch = pace === undefined ? undefined : setInterval(hurry, 1000).unref();
    body.on('data', take).on('end', settle).on('error', fail).on('close', fail);
  });
}

/** The bytes of a body that has arrived. */
function whole(body: IncomingMessage, limit: number): Buffer {
  const bytes = (body.read() as Buffer | null) ?? Buffer.alloc(0);
  if (bytes.length > limit) throw tooLarge(limit);
  return bytes;
}

/** Bytes that the parts of a stream take that is on its way to the store. */
const streamMemory = 524_288;

/** Bytes of a body that is there with its header fields, and of what it takes, that are not counted. */
const [fewBytes, littleMemory] = [8192, 262_144];

/** How a body is read that is not handed over in chunks. */
interface WholeBody {
  /** Bytes that it may have, inflated too. */
  readonly limit: number;
  readonly encoded: boolean;
  readonly isJson: boolean;
}

/** Types whose bodies are read, whole. */
const wholeTypes: ReadonlySet<string> = new Set(['application/json', 'text/plain']);

/** Whether a request addresses the one resource that takes bodies larger than others, and multipart ones. */
function isBatch({ routed, settings: { path } }: Exchange): boolean {
  return routed.startsWith('/$batch', path.length) && routed.length <= path.length + '/$batch/'.length;
}

function mediaTypeOf(contentType: string): string {
  const [type = ''] = contentType.split(';', 1);
  return type.trim().toLowerCase();
}

/** Reads bodies of requests, once it is known that who sends them may. */
export class BodyReader {
  readonly #memory: BodyMemory;

  constructor(private readonly bounds: BodyBounds) {
    this.#memory = new BodyMemory(bounds.memory);
  }

  /** Bytes that bodies take now. */
  get held(): number {
    return this.#memory.held;
  }

  /**
   * Leaves the body of a request on it: bytes, inflated; of a multipart batch its chunks as they come. A promise where it has
   * not arrived yet. Nothing of a body is read that is refused by its type or length.
   * @throws ODataError 400, 408, 413, 415, 429, 503
   */
  receive(exchange: Exchange, reply: FastifyReply): Promise<void> | undefined {
    const { request } = exchange;
    const { headers, raw, method } = request;
    const declared = headers['content-length'] ?? '0';
    const isBodyless = declared === '0' && headers['transfer-encoding'] === undefined;
    if (isBodyless || method === 'GET' || method === 'HEAD') return undefined;
    const { 'content-type': contentType = '' } = headers;
    if (exchange.streaming !== undefined) return this.#stream(exchange, reply, streamMemory, 'malformedRequest');
    const type = contentType === 'application/json' ? contentType : mediaTypeOf(contentType);
    const forBatch = isBatch(exchange);
    const limit = forBatch ? exchange.settings.batch.memory : this.bounds.limit;
    if (forBatch && type === 'multipart/mixed') return this.#stream(exchange, reply, memoryOf(limit), 'malformedBatch');
    if (!wholeTypes.has(type))
      throw new ODataError('mediaTypeNotSupported', 'The request body must be application/json.');
    if (Number(declared) > limit) throw tooLarge(limit);
    const encoded = isEncoded(request);
    const isJson = type === 'application/json';
    const how = { limit, encoded, isJson };
    if (raw.complete && !encoded) {
      const body = whole(raw, limit);
      if (isJson && body.length > fewBytes) this.#holdJson(exchange, reply, body);
      return this.#leave(exchange, body, how);
    }
    // Who waits to be asked for it has not sent it.
    const isSmall = !encoded && headers.expect === undefined && Number(declared) <= fewBytes;
    return isSmall ? this.#small(exchange, reply, how) : this.#whole(exchange, reply, how);
  }

  /** A small body comes with its header fields as a rule, and is read behind them, in the same turn of the event loop. */
  async #small(exchange: Exchange, reply: FastifyReply, how: WholeBody): Promise<void> {
    const { raw } = exchange.request;
    await new Promise((resolve) => setImmediate(resolve));
    if (!raw.complete) return this.#whole(exchange, reply, how);
    const body = whole(raw, how.limit);
    this.#hold(exchange, reply, how.isJson ? memoryOfJson(body) : memoryOf(body.length));
    await this.#leave(exchange, body, how);
  }

  /** Leaves a whole body on its request. */
  #leave(exchange: Exchange, body: Buffer, { isJson, limit }: WholeBody): Promise<void> | undefined {
    const { request, settings, isOfService } = exchange;
    request.body = isOfService ? body : besideService(request, body);
    if (!isOfService || !isJson || body.length <= readAtOnce) return undefined;
    const depth = isBatch(exchange) ? settings.batch.depth : undefined;
    return exchange.parseAhead({ depth, values: (this.bounds.values * limit) / this.bounds.limit });
  }

  async #whole(exchange: Exchange, reply: FastifyReply, how: WholeBody): Promise<void> {
    const { limit, encoded, isJson } = how;
    const { request } = exchange;
    const { 'content-length': declared } = request.headers;
    const size = encoded ? limit : Math.min(Number(declared ?? limit), limit);
    const { pace, held } = this.#await(exchange, reply, memoryOf(size));
    const arrived = await arriving(request.raw, limit, pace);
    const body = encoded ? await inflated(arrived, limit) : arrived;
    if (isJson) this.#holdJson(exchange, reply, body, held);
    await this.#leave(exchange, body, how);
  }

  #stream(exchange: Exchange, reply: FastifyReply, held: number, malformed: ErrorCode): undefined {
    const { request } = exchange;
    const encoded = isEncoded(request);
    const { pace } = this.#await(exchange, reply, held);
    request.body = streamed(request.raw, pace, { encoded, malformed });
  }

  /**
   * Asks for a body that has not arrived yet. Where it comes over the network: gives the pace in which it is to, and the
   * memory that it has until it is answered.
   */
  #await(
    exchange: Exchange,
    reply: FastifyReply,
    memory: number,
  ): { readonly pace?: Pace; readonly held?: HeldMemory | undefined } {
    const held = this.#hold(exchange, reply, memory);
    if (held === undefined) return {};
    if (exchange.request.headers.expect !== undefined) reply.raw.writeContinue();
    return { pace: this.bounds.pace, held };
  }

  /** Of a body that is there: what was read of it takes more, or less, than was known before. */
  #holdJson(exchange: Exchange, reply: FastifyReply, body: Buffer, held?: HeldMemory): void {
    const memory = memoryOfJson(body);
    if (held === undefined && memory <= littleMemory) return;
    this.#hold(exchange, reply, memory, held);
  }

  /** @throws ODataError 429, 503 */
  #hold(
    { request, callerName }: Exchange,
    { raw: response }: FastifyReply,
    memory: number,
    before?: HeldMemory,
  ): HeldMemory | undefined {
    // What the service sends itself is a part of what is held.
    if (!(request.raw.socket instanceof Socket)) return undefined;
    const held = before ?? new HeldMemory(this.#memory, callerName);
    // Who has gone has nothing any more that says when.
    if (response.destroyed) return held;
    if (before === undefined) response.once('close', () => held.release());
    held.hold(memory);
    return held;
  }
}
