import { Controller, Delete, HttpCode, Inject, Patch, Post, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Requires } from '../../auth/auth.guard.js';
import type { Caller as CallerOfRequest } from '../operations/caller.js';
import { modificationOf } from '../protocol/csdl/service-description.js';
import type { EntitySet, EntityType } from '../protocol/edm/model.js';
import { ODataError } from '../protocol/odata-error.js';
import { type Change, valueAt } from '../protocol/payload/change.js';
import { readInsertion, readPropertyChange, readRawValue, removal } from '../protocol/payload/read-body.js';
import { etagOf } from '../protocol/payload/stored-entity.js';
import { bindPath } from '../protocol/query/bind-path.js';
import type { BoundPath } from '../protocol/query/bound.js';
import { Budget } from '../protocol/query/budget.js';
import { parsePath } from '../protocol/uri/parse-path.js';
import { canonicalPath } from '../protocol/query/canonical-path.js';
import { Caller, OData } from './decorators.js';
import {
  type AddressedProperty,
  addressedProperty,
  declaredType,
  methodsOf,
  pathTemplate,
} from '../operations/entity-address.js';
import { EntityWriter } from '../operations/entity-writer.js';
import { EntityModifier, refuse } from '../operations/modify-entity.js';
import { type Exchange, membersAt, modifyMembers } from '../operations/modify-members.js';
import { modifyReferences } from '../operations/modify-references.js';
import { withoutReferences } from '../operations/reference-path.js';
import { requireCondition } from './envelope.interceptor.js';
import { SERVED, type Served } from './model-token.js';
import { bodyFormatOf, type Protocol, servicePath } from './protocol.js';
import { checkQueryOptions, collectionInsert, propertyChange, Serves } from '../operations/query-support.js';
import { methodNotAllowed, refusalOf } from './refusal.js';
import { parseBody, parseText } from './request-body.js';
import { empty, type ODataResult } from '../operations/results.js';
import { RouteTable } from './route-table.js';
import { ServiceMetadata } from './service-metadata.js';

/**
 * Changes of what no handler of a domain takes: of single properties by their own URL (OData 4.01 Protocol 11.4.9), and of
 * the members of a set (11.4.12), of every entity that can be changed itself. Whatever the method, it becomes one change.
 */
@Controller(servicePath)
@Requires('write')
@Serves('by resource')
export class ModifyController {
  readonly #entities: EntityModifier;

  constructor(
    private readonly writer: EntityWriter,
    private readonly metadata: ServiceMetadata,
    private readonly routes: RouteTable,
    @Inject(SERVED) private readonly served: Served,
  ) {
    this.#entities = new EntityModifier(served, writer);
  }

  @Put('*')
  replace(@Caller() caller: CallerOfRequest, @OData() protocol: Protocol, @Req() request: FastifyRequest) {
    return this.#modify(request, protocol, caller);
  }

  @Patch('*')
  update(@Caller() caller: CallerOfRequest, @OData() protocol: Protocol, @Req() request: FastifyRequest) {
    return this.#modify(request, protocol, caller);
  }

  @Post('*')
  @HttpCode(200)
  insert(@Caller() caller: CallerOfRequest, @OData() protocol: Protocol, @Req() request: FastifyRequest) {
    return this.#modify(request, protocol, caller);
  }

  @Delete('*')
  remove(@Caller() caller: CallerOfRequest, @OData() protocol: Protocol, @Req() request: FastifyRequest) {
    return this.#modify(request, protocol, caller);
  }

