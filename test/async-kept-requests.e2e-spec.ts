import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, TestApp } from './support/test-app.js';
import { bob, daemon } from './support/tokens.js';

const set = '/decoratedProfileConnections';
type Headers = Record<string, string>;

describe('a request that is answered later keeps what it said', () => {
  let app: TestApp;
  let stale = '';
  let current = '';
  beforeAll(async () => {
    app = await TestApp.start({ TRUST_PROXY: 'true' });
    const made = await app.post(set, { id: 'a', relevanceScore: 1, profile: { firstName: 'Ann' } });
    stale = made.headers.get('etag')!;
    await app.patch(`${set}/a/profile`, { firstName: 'Anna' });
    const changed = await app.patch(`${set}/a`, { relevanceScore: 2 });
    current = changed.headers.get('etag')!;
  });
  afterAll(() => app.stop());

  /** What comes of a request that is answered later. */
  async function later(
    method: string,
    path: string,
    { headers, ...options }: { as?: object; headers: Headers; body?: unknown },
  ): Promise<Answer> {
    const prefer = ['respond-async', ...(headers.prefer === undefined ? [] : [headers.prefer])].join(', ');
    const started = await app.request(method, path, { ...options, headers: { ...headers, prefer } });
    expect([started.status, started.text]).toEqual([202, '']);
    const monitor = `/$async/${started.headers.get('location')!.split('/').at(-1)!}`;
    const as = options.as === undefined ? {} : { as: options.as };
    for (;;) {
      const answer = await app.get(monitor, { ...as, headers: { accept: 'application/json' } });
      if (answer.status !== 202) return answer;
    }
  }

  it('If-Match: a change of what has changed since is refused, and nothing is lost', async () => {
    const body = { relevanceScore: 9 };
    for (const [method, path] of [
      ['PATCH', `${set}/a`],
      ['PATCH', `${set}/a/profile`],
      ['DELETE', `${set}/a`],
    ] as const) {
      const answer = await later(method, path, {
        headers: { 'if-match': stale },
        ...(method === 'DELETE' ? {} : { body: path.endsWith('profile') ? { firstName: 'x' } : body }),
      });
      expect([method, path, answer.headers.get('asyncresult')]).toEqual([method, path, '412']);
    }
    expect((await app.get(`${set}/a?$expand=profile`)).body).toMatchObject({
      relevanceScore: 2,
      profile: { firstName: 'Anna' },
    });
    const again = await later('PATCH', `${set}/a`, { headers: { 'if-match': current }, body: { relevanceScore: 2 } });
    expect(again.headers.get('asyncresult')).toBe('200');
  });

  it('If-None-Match: what the client has is not sent again', async () => {
    const answer = await later('GET', `${set}/a`, { headers: { 'if-none-match': current } });
    expect([answer.headers.get('asyncresult'), answer.text]).toEqual(['304', '']);
  });

  it('X-Owner-Id: whose entity an application makes', async () => {
    const body = { id: 'bobs' };
    const answer = await later('POST', set, { as: daemon, headers: { 'x-owner-id': 'bob' }, body });
    expect(answer.headers.get('asyncresult')).toBe('201');
    expect((await app.get(`${set}/bobs`, { as: bob })).status).toBe(200);
  });

  it.each<[header: string, value: string, method: string, path: string, body: unknown]>([
    ['accept', 'application/json;odata.metadata=full', 'GET', `${set}/a`, undefined],
    ['accept-charset', 'iso-8859-1', 'GET', `${set}/a`, undefined],
    ['client-request-id', 'mine', 'GET', `${set}/none`, undefined],
    ['consistencylevel', 'eventual', 'GET', `${set}/a`, undefined],
    ['content-type', 'text/plain', 'PATCH', `${set}/a`, '{"relevanceScore":2}'],
    ['isolation', 'snapshot', 'GET', `${set}/a`, undefined],
    ['odata-isolation', 'snapshot', 'GET', `${set}/a`, undefined],
    ['odata-maxversion', '4.01', 'GET', `${set}/a`, undefined],
    ['odata-version', '3.0', 'PATCH', `${set}/a`, { relevanceScore: 2 }],
    ['prefer', 'maxpagesize=1, omit-values=nulls', 'GET', set, undefined],
    ['x-forwarded-host', 'profiles.example.com', 'GET', `${set}/a`, undefined],
    ['x-forwarded-proto', 'https', 'GET', `${set}/a`, undefined],
  ])('%s: %s', async (name, value, method, path, body) => {
    const options = body === undefined ? {} : { body };
    const asked = { ...options, headers: { [name]: value } };
    const [direct, without] = [await app.request(method, path, asked), await app.request(method, path, options)];
    const answer = await later(method, path, asked);
    const about = ({ headers }: Answer) =>
      ['content-type', 'odata-version', 'preference-applied', 'consistencylevel', 'client-request-id'].map((one) =>
        headers.get(one),
      );
    // The moment and the id of a request are its own.
    const said = ({ body: content }: Answer): unknown =>
      content?.error === undefined
        ? content
        : { ...content.error, innerError: { ...content.error.innerError, date: '', 'request-id': '' } };
    expect([answer.headers.get('asyncresult'), about(answer), said(answer)]).toEqual([
      String(direct.status),
      about(direct),
      said(direct),
    ]);
    // The header makes a difference.
    expect([direct.status, about(direct), said(direct)]).not.toEqual([without.status, about(without), said(without)]);
  });
});
