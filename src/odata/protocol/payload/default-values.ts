import type { Property, StructuredType } from '../edm/model.js';
import type { JsonValue } from '../json/json-value.js';

/** A property, and what a new value has where nothing is said of it. */
export type Defaulted = Property & { readonly default: JsonValue };

const known = new WeakMap<StructuredType, readonly Defaulted[]>();

/** The properties of a type that have a default value (OData CSDL 4.01, 7.2.7): most types have none. */
export function defaultsOf(type: StructuredType): readonly Defaulted[] {
  let found = known.get(type);
  if (found === undefined) {
    found = [...type.properties.values()].filter((one): one is Defaulted => one.default !== undefined);
    known.set(type, found);
  }
  return found;
}
