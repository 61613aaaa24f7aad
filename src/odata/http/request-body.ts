import type { FastifyInstance, FastifyRequest } from 'fastify';
import { inTurns } from '../in-turns.js';
import { JsonSizeError, parseInSlices } from '../protocol/json/parse-in-slices.js';
import { JsonDepthError, JsonSyntaxError, type ParsedJson, parseJson } from '../protocol/json/parse-json.js';
import { type HeaderElement, parseHeaderList } from '../protocol/headers/header-lists.js';
import { ODataError } from '../protocol/odata-error.js';
import { bodyText } from '../protocol/payload/body-text.js';

/** How deep objects and arrays of a body may nest; the model needs eight levels. */
const maxDepth = 64;

/** Content codings of bodies, beside none. */
export const bodyEncodings: readonly string[] = ['gzip'];

/** What a handler beside the service root expects of a body. @throws ODataError 400 */
export function besideService({ headers }: FastifyRequest, body: Buffer): unknown {
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
 * Has the server leave bodies unread: who sends them is to be known first. Those of the service stay bytes: what they mean
 * depends on the type that a handler expects, and `JSON.parse` hides faults that OData must report.
 */
export function leaveBodiesUnread(instance: FastifyInstance): void {
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_request, _body, done) => done(null));
}

/** Whether a body is handed over in chunks as they come. */
export function isChunked(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
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

function jsonText(body: unknown, mediaType: HeaderElement | undefined): string {
  if (!Buffer.isBuffer(body) || body.length === 0) throw new ODataError('bodyRequired', 'The request needs a body.');
  requireType(mediaType, 'application/json');
  return bodyText(body, mediaType, 'json');
}

/** What is wrong with a body that cannot be parsed. */
function unreadable(cause: unknown): unknown {
  if (cause instanceof JsonDepthError) return new ODataError('bodyTooDeep', `The body is not read: ${cause.message}.`);
  if (cause instanceof JsonSyntaxError)
    return new ODataError('malformedJson', `The request body is not JSON: ${cause.message}.`);
  if (cause instanceof JsonSizeError)
    return new ODataError('bodyTooLarge', 'The request body has more values than the service reads in one.');
  return cause;
}

/**
 * The JSON of a request body.
 * @throws ODataError 400 with line and column where it is none
 */
export function jsonOf(body: unknown, mediaType: HeaderElement | undefined, depth = maxDepth): ParsedJson {
  const text = jsonText(body, mediaType);
  try {
    return parseJson(text, depth);
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** Bytes of a body that is read at once: of a longer one that would keep others waiting. */
export const readAtOnce = 65_536;

/**
 * The same of a long one, in turns.
 * @param values of the body, about: what is done with each takes its time too
 * @throws ODataError 400, 413
 */
export async function jsonInTurns(
  body: unknown,
  mediaType: HeaderElement | undefined,
  { depth = maxDepth, values }: { readonly depth?: number | undefined; readonly values: number },
): Promise<ParsedJson> {
  const text = jsonText(body, mediaType);
  try {
    return await inTurns(parseInSlices(text, { depth, values }));
  } catch (cause) {
    throw unreadable(cause);
  }
}
