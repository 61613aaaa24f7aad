import { Controller, Delete, HttpCode, Inject, Patch, Post, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Requires } from '../auth/auth.guard.js';
import type { Caller as CallerOfRequest } from '../auth/caller.js';
import { modificationOf } from '../odata/csdl/service-description.js';
import type { Model } from '../odata/edm/model.js';
import { isJsonObject, type JsonValue } from '../odata/json/json-value.js';
import { ODataError } from '../odata/odata-error.js';
import type { Change } from '../odata/payload/change.js';
import { readInsertion, readPropertyChange, readRawValue, removal } from '../odata/payload/read-body.js';
import { etagOf } from '../odata/payload/stored-entity.js';
import { bindPath } from '../odata/query/bind-path.js';
import type { BoundPath } from '../odata/query/bound.js';
import { Budget } from '../odata/query/budget.js';
import { containedPath, memberPath } from '../odata/uri/entity-path.js';
import { parsePath } from '../odata/uri/parse-path.js';
import { type AddressedProperty, addressedProperty, methodsOf } from './addressed-property.js';
import { Caller, OData } from './decorators.js';
import { EntityWriter } from './entity-writer.js';
import { type Exchange, membersAt, modifyMembers } from './modify-members.js';
import { requireCondition } from './envelope.interceptor.js';
import { MODEL } from './model-token.js';
import { bodyFormatOf, type Protocol, servicePath } from './protocol.js';
import { checkQueryOptions, collectionInsert, propertyChange, Serves } from './query-support.js';
import { methodNotAllowed, refusalOf } from './refusal.js';
import { parseBody, parseText } from './request-body.js';
import { empty, type ODataResult } from './results.js';
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
  constructor(
    private readonly writer: EntityWriter,
    private readonly metadata: ServiceMetadata,
    private readonly routes: RouteTable,
    @Inject(MODEL) private readonly model: Model,
  ) {}

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
    const path = this.#bound(request, protocol);
    if (path.suffix !== 'each') return this.#changeProperty(path, { request, protocol, caller });
    const members = membersAt(path, request, this.metadata.description);
    return modifyMembers(members, { request, protocol, caller }, { model: this.model, writer: this.writer });
  }

  async #changeProperty(path: BoundPath, { request, protocol, caller }: Exchange): Promise<ODataResult> {
    const addressed = this.#addressed(path, request, protocol);
    const { method } = request;
    checkQueryOptions(protocol.query, method === 'POST' ? collectionInsert : propertyChange);
    const change = { ...changeOf(request, protocol, addressed), precondition: protocol.precondition };
    const entity = await this.writer.change(addressed.entity, change, caller);
    if (entity === 'missing') {
      throw new ODataError('resourceNotFound', `There is no resource at '${request.url.slice(0, 200)}'.`);
    }
    if (entity === 'refused') {
      throw new ODataError('entityTagDoesNotMatch', 'The entity has changed since the condition was true.', {
        target: 'If-Match',
      });
    }
    const { place, isRaw } = addressed;
    const etag = etagOf(entity);
    // 11.4.9.2: what was removed has no representation; raw text is not sent back.
    if (method === 'DELETE' || isRaw) return { ...empty, etag };
    const value = place.names.reduce<JsonValue>(
      (inner, name) => (isJsonObject(inner) ? (inner[name] ?? null) : null),
      entity,
    );
    if (value === null && !place.property.collection) return { ...empty, etag };
    const type = { item: place.property.type, collection: place.property.collection };
    return { kind: 'property', type, value, context: contextOf(addressed), selection: {}, count: undefined, etag };
  }

  /** @throws ODataError why the request cannot be meant for anything that changes */
  #bound(request: FastifyRequest, protocol: Protocol): BoundPath {
    const [url = ''] = request.originalUrl.slice(servicePath.length + 1).split('?', 1);
    const [path = ''] = request.url.split('?', 1);
    // What has handlers of its own has none for this method.
    if (this.routes.methodsOf(path.replace(/\/$/, '')).length > 0) throw refusalOf(request, this.routes, this.model);
    const context = {
      model: this.model,
      aliases: protocol.query.aliases ?? new Map<string, never>(),
      now: new Date(),
      budget: new Budget(),
    };
    if (url === '') throw refusalOf(request, this.routes, this.model);
    return bindPath(parsePath(url), context);
  }

  #addressed(path: BoundPath, request: FastifyRequest, protocol: Protocol): AddressedProperty {
    const addressed = addressedProperty(path);
    if (addressed === undefined) throw refusalOf(request, this.routes, this.model);
    const { entity } = addressed;
    const segments = [entity.set.name, '{key}', ...(entity.contained === undefined ? [] : [entity.contained])];
    if (modificationOf(this.metadata.description, 'PATCH', segments) === undefined) {
      throw new ODataError('notImplemented', `Changing '${request.url.slice(0, 200)}' is not implemented.`);
    }
    const allowed = isFixed(addressed) ? ['GET', 'HEAD'] : methodsOf(addressed);
    if (!allowed.includes(request.method)) throw methodNotAllowed(request.method, allowed);
    // The creation of an entity needs no condition; this is a change of one.
    if (request.method === 'POST' && this.metadata.description.requiresEntityTag) requireCondition(protocol);
    return addressed;
  }
}

/** Whether nobody but the service sets the property, or nobody changes it. */
function isFixed({ entity, place: { property, names } }: AddressedProperty): boolean {
  const owner =
    entity.contained === undefined ? entity.set.type : entity.set.type.navigation.get(entity.contained)?.type;
  return property.computed || property.immutable || (names.length === 1 && owner?.key.includes(property.name) === true);
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

/** 10.6: the path of the property behind that of its entity. */
function contextOf({ entity: { set, id, contained }, place: { names } }: AddressedProperty): string {
  const member = memberPath(set.name, id);
  const owner = contained === undefined ? member : containedPath(member, contained);
  return [owner.text, ...names].join('/');
}
