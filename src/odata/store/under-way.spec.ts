import { describe, expect, it } from '@jest/globals';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { UnderWay } from './under-way.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (how?: { type: 'minor' }) => void;

const bytesOfItem = 800;

/** By how many bytes the old generation grows while items come and go, if only what is young is collected. */
function growthOf(rounds: number, together: number): number {
  const old = (): number =>
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? 0;
  const underWay = new UnderWay<unknown>();
  collect();
  const before = old();
  for (let id = 1; id <= rounds; id += 1) {
    underWay.add(id, new Array(bytesOfItem / 8).fill(id));
    underWay.take(id - together);
    if (id % 100 === 0) collect({ type: 'minor' });
  }
  return old() - before;
}

describe('UnderWay', () => {
  it('gives what is under way by its number, once', () => {
    const underWay = new UnderWay<string>();
    underWay.add(7, 'a');
    underWay.add(9, 'b');
    expect([underWay.size, underWay.get(7), [...underWay].join(' ')]).toEqual([2, 'a', '7,a 9,b']);
    expect([underWay.take(7), underWay.take(7), underWay.get(7), underWay.size]).toEqual([
      'a',
      undefined,
      undefined,
      1,
    ]);
    expect([underWay.some((item) => item === 'b'), underWay.some((item) => item === 'a')]).toEqual([true, false]);
    expect([underWay.takeAll(), underWay.size, underWay.takeAll()]).toEqual([['b'], 0, []]);
  });

  it('lets go of what was taken out when what is young is collected', () => {
    const rounds = 20_000;
    expect(growthOf(rounds, 10)).toBeLessThan((rounds * bytesOfItem) / 4);
  });
});
