import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { Environment } from '../../config/environment.js';
import { selectList } from '../protocol/payload/context-url.js';
import { etagOf, versionMember } from '../protocol/payload/stored-entity.js';
import { holds } from '../protocol/headers/precondition.js';
import { ODataError } from '../protocol/odata-error.js';
import { ModelEntityIds } from '../protocol/query/entity-ids.js';
import { describeFormat, header, negotiate, type Protocol, writerOf, rootsOf } from './protocol.js';
import { checkQueryOptions, Serves } from '../operations/query-support.js';
import { ServiceMetadata } from './service-metadata.js';
import type { ChangesResult, CollectionResult, EntityResult, ODataResult, RawResult } from '../operations/results.js';

/**
 * The envelope of OData around every handler that answers with an `ODataResult`: before it the negotiation, after it
 * the status, the headers, and the body with its control information. Other handlers pass untouched.
 */
@Injectable()
export class ODataEnvelopeInterceptor implements NestInterceptor {
  constructor(
    private readonly environment: Environment,
    private readonly reflector: Reflector,
    private readonly metadata: ServiceMetadata,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const support = this.reflector.getAllAndOverride(Serves, [context.getHandler(), context.getClass()]) as
      Parameters<typeof Serves>[0] | undefined;
    if (support === undefined) return next.handle();
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const protocol = negotiate(request, this.environment.PUBLIC_URL);
    request.odata = protocol;
    request.entityIds = new ModelEntityIds(this.metadata.model, rootsOf(protocol.serviceRoot));
    reply.header('odata-version', protocol.version);
    this.metadata.checkSchemaVersion(protocol.query);
    // What Microsoft Graph asks of some queries; every answer of this service is as fresh as there is.
    if (header(request, 'consistencylevel')?.toLowerCase() === 'eventual') reply.header('ConsistencyLevel', 'eventual');
    if (support !== 'by resource') checkQueryOptions(protocol.query, support);
    if (this.environment.REQUIRE_IF_MATCH && ['PATCH', 'PUT', 'DELETE'].includes(request.method))
      requireCondition(protocol);
    return next.handle().pipe(map((result: ODataResult) => toBytes(write(result, protocol, reply))));
  }
}

/**
 * 11.4.1.1: changes without a condition are refused where the service is told to require one.
 * @throws ODataError 428
 */
export function requireCondition({ precondition }: Protocol): void {
  if (precondition.ifMatch !== undefined || precondition.ifNoneMatch !== undefined) return;
  throw new ODataError('entityTagRequired', 'A change needs If-Match with the ETag of the entity, or "*".', {
    target: 'If-Match',
  });
}

/** As bytes, because Fastify gives the Content-Type of a string a character set that nobody asked for. */
function toBytes(body: string | undefined): Buffer | undefined {
  return body === undefined ? undefined : Buffer.from(body);
}

function write(result: ODataResult, protocol: Protocol, reply: FastifyReply): string | undefined {
  // 8.2.9: caches must know what the answer depends on. It is the caller's own: shared caches must not keep it.
  reply.headers({ vary: 'Accept, Accept-Charset, OData-MaxVersion, Prefer', 'cache-control': 'private, no-cache' });
  switch (result.kind) {
    case 'empty':
      reply.status(204);
      if (result.etag !== undefined) writeMinimal(result.etag, protocol, reply);
      return undefined;
    case 'entity':
      return result.effect === undefined ? writeRead(result, protocol, reply) : writeModified(result, protocol, reply);
    case 'collection':
      if (result.effect !== undefined && protocol.preferences.return === 'minimal') return writeNothing(reply, result);
      return writeCollection(result, protocol, reply);
    case 'changes':
      // 11.4.11: what failed is said whatever the client wants returned.
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
      applied(reply, protocol, etag === undefined || preferences.return === undefined ? [] : ['return=representation']);
      describeFormat(reply, protocol);
      const { type, value, context, selection, count, next } = result;
      return writerOf(protocol).propertyDocument({ type: type.item, collection: type.collection }, value, {
        contextFragment: `${context}${selectList(selection, protocol.version)}`,
        selection,
        count,
        nextLink: next === undefined ? undefined : `${protocol.serviceRoot}${next}`,
      });
    }
    case 'raw':
      reply.header('content-type', 'text/plain;charset=utf-8');
      return rawText(result, protocol);
  }
}

