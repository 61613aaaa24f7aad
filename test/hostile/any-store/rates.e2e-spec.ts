import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { multipartAnswers, sendJson, sendMultipart } from '../../support/batches.js';
import { type Answer, type RequestOptions, TestApp } from '../../support/test-app.js';
import { ann, annElsewhere, daemon, tokenFor } from '../../support/tokens.js';

const set = '/decoratedProfileConnections';

describe('requests of one caller', () => {
  let app: TestApp;
  let user = 0;
  let as: typeof ann;
  beforeAll(async () => {
    const limits = { RATE_LIMIT: '6', RATE_LIMIT_ANONYMOUS: '5', RATE_LIMIT_WINDOW: '3600', TRUST_PROXY: '2' };
    app = await TestApp.start(limits);
  });
  afterAll(() => app.stop());
  beforeEach(() => {
    as = { ...ann, oid: `user${(user += 1)}` };
  });
  const statuses = async (count: number, options: RequestOptions): Promise<number[]> => {
    const all: number[] = [];
    for (let sent = 0; sent < count; sent++) all.push((await app.get(set, options)).status);
    return all;
  };
  const left = ({ headers }: Answer): string | null => headers.get('ratelimit');

  it('[B7.429] are counted: the last is answered with 429, those of others are served', async () => {
    const first = await app.get(set, { as });
    expect([first.status, first.headers.get('ratelimit-policy'), left(first)]).toEqual([
      200,
      '"caller";q=6;w=3600',
      '"caller";r=5;t=3600',
    ]);
    expect(await statuses(5, { as })).toEqual([200, 200, 200, 200, 200]);
    const refused = await app.patch(`${set}/c/profile`, {}, { as });
    expect([refused.status, left(refused)]).toEqual([429, expect.stringMatching(/^"caller";r=0;t=3[56]\d\d$/)]);
    expect(refused.headers.get('retry-after')).toMatch(/^3[56]\d\d$/);
    expect(refused.body.error).toMatchObject({ code: 'tooManyRequests', innerError: { code: 'rateLimitExceeded' } });
    // Another token does not make another caller; another tenant, kind or id does.
    const again = { authorization: `Bearer ${tokenFor({ ...as, more: 1 })}` };
    expect(await statuses(1, { as: null, headers: again })).toEqual([429]);
    for (const other of [ann, { ...annElsewhere, oid: as.oid }, { ...daemon, oid: as.oid }])
      expect(await statuses(1, { as: other })).toEqual([200]);
    expect((await app.get(`${app.url}/health/live`, { as })).status).toBe(200);
  });

  it('are those of batches too, each', async () => {
    const parts = Array.from({ length: 4 }, (_, index) => ({ id: String(index), method: 'GET', url: set }));
    const json = await sendJson(app, parts, { as });
    expect(json.body.responses.map(({ status }: { status: number }) => status)).toEqual([200, 200, 200, 200]);
    expect(left(json)).toContain('r=5');
    const last = await sendMultipart(app, parts, { as });
    expect(last.status).toBe(200);
    const answers = multipartAnswers(last) as { status: number; headers: Record<string, string>; body: any }[];
    expect(answers.map(({ status }) => status)).toEqual([429]);
    expect(answers[0]!.headers['retry-after']).toMatch(/^3[56]\d\d$/);
    expect(answers[0]!.body.error.innerError.code).toBe('rateLimitExceeded');
  });

  it('that are answered later count once', async () => {
    const later = await app.post(set, { id: as.oid }, { as, headers: { prefer: 'respond-async,wait=10' } });
    expect([later.status, left(later)]).toEqual([201, expect.stringContaining('r=5')]);
    expect(left(await app.get(set, { as }))).toContain('r=4');
  });

  it('are those of an address where nobody is known; who is known is served from there', async () => {
    const headers = { 'x-forwarded-for': '192.0.2.1, 198.51.100.7, 203.0.113.1' };
    const spoofed = { 'x-forwarded-for': '192.0.2.2, 198.51.100.7, 203.0.113.1' };
    const elsewhere = { 'x-forwarded-for': '192.0.2.1, 198.51.100.8, 203.0.113.1' };
    const invalid = { authorization: 'Bearer x' };
    expect(await statuses(2, { as: null, headers })).toEqual([401, 401]);
    expect(await statuses(2, { as: null, headers: { ...spoofed, ...invalid } })).toEqual([401, 401]);
    expect((await app.get('/$metadata', { as: null, headers })).status).toBe(200);
    expect(await statuses(1, { as: null, headers: { ...spoofed, ...invalid } })).toEqual([429]);
    expect((await app.get('/$metadata', { as: null, headers })).status).toBe(429);
    expect(await statuses(1, { as, headers })).toEqual([200]);
    expect(await statuses(1, { as: null, headers: elsewhere })).toEqual([401]);
    // All of a network of version 6 is one address.
    const ofNetwork = (last: number) => ({ 'x-forwarded-for': `2001:db8:1:1::${last}, 203.0.113.1` });
    for (let last = 1; last <= 5; last++)
      expect(await statuses(1, { as: null, headers: ofNetwork(last) })).toEqual([401]);
    expect(await statuses(1, { as: null, headers: ofNetwork(6) })).toEqual([429]);
    expect((await app.get(`${app.url}/health/ready`, { as: null, headers })).status).toBe(200);
  });
});
