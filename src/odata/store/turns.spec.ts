import { describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from './aggregate-store.js';
import { type Asking, Turns } from './turns.js';

/** A statement of a caller. @param since when it came */
function asking(callerName: string, since: number): Asking {
  return { callerName, work: undefined, since, gaveWay: 0 };
}

const callerBusy = { status: 429, code: 'callerBusy', headers: { 'retry-after': '1' } };

describe('what has waited too long', () => {
  it('is turned away for its own caller, where that has a place meanwhile', async () => {
    const turns = new Turns(() => ({ quick: 1, long: 0 }));
    await turns.enter(asking('ann', 1));
    const own = turns.enter(asking('ann', 1));
    const others = turns.enter(asking('bob', 1));
    const service = turns.enter(asking('', 1));
    const later = turns.enter(asking('ann', 2));
    turns.look(2);
    await expect(own).rejects.toMatchObject(callerBusy);
    await expect(others).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(service).rejects.toBeInstanceOf(StoreUnavailableError);
    turns.leave('ann', false);
    await later;
  });

  it('is turned away for others, once all of its own caller have left', async () => {
    const turns = new Turns(() => ({ quick: 2, long: 0 }));
    await turns.enter(asking('ann', 1));
    await turns.enter(asking('bob', 1));
    const granted = turns.enter(asking('bob', 1));
    const waiting = turns.enter(asking('ann', 1));
    // Bob takes the place that Ann gives back.
    turns.leave('ann', false);
    await granted;
    turns.look(2);
    await expect(waiting).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});
