import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type {
  ChangesResult,
  CollectionResult,
  CrossJoinResult,
  EntityResult,
  ODataResult,
  RawResult,
  StreamResult,
} from '../operations/results.js';
import { contentType } from '../protocol/headers/negotiate-format.js';
import type { Negotiated } from '../protocol/headers/negotiated.js';
import { holds } from '../protocol/headers/precondition.js';
import { ODataError } from '../protocol/odata-error.js';
import { selectList } from '../protocol/payload/context-url.js';
import { etagOf, etagOfVersion, versionMember } from '../protocol/payload/stored-entity.js';
import { inPieces } from '../protocol/payload/in-pieces.js';
import { includedAnnotations } from '../protocol/headers/included-annotations.js';
import { PayloadWriter } from '../protocol/payload/write-entity.js';
import { AnswerStream } from './answer-stream.js';
import { writeStream } from './write-stream.js';

/** What an answer depends on, compressed or not: 304 and what is too small for that say the same (RFC 9110, 12.5.5 and 15.4.5). */
const variesBy = 'Accept, Accept-Charset, accept-encoding, OData-MaxVersion, Prefer';

/**
 * Characters from which a text becomes bytes at once: beside its header it would be copied once more, and again by what
 * collects garbage while it is sent.
 */
const largeText = 16_384;

/** Where texts are written before they are sent, as far as none is much: what was written there stays in memory. */
const written = Buffer.allocUnsafeSlow(1_048_576);

/** The bytes of a text. They are written where others were before, and copied: to count them first takes as long. */
function bytesOf(text: string): Buffer {
  // No character of UTF-16 takes more than three bytes (RFC 3629, 3).
  if (3 * text.length > written.length) return Buffer.from(text);
  return Buffer.from(written.subarray(0, written.write(text)));
}

/** A writer of payloads in the negotiated format. */
function writerFor({ version, format, preferences, serviceRoot }: Negotiated): PayloadWriter {
  const { metadata, ieee754Compatible } = format;
  const { omitNulls, includeAnnotations } = preferences;
  const includesAnnotation = includedAnnotations(includeAnnotations);
  return new PayloadWriter({ version, metadata, ieee754Compatible, omitNulls, serviceRoot, includesAnnotation });
}

/** Names the format of an answer in its headers. */
export function describeFormat(reply: FastifyReply, { format, version }: Pick<Negotiated, 'format' | 'version'>): void {
  reply.header('content-type', contentType(format, version));
}

/**
 * Writes what a handler answers with: the status and the headers into the reply; gives the body, none where there is none.
 * One that is large is written as it is sent.
 * @throws ODataError 412 where a condition of a read does not hold
 */
export function writeAnswer(
  result: ODataResult,
  protocol: Negotiated,
  reply: FastifyReply,
): string | Buffer | Readable | undefined {
  if (result.kind === 'stream') return writeStream(result, protocol.precondition, reply);
  const body = inPieces(() => writeResult(result, protocol, reply));
  if (typeof body === 'object') return new AnswerStream(body);
  return body !== undefined && body.length > largeText ? bytesOf(body) : body;
}

function writeResult(
  result: Exclude<ODataResult, StreamResult>,
  protocol: Negotiated,
  reply: FastifyReply,
): string | undefined {
  // 8.3.8: caches must know what the answer depends on. It is the caller's own: shared caches must not keep it.
  reply.headers({ vary: variesBy, 'cache-control': 'private, no-cache' });
  if ('version' in result && result.version !== undefined && isKnown(result.version, protocol, reply)) return undefined;
  switch (result.kind) {
    case 'empty':
      reply.status(204);
      if (result.etag !== undefined) writeMinimal(result.etag, protocol, reply);
      if (result.streamTag !== undefined) reply.header('etag', result.streamTag);
      if (result.applied !== undefined) reply.header('preference-applied', result.applied.join(', '));
      return undefined;
    case 'entity':
      return result.effect === undefined ? writeRead(result, protocol, reply) : writeModified(result, protocol, reply);
    case 'collection':
      // 11.4.12 and 11.4.13: what failed is said whatever the client wants returned.
      if (result.effect === 'updated' && protocol.preferences.return === 'minimal') return writeNothing(reply, result);
      return writeCollection(result, protocol, reply);
    case 'crossJoin':
      return writeCrossJoin(result, protocol, reply);
    case 'changes':
      // 11.4.12: what failed is said whatever the client wants returned.
      if (result.effect === 'updated' && protocol.preferences.return === 'minimal') return writeNothing(reply, result);
      return writeChanges(result, protocol, reply);
    case 'property': {
      const { etag } = result;
      const { preferences } = protocol;
      if (etag !== undefined && preferences.return === 'minimal') {
        reply.status(204).header('preference-applied', 'return=minimal');
        writeMinimal(etag, protocol, reply);
        return undefined;
      }
      if (etag !== undefined) reply.header('etag', etag);
      const returned = preferences.return === undefined ? [] : ['return=representation'];
      applied(reply, protocol, etag === undefined ? annotationsOf(protocol) : returned);
      describeFormat(reply, protocol);
      const { type, property, value, context, selection, count, next, annotations } = result;
      return writerFor(protocol).propertyDocument({ type: type.item, collection: type.collection, property }, value, {
        contextFragment: `${context}${selectList(selection, protocol.version)}`,
        selection,
        count,
        nextLink: next === undefined ? undefined : `${protocol.serviceRoot}${next}`,
        annotations,
      });
    }
    case 'raw':
      reply.header('content-type', 'text/plain;charset=utf-8');
      return rawText(result, protocol);
  }
}

