import type { Settings } from '../options.js';
import { keyOf } from '../protocol/edm/key-text.js';
import type { EntitySet, EntityType, Property } from '../protocol/edm/model.js';
import { typeName } from '../protocol/edm/type-name.js';
import type { Negotiated } from '../protocol/headers/negotiated.js';
import { isJsonObject } from '../protocol/json/json-value.js';
import { methodNotAllowed, noResourceAt, ODataError } from '../protocol/odata-error.js';
import type { Inline } from '../protocol/payload/change.js';
import { storedStream } from '../protocol/payload/stored-stream.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import { keyedEntityPath, PathByKey } from '../protocol/payload/keyed-path.js';
import { type BoundApply, bindApply } from '../protocol/query/bind-apply.js';
import { type BoundOptions, bindOptions } from '../protocol/query/bind-options.js';
import { bindBehind, bindTarget } from '../protocol/query/bind-path.js';
import { madeOf, selectionOf } from '../protocol/query/bind-selection.js';
import {
  type BoundCall,
  type BoundOrder,
  type BoundPath,
  type BoundRead,
  endOf,
  plainShape,
  type ReadResult,
  withExpanded,
} from '../protocol/query/bound.js';
import { canonicalPath, collectionOf } from '../protocol/query/canonical-path.js';
import type { ChangesResult as ChangesRead } from '../protocol/query/changes.js';
import { madeItems } from '../protocol/query/result-types.js';
import { looksElsewhere } from '../protocol/query/referred-sets.js';
import { type RequestContext, requestContext } from '../protocol/query/request-context.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import { annotatedRead, annotationsIn, carriedAt, propertyOf } from './annotated-property.js';
import { withoutParameters } from './call-parameters.js';
import type { Caller } from './caller.js';
import {
  isExpired,
  isLatest,
  notOurs,
  tokenIsGone,
  type Tracking,
  TrackingLinks,
  trackingOf,
} from './change-tracking.js';
import type { Entities } from './entities.js';
import { pathById, requestAtEntity, requireEntity } from './entity-by-id.js';
import type { EntityRequest } from './entity-request.js';
import { shapeWith } from './modified-entity.js';
import { isOfStream, type StreamPath } from './modify-stream.js';
import type { OperationCalls } from './operation-calls.js';
import type { Given, GivenEntities } from './operation-results.js';
import {
  checkQueryOptions,
  collectionRead,
  countRead,
  deltaRead,
  entityRead,
  type QuerySupport,
  referenceRead,
  referencesRead,
  setRead,
  structuredRead,
  valueRead,
} from './query-support.js';
import { type ChangesResult, type CollectionResult, countResult, empty, type ODataResult } from './results.js';
import { Seal } from './sealed-text.js';
import { valueResult } from './value-result.js';
import { type Continuation, linkOf, nextQuery, openSkipToken, pageOf, pageSize, queryOf } from './server-paging.js';

type Page = ReadResult & { readonly kind: 'page' };
type Changes = ChangesRead & { readonly kind: 'changes' };
type One = ReadResult & { readonly kind: 'one' };

/** What a request asks of the resource that it reads. */
interface Reading {
  readonly path: BoundPath;
  readonly applied: BoundApply | undefined;
  readonly options: BoundOptions;
  readonly protocol: Negotiated;
  readonly size: number;
  /** The moment that `now()` means. */
  readonly now: Date;
  /** Where the page that is asked for begins; undefined of the first one. */
  readonly from: Continuation | undefined;
  readonly seal: Seal;
  /** The link to the page behind one. */
  readonly nextPage: (continuation: Continuation) => string;
  /** Path behind the service root, as it was sent. */
  readonly url: string;
  readonly rawQuery: string;
}

/** A request that reads, as far as it was understood. */
interface Asking {
  readonly request: EntityRequest;
  readonly protocol: Negotiated;
  readonly context: RequestContext;
  readonly from: Continuation | undefined;
  readonly seal: Seal;
}

/** What an operation has given in the order in which it did, unless the query says another one. */
function ordered(collection: BoundRead['collection'], order: readonly BoundOrder[], { orderby }: Negotiated['query']) {
  return orderby === undefined ? { ...collection, order } : collection;
}

