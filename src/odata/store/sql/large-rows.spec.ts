import { describe, expect, it } from '@jest/globals';
import { type Work, workingFor } from '../../work.js';
import { preparedRows } from './large-rows.js';
import { ParsedColumn } from './parsed-column.js';
import { jsonOf, type SqlRow } from './rows.js';

/** Rows whose documents have about so many characters each. */
function rowsOf(count: number, characters: number): readonly SqlRow[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${index}`,
    document: JSON.stringify({ index, words: Array.from({ length: characters / 10 }, () => 'seven77') }),
  }));
}

/** What becomes of rows, and the bytes that were held for them. */
async function prepared(rows: readonly SqlRow[]): Promise<{ readonly made: readonly SqlRow[]; readonly held: number }> {
  let held = 0;
  const work: Work = { callerName: 'a', isAbandoned: false, hold: (bytes) => (held += bytes) };
  return { made: await workingFor(work, async () => preparedRows(rows)), held };
}

describe('rows of a result', () => {
  it('stay as they are where they have little JSON together', async () => {
    const rows = rowsOf(10, 1000);
    expect(await prepared(rows)).toEqual({ made: rows, held: 0 });
  });

  it('are parsed by who reads them, and their memory is asked for, where it is some', async () => {
    const rows = rowsOf(100, 1000);
    const { made, held } = await prepared(rows);
    expect(made).toBe(rows);
    // The text, with its values: 100 words, their array and the object of each row.
    expect(held).toBeGreaterThan(100 * 1000 * 2 + 100 * 100 * 48);
  });

  it.each([
    ['many', rowsOf(1000, 1000)],
    ['large', rowsOf(3, 300_000)],
    ['large and small', [...rowsOf(2, 100), ...rowsOf(2, 200_000), ...rowsOf(2, 100), ...rowsOf(80, 5000)]],
  ])('are parsed where they are %s', async (_, rows) => {
    const { made, held } = await prepared(rows);
    const characters = rows.reduce((sum, { document }) => sum + (document as string).length, 0);
    expect(made.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(made.every(({ document }) => document instanceof ParsedColumn)).toBe(true);
    expect(made.map(({ document }) => jsonOf(document))).toEqual(
      rows.map(({ document }) => JSON.parse(document as string) as unknown),
    );
    expect(held).toBeGreaterThan(2 * characters + (characters / 10) * 48 * 0.9);
  });

  it('are told from what has no JSON', async () => {
    const rows: readonly SqlRow[] = [{ count: '3', document: null }, ...rowsOf(1, 400_000)];
    const { made } = await prepared(rows);
    expect(made[0]).toBe(rows[0]);
  });

  it('fail where there is no memory for them', async () => {
    const work: Work = {
      callerName: 'a',
      isAbandoned: false,
      hold: () => {
        throw new RangeError('none');
      },
    };
    for (const rows of [rowsOf(100, 1000), rowsOf(1000, 1000)])
      await expect(workingFor(work, async () => preparedRows(rows))).rejects.toThrow(RangeError);
  });
});
