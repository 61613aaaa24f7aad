/**
 * Edits that lead from one name to another: inserting, deleting, replacing a character (Levenshtein).
 * @param most how many are of interest: with more it gives up
 */
function distance(left: string, right: string, most: number): number {
  if (Math.abs(left.length - right.length) > most) return Infinity;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      const edits = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      next.push(edits);
      if (edits < least) least = edits;
    }
    if (least > most) return Infinity;
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
  const most = Math.max(1, Math.floor(name.length / 3));
  const near = [...candidates]
    .map((candidate) => ({ candidate, edits: distance(lower, candidate.toLowerCase(), most) }))
    .filter(({ edits }) => edits <= most)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3);
  return near.length === 0 ? '' : `; did you mean ${near.map(({ candidate }) => `'${candidate}'`).join(' or ')}?`;
}
