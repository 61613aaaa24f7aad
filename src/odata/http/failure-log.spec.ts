import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { FastifyBaseLogger } from 'fastify';
import { ODataError } from '../protocol/odata-error.js';
import { AbandonedError } from '../work.js';
import { FailureLog } from './failure-log.js';

const outage = (cause: string): ODataError =>
  new ODataError('storeUnavailable', 'away', { cause: new Error('wrapped', { cause: new Error(cause) }) });

describe('the log of failures', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('has an outage once with its cause, another cause by itself, and what it was when it is over', () => {
    jest.useFakeTimers();
    const [error, info] = [jest.fn(), jest.fn()];
    const log = { error, info } as unknown as FastifyBaseLogger;
    const failures = new FailureLog();
    for (let failed = 0; failed < 100; failed++) failures.write(outage('disk full'), log);
    failures.write(outage('connection lost'), log);
    expect(error).toHaveBeenCalledTimes(2);
    jest.advanceTimersByTime(59_000);
    failures.write(outage('disk full'), log);
    expect(info).not.toHaveBeenCalled();
    jest.advanceTimersByTime(59_000);
    expect(info.mock.calls).toEqual([
      [{ failure: 'storeUnavailable: connection lost', requests: 1 }, expect.any(String)],
    ]);
    jest.advanceTimersByTime(2000);
    expect(info.mock.calls[1]).toEqual([{ failure: 'storeUnavailable: disk full', requests: 101 }, expect.any(String)]);
    failures.write(outage('disk full'), log);
    expect(error).toHaveBeenCalledTimes(3);
  });

  it('has every failure that is a request’s own, and stays small whatever the causes are', () => {
    const error = jest.fn();
    const log = { error, info: jest.fn() } as unknown as FastifyBaseLogger;
    const failures = new FailureLog();
    for (let failed = 0; failed < 3; failed++) {
      failures.write(new Error('a fault'), log);
      failures.write(new ODataError('storeTimeout', 'late'), log);
    }
    expect(error).toHaveBeenCalledTimes(6);
    for (let failed = 0; failed < 500; failed++) failures.write(outage(`cause ${failed}`), log);
    expect(error.mock.calls.length).toBeLessThan(60);
  });

  it('has nothing of clients that have left', () => {
    const error = jest.fn();
    const log = { error } as unknown as FastifyBaseLogger;
    const failures = new FailureLog();
    failures.write(new AbandonedError(), log);
    failures.write(Object.assign(new Error('Premature close'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }), log);
    expect(error).not.toHaveBeenCalled();
  });
});
