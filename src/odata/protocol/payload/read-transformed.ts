import type { Property } from '../edm/model.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import type { OnFault } from './fault-collector.js';
import { jsonValue, plainValue } from './plain-value.js';

/** A transform made nothing of a value: it is as good as absent. */
export const notGiven = Symbol('not given');

/** What is transformed, and where its faults go. */
interface Transformed {
  readonly value: JsonValue;
  readonly target: string;
  /** What has the property. */
  readonly owner?: JsonObject;
  readonly fault: OnFault;
}

/**
 * What a property's `@Transform` makes of a value of a body: undefined where that is a fault, `notGiven` where it makes
 * nothing of it.
 */
export function transformRead(
  { name, onRead }: Property,
  { value, target, owner = { [name]: value }, fault }: Transformed,
): JsonValue | typeof notGiven | undefined {
  if (onRead === undefined) return value;
  try {
    const made = onRead(plainValue(value), () => plainValue(owner) as object);
    if (made === undefined) return notGiven;
    const json = jsonValue(made, value);
    if (json !== undefined) return json;
    return fault('typeMismatch', target, `'${target}' is transformed to what is no JSON value.`);
  } catch (error) {
    const message = (error as Partial<Error> | undefined)?.message ?? String(error);
    return fault('valueNotAllowed', target, `'${target}': ${message.replace(/\.$/, '')}.`);
  }
}
