import type { StructuredType } from '../edm/model.js';
import type { JsonObject } from '../json/json-value.js';
import type { Fault } from '../odata-error.js';
import { define, dtoOf, faultsOfProperty, ruledProperties } from './dto.js';
import { plainValue } from './plain-value.js';
import { typeMember } from './stored-entity.js';

/** A new structured value while a body is read. */
export interface NewValue {
  readonly type: StructuredType;
  readonly json: JsonObject;
  /** What was read of its structural properties, in stored form. */
  readonly read: JsonObject;
  /** What was read of its navigation properties. */
  readonly inside: JsonObject | undefined;
  /** Names of members that are as good as absent. */
  readonly ignored: readonly string[];
  /** Whether the body says the type. */
  readonly isSaid: boolean;
}

/** The value as its class has it. What cannot be read, or is not yet, is there as it was sent, as class-validator would see it. */
export function wholeOf({ type, json, read, inside, ignored, isSaid }: NewValue): object {
  const named = isSaid && type.baseType !== undefined ? { [typeMember]: type.qualifiedName } : {};
  const dto = dtoOf(type, { ...named, ...read, ...inside });
  for (const [name, value] of Object.entries(json)) {
    if (value === null || !type.properties.has(name) || read[name] !== undefined || ignored.includes(name)) continue;
    define(dto, name, plainValue(value));
  }
  return dto;
}

/**
 * Runs the rules about the whole of a new value. A property that the body does not name, or says to be null, has none to
 * obey.
 * @param object the value as its class has it
 */
export function faultsOfWhole(
  { type, json, ignored }: NewValue,
  object: () => object,
  targetOf: (name: string) => string,
): readonly Fault[] {
  const properties = ruledProperties(type).filter(
    ({ name }) => Object.hasOwn(json, name) && json[name] !== null && !ignored.includes(name),
  );
  if (properties.length === 0) return [];
  const whole = object();
  return properties.flatMap((property) => faultsOfProperty(property, whole, targetOf(property.name)));
}
