import { describe, expect, it } from '@jest/globals';
import type { PartRequest } from './batch-request.js';
import { Outcomes } from './outcomes.js';

function request(id: string, dependsOn: readonly string[] = []): PartRequest {
  return { id, method: 'GET', url: { kind: 'path', path: id }, headers: {}, body: undefined, dependsOn } as never;
}

describe('what became of the requests of a batch', () => {
  it('keeps as many bytes of answers to be referred to as it may, and not one more', () => {
    const outcomes = new Outcomes(10, '/v1.0');
    const record = (id: string, body: string): boolean => {
      const resolved = { method: 'GET', path: id, headers: {}, body: undefined };
      return outcomes.record(request(id), resolved, { status: 200, headers: {}, body: Buffer.from(body) });
    };
    expect([record('a', '{"a":"b"}'), record('b', '1'), record('c', '2')]).toEqual([true, true, false]);
  });

  it('has no request depend on a group, or on a request, of which nothing succeeded', () => {
    const outcomes = new Outcomes(10, '/v1.0');
    outcomes.settle('done', true);
    outcomes.settle('failed', false);
    expect(() => outcomes.check(request('x', ['done']))).not.toThrow();
    for (const id of ['failed', 'unknown']) expect(() => outcomes.check(request('x', ['done', id]))).toThrow(id);
  });
});
