import { DatabaseSync } from 'node:sqlite';
import type { AggregateSet } from '../aggregate-store.js';
import type { ChangeLogOption } from '../change-log.js';
import { StoreOutdatedError, StoreSetupError } from '../store-setup-error.js';
import { createChangeLog, hasTriggers, indexDeletions, keepTriggers } from './change-triggers.js';
import { createSecret, serviceSchema } from '../sql/service-schema.js';
import { createMediaTables } from '../sql/sql-media.js';
import { hasMediaTriggers, keepMediaTriggers } from './media-triggers.js';
import { createJobTable } from '../sql/sql-jobs.js';
import { hasIndexes, keepIndexes } from './index-columns.js';
import { addFunctions } from './number-functions.js';
import { sqliteDialect } from './sqlite-dialect.js';

function quoteName(name: string): string {
  return sqliteDialect.name(name);
}

/** Marks the file as one of this service's (SQLite's `application_id`): "ODDP". */
const applicationId = 0x4f444450;

/** The steps that lead to today's schema, for each entity set; forward only, never edited once released. */
const migrations: readonly ((table: string) => string)[] = [
  (table) => `
    CREATE TABLE ${quoteName(table)} (
      tenant TEXT NOT NULL,
      id TEXT NOT NULL,
      owner TEXT NOT NULL,
      version INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      modified_at INTEGER NOT NULL,
      document BLOB NOT NULL,
      PRIMARY KEY (tenant, id)
    ) STRICT;
    CREATE UNIQUE INDEX ${quoteName(`${table}_by_owner`)} ON ${quoteName(table)} (tenant, owner, id);`,
  createChangeLog,
  // The version whose change was logged by who wrote it, see `untold`.
  (table) => `ALTER TABLE ${quoteName(table)} ADD COLUMN logged_version INTEGER;`,
  indexDeletions,
];

/** The same for tables that are of no entity set. */
const serviceMigrations: readonly (() => string)[] = [
  () => createJobTable('TEXT', 'INTEGER', ' STRICT'),
  () => createSecret('TEXT', ' STRICT'),
  () => createMediaTables({ text: 'TEXT', integer: 'INTEGER', bytes: 'BLOB' }, ' STRICT'),
];

/** How many steps there are of a set, and of what belongs to none. */
export const schemaVersion = `${migrations.length}.${serviceMigrations.length}`;

/** The steps of each name that the schema keeps a version of. */
function stepsOf(sets: readonly AggregateSet[]): ReadonlyMap<string, readonly string[]> {
  return new Map([
    ...sets.map(({ name }) => [name, migrations.map((migration) => migration(name))] as const),
    [serviceSchema, serviceMigrations.map((migration) => migration())],
  ]);
}

/** Whether a database has the mark of this service. */
export function isMarked(database: DatabaseSync): boolean {
  const { application_id: mark } = database.prepare('PRAGMA application_id').get() as { application_id: number };
  return mark === applicationId;
}

/** @throws StoreSetupError where another program has made something in the database; an empty one is anybody's */
export function checkIsNoOthers(database: DatabaseSync, path: string): void {
  if (isMarked(database)) return;
  const { application_id: mark } = database.prepare('PRAGMA application_id').get() as { application_id: number };
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
  if (mark !== 0 || tables > 0) throw new StoreSetupError(`${path} is a SQLite database of another program.`);
}

function versionOf(database: DatabaseSync, path: string, [name, steps]: readonly [string, readonly string[]]): number {
  const row = database.prepare('SELECT max(version) AS version FROM schema_migration WHERE entity_set = ?').get(name);
  const version = (row as { version: number | null }).version ?? 0;
  if (version <= steps.length) return version;
  throw new StoreSetupError(
    `${path} has schema version ${version} for ${name}; this release knows ${steps.length}. Start a newer release.`,
  );
}

function migrate(database: DatabaseSync, path: string, [name, steps]: readonly [string, readonly string[]]): void {
  const version = versionOf(database, path, [name, steps]);
  for (const [index, step] of steps.entries()) {
    if (index < version) continue;
    database.exec(step);
    database
      .prepare('INSERT INTO schema_migration (entity_set, version, applied_at) VALUES (?, ?, ?)')
      .run(name, index + 1, Date.now());
  }
}

function applyAll(database: DatabaseSync, path: string, { sets, changeLog }: SchemaOptions): void {
  // One transaction under the write lock: of several processes that start together one migrates, the others find it done.
  database.exec('BEGIN IMMEDIATE');
  checkIsNoOthers(database, path);
  if (!isMarked(database)) database.exec(`PRAGMA application_id = ${applicationId}`);
  database.exec(`
    CREATE TABLE IF NOT EXISTS schema_migration (
      entity_set TEXT NOT NULL,
      version INTEGER NOT NULL,
      applied_at INTEGER NOT NULL,
      PRIMARY KEY (entity_set, version)
    ) STRICT`);
  for (const steps of stepsOf(sets)) migrate(database, path, steps);
  for (const set of sets) {
    keepIndexes(database, set);
    keepMediaTriggers(database, set);
    if (changeLog !== 'any') keepTriggers(database, set, changeLog);
  }
  database.exec('COMMIT');
}

function checkCurrent(database: DatabaseSync, path: string, { sets, changeLog }: SchemaOptions): void {
  checkIsNoOthers(database, path);
  const hasSchema = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migration'").get() !== undefined;
  if (!hasSchema || ![...stepsOf(sets)].every((steps) => versionOf(database, path, steps) === steps[1].length)) {
    throw new StoreOutdatedError(`${path} does not have this release's schema. Run \`npm run migrate\` first.`);
  }
  if (!sets.every((set) => hasIndexes(database, set))) {
    throw new StoreSetupError(`${path} does not have the indexes of the model. Run \`npm run migrate\` first.`);
  }
  if (!sets.every((set) => hasMediaTriggers(database, set)))
    throw new StoreOutdatedError(`${path} was not made for the streams of the model. Run \`npm run migrate\` first.`);
  if (changeLog === 'any' || sets.every((set) => hasTriggers(database, set, changeLog))) return;
  throw new StoreOutdatedError(
    `${path} does not log changes as CHANGE_LOG=${changeLog} says. Run \`npm run migrate\` with it first.`,
  );
}

/** What is done to the schema before the store is used. */
export interface SchemaOptions {
  readonly sets: readonly AggregateSet[];
  /** Whether a schema of an earlier release, or none, is brought to today's. */
  readonly migrate: boolean;
  readonly changeLog: ChangeLogOption;
}

/**
 * Brings a database file to today's schema, creates it where there is none; or tests that it has that schema.
 * @throws StoreSetupError where the file is no database, not one of this service, of a later release, or of an earlier one
 * that is not to be migrated; it is left as it was
 */
export function prepareSchema(path: string, options: SchemaOptions): void {
  const { migrate } = options;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 30_000, readOnly: !migrate });
    // The columns of indexes on decimals are filled by them.
    addFunctions(database);
    if (migrate) {
      applyAll(database, path, options);
      database.exec('PRAGMA journal_mode = WAL');
    } else checkCurrent(database, path, options);
  } catch (cause) {
    if (cause instanceof StoreSetupError) throw cause;
    throw new StoreSetupError(`${path} cannot be opened as a database: ${(cause as Error).message}`, { cause });
  } finally {
    database?.close();
  }
}
