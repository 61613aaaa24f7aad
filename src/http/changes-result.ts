import { keyObject } from '../odata/edm/key-text.js';
import { keyedEntityPath } from '../odata/payload/write-entity.js';
import type { BoundOptions } from '../odata/query/bind-options.js';
import { selectionOf } from '../odata/query/bind-selection.js';
import type { BoundPath } from '../odata/query/bound.js';
import type { ChangesResult as ChangesRead } from '../odata/query/changes.js';
import { isLatest, type TrackingLinks } from './change-tracking.js';
import type { Protocol } from './protocol.js';
import type { ChangesResult } from './results.js';

/** The members of a set in a context URL; a cast narrows them (10.4). */
export function contextOf({ root, entity: { type } }: BoundPath): string {
  return type.qualifiedName === root.type.qualifiedName ? root.name : `${root.name}/${type.qualifiedName}`;
}

/**
 * Whether the changes of a result are asked for. A preference that cannot be heeded is ignored (RFC 7240, 2): the members
 * that a bound leaves, and aggregates, have no changes; a delta payload of 4.0 has no entities inside (JSON Format 15.4).
 */
export function asksForChanges(path: BoundPath, { query, preferences, version }: Protocol): boolean {
  if (path.function !== undefined || isLatest(query)) return true;
  if (preferences.trackChanges === undefined || path.isSingleton || path.key !== undefined) return false;
  if (path.suffix !== undefined || (version === '4.0' && query.expand !== undefined)) return false;
  const { apply, top, skip, skiptoken } = query;
  return [apply, top, skip, skiptoken].every((option) => option === undefined);
}

/** What is read of a tracked query. */
export interface TrackedReading {
  readonly path: BoundPath;
  readonly options: BoundOptions;
  readonly protocol: Protocol;
  readonly size: number;
}

/** The answer that tells a page of changes, with the link to the next page or to what changes from then on. */
export function changesResult(
  { path, options, protocol, size }: TrackedReading,
  { rows, end }: ChangesRead & { readonly kind: 'changes' },
  links: TrackingLinks,
): Omit<ChangesResult, 'applied'> {
  const { name, type } = path.root;
  const kept = rows.slice(0, size);
  const last = kept.at(-1);
  const more = rows.length > size && last !== undefined;
  const items = kept.map((row) => {
    const key = keyObject(type, row.id);
    const at = keyedEntityPath({ url: name, text: name }, type, key);
    return row.kind === 'present'
      ? { path: at, key, value: row.entity }
      : { path: at, key, value: undefined, reason: row.reason };
  });
  return {
    kind: 'changes',
    type: path.entity.type,
    set: name,
    context: contextOf(path),
    items,
    selection: selectionOf(options.shape),
    next: more ? links.changes(last.position) : undefined,
    delta: more ? undefined : links.delta(end),
    pageSize: protocol.preferences.maxPageSize === undefined ? undefined : size,
    form: path.function === undefined ? 'odata' : 'graph',
  };
}
