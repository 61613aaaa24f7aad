import type { JsonValue } from '../../protocol/json/json-value.js';

/** The JSON of a column that was parsed before it was asked for. */
export class ParsedColumn {
  constructor(
    readonly value: JsonValue,
    readonly bytes: number,
  ) {}
}
