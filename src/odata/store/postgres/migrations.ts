import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, DatabaseError } from 'pg';
import type { AggregateSet } from '../aggregate-store.js';
import type { ChangeLogOption } from '../change-log.js';
import type { Dialect } from '../sql/dialect.js';
import { StoreOutdatedError, StoreSetupError } from '../store-setup-error.js';
import { ChangeTriggers, createChangeLog, createLoggedVersion } from './change-triggers.js';
import { quoteText } from './postgres-values.js';
import { createSecret, serviceSchema } from '../sql/service-schema.js';
import { createMediaTables } from '../sql/sql-media.js';
import { MediaTriggers } from './media-triggers.js';
import { createJobTable } from '../sql/sql-jobs.js';
import { shortName } from '../sql/short-name.js';

/** The number that every process of this service locks before it looks at the schema: "ODDP". */
const lockNumber = 0x4f444450;
/** SQLSTATE of a function that there is not, or that is not supported. */
const noSuchFunction: ReadonlySet<string> = new Set(['42883', '0A000']);
/** A transaction that lasts, sees nothing, and so holds up nobody; and may last, whatever the user's transactions may. */
const beginHolding = `BEGIN ISOLATION LEVEL READ COMMITTED;
  SELECT set_config(name, '0', true) FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')`;
/** How long a process waits for another one that migrates, in milliseconds. */
const lockTimeout = 15 * 60_000;

/** The steps that lead to today's schema, for each entity set; forward only, never edited once released. */
const migrations: readonly ((set: string, dialect: Dialect, collation: string) => string)[] = [
  // The tenant comes first in every key: it is what a distributed database spreads the rows by. The index by owner is not
  // unique, though its entries are: two inserts of one id at one time must meet in the primary key, where a conflict is expected.
  (set, dialect, collation) => `
    CREATE TABLE ${dialect.name(set)} (
      tenant text ${collation} NOT NULL,
      id text ${collation} NOT NULL,
      owner text ${collation} NOT NULL,
      version bigint NOT NULL,
      created_at timestamptz NOT NULL,
      modified_at timestamptz NOT NULL,
      document jsonb NOT NULL,
      PRIMARY KEY (tenant, id)
    );
    CREATE INDEX ${dialect.name(shortName(`${set}_by_owner`))} ON ${dialect.name(set)} (tenant, owner, id);`,
  createChangeLog,
  createLoggedVersion,
  // PostgreSQL compresses a row of more than 2 kB, and to read a compressed document takes longer than all the rest of it.
  // Databases that keep their rows in other ways know no such parameter.
  (set, dialect, collation) =>
    collation === '' ? '' : `ALTER TABLE ${dialect.name(set)} SET (toast_tuple_target = 8160);`,
];

/** The same for tables that are of no entity set. */
const serviceMigrations: readonly ((collation: string) => string)[] = [
  (collation) => createJobTable(`text ${collation}`, 'bigint', ''),
  (collation) => createSecret(`text ${collation}`, ''),
  (collation) => createMediaTables({ text: `text ${collation}`, integer: 'bigint', bytes: 'bytea' }, ''),
];

/** How many steps there are of a set, and of what belongs to none. */
export const schemaVersion = `${migrations.length}.${serviceMigrations.length}`;

/** Brings a schema to today's; one process at a time. */
class Migrator {
  private readonly dialect: Dialect;
  private readonly sets: readonly AggregateSet[];

  private readonly client: Client;

  constructor(
    private readonly sessions: SchemaSessions,
    private readonly options: SchemaOptions,
  ) {
    this.client = sessions.client;
    this.dialect = options.dialect;
    this.sets = options.sets;
  }

  /** The versions of the schema of each entity set; none where there is no schema. */
  async versions(): Promise<ReadonlyMap<string, number>> {
    const { rows: tables } = await this.client.query<{ present: boolean }>(
      "SELECT to_regclass('schema_migration') IS NOT NULL AS present",
    );
    if (tables[0]?.present !== true) return new Map();
    const { rows } = await this.client.query<{ entity_set: string; version: number }>(
      'SELECT entity_set, max(version) AS version FROM schema_migration GROUP BY entity_set',
    );
    return new Map(rows.map(({ entity_set, version }) => [entity_set, version]));
  }

