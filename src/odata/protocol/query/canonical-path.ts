import { keyOf } from '../edm/key-text.js';
import { keyedEntityPath } from '../payload/keyed-path.js';
import type { BoundPath } from './bound.js';
import { containedPath, type EntityPath } from '../uri/entity-path.js';

/** The canonical path of an entity set. */
export function setPath(name: string): EntityPath {
  return { url: name, text: name };
}

/**
 * The canonical path of what a path leads to (OData 4.01 URL Conventions 4.3.1): what is referred to is a member of its
 * own entity set.
 * @param anchor key text of the last entity on the way that another one refers to, where the path does not say it
 */
export function canonicalPath({ root, key, steps, isSingleton }: BoundPath, anchor?: string): EntityPath {
  const set = setPath(root.name);
  let path = isSingleton || key === undefined ? set : keyedEntityPath(set, root.type, keyOf(root.type, key));
  for (const [at, { property, key: inner, index }] of steps.entries()) {
    const target = property.kind === 'navigation' ? property.target : undefined;
    const isEnd = at === steps.length - 1;
    if (target === undefined) path = containedPath(path, property.name);
    else if (inner !== undefined) path = setPath(target.name);
    else if (isEnd && property.collection) return setPath(target.name);
    else if (anchor !== undefined)
      path = keyedEntityPath(setPath(target.name), target.type, keyOf(target.type, anchor));
    else path = containedPath(path, property.name);
    if (inner !== undefined && property.kind === 'navigation')
      path = keyedEntityPath(path, property.type, keyOf(property.type, inner));
    if (index !== undefined) path = containedPath(path, String(index));
  }
  return path;
}

/** The collection that the entity at the end of a path is a member of, as context URLs name it. */
export function collectionOf(path: BoundPath, anchor?: string): string | undefined {
  const last = path.steps.at(-1);
  if (last === undefined) return path.isSingleton ? undefined : path.root.name;
  if (last.property.kind === 'navigation' && last.property.target !== undefined) return last.property.target.name;
  if (last.key === undefined) return undefined;
  const owner = canonicalPath({ ...path, steps: path.steps.slice(0, -1) }, anchor);
  return containedPath(owner, last.property.name).text;
}
