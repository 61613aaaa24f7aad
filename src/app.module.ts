import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { realm } from './auth/caller-of-token.js';
import { permissions } from './auth/permissions.js';
import { ConfigModule } from './config/config.module.js';
import type { Environment } from './config/environment.js';
import { type AggregateStore, type Model, ODataModule, type ODataOptions } from './odata/index.js';
import { OpsModule } from './ops/ops.module.js';
import { ownerNotAllowed } from './profiles/profiles.errors.js';
import { connectionTexts, profilesModel } from './profiles/profiles.model.js';
import { ProfilesModule } from './profiles/profiles.module.js';

/** Path of the service root. */
export const servicePath = '/v1.0';

/** What is served: a model, the modules with its rules, and what holds for its sets. */
export interface Domain extends Pick<ODataOptions, 'sets' | 'permissions' | 'anonymous'> {
  readonly model: Model;
  readonly modules: readonly Type[];
}

/** What this service is about. */
export const profiles: Domain = {
  model: profilesModel,
  modules: [ProfilesModule],
  sets: { decoratedProfileConnections: { descriptions: connectionTexts } },
};

/** What the service says to the engine. */
function odataOptions(domain: Domain, environment: Environment, store: AggregateStore): ODataOptions {
  const { PUBLIC_URL: publicUrl } = environment;
  const { model, sets = {}, anonymous } = domain;
  return {
    model,
    sets,
    ...(anonymous === undefined ? {} : { anonymous }),
    permissions: domain.permissions ?? permissions,
    store,
    realm,
    ownerHeader: {
      name: 'X-Owner-Id',
      description: 'User whose connection it shall be, for applications; the caller where it is absent.',
    },
    errorCodes: [ownerNotAllowed],
    ...(publicUrl === undefined ? {} : { publicUrl }),
    requiresEntityTag: environment.REQUIRE_IF_MATCH,
    pageSize: environment.PAGE_SIZE,
    maxPageSize: environment.MAX_PAGE_SIZE,
    pageBytes: environment.PAGE_BYTES,
    maxChanges: environment.MAX_CHANGES,
    changes: { log: environment.CHANGE_LOG, retention: environment.CHANGE_RETENTION },
    media: {
      streamBytes: environment.STREAM_BYTES,
      tenantBytes: environment.STREAM_BYTES_PER_TENANT,
      retention: environment.STREAM_RETENTION,
    },
    batch: {
      jsonRequests: environment.BATCH_JSON_REQUESTS,
      multipartRequests: environment.BATCH_MULTIPART_REQUESTS,
      bytes: environment.BATCH_LIMIT,
      memory: environment.BATCH_MEMORY,
      depth: environment.BATCH_DEPTH,
      concurrency: environment.BATCH_CONCURRENCY,
    },
    asynchronous: {
      concurrency: environment.ASYNC_CONCURRENCY,
      waiting: environment.ASYNC_JOBS,
      perCaller: environment.ASYNC_JOBS_PER_CALLER,
      lease: environment.ASYNC_LEASE,
      retention: environment.ASYNC_RETENTION,
      resultBytesPerCaller: environment.ASYNC_RESULT_BYTES_PER_CALLER,
      resultBytesInAll: environment.ASYNC_RESULT_BYTES,
    },
    explorer: environment.EXPLORER === true,
  };
}

/** The composition root. */
@Module({})
export class AppModule {
  static with(domain: Domain, environment: Environment, store: AggregateStore): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(environment),
        // Who calls is known before the engine asks what they may do.
        AuthModule,
        ODataModule.forRoot({
          path: servicePath,
          modules: domain.modules,
          ...odataOptions(domain, environment, store),
        }),
        OpsModule,
      ],
    };
  }
}
