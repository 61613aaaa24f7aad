import type { DatabaseSync } from 'node:sqlite';
import type { AggregateSet, StreamPath } from '../aggregate-store.js';
import { contentTable } from '../sql/sql-media.js';
import { jsonPath, sqliteDialect } from './sqlite-dialect.js';

function quoteName(name: string): string {
  return sqliteDialect.name(name);
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The parts of a path between its collections. */
function partsOf(path: StreamPath): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const name of path) {
    if (name === null) parts.push([]);
    else parts.at(-1)?.push(name);
  }
  return parts;
}

/** The contents that a document refers to at a path, as rows of `id`. */
function contentsAt(document: string, path: StreamPath): string {
  const parts = partsOf([...path, 'content']);
  const members = parts.slice(0, -1).map((part, at) => {
    const source = at === 0 ? document : `m${at - 1}.value`;
    return `json_each(${source}, ${quoteText(jsonPath(part))}) AS m${at}`;
  });
  const last = members.length === 0 ? document : `m${members.length - 1}.value`;
  const id = `${last} ->> ${quoteText(jsonPath(parts.at(-1) ?? []))}`;
  return `SELECT ${id} AS id${members.length === 0 ? '' : ` FROM ${members.join(', ')}`}`;
}

function contentsOf(document: string, paths: readonly StreamPath[]): string {
  return `SELECT id FROM (${paths.map((path) => contentsAt(document, path)).join(' UNION ALL ')}) WHERE id IS NOT NULL`;
}

/** Whether an update may have changed what is referred to: most do not. */
function mayDiffer(paths: readonly StreamPath[]): string {
  const places = new Set(paths.map((path) => quoteText(jsonPath(partsOf(path)[0] ?? []))));
  const differs = [...places].map((place) => `(OLD.document -> ${place}) IS NOT (NEW.document -> ${place})`);
  return differs.join(' OR ');
}

/** The triggers by name: contents are used while a document refers to them, whoever writes it. */
function definitionsOf({ name, streams = [] }: AggregateSet): ReadonlyMap<string, string> {
  const definitions = new Map<string, string>();
  if (streams.length === 0) return definitions;
  const now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
  const [before, after] = [contentsOf('OLD.document', streams), contentsOf('NEW.document', streams)];
  const used = `UPDATE ${contentTable} SET unused_since = NULL WHERE tenant = NEW.tenant AND id IN (${after});`;
  const unused = (except: string): string => `UPDATE ${contentTable} SET unused_since = ${now}
      WHERE tenant = OLD.tenant AND unused_since IS NULL AND id IN (${before})${except};`;
  const trigger = (event: string, when: string, steps: string): void => {
    const named = `${name}_media_${event.split(' ', 1)[0]?.toLowerCase() ?? ''}`;
    const text = `CREATE TRIGGER ${quoteName(named)} AFTER ${event} ON ${quoteName(name)}${when} BEGIN
      ${steps} END`;
    definitions.set(named, text);
  };
  trigger('INSERT', '', used);
  trigger('UPDATE OF document', ` WHEN ${mayDiffer(streams)}`, `${unused(` AND id NOT IN (${after})`)} ${used}`);
  trigger('DELETE', '', unused(''));
  return definitions;
}

function presentIn(database: DatabaseSync, { name }: AggregateSet): readonly { name: string; sql: string }[] {
  return database
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? AND name LIKE ?")
    .all(name, `${name}_media_%`) as { name: string; sql: string }[];
}

/** Whether it is known which contents the members of an entity set refer to. */
export function hasMediaTriggers(database: DatabaseSync, set: AggregateSet): boolean {
  const wanted = definitionsOf(set);
  if (wanted.size === 0) return true;
  const texts = new Set(presentIn(database, set).map(({ sql }) => sql));
  return [...wanted.values()].every((text) => texts.has(text));
}

/** Keeps the triggers that the streams of an entity set need, and no others. */
export function keepMediaTriggers(database: DatabaseSync, set: AggregateSet): void {
  const wanted = definitionsOf(set);
  const kept = new Set<string>();
  for (const { name, sql } of presentIn(database, set)) {
    if (wanted.get(name) === sql) kept.add(name);
    else database.exec(`DROP TRIGGER ${quoteName(name)}`);
  }
  for (const [name, text] of wanted) if (!kept.has(name)) database.exec(text);
}
