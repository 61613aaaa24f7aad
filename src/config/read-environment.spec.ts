import { describe, expect, it } from '@jest/globals';
import { EnvironmentError, readEnvironment } from './read-environment.js';

const keys = { JWT_SECRET: 'x'.repeat(32), JWT_ISSUER: 'urn:i', JWT_AUDIENCE: 'urn:a', NODE_ENV: 'production' };

/** The faults of an environment. */
function faultsOf(variables: NodeJS.ProcessEnv): readonly string[] {
  try {
    readEnvironment({ ...keys, ...variables });
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.faults;
    throw error;
  }
}

describe('the environment', () => {
  it('has a secret of 32 characters or more', () => {
    expect(faultsOf({ JWT_SECRET: 'x'.repeat(31) })).toEqual(['JWT_SECRET must have at least 32 characters']);
    expect(faultsOf({ JWT_SECRET: 'x'.repeat(32) })).toEqual([]);
    // Lines are characters too.
    expect(faultsOf({ JWT_SECRET: `${'x'.repeat(15)}\n${'x'.repeat(16)}` })).toEqual([]);
  });

  it.each([
    ['PORT', 0, 65_535],
    ['BODY_LIMIT', 1024, undefined],
    ['STOP_TIMEOUT', 1, 300],
    ['DATABASE_READERS', 1, 16],
    ['DATABASE_CONNECTIONS', 1, 200],
    ['DATABASE_CONNECT_TIMEOUT', 1, 60],
    ['DATABASE_STATEMENT_TIMEOUT', 1, 3600],
    ['DATABASE_TRANSACTION_TIMEOUT', 1, 3600],
    ['CHANGE_RETENTION', 7, 3650],
    ['JWT_CLOCK_TOLERANCE', 0, 300],
    ['MAX_PAGE_SIZE', undefined, 10_000],
    ['PAGE_SIZE', 1, 1000],
    ['MAX_CHANGES', 1, 100_000],
    ['STREAM_BYTES', 1, undefined],
    ['STREAM_BYTES_PER_TENANT', 1, undefined],
    ['STREAM_RETENTION', 1, 10_080],
    ['BATCH_JSON_REQUESTS', 1, 1000],
    ['BATCH_MULTIPART_REQUESTS', 1, 100_000],
    ['BATCH_LIMIT', 1024, undefined],
    ['BATCH_MEMORY', 1024, undefined],
    ['BATCH_DEPTH', 4, 1000],
    ['BATCH_CONCURRENCY', 1, 64],
    ['ASYNC_CONCURRENCY', 1, 64],
    ['ASYNC_JOBS', 1, 10_000],
    ['ASYNC_JOBS_PER_CALLER', 1, 10_000],
    ['ASYNC_LEASE', 1, 600],
    ['ASYNC_RETENTION', 1, 720],
  ])('%s is from %s to %s', (name, least, most) => {
    for (const [bound, step] of [
      [least, -1],
      [most, 1],
    ] as const) {
      if (bound === undefined) continue;
      expect([name, bound, faultsOf({ [name]: String(bound) })]).toEqual([name, bound, []]);
      expect([name, bound + step, faultsOf({ [name]: String(bound + step) }).length]).toEqual([name, bound + step, 1]);
    }
  });
});
