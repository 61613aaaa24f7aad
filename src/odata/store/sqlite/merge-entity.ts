/** What a change makes of an entity, as the statements of `statements.ts` have it, on texts of JSON. */
import { JsonText, Members, versionMember } from './json-text.ts';

type Path = readonly string[];

/** A change as the parameters of its statement have it. */
export interface EntityChangeText {
  readonly patch: string;
  /** `{"clear": [path, …], "retain": [{"path", "names"}, …]}` */
  readonly reduction: string | undefined;
  /** `[{"path", "defaults"}, …]` */
  readonly inside: string | undefined;
  /** `[{"path", "members": text}, …]` */
  readonly makes: string | undefined;
}

interface Made {
  readonly path: Path;
  readonly members: string;
}

interface Inside {
  readonly path: Path;
  readonly defaults?: Readonly<Record<string, unknown>>;
}

function insideOf({ inside }: EntityChangeText): readonly Inside[] {
  return inside === undefined ? [] : (JSON.parse(inside) as readonly Inside[]);
}

function madeOf({ makes }: EntityChangeText): readonly Made[] {
  return makes === undefined ? [] : (JSON.parse(makes) as readonly Made[]);
}

function reduced(entity: JsonText, reduction: string): JsonText {
  const { clear, retain } = JSON.parse(reduction) as {
    readonly clear: readonly Path[];
    readonly retain: readonly { readonly path: Path; readonly names: readonly string[] }[];
  };
  let left = entity;
  for (const path of clear) if (left.at(path) !== undefined) left = left.with(path, undefined);
  for (const { path, names } of retain) {
    const object = left.at(path);
    if (object?.isObject !== true) continue;
    const kept = new Set(names);
    left = left.with(path, new JsonText(new Members(object.members.all.filter(({ name }) => kept.has(name)))));
  }
  return left;
}

/** An entity after a change, its versions not renewed yet. @param entity as it is, or as it is made */
export function changedEntity(entity: JsonText, change: EntityChangeText): JsonText {
  const base = change.reduction === undefined ? entity : reduced(entity, change.reduction);
  let merged = base.merged(new JsonText(change.patch));
  for (const { path, members } of madeOf(change)) {
    if (entity.at(path)?.isObject === true) continue;
    for (const { name, value } of new JsonText(members).members.all) merged = merged.with([...path, name], value);
  }
  for (const { path, defaults = {} } of insideOf(change)) {
    for (const [name, value] of Object.entries(defaults)) {
      const at = [...path, name];
      if (entity.at(at) === undefined) merged = merged.with(at, new JsonText(JSON.stringify(value)));
    }
  }
  return merged;
}

/** The entity with a new version of those inside that are not as they were. */
export function withVersions(
  entity: JsonText,
  before: JsonText | undefined,
  { change, version }: { readonly change: EntityChangeText; readonly version: JsonText },
): JsonText {
  let versioned = entity;
  for (const { path } of insideOf(change)) {
    const inner = entity.at(path);
    if (inner?.isObject === true && !inner.is(before?.at(path)))
      versioned = versioned.with([...path, versionMember], version);
  }
  return versioned;
}

function differing(before: JsonText, after: JsonText, prefix: string): string[] {
  const [old, now] = [before.members, after.members];
  const names: string[] = [];
  for (const { name, value } of now.all)
    if (name !== versionMember && !value.is(old.get(name))) names.push(`${prefix}${name}`);
  for (const { name } of old.all) if (name !== versionMember && now.placeOf(name) < 0) names.push(`${prefix}${name}`);
  return names;
}

/**
 * The paths of the properties that differ, as the log of changes names them: of a contained entity, which is an object
 * before and after, one step further.
 */
export function changedPaths(before: JsonText, after: JsonText, contained: readonly string[]): readonly string[] {
  const paths = differing(before, after, '').flatMap((name) => {
    const [old, now] = [before.members.get(name), after.members.get(name)];
    const isInside = contained.includes(name) && old?.isObject === true && now?.isObject === true;
    return isInside ? differing(old, now, `${name}/`) : [name];
  });
  return inByteOrder(paths);
}

/** SQLite orders texts by their bytes, which is the order of code units but for characters beyond the first plane. */
function inByteOrder(names: readonly string[]): readonly string[] {
  const isPlain = names.every((name) => !/[\ud800-\udfff]/.test(name));
  return isPlain ? [...names].sort() : [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
