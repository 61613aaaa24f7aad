import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { StreamResult } from '../operations/results.js';
import { holds, type Precondition } from '../protocol/headers/precondition.js';
import { type ByteRange, rangeOf } from '../protocol/headers/byte-range.js';
import { ODataError } from '../protocol/odata-error.js';
import { streamTag } from '../protocol/payload/stored-stream.js';
import { exchangeOf } from './exchange.js';

/** Types that browsers show and never take for a document with scripts; everything else they are told to keep as a file. */
const inert = /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|audio\/[^;]+|video\/[^;]+|text\/plain)(?:;|$)/i;

/**
 * What is said of every content: what a client has stored must never become a page of ours. `nosniff`, which every answer
 * has, keeps browsers from making more of a type than it says; the rest is for whoever opens the URL of the content itself.
 */
function protect(reply: FastifyReply, type: string): void {
  reply.headers({
    'content-security-policy': "default-src 'none'; sandbox",
    ...(inert.test(type) ? {} : { 'content-disposition': 'attachment' }),
  });
}

/** The part that is asked for, where that can be heeded (RFC 9110, 13.1.5 and 14.2): undefined is all of it. */
function partOf({ stream, applied }: StreamResult, { request }: FastifyReply): ByteRange | undefined {
  const { range, 'if-range': ifRange } = request.headers;
  if (range === undefined || applied !== undefined || (request.method !== 'GET' && request.method !== 'HEAD'))
    return undefined;
  if (ifRange !== undefined && ifRange !== streamTag(stream)) return undefined;
  const part = rangeOf(range, stream.length);
  if (part !== 'none') return part;
  throw new ODataError('rangeNotSatisfiable', `The stream has ${stream.length} bytes, and none of them is asked for.`, {
    target: 'Range',
    headers: { 'content-range': `bytes */${stream.length}` },
  });
}

/** Whether the client has the content already. @throws ODataError 412 where it asks for another one than there is */
function isKnown({ stream, applied }: StreamResult, { ifMatch, ifNoneMatch }: Precondition): boolean {
  // A change has met its conditions.
  if (applied !== undefined) return false;
  if (ifMatch !== undefined && !holds({ ifMatch }, stream.etag))
    throw new ODataError('entityTagDoesNotMatch', 'The stream has another ETag than If-Match names.', {
      target: 'If-Match',
    });
  return ifNoneMatch !== undefined && !holds({ ifNoneMatch }, stream.etag);
}

/** What is gathered in memory, in a batch, is no larger than a batch may be there. @throws ODataError 507 */
function checkSize(bytes: number, { request }: FastifyReply): void {
  const { isInside, settings } = exchangeOf(request);
  if (!isInside || bytes <= settings.batch.memory) return;
  const most = settings.batch.memory;
  throw new ODataError('noRoomForResults', `A stream of more than ${most} bytes is read by a request of its own.`);
}

/**
 * Writes the content of a stream: all of it, or the part that is asked for, as it is taken.
 * @throws ODataError 412, 416, 507
 */
export function writeStream(
  result: StreamResult,
  precondition: Precondition,
  reply: FastifyReply,
): Readable | undefined {
  const { stream, read, applied } = result;
  reply.headers({ etag: streamTag(stream), 'accept-ranges': 'bytes', 'cache-control': 'private, no-cache' });
  if (isKnown(result, precondition)) {
    reply.status(304);
    return undefined;
  }
  const part = partOf(result, reply);
  const { first, end } = part ?? { first: 0, end: stream.length };
  if (part !== undefined) reply.status(206).header('content-range', `bytes ${first}-${end - 1}/${stream.length}`);
  if (applied !== undefined) reply.header('preference-applied', applied.join(', '));
  reply.headers({ 'content-type': stream.type, 'content-length': String(end - first) });
  protect(reply, stream.type);
  if (end === first) return undefined;
  // Without a body Fastify would say that there are no bytes.
  if (reply.request.method === 'HEAD') return Readable.from([]);
  checkSize(end - first, reply);
  return asTaken(read(first, end));
}

/** Bytes that are read as they are taken: a client that takes them slowly has one part of them in memory. */
function asTaken(bytes: AsyncIterable<Uint8Array>): Readable {
  const iterator = bytes[Symbol.asyncIterator]();
  // Whoever takes them, they are read for who has asked.
  const inContext = AsyncLocalStorage.snapshot();
  const next = (): Promise<IteratorResult<Uint8Array>> => inContext(() => iterator.next());
  const taken = { next, return: async () => (await iterator.return?.()) ?? { done: true as const, value: undefined } };
  return Readable.from({ [Symbol.asyncIterator]: () => taken }, { objectMode: false, highWaterMark: 1 });
}