/**
 * Gives the ETag of what is read, and holds the conditions of the read to it (11.2.2 and 8.2.4 to 8.2.5): whether the client
 * has it already, which is answered then.
 * @param version of the entity that it is, or is a part of
 * @throws ODataError 412
 */
function isKnown(version: number, { precondition }: Negotiated, reply: FastifyReply): boolean {
  const { ifMatch, ifNoneMatch } = precondition;
  reply.header('etag', etagOfVersion(version));
  if (ifMatch !== undefined && !holds({ ifMatch }, version)) {
    throw new ODataError('entityTagDoesNotMatch', 'The entity has another version than If-Match names.', {
      target: 'If-Match',
    });
  }
  if (ifNoneMatch !== undefined && !holds({ ifNoneMatch }, version)) {
    // RFC 9110, 13.1.2: POST, by which reads are asked too, is not told that nothing was modified.
    if (reply.request.method === 'POST') {
      throw new ODataError('entityTagDoesNotMatch', 'The entity has a version that If-None-Match names.', {
        target: 'If-None-Match',
      });
    }
    reply.status(304);
    return true;
  }
  return false;
}

function writeRead(result: EntityResult, protocol: Negotiated, reply: FastifyReply): string | undefined {
  if (result.reference !== true && isKnown(result.value[versionMember], protocol, reply)) return undefined;
  applied(reply, protocol, annotationsOf(protocol));
  return entityBody(result, protocol, reply);
}

/** 11.4.1.5 and 8.2.8.7: what a modification answers with. */
function writeModified(result: EntityResult, protocol: Negotiated, reply: FastifyReply): string | undefined {
  const { preferences, serviceRoot } = protocol;
  const { applied: heeded = [] } = result;
  const url = `${serviceRoot}${result.place.path.url}`;
  if (result.effect === 'created') reply.header('location', url);
  if (preferences.return === 'minimal') {
    reply.status(204).headers({
      'odata-entityid': url,
      'preference-applied': [...heeded, 'return=minimal'].join(', '),
    });
    writeMinimal(etagOf(result.value), protocol, reply);
    return undefined;
  }
  reply.status(result.effect === 'created' ? 201 : 200).header('etag', etagOf(result.value));
  applied(reply, protocol, preferences.return === undefined ? heeded : [...heeded, 'return=representation']);
  return entityBody(result, protocol, reply);
}

/**
 * 9.1.4: without a body, an ETag if and only if the client can know the new state: it knew the version that it changed. Of
 * what it made it does not know what the service has set: keys, default values, what rules and transforms make of the rest.
 */
function writeMinimal(etag: string, { precondition }: Negotiated, reply: FastifyReply): void {
  if (Array.isArray(precondition.ifMatch)) reply.header('etag', etag);
}

/** 8.2.8.4: of what entities carry, that which is asked for is written and nothing else. */
function annotationsOf({ preferences: { includeAnnotations } }: Negotiated): readonly string[] {
  return includeAnnotations === undefined ? [] : [includeAnnotations];
}

function applied(reply: FastifyReply, { preferences }: Negotiated, others: readonly string[] = []): void {
  const all = preferences.omitNulls ? [...others, 'omit-values=nulls'] : others;
  if (all.length > 0) reply.header('preference-applied', all.join(', '));
}

function entityBody(result: EntityResult, protocol: Negotiated, reply: FastifyReply): string {
  const { place, value, selection, changed } = result;
  if (result.reference === true) {
    describeFormat(reply, protocol);
    return writerFor(protocol).referenceDocument(place.path);
  }
  const list = selectList(selection, protocol.version);
  // 10.3: a member of an entity set by the name of the set, a contained entity by its path.
  const fragment = place.set === undefined ? `${place.path.text}${list}` : `${place.set.name}${list}/$entity`;
  describeFormat(reply, protocol);
  const entity = {
    type: place.type,
    path: place.path,
    value,
    selection,
    ...(changed === undefined ? {} : { changed }),
  };
  return writerFor(protocol).entityDocument(entity, fragment);
}