  async #modify(request: FastifyRequest, protocol: Protocol, caller: CallerOfRequest): Promise<ODataResult> {
    const exchange = { request, protocol, caller };
    const bound = this.#bound(request, protocol);
    if (bound.suffix === 'ref') return this.#modifyReferences(bound, exchange);
    const path = await withoutReferences(bound, this.writer, caller);
    if (path.suffix === 'each') {
      const members = membersAt(path, request, this.metadata.description);
      return modifyMembers(members, exchange, { model: this.served.model, writer: this.writer });
    }
    const addressed = addressedProperty(path);
    if (addressed !== undefined) return this.#changeProperty(addressed, path, exchange);
    if (path.suffix !== undefined || path.function !== undefined || path.type.item?.kind !== 'entity')
      throw refusalOf(request, this.routes, this.served.model);
    return this.#modifyEntity(path, exchange);
  }

  async #modifyReferences(bound: BoundPath, exchange: Exchange): Promise<ODataResult> {
    const [last, ...before] = [...bound.steps].reverse();
    if (last === undefined || !this.served.modifiable.includes(bound.root.name))
      throw refusalOf(exchange.request, this.routes, this.served.model);
    const owner = { ...bound, steps: before.reverse() };
    const path = await withoutReferences(owner, this.writer, exchange.caller);
    const { requiresEntityTag } = this.metadata.description;
    const context = { writer: this.writer, requiresEntityTag };
    const answer = await modifyReferences({ ...path, steps: [...path.steps, last] }, exchange, context);
    if (answer !== undefined) return answer;
    throw new ODataError('notImplemented', 'What is contained is deleted, not unlinked.');
  }

  async #modifyEntity(path: BoundPath, exchange: Exchange): Promise<ODataResult> {
    const { method } = exchange.request;
    const template = pathTemplate(path);
    const methods = (['POST', 'PATCH', 'PUT', 'DELETE'] as const).filter(
      (one) => modificationOf(this.metadata.description, one, template) !== undefined,
    );
    // The entities of a module are its own: it has rules for them.
    if (methods.length === 0 || !this.served.modifiable.includes(path.root.name))
      throw refusalOf(exchange.request, this.routes, this.served.model);
    const isKnown = (methods as readonly string[]).includes(method);
    if (!isKnown) throw methodNotAllowed(method, ['GET', 'HEAD', ...methods].sort());
    if (method === 'POST') return this.#entities.create(path, exchange);
    if (method === 'DELETE') return this.#entities.remove(path, exchange);
    if (path.type.collection) return this.#entities.updateSet(path.root as EntitySet, exchange);
    return this.#entities.update(path, exchange);
  }

  async #changeProperty(addressed: AddressedProperty, path: BoundPath, exchange: Exchange): Promise<ODataResult> {
    const { request, protocol, caller } = exchange;
    this.#checkProperty(addressed, path, exchange);
    const { method } = request;
    checkQueryOptions(protocol.query, method === 'POST' ? collectionInsert : propertyChange);
    const change = { ...changeOf(request, protocol, addressed), precondition: protocol.precondition };
    const entity = await this.writer.change(addressed.entity, change, caller);
    if (typeof entity === 'string') return refuse(entity, request.url);
    const { place, isRaw } = addressed;
    const etag = etagOf(entity);
    // 11.4.9.2: what was removed has no representation; raw text is not sent back.
    if (method === 'DELETE' || isRaw) return { ...empty, etag };
    const value = valueAt(entity, place.names) ?? null;
    if (value === null && !place.property.collection) return { ...empty, etag };
    const type = { item: place.property.type, collection: place.property.collection };
    const context = canonicalPath(path).text;
    return { kind: 'property', type, value, context, selection: {}, count: undefined, etag };
  }

  /** @throws ODataError why the request cannot be meant for anything that changes */
  #bound(request: FastifyRequest, protocol: Protocol): BoundPath {
    const [url = ''] = request.originalUrl.slice(servicePath.length + 1).split('?', 1);
    const [path = ''] = request.url.split('?', 1);
    // What has handlers of its own has none for this method.
    if (this.routes.methodsOf(path.replace(/\/$/, '')).length > 0)
      throw refusalOf(request, this.routes, this.served.model);
    const context = {
      model: this.served.model,
      aliases: protocol.query.aliases ?? new Map<string, never>(),
      now: new Date(),
      budget: new Budget(),
    };
    if (url === '') throw refusalOf(request, this.routes, this.served.model);
    return bindPath(parsePath(url), context);
  }

  /** @throws ODataError 405, 501 */
  #checkProperty(addressed: AddressedProperty, path: BoundPath, { request, protocol }: Exchange): void {
    if (path.key === undefined && !path.isSingleton) throw refusalOf(request, this.routes, this.served.model);
    if (modificationOf(this.metadata.description, 'PATCH', pathTemplate(path)) === undefined) {
      throw new ODataError('notImplemented', `Changing '${request.url.slice(0, 200)}' is not implemented.`);
    }
    const allowed = isFixed(addressed, declaredType(path)) ? ['GET', 'HEAD'] : methodsOf(addressed);
    if (!allowed.includes(request.method)) throw methodNotAllowed(request.method, allowed);
    // The creation of an entity needs no condition; this is a change of one.
    if (request.method === 'POST' && this.metadata.description.requiresEntityTag) requireCondition(protocol);
  }
}

/** Whether nobody but the service sets the property, or nobody changes it. */
function isFixed({ place: { property, names } }: AddressedProperty, owner: EntityType): boolean {
  return property.computed || property.immutable || (names.length === 1 && owner.key.includes(property.name));
}

function changeOf(request: FastifyRequest, { query }: Protocol, { place, isRaw }: AddressedProperty): Change {
  switch (request.method) {
    case 'DELETE':
      return removal(place);
    case 'POST':
      return readInsertion(place, parseBody(request), bodyFormatOf(request), query.index ?? -1);
    default: {
      if (isRaw) return readRawValue(place, parseText(request));
      const mode = request.method === 'PUT' ? 'replace' : 'merge';
      return readPropertyChange(place, parseBody(request), bodyFormatOf(request), mode);
    }
  }
}
