import { ODataError } from '../protocol/odata-error.js';
import { parsePath } from '../protocol/uri/parse-path.js';

/** Whether a path begins at a cross join of entity sets (OData 4.01 URL Conventions 4.15). */
export function isCrossJoin(path: string): boolean {
  return /^\$crossjoin(?:\(|%28)/i.test(path);
}

/** The names of the sets of a cross join; an empty one where the path is not well-formed. */
export function joinedNames(path: string): readonly string[] {
  try {
    const [first] = parsePath(path).segments;
    return first?.kind === 'crossjoin' ? first.entitySets : [''];
  } catch (error) {
    if (error instanceof ODataError) return [''];
    throw error;
  }
}
