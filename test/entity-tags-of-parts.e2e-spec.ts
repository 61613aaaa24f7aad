import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { seedProfile } from './support/seed-profile.js';
import { type RequestOptions, TestApp } from './support/test-app.js';

const text = { 'content-type': 'text/plain' };

/** What of an entity has a URL of its own; a change of it, and what else the change says of itself. */
const parts: readonly (readonly [path: string, method: string, body: unknown, headers?: Record<string, string>])[] = [
  ['headline', 'PUT', { value: 'new' }],
  ['headline', 'DELETE', undefined],
  ['headline/$value', 'PUT', 'new', text],
  ['locale', 'PATCH', { language: 'ga' }],
  ['locale/language', 'PUT', { value: 'ga' }],
  ['skills', 'PUT', { value: ['new'] }],
  ['skills', 'POST', { value: 'new' }],
  ['skills/0', 'PUT', { value: 'new' }],
  ['skills/0', 'DELETE', undefined],
  ['skills/-1/$value', 'PUT', 'new', text],
  ['recentPositions', 'DELETE', undefined],
  ['recentPositions/0', 'PATCH', { title: 'new' }],
  // It is null, and changed all the same.
  ['industryName', 'PUT', { value: 'new' }],
];

describe('the ETag of a part of an entity', () => {
  let strict: TestApp;
  let profile: string;
  beforeAll(async () => {
    strict = await TestApp.start({ REQUIRE_IF_MATCH: 'true' });
  });
  beforeEach(async () => {
    profile = await strict.profile({ ...seedProfile, skills: ['a', 'b'], industryName: null });
  });
  afterAll(() => strict.stop());

  it.each(parts)('[B4.5] %s is what %s needs where that is required', async (part, method, body, headers = {}) => {
    const path = `${profile}/${part}`;
    const change = (ifMatch: Record<string, string>) =>
      strict.request(method, path, { body, headers: { ...headers, ...ifMatch } });
    expect((await change({})).status).toBe(428);
    const read = await strict.get(path);
    const etag = read.headers.get('etag')!;
    expect([etag, (await strict.request('HEAD', path)).headers.get('etag')]).toEqual([
      (await strict.get(profile)).headers.get('etag'),
      etag,
    ]);
    expect((await change({ 'if-match': '"1"' })).status).toBe(412);
    expect((await change({ 'if-match': etag })).status).toBeLessThan(300);
    expect((await strict.get(profile)).headers.get('etag')).not.toBe(etag);
  });

  it.each([...new Set(parts.map(([part]) => part))])('[B4.7] %s is known to who has it', async (part) => {
    const path = `${profile}/${part}`;
    const get = (options: RequestOptions) => strict.get(path, options);
    const { status, headers } = await get({});
    const etag = headers.get('etag')!;
    const known = await get({ headers: { 'if-none-match': etag } });
    expect([known.status, known.text, known.headers.get('etag')]).toEqual([304, '', etag]);
    expect(known.headers.get('vary')).toBe(headers.get('vary'));
    expect((await get({ headers: { 'if-none-match': '"1"' } })).status).toBe(status);
    expect((await get({ headers: { 'if-match': etag } })).status).toBe(status);
    const other = await get({ headers: { 'if-match': '"1"' } });
    expect([other.status, other.body.error.target]).toEqual([412, 'If-Match']);
    await strict.patch(profile, { firstName: 'Other' }, { headers: { 'if-match': '*' } });
    expect((await get({ headers: { 'if-none-match': etag } })).status).toBe(status);
  });

  it('is that of the entity that it is a part of, whatever contains or refers to that', async () => {
    const app = await TestApp.start({}, library);
    await app.post('/authors', { id: 'a', name: 'A' });
    const work = { code: 'w', chapters: [{ number: 1, title: 't', words: ['x'], summary: { text: 's' } }] };
    await app.post('/works', { ...work, 'writer@odata.bind': "authors('a')" });
    await app.patch("/authors('a')", { name: 'B' });
    await app.patch("/works('w')/chapters(1)/summary", { text: 'u' });
    await app.patch("/works('w')/chapters(1)", { title: 'u' });
    await app.patch("/works('w')", { title: 'u' });
    const etagOf = async (path: string) => (await app.get(path)).headers.get('etag');
    const chapter = "/works('w')/chapters(1)";
    for (const [entity, ...of] of [
      ["/works('w')", 'title', 'code', 'numbers', 'title/$value', 'place'],
      [chapter, 'title', 'words/0', 'number/$value', "words?$filter=$it eq 'x'", 'pages'],
      [`${chapter}/summary`, 'text', 'text/$value'],
      ["/works('w')/writer", 'name', 'id/$value', 'born'],
    ] as const) {
      const etag = await etagOf(entity);
      expect(etag).toMatch(/^W\//);
      for (const part of of) expect([part, await etagOf(`${entity}/${part}`)]).toEqual([part, etag]);
    }
    // RFC 9110, 13.1.2: what is asked by POST is not told that it knows the answer.
    const headers = { ...text, 'if-none-match': (await etagOf(chapter)) ?? '' };
    const asked = await app.request('POST', `${chapter}/title/$query`, { body: '', headers });
    expect([asked.status, asked.body.error.target]).toEqual([412, 'If-None-Match']);
    expect(await etagOf("/works('w')/chapters/$count")).toBeNull();
    expect(await etagOf("/works('w')/chapters")).toBeNull();
    await app.stop();
  });

  it.each([
    ["/works('w')/writer/$ref", "authors('b')", 'PUT'],
    ["/works('n')/writer/$ref", "authors('b')", 'PUT'],
    ["/works('w')/writers/$ref", "authors('b')", 'POST'],
    ["/works('w')/writers('a')/$ref", '', 'DELETE'],
    ["/works('w')/chapters(1)/editor/$ref", "authors('b')", 'PUT'],
  ])('[B4.5] of references %s is that of the entity that has them', async (path, id, method) => {
    const app = await TestApp.start({ REQUIRE_IF_MATCH: 'true' }, library);
    for (const one of ['a', 'b']) await app.post('/authors', { id: one });
    const bound = { 'writer@odata.bind': "authors('a')", 'writers@odata.bind': ["authors('a')"] };
    await app.post('/works', { code: 'w', ...bound, chapters: [{ number: 1, 'editor@odata.bind': "authors('a')" }] });
    await app.post('/works', { code: 'n' });
    const [owner = ''] = /.*(?=\/\w+(?:\('a'\))?\/\$ref)/.exec(path) ?? [];
    const etag = (await app.get(path)).headers.get('etag')!;
    expect(etag).toBe((await app.get(owner)).headers.get('etag'));
    expect((await app.get(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const body = method === 'DELETE' ? {} : { body: { '@odata.id': id } };
    const changed = await app.request(method, path, { ...body, headers: { 'if-match': etag } });
    expect([changed.status, changed.headers.get('etag')]).toEqual([204, (await app.get(owner)).headers.get('etag')]);
    await app.stop();
  });

  it('is not asked once more of the answer to a change', async () => {
    const headers = { 'if-match': (await strict.get(profile)).headers.get('etag')! };
    const changed = await strict.request('PUT', `${profile}/skills/0`, { body: { value: 'x' }, headers });
    expect([changed.status, changed.body.value, changed.headers.get('etag')]).toEqual([
      200,
      'x',
      (await strict.get(profile)).headers.get('etag'),
    ]);
  });
});
