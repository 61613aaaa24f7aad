import type { Model } from '../protocol/edm/model.js';
import { aggregateSet } from './aggregate-set.js';
import type { AggregateStore } from './aggregate-store.js';
import type { ChangeLogOption } from './change-log.js';
import { isPostgresUrl, readDatabaseUrl } from './postgres/connection-target.js';
import { backUpFile, restoreFile } from './sqlite/backup.js';
import { SqliteStore } from './sqlite/sqlite-store.js';
import type { MediaPlace } from './media-store.js';
import type { StoreLogger } from './store-logger.js';

export { backUpFile, restoreFile };

/** Where entities are kept, and what a store may take for it. Times are in seconds. */
export interface StoreOptions {
  /** Path of a SQLite file, which is made where there is none; or `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** PostgreSQL: taken where the URL has none. */
  readonly password?: string | undefined;
  /** PostgreSQL: what the database calls the connections where the URL does not say. */
  readonly applicationName?: string;
  /** Whether the schema is brought to that of this release. Default: true. */
  readonly migrate?: boolean;
  /** SQLite: threads that read. Default: 2. */
  readonly readers?: number;
  /** PostgreSQL: connections of this process at most. Default: 10. */
  readonly connections?: number;
  /** PostgreSQL: standbys that answer reads. */
  readonly standbys?: {
    /** As `url`, with the standbys as its hosts; with the password of that where it has none. */
    readonly url: string;
    /** `eventual`: reads whose client says that it may be so; `all`: those too whose client says nothing. */
    readonly reads: 'eventual' | 'all';
    /** How old what a standby shows may be. */
    readonly lag: number;
  };
  /**
   * PostgreSQL: whether statements are prepared, and sessions set; not where a pooler shares sessions by transactions.
   * Default: true.
   */
  readonly prepare?: boolean;
  /** PostgreSQL: to connect to a host. Default: 5. */
  readonly connectTimeout?: number;
  /** For a statement, waiting included. Default: 30. */
  readonly statementTimeout?: number;
  /** Statements that one caller may have running and waiting in this process. Default: 500. */
  readonly statementsPerCaller?: number;
  /** Bytes of JSON of one entity; of an item of an answer, with what is expanded in it, twice as many. Default: 4 MiB. */
  readonly entityBytes?: number;
  /** For a transaction of several statements. Default: 60. */
  readonly transactionTimeout?: number;
  /** What is kept of every change; `any` takes a log as it is found. Default: `full`. */
  readonly changeLog?: ChangeLogOption;
  readonly logger?: StoreLogger | undefined;
  /** Where the contents of streams are kept. Default: in the database, beside the entities. */
  readonly mediaPlace?: MediaPlace | undefined;
}

/**
 * Looks whether a store can be addressed by a URL, without opening it.
 * @throws Error that says what is wrong with it, without a subject (`names no user`), and never says a password
 */
export function checkStoreUrl({ url, password }: Pick<StoreOptions, 'url' | 'password'>): void {
  if (isPostgresUrl(url)) readDatabaseUrl(url, password);
}

/** Whether a URL names a store that several processes and machines may use; else it is the path of a file. */
export function isStoreOfMany(url: string): boolean {
  return isPostgresUrl(url);
}

/**
 * Opens a store for the entities of a model; the one place that knows which kinds there are.
 * @throws StoreSetupError where it cannot be opened, StoreUnavailableError where it cannot be reached
 */
export async function openStore(
  { entitySets, singletons }: Model,
  { url, migrate = true, changeLog = 'full', transactionTimeout = 60, standbys, ...options }: StoreOptions,
): Promise<AggregateStore> {
  const sets = [...entitySets.values(), ...singletons.values()].map(aggregateSet);
  const common = {
    sets,
    migrate,
    changeLog,
    transactionTimeout: transactionTimeout * 1000,
    statementTimeout: (options.statementTimeout ?? 30) * 1000,
    perCaller: options.statementsPerCaller ?? 500,
    entityBytes: options.entityBytes ?? 4_194_304,
    mediaPlace: options.mediaPlace,
  };
  if (!isPostgresUrl(url)) return SqliteStore.open({ ...common, path: url, readers: options.readers ?? 2 });
  // A service on SQLite has no use for the driver of another database.
  const { PostgresStore } = await import('./postgres/postgres-store.js');
  return PostgresStore.open({
    ...common,
    target: readDatabaseUrl(url, options.password, options.applicationName),
    logger: options.logger,
    connections: options.connections ?? 10,
    prepare: options.prepare ?? true,
    standbys: standbys && {
      target: readDatabaseUrl(standbys.url, options.password, options.applicationName),
      reads: standbys.reads,
      lag: standbys.lag * 1000,
    },
    connectTimeout: (options.connectTimeout ?? 5) * 1000,
  });
}
