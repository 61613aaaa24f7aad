import type { DatabaseSync } from 'node:sqlite';
import type { AggregateSet, IndexedPath } from '../aggregate-store.js';
import { changeTable } from '../change-log.js';
import type { MergedSet } from './row-merger.js';
import { indexColumn, sqliteDialect } from './sqlite-dialect.js';

function quoteName(name: string): string {
  return sqliteDialect.name(name);
}

/** What every column of an index begins with, see `indexColumn`. */
const prefix = indexColumn([]);

/** The value that the column of an index has. @param document expression */
export function indexedValue(document: string, { path, type }: IndexedPath): string {
  return sqliteDialect.scalar({ json: document, path }, type);
}

/** What the writer of an entity set has to know. */
export function mergedSet({ name, contained, indexes, order }: AggregateSet): MergedSet {
  return {
    name,
    contained,
    ...(order === undefined ? {} : { order }),
    table: quoteName(name),
    log: quoteName(changeTable(name)),
    indexes: indexes.map((index) => ({
      path: index.path,
      column: quoteName(indexColumn(index.path)),
      value: indexedValue(':document', index),
    })),
  };
}

/**
 * The condition that a row trigger of an update acts on what a statement wrote that did not say that it had done so itself.
 * One says that by setting `logged_version` to the version that it gives, together with it: the same number left from
 * before says nothing.
 */
export const untold = '(NEW.logged_version IS NOT NEW.version OR NEW.logged_version IS OLD.logged_version)';

/**
 * What an entity set needs for its indexes, in the text of the schema, by name. An index on an expression is rewritten with
 * every change of a document, one on a column only where the column is set. So each indexed value has a column; who writes
 * sets it where the value changes, or triggers do, so that no way of writing leaves it behind.
 */
function definitionsOf({ name: set, indexes }: AggregateSet): ReadonlyMap<string, string> {
  const table = quoteName(set);
  const definitions = new Map<string, string>();
  for (const { path } of indexes) {
    const index = `${set}_on_${path.join('_')}`;
    const columns = `tenant, ${quoteName(indexColumn(path))}, id`;
    definitions.set(index, `CREATE INDEX ${quoteName(index)} ON ${table} (${columns})`);
  }
  if (indexes.length === 0) return definitions;
  const names = indexes.map(({ path }) => quoteName(indexColumn(path)));
  const steps = indexes.map((index, at) => {
    const value = indexedValue('document', index);
    return `UPDATE ${table} SET ${names[at]} = ${value} WHERE rowid = NEW.rowid AND ${names[at]} IS NOT ${value};`;
  });
  const differs = indexes.map((index, at) => `NEW.${names[at]} IS NOT ${indexedValue('NEW.document', index)}`);
  const trigger = (event: string, on: string, when: string): void => {
    const name = `${set}_indexes_${event}`;
    const text = `CREATE TRIGGER ${quoteName(name)} AFTER ${on} ON ${table} WHEN ${when} BEGIN ${steps.join(' ')} END`;
    definitions.set(name, text);
  };
  trigger('insert', 'INSERT', differs.join(' OR '));
  trigger('update', `UPDATE OF document, ${names.join(', ')}`, `${untold} AND (${differs.join(' OR ')})`);
  return definitions;
}

/** What there is of all that in a file. */
function presentOf(database: DatabaseSync, { name }: AggregateSet) {
  const rows = database
    .prepare(
      `SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = ?
      AND ((type = 'index' AND name LIKE ?) OR (type = 'trigger' AND name LIKE ?))`,
    )
    .all(name, `${name}_on_%`, `${name}_indexes_%`) as { type: string; name: string; sql: string }[];
  const columns = database
    .prepare('SELECT name FROM pragma_table_info(?) WHERE substr(name, 1, ?) = ?')
    .all(name, prefix.length, prefix) as { name: string }[];
  return { definitions: rows, columns: columns.map((column) => column.name) };
}

/** Whether the entity set has the columns and indexes that the model declares. */
export function hasIndexes(database: DatabaseSync, set: AggregateSet): boolean {
  const { definitions } = presentOf(database, set);
  const texts = new Set(definitions.map(({ sql }) => sql));
  return [...definitionsOf(set).values()].every((text) => texts.has(text));
}

/**
 * Keeps the indexes that the model declares and no others, with their columns. A column that is new is filled, which writes
 * every row once.
 */
export function keepIndexes(database: DatabaseSync, set: AggregateSet): void {
  const wanted = definitionsOf(set);
  const { definitions, columns } = presentOf(database, set);
  const kept = new Set<string>();
  for (const { type, name, sql } of definitions) {
    if (wanted.get(name) === sql) kept.add(name);
    else database.exec(`DROP ${type} ${quoteName(name)}`);
  }
  const table = quoteName(set.name);
  const names = new Set(set.indexes.map(({ path }) => indexColumn(path)));
  for (const column of columns)
    if (!names.has(column)) database.exec(`ALTER TABLE ${table} DROP COLUMN ${quoteName(column)}`);
  const added = set.indexes.filter(({ path }) => !columns.includes(indexColumn(path)));
  // Of any type: the value that is in the document, as it is there.
  for (const { path } of added) database.exec(`ALTER TABLE ${table} ADD COLUMN ${quoteName(indexColumn(path))} ANY`);
  const filled = added.map((index) => `${quoteName(indexColumn(index.path))} = ${indexedValue('document', index)}`);
  if (filled.length > 0) database.exec(`UPDATE ${table} SET ${filled.join(', ')}`);
  for (const [name, text] of wanted) if (!kept.has(name)) database.exec(text);
}
