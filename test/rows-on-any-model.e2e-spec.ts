import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

/** What the protocol says of updates, on a model of which the service knows nothing but its declarations. */
describe('the rules of updates, on any model', () => {
  let app: TestApp;
  let strict: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ BODY_LIMIT: '100000' }, library);
    strict = await TestApp.start({ REQUIRE_IF_MATCH: 'true' }, library);
  });
  afterAll(async () => {
    await app.stop();
    await strict.stop();
  });
  const w = "/works('w')";
  const c = `${w}/chapters(1)`;
  const start = {
    '@odata.type': '#test.library.Book',
    code: 'w',
    title: 'T',
    author: 'A',
    loans: 1,
    numbers: [1, 2],
    place: { city: 'Leeds', floor: 1 },
    places: [{ city: 'a' }, { city: 'b' }],
    access: 'Read',
    chapters: [{ number: 1, title: 'One', words: ['x'] }],
  };
  beforeEach(async () => {
    await app.delete(w);
    expect((await app.post('/works', start)).status).toBe(201);
  });
  const json = { 'content-type': 'application/json' };
  const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01', ...json };
  const bare = (value: unknown): any =>
    JSON.parse(JSON.stringify(value, (name, inner: unknown) => (name.startsWith('@') ? undefined : inner)));
  const get = async (path: string): Promise<any> => bare((await app.get(path)).body);
  const etagOf = async (path: string): Promise<string> => (await app.get(path)).headers.get('etag')!;

  it.each<[rows: string, path: string, body: object, expected: object]>([
    ['B1.2', w, { title: 'Z' }, { title: 'Z', author: 'A', loans: 1 }],
    ['B1.3', w, { numbers: [3], places: [{ floor: 2 }] }, { numbers: [3], places: [{ city: null, floor: 2 }] }],
    ['B1.4', w, { place: { city: 'Bonn' } }, { place: { city: 'Bonn', floor: 1 } }],
    ['B1.5', w, { place: null }, { place: null }],
    ['B1.6', w, { title: null }, { title: null, loans: 1 }],
    ['B1.9', w, {}, { title: 'T' }],
    ['B2.2', '/notes', { text: 'x', writer: 'W' }, { text: 'x' }],
    ['B2.10', w, { '@x.y': 1, 'title@x.y': 2, loans: 2 }, { title: 'T', loans: 2 }],
    ['B2.14', w, { access: 'Copy,Read', size: '40' }, { access: 'Read,Copy', size: 'Large' }],
    ['B1.2', c, { title: 'Z' }, { number: 1, title: 'Z', words: ['x'] }],
    ['B1.3', c, { words: ['y', 'y'] }, { words: ['y', 'y'] }],
    ['B1.6', c, { title: null }, { title: null, words: ['x'] }],
  ])('[%s] of %s merges %j', async (rows, path, body, expected) => {
    const [method, at] = path === '/notes' ? ['POST', path] : ['PATCH', path];
    const before = path === '/notes' ? '' : await etagOf(at);
    const answer = await app.request(method, at, { body });
    expect([answer.status < 300, bare(answer.body)]).toEqual([true, expect.objectContaining(expected)]);
    if (path === '/notes') return;
    expect((await etagOf(at)) === before).toBe(rows === 'B1.9');
    expect(await get(at)).toEqual(bare(answer.body));
    if (rows === 'B1.5') {
      const made = await app.patch(at, { place: { floor: 3 } });
      expect(bare(made.body).place).toEqual({ city: null, floor: 3 });
    }
  });

  it.each<[rows: string, path: string, body: unknown, targets: readonly string[]]>([
    ['B1.7', '/bookings', { room: 'r', day: '2024-01-01', seats: null }, ['seats']],
    ['B1.8', w, { numbers: null, places: [null], chapters: null }, ['numbers', 'places/0', 'chapters']],
    ['B2.4', w, { '@odata.id': "works('other')", '@odata.type': '#test.library.Map' }, ['@odata.id', '@odata.type']],
    ['B2.6', w, { place: { '@odata.type': '#test.library.Facts' } }, ['place/@odata.type']],
    ['B2.9', w, { nope: 1, place: { nope: 2 } }, ['nope', 'place/nope']],
    ['B2.11', w, { loans: '1', title: 5, place: [], lent: 'true' }, ['loans', 'title', 'place', 'lent']],
    [
      'B2.12',
      w,
      { loans: 1.5, shelf: 256, temperature: -129, year: 40_000 },
      ['loans', 'shelf', 'temperature', 'year'],
    ],
    ['B2.13', w, { title: 'x'.repeat(101) }, ['title']],
    ['B2.14', w, { access: 'Fly', size: 'Read' }, ['access', 'size']],
    ['B2.15', w, { barcode: '5', price: '1.5' }, ['barcode', 'price']],
    [
      'B2.16',
      w,
      { token: 'x', published: '2024-13-01', opensAt: '25:00', lendingTime: 'P1Y', cover: '§', acquired: '2024-01-01' },
      ['token', 'published', 'opensAt', 'lendingTime', 'cover', 'acquired'],
    ],
    ['B2.17', w, '{"title":"a","title":"b"}', ['title']],
    ['B2.21', c, { pages: 'x', words: [1], title: {} }, ['pages', 'words/0', 'title']],
    ['B2.22', w, '{"__proto__":{"title":"x"},"constructor":1}', ['__proto__', 'constructor']],
  ])('[%s] [B1.17] of %s refuses %j, and changes nothing', async (_, path, body, targets) => {
    const before = path === '/bookings' ? '' : await etagOf(path);
    const method = path === '/bookings' ? 'POST' : 'PATCH';
    const answer = await app.request(method, path, { body, headers: v401 });
    const { error } = answer.body;
    const found = (error.details ?? [error]).map(({ target }: any) => target as string);
    expect([answer.status, [...found].sort()]).toEqual([400, [...targets].sort()]);
    expect([error.code, typeof error.message]).toEqual(['badRequest', 'string']);
    if (path !== '/bookings') expect(await etagOf(path)).toBe(before);
    expect(({} as { title?: string }).title).toBeUndefined();
  });

  it.each<[rows: string, method: string, path: string, body: unknown, headers: Record<string, string>, status: number]>(
    [
      ['B2.18', 'PATCH', w, [], {}, 400],
      ['B2.19', 'PATCH', w, '{"title":', {}, 400],
      ['B6.1', 'PATCH', w, {}, { 'odata-version': '5.0' }, 400],
      ['B6.5', 'PATCH', w, 'title=x', { 'content-type': 'text/plain' }, 415],
      [
        'B6.6',
        'PATCH',
        w,
        {},
        { 'content-type': 'application/json;odata.metadata=minimal;IEEE754Compatible=false;charset=UTF-8' },
        200,
      ],
      ['B6.7', 'PATCH', w, {}, { 'content-type': 'application/json;charset=latin1' }, 415],
      ['B6.8', 'PATCH', w, gzipSync('{"title":"zipped"}'), { ...json, 'content-encoding': 'gzip' }, 200],
      ['B6.8', 'PATCH', w, '{}', { ...json, 'content-encoding': 'br' }, 415],
      ['B6.9', 'PATCH', w, { title: 'x'.repeat(200_000) }, {}, 413],
      ['B6.9', 'PATCH', w, `${'{"facts":'.repeat(70)}1${'}'.repeat(70)}`, {}, 400],
      ['B7.401', 'PATCH', w, {}, { authorization: 'Bearer no' }, 401],
      ['B7.404', 'PATCH', "/works('none')", {}, {}, 404],
      ['B7.404', 'PATCH', `${w}/nope`, {}, {}, 404],
      ['B7.405', 'POST', w, {}, {}, 405],
      ['B7.501', 'GET', '/works?$apply=expand(writers,filter(true))', undefined, {}, 501],
      ['B7.405', 'DELETE', '/works', undefined, {}, 405],
      ['B7.405', 'PATCH', `${w}/chapters/$count`, {}, {}, 405],
      ['B1.14', 'PATCH', `${w}/numbers`, { value: [] }, {}, 405],
      ['B7.406', 'PATCH', w, {}, { accept: 'text/html' }, 406],
      ['B7.409', 'POST', '/works', { code: 'w' }, {}, 409],
      ['B7.409', 'POST', `${w}/chapters`, { number: 1 }, {}, 409],
      ['B4.9', 'PATCH', w, {}, { 'if-match': 'x' }, 400],
      ['B4.14', 'PATCH', w, {}, { 'odata-isolation': 'snapshot' }, 412],
      ['B6.11', 'PATCH', '/works', { value: [] }, { 'odata-version': '4.0' }, 400],
    ],
  )('[%s] %s %s with %j and %j answers %i', async (_, method, path, body, headers, status) => {
    const answer = await app.request(method, path, {
      ...(body === undefined ? {} : { body }),
      headers: { ...json, ...headers },
    });
    expect([answer.status, answer.status < 400 || answer.body.error.code !== undefined]).toEqual([status, true]);
    if (status === 405) expect(answer.headers.get('allow')).toContain('GET');
    if (status >= 400) expect(answer.text).not.toMatch(/\bat .*\.[jt]s:|SELECT|UPDATE/);
    if (status >= 400) expect((await get(w)).title).toBe('T');
  });

  it('[B1.13] [B1.14] [B1.15] properties by their own URL', async () => {
    const value = async (method: string, path: string, body?: unknown, headers: Record<string, string> = json) =>
      (await app.request(method, `${w}/${path}`, { ...(body === undefined ? {} : { body }), headers })).status;
    expect(await value('PATCH', 'place', { city: 'X' })).toBe(200);
    expect((await get(w)).place).toEqual({ city: 'X', floor: 1 });
    expect(await value('PUT', 'place', { city: 'Y' })).toBe(200);
    expect((await get(w)).place).toEqual({ city: 'Y', floor: null });
    expect(await value('POST', 'numbers?$index=0', { value: 0 })).toBe(200);
    expect(await value('POST', 'chapters(1)/words', { value: 'y' })).toBe(200);
    expect(await value('PUT', 'title/$value', 'Raw', { 'content-type': 'text/plain' })).toBe(204);
    expect(await value('DELETE', 'loans')).toBe(204);
    expect(await value('DELETE', 'places')).toBe(204);
    const after = await get(`${w}?$expand=chapters`);
    expect(after).toMatchObject({
      numbers: [0, 1, 2],
      title: 'Raw',
      loans: null,
      places: [],
      chapters: [{ words: ['x', 'y'] }],
    });
  });

  it.each([w, c])('[B4.1] [B4.3] [B4.4] [B4.6] [B4.8] [B4.12] conditions on %s', async (path) => {
    const etag = await etagOf(path);
    expect(etag).toMatch(/^W\/"\d+"$/);
    const patch = async (headers: Record<string, string>) =>
      (await app.patch(path, { title: 'N' }, { headers: { ...json, ...headers } })).status;
    expect(await patch({ 'if-match': 'W/"1"' })).toBe(412);
    expect(await patch({ 'if-none-match': etag })).toBe(412);
    expect(await patch({ 'if-none-match': '*' })).toBe(412);
    expect((await app.get(path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect(await etagOf(path)).toBe(etag);
    const strong = etag.replace('W/', '');
    const answer = await app.patch(path, { title: 'N' }, { headers: { ...json, 'if-match': `"x", ${strong}` } });
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, answer.body['@odata.etag']]);
    expect(answer.headers.get('etag')).not.toBe(etag);
    expect(await patch({ 'if-match': '*' })).toBe(200);
    expect((await app.delete(path, { headers: { 'if-match': etag } })).status).toBe(412);
  });

  it.each([w, c])('[B4.10] [J-28] the ETag of a body counts in 4.01, on %s', async (path) => {
    const patch = async (tag: string, version: string) =>
      (await app.patch(path, { '@odata.etag': tag, title: 'N' }, { headers: { ...json, 'odata-version': version } }))
        .status;
    expect([await patch('W/"1"', '4.01'), await patch('*', '4.01'), await patch('W/"1"', '4.0')]).toEqual([
      412, 200, 200,
    ]);
    expect(await patch(await etagOf(path), '4.01')).toBe(200);
  });

  it('[B4.5] [B7.428] where a condition is required, every change needs one', async () => {
    await strict.post('/works', start);
    for (const [method, path, body] of [
      ['PATCH', w, {}],
      ['PUT', c, {}],
      ['DELETE', c, undefined],
      ['PUT', `${w}/title`, { value: 'x' }],
      ['POST', `${w}/writers/$ref`, { '@odata.id': "authors('a')" }],
      ['DELETE', `${w}/writer/$ref`, undefined],
    ] as const) {
      const answer = await strict.request(method, path, body === undefined ? {} : { body });
      expect([method, path, answer.status]).toEqual([method, path, 428]);
    }
    expect((await strict.patch(w, {}, { headers: { ...json, 'if-match': '*' } })).status).toBe(200);
  });

  it('[B4.16] of many changes with one ETag one is made', async () => {
    const etag = await etagOf(c);
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, n) => app.patch(c, { pages: n }, { headers: { ...json, 'if-match': etag } })),
    );
    expect(all.map(({ status }) => status).filter((status) => status !== 412)).toEqual([200]);
  });

  it.each([w, c])(
    '[B5.1] [B5.2] [B5.3] [B5.4] [B5.5] [B5.13] [B4.11] what %s answers is what the client prefers',
    async (path) => {
      const patch = (query: string, headers: Record<string, string>) =>
        app.patch(`${path}${query}`, { title: `${Math.random()}` }, { headers: { ...json, ...headers } });
      const plain = await patch('', {});
      expect([plain.status, plain.headers.get('content-type')]).toEqual([
        200,
        'application/json;odata.metadata=minimal',
      ]);
      const minimal = await patch('', { prefer: 'return=minimal' });
      expect([
        minimal.status,
        minimal.text,
        minimal.headers.get('preference-applied'),
        minimal.headers.get('etag'),
      ]).toEqual([204, '', 'return=minimal', null]);
      const known = await patch('', { prefer: 'return=minimal', 'if-match': await etagOf(path) });
      expect([known.status, known.headers.get('etag')]).toEqual([204, await etagOf(path)]);
      const full = await patch('', { prefer: 'return=representation' });
      expect([full.status, full.headers.get('preference-applied')]).toEqual([200, 'return=representation']);
      const selected = await patch('?$select=title', {});
      expect(Object.keys(bare(selected.body))).toEqual(['title']);
      const both = await patch('?$select=title', { prefer: 'return=minimal' });
      expect([both.status, both.headers.get('preference-applied')]).toEqual([204, 'return=minimal']);
      expect(plain.headers.get('vary')).toContain('Prefer');
    },
  );

  it('[B3.8] [B5.2] creation with return=minimal says where', async () => {
    const answer = await app.post(`${w}/chapters`, { number: 7 }, { headers: { ...json, prefer: 'return=minimal' } });
    const url = `${app.root}/works('w')/chapters(7)`;
    expect([answer.status, answer.headers.get('location'), answer.headers.get('odata-entityid')]).toEqual([
      204,
      url,
      url,
    ]);
  });

  it('[B5.9] [B6.4] nulls are left out where the client wants that, but those that it made', async () => {
    const headers = { ...v401, prefer: 'omit-values=nulls' };
    const { body, headers: sent } = await app.patch(w, { title: null, '@unknown': 1 }, { headers });
    expect(sent.get('preference-applied')).toBe('omit-values=nulls');
    expect([body.title, 'cover' in body, '@context' in body]).toEqual([null, false, true]);
  });

  it('[B5.6] [B5.15] the body is that of a following GET; the context says what it is', async () => {
    for (const [path, context] of [
      [w, 'works/$entity'],
      [c, "works('w')/chapters/$entity"],
    ] as const) {
      const { body } = await app.patch(path, { title: 'N' });
      expect(body).toEqual((await app.get(path)).body);
      expect(body['@odata.context']).toBe(`${app.root}/$metadata#${context}`);
    }
  });

  it('[B4.2] [B3.5] an entity that was deleted and made again has another ETag', async () => {
    const etag = await etagOf(c);
    await app.delete(c);
    expect((await app.patch(c, { title: 'x' }, { headers: { ...json, 'if-match': etag } })).status).toBe(404);
    await app.post(`${w}/chapters`, start.chapters[0]);
    expect(await etagOf(c)).not.toBe(etag);
  });
});
