import { describe, expect, it } from '@jest/globals';
import { isExpired } from './change-tracking.js';

describe('a token of tracked changes', () => {
  it('outlives what is kept by half a day, to the millisecond', () => {
    const position = { epoch: 'e', transaction: 0n, sequence: 0n, at: 1000 };
    const end = 1000 + 30 * 86_400_000 + 12 * 3_600_000;
    expect([isExpired(position, 30, end), isExpired(position, 30, end + 1)]).toEqual([false, true]);
  });
});