  /** The steps of each name that the schema keeps a version of. */
  #steps(): ReadonlyMap<string, readonly string[]> {
    const { columnCollation: collation } = this.options;
    return new Map([
      ...this.sets.map(
        ({ name }) => [name, migrations.map((migration) => migration(name, this.dialect, collation))] as const,
      ),
      [serviceSchema, serviceMigrations.map((migration) => migration(collation))],
    ]);
  }

  checkNotNewer(versions: ReadonlyMap<string, number>): void {
    for (const [name, { length }] of this.#steps()) {
      const version = versions.get(name) ?? 0;
      if (version <= length) continue;
      throw new StoreSetupError(
        `The database has schema version ${version} for ${name}; this release knows ${length}. Start a newer release.`,
      );
    }
  }

  /** Whether every change is logged as it shall be. */
  async logsChanges(): Promise<boolean> {
    const { changeLog } = this.options;
    if (changeLog === 'any') return true;
    const triggers = new ChangeTriggers(this.client, this.dialect, changeLog);
    for (const set of this.sets) if (!(await triggers.areKept(set))) return false;
    return true;
  }

  /** Whether it is known which contents of streams are used. */
  async knowsContents(): Promise<boolean> {
    const triggers = new MediaTriggers(this.client, this.dialect);
    for (const set of this.sets) if (!(await triggers.areKept(set))) return false;
    return true;
  }

  isCurrent(versions: ReadonlyMap<string, number>): boolean {
    return [...this.#steps()].every(([name, { length }]) => versions.get(name) === length);
  }

  async migrate(): Promise<void> {
    await this.#lock();
    try {
      await this.#migrateAll();
    } finally {
      // Where its session is lost, so is the lock.
      await this.sessions.holder.query('ROLLBACK').catch(() => undefined);
    }
  }

  async #migrateAll(): Promise<void> {
    const versions = await this.versions();
    this.checkNotNewer(versions);
    await this.client.query(`CREATE TABLE IF NOT EXISTS schema_migration (
      entity_set text NOT NULL,
      version integer NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (entity_set, version)
    )`);
    for (const [name, steps] of this.#steps()) await this.#migrate(name, steps, versions.get(name) ?? 0);
    for (const set of this.sets) await this.#keepIndexes(set);
    const media = new MediaTriggers(this.client, this.dialect);
    for (const set of this.sets) await media.keep(set);
    const { changeLog } = this.options;
    if (changeLog === 'any') return;
    const triggers = new ChangeTriggers(this.client, this.dialect, changeLog);
    for (const set of this.sets) await triggers.keep(set);
  }

  /** Asks again and again: a session that waits inside the database would keep an index from being built beside it. */
  async #lock(): Promise<void> {
    for (const started = Date.now(); ;) {
      if (await this.#tryLock()) return;
      if (Date.now() - started > lockTimeout)
        throw new StoreSetupError('Another process has been migrating for too long.');
      await sleep(100 + Math.random() * 100);
    }
  }

  /**
   * The lock is a transaction's: where sessions are shared by transactions, it alone stays where it was taken. Where the
   * database has no such locks, whoever migrates must be alone: see `docs/distributed.md`.
   */
  async #tryLock(): Promise<boolean> {
    const { holder } = this.sessions;
    try {
      await holder.query(beginHolding);
      // Without parameters: those come with a portal, which would keep what it saw until the end, and an index from being built.
      const lock = `SELECT pg_try_advisory_xact_lock(${lockNumber}) AS locked`;
      const { rows } = await holder.query<{ locked: boolean }>(lock);
      if (rows[0]?.locked !== true) await holder.query('ROLLBACK');
      return rows[0]?.locked === true;
    } catch (error) {
      if (error instanceof DatabaseError && noSuchFunction.has(error.code ?? '')) return true;
      throw error;
    }
  }

  /** One transaction a step: it is done and noted, or neither. */
  async #migrate(name: string, steps: readonly string[], version: number): Promise<void> {
    for (const [index, step] of steps.entries()) {
      if (index < version) continue;
      const note = `INSERT INTO schema_migration (entity_set, version) VALUES (${quoteText(name)}, ${index + 1})`;
      await this.client.query(`BEGIN; ${note}; ${step} COMMIT`);
    }
  }

  /**
   * Keeps the indexes that the model declares and no others. Their expressions are what the compiler of queries writes,
   * so that the database recognises them. They are built while others write; one that was cut off is built again.
   */
  async #keepIndexes({ name, indexes }: AggregateSet): Promise<void> {
    const table = this.dialect.name(name);
    const wanted = new Map(
      indexes.map(({ path, type }) => {
        const value = this.dialect.scalar({ json: 'document', path }, type);
        return [shortName(`${name}_on_${path.join('_')}`), `${table} (tenant, (${value}) ASC NULLS FIRST, id)`];
      }),
    );
    const { rows } = await this.client.query<{ name: string; valid: boolean }>(
      `SELECT c.relname AS name, i.indisvalid AS valid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
      WHERE i.indrelid = to_regclass(${quoteText(table)}) AND c.relname LIKE ${quoteText(`${name.replaceAll('_', '\\_')}\\_on\\_%`)}`,
    );
    const present = new Set<string>();
    for (const { name: index, valid } of rows) {
      if (wanted.has(index) && valid) present.add(index);
      else await this.client.query(`DROP INDEX CONCURRENTLY ${this.dialect.name(index)}`);
    }
    for (const [index, on] of wanted) {
      if (!present.has(index))
        await this.client.query(`CREATE INDEX CONCURRENTLY ${this.dialect.name(index)} ON ${on}`);
    }
  }
}

