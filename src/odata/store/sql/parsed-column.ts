import type { JsonValue } from '../../protocol/json/json-value.js';

/** The JSON of a column that was parsed before it was asked for. */
export class ParsedColumn {
  readonly value: JsonValue;
  readonly bytes: number;

  constructor(value: JsonValue, bytes: number) {
    this.value = value;
    this.bytes = bytes;
  }
}
