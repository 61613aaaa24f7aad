import type { Property } from '../edm/model.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import type { BodyFormat } from './body-format.js';
import { jsonValue, plainValue } from './plain-value.js';
import { DynamicReader } from './read-dynamic.js';

/** A transform made nothing of a value: it is as good as absent. */
export const notGiven = Symbol('not given');

/** Applies the transforms of properties to what a body says of them. */
export class TransformingReader extends DynamicReader {
  constructor(protected readonly format: BodyFormat) {
    super();
  }

  /**
   * What the property's `@Transform` makes of a value of a body: undefined where that is a fault, `notGiven` where it makes
   * nothing of it.
   */
  protected transformed(
    { name, onRead }: Property,
    value: JsonValue,
    target: string,
    owner: JsonObject = { [name]: value },
  ): JsonValue | typeof notGiven | undefined {
    if (onRead === undefined || this.format.isOwn === true) return value;
    try {
      const made = onRead(plainValue(value), () => plainValue(owner) as object);
      if (made === undefined) return notGiven;
      const json = jsonValue(made, value);
      if (json !== undefined) return json;
      return this.fault('typeMismatch', target, `'${target}' is transformed to what is no JSON value.`);
    } catch (error) {
      const message = (error as Partial<Error> | undefined)?.message ?? String(error);
      return this.fault('valueNotAllowed', target, `'${target}': ${message.replace(/\.$/, '')}.`);
    }
  }
}
