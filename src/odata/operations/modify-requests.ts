import type { Settings } from '../options.js';
import type { ServiceDescription } from '../protocol/csdl/service-description.js';
import type { EntitySet } from '../protocol/edm/model.js';
import { requireCondition } from '../protocol/headers/precondition.js';
import { methodNotAllowed, ODataError } from '../protocol/odata-error.js';
import { bindTarget } from '../protocol/query/bind-path.js';
import type { BoundCall, BoundPath } from '../protocol/query/bound.js';
import { requestContext } from '../protocol/query/request-context.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import { allowedMethods, methodsOfCall } from './allowed-methods.js';
import type { Entities } from './entities.js';
import { addressedProperty } from './entity-address.js';
import { pathById, requestAtEntity, requireEntity } from './entity-by-id.js';
import type { EntityRequest } from './entity-request.js';
import { EntityModifier } from './modify-entity.js';
import { MembersInside } from './each-of.js';
import { collectionAt, modifyCollection } from './modify-collection.js';
import { itemsAt, ItemsModifier } from './modify-items.js';
import { MembersModifier, membersAt } from './modify-members.js';
import { modifyProperty } from './modify-property.js';
import { isOfStream, StreamModifier } from './modify-stream.js';
import { modifyReferences } from './modify-references.js';
import type { EntityReads } from './read-entities.js';
import { withoutReferences } from './reference-path.js';
import type { ODataResult } from './results.js';

/**
 * Every request that modifies, whatever its URL leads to: an entity, one of its properties, each member of a set, a set by
 * a delta payload, references. Each becomes creations, changes and deletions at the one gate.
 */
export class ModifyRequests {
  readonly #entity: EntityModifier;
  readonly #members: MembersModifier;
  readonly #streams: StreamModifier;

  /** @param service what it does, known when all of it is there */
  constructor(
    private readonly settings: Settings,
    private readonly entities: Entities,
    private readonly service: () => ServiceDescription,
    private readonly reads: EntityReads,
  ) {
    this.#entity = new EntityModifier(settings.model, entities);
    this.#members = new MembersModifier(settings.model, entities);
    this.#streams = new StreamModifier(entities);
  }

  /**
   * @param roots what the service root is called in entity-ids
   * @throws ODataError why the request cannot be meant for anything that changes, 405 with what is allowed
   */
  async modify(given: EntityRequest, roots: readonly string[]): Promise<ODataResult> {
    const byId = pathById(given, roots);
    const request = byId === undefined ? given : requestAtEntity(given, byId);
    const target = bindTarget(parsePath(request.path), requestContext(this.settings.model, request.protocol.query));
    if (target.call !== undefined) return this.#call(target.call, request);
    const bound = target.path;
    if (byId !== undefined) requireEntity(bound);
    if (bound.suffix === 'ref') return this.#references(bound, request);
    const path = await withoutReferences(bound, this.entities, request.caller);
    this.#requireMethod(path, request);
    const { method } = request;
    const isPost = method === 'POST';
    // 11.4.1.1: the creation of an entity needs no condition; what else POST does is a change of one.
    if (!isPost) this.#requireCondition(request);
    if (isOfStream(path)) return this.#streams.modify(path, request);
    const items = itemsAt(path);
    if (items !== undefined) {
      if (isPost) this.#requireCondition(request);
      return new ItemsModifier(this.entities, this.reads).modify(items, request);
    }
    if (path.suffix === 'each') {
      const members = membersAt(path);
      return members === undefined ? this.#eachInside(path, request) : this.#members.each(members, request);
    }
    const property = addressedProperty(path);
    if (property !== undefined) {
      if (isPost) this.#requireCondition(request);
      return modifyProperty(property, path, { request, entities: this.entities, model: this.settings.model });
    }
    if (isPost) return this.#entity.create(path, request);
    if (method === 'DELETE') return this.#entity.remove(path, request);
    const collection = collectionAt(path);
    if (collection !== undefined)
      return modifyCollection(collection, request, { entities: this.entities, reads: this.reads });
    if (path.type.collection)
      return this.#members[method === 'PUT' ? 'replace' : 'delta'](path.root as EntitySet, request);
    return this.#entity.update(path, request);
  }

  /** Each entity of a collection that another one has. */
  #eachInside(path: BoundPath, request: EntityRequest): Promise<ODataResult> {
    const of = new MembersInside(this.entities, this.reads, { path, request });
    return this.#members.oneByOne(of, request);
  }

  #call(call: BoundCall, request: EntityRequest): Promise<ODataResult> {
    if (request.method === 'POST') return this.reads.act(call, request);
    throw methodNotAllowed(request.method, methodsOfCall(call));
  }

  #requireMethod(path: BoundPath, { method }: EntityRequest): void {
    const allowed = allowedMethods(path, { service: this.service(), access: this.entities.access });
    if (!allowed.includes(method)) throw methodNotAllowed(method, allowed);
  }

  /** @throws ODataError 428 where the service requires one and there is none */
  #requireCondition({ protocol }: EntityRequest): void {
    if (this.settings.requiresEntityTag) requireCondition(protocol.precondition);
  }

  async #references(bound: BoundPath, request: EntityRequest): Promise<ODataResult> {
    const [last, ...before] = [...bound.steps].reverse();
    const isContained = last?.property.kind === 'navigation' && last.property.containsTarget;
    if (isContained) throw new ODataError('notImplemented', 'What is contained is deleted, not unlinked.');
    this.#requireMethod(bound, request);
    if (last === undefined) throw new ODataError('notImplemented', 'References to members of a set do not change.');
    if (request.method !== 'POST') this.#requireCondition(request);
    const owner = await withoutReferences({ ...bound, steps: before.reverse() }, this.entities, request.caller);
    const { requiresEntityTag } = this.settings;
    return modifyReferences({ ...owner, steps: [...owner.steps, last] }, request, {
      entities: this.entities,
      requiresEntityTag,
    });
  }
}
