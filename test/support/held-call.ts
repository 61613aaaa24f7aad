import { jest } from '@jest/globals';
import type { AggregateStore } from '../../src/odata/store/aggregate-store.js';

/** A promise, and what fulfils it. */
export function signal(): { readonly given: Promise<void>; readonly give: () => void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give };
}

/** A call that waits before it does anything. */
export interface HeldCall {
  /** Fulfilled once it has come. */
  readonly come: Promise<void>;
  readonly letGo: () => void;
}

/** Holds the next insertion into a real store, so that a test can do what happens before it. */
export function holdNextInsert(store: AggregateStore): HeldCall {
  const [come, go] = [signal(), signal()];
  const spy = jest.spyOn(store, 'insert');
  spy.mockImplementationOnce(async (aggregate) => {
    spy.mockRestore();
    come.give();
    await go.given;
    return store.insert(aggregate);
  });
  return { come: come.given, letGo: go.give };
}

/** Has work begin at another time, as far as it asks for the time before it waits. */
export function at<T>(time: number, work: () => T): T {
  const clock = jest.spyOn(Date, 'now').mockReturnValue(time);
  try {
    return work();
  } finally {
    clock.mockRestore();
  }
}
