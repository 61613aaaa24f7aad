import { JsonNumber, type JsonValue } from '../../odata/json/json-value.js';
import { stringifyJson } from '../../odata/json/stringify-json.js';

/** A value that a statement takes. */
export type SqlParameter = string | number | bigint | null;

/** The SQL value of a stored primitive one; truth is 1 and 0. */
export function sqlValue(value: JsonValue): SqlParameter {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof JsonNumber) return /^-?\d+$/.test(value.text) ? integer(value.text) : Number(value.text);
  return typeof value === 'object' && value !== null ? stringifyJson(value) : value;
}

/** Beyond 64 bits an integer is as good as a double. */
function integer(text: string): bigint | number {
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : Number(value);
}

/** The parameters of one statement: every value that comes from a request is one. */
export class Parameters {
  readonly values: Record<string, SqlParameter> = {};
  #count = 0;

  /** Adds a value; gives the placeholder. */
  add(value: SqlParameter): string {
    const name = `p${++this.#count}`;
    this.values[name] = value;
    return `:${name}`;
  }

  named(name: string, value: SqlParameter): string {
    this.values[name] = value;
    return `:${name}`;
  }
}