function rawText({ type: { item }, property, value }: RawResult, protocol: Negotiated): string {
  const primitive = item?.kind === 'primitive' || item?.kind === 'enum' ? item : undefined;
  return writerFor(protocol).rawValue(primitive, value, property);
}

/** 8.2.8.7: a change of many that is answered without a body. */
function writeNothing(
  reply: FastifyReply,
  { applied: heeded = [] }: { readonly applied?: readonly string[] },
): undefined {
  reply.status(204).header('preference-applied', [...heeded, 'return=minimal'].join(', '));
}

/** The page size that was applied, in the spelling of the client that asked for one. */
function sizedAs({ preferences: { maxPageSize } }: Negotiated, pageSize: number | undefined): readonly string[] {
  return pageSize === undefined || maxPageSize === undefined ? [] : [`${maxPageSize.name}=${pageSize}`];
}

function writeCollection(result: CollectionResult, protocol: Negotiated, reply: FastifyReply): string {
  const { type, context, items, selection, next, count, pageSize } = result;
  const sized = sizedAs(protocol, pageSize);
  const returned = result.effect === 'updated' && protocol.preferences.return !== undefined;
  const read = result.effect === undefined ? annotationsOf(protocol) : [];
  const heeded = [...(result.applied ?? []), ...sized, ...read];
  applied(reply, protocol, returned ? [...heeded, 'return=representation'] : heeded);
  describeFormat(reply, protocol);
  const deltaLink = result.delta === undefined ? undefined : `${protocol.serviceRoot}${result.delta}`;
  const nextLink = next === undefined ? undefined : `${protocol.serviceRoot}${next}`;
  if (result.reference === true) {
    return writerFor(protocol).referencesDocument(
      items.map(({ path }) => path),
      { count, nextLink },
    );
  }
  const list = selectList(selection, protocol.version);
  const areApart = items[0]?.context !== undefined;
  const entities = areApart
    ? items.map(({ context: own, selection: shown = selection, ...item }) => {
        const contextFragment = own?.join(selectList(shown, protocol.version));
        return { type, ...item, selection: shown, contextFragment };
      })
    : items.map((item) => ({ type, selection, ...item }));
  // What says itself where it is, is of no one collection.
  const fragment = areApart ? context : `${context}${list}`;
  const of = areApart ? undefined : { type, url: result.url ?? context };
  return writerFor(protocol).collectionDocument(entities, fragment, { count, nextLink, deltaLink, of });
}

/** 10.20: single rows have no context of their own. */
function writeCrossJoin(result: CrossJoinResult, protocol: Negotiated, reply: FastifyReply) {
  const { rows, count, next, pageSize, type, computed } = result;
  applied(reply, protocol, [...sizedAs(protocol, pageSize), ...annotationsOf(protocol)]);
  describeFormat(reply, protocol);
  const nextLink = next === undefined ? undefined : `${protocol.serviceRoot}${next}`;
  return writerFor(protocol).crossJoinDocument(rows, { count, nextLink, type, computed });
}

/** 11.3.3. A property that became null must be there, so that no null is left out. */
function writeChanges(result: ChangesResult, given: Negotiated, reply: FastifyReply): string {
  const protocol = { ...given, preferences: { ...given.preferences, omitNulls: false } };
  const { type, set, context, items, selection, next, delta, pageSize, form } = result;
  const sized = sizedAs(protocol, pageSize);
  const returned = result.effect === 'updated' && protocol.preferences.return !== undefined;
  applied(reply, protocol, [...result.applied, ...sized, ...(returned ? ['return=representation'] : [])]);
  describeFormat(reply, protocol);
  const link = (path: string | undefined) => (path === undefined ? undefined : `${protocol.serviceRoot}${path}`);
  const written = items.map(({ path, value, key, reason = 'deleted', annotations, ...item }) => {
    if (item.link !== undefined)
      return { kind: 'link' as const, set, source: path, ...item.link, annotations: annotations ?? {} };
    if (item.isReference === true) return { kind: 'reference' as const, path, annotations: annotations ?? {} };
    if (value === undefined) return { type, path, set, key, reason, annotations };
    return { type, path, value, selection: item.selection ?? selection, annotations };
  });
  const fragment = `${context}${selectList(selection, protocol.version)}/$delta`;
  return writerFor(protocol).deltaDocument(written, fragment, { form, nextLink: link(next), deltaLink: link(delta) });
}
