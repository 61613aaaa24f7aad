/** Edits that lead from one name to another: inserting, deleting, replacing a character (Levenshtein). */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/**
 * The names nearest to one that does not exist, as the end of a message: `; did you mean 'headline'?`, or nothing where
 * none is near.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  if (name.length > 64) return '';
  const lower = name.toLowerCase();
  const near = [...candidates]
    .map((candidate) => ({ candidate, edits: distance(lower, candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3);
  return near.length === 0 ? '' : `; did you mean ${near.map(({ candidate }) => `'${candidate}'`).join(' or ')}?`;
}
