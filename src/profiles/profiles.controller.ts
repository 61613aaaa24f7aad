import { Controller, createParamDecorator, Delete, type ExecutionContext, Patch, Post, Put } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Requires } from '../auth/auth.guard.js';
import { Environment } from '../config/environment.js';
import type { Caller as CallerOfRequest } from '../odata/operations/caller.js';
import {
  Caller,
  ChangeOf,
  type ConditionalChange,
  DeltaOf,
  EntityKey,
  Header,
  NewEntityOf,
  OData,
  ReplacementOf,
} from '../odata/http/decorators.js';
import { applyDelta } from '../odata/operations/delta-update.js';
import { header, type Protocol, protocolOf, servicePath } from '../odata/http/protocol.js';
import { entityQuery, noQuery, Serves } from '../odata/operations/query-support.js';
import { Describes } from '../odata/http/service-metadata.js';
import {
  type ChangesResult,
  empty,
  type EmptyResult,
  type EntityPlace,
  type EntityResult,
} from '../odata/operations/results.js';
import { annotated, type NewEntity } from '../odata/protocol/payload/change.js';
import type { DeltaItem } from '../odata/protocol/payload/read-delta.js';
import { expandedBy } from '../odata/protocol/payload/selection.js';
import { bindSelection } from '../odata/protocol/query/bind-selection.js';
import type { Query } from '../odata/protocol/uri/syntax-tree.js';
import { containedPath, memberPath } from '../odata/protocol/uri/entity-path.js';
import { connections, connectionsName, profilesModel, profileType } from './profiles.model.js';
import { ProfilesService } from './profiles.service.js';

/** What the creation of a connection depends on beside its body. */
interface CreationOf {
  readonly protocol: Protocol;
  readonly owner: string | undefined;
}

const ownerHeader = {
  name: 'X-Owner-Id',
  description: 'User whose connection it shall be, for applications; the caller where it is absent.',
};

const Creation = createParamDecorator((_: unknown, context: ExecutionContext): CreationOf => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return { protocol: protocolOf(request), owner: header(request, 'x-owner-id') };
});

function connectionPlace(id: string): EntityPlace {
  return { type: connections.type, path: memberPath(connectionsName, id), set: connections };
}

function profilePlace(id: string): EntityPlace {
  return { type: profileType, path: containedPath(memberPath(connectionsName, id), 'profile') };
}

/** Modification of the connections and their profiles over HTTP; they are read as every model is. Both key styles, `('{id}')` and `/{id}`, reach these routes. */
@Controller(`${servicePath}/${connectionsName}`)
export class ProfilesController {
  constructor(
    private readonly profiles: ProfilesService,
    private readonly environment: Environment,
  ) {}

  @Post()
  @Requires('write')
  @Serves(entityQuery)
  @Describes({
    summary:
      'Creates a connection, with its profile where there is one inline; the service makes an id where there is none.',
    headers: [ownerHeader],
  })
  async create(
    @Caller() caller: CallerOfRequest,
    @NewEntityOf(connections.type) entity: NewEntity,
    @Header('x-owner-id') owner: string | undefined,
    @OData() { query }: Protocol,
  ): Promise<EntityResult> {
    const selection = bindSelection(profilesModel, connections.type, query);
    const value = await this.profiles.createConnection(caller, entity, owner);
    const expanded = expandedBy(selection, entity);
    return {
      kind: 'entity',
      place: connectionPlace(value.id as string),
      value: annotated(value, entity),
      selection: expanded,
      effect: 'created',
    };
  }

  @Patch()
  @Requires('write')
  @Serves(noQuery)
  @Describes({
    summary:
      'Creates, changes and deletes connections, as a delta payload says: all or nothing, unless the client prefers to continue on error.',
    headers: [ownerHeader],
  })
  async applyDelta(
    @Caller() caller: CallerOfRequest,
    @DeltaOf(connections) items: readonly DeltaItem[],
    @Creation() { protocol: { preferences }, owner }: CreationOf,
  ): Promise<ChangesResult> {
    return applyDelta(connections, items, {
      apply: (item) => this.profiles.applyItem(caller, item, owner),
      atomically: (work) => this.profiles.atomically(work),
      continueOnError: preferences.continueOnError,
      most: this.environment.MAX_CHANGES,
    });
  }