/** Query options without those that follow changes: what an operation gives is not followed. */
function untracked({ serves, defined }: QuerySupport): QuerySupport {
  return { serves: serves.filter((one) => one !== 'deltatoken'), defined };
}

function isStructured({ type }: BoundPath): boolean {
  return type.item?.kind === 'entity' || type.item?.kind === 'complex';
}

/** Which query options OData defines for what a path leads to (OData 4.01 URL Conventions 5.1). */
function supportOf(path: BoundPath): QuerySupport {
  if (path.stream !== undefined) return valueRead;
  if (path.function !== undefined) return deltaRead;
  if (path.suffix === 'count') return countRead;
  if (path.suffix === 'ref') return path.type.collection ? referencesRead : referenceRead;
  if (path.suffix === 'value') return valueRead;
  if (path.type.collection) return path.steps.length === 0 ? setRead : collectionRead;
  return isStructured(path) ? structuredRead : valueRead;
}

/** The same of a link to changes: its query is that of the collection, whether they are only counted or not. */
function trackedSupport(path: BoundPath): QuerySupport {
  return path.suffix === 'count' ? supportOf({ ...path, suffix: undefined }) : supportOf(path);
}

/** The members of a set in a context URL; a cast narrows them (10.5). */
function contextOf({ root, entity: { type } }: BoundPath): string {
  return type.qualifiedName === root.type.qualifiedName ? root.name : `${root.name}/${type.qualifiedName}`;
}

/** The entity set of what a path leads to; undefined of what is inside of something. */
function rootOf({ root, steps }: BoundPath): EntitySet | undefined {
  const last = steps.at(-1)?.property;
  // A singleton is no collection to transform.
  if (last === undefined) return root as EntitySet;
  return last.kind === 'navigation' ? last.target : undefined;
}

/** The type of a value in a context URL (10.13 to 10.16): the item of a collection has no address that stays its own. */
function typeText({ type: { item, collection } }: BoundPath): string {
  const name = item === undefined ? 'Edm.Untyped' : typeName(item);
  return collection ? `Collection(${name})` : name;
}

/** What a property is transformed into when it is written is made of all of its items. */
function refuseTransformed({ steps }: BoundPath): void {
  const isPart = ({ property, index }: BoundPath['steps'][number]): boolean =>
    index !== undefined && property.kind === 'property' && property.onWrite !== undefined;
  if (steps.some(isPart)) throw new ODataError('notImplemented', 'One item of what is transformed is not given.');
}

/**
 * Whether the changes of a result are asked for. A preference that cannot be heeded is ignored (RFC 7240, 2): the members
 * that a bound leaves, and aggregates, have no changes; a delta payload of 4.0 has no entities inside (JSON Format 15.2).
 */
function asksForChanges(path: BoundPath, { query, preferences, version }: Negotiated): boolean {
  if (path.function !== undefined || (query.deltatoken !== undefined && isLatest(query))) return true;
  if (preferences.trackChanges === undefined || path.isSingleton || path.key !== undefined) return false;
  if (path.suffix !== undefined || (version === '4.0' && query.expand !== undefined)) return false;
  const { apply, top, skip, skiptoken } = query;
  return [apply, top, skip, skiptoken].every((option) => option === undefined);
}

/**
 * What others refer to changes without them: a query that looks there is not followed. The preference alone is ignored.
 * @throws ODataError 501 where the changes are asked for
 */
function refuseToFollow({ function: called }: BoundPath, { query }: Negotiated): undefined {
  if (called === undefined && !isLatest(query) && query.deltatoken === undefined) return undefined;
  throw new ODataError('notImplemented', 'Changes of what a query finds by reference are not tracked.');
}

