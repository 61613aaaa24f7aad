import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { Logger } from 'pino';
import { type Caller, scopeOf } from './auth/caller.js';
import { AuthModule } from './auth/auth.module.js';
import { BatchModule } from './batch/batch.module.js';
import { ConfigModule } from './config/config.module.js';
import { isPostgresUrl, readDatabaseUrl } from './config/database-url.js';
import type { Environment } from './config/environment.js';
import type { EntityAddress, MembersAddress } from './http/entity-writer.js';
import { type EntityAccess, ODataModule } from './http/odata.module.js';
import type { RouteTable } from './http/route-table.js';
import { keyText } from './odata/edm/key-text.js';
import type { Model } from './odata/edm/model.js';
import { JobsModule } from './jobs/jobs.module.js';
import { OpsModule } from './ops/ops.module.js';
import { PagesModule } from './pages/pages.module.js';
import { profilesModel } from './profiles/profiles.model.js';
import { ProfilesModule } from './profiles/profiles.module.js';
import { aggregateSet } from './store/aggregate-set.js';
import type { AggregateKey, AggregateStore, Members } from './store/aggregate-store.js';
import { PostgresStore } from './store/postgres/postgres-store.js';
import { SqliteStore } from './store/sqlite/sqlite-store.js';
import { StoreModule } from './store/store.module.js';

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

/**
 * What the caller may see of a store, and changes of it.
 * @param most entities that one change may be of
 */
function accessTo(store: AggregateStore, most: number): EntityAccess {
  const keyOf = ({ set, id }: Pick<EntityAddress, 'set' | 'id'>, caller: Caller): AggregateKey => ({
    set: aggregateSet(set),
    scope: scopeOf(caller),
    id,
  });
  /** Does something to members unless they are too many, in the transaction that counts them. */
  const ofFew = <T>({ set, ...of }: MembersAddress, caller: Caller, work: (members: Members) => Promise<T>) => {
    const members = { ...of, set: aggregateSet(set), scope: scopeOf(caller) };
    return store.atomically(async () =>
      (await store.countMembers(members, most + 1)) > most ? 'tooMany' : work(members),
    );
  };
  return {
    reader: {
      read: (read, caller) => store.read(read, scopeOf(caller)),
      endOfChanges: (set) => store.endOfChanges(set),
      changes: (read, caller, after) => store.readChanges(read, scopeOf(caller), after),
    },
    writer: {
      mostChanges: most,
      atomically: (work) => store.atomically(work),
      create: (set, { properties, key, inside }, caller) => {
        const { tenant, id: actor } = caller;
        const kept = aggregateSet(set);
        const document = kept.key === undefined ? { ...key, ...properties } : properties;
        const id = keyText(set.type, Object.values(key));
        return store.insert({ set: kept, tenant, owner: actor, actor, id, document, inside });
      },
      find: async ({ at, ...address }, caller) => {
        const key = keyOf(address, caller);
        return (
          (at.length === 0 ? await store.find(key, key.set.contained) : await store.findContained(key, at)) ?? undefined
        );
      },
      change: async ({ at, conditions, ...address }, change, caller) => {
        const outcome = await store.merge(keyOf(address, caller), { ...change, at, conditions });
        return outcome.kind === 'done' ? outcome.entity : outcome.kind;
      },
      remove: ({ at, conditions, ...address }, precondition, caller) =>
        store.delete(keyOf(address, caller), { at, conditions, precondition }),
      changeMembers: (address, change, caller) =>
        ofFew(address, caller, (members) => store.mergeMembers(members, change)),
      deleteMembers: (address, caller) =>
        ofFew(address, caller, async (members) => (await store.deleteMembers(members)).length),
    },
  };
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
        ODataModule.with({ model, modifiable }, accessTo(store, environment.MAX_CHANGES), routes),
        PagesModule,
        OpsModule,
        ...modules,
      ],
    };
  }
}
