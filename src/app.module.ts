import { type DynamicModule, Module } from '@nestjs/common';
import { scopeOf } from './auth/caller.js';
import { AuthModule } from './auth/auth.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Environment } from './config/environment.js';
import type { EntityReader } from './http/entity-reader.js';
import { ODataModule } from './http/odata.module.js';
import type { RouteTable } from './http/route-table.js';
import { OpsModule } from './ops/ops.module.js';
import { connections, profilesModel } from './profiles/profiles.model.js';
import { ProfilesModule } from './profiles/profiles.module.js';
import { aggregateSet } from './store/aggregate-set.js';
import type { AggregateStore } from './store/aggregate-store.js';
import { SqliteStore } from './store/sqlite/sqlite-store.js';
import { StoreModule } from './store/store.module.js';

/** Opens the store that the configuration names; the one place that knows which there are. */
export function openStore({ DATABASE_URL, DATABASE_READERS }: Environment): Promise<AggregateStore> {
  return SqliteStore.open({ path: DATABASE_URL, readers: DATABASE_READERS, sets: [aggregateSet(connections)] });
}

/** Reads from a store what the caller may see. */
export function readerOf(store: AggregateStore): EntityReader {
  return { read: (read, caller) => store.read(read, scopeOf(caller)) };
}

/** The composition root. */
@Module({})
export class AppModule {
  static with(environment: Environment, store: AggregateStore, routes: RouteTable): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(environment),
        StoreModule.with(store),
        AuthModule,
        ODataModule.with(profilesModel, readerOf(store), routes),
        OpsModule,
        ProfilesModule,
      ],
    };
  }
}
