import { isJsonObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { type Change, type StoredPath, valueAt } from './change.js';

/** What a change does to a value, as stores do it to an entity. */
export type ValueChange = Pick<Change, 'clear' | 'retain' | 'patch' | 'insert' | 'makes'>;

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([other]) => other !== name));
}

/** An object whose member at a path is what a function makes of it; what it gives no value is not there. */
export function changedAt(
  object: JsonObject,
  [name = '', ...rest]: StoredPath,
  change: (value: JsonValue | undefined) => JsonValue | undefined,
): JsonObject {
  const before = Object.hasOwn(object, name) ? object[name] : undefined;
  if (rest.length > 0 && !isJsonObject(before)) return object;
  const now = rest.length === 0 ? change(before) : changedAt(before as JsonObject, rest, change);
  return now === undefined ? without(object, name) : { ...object, [name]: now };
}

/** JSON merge patch (RFC 7396). */
function merged(value: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const before = new Map(Object.entries(isJsonObject(value) ? value : {}));
  for (const [name, member] of Object.entries(patch)) {
    if (member === null) before.delete(name);
    else before.set(name, merged(before.get(name), member));
  }
  return Object.fromEntries(before);
}

/** A value as a change leaves it: what is inside an item of a collection has no path that a store knows. */
export function applied(
  value: JsonObject,
  { clear = [], retain = [], patch, insert, makes = [] }: ValueChange,
): JsonObject {
  let now = value;
  for (const path of clear) now = path.length === 0 ? {} : changedAt(now, path, () => undefined);
  for (const { path, names } of retain) {
    const kept = (inner: JsonValue | undefined) =>
      isJsonObject(inner) ? Object.fromEntries(Object.entries(inner).filter(([name]) => names.includes(name))) : inner;
    now = path.length === 0 ? (kept(now) as JsonObject) : changedAt(now, path, kept);
  }
  now = merged(now, patch) as JsonObject;
  for (const { path, members } of makes)
    if (!isJsonObject(valueAt(value, path))) now = changedAt(now, path, (made) => merged(made, members));
  if (insert === undefined) return now;
  const { path, item, index } = insert;
  return changedAt(now, path, (found) => {
    const items = Array.isArray(found) ? [...found] : [];
    items.splice(index < 0 ? items.length + 1 + index : index, 0, item);
    return items;
  });
}
