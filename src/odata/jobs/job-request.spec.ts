import { describe, expect, it } from '@jest/globals';
import { jobRequest, keepRequest, keptRequest } from './job-request.js';

const kept = [
  ...['accept', 'accept-charset', 'accept-language', 'client-request-id', 'consistencylevel', 'content-type', 'host'],
  ...['if-match', 'if-none-match', 'isolation', 'odata-isolation', 'odata-maxversion', 'odata-version', 'prefer'],
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-owner-id'],
];

describe('a request that is processed later', () => {
  it('has the headers that matter then, its body, its caller and its address, and never its token', () => {
    const headers = Object.fromEntries([...kept, 'authorization', 'cookie'].map((name) => [name, `the ${name}`]));
    const exchange = {
      request: { method: 'PATCH', originalUrl: '/v1.0/a?b', ip: '10.0.0.1' },
      identity: { tenant: 't', id: 'ann', kind: 'user', permissions: new Set(['write']) },
      settings: { ownerHeader: { name: 'X-Owner-Id' } },
      header: (name: string) => headers[name],
    };
    const body = Buffer.from('{"ä":1}');
    const job = jobRequest(exchange as never, { body, isBatch: true });
    expect(job.request.headers).toEqual(Object.fromEntries(kept.map((name) => [name, `the ${name}`])));
    // It is the same when it comes out of the store.
    expect(keptRequest(JSON.parse(JSON.stringify(keepRequest(job))))).toEqual(job);
    expect(job).toMatchObject({
      caller: exchange.identity,
      isBatch: true,
      request: { method: 'PATCH', url: '/v1.0/a?b', remoteAddress: '10.0.0.1', body },
    });
  });
});
