/** https://tc39.es/proposal-json-parse-with-source/: a text that `JSON.stringify` takes as it stands. */
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => object };

/**
 * A JSON number that an IEEE 754 double cannot hold to the last digit, kept as the text that was sent. Whoever computes with
 * it takes the nearest double; `BigInt(number.text)` is an integer to the last digit.
 */
export class JsonNumber {
  constructor(readonly text: string) {}

  valueOf(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  /** `JSON.stringify` writes the digits as they are. */
  toJSON(): unknown {
    return rawJson(this.text);
  }
}

/**
 * A JSON object. It may have the prototype of every object, whose names are none of its own: a name that others choose is
 * looked up with `Object.hasOwn`.
 */
export interface JsonObject {
  [name: string]: JsonValue;
}

/** A parsed JSON value. Numbers that lose digits as a double are `JsonNumber`. */
export type JsonValue = null | boolean | number | string | JsonNumber | JsonValue[] | JsonObject;

/** Whether the value is a JSON object: not null, no array, no number kept as text. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** A copy of a value whose objects and arrays are its own. */
export function copyOf<T extends JsonValue>(value: T): T;
export function copyOf(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item) => copyOf(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)]));
}
