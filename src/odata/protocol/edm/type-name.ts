import type { ItemType } from './model.js';
import type { TypeDefinition } from './schema.js';

/** The name of a declared type: that of its type definition, where it is one. */
export function declaredTypeName(
  {
    type,
    definition,
  }: { readonly type: Exclude<ItemType, undefined>; readonly definition?: TypeDefinition | undefined },
  collection = false,
): string {
  if (definition === undefined) return typeName(type, collection);
  return collection ? `Collection(${definition.qualifiedName})` : definition.qualifiedName;
}

/** The qualified name of a type, or of a collection of it, as metadata and payloads have it. */
export function typeName(type: Exclude<ItemType, undefined>, collection = false): string {
  const name = type.kind === 'primitive' ? type.name : type.qualifiedName;
  return collection ? `Collection(${name})` : name;
}
