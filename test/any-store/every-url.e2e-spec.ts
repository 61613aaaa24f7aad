import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from '../models/library.js';
import { TestApp } from '../support/test-app.js';

const set = '/decoratedProfileConnections';
const entity = 'microsoft.graph.DecoratedProfileConnection';

/** Ways to write the URL of one connection, whose key is `it's a (key)/x`. */
const ways = {
  'in parentheses': `${set}('it''s%20a%20(key)%2Fx')`,
  'all of it encoded': `${set}%28%27it%27%27s%20a%20%28key%29%2Fx%27%29`,
  'as a segment': `${set}/it's%20a%20(key)%2Fx`,
  'as a segment, encoded': `${set}/it%27s%20a%20%28key%29%2Fx`,
  named: `${set}(id='it''s%20a%20(key)%2Fx')`,
  'by an alias': `${set}(@k)?@k='it''s%20a%20(key)%2Fx'`,
  'named, by an alias': `${set}%28id=%40k%29?%40k=%27it''s%20a%20(key)/x%27`,
  'behind a type': `${set}/${entity}('it''s%20a%20(key)%2Fx')`,
  'before a type': `${set}('it''s%20a%20(key)%2Fx')/${entity}`,
  'behind a filter': `${set}/$filter(relevanceScore%20ge%200)('it''s%20a%20(key)%2Fx')`,
  'behind a filter in an alias': `${set}/$filter(@f)(@k)?@f=relevanceScore ge 0&@k='it''s a (key)/x'`,
};

/** A URL with more of its path: an alias stands behind. */
const at = (url: string, more: string): string => {
  const [path = '', query] = url.split('?');
  return `${path}${more}${query === undefined ? '' : `?${query}`}`;
};

describe('every URL that can be read can be written through', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it.each(Object.entries(ways))('[A40M-3] a key %s', async (_, url) => {
    const made = await app.post(set, { id: "it's a (key)/x", relevanceScore: 0, profile: { firstName: 'Ann' } });
    expect(made.status).toBe(201);
    const send = async (method: string, more: string, body?: unknown, headers = {}) =>
      (await app.request(method, at(url, more), { body, headers })).status;
    const read = async (more: string) => (await app.get(at(url, more))).body;
    expect((await read('')).id).toBe("it's a (key)/x");
    expect(await send('PATCH', '', { relevanceScore: 1 })).toBe(200);
    expect(await send('PUT', '', { relevanceScore: 2 })).toBe(200);
    expect(await send('PUT', '/relevanceScore', { value: 3 })).toBe(200);
    expect((await read('')).relevanceScore).toBe(3);
    expect(await send('PATCH', '/profile', { headline: 'one' })).toBe(200);
    expect(await send('PUT', '/profile/headline/$value', 'two', { 'content-type': 'text/plain' })).toBe(204);
    expect(await send('POST', '/profile/skills', { value: 's' })).toBe(200);
    expect(await send('PATCH', '/profile/locale', { language: 'en' })).toBe(200);
    expect(await read('/profile')).toMatchObject({ headline: 'two', skills: ['s'], locale: { language: 'en' } });
    expect(await send('DELETE', '/profile/locale')).toBe(204);
    expect(await send('PUT', '/profile', { headline: 'three' })).toBe(200);
    expect((await read('/profile')).headline).toBe('three');
    expect(await send('DELETE', '/profile')).toBe(204);
    expect(await send('DELETE', '')).toBe(204);
    expect((await app.get(url)).status).toBe(404);
  });

  it('a key that is a segment and looks like one in parentheses is that of its own entity', async () => {
    await app.post(set, { id: 'x', profile: { firstName: 'Ann' } });
    for (const id of ["x('profile')", 'x(profile)']) {
      await app.post(set, { id });
      expect((await app.patch(`${set}/${encodeURIComponent(id)}`, { relevanceScore: 5 })).body.id).toBe(id);
      expect((await app.patch(`${set}/${id}`, { relevanceScore: 6 })).body.id).toBe(id);
    }
    expect((await app.get(`${set}/x`)).body.relevanceScore).toBeNull();
  });

  it('a slash in a key is percent-encoded, or nothing is done', async () => {
    const headers = { prefer: 'create-if-missing' };
    for (const url of [`${set}('a/b')`, `${set}(id='a/b')`, `${set}%28'a/b'%29`, `${set}('a/b')/profile`])
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE'])
        expect((await app.request(method, url, method === 'GET' ? {} : { body: {}, headers })).status).toBe(400);
  });

  it('an entity-id', async () => {
    await app.post(set, { id: 'byId', relevanceScore: 1, profile: { firstName: 'Ann' } });
    for (const resource of ['$entity', '%24entity', `$entity/${entity}`]) {
      const url = `/${resource}?$id=${app.root}${set}('byId')`;
      expect((await app.get(`${url}&$select=id`)).body.id).toBe('byId');
      const changed = await app.patch(`${url}&$select=id,relevanceScore`, { relevanceScore: 2 });
      expect([changed.status, changed.body.relevanceScore]).toEqual([200, 2]);
    }
    const profile = `/$entity?$id=${set.slice(1)}('byId')/profile`;
    expect((await app.request('PUT', profile, { body: { headline: 'h' } })).body.headline).toBe('h');
    expect((await app.delete(profile)).status).toBe(204);
    expect((await app.patch(`/$entity?$id=${set.slice(1)}`, {})).status).toBe(400);
    expect((await app.patch(`/$entity?$id=${set.slice(1)}('byId')/relevanceScore`, {})).status).toBe(400);
    expect((await app.patch('/$entity', {})).status).toBe(400);
    expect((await app.patch('/$entity?$id=http://elsewhere.example/x', {})).status).toBe(404);
    expect((await app.delete(`/$entity?$id=${set.slice(1)}('byId')`)).status).toBe(204);
    expect((await app.get(`${set}/byId`)).status).toBe(404);
  });
});

describe('of any model', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    await app.post('/works', {
      '@odata.type': '#test.library.Book',
      code: 'a',
      title: 'A',
      chapters: [{ number: 1, title: 'One' }],
    });
    await app.post('/authors', { id: 'x', name: 'X' });
  });
  afterAll(() => app.stop());

  it.each([
    ["/works('a')/chapters(1)", {}],
    ["/works%28'a'%29/chapters%281%29", {}],
    ["/works('a')/chapters/1", {}],
    ["/works(@w)/chapters(@c)?@w='a'&@c=1", {}],
    ["/works('a')/chapters(number=@c)?@c=1", {}],
    ["/works('a')/test.library.Book/chapters(1)", {}],
    ["/$entity?$id=works('a')/chapters(1)", {}],
  ])('what is contained can be changed where it can be read: %s', async (url) => {
    expect((await app.get(url)).body.number).toBe(1);
    const { status, body } = await app.patch(url, { title: url });
    expect([status, body.title]).toEqual([200, url]);
    expect((await app.get("/works('a')/chapters(1)")).body.title).toBe(url);
  });

  it('references can be set and removed by an alias', async () => {
    const url = "/works(@w)/writer/$ref?@w='a'";
    expect((await app.request('PUT', url, { body: { '@odata.id': "authors('x')" } })).status).toBe(204);
    expect((await app.get(url)).body['@odata.id']).toContain("authors('x')");
    expect((await app.delete(url)).status).toBe(204);
    expect((await app.get("/works('a')/writer")).status).toBe(204);
  });
});
