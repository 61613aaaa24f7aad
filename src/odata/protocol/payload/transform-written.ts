import type { Property, StructuredType } from '../edm/model.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { dtoOf, dtoValue } from './dto.js';
import { jsonValue } from './plain-value.js';
import { ValueReader } from './read-values.js';

/** Reads what a transform gives by the type of its property. The rules are for what comes in: what is written may be masked. */
class WrittenReader extends ValueReader {
  constructor() {
    super({ version: '4.01', ieee754Compatible: false, isOwn: true, isPartial: true });
  }

  value(property: Property, json: JsonValue): JsonValue {
    const read = this.property(property, json, { target: property.name, path: [], mode: 'create' });
    this.finish();
    return read ?? null;
  }

  protected override rulesOf(): Property['rules'] {
    return [];
  }
}

/** What has the property, where it is known. */
interface Owner {
  readonly type: StructuredType;
  readonly value: JsonObject;
}

/**
 * What a property's `@Transform` makes of a value that is written, in stored form. One that is null has nothing to be
 * transformed, as with class-transformer what is absent has not.
 * @throws Error where the transform fails, or gives what is not of the type of the property: no body is better than a wrong one
 */
export function transformWritten(property: Property, stored: JsonValue, owner?: Owner): JsonValue {
  const { name, onWrite, collection } = property;
  if (onWrite === undefined || (stored === null && !collection)) return stored;
  const value = dtoValue(property, stored);
  try {
    const made = onWrite(value, () => (owner === undefined ? { [name]: value } : dtoOf(owner.type, owner.value)));
    const json = jsonValue(made ?? null, stored);
    if (json === undefined) throw new Error('it gives what is no JSON value');
    return new WrittenReader().value(property, json);
  } catch (error) {
    const place = owner === undefined ? name : `${owner.type.name}.${name}`;
    const message = (error as Partial<Error> | undefined)?.message ?? String(error);
    throw new Error(`${place}: its @Transform cannot be written: ${message}`, { cause: error });
  }
}
