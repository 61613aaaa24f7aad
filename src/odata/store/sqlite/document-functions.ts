/**
 * Functions on documents that SQLite lacks: what happens at many paths at once. Texts of JSON in, a text of JSON out. Node
 * runs this file as it stands when the sources are not compiled, so it imports types only.
 */
import type { DatabaseSync } from 'node:sqlite';

type Path = readonly string[];
type Json = Record<string, unknown>;

/** What a change names inside an entity. */
interface Inside {
  readonly path: Path;
  readonly defaults?: Json;
}

/** Parses a document; a number that a double does not hold keeps its text. */
function parse(text: string): unknown {
  const keep = (_: string, value: unknown, context: { readonly source?: string }): unknown =>
    typeof value === 'number' && context.source !== undefined && String(value) !== context.source
      ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(context.source)
      : value;
  return (JSON.parse as (text: string, reviver: typeof keep) => unknown)(text, keep);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, name) => (isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    document,
  );
}

/** Sets a member in a document of objects without prototype, making those on the way. */
function setAt(document: Json, path: Path, value: unknown): void {
  let object = document;
  for (const name of path.slice(0, -1)) object = (object[name] ??= Object.create(null) as Json) as Json;
  object[path.at(-1) ?? ''] = value;
}

/**
 * A document without the values at some paths, and in which objects keep some members only.
 * @param reduction `{"clear": [path, …], "retain": [{"path", "names"}, …]}`
 */
function reduced(document: string, reduction: string): string {
  const value = parse(document);
  const { clear, retain } = JSON.parse(reduction) as {
    readonly clear: readonly Path[];
    readonly retain: readonly { readonly path: Path; readonly names: readonly string[] }[];
  };
  for (const path of clear) {
    const owner = valueAt(value, path.slice(0, -1));
    if (isObject(owner)) Reflect.deleteProperty(owner, path.at(-1) ?? '');
  }
  for (const { path, names } of retain) {
    const object = valueAt(value, path);
    const kept = new Set(names);
    if (!isObject(object)) continue;
    for (const name of Object.keys(object)) if (!kept.has(name)) Reflect.deleteProperty(object, name);
  }
  return JSON.stringify(value);
}

/**
 * The merge patch that gives entities the members that they had no value of.
 * @param inside `[{"path", "defaults"}, …]`
 */
function defaults(before: string, inside: string): string {
  const document = parse(before);
  const patch = Object.create(null) as Json;
  for (const { path, defaults: members = {} } of JSON.parse(inside) as readonly Inside[]) {
    for (const [name, value] of Object.entries(members))
      if (valueAt(document, [...path, name]) === undefined) setAt(patch, [...path, name], value);
  }
  return JSON.stringify(patch);
}

/**
 * The merge patch that gives objects members where there were none.
 * @param makes `[{"path", "members": text}, …]`
 */
function made(before: string, makes: string): string {
  const document = parse(before);
  const patch = Object.create(null) as Json;
  for (const { path, members } of JSON.parse(makes) as readonly { readonly path: Path; readonly members: string }[]) {
    if (isObject(valueAt(document, path))) continue;
    for (const [name, value] of Object.entries(parse(members) as Json)) setAt(patch, [...path, name], value);
  }
  return JSON.stringify(patch);
}

/**
 * The merge patch that gives entities that are not as they were another version.
 * @param inside `[{"path"}, …]`
 */
function versions(before: string, after: string, next: number, inside: string): string {
  const [old, now] = [parse(before), parse(after)];
  const patch = Object.create(null) as Json;
  for (const { path } of JSON.parse(inside) as readonly Inside[]) {
    const value = valueAt(now, path);
    if (!isObject(value) || JSON.stringify(value) === JSON.stringify(valueAt(old, path))) continue;
    setAt(patch, [...path, '$version'], next);
  }
  return JSON.stringify(patch);
}

/** Adds the functions to a connection; null in gives null out. */
export function addFunctions(database: DatabaseSync): void {
  const functions = { odata_reduced: reduced, odata_defaults: defaults, odata_made: made, odata_versions: versions };
  for (const [name, body] of Object.entries(functions)) {
    database.function(name, { deterministic: true, varargs: true }, (...values) =>
      values.includes(null) ? null : (body as (...known: unknown[]) => string)(...values),
    );
  }
}
