import { isJsonObject, JsonNumber, type JsonValue } from './json-value.js';

/** Whether two values are the same JSON: the order of members says nothing, a number kept as text is its digits. */
export function isSameJson(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one))
    return (
      Array.isArray(other) && one.length === other.length && one.every((item, index) => isSameJson(item, other[index]))
    );
  if (one instanceof JsonNumber) return other instanceof JsonNumber && one.text === other.text;
  if (!isJsonObject(one) || !isJsonObject(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSameJson(one[name], other[name]))
  );
}
