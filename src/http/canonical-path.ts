import { keyValues } from '../odata/edm/key-text.js';
import type { EntityType } from '../odata/edm/model.js';
import type { JsonObject } from '../odata/json/json-value.js';
import { keyedEntityPath } from '../odata/payload/write-entity.js';
import type { BoundPath } from '../odata/query/bound.js';
import { containedPath, type EntityPath } from '../odata/uri/entity-path.js';

/** The key of an entity from the text under which the store keeps it. */
export function keyOf(type: EntityType, text: string): JsonObject {
  const values = keyValues(type, text);
  return Object.fromEntries(type.key.map((name, index) => [name, values[index] ?? null]));
}

/** The canonical path of what a path leads to. */
export function canonicalPath({ root, key, steps, isSingleton }: BoundPath): EntityPath {
  const set = { url: root.name, text: root.name };
  let path = isSingleton || key === undefined ? set : keyedEntityPath(set, root.type, keyOf(root.type, key));
  for (const { property, key: inner } of steps) {
    path = containedPath(path, property.name);
    if (inner !== undefined && property.kind === 'navigation')
      path = keyedEntityPath(path, property.type, keyOf(property.type, inner));
  }
  return path;
}

/** The collection that the entity at the end of a path is a member of, as context URLs name it. */
export function collectionOf(path: BoundPath): string | undefined {
  const last = path.steps.at(-1);
  if (last === undefined) return path.isSingleton ? undefined : path.root.name;
  if (last.key === undefined) return undefined;
  const owner = canonicalPath({ ...path, steps: path.steps.slice(0, -1) });
  return containedPath(owner, last.property.name).text;
}
