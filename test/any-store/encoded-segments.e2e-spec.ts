import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from '../models/library.js';
import { type RequestOptions, TestApp } from '../support/test-app.js';

const set = '/decoratedProfileConnections';

/** An answer without what every one has of its own. */
async function answerOf(app: TestApp, method: string, path: string, options: RequestOptions = {}): Promise<unknown> {
  const { status, headers, text } = await app.request(method, path, options);
  const own = /"(?:date|request-id)":"[^"]*"|W\/\\?"\d+/g;
  return [status, headers.get('content-type'), headers.get('allow'), text.replace(own, '')];
}

describe('a segment of the system whose $ is percent-encoded', () => {
  let app: TestApp;
  let other: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    other = await TestApp.start({}, library);
    await app.post(set, { id: 'c1', relevanceScore: 1, profile: { headline: 'h', skills: ['a'] } });
    await other.post('/authors', { id: 'a' });
    await other.post('/works', { code: 'w', numbers: [1, 2], 'writer@odata.bind': "authors('a')" });
  });
  afterAll(async () => {
    await app.stop();
    await other.stop();
  });

  it.each([
    ['GET', '/$metadata'],
    ['GET', '/$metadata/'],
    ['POST', '/$metadata'],
    ['GET', '/$all'],
    ['GET', '/$all/$count'],
    ['GET', '/$crossjoin(decoratedProfileConnections)'],
    ['GET', `/$entity?$id=${set.slice(1)}('c1')`],
    ['GET', '/$batch'],
    ['GET', '/$async/x'],
    ['DELETE', '/$async/x'],
    ['GET', '/$nothing'],
    ['GET', `${set}/$count`],
    ['GET', `${set}/$ref`],
    ['GET', `${set}/c1/$ref`],
    ['GET', `${set}('c1')/$ref`],
    ['GET', `${set}/c1/relevanceScore/$value`],
    ['GET', `${set}/c1/relevanceScore/$value/`],
    ['GET', `${set}/c1/profile/skills/$count`],
    ['GET', `${set}/$filter(relevanceScore eq 1)/$count`],
    ['GET', `${set}/$filter(profile/skills/$count eq 1)`],
    ['GET', `${set}/$each`],
    ['GET', `${set}/$metadata`],
    ['GET', `${set}/$count/profile`],
    ['PATCH', `${set}/$count/profile`],
    ['POST', `${set}/$query`],
  ])('means what it means otherwise: %s %s', async (method, path) => {
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: '', headers: { 'content-type': 'text/plain' } };
    const [at = '', query] = path.split('?');
    const encoded = `${at.replaceAll('$', '%24')}${query === undefined ? '' : `?${query}`}`;
    expect(await answerOf(app, method, encoded, body)).toEqual(await answerOf(app, method, path, body));
  });

  it('is done what it says', async () => {
    expect((await app.get(`${set}/%24count`)).text).toBe('1');
    expect((await app.get(`${set}/c1/relevanceScore/%24value`)).text).toBe('1');
    expect((await app.get('/%24metadata')).headers.get('content-type')).toBe('application/xml');
    expect((await other.get("/works('w')/writer/%24ref")).body['@odata.id']).toContain("authors('a')");
    expect((await other.delete("/works('w')/writer/%24ref")).status).toBe(204);
    expect((await other.request('PATCH', "/works('w')/numbers/%24each", { body: { value: 3 } })).body.value).toEqual([
      3, 3,
    ]);
    const put = { body: 'new', headers: { 'content-type': 'text/plain' } };
    expect((await app.request('PUT', `${set}/c1/profile/headline/%24value`, put)).status).toBe(204);
    const accepted = await app.get(set, { headers: { prefer: 'respond-async' } });
    const monitor = accepted.headers.get('location')!.replace('$async', '%24async');
    expect([accepted.status, [200, 202].includes((await app.get(monitor)).status)]).toEqual([202, true]);
  });
});

describe('a key that begins with $', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    for (const id of ['$count', '$x', '$', '$5.00 (net)', '$counter', '$countless/x'])
      expect((await app.post(set, { id, profile: {} })).status).toBe(201);
  });
  afterAll(() => app.stop());

  it.each(['$count', '$x', '$', '$5.00 (net)', '$counter', '$countless/x'])('stands in parentheses: %s', async (id) => {
    for (const key of [encodeURIComponent(id), encodeURIComponent(id).replaceAll('%24', '$')]) {
      expect((await app.get(`${set}('${key}')`)).body.id).toBe(id);
      expect((await app.get(`${set}('${key}')/profile`)).status).toBe(200);
      const changed = await app.patch(`${set}('${key}')/profile`, { headline: id });
      expect([changed.status, changed.body.headline]).toEqual([200, id]);
    }
  });

  it.each(['$x', '$', '$5.00 (net)', '$counter', '$countless/x'])(
    'is a segment where OData defines none of its name: %s',
    async (id) => {
      for (const key of [encodeURIComponent(id), encodeURIComponent(id).replaceAll('%24', '$')]) {
        expect((await app.get(`${set}/${key}`)).body?.id).toBe(id);
        const changed = await app.patch(`${set}/${key}/profile`, { headline: `${id} again` });
        expect([changed.status, changed.body.headline]).toEqual([200, `${id} again`]);
      }
    },
  );
});