/** 11.2.1 and 8.2.4 to 8.2.5: conditions on a read. */
function writeRead(result: EntityResult, protocol: Protocol, reply: FastifyReply): string | undefined {
  const { ifMatch, ifNoneMatch } = protocol.precondition;
  const version = result.value[versionMember];
  reply.header('etag', etagOf(result.value));
  if (ifMatch !== undefined && !holds({ ifMatch }, version)) {
    throw new ODataError('entityTagDoesNotMatch', 'The entity has another version than If-Match names.', {
      target: 'If-Match',
    });
  }
  if (ifNoneMatch !== undefined && !holds({ ifNoneMatch }, version)) {
    reply.status(304);
    return undefined;
  }
  applied(reply, protocol);
  return entityBody(result, protocol, reply);
}

/** 11.4.1.5 and 8.2.8.7: what a modification answers with. */
function writeModified(result: EntityResult, protocol: Protocol, reply: FastifyReply): string | undefined {
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

/** 9.1.4: without a body, an ETag only if the client can know the new state: it knew the version that it changed. */
function writeMinimal(etag: string, { precondition }: Protocol, reply: FastifyReply): void {
  if (Array.isArray(precondition.ifMatch)) reply.header('etag', etag);
}

function applied(reply: FastifyReply, { preferences }: Protocol, others: readonly string[] = []): void {
  const all = preferences.omitNulls ? [...others, 'omit-values=nulls'] : others;
  if (all.length > 0) reply.header('preference-applied', all.join(', '));
}

function entityBody(result: EntityResult, protocol: Protocol, reply: FastifyReply): string {
  const { place, value, selection, changed } = result;
  if (result.reference === true) {
    describeFormat(reply, protocol);
    return writerOf(protocol).referenceDocument(place.path);
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
  return writerOf(protocol).entityDocument(entity, fragment);
}

function rawText({ type: { item }, value }: RawResult, protocol: Protocol): string {
  const primitive = item?.kind === 'primitive' || item?.kind === 'enum' ? item : undefined;
  return writerOf(protocol).rawValue(primitive, value);
}

/** 8.2.8.7: a change of many that is answered without a body. */
function writeNothing(
  reply: FastifyReply,
  { applied: heeded = [] }: { readonly applied?: readonly string[] },
): undefined {
  reply.status(204).header('preference-applied', [...heeded, 'return=minimal'].join(', '));
}

/** The page size that was applied, in the spelling of the client that asked for one. */
function sizedAs({ preferences: { maxPageSize } }: Protocol, pageSize: number | undefined): readonly string[] {
  return pageSize === undefined || maxPageSize === undefined ? [] : [`${maxPageSize.name}=${pageSize}`];
}

function writeCollection(result: CollectionResult, protocol: Protocol, reply: FastifyReply): string {
  const { type, context, items, selection, next, count, pageSize } = result;
  const sized = sizedAs(protocol, pageSize);
  const returned = result.effect !== undefined && protocol.preferences.return !== undefined;
  const heeded = [...(result.applied ?? []), ...sized];
  applied(reply, protocol, returned ? [...heeded, 'return=representation'] : heeded);
  describeFormat(reply, protocol);
  const deltaLink = result.delta === undefined ? undefined : `${protocol.serviceRoot}${result.delta}`;
  const nextLink = next === undefined ? undefined : `${protocol.serviceRoot}${next}`;
  if (result.reference === true) {
    return writerOf(protocol).referencesDocument(
      items.map(({ path }) => path),
      { count, nextLink },
    );
  }
  const entities = items.map(({ path, value }) => ({ type, path, value, selection }));
  const fragment = `${context}${selectList(selection, protocol.version)}`;
  return writerOf(protocol).collectionDocument(entities, fragment, { count, nextLink, deltaLink });
}

/** 11.3.3. A property that became null must be there, so that no null is left out. */
function writeChanges(result: ChangesResult, given: Protocol, reply: FastifyReply): string {
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
  return writerOf(protocol).deltaDocument(written, fragment, { form, nextLink: link(next), deltaLink: link(delta) });
}
