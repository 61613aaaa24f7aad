import type { PropertyPath } from '../uri/syntax-tree.js';

/** The names of the properties on a path, without the casts. */
export function propertyNamesOf({ segments }: Pick<PropertyPath, 'segments'>): readonly string[] {
  return segments.filter(({ qualified }) => !qualified).map(({ name }) => name);
}
