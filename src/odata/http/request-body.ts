import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { JsonDepthError, JsonSyntaxError, type ParsedJson, parseJson } from '../protocol/json/parse-json.js';
import { type HeaderElement, parseHeaderList } from '../protocol/headers/header-lists.js';
import { ODataError } from '../protocol/odata-error.js';
import { bodyText } from '../protocol/payload/body-text.js';

/** How deep objects and arrays of a body may nest; the model needs eight levels. */
const maxDepth = 64;

/** Content codings of bodies, beside none. */
export const bodyEncodings: readonly string[] = ['gzip'];

const inflate = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

/**
 * Whether a body has a Content-Encoding that is to be undone.
 * @throws ODataError 415 for one that is not known
 */
function isEncoded(request: FastifyRequest): boolean {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return false;
  // RFC 9110, 8.4.1.3: `x-gzip` is another name of it.
  if (!bodyEncodings.includes(encoding.replace(/^x-/, ''))) {
    throw new ODataError(
      'encodingNotSupported',
      `The service does not read bodies in the encoding '${encoding.slice(0, 40)}'.`,
      {
        target: 'Content-Encoding',
        headers: { 'accept-encoding': [...bodyEncodings, 'identity'].join(', ') },
      },
    );
  }
  return true;
}

/** Undoes Content-Encoding; what it becomes is bounded as a plain body is. */
async function decode(request: FastifyRequest, body: Buffer, limit: number): Promise<Buffer> {
  if (!isEncoded(request)) return body;
  try {
    return await inflate(body, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ODataError('bodyTooLarge', `The request body inflates to more than ${limit} bytes.`, { cause });
    }
    throw new ODataError('malformedJson', 'The request body is not in the encoding gzip.', { cause });
  }
}

/** What a handler beside the service root expects of a body. @throws ODataError 400 */
function besideService({ headers }: FastifyRequest, body: Buffer): unknown {
  const [mediaType] = parseHeaderList(headers['content-type'] ?? '');
  if (mediaType?.value.toLowerCase() !== 'application/json') return bodyText(body, mediaType, 'text');
  const text = bodyText(body, mediaType, 'json');
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ODataError('malformedJson', 'The request body is not JSON.', { cause });
  }
}

/**
 * Makes the server read JSON bodies and plain text, and no others. Those of the service stay bytes: what they mean depends on
 * the type that a handler expects, and `JSON.parse` hides faults that OData must report.
 */
export function readBodiesAsBytes(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  const types = ['application/json', 'text/plain'];
  instance.addContentTypeParser(types, { parseAs: 'buffer' }, (request: FastifyRequest, body: Buffer) => {
    const bytes = decode(request, body, request.routeOptions.bodyLimit);
    return request.exchange?.isOfService === false ? bytes.then((all) => besideService(request, all)) : bytes;
  });
}

/** Inflates a stream where it is encoded; whoever reads it bounds what it becomes. */
function inflated(request: FastifyRequest, body: Readable): Readable {
  if (!isEncoded(request)) return body;
  const inflating = createGunzip();
  body.on('error', (error) => inflating.destroy(error));
  inflating.on('error', () => body.unpipe(inflating));
  return body.pipe(inflating);
}

/**
 * The chunks of a streamed body as they arrive. Where not all of them are wanted the rest is passed over, so that the
 * answer and the next request of the connection get through.
 * @throws ODataError 400 where the body is not in the encoding that it names
 */
export async function* bodyChunks(body: unknown): AsyncGenerator<Uint8Array> {
  if (!(body instanceof Readable)) return;
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } catch (cause) {
    if (!(cause as { code?: string }).code?.startsWith('Z_')) throw cause;
    throw new ODataError('malformedBatch', 'The batch is not in the encoding gzip.', { cause });
  } finally {
    body.resume();
  }
}

/** Makes the server hand multipart bodies to the one resource that takes them, as they arrive. */
export function streamMultipartTo(instance: FastifyInstance, path: string): void {
  instance.addContentTypeParser('multipart/mixed', (request: FastifyRequest, body: Readable, done) => {
    if (request.routeOptions.url === path) done(null, inflated(request, body));
    else done(new ODataError('mediaTypeNotSupported', 'The request body must be application/json.'));
  });
}

/** @throws ODataError 415 where the body is of another media type than the resource takes */
function requireType(mediaType: HeaderElement | undefined, type: string): void {
  if ((mediaType?.value ?? type).toLowerCase() === type) return;
  throw new ODataError('mediaTypeNotSupported', `The request body must be ${type}.`, { target: 'Content-Type' });
}

/**
 * The text of a request body, the raw value of a primitive property.
 * @throws ODataError 415 where it is no plain text
 */
export function textOf(body: unknown, mediaType: HeaderElement | undefined): string {
  requireType(mediaType, 'text/plain');
  return Buffer.isBuffer(body) ? bodyText(body, mediaType, 'text') : '';
}

/**
 * The JSON of a request body.
 * @throws ODataError 400 with line and column where it is none
 */
export function jsonOf(body: unknown, mediaType: HeaderElement | undefined, depth = maxDepth): ParsedJson {
  if (!Buffer.isBuffer(body) || body.length === 0) throw new ODataError('bodyRequired', 'The request needs a body.');
  requireType(mediaType, 'application/json');
  try {
    return parseJson(bodyText(body, mediaType, 'json'), depth);
  } catch (cause) {
    if (cause instanceof JsonDepthError) throw new ODataError('bodyTooDeep', `The body is not read: ${cause.message}.`);
    if (cause instanceof JsonSyntaxError) {
      throw new ODataError('malformedJson', `The request body is not JSON: ${cause.message}.`);
    }
    throw cause;
  }
}
