import { isJsonObject, JsonNumber, type JsonValue } from '../json/json-value.js';

/**
 * What becomes of numbers that a double cannot hold: `double` is the nearest one, for code that knows only JavaScript's own;
 * `exact` leaves them as they are, for code that passes values on.
 */
export type NumberForm = 'double' | 'exact';

/** A JSON value for code of a service: objects of its own. */
export function plainValue(json: JsonValue, form: NumberForm = 'double'): unknown {
  if (json instanceof JsonNumber) return form === 'exact' ? json : Number(json.text);
  if (Array.isArray(json)) return json.map((item) => plainValue(item, form));
  if (!isJsonObject(json)) return json;
  return Object.fromEntries(Object.entries(json).map(([name, member]) => [name, plainValue(member, form)]));
}

/** The numbers in a value that a double cannot hold, by the double that they became; none where two became one. */
function exactNumbers(json: JsonValue, found = new Map<number, JsonNumber | undefined>()) {
  if (json instanceof JsonNumber) {
    const number = Number(json.text);
    const other = found.get(number);
    found.set(number, found.has(number) && other?.text !== json.text ? undefined : json);
  } else if (Array.isArray(json)) for (const item of json) exactNumbers(item, found);
  else if (isJsonObject(json)) for (const member of Object.values(json)) exactNumbers(member, found);
  return found;
}

type ExactNumbers = ReturnType<typeof exactNumbers>;

function jsonOf(value: unknown, exact: ExactNumbers): JsonValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'bigint':
      return new JsonNumber(value.toString());
    case 'number':
      return exact.get(value) ?? (Number.isFinite(value) ? value : undefined);
    case 'object':
      return value === null || value instanceof JsonNumber ? value : jsonOfObject(value, exact);
    default:
      return undefined;
  }
}

function jsonOfObject(value: object, exact: ExactNumbers): JsonValue | undefined {
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return jsonOf((value.toJSON as () => unknown).call(value), exact);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => jsonOf(item, exact));
    return items.includes(undefined) ? undefined : (items as JsonValue[]);
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const read = members.map(([name, member]) => [name, jsonOf(member, exact)] as const);
  return read.some(([, member]) => member === undefined)
    ? undefined
    : (Object.fromEntries(read) as Record<string, JsonValue>);
}

/**
 * The JSON value of what such code gave back; undefined where it is none: a function, an infinite number.
 * @param before what it was given: of the numbers that come back unchanged, no digit is lost
 */
export function jsonValue(value: unknown, before: JsonValue): JsonValue | undefined {
  return jsonOf(value, exactNumbers(before));
}