async function checkServer(client: Client): Promise<void> {
  const { rows } = await client.query<{ encoding: string; version: string }>(
    "SELECT current_setting('server_encoding') AS encoding, current_setting('server_version_num') AS version",
  );
  const { encoding = '', version = '0' } = rows[0] ?? {};
  if (Number(version) < 130_000) throw new StoreSetupError('The database is older than PostgreSQL 13.');
  if (encoding.toUpperCase().replace('-', '') !== 'UTF8') {
    throw new StoreSetupError(`The database has the encoding ${encoding}; it must have UTF8.`);
  }
}

/** Sessions that nobody else uses, and that may take their time. */
export interface SchemaSessions {
  /** What is done is done in this one. */
  readonly client: Client;
  /** Holds the lock meanwhile. */
  readonly holder: Client;
}

/** What is done to the schema before the store is used. */
export interface SchemaOptions {
  readonly dialect: Dialect;
  /** See `PostgresFeatures`. */
  readonly columnCollation: string;
  readonly sets: readonly AggregateSet[];
  /** Whether a schema of an earlier release is brought to today's. */
  readonly migrate: boolean;
  readonly changeLog: ChangeLogOption;
}

/**
 * Brings a database to today's schema, or tests that it has it.
 * @throws StoreSetupError where that cannot be, or is not to be, done: a later release, missing rights, tables of another
 * program; nothing is changed then
 */
export async function prepareSchema(sessions: SchemaSessions, options: SchemaOptions): Promise<void> {
  try {
    await checkServer(sessions.client);
    const migrator = new Migrator(sessions, options);
    if (options.migrate) {
      await migrator.migrate();
      return;
    }
    const versions = await migrator.versions();
    migrator.checkNotNewer(versions);
    if (!migrator.isCurrent(versions) || !(await migrator.knowsContents())) {
      throw new StoreOutdatedError("The database does not have this release's schema. Run `npm run migrate` first.");
    }
    if (await migrator.logsChanges()) return;
    throw new StoreOutdatedError(
      `The database does not log changes as CHANGE_LOG=${options.changeLog} says. Run \`npm run migrate\` with it first.`,
    );
  } catch (cause) {
    if (!(cause instanceof DatabaseError)) throw cause;
    throw new StoreSetupError(`The schema of the database cannot be prepared: ${cause.message}`, { cause });
  }
}
