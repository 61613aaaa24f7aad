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

describe('places of which one caller may have some', () => {
  it('are kept for others, who need not wait behind it', async () => {
    const turns = new Turns(() => ({ quick: 3, long: 0 }), 2);
    await turns.enter(asking('ann', 1));
    await turns.enter(asking('ann', 1));
    let granted = 0;
    const waiting = [1, 2].map(() => turns.enter(asking('ann', 1)).then(() => (granted += 1)));
    expect(turns.waiting).toBe(2);
    await turns.enter(asking('bob', 1));
    expect([granted, turns.taken]).toEqual([0, 3]);
    expect([turns.keepOthersThan('ann'), turns.keepOthersThan('bob')]).toEqual([false, true]);
    // What Bob gives back is nobody's.
    turns.leave('bob', false);
    expect(turns.taken).toBe(2);
    turns.leave('ann', false);
    turns.leave('ann', false);
    await Promise.all(waiting);
  });

  it('are all for the service itself', async () => {
    const turns = new Turns(() => ({ quick: 3, long: 0 }), 1);
    for (let one = 0; one < 3; one++) await turns.enter(asking('', 1));
    expect(turns.taken).toBe(3);
  });
});
