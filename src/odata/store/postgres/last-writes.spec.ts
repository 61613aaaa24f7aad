import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LastWrites } from './last-writes.js';

const lag = 100;

describe('the last writes of callers', () => {
  it('are known while a standby may not show them, and forgotten then', () => {
    const writes = new LastWrites(lag);
    writes.note('ann', 0);
    writes.note('bob', 50);
    expect([writes.of('ann'), writes.of('bob'), writes.of('cyd')]).toEqual([0, 50, -Infinity]);
    writes.note('cyd', 120);
    expect([writes.of('ann'), writes.of('bob'), writes.of('cyd')]).toEqual([-Infinity, 50, 120]);
  });

  it('are never said to be earlier than they were, however many callers there are', () => {
    const caller = fc.integer({ min: 0, max: 9 }).map(String);
    fc.assert(
      fc.property(fc.array(fc.tuple(caller, fc.integer({ min: 0, max: 40 }))), (steps) => {
        const writes = new LastWrites(lag, 3);
        const last = new Map<string, number>();
        let now = 0;
        for (const [name, later] of steps) {
          now += later;
          writes.note(name, now);
          last.set(name, now);
          for (const [one, time] of last) if (now - time <= lag) expect(writes.of(one)).toBeGreaterThanOrEqual(time);
        }
      }),
    );
  });
});
