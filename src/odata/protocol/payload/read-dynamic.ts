import { Edm, type PrimitiveType } from '../edm/primitive-types.js';
import { namesType } from '../edm/type-annotation.js';
import { isJsonObject, JsonNumber, type JsonValue } from '../json/json-value.js';
import { type OnFault, step, wellFormed } from './fault-collector.js';

/** Types whose values say it by their JSON: that of a dynamic property is kept only by it. */
const plainTypes: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  String: (value) => typeof value === 'string',
  Boolean: (value) => typeof value === 'boolean',
  ...Object.fromEntries(
    ['Byte', 'SByte', 'Int16', 'Int32', 'Int64', 'Decimal', 'Single', 'Double'].map((name) => [
      name,
      (value: JsonValue) => typeof value === 'number' || value instanceof JsonNumber,
    ]),
  ),
};

/** A name that a property can have (OData CSDL 4.01, 15.2), and an object of JavaScript too. */
export const identifier = /^(?!__proto__$)[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}\p{Cf}]{0,127}$/u;

/** The types whose values are text where only doubles are read (JSON Format 4.01, 3.2), by how they are annotated. */
const exactTypes = [Edm.Int64, Edm.Decimal] as const;

/** A dynamic number, or several, out of the text that a client writes who says its type. */
export function exactDynamic(annotation: JsonValue, value: JsonValue): JsonValue {
  const read = (type: PrimitiveType, one: JsonValue): JsonValue =>
    typeof one === 'string' ? (type.read(one, { ieee754Compatible: true }) ?? one) : one;
  for (const type of exactTypes) {
    if (namesType(annotation, type.name)) return read(type, value);
    if (namesType(annotation, `Collection(${type.name})`) && Array.isArray(value))
      return value.map((one) => read(type, one));
  }
  return value;
}

/** Holds a dynamic property to the type that it says: one that a reader takes from its JSON (JSON Format 4.5.3). */
export function checkDynamicType(
  annotation: JsonValue,
  value: JsonValue,
  { target, fault }: { readonly target: string; readonly fault: OnFault },
): void {
  const isItem = (name: string, item: JsonValue): boolean =>
    namesType(annotation, `Edm.${name}`) && (plainTypes[name]?.(item) ?? false);
  const areItems = (name: string): boolean =>
    namesType(annotation, `Collection(Edm.${name})`) &&
    Array.isArray(value) &&
    value.every((item) => item === null || plainTypes[name]?.(item));
  if (value === null || Object.keys(plainTypes).some((name) => isItem(name, value) || areItems(name))) return;
  fault('notImplemented', target, `A dynamic property of the type that '${target}' says is not implemented.`);
}

/** A property that an open type does not declare: what its JSON says (OData CSDL 4.01, 6.3). */
export function readDynamic(value: JsonValue, target: string, fault: OnFault): JsonValue | undefined {
  if (typeof value === 'string' && !wellFormed(value))
    return fault('invalidCharacters', target, `'${target}' holds U+0000 or half a surrogate pair.`);
  if (value instanceof JsonNumber && !Number.isFinite(Number(value.text)))
    return fault('valueOutOfRange', target, `'${target}' is outside of the numbers that are kept.`);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) readDynamic(item, step(target, index), fault);
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const inner = step(target, name);
      if (identifier.test(name)) readDynamic(member, inner, fault);
      else fault('notImplemented', inner, `'${inner}' in a dynamic value is not implemented.`);
    }
  }
  return value;
}
