import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { inTurns, ownTurn } from './in-turns.js';
import { AbandonedError, workingFor } from './work.js';

function client() {
  return { callerName: 'ann', isAbandoned: false, isLong: true };
}

describe('long work', () => {
  /** Steps that count themselves. */
  function* counted(taken: { steps: number }, steps: number): Generator<void, string, void> {
    for (let step = 0; step < steps; step++) {
      taken.steps += 1;
      // As long as a turn takes.
      const end = performance.now() + 5;
      while (performance.now() < end);
      yield;
    }
    return 'done';
  }

  it('is done in turns: what is short ends before what began earlier and is long', async () => {
    const [long, short] = [{ steps: 0 }, { steps: 0 }];
    const both = inTurns(counted(long, 20));
    expect(await inTurns(counted(short, 2))).toBe('done');
    expect(long.steps).toBeLessThan(20);
    expect(await both).toBe('done');
  });

  it('ends with its client, and takes no more turns', async () => {
    const [taken, leaving] = [{ steps: 0 }, client()];
    const work = workingFor(leaving, () => inTurns(counted(taken, 1000)));
    const failed = expect(work).rejects.toThrow(AbandonedError);
    while (taken.steps < 2) await turn();
    leaving.isAbandoned = true;
    await failed;
    const { steps } = taken;
    expect(await inTurns(counted({ steps: 0 }, 3))).toBe('done');
    expect([steps, taken.steps]).toEqual([steps, steps]);
    expect(steps).toBeLessThan(10);
    await expect(workingFor(leaving, () => ownTurn())).rejects.toThrow(AbandonedError);
  });

  it('has its turn where its client waits, and none where it is short', async () => {
    const waiting = client();
    await workingFor(waiting, () => ownTurn());
    waiting.isLong = false;
    expect(workingFor(waiting, () => ownTurn())).toBeUndefined();
  });
});
