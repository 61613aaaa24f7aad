import { createHash, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { AggregateSet } from '../aggregate-store.js';
import { type ChangeLogMode, changeTable } from '../change-log.js';
import { untold } from './index-columns.js';
import { sqliteDialect } from './sqlite-dialect.js';

function quoteName(name: string): string {
  return sqliteDialect.name(name);
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * The migration that makes the log of an entity set, and the table that says of each how it is kept. Every index ends
 * with the number, which is the row's.
 */
export function createChangeLog(set: string): string {
  const log = changeTable(set);
  const index = (suffix: string): string => quoteName(`${log}_${suffix}`);
  return `
    CREATE TABLE IF NOT EXISTS change_log (
      entity_set TEXT NOT NULL PRIMARY KEY,
      mode TEXT NOT NULL,
      definition TEXT NOT NULL,
      epoch TEXT NOT NULL
    ) STRICT;
    CREATE TABLE ${quoteName(log)} (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      tenant TEXT NOT NULL,
      id TEXT NOT NULL,
      owner TEXT NOT NULL,
      version INTEGER NOT NULL,
      kind TEXT NOT NULL,
      properties TEXT,
      actor TEXT,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX ${index('in_order')} ON ${quoteName(log)} (tenant);
    CREATE INDEX ${index('by_owner')} ON ${quoteName(log)} (tenant, owner);
    CREATE INDEX ${index('by_id')} ON ${quoteName(log)} (tenant, id);
    CREATE INDEX ${index('by_age')} ON ${quoteName(log)} (at);`;
}

/**
 * The migration that leaves the log with the indexes that are worth what they cost: one by entity is written at another place
 * with every change, and what is asked of it is known by the entity itself, but for those that are gone. Times are in the
 * order of the numbers.
 */
export function indexDeletions(set: string): string {
  const log = changeTable(set);
  return `
    DROP INDEX IF EXISTS ${quoteName(`${log}_by_id`)};
    DROP INDEX IF EXISTS ${quoteName(`${log}_by_age`)};
    CREATE INDEX ${quoteName(`${log}_deletions`)} ON ${quoteName(log)} (tenant, id) WHERE kind = 'deleted';`;
}

/** The names of the members of an object whose values differ before and after, and not its version. */
function differing(path: string, prefix: string, except: string): string {
  const name = `${quoteText(prefix)} || key`;
  const differs = '(NEW.document -> fullkey) IS NOT (OLD.document -> fullkey)';
  return `SELECT ${name} AS path FROM json_each(NEW.document, ${path})
      WHERE key <> '$version' ${except} AND ${differs}
    UNION ALL SELECT ${name} FROM json_each(OLD.document, ${path})
      WHERE key <> '$version' ${except} AND json_type(NEW.document, fullkey) IS NULL`;
}

/** The paths of the properties that an update changed, as a JSON array; of contained entities one step further. */
function changedPaths({ contained }: AggregateSet): string {
  const isObject = (document: string, path: string): string => `json_type(${document}, ${path}) IS 'object'`;
  const inside = (path: string): string => `${isObject('OLD.document', path)} AND ${isObject('NEW.document', path)}`;
  const names = contained.map(quoteText).join(', ');
  // Where a contained entity is there before and after, its properties are named instead of it.
  const except = `AND NOT (key IN (${names}) AND ${inside('fullkey')})`;
  const inner = contained.map((name) => {
    const path = quoteText(`$."${name}"`);
    return `UNION ALL SELECT path FROM (${differing(path, `${name}/`, '')}) WHERE ${inside(path)}`;
  });
  return `(SELECT json_group_array(path ORDER BY path) FROM (${differing("'$'", '', except)} ${inner.join(' ')}))`;
}

/** That an update takes an entity from where it was: those who see it there are told that it is gone. */
const isMoved = 'OLD.tenant <> NEW.tenant OR OLD.id <> NEW.id OR OLD.owner <> NEW.owner';

/** What each kind of write logs: of which row, and the properties that it touched. */
function triggersOf(set: AggregateSet, mode: ChangeLogMode): readonly (readonly [name: string, text: string])[] {
  if (mode === 'off') return [];
  const now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
  const logged = (row: 'OLD' | 'NEW', kind: string, properties: string): string => {
    const values = [`${row}.tenant`, `${row}.id`, `${row}.owner`, `${row}.version`, quoteText(kind)];
    return `INSERT INTO ${quoteName(changeTable(set.name))} (tenant, id, owner, version, kind, properties, at)
      SELECT ${[...values, mode === 'full' ? properties : 'NULL', now].join(', ')}`;
  };
  const trigger = (event: string, when: string, statements: readonly string[]) => {
    const name = `${set.name}_logs_${event.toLowerCase()}`;
    const text = `CREATE TRIGGER ${quoteName(name)} AFTER ${event} ON ${quoteName(set.name)} ${when} BEGIN
      ${statements.join('; ')}; END`;
    return [name, text] as const;
  };
  const all = "(SELECT json_group_array(key ORDER BY key) FROM json_each(NEW.document) WHERE key <> '$version')";
  const ended = logged('OLD', 'deleted', "'[]'");
  return [
    trigger('INSERT', '', [logged('NEW', 'created', all)]),
    // What an update leaves as it was keeps its version.
    trigger('UPDATE', `WHEN ${untold} AND (OLD.version <> NEW.version OR ${isMoved})`, [
      `${ended} WHERE ${isMoved}`,
      logged('NEW', 'updated', changedPaths(set)),
    ]),
    trigger('DELETE', '', [ended]),
  ];
}

function digest(set: AggregateSet, mode: ChangeLogMode): string {
  return createHash('sha256')
    .update(JSON.stringify(triggersOf(set, mode)))
    .digest('hex');
}

interface LogState {
  readonly mode: ChangeLogMode;
  readonly definition: string;
}

function stateOf(database: DatabaseSync, { name }: AggregateSet): LogState | undefined {
  const row = database.prepare('SELECT mode, definition FROM change_log WHERE entity_set = ?').get(name);
  return row as LogState | undefined;
}

/** Whether the changes of an entity set are logged as they shall be. */
export function hasTriggers(database: DatabaseSync, set: AggregateSet, mode: ChangeLogMode): boolean {
  return stateOf(database, set)?.definition === digest(set, mode);
}

/**
 * Has the changes of an entity set logged as they shall be. They are triggers of the database, so that no way of writing
 * escapes them. Where there was no log for a while a new life of it begins: no position from before means anything.
 */
export function keepTriggers(database: DatabaseSync, set: AggregateSet, mode: ChangeLogMode): void {
  if (hasTriggers(database, set, mode)) return;
  for (const [name] of triggersOf(set, 'full')) database.exec(`DROP TRIGGER IF EXISTS ${quoteName(name)}`);
  for (const [, text] of triggersOf(set, mode)) database.exec(text);
  const epoch = `CASE mode WHEN 'off' THEN excluded.epoch ELSE epoch END`;
  database
    .prepare(
      `INSERT INTO change_log (entity_set, mode, definition, epoch) VALUES (?, ?, ?, ?)
      ON CONFLICT (entity_set) DO UPDATE SET mode = excluded.mode, definition = excluded.definition, epoch = ${epoch}`,
    )
    .run(set.name, mode, digest(set, mode), randomUUID());
}
