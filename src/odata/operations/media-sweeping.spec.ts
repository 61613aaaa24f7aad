import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Settings } from '../options.js';
import type { AggregateStore } from '../store/aggregate-store.js';
import { MediaSweeping } from './media-sweeping.js';

const minute = 60_000;
const now = Date.UTC(2026, 0, 1);

describe('the removal of contents that nothing refers to', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now });
    Logger.overrideLogger(false);
  });
  afterEach(() => {
    jest.useRealTimers();
    Logger.overrideLogger(undefined as never);
  });

  /** A sweeper, and what it asked the store for: until when what it removes was unused. */
  function sweeping(fails: boolean) {
    const asked: number[] = [];
    const sweep = (before: number): Promise<number> => {
      asked.push(before);
      return fails ? Promise.reject(new Error('busy')) : Promise.resolve(1);
    };
    const settings = { model: { streams: {} }, media: { retention: 90 } } as unknown as Settings;
    const sweeper = new MediaSweeping(settings, { media: { sweep } } as unknown as AggregateStore);
    sweeper.onApplicationBootstrap();
    return { asked, sweeper };
  }

  it.each([false, true])(
    'is of what was unused for as long as is said, again and again, failing: %s',
    async (fails) => {
      const { asked, sweeper } = sweeping(fails);
      expect(asked).toEqual([]);
      await jest.advanceTimersByTimeAsync(1.5 * minute);
      const [first = 0] = asked;
      expect(first + 90 * minute).toBeGreaterThanOrEqual(now + 0.5 * minute);
      expect(first + 90 * minute).toBeLessThanOrEqual(now + 1.5 * minute);
      await jest.advanceTimersByTimeAsync(6 * minute);
      // Each waits for half a minute to one and a half.
      expect(asked.length).toBeGreaterThanOrEqual(5);
      expect(asked.length).toBeLessThanOrEqual(15);
      await sweeper.beforeApplicationShutdown();
      const count = asked.length;
      await jest.advanceTimersByTimeAsync(10 * minute);
      expect(asked).toHaveLength(count);
    },
  );

  it('waits for nothing where a model has no streams', async () => {
    const settings = { model: {}, media: { retention: 90 } } as unknown as Settings;
    const sweeper = new MediaSweeping(settings, {} as AggregateStore);
    sweeper.onApplicationBootstrap();
    expect(jest.getTimerCount()).toBe(0);
    await sweeper.beforeApplicationShutdown();
  });

  it('that is under way when the process ends is waited for, and none follows', async () => {
    let finish = (): void => undefined;
    const sweep = () => new Promise<number>((resolve) => (finish = () => resolve(0)));
    const settings = { model: { streams: {} }, media: { retention: 1 } } as unknown as Settings;
    const sweeper = new MediaSweeping(settings, { media: { sweep } } as unknown as AggregateStore);
    sweeper.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(1.5 * minute);
    let isEnded = false;
    const ended = sweeper.beforeApplicationShutdown().then(() => (isEnded = true));
    await jest.advanceTimersByTimeAsync(minute);
    expect(isEnded).toBe(false);
    finish();
    await ended;
    expect(jest.getTimerCount()).toBe(0);
  });
});