  @Patch(':id')
  @Requires('write')
  @Serves(entityQuery)
  @Describes({ summary: 'Merges a change into a connection.' })
  async update(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @ChangeOf(connections.type) change: ConditionalChange,
    @Creation() creation: CreationOf,
  ): Promise<EntityResult> {
    return this.#updated(caller, id, change, creation);
  }

  @Put(':id')
  @Requires('write')
  @Serves(entityQuery)
  @Describes({ summary: 'Replaces a connection: what the body does not name becomes null. The profile stays.' })
  async replace(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @ReplacementOf(connections.type) change: ConditionalChange,
    @Creation() creation: CreationOf,
  ): Promise<EntityResult> {
    return this.#updated(caller, id, change, creation);
  }

  async #updated(
    caller: CallerOfRequest,
    id: string,
    change: ConditionalChange,
    { protocol: { query, preferences }, owner }: CreationOf,
  ): Promise<EntityResult> {
    const selection = bindSelection(profilesModel, connections.type, query);
    // Who says that it must not be there wants it made.
    const upsert = preferences.createIfMissing || change.precondition.ifNoneMatch === '*' ? { owner } : undefined;
    const { connection: value, created } = await this.profiles.updateConnection(caller, id, change, upsert);
    const effect = created ? 'created' : 'updated';
    const applied = preferences.createIfMissing ? ['create-if-missing'] : [];
    const place = connectionPlace(id);
    const expanded = expandedBy(selection, change);
    return {
      kind: 'entity',
      place,
      value: annotated(value, change),
      selection: expanded,
      effect,
      changed: change.patch,
      applied,
    };
  }

  @Delete(':id')
  @Requires('write')
  @Serves(noQuery)
  @Describes({ summary: 'Deletes a connection, and its profile with it.' })
  async delete(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @OData() { precondition }: Protocol,
  ): Promise<EmptyResult> {
    await this.profiles.deleteConnection(caller, id, precondition);
    return empty;
  }

  @Patch(':id/profile')
  @Requires('write')
  @Serves(entityQuery)
  @Describes({ summary: 'Merges a change into the profile of a connection; makes the profile where there is none.' })
  async updateProfile(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @ChangeOf(profileType) change: ConditionalChange,
    @OData() { query }: Protocol,
  ): Promise<EntityResult> {
    return this.#updatedProfile(caller, id, change, query);
  }

  @Put(':id/profile')
  @Requires('write')
  @Serves(entityQuery)
  @Describes({
    summary:
      'Replaces the profile of a connection: what the body does not name becomes null. Makes it where there is none.',
  })
  async replaceProfile(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @ReplacementOf(profileType) change: ConditionalChange,
    @OData() { query }: Protocol,
  ): Promise<EntityResult> {
    return this.#updatedProfile(caller, id, change, query);
  }

  async #updatedProfile(
    caller: CallerOfRequest,
    id: string,
    change: ConditionalChange,
    query: Query,
  ): Promise<EntityResult> {
    const selection = bindSelection(profilesModel, profileType, query);
    const { profile, created } = await this.profiles.updateProfile(caller, id, change);
    const effect = created ? 'created' : 'updated';
    return { kind: 'entity', place: profilePlace(id), value: profile, selection, effect, changed: change.patch };
  }

  @Delete(':id/profile')
  @Requires('write')
  @Serves(noQuery)
  @Describes({ summary: 'Deletes the profile of a connection.' })
  async deleteProfile(
    @Caller() caller: CallerOfRequest,
    @EntityKey() id: string,
    @OData() { precondition }: Protocol,
  ): Promise<EmptyResult> {
    await this.profiles.deleteProfile(caller, id, precondition);
    return empty;
  }
}
