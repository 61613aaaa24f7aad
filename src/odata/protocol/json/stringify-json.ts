import type { JsonValue } from './json-value.js';

/** The JSON text of a value; numbers kept as text are written as they were sent. */
export function stringifyJson(value: JsonValue): string {
  return JSON.stringify(value);
}
