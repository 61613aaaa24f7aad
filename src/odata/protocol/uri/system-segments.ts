/** Names behind `$` of the segments without arguments that stand first, and of those that stand behind others. */
export const firstOnly: ReadonlySet<string> = new Set(['all', 'batch', 'entity', 'metadata', 'root']);
export const laterOnly: ReadonlySet<string> = new Set(['each', 'query', 'ref', 'value']);

/** All that OData defines (OData 4.01 URL Conventions 4). */
const defined: ReadonlySet<string> = new Set([...firstOnly, ...laterOnly, 'count', 'crossjoin', 'filter']);

const dollarWord = /^\$([A-Za-z]+)(?=\(|%28|$)/;
const encodedDollar = /\/%24(\w+)(?=[/(]|%28|$)/g;

/**
 * Whether a segment that begins with `$` is one that OData defines; behind a collection any other is a key (OData 4.01 URL
 * Conventions 4.3.6).
 * @param segment with its `$` as it is
 */
export function isSystemSegment(segment: string): boolean {
  const [, name = ''] = dollarWord.exec(segment) ?? [];
  return defined.has(name.toLowerCase());
}

/**
 * A path whose system segments begin with `$`, percent-encoded or not: segments are decoded before they are interpreted
 * (OData 4.01 URL Conventions 2). No key stands first, so that whatever begins with `$` there is one of them. Another
 * segment keeps what it has encoded: it is a key.
 * @param path percent-encoded, behind the service root, with its leading slash, without its query
 */
export function withSystemSegments(path: string): string {
  if (!path.includes('%24')) return path;
  return path.replace(encodedDollar, (segment, name: string, at: number) => {
    const known = name.toLowerCase();
    // What is looked for by its route has the case of that.
    if (at === 0) return `/$${defined.has(known) ? known : name}`;
    return defined.has(known) ? `/$${name}` : segment;
  });
}
