import type { StructuredType } from '../edm/model.js';
import type { JsonObject } from '../json/json-value.js';
import type { Fault } from '../odata-error.js';

export function dtoOf(type: StructuredType, stored: JsonObject): object {
  return Object.assign(Object.create(type.class.prototype as object) as object, stored);
}
export function hasObjectRules(_type: StructuredType): boolean {
  return false;
}
export function objectFaults(_type: StructuredType, _stored: JsonObject): readonly Fault[] {
  return [];
}
