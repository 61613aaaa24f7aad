import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BodyFormat, EntityIds } from '../protocol/payload/read-values.js';
import { ODataError } from '../protocol/odata-error.js';
import { parsePrecondition, type Precondition } from '../protocol/headers/precondition.js';
import { PayloadWriter } from '../protocol/payload/write-entity.js';
import { parseQuery } from '../protocol/uri/parse-query.js';
import type { Query } from '../protocol/uri/syntax-tree.js';
import type { ODataVersion } from '../protocol/versions.js';
import { parseHeaderList } from '../protocol/headers/header-lists.js';
import {
  type AnswerFormat,
  contentType,
  defaultFormat,
  negotiateFormat,
} from '../protocol/headers/negotiate-format.js';
import { answerVersion, bodyVersion } from '../protocol/headers/negotiate-version.js';
import { parsePreferences, type Preferences } from '../protocol/headers/preferences.js';

/** Path of the service root, without its final slash. */
export const servicePath = '/v1.0';

/** Path of the resource that takes batches. */
export const batchPath = `${servicePath}/$batch`;

/** What was negotiated for one request, and what it asks for beside its path and body. */
export interface Protocol {
  readonly version: ODataVersion;
  readonly format: AnswerFormat;
  readonly preferences: Preferences;
  readonly precondition: Precondition;
  readonly query: Query;
  /** Absolute URL of the service root, with its final slash. */
  readonly serviceRoot: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the envelope interceptor, before pipes and handler run. */
    odata?: Protocol;
    /** Resolves entity-ids of its body; set with it. */
    entityIds?: EntityIds;
  }
}

/** One header of a request, where it stands once or its fields can be joined. */
export function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

const printable = /^[\x21-\x7e]{1,128}$/;

/** The id that the client gave its request, where it is one that can be echoed. */
export function clientRequestId(request: FastifyRequest): string | undefined {
  const id = header(request, 'client-request-id');
  return id !== undefined && printable.test(id) ? id : undefined;
}

/** The protocol of a request that the interceptor has seen. */
export function protocolOf(request: FastifyRequest): Protocol {
  if (request.odata === undefined) throw new Error('The protocol of the request has not been negotiated');
  return request.odata;
}

/** The absolute URL of the service root: from the configured public base, else from the request. */
export function serviceRootOf(request: FastifyRequest, publicUrl: string | undefined): string {
  const base = publicUrl?.replace(/\/+$/, '') ?? `${request.protocol}://${request.host}`;
  return `${base}${servicePath}/`;
}

/** What the service root is called in entity-ids: its URL, and its path. */
export function rootsOf(serviceRoot: string): readonly string[] {
  return [serviceRoot, `${servicePath}/`];
}

/** What stands behind the question mark of a URL. */
export function queryOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

/** Plain text, whatever the client accepts: `/$count` and `/$value` have one format (11.2.5.1 and 11.2.6.5). */
function isRaw(url: string): boolean {
  const [path = ''] = url.split('?', 1);
  return /\/(?:\$|%24)(?:count|value)\/?$/i.test(path);
}

/** 8.2.6: a service without snapshot isolation must refuse a request that asks for it. */
export function refuseIsolation(request: FastifyRequest): void {
  const target = ['isolation', 'odata-isolation'].find((name) => request.headers[name] !== undefined);
  if (target === undefined) return;
  throw new ODataError('isolationNotSupported', 'Snapshot isolation is not supported.', { target });
}

/**
 * Negotiates version, format and preferences, reads preconditions and query options.
 * @throws ODataError 400, 406 or 412 naming the header or option at fault
 */
export function negotiate(request: FastifyRequest, publicUrl: string | undefined): Protocol {
  const version = answerVersion(header(request, 'odata-maxversion'));
  const query = parseQuery(queryOf(request.url));
  const format = isRaw(request.url)
    ? defaultFormat
    : negotiateFormat(header(request, 'accept'), header(request, 'accept-charset'), query.format);
  refuseIsolation(request);
  return {
    version,
    format,
    query,
    preferences: parsePreferences(header(request, 'prefer')),
    precondition: parsePrecondition(header(request, 'if-match'), header(request, 'if-none-match')),
    serviceRoot: serviceRootOf(request, publicUrl),
  };
}

/** A writer of payloads in the negotiated format. */
export function writerOf({ version, format, preferences, serviceRoot }: Protocol): PayloadWriter {
  const { metadata, ieee754Compatible } = format;
  return new PayloadWriter({ version, metadata, ieee754Compatible, omitNulls: preferences.omitNulls, serviceRoot });
}

/** Names the format of an answer in its headers. */
export function describeFormat(reply: FastifyReply, { format, version }: Protocol): void {
  reply.header('content-type', contentType(format, version));
}

const bodyParameters: ReadonlySet<string> = new Set(['metadata', 'streaming', 'exponentialdecimals']);

/**
 * The format of a request body (OData JSON Format 4.01, 4.1).
 * @throws ODataError 400 for a version, 415 for a character set or parameter that the service does not read
 */
export function bodyFormatOf(request: FastifyRequest): BodyFormat {
  const version = bodyVersion(header(request, 'odata-version'), header(request, 'odata-maxversion'));
  let ieee754Compatible = false;
  const [mediaType] = parseHeaderList(header(request, 'content-type') ?? '');
  for (const [parameter, value] of mediaType?.parameters ?? []) {
    const name = parameter.replace(/^odata\./, '');
    if (name === 'ieee754compatible') ieee754Compatible = value.toLowerCase() === 'true';
    else if (name === 'charset' ? value.toLowerCase() !== 'utf-8' : !bodyParameters.has(name)) {
      throw new ODataError('mediaTypeNotSupported', `The service does not read bodies with ${parameter}=${value}.`, {
        target: 'Content-Type',
      });
    }
  }
  return { version, ieee754Compatible, entityIds: request.entityIds };
}