/** @throws ODataError 400 for a token at a resource whose changes are not tracked, or are not counted */
function refuseTracking(
  tracking: Tracking | undefined,
  {
    path,
    support,
    query,
  }: { readonly path: BoundPath; readonly support: QuerySupport; readonly query: Negotiated['query'] },
): void {
  const isCount = path.suffix === 'count';
  // What a first page gives is counted by the set itself.
  if (isCount && (tracking === undefined ? path.function !== undefined : tracking.page !== undefined)) throw notOurs();
  if (tracking === undefined) return;
  if ((support !== setRead && support !== deltaRead) || query.apply !== undefined) throw notOurs();
}

/** Whether what is read are entities, of which the answer needs no more than their keys and versions before it is written. */
function isWrittenAsItIs({ path: { type, steps, suffix }, applied }: Reading): boolean {
  const isPageOrOne = !type.collection || steps.length === 0;
  return type.item?.kind === 'entity' && isPageOrOne && suffix === undefined && applied === undefined;
}

/** Reading of every path that the model has: sets, entities, what they contain, properties, counts and raw values. */
export class EntityReads {
  #seal: Seal | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly entities: Entities,
    private readonly calls: OperationCalls,
  ) {}

  /** @param roots what the service root is called in entity-ids */
  async read(request: EntityRequest, roots: readonly string[]): Promise<ODataResult> {
    const { path: url, rawQuery, protocol: given } = request;
    const { model } = this.settings;
    const seal = (this.#seal ??= new Seal(await this.entities.secret()));
    const { skiptoken, deltatoken } = given.query;
    const tracking = (skiptoken ?? deltatoken) === undefined ? undefined : trackingOf(given.query, url, seal);
    const protocol = tracking === undefined ? given : { ...given, query: tracking.query };
    const { query } = protocol;
    const isPage = tracking === undefined && skiptoken !== undefined;
    const from = isPage ? openSkipToken(skiptoken, seal, queryOf(url, rawQuery)) : tracking?.page;
    const context = requestContext(model, query, from?.now);
    const resolved = pathById({ path: url, protocol }, roots);
    const parsed = parsePath(resolved ?? url);
    const target = bindTarget(parsed, context);
    const asked = resolved === undefined ? request : requestAtEntity(request, resolved);
    const asking = { request: asked, protocol, context, from, seal };
    if (target.call !== undefined) return this.#called(target.call, parsed.text, asking);
    const { path } = target;
    // URL Conventions 4.13: $each is there to change the members of a collection, or to call functions of each.
    refuseTransformed(path);
    if (path.suffix === 'each') throw methodNotAllowed('GET', ['DELETE', 'PATCH']);
    const support =
      resolved !== undefined ? entityRead : tracking !== undefined ? trackedSupport(path) : supportOf(path);
    checkQueryOptions(query, support);
    refuseTracking(tracking, { path, support, query });
    if (resolved !== undefined) requireEntity(path);
    if (isOfStream(path)) return this.#stream(path, asking);
    return this.#ofPath(path, asking, tracking);
  }

  async #ofPath(path: BoundPath, asking: Asking, tracking?: Tracking): Promise<ODataResult> {
    const { caller } = asking.request;
    const { reading, read } = this.#bound(path, asking);
    if (tracking !== undefined || asksForChanges(path, asking.protocol)) {
      const answer = await this.#tracked(reading, read, { caller, tracking });
      if (answer !== undefined) return answer;
    }
    const carries = asking.protocol.preferences.includeAnnotations === undefined ? undefined : carriedAt(path);
    if (carries !== undefined) return this.#annotated(reading, carries, asking);
    const plain = isWrittenAsItIs(reading) ? { ...read, asTexts: true } : read;
    return this.#answer(reading, await this.entities.read(plain, caller), read.collection.top);
  }

  /** A property with what it carries (JSON Format 20.2). */
  async #annotated(
    reading: Reading,
    carries: NonNullable<ReturnType<typeof carriedAt>>,
    { context, request }: Asking,
  ): Promise<ODataResult> {
    const { path, options } = reading;
    const found = await this.entities.read(annotatedRead(path, options, context), request.caller);
    if (found.kind !== 'one') return this.#answer(reading, found, undefined);
    const result = this.#answer(reading, propertyOf(found, path.steps.at(-1)?.property as Property), undefined);
    return result.kind === 'property' ? { ...result, annotations: annotationsIn(carries, found.value) } : result;
  }

  /** The content of a stream (11.2.3 and 11.4.8); 204 where there is none. What is known of it is in its entity. */
  async #stream(path: StreamPath, { request, protocol, context }: Asking): Promise<ODataResult> {
    const instance = endOf(path);
    const options = bindOptions({ ...context, it: instance }, instance, {});
    const { stream } = path;
    const select = new Map([[stream.name, { property: stream as never, shape: undefined, query: undefined }]]);
    const shape = { ...plainShape(instance), select };
    const one = { ...path, stream: undefined };
    const found = await this.entities.read(
      { path: one, collection: options.collection, shape, page: undefined },
      request.caller,
    );
    const entity = found.kind === 'one' && isJsonObject(found.value) ? found.value : undefined;
    if (entity === undefined) throw noResourceAt(request.path);
    const stored = storedStream(entity[stream.name]);
    if (stored === undefined) {
      if (protocol.precondition.ifMatch === undefined) return empty;
      throw new ODataError('entityTagDoesNotMatch', 'There is no content.', { target: 'If-Match' });
    }
    return { kind: 'stream', stream: stored, read: (from, end) => this.entities.streams.read(stored, from, end) };
  }

  /** What a modified collection answers with: as a read of it would say, and with what the body carried inline. */
  async again(path: BoundPath, request: EntityRequest, inline: Inline): Promise<ODataResult> {
    const { protocol, caller } = request;
    refuseTransformed(path);
    const seal = (this.#seal ??= new Seal(await this.entities.secret()));
    const context = requestContext(this.settings.model, protocol.query);
    const { reading, read } = this.#bound(path, { request, protocol, context, from: undefined, seal });
    const shape = shapeWith(read.shape, path.type.item as EntityType, inline.expand);
    const found = await this.entities.readBack({ ...read, shape }, caller);
    // The conditions were those of the change.
    const changed = found.kind === 'one' ? { ...found, version: undefined } : found;
    return this.#answer({ ...reading, options: { ...reading.options, shape } }, changed, undefined);
  }

  #bound(path: BoundPath, { request, protocol, context, from, seal }: Asking) {
    const { path: url, rawQuery } = request;
    const { query, preferences } = protocol;
    const item = endOf(path);
    const applied = query.apply && bindApply({ ...context, it: item }, { root: rootOf(path), item }, query.apply);
    // The options speak of what $apply gives, of the entity, or of the items of the collection that the path leads to.
    const instance = applied?.output ?? item;
    const bound = bindOptions({ ...context, it: instance, hasThese: path.type.collection }, instance, query);
    const annotations = applied?.annotations ?? [];
    const asked = annotations.length === 0 ? bound : { ...bound, shape: { ...bound.shape, annotations } };
    const isShown = query.expand !== undefined || applied === undefined || applied.expanded.length === 0;
    const options = isShown ? asked : { ...asked, shape: withExpanded(asked.shape, applied.expanded) };
    const size = pageSize(preferences, this.settings);
    const nextPage = (continuation: Continuation): string =>
      linkOf(url, nextQuery({ path: url, query: rawQuery }, continuation, seal));
    const { now } = context;
    const reading: Reading = { path, applied, options, protocol, size, now, from, seal, nextPage, url, rawQuery };
    const { page, collection } = this.#page(reading);
    const { shape } = options;
    const whole = { reading, read: { path, collection, shape, page } };
    if (applied === undefined) return whole;
    const { transformations } = applied;
    if (path.steps.length === 0) return { reading, read: { ...whole.read, apply: transformations } };
    const inside = { ...collection, applied: { item, filters: [], transformations } };
    return { reading, read: { ...whole.read, collection: inside } };
  }

  // ------------------------------------------------------------------------------------------------------ Operations

  /** What a function gives (11.5.4.1); what stands behind it, and the options, are asked of that. */
  #called(call: BoundCall, text: string, asking: Asking): Promise<ODataResult> {
    const { operation } = call;
    if (operation.kind === 'action') throw methodNotAllowed('GET', ['POST']);
    const query = withoutParameters(call, asking.protocol.query);
    const protocol = { ...asking.protocol, query };
    return this.calls.run(call, asking, (given) => this.#result(given, { call, text }, { ...asking, protocol }));
  }

  /**
   * Answers with what an operation has given.
   * @throws ODataError 404 for what stands behind it and is not there, 400 and 501 for query options
   */
  async #result(given: Given, behind: { call: BoundCall; text: string }, asking: Asking): Promise<ODataResult> {
    const { protocol, context } = asking;
    const { rest, operation } = behind.call;
    const [next] = rest;
    if (next !== undefined && !operation.composable)
      throw new ODataError('resourceNotFound', `Nothing can follow ${operation.name}.`);
    const { model } = this.settings;
    if (given.kind === 'value') return valueResult(given, behind, { query: protocol.query, model });
    if (given.kind === 'nothing') {
      checkQueryOptions(protocol.query, structuredRead);
      if (next === undefined) return empty;
      throw new ODataError('resourceNotFound', `The function ${operation.name} has no result.`);
    }
    const path = next === undefined ? given.path : bindBehind(given.path, behind, context);
    checkQueryOptions(protocol.query, untracked(supportOf(path)));
    return this.#ofGiven(path, given, asking);
  }

  async #ofGiven(path: BoundPath, given: GivenEntities, asking: Asking): Promise<ODataResult> {
    if (isOfStream(path)) return this.#stream(path, asking);
    const { reading, read } = this.#bound(path, asking);
    const collection = ordered(read.collection, given.order, asking.protocol.query);
    const found = await this.entities.read({ ...read, collection }, asking.request.caller);
    return this.#answer(reading, found, collection.top);
  }

  /**
   * The answer to an action: what it gives, as a read of it would say (11.5.5.1). Everything is in one page.
   * @throws ODataError 400, 501 for query options, before anything is done
   */
  async act(call: BoundCall, request: EntityRequest): Promise<ODataResult> {
    const { protocol } = request;
    const { model } = this.settings;
    const context = requestContext(model, protocol.query);
    const { operation, rest } = call;
    if (operation.kind === 'function') throw methodNotAllowed('POST', ['GET', 'HEAD']);
    if (rest.length > 0) throw new ODataError('resourceNotFound', `Nothing can follow the action ${operation.name}.`);
    const seal = (this.#seal ??= new Seal(await this.entities.secret()));
    const asking: Asking = { request, protocol, context, from: undefined, seal };
    const isMinimal = protocol.preferences.return === 'minimal';
    this.#checkResult(call, asking);
    return this.calls.run(call, asking, async (given) => {
      if (given.kind === 'nothing') return isMinimal ? { ...empty, applied: ['return=minimal'] } : empty;
      if (given.kind === 'value')
        return isMinimal
          ? { ...empty, applied: ['return=minimal'] }
          : valueResult(given, { call, text: '' }, { query: protocol.query, model });
      return this.#ofAction(given, asking);
    });
  }

  /** Faults of the options are found before the action is called. */
  #checkResult({ operation: { result } }: BoundCall, { protocol: { query }, context }: Asking): void {
    if (result?.type.kind !== 'entity') {
      checkQueryOptions(query, result?.type.kind === 'complex' ? structuredRead : valueRead);
      return;
    }
    const options = result.collection ? collectionRead : structuredRead;
    checkQueryOptions(query, options);
    const instance = { kind: 'entity' as const, type: result.type };
    bindOptions({ ...context, it: instance, now: context.now }, instance, query);
  }

  async #ofAction(given: GivenEntities, asking: Asking): Promise<ODataResult> {
    const { reading, read } = this.#bound(given.path, asking);
    const collection = ordered(read.collection, given.order, asking.protocol.query);
    const page = read.page === undefined ? undefined : { size: Math.max(given.count, 1), after: undefined };
    const found = await this.entities.readBack({ ...read, collection, page }, asking.request.caller);
    const result = this.#answer({ ...reading, size: Math.max(given.count, 1) }, found, undefined);
    if (result.kind === 'entity') return { ...result, effect: given.isNew ? 'created' : 'updated' };
    return result.kind === 'collection' ? { ...result, effect: 'updated', pageSize: undefined } : result;
  }

  #answer(reading: Reading, result: ReadResult, top: number | undefined): ODataResult {
    switch (result.kind) {
      case 'missing':
        // As it was asked for: the canonical path of what is referred to may lead to something.
        throw noResourceAt(reading.url);
      case 'count':
        return countResult(result.count);
      case 'page':
        return this.#pageResult(reading, top, result);
      case 'one':
        return this.#oneResult(reading, result);
    }
  }

  /**
   * Answers with all and a link to what changes, or with what changed. Undefined where a preference is all that asked for
   * it and changes are not logged.
   */
  async #tracked(
    reading: Reading,
    read: BoundRead,
    { caller, tracking }: { readonly caller: Caller; readonly tracking: Tracking | undefined },
  ): Promise<ODataResult | undefined> {
    const { path, protocol, url, rawQuery, seal } = reading;
    if (looksElsewhere(read)) return refuseToFollow(path, protocol);
    const isAsked = tracking !== undefined || path.function !== undefined || isLatest(protocol.query);
    const links = new TrackingLinks(url, tracking?.rawQuery ?? rawQuery, { sent: rawQuery, seal });
    const start = `${protocol.serviceRoot}${links.start}`;
    if (tracking !== undefined && tracking.position === undefined) throw tokenIsGone('lost', start);
    const position = tracking?.position ?? (await this.entities.endOfChanges(path.root.name));
    if (position === undefined || this.settings.changes.log === 'off') {
      if (!isAsked) return undefined;
      throw new ODataError('notImplemented', 'Changes are not tracked: the service is told to log none.');
    }
    if (isExpired(position, this.settings.changes.retention, Date.now())) throw tokenIsGone('expired', start);
    const applied = [protocol.preferences.trackChanges ?? []].flat();
    if (tracking === undefined || tracking.page !== undefined) {
      const tracked = { ...reading, nextPage: (continuation: Continuation) => links.page(position, continuation) };
      const none = { kind: 'page', rows: [], count: undefined, isCut: false } as const;
      const page = isLatest(protocol.query) ? none : await this.entities.readNow(read, caller);
      const result = this.#pageResult(tracked, read.collection.top, page as Page) as CollectionResult;
      return { ...result, applied, delta: result.next === undefined ? links.delta(position) : undefined };
    }
    const changes = await this.entities.changes(read, caller, position);
    if (changes.kind === 'lost') throw tokenIsGone('lost', start);
    if (changes.count !== undefined) return countResult(changes.count);
    return { ...this.#changesResult(reading, changes, links), applied };
  }

  #changesResult(
    { path, options, protocol, size }: Reading,
    { rows, isCut, end }: Changes,
    links: TrackingLinks,
  ): Omit<ChangesResult, 'applied'> {
    const { name, type } = path.root;
    const kept = rows.slice(0, size);
    const last = kept.at(-1);
    const more = (isCut || rows.length > size) && last !== undefined;
    const items = kept.map((row) => {
      const key = keyOf(type, row.id);
      const at = keyedEntityPath({ url: name, text: name }, type, key);
      return row.kind === 'present'
        ? { path: at, key, value: row.entity }
        : { path: at, key, value: undefined, reason: row.reason };
    });
    return {
      kind: 'changes',
      type: path.entity.type,
      set: name,
      context: contextOf(path),
      items,
      selection: selectionOf(options.shape),
      next: more ? links.changes(last.position) : undefined,
      delta: more ? undefined : links.delta(end),
      pageSize: protocol.preferences.maxPageSize === undefined ? undefined : size,
      form: path.function === undefined ? 'odata' : 'graph',
    };
  }

  /** Which page of a set is asked for; `$top` is what a token left of it. */
  #page({ path, options, size, from }: Reading) {
    const { collection } = options;
    if (path.steps.length > 0 || !path.type.collection) return { page: undefined, collection };
    const { pageBytes: bytes } = this.settings;
    if (from === undefined) return { page: { size, bytes, after: undefined }, collection };
    const { after, remaining } = from;
    return { page: { size, bytes, after }, collection: { ...collection, top: remaining } };
  }

  #pageResult(
    { path, applied, options, protocol, size, now, nextPage }: Reading,
    top: number | undefined,
    page: Page,
  ): ODataResult {
    const { count } = page;
    const { kept, next: continuation } = pageOf(page, { size, top, now });
    const next = continuation && nextPage(continuation);
    const output = applied?.output.type ?? path.entity.type;
    const { type, selection } = madeOf(output, path.entity.type, selectionOf(options.shape));
    const { name } = path.root;
    const context = contextOf(path);
    if (type?.kind !== 'entity' && type?.kind !== 'complex') throw new Error('Entities are made into structures');
    if (type.kind === 'complex') {
      const value = kept.map(({ entity }) => entity);
      return {
        kind: 'property',
        type: { item: type, collection: true },
        value,
        context: name,
        selection: { ...selection, made: madeItems(type) },
        count,
        next,
      };
    }
    const set = { url: name, text: name };
    const items = kept.map(({ entity, order }) => ({
      path:
        applied === undefined
          ? new PathByKey(set, path.root.type, String(order.at(-1)))
          : keyedEntityPath(set, path.root.type, entity),
      value: entity,
    }));
    const pageSize = protocol.preferences.maxPageSize === undefined ? undefined : size;
    const reference = path.suffix === 'ref';
    return { kind: 'collection', type, context, items, selection, count, next, pageSize, reference };
  }

  #oneResult({ path, applied, options, url }: Reading, { present, anchor, value, version, count }: One): ODataResult {
    const { collection } = path.type;
    const at = canonicalPath(path, anchor);
    if (path.suffix === 'count') return { kind: 'raw', type: path.type, value: count ?? 0 };
    const isReference = path.suffix === 'ref';
    const output = applied === undefined ? path.type.item : applied.output.type;
    const { type: item, selection } = madeOf(output, path.type.item, selectionOf(options.shape));
    if (item?.kind === 'entity' && !collection) {
      if (!isJsonObject(value)) {
        // 11.2.7: a single-valued navigation property without an entity is 204; without its owner it is 404.
        if (path.steps.at(-1)?.property.collection === false) return isReference ? { ...empty, version } : empty;
        throw noResourceAt(url);
      }
      const collection = collectionOf(path, anchor);
      const set = collection === undefined ? {} : { set: { name: collection } };
      const entity = { $version: version ?? 0, ...value } as StoredEntity;
      const tagged = path.steps.length === 0 ? { ...entity, $version: version ?? 0 } : entity;
      return {
        kind: 'entity',
        place: { type: item, path: at, ...set },
        value: tagged,
        selection,
        reference: isReference,
        ...(isReference && { version }),
      };
    }
    if (!present) throw noResourceAt(url);
    if (item?.kind === 'entity') {
      const items = (Array.isArray(value) ? value : []) as StoredEntity[];
      return {
        kind: 'collection',
        type: item,
        context: at.text,
        url: at.url,
        items: items.map((entity) => ({ path: keyedEntityPath(at, item, entity), value: entity })),
        selection,
        count,
        next: undefined,
        pageSize: undefined,
        reference: isReference,
        ...(isReference && { version }),
      };
    }
    // 11.2.4 and 11.2.4.1: null is 204.
    if (value === null && !collection) return { ...empty, version };
    const last = path.steps.at(-1)?.property;
    // What is made of items is none of what the property says.
    const property = last?.kind === 'property' && item === path.type.item ? last : undefined;
    if (path.suffix === 'value') return { kind: 'raw', type: path.type, property, value, version };
    const place = path.steps.some(({ index }) => index !== undefined) ? typeText(path) : at.text;
    const isMade = item?.kind === 'complex' && item !== path.type.item;
    const made = isMade ? { made: madeItems(item) } : {};
    const about = { context: place, selection: { ...selection, ...made }, count, version };
    return { kind: 'property', type: { item, collection }, property, value, ...about };
  }
}
