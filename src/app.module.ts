import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { Logger } from 'pino';
import { AuthModule } from './auth/auth.module.js';
import { BatchModule } from './odata/batch/batch.module.js';
import { ConfigModule } from './config/config.module.js';
import { isPostgresUrl, readDatabaseUrl } from './odata/store/postgres/connection-target.js';
import type { Environment } from './config/environment.js';
import { ODataModule } from './odata/odata.module.js';
import type { RouteTable } from './odata/http/route-table.js';
import type { Model } from './odata/protocol/edm/model.js';
import { JobsModule } from './odata/jobs/jobs.module.js';
import { OpsModule } from './ops/ops.module.js';
import { PagesModule } from './odata/pages/pages.module.js';
import { profilesModel } from './profiles/profiles.model.js';
import { ProfilesModule } from './profiles/profiles.module.js';
import { aggregateSet } from './odata/store/aggregate-set.js';
import type { AggregateStore } from './odata/store/aggregate-store.js';
import { PostgresStore } from './odata/store/postgres/postgres-store.js';
import { SqliteStore } from './odata/store/sqlite/sqlite-store.js';
import { StoreModule } from './odata/store/store.module.js';
import { accessTo } from './odata/operations/stored-entities.js';

/** What is served: a model, and the modules that modify its entities. */
export interface Domain {
  readonly model: Model;
  readonly modules: readonly Type[];
  /** Names of the entity sets and singletons that need no module: they are modified as the model says, by its rules only. */
  readonly modifiable?: readonly string[];
}

/** What this service is about. */
export const profiles: Domain = { model: profilesModel, modules: [ProfilesModule] };

/** Opens the store that the configuration names; the one place that knows which there are. */
export async function openStore(
  environment: Environment,
  { model }: Domain,
  { logger, takesAnyLog = false }: { readonly logger?: Logger; readonly takesAnyLog?: boolean } = {},
): Promise<AggregateStore> {
  const sets = [...model.entitySets.values(), ...model.singletons.values()].map(aggregateSet);
  const { DATABASE_URL: url, DATABASE_MIGRATE: migrate } = environment;
  const changeLog = takesAnyLog ? 'any' : environment.CHANGE_LOG;
  if (!isPostgresUrl(url)) {
    const transactionTimeout = environment.DATABASE_TRANSACTION_TIMEOUT * 1000;
    const readers = environment.DATABASE_READERS;
    return SqliteStore.open({ path: url, readers, sets, migrate, changeLog, transactionTimeout });
  }
  return PostgresStore.open({
    target: readDatabaseUrl(url, environment.DATABASE_PASSWORD),
    sets,
    migrate,
    changeLog,
    logger,
    connections: environment.DATABASE_CONNECTIONS,
    connectTimeout: environment.DATABASE_CONNECT_TIMEOUT * 1000,
    statementTimeout: environment.DATABASE_STATEMENT_TIMEOUT * 1000,
    transactionTimeout: environment.DATABASE_TRANSACTION_TIMEOUT * 1000,
  });
}

/** What the application is made of beside its domain. */
export interface Parts {
  readonly environment: Environment;
  readonly store: AggregateStore;
  readonly routes: RouteTable;
}

/** The composition root. */
@Module({})
export class AppModule {
  static with({ model, modules, modifiable = [] }: Domain, { environment, store, routes }: Parts): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(environment),
        StoreModule.with(store),
        AuthModule,
        JobsModule,
        BatchModule,
        ODataModule.with({ model, modifiable }, accessTo(store, model, environment.MAX_CHANGES), routes),
        PagesModule,
        OpsModule,
        ...modules,
      ],
    };
  }
}
