import { DatabaseError } from 'pg';
import type { ConnectionTarget } from './connection-target.js';
import { type AggregateSet, type StoreLoad, StoreUnavailableError } from '../aggregate-store.js';
import type { ChangeLogOption } from '../change-log.js';
import type { MediaPlace } from '../media-store.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import { SqlStore } from '../sql/sql-store.js';
import type { Transaction } from '../sql/unit-of-work.js';
import { StoreSetupError } from '../store-setup-error.js';
import { prepareSchema, schemaVersion } from './migrations.js';
import type { StoreLogger } from '../store-logger.js';
import type { ConnectionLimits } from './connection-limits.js';
import { PostgresMerges } from './optimistic-merge.js';
import { PostgresConnections } from './postgres-connections.js';
import { postgresDialect, type PostgresFeatures } from './postgres-dialect.js';
import { bounded } from './bounded-statement.js';
import { type StandbyOptions, Standbys } from './standbys.js';
import { PostgresTransaction } from './postgres-transaction.js';
import { PostgresStatements } from './statements.js';

/** How a PostgreSQL store is opened. */
export interface PostgresStoreOptions extends ConnectionLimits {
  readonly target: ConnectionTarget;
  readonly sets: readonly AggregateSet[];
  readonly migrate: boolean;
  readonly changeLog?: ChangeLogOption;
  readonly logger?: StoreLogger | undefined;
  /** Standbys that answer reads. */
  readonly standbys?: StandbyOptions | undefined;
  /** Bytes of the document of an entity. */
  readonly entityBytes?: number;
  /** Where the contents of streams are, where that is not in the database. */
  readonly mediaPlace?: MediaPlace | undefined;
}

/** What statements depend on. */
interface OpenedWith {
  readonly features: PostgresFeatures;
  readonly entityBytes: number;
  readonly namesActors: boolean;
  readonly mediaPlace: MediaPlace | undefined;
}

/** SQLSTATE codes that say who or what is wrong with the URL: no such user, wrong password, no such database, no right. */
const refusals = /^(?:28|3D000|42501)/;

/**
 * What tells a database from the one that it was copied from: the cluster, the database in it, and the timeline of its log,
 * which a server begins anew when it is promoted or recovers to a point in time.
 */
const history = [
  '(SELECT system_identifier FROM pg_control_system())',
  '(SELECT oid FROM pg_database WHERE datname = current_database())',
  'left(pg_walfile_name(pg_current_wal_lsn()), 8)',
];

/** Those of them that this server tells this user: others have no such functions, or keep them from most. */
async function historyOf(connections: PostgresConnections): Promise<readonly string[]> {
  const told = history.map(async (expression) => {
    try {
      await connections.run({ text: `SELECT ${expression}`, parameters: {} }, 'read');
      return [expression];
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      return [];
    }
  });
  return (await Promise.all(told)).flat();
}

/** What the database has of what the dialect would use. */
async function featuresOf(connections: PostgresConnections): Promise<PostgresFeatures> {
  const text = `SELECT
    (SELECT max(collname) FROM pg_collation WHERE collname = 'und-x-icu') AS collation,
    (SELECT count(*) FROM pg_proc WHERE proname = 'normalize') AS normalize,
    version() AS version`;
  const [row] = await connections.run({ text, parameters: {} }, 'read');
  // Its texts sort by code points and change case by themselves, and its columns take no collation "C".
  const isCockroach = (row?.version as string).includes('CockroachDB');
  return {
    columnCollation: isCockroach ? '' : 'COLLATE "C"',
    caseCollation: typeof row?.collation === 'string' && !isCockroach ? row.collation : undefined,
    normalizes: Number(row?.normalize ?? 0) > 0,
    history: await historyOf(connections),
  };
}

/** Rows of a write, which standbys may not show its caller without. */
async function noted(rows: Promise<readonly SqlRow[]>, standbys: Standbys): Promise<readonly SqlRow[]> {
  const written = await rows;
  standbys.wrote();
  return written;
}

/** Aggregates in a database that speaks PostgreSQL's protocol. Any number of processes may use one database. */
export class PostgresStore extends SqlStore {
  private constructor(
    private readonly connections: PostgresConnections,
    private readonly standbys: Standbys | undefined,
    { features, entityBytes, namesActors, mediaPlace }: OpenedWith,
  ) {
    // What is expanded in an entity is a part of its item.
    const dialect = postgresDialect({ ...features, itemBytes: 2 * entityBytes });
    const statements = new PostgresStatements(dialect, { entityBytes, namesActors });
    const merges = new PostgresMerges(dialect, { entityBytes, logs: namesActors });
    super(dialect, statements, { resultBytes: 8 * entityBytes, mediaPlace, merges });
  }

  /**
   * Connects, and brings the schema to today's.
   * @throws StoreSetupError where the database refuses, or is not one for this release
   * @throws StoreUnavailableError where it cannot be reached
   */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    const { target, sets, migrate, changeLog = 'full', standbys, logger, mediaPlace, ...others } = options;
    const { entityBytes = 4_194_304, ...limits } = others;
    const connections = new PostgresConnections(target, limits, logger);
    try {
      const features = await featuresOf(connections);
      const dialect = postgresDialect(features);
      const { columnCollation } = features;
      const schema = { dialect, columnCollation, sets, migrate, changeLog };
      await connections.withSession(async (client) => {
        if (migrate) await connections.withSession((holder) => prepareSchema({ client, holder }, schema));
        else await prepareSchema({ client, holder: client }, schema);
      });
      // A process that may not change the schema takes its triggers as they are.
      const namesActors = changeLog === 'full' || changeLog === 'any';
      const followed = standbys && new Standbys(connections, standbys, { limits, logger });
      followed?.watch();
      return new PostgresStore(connections, followed, { features, entityBytes, namesActors, mediaPlace });
    } catch (error) {
      await connections.close();
      const { cause } = error as Error;
      if (cause instanceof StoreSetupError) throw cause;
      if (error instanceof StoreUnavailableError && cause instanceof DatabaseError && refusals.test(cause.code ?? '')) {
        throw new StoreSetupError(`The database refuses: ${cause.message}.`, { cause });
      }
      throw error;
    }
  }

  readonly schemaVersion = schemaVersion;

  get load(): StoreLoad {
    if (this.standbys === undefined) return this.connections.load;
    return { ...this.connections.load, standbys: this.standbys.load };
  }

  protected reading(statement: Statement): Promise<readonly SqlRow[]> {
    const { standbys } = this;
    if (standbys === undefined || statement.mayBeOld !== true) return this.connections.run(bounded(statement), 'read');
    return this.#readingAnywhere(standbys, bounded(statement));
  }

  async #readingAnywhere(standbys: Standbys, statement: Statement): Promise<readonly SqlRow[]> {
    return (await standbys.run(statement)) ?? this.connections.run(statement, 'read');
  }

  protected writing(statement: Statement): Promise<readonly SqlRow[]> {
    const rows = this.connections.run(bounded(statement), 'write');
    return this.standbys === undefined ? rows : noted(rows, this.standbys);
  }

  protected transaction(): Promise<Transaction> {
    const { connections, standbys } = this;
    return Promise.resolve(new PostgresTransaction(connections, standbys && (() => standbys.wrote())));
  }

  override standbysLooked(): Promise<void> {
    return this.standbys?.looked() ?? super.standbysLooked();
  }

  async ping(): Promise<void> {
    await this.connections.run({ text: 'SELECT 1', parameters: {} }, 'read');
  }

  async close(): Promise<void> {
    await this.merged();
    await this.standbys?.close();
    await this.connections.close();
  }
}
