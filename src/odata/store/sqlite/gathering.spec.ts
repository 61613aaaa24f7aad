import { describe, expect, it } from '@jest/globals';
import { Gathering } from './gathering.js';

/** Waits for others; gives how often it did. @param come how many more wait after each time, and nothing else comes */
function gathered(gathering: Gathering, waiting: number, ...come: readonly number[]): number {
  let [now, pauses] = [waiting, 0];
  gathering.gather(
    () => now,
    () => {
      const more = come[pauses++];
      now += more ?? 0;
      return more !== undefined;
    },
  );
  return pauses;
}

describe('writes that come together', () => {
  it('are not waited for by who writes alone', () => {
    const gathering = new Gathering(1000);
    for (let n = 0; n < 3; n++) {
      expect(gathered(gathering, 1)).toBe(0);
      gathering.committed(1, 0);
    }
  });

  it('are as many as were under way the last time, committed or waiting', () => {
    const gathering = new Gathering(1000);
    gathering.committed(3, 2);
    expect(gathered(gathering, 1, 2, 0, 2, 1)).toBe(3);
    expect(gathered(gathering, 5)).toBe(0);
  });

  it('are given up when none comes, and so many expected the next time', () => {
    const gathering = new Gathering(1000);
    gathering.committed(8, 0);
    expect(gathered(gathering, 2, 1)).toBe(2);
    gathering.committed(3, 0);
    expect(gathered(gathering, 3)).toBe(0);
  });

  it('are waited for no longer than a bound, however slowly they come', () => {
    const gathering = new Gathering(20);
    gathering.committed(1000, 0);
    let pauses = 0;
    const pause = (): boolean => {
      for (const until = performance.now() + 5; performance.now() < until;);
      return (pauses += 1) > 0;
    };
    gathering.gather(() => 1 + pauses, pause);
    expect(pauses).toBeLessThanOrEqual(4);
  });

  it('are not waited for where that is not asked for', () => {
    const gathering = new Gathering(0);
    gathering.committed(8, 8);
    expect(gathered(gathering, 1, 1)).toBe(0);
  });
});
