import type { ItemType } from './model.js';

/** The qualified name of a type, or of a collection of it, as metadata and payloads have it. */
export function typeName(type: Exclude<ItemType, undefined>, collection = false): string {
  const name = type.kind === 'primitive' ? type.name : type.qualifiedName;
  return collection ? `Collection(${name})` : name;
}
