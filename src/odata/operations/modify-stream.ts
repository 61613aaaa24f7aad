import type { StreamProperty } from '../protocol/edm/model.js';
import { mediaName } from '../protocol/edm/streams.js';
import { type Precondition, unheld } from '../protocol/headers/precondition.js';
import { everything } from '../protocol/payload/selection.js';
import { type StoredStream, storedStream, streamTag } from '../protocol/payload/stored-stream.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import type { BoundPath } from '../protocol/query/bound.js';
import { canonicalPath, collectionOf } from '../protocol/query/canonical-path.js';
import type { Entities } from './entities.js';
import { declaredType, entityAddress } from './entity-address.js';
import type { EntityRequest } from './entity-request.js';
import { EntityUpdates, refuse } from './entity-updates.js';
import { checkQueryOptions, noQuery } from './query-support.js';
import { empty, type ODataResult } from './results.js';

/** A path to a stream. */
export type StreamPath = BoundPath & { readonly stream: StreamProperty };

/** Whether a path leads to a stream. */
export function isOfStream(path: BoundPath): path is StreamPath {
  return path.stream !== undefined;
}

/** The methods of a stream. What a media entity is about goes with it, where that can be deleted (11.4.7.3). */
export function methodsOfStream(
  { stream: { name } }: StreamPath,
  has: { readonly change: boolean; readonly remove: boolean },
) {
  const [reads, writes] = [['GET', 'HEAD'], has.change ? ['PUT'] : []];
  return [...((name === mediaName ? has.remove : has.change) ? ['DELETE'] : []), ...reads, ...writes];
}

/** Conditions of a stream are on its own ETag (11.4.7.2 and 11.4.8.1). @throws ODataError 412 */
function requireTag(stream: StoredStream | undefined, precondition: Precondition, path: BoundPath): void {
  const failed = unheld(precondition, stream?.etag);
  if (failed !== undefined) refuse('refused', canonicalPath(path).text, failed);
}

/**
 * Changes of streams by their own URLs (OData 4.01 Protocol 11.4.7 and 11.4.8): each is a change of the entity, which gets
 * another version and is logged as changed. The bytes are kept before; what becomes of the entity is decided then, in one
 * transaction, so that a request that is cut off has changed nothing.
 */
export class StreamModifier {
  readonly #updates: EntityUpdates;

  constructor(private readonly entities: Entities) {
    this.#updates = new EntityUpdates(entities);
  }

  /** @throws ODataError 400, 403, 404, 412, 413, 415, 507 */
  modify(path: StreamPath, request: EntityRequest): Promise<ODataResult> {
    checkQueryOptions(request.protocol.query, noQuery);
    if (request.method === 'PUT') return this.#put(path, request);
    return path.stream.name === mediaName ? this.#deleteEntity(path, request) : this.#clear(path, request);
  }

  async #put(path: StreamPath, request: EntityRequest): Promise<ODataResult> {
    const { caller, protocol } = request;
    const address = entityAddress(path);
    this.entities.access.requireOperation(caller, address.set, 'update');
    // What cannot be is refused before it is sent.
    const before = (await this.entities.find(address, caller)) ?? refuse('missing', canonicalPath(path).text);
    requireTag(storedStream(before[path.stream.name]), protocol.precondition, path);
    const stream = await this.entities.streams.keep(path.stream, request.media, caller);
    const entity = await this.#change(path, request, stream);
    const etag = streamTag(stream);
    if (protocol.preferences.return !== 'representation')
      return { ...empty, streamTag: etag, ...(protocol.preferences.return && { applied: ['return=minimal'] }) };
    if (path.stream.name !== mediaName)
      return { kind: 'stream', stream, read: this.#read(stream), applied: ['return=representation'] };
    const set = collectionOf(path);
    const place = { type: declaredType(path), path: canonicalPath(path), ...(set && { set: { name: set } }) };
    return { kind: 'entity', place, value: entity, selection: everything, effect: 'updated' };
  }

  #read(stream: StoredStream) {
    return (from: number, end: number) => this.entities.streams.read(stream, from, end);
  }

  /** 11.4.8.2: null is no content. */
  async #clear(path: StreamPath, request: EntityRequest): Promise<ODataResult> {
    await this.#change(path, request, null);
    return empty;
  }

  /** Has an entity refer to another content, where the conditions hold then. */
  #change(path: StreamPath, request: EntityRequest, stream: StoredStream | null): Promise<StoredEntity> {
    const address = entityAddress(path);
    const { name } = path.stream;
    const { caller } = request;
    return this.#locked(path, request, async () => {
      const change = { patch: { [name]: stream }, etag: undefined, precondition: {} };
      const changed = await this.entities.change(address, change, caller);
      return typeof changed === 'string' ? refuse(changed, canonicalPath(path).text) : changed;
    });
  }

  /** 11.4.7.3: who deletes what a media entity is about deletes the entity. */
  #deleteEntity(path: StreamPath, request: EntityRequest): Promise<ODataResult> {
    return this.#locked(path, request, async () => {
      await this.#updates.remove(entityAddress(path), {}, request.caller);
      return empty;
    });
  }

  /** Does something to an entity that nobody else changes meanwhile, and whose stream has the ETag that is asked for. */
  #locked<T>(path: StreamPath, { caller, protocol }: EntityRequest, work: () => Promise<T>): Promise<T> {
    return this.entities.atomically(async () => {
      const held = await this.entities.lock(entityAddress(path), {}, caller);
      if (typeof held === 'string') return refuse(held, canonicalPath(path).text);
      requireTag(storedStream(held[path.stream.name]), protocol.precondition, path);
      return work();
    });
  }
}
