import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJson } from '../request/json.js';
import { axesOf, flattened, pointsOf, ticksOf } from './chart-data.js';

describe('what can be drawn', () => {
  const rows = [
    { '@odata.id': null, profile: { degree: 'A', x: { y: 1 } }, n: 3, words: ['a'] },
    { profile: { degree: null, x: { y: 2 } }, n: null, words: [] },
  ].map((row) => flattened(row));

  it('is what has a number in every row, along what is one value', () => {
    expect(rows[0]).toEqual({ 'profile/degree': 'A', 'profile/x/y': 1, n: 3, words: ['a'] });
    expect(axesOf(rows)).toEqual({ labels: ['profile/degree', 'profile/x/y', 'n'], values: ['n', 'profile/x/y'] });
    expect(pointsOf(rows, 'profile/degree', 'profile/x/y')).toEqual([
      { label: 'A', value: 1 },
      { label: 'null', value: 2 },
    ]);
    expect(pointsOf(rows, 'profile/degree', 'n')).toEqual([{ label: 'A', value: 3 }]);
  });

  it('is a number however it is written', () => {
    const row = parseJson('{"a":9007199254740993,"b":"12.5","c":"x"}') as Record<string, unknown>;
    expect(axesOf([row]).values).toEqual(['b', 'a']);
  });

  it('stands between marks that are round and few', () => {
    expect(ticksOf([3, 7])).toEqual([0, 2, 4, 6, 8]);
    expect(ticksOf([-5, 12])).toEqual([-5, 0, 5, 10, 15]);
    expect(ticksOf([])).toEqual([0, 0.5, 1]);
    fc.assert(
      fc.property(
        fc.array(
          fc.double({ noNaN: true, min: -1e15, max: 1e15 }).filter((one) => Math.abs(one) > 1e-99),
          { minLength: 1 },
        ),
        (values) => {
          const ticks = ticksOf(values);
          expect(ticks.length).toBeLessThan(8);
          expect(ticks.at(0)!).toBeLessThanOrEqual(Math.min(...values, 0) + Math.abs(Math.min(...values)) * 1e-9);
          expect(ticks.at(-1)!).toBeGreaterThanOrEqual(Math.max(...values, 0) - Math.abs(Math.max(...values)) * 1e-9);
        },
      ),
    );
  });
});
