import { describe, expect, it } from '@jest/globals';
import { Environment } from './environment.js';
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
  const { ...defaults }: Readonly<Record<string, unknown>> = new Environment() as never;
  const numbers = Object.keys(defaults).filter((name) => typeof defaults[name] === 'number');

  it.each([...numbers, 'METRICS_PORT'])('has one line for a %s that is no number', (name) => {
    for (const value of ['many!', 'NaN', '1x'])
      expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(`^${name} must be an? (?:integer )?number$`)]);
  });

  it('has one line for a part of a number that is out of its bounds as well', () => {
    expect(faultsOf({ PORT: '-0.5' })).toEqual(['PORT must be an integer number']);
  });

  it.each(['PUBLIC_URL', 'JWKS_URL'])('says which URLs a %s may be', (name) => {
    for (const value of ['ftp://a', 'example.com', 'http://'])
      expect(faultsOf({ JWT_SECRET: '', [name]: value })).toEqual([
        `${name} must be a URL of http or https, such as https://example.com`,
      ]);
  });

  it('has two ports, not one twice; of 0 each is another one', () => {
    expect(faultsOf({ PORT: '4501', METRICS_PORT: '4501' })).toEqual(['PORT and METRICS_PORT must not be the same']);
    expect(faultsOf({ METRICS_PORT: '3000' })).toEqual(['PORT and METRICS_PORT must not be the same']);
    expect(faultsOf({ PORT: '0', METRICS_PORT: '0' })).toEqual([]);
    expect(faultsOf({ METRICS_PORT: '3001' })).toEqual([]);
  });
});
