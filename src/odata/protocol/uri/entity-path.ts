import type { JsonValue } from '../json/json-value.js';

/**
 * The canonical path of an entity relative to the service root, `works('w')/summary`:
 * `url` percent-encoded, `text` as it stands in a context URL, where it is not (OData 4.01 Protocol 10).
 */
export interface EntityPath {
  readonly url: string;
  readonly text: string;
}

/** The canonical path of a member of an entity set with a string key (OData 4.01 URL Conventions 4.3.1). */
export function memberPath(entitySet: string, key: string): EntityPath {
  const quoted = key.replaceAll("'", "''");
  const encoded = encodeURIComponent(quoted);
  return { url: `${entitySet}('${encoded}')`, text: `${entitySet}('${quoted}')` };
}

/**
 * The canonical path of a member of a collection, by the literals of its key properties.
 * @param collection path of the entity set or of the collection-valued navigation property
 * @param key names and literals, as `keyLiteral` gives them
 */
export function keyedPath(
  collection: EntityPath,
  key: readonly (readonly [name: string, literal: string])[],
): EntityPath {
  const [first, ...others] = key;
  const predicate =
    others.length === 0 ? (first?.[1] ?? '') : key.map(([name, literal]) => `${name}=${literal}`).join(',');
  // Quotes, commas and the like stand in a path as they are.
  const encoded = encodeURIComponent(predicate).replaceAll('%2C', ',').replaceAll('%3D', '=').replaceAll('%3A', ':');
  return { url: `${collection.url}(${encoded})`, text: `${collection.text}(${predicate})` };
}

/** The canonical path of the entity that a single-valued containment navigation property holds. */
export function containedPath(parent: EntityPath, navigation: string): EntityPath {
  return { url: `${parent.url}/${navigation}`, text: `${parent.text}/${navigation}` };
}

/** A path segment with a key predicate of one string, positional or named: `Customers('ALFKI')`, `Customers(id='x')`. */
const keyedSegment = /^([^()'=]+)\((?:[A-Za-z_]\w*=)?'((?:[^']|'')*)'\)$/;

/** `set('a''b')` as `set/a'b`; undefined where the segment has no such key. */
function asSegments(segment: string): string | undefined {
  const match = keyedSegment.exec(segment.replaceAll('%27', "'").replaceAll('%28', '(').replaceAll('%29', ')'));
  if (match === null) return undefined;
  const [, name = '', key = ''] = match;
  return `${name}/${key.replaceAll("''", "'").replace(/^\$/, '%24')}`;
}

/**
 * Turns key predicates into key segments: `set('a''b')/nav` into `set/a'b/nav`. Both styles address the same resource
 * (OData 4.01 URL Conventions 4.3.6). A key that begins with `$` keeps it encoded, so that it is not taken for a system
 * segment. What is not well-formed is left as it is, and so is what follows a name without a key: it may be a key itself,
 * that looks like a name with one.
 * @param path percent-encoded, behind the service root, without its query
 */
export function keysToSegments(path: string): string {
  if (!path.includes('(') && !path.includes('%28')) return path;
  const segments = path.split('/');
  for (const [index, segment] of segments.entries()) {
    const found = asSegments(segment);
    if (found === undefined) break;
    segments[index] = found;
  }
  return segments.join('/');
}

function decoded(path: string): string {
  try {
    const segments = path.split('/').map((segment) => asSegments(segment) ?? segment);
    return decodeURIComponent(segments.join('/'));
  } catch {
    return path;
  }
}

/**
 * Whether an entity-id of a payload, absolute or relative, in either key style, is that of an entity.
 * @param url canonical URL of the entity, relative to the service root
 */
export function namesEntity(id: JsonValue, url: string): boolean {
  if (typeof id !== 'string') return false;
  const [path = ''] = id.split(/[?#]/, 1);
  return `/${decoded(path)}`.endsWith(`/${decoded(url)}`);
}
