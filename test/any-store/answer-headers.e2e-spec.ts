import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { multipart, sendJson, sendMultipart } from '../support/batches.js';
import { type Answer, TestApp } from '../support/test-app.js';

const set = '/decoratedProfileConnections';

describe('who may keep an answer', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    await app.post(set, { id: 'a', relevanceScore: 1, profile: { firstName: 'Ann' } });
  });
  afterAll(() => app.stop());

  const kept = ({ headers }: Answer) => [headers.get('cache-control'), headers.get('vary')?.toLowerCase()];
  const own = ['private, no-cache', 'accept, accept-charset, accept-encoding, odata-maxversion, prefer'];

  it.each([
    ['an entity', 'GET', `${set}/a`, undefined, 200],
    ['a collection', 'GET', set, undefined, 200],
    ['a property', 'GET', `${set}/a/relevanceScore`, undefined, 200],
    ['a raw value', 'GET', `${set}/a/relevanceScore/$value`, undefined, 200],
    ['a count', 'GET', `${set}/$count`, undefined, 200],
    ['nothing', 'GET', `${set}/a/profile/headline`, undefined, 204],
    ['changes', 'GET', `${set}?$deltatoken=latest`, undefined, 200],
    ['what was made', 'POST', set, { id: 'made' }, 201],
    ['what was changed', 'PATCH', `${set}/a`, { relevanceScore: 1 }, 200],
    ['what was deleted', 'DELETE', `${set}/made`, undefined, 204],
  ] as const)(
    '%s is its caller’s own, and asked for again before it is used again',
    async (_, method, path, body, status) => {
      const answer = await app.request(method, path, body === undefined ? {} : { body });
      expect([answer.status, ...kept(answer)]).toEqual([status, ...own]);
    },
  );

  it('what has not changed says the same', async () => {
    const etag = (await app.get(`${set}/a`)).headers.get('etag')!;
    const answer = await app.get(`${set}/a`, { headers: { 'if-none-match': etag } });
    expect([answer.status, ...kept(answer), answer.headers.get('etag')]).toEqual([304, ...own, etag]);
  });

  it('an error is kept nowhere', async () => {
    const answers = [await app.get(`${set}/none`), await app.get(set, { as: null }), await app.get(`${set}?$top=x`)];
    for (const answer of answers) expect(kept(answer)[0]).toBe('no-store');
  });

  it('the answer to a batch is kept nowhere; what is in it says what it would say alone', async () => {
    const requests = [{ id: '1', method: 'GET', url: `${set}/a` }];
    const json = await sendJson(app, requests);
    expect([json.status, json.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(json.body.responses[0].headers['cache-control']).toBe('private, no-cache');
    const parts = await sendMultipart(app, multipart([{ url: `/v1.0${set}/a` }]));
    expect([parts.status, parts.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it('an error inside the service says nothing of what failed', async () => {
    const read = jest.spyOn(app.store, 'read').mockImplementation(() => {
      throw new Error('secret of the inside at /srv/app/table.ts');
    });
    const answer = await app.get(`${set}/a`);
    read.mockRestore();
    expect([answer.status, answer.body.error.innerError.code]).toEqual([500, 'internalServerError']);
    expect(answer.body.error.message).toBe(
      'Something failed inside the service. Its log has more under the request-id.',
    );
    expect(answer.text).not.toMatch(/secret|table\.ts/);
  });
});
