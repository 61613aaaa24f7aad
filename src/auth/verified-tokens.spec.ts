import { createSecretKey } from 'node:crypto';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { Caller } from '../odata/index.js';
import { mostTokens, VerifiedTokens } from './verified-tokens.js';

const key = createSecretKey('a', 'utf8');
const caller: Caller = { tenant: 't', id: 'ann', kind: 'user', permissions: new Set() };
const now = 1_800_000_000;

describe('verified tokens', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const at = (seconds: number): void => {
    jest.spyOn(Date, 'now').mockReturnValue(seconds * 1000);
  };

  it('prove their caller until the second at which they end', () => {
    const tokens = new VerifiedTokens({ trusts: () => true });
    tokens.remember('Bearer a', { caller, key, end: now });
    at(now - 0.001);
    expect(tokens.callerOf('Bearer a')).toBe(caller);
    expect(tokens.callerOf('Bearer A')).toBeUndefined();
    at(now);
    expect(tokens.callerOf('Bearer a')).toBeUndefined();
    expect(tokens.size).toBe(0);
  });

  it('go with their key', () => {
    let trusted = true;
    const tokens = new VerifiedTokens({ trusts: (one) => one === key && trusted });
    tokens.remember('Bearer a', { caller, key, end: Number.POSITIVE_INFINITY });
    expect(tokens.callerOf('Bearer a')).toBe(caller);
    trusted = false;
    expect(tokens.callerOf('Bearer a')).toBeUndefined();
    trusted = true;
    expect(tokens.callerOf('Bearer a')).toBeUndefined();
  });

  it('are bounded in number and in length', () => {
    const tokens = new VerifiedTokens({ trusts: () => true });
    const verified = { caller, key, end: Number.POSITIVE_INFINITY };
    tokens.remember(`Bearer ${'a'.repeat(5000)}`, verified);
    expect(tokens.size).toBe(0);
    for (let i = 0; i < 2 * mostTokens; i++) tokens.remember(`Bearer ${i}`, verified);
    expect(tokens.size).toBeLessThanOrEqual(mostTokens);
    expect(tokens.callerOf(`Bearer ${2 * mostTokens - 1}`)).toBe(caller);
  });
});
