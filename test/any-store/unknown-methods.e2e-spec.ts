import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Domain } from '../../src/app.module.js';
import { library } from '../models/library.js';
import { operated } from '../models/operated.js';
import { pictures } from '../models/pictures.js';
import { TestApp } from '../support/test-app.js';

const png = Buffer.from('89504e470d0a1a0a', 'hex');

describe.each<[what: string, domain: Domain, prepare: (app: TestApp) => Promise<unknown>, paths: readonly string[]]>([
  [
    'of pictures',
    pictures,
    async (app) => {
      await app.request('POST', '/photos', { body: png, headers: { 'content-type': 'image/png' } });
      await app.post('/albums', { id: 'a', pages: [{ number: 1 }] });
    },
    [
      '/albums',
      "/albums('a')",
      "/albums('a')/title",
      "/albums('a')/cover",
      "/albums('a')/pages(1)/scan",
      "/albums('a')/pages",
      "/albums('a')/first",
      "/albums('a')/first/title",
      "/albums('a')/first/thumbnail",
      "/albums('a')/first/$ref",
      '/photos/$count',
      "/photos('p')/$value",
      '/desk',
      '/desk/cover',
      '/$metadata',
      '/$all',
      '/$crossjoin(albums,photos)',
      '/openapi.json',
      '/$batch',
      "/$entity?$id=albums('a')",
    ],
  ],
  [
    'of a library',
    library,
    (app) => app.post('/works', { code: 'w', numbers: [1], places: [{}], chapters: [{ number: 1 }] }),
    [
      '/works',
      "/works('w')",
      '/works(@k)?@k=%27w%27',
      "/works('w')/code",
      "/works('w')/numbers",
      "/works('w')/numbers/0",
      "/works('w')/numbers/0/$value",
      "/works('w')/numbers/$each",
      "/works('w')/numbers/$count",
      "/works('w')/places/0/city",
      "/works('w')/chapters",
      "/works('w')/chapters/$each",
      "/works('w')/chapters(1)/title/$value",
      "/works('w')/writers/$ref",
      "/works('w')/writers('x')/$ref",
      '/works/$each',
      '/works/test.library.Book',
      "/works/$filter(title eq 'x')",
      '/settings',
    ],
  ],
  ['of operations', operated, () => Promise.resolve(), ['/items', "/items('a')/copy", "/items('a')/next()"]],
])('a method that a resource does not know %s', (_, domain, prepare, paths) => {
  let app: TestApp;
  let strict: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, domain);
    strict = await TestApp.start({ REQUIRE_IF_MATCH: 'true' }, domain);
    await prepare(app);
  });
  afterAll(async () => {
    await app.stop();
    await strict.stop();
  });

  it.each(paths)('[B7.405] is refused at %s whatever the body and the conditions are', async (path) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const plain = await app.request(method, path, { body: '{}' });
      if (plain.status !== 405) continue;
      const allow = plain.headers.get('allow');
      expect(allow?.split(', ')).not.toContain(method);
      for (const headers of [
        { 'content-type': 'image/png' },
        { 'content-type': 'application/xml' },
        { 'content-type': 'application/json', 'content-encoding': 'br' },
      ] as const) {
        const answer = await app.request(method, path, { body: png, headers });
        expect([method, headers, answer.status, answer.headers.get('allow')]).toEqual([method, headers, 405, allow]);
      }
      expect([method, (await strict.request(method, path, { body: '{}' })).status]).toEqual([method, 405]);
    }
  });

  it.each(paths)('of HTTP that is none of OData is told at %s what would do', async (path) => {
    const { status, headers } = await app.request('OPTIONS', path);
    expect([status, headers.get('allow')]).toEqual([405, expect.any(String)]);
  });
});

describe('a body of no type that is read', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, pictures);
    await app.post('/albums', { id: 'a' });
  });
  afterAll(() => app.stop());

  it.each([
    ['POST', "/albums('a')/cover", 405],
    ['POST', '/$metadata', 405],
    ['POST', '/nothing', 404],
    ['PUT', "/albums('a')/nothing", 404],
    ['POST', '/albums', 415],
    ['PUT', "/albums('a')/title", 415],
    ['PATCH', "/albums('a')", 415],
    ['POST', '/albums/$query', 415],
    ['PUT', "/albums('a')/cover", 204],
  ])('%s %s: %i', async (method, path, status) => {
    const headers = { 'content-type': 'image/png' };
    expect((await app.request(method, path, { body: png, headers })).status).toBe(status);
  });
});
