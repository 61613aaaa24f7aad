import { Controller, Delete, Get, Patch, Post } from '@nestjs/common';
import { Requires } from '../auth/auth.guard.js';
import type { Caller as CallerOfRequest } from '../auth/caller.js';
import { Environment } from '../config/environment.js';
import { Caller, ChangeOf, type ConditionalChange, EntityKey, Header, NewEntityOf, OData } from '../http/decorators.js';
import { type Protocol, servicePath } from '../http/protocol.js';
import { collectionQuery, entityQuery, noQuery, Serves } from '../http/query-support.js';
import {
  type CollectionResult,
  empty,
  type EmptyResult,
  type EntityPlace,
  type EntityResult,
} from '../http/results.js';
import { pageOf, skipTokenQuery } from '../http/server-paging.js';
import type { NewEntity } from '../odata/payload/change.js';
import { bindSelection } from '../odata/query/bind-selection.js';
import { containedPath, memberPath } from '../odata/uri/entity-path.js';
import { connections, connectionsName, profileType } from './profiles.model.js';
import { ProfilesService } from './profiles.service.js';

function connectionPlace(id: string): EntityPlace {
  return { type: connections.type, path: memberPath(connectionsName, id), set: connections };
}

function profilePlace(id: string): EntityPlace {
  return { type: profileType, path: containedPath(memberPath(connectionsName, id), 'profile') };
}

/** The connections and their profiles over HTTP. Both key styles, `('{id}')` and `/{id}`, reach these routes. */
@Controller(`${servicePath}/${connectionsName}`)
export class ProfilesController {
  constructor(
    private readonly profiles: ProfilesService,
    private readonly environment: Environment,
  ) {}

  @Get()
  @Requires('read')
  @Serves(collectionQuery)
  async list(
    @Caller() caller: CallerOfRequest,
    @OData() { options, preferences }: Protocol,
  ): Promise<CollectionResult> {
    const selection = bindSelection(connections.type, options);
    const page = pageOf(options, preferences, this.environment);
    const found = await this.profiles.listConnections(caller, page, selection.expand !== undefined);
    return {
      kind: 'collection',
      set: connections,
      items: found.connections.map((value) => ({ path: memberPath(connectionsName, value.id as string), value })),
      selection,
      nextQuery: found.next === undefined ? undefined : skipTokenQuery(found.next, options),
      pageSize: preferences.maxPageSize === undefined ? undefined : page.size,
    };
  }

  @Post()
  @Requires('write')
  @Serves(entityQuery)
  async create(
    @Caller() caller: CallerOfRequest,
    @NewEntityOf(connections.type) entity: NewEntity,
    @Header('x-owner-id') owner: string | undefined,
    @OData() { options }: Protocol,
  ): Promise<EntityResult> {
    const selection = bindSelection(connections.type, options);
    const value = await this.profiles.createConnection(caller, entity, owner);
    // 11.4.2.2: the answer to a deep insert is expanded at least as deep as its request.
    const expand =
      entity.contained.size > 0 ? new Map([['profile', {}], ...(selection.expand ?? [])]) : selection.expand;
    const expanded = expand === undefined ? selection : { ...selection, expand };
    return {
      kind: 'entity',
      place: connectionPlace(value.id as string),
      value,
      selection: expanded,
      effect: 'created',
    };
  }

  @Get(':id')
  @Requires('read')
  @Serves(entityQuery)
  async read(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @OData() { options }: Protocol,
  ): Promise<EntityResult> {
    const selection = bindSelection(connections.type, options);
    const value = await this.profiles.getConnection(caller, id, selection.expand !== undefined);
    return { kind: 'entity', place: connectionPlace(id), value, selection };
  }

  @Patch(':id')
  @Requires('write')
  @Serves(entityQuery)
  async update(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @ChangeOf(connections.type) change: ConditionalChange,
    @OData() { options }: Protocol,
  ): Promise<EntityResult> {
    const selection = bindSelection(connections.type, options);
    const value = await this.profiles.updateConnection(caller, id, change);
    return { kind: 'entity', place: connectionPlace(id), value, selection, effect: 'updated', changed: change.patch };
  }

  @Delete(':id')
  @Requires('write')
  @Serves(noQuery)
  async delete(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @OData() { precondition }: Protocol,
  ): Promise<EmptyResult> {
    await this.profiles.deleteConnection(caller, id, precondition);
    return empty;
  }

  @Get(':id/profile')
  @Requires('read')
  @Serves(entityQuery)
  async readProfile(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @OData() { options }: Protocol,
  ): Promise<EntityResult | EmptyResult> {
    const selection = bindSelection(profileType, options);
    const value = await this.profiles.getProfile(caller, id);
    return value === null ? empty : { kind: 'entity', place: profilePlace(id), value, selection };
  }

  @Patch(':id/profile')
  @Requires('write')
  @Serves(entityQuery)
  async updateProfile(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @ChangeOf(profileType) change: ConditionalChange,
    @OData() { options }: Protocol,
  ): Promise<EntityResult> {
    const selection = bindSelection(profileType, options);
    const { profile, created } = await this.profiles.updateProfile(caller, id, change);
    const effect = created ? 'created' : 'updated';
    return { kind: 'entity', place: profilePlace(id), value: profile, selection, effect, changed: change.patch };
  }

  @Delete(':id/profile')
  @Requires('write')
  @Serves(noQuery)
  async deleteProfile(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @OData() { precondition }: Protocol,
  ): Promise<EmptyResult> {
    await this.profiles.deleteProfile(caller, id, precondition);
    return empty;
  }
}
