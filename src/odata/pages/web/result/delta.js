import { control } from '../model/paths.js';

/**
 * Answers of delta links (OData 4.01 JSON 15), laid on the rows that are there.
 * @typedef {import('./columns.js').Row} Row
 * @typedef {{ kind: 'changed' | 'added' | 'removed', id: string }} Change
 */

/** The id of what is gone, in a delta answer of either version. @param {Row} item @returns {string | undefined} */
function removedId(item) {
  if (!('@removed' in item) && !('reason' in item)) return undefined;
  return control(item, 'id') ?? (typeof item.id === 'string' ? item.id : undefined);
}

/**
 * @param {readonly Row[]} rows
 * @param {readonly Row[]} changes
 * @param {(row: Row) => string | undefined} idOf
 * @param {(id: string) => string} idOfUrl what `idOf` gives for the entity that a URL names
 * @returns {{ rows: Row[], changes: Change[] }}
 */
export function withChanges(rows, changes, idOf, idOfUrl) {
  const byId = new Map(rows.map((row, index) => [idOf(row) ?? `#${index}`, row]));
  /** @type {Change[]} */
  const made = [];
  for (const item of changes) {
    const removed = removedId(item);
    if (removed !== undefined) {
      const id = idOfUrl(removed);
      if (byId.delete(id)) made.push({ kind: 'removed', id });
      continue;
    }
    const id = idOf(item);
    if (id === undefined) continue;
    made.push({ kind: byId.has(id) ? 'changed' : 'added', id });
    byId.set(id, { ...byId.get(id), ...item });
  }
  return { rows: [...byId.values()], changes: made };
}
