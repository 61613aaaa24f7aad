import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pictures } from './models/pictures.js';
import { settled } from './support/settled.js';
import { type Answer, type RequestOptions, TestApp } from './support/test-app.js';

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };

/** Bytes that look like nothing: every place has its own. */
function bytesOf(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + seed * 101) & 255;
  return bytes;
}

describe('streams of a model', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ STREAM_BYTES: '3000000' }, pictures);
  });
  afterAll(() => app.stop());

  beforeEach(async () => {
    for (const set of ['photos', 'albums', 'logos']) await app.delete(`/${set}/$each`);
    await app.post('/albums', { id: 'a', title: 'Alps', pages: [{ number: 1, text: 'one' }], back: { id: 'b' } });
  });

  const raw = async (
    path: string,
    { headers = {}, ...options }: RequestOptions & { readonly method?: string } = {},
  ) => {
    const answer = await app.fetch(options.method ?? 'GET', path, { ...options, headers });
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  const put = (path: string, bytes: Uint8Array | string, type: string, headers: Record<string, string> = {}) =>
    app.request('PUT', path, { body: bytes, headers: { 'content-type': type, ...headers } });
  const photo = async (bytes: Uint8Array = png, type = 'image/png'): Promise<string> => {
    const made = await app.request('POST', '/photos', { body: bytes, headers: { 'content-type': type } });
    expect([made.status, made.text]).toEqual([201, expect.any(String)]);
    return `/photos('${made.body.id as string}')`;
  };
  const codeOf = ({ status, body }: Answer): unknown[] => [status, body?.error?.innerError?.code];

  it('a media entity is made of its media, and both are read', async () => {
    const made = await app.request('POST', '/photos', { body: png, headers: { 'content-type': 'image/png' } });
    const path = `/photos('${made.body.id as string}')`;
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`${app.root}${path}`);
    expect(made.body).toEqual({
      '@odata.context': `${app.root}/$metadata#photos/$entity`,
      '@odata.type': '#test.pictures.Photo',
      '@odata.etag': expect.any(String),
      '@odata.mediaContentType': 'image/png',
      '@odata.mediaEtag': expect.stringMatching(/^"\d+"$/),
      id: made.body.id,
      title: null,
    });
    const read = await raw(`${path}/$value`);
    expect([read.status, read.headers.get('content-type'), read.headers.get('etag')]).toEqual([
      200,
      'image/png',
      made.body['@odata.mediaEtag'],
    ]);
    expect(read.bytes.equals(png)).toBe(true);
    expect((await app.get(path)).body).toEqual(made.body);
  });

  it.each([0, 1, 262_143, 262_144, 262_145, 1_000_000])('keeps %d bytes as they are, in both ways', async (length) => {
    const bytes = bytesOf(length);
    expect((await put("/albums('a')/cover", bytes, 'application/octet-stream')).status).toBe(204);
    const read = await raw("/albums('a')/cover");
    expect([read.status, read.headers.get('content-length')]).toEqual([200, String(length)]);
    expect(read.bytes.equals(bytes)).toBe(true);
  });

  it.each(["/albums('a')/cover", "/albums('a')/pages(1)/scan", '/albums/a/pages/1/scan', "/albums('a')/back/picture"])(
    'a stream property at %s is nothing, then what it was set to, then nothing again',
    async (path) => {
      expect((await raw(path)).status).toBe(204);
      const made = await put(path, png, 'image/png');
      expect([made.status, made.headers.get('etag'), made.text]).toEqual([204, expect.any(String), '']);
      const head = await raw(path, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, `${png.length}`, 0]);
      expect((await raw(path)).bytes.equals(png)).toBe(true);
      expect((await app.delete(path)).status).toBe(204);
      expect((await raw(path)).status).toBe(204);
    },
  );

  describe('conditions', () => {
    const cover = "/albums('a')/cover";

    it('of a change are on the ETag of the stream', async () => {
      expect(codeOf(await put(cover, png, 'image/png', { 'if-match': '*' }))).toEqual([412, 'entityTagDoesNotMatch']);
      const first = (await put(cover, png, 'image/png', { 'if-none-match': '*' })).headers.get('etag')!;
      expect(first).toMatch(/^"\d+"$/);
      expect(codeOf(await put(cover, 'x', 'text/plain', { 'if-none-match': '*' }))[0]).toBe(412);
      const second = (await put(cover, 'two', 'text/plain', { 'if-match': first })).headers.get('etag')!;
      expect(second).not.toBe(first);
      expect(codeOf(await put(cover, 'three', 'text/plain', { 'if-match': first }))[0]).toBe(412);
      expect((await app.get(cover)).text).toBe('two');
      expect(codeOf(await app.delete(cover, { headers: { 'if-match': first } }))[0]).toBe(412);
      expect((await app.delete(cover, { headers: { 'if-match': second } })).status).toBe(204);
    });

    it('of a read are answered without the content where it is known', async () => {
      const etag = (await put(cover, png, 'image/png')).headers.get('etag')!;
      const known = await raw(cover, { headers: { 'if-none-match': etag } });
      expect([known.status, known.headers.get('etag'), known.bytes.length]).toEqual([304, etag, 0]);
      expect((await raw(cover, { headers: { 'if-none-match': '"1"' } })).status).toBe(200);
      expect((await raw(cover, { headers: { 'if-match': '"1"' } })).status).toBe(412);
      expect((await raw(cover, { headers: { 'if-match': etag } })).status).toBe(200);
    });

    it('of one change hold for one of two that come together', async () => {
      const etag = (await put(cover, png, 'image/png')).headers.get('etag')!;
      const both = await Promise.all(['x', 'y'].map((text) => put(cover, text, 'text/plain', { 'if-match': etag })));
      expect(both.map(({ status }) => status).sort()).toEqual([204, 412]);
    });

    it('are asked for where the service requires them', async () => {
      const strict = await TestApp.start({ REQUIRE_IF_MATCH: 'true' }, pictures);
      await strict.post('/albums', { id: 'a' });
      const body = { body: png, headers: { 'content-type': 'image/png' } };
      expect((await strict.request('PUT', cover, body)).status).toBe(428);
      const headers = { ...body.headers, 'if-none-match': '*' };
      expect((await strict.request('PUT', cover, { ...body, headers })).status).toBe(204);
      await strict.stop();
    });
  });

  describe('a part', () => {
    const bytes = bytesOf(600_000, 3);
    let path = '';
    beforeEach(async () => {
      path = await photo(bytes, 'image/jpeg');
    });

    it.each([
      ['bytes=0-0', 0, 1],
      ['bytes=0-9', 0, 10],
      ['bytes=262140-262150', 262_140, 262_151],
      ['bytes=599999-', 599_999, 600_000],
      ['bytes=524288-700000', 524_288, 600_000],
      ['bytes=-5', 599_995, 600_000],
      ['bytes=-700000', 0, 600_000],
      ['Bytes=10-19', 10, 20],
    ])('%s is given', async (range, first, end) => {
      const read = await raw(`${path}/$value`, { headers: { range } });
      expect([read.status, read.headers.get('content-range'), read.headers.get('content-length')]).toEqual([
        206,
        `bytes ${first}-${end - 1}/600000`,
        String(end - first),
      ]);
      expect(read.bytes.equals(bytes.subarray(first, end))).toBe(true);
    });

    it.each(['bytes=600000-', 'bytes=600000-600001', 'bytes=-0'])('%s is none that is there', async (range) => {
      const read = await app.get(`${path}/$value`, { headers: { range } });
      expect([...codeOf(read), read.headers.get('content-range')]).toEqual([
        416,
        'rangeNotSatisfiable',
        'bytes */600000',
      ]);
    });

    it.each(['bytes=5-4', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=', 'bytes=x-1', 'bytes=-'])(
      '%s is not heeded',
      async (range) => {
        const read = await raw(`${path}/$value`, { headers: { range } });
        expect([read.status, read.bytes.length]).toEqual([200, 600_000]);
      },
    );

    it('is given under If-Range of the content that there is, and else all', async () => {
      const etag = (await raw(`${path}/$value`, { method: 'HEAD' })).headers.get('etag')!;
      const at = (ifRange: string) => raw(`${path}/$value`, { headers: { range: 'bytes=1-2', 'if-range': ifRange } });
      expect((await at(etag)).status).toBe(206);
      for (const other of ['"1"', `W/${etag}`, 'Sun, 06 Nov 1994 08:49:37 GMT'])
        expect((await at(other)).status).toBe(200);
    });

    it('is said in HEAD too, and is not compressed', async () => {
      const head = await raw(`${path}/$value`, { method: 'HEAD', headers: { range: 'bytes=0-9' } });
      expect([head.status, head.headers.get('content-length')]).toEqual([206, '10']);
      await put("/albums('a')/cover", 'a'.repeat(5000), 'text/plain');
      const read = await raw("/albums('a')/cover", { headers: { 'accept-encoding': 'gzip' } });
      expect([read.headers.get('content-encoding'), read.headers.get('content-length')]).toEqual([null, '5000']);
    });
  });

  describe('its media type', () => {
    it.each([
      ['none', '', 415],
      ['one that is not accepted', 'application/pdf', 415],
      ['none that is well-formed', 'image', 415],
      ['one in a range', 'image/x-icon', 201],
      ['one in other letters', 'IMAGE/PNG', 201],
      ['one with parameters', 'text/plain; charset="utf-8"', 201],
      ['that of JSON', 'application/json', 201],
    ])('%s', async (_, type, status) => {
      const made = await app.request('POST', '/photos', { body: Buffer.from('{'), headers: { 'content-type': type } });
      expect(made.status).toBe(status);
      if (status !== 201) return expect(codeOf(made)).toEqual([415, 'mediaTypeNotSupported']);
      const read = await raw(`/photos('${made.body.id as string}')/$value`);
      expect([read.headers.get('content-type'), read.bytes.toString()]).toEqual([type, '{']);
    });

    it.each([
      ['image/png', null],
      ['text/plain', null],
      ['text/html', 'attachment'],
      ['image/svg+xml', 'attachment'],
      ['application/json', 'attachment'],
    ])('%s becomes no page of ours', async (type, disposition) => {
      const path = await photo(Buffer.from('<script>alert(1)</script>'), type);
      const { headers } = await raw(`${path}/$value`);
      expect(headers.get('content-disposition')).toBe(disposition);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    });

    it('is answered whatever the client accepts: there is one', async () => {
      await put("/albums('a')/cover", png, 'image/png');
      for (const accept of ['image/png', 'text/html', 'application/json;odata.metadata=full']) {
        const read = await raw("/albums('a')/cover", { headers: { accept } });
        expect([read.status, read.headers.get('content-type')]).toEqual([200, 'image/png']);
      }
    });
  });

  describe('in JSON', () => {
    const of = async (path: string, headers: Record<string, string> = {}) => (await app.get(path, { headers })).body;

    it('is what is known of it, as far as the client asks for control information', async () => {
      const path = await photo();
      await put(`${path}/thumbnail`, png, 'image/png');
      const members = async (metadata: string, version: Record<string, string> = {}) =>
        Object.fromEntries(
          Object.entries(await of(path, { accept: `application/json;odata.metadata=${metadata}`, ...version })).filter(
            ([name]) => name.includes('media'),
          ),
        );
      const tag = expect.stringMatching(/^"\d+"$/);
      const known = {
        '@odata.mediaContentType': 'image/png',
        '@odata.mediaEtag': tag,
        'thumbnail@odata.mediaContentType': 'image/png',
        'thumbnail@odata.mediaEtag': tag,
      };
      const url = `${app.root}${path}`;
      expect(await members('none')).toEqual({});
      expect(await members('minimal')).toEqual(known);
      expect(await members('full')).toEqual({
        ...known,
        '@odata.mediaEditLink': `${url}/$value`,
        '@odata.mediaReadLink': `${url}/$value`,
        'thumbnail@odata.mediaEditLink': `${url}/thumbnail`,
        'thumbnail@odata.mediaReadLink': `${url}/thumbnail`,
      });
      expect(Object.keys(await members('minimal', v401))).toEqual(
        Object.keys(known).map((name) => name.replace('odata.', '')),
      );
    });

    it('is selected with its links, and nothing else of it', async () => {
      const path = await photo();
      await put(`${path}/thumbnail`, png, 'image/png');
      const url = `${app.root}${path}`;
      expect(await of(`${path}?$select=title,thumbnail`)).toEqual({
        '@odata.context': `${app.root}/$metadata#photos(title,thumbnail)/$entity`,
        '@odata.type': '#test.pictures.Photo',
        '@odata.id': url,
        '@odata.etag': expect.any(String),
        '@odata.mediaContentType': 'image/png',
        '@odata.mediaEtag': expect.any(String),
        'thumbnail@odata.mediaEditLink': `${url}/thumbnail`,
        'thumbnail@odata.mediaReadLink': `${url}/thumbnail`,
        'thumbnail@odata.mediaContentType': 'image/png',
        'thumbnail@odata.mediaEtag': expect.any(String),
        title: null,
      });
      expect(Object.keys(await of(`${path}?$select=title`)).filter((name) => name.startsWith('thumbnail'))).toEqual([]);
    });

    it('of a type that is open is no dynamic property, and what is expanded has it too', async () => {
      await app.patch("/albums('a')", { dynamic: 1 });
      await put("/albums('a')/cover", png, 'image/png');
      await put("/albums('a')/pages(1)/scan", 'scanned', 'text/plain');
      const body = await of("/albums('a')?$expand=pages");
      expect(body).toMatchObject({ dynamic: 1, 'cover@odata.mediaContentType': 'image/png' });
      expect(body).not.toHaveProperty('cover');
      expect(body.pages[0]).toMatchObject({ text: 'one', 'scan@odata.mediaContentType': 'text/plain' });
      const list = await of('/albums?$select=id,cover');
      expect(list.value[0]['cover@odata.mediaReadLink']).toBe(`${app.root}/albums('a')/cover`);
    });

    it.each([
      ['PATCH', "/albums('a')", { cover: 'AAAA' }, 501, 'notImplemented'],
      ['PATCH', "/albums('a')", { 'cover@odata.mediaContentType': 'image/png', title: 'x' }, 200, undefined],
      ['GET', "/albums('a')?$expand=cover", undefined, 501, 'queryOptionNotImplemented'],
      ['GET', '/photos?$expand=$value', undefined, 501, 'queryOptionNotImplemented'],
      ['GET', '/albums?$filter=cover ne null', undefined, 501, 'queryOptionNotImplemented'],
      ['GET', "/albums('a')?$select=cover/x", undefined, 400, 'invalidQueryOption'],
      ['GET', "/albums('a')/cover/$value", undefined, 404, 'resourceNotFound'],
      ['GET', '/albums/cover', undefined, 404, 'resourceNotFound'],
      ['GET', "/sheets('a')/$value", undefined, 404, 'resourceNotFound'],
      ['POST', "/albums('a')/cover", { a: 1 }, 405, 'methodNotAllowed'],
      ['PATCH', "/albums('a')/cover", { a: 1 }, 405, 'methodNotAllowed'],
      ['GET', "/albums('a')/cover?$select=id", undefined, 400, 'queryOptionNotApplicable'],
    ])('%s %s %j is %d %s', async (method, path, body, status, code) => {
      const answer = await app.request(method, path, body === undefined ? {} : { body });
      expect(codeOf(answer)).toEqual([status, code]);
    });
  });

  describe('its entity', () => {
    const etagOf = async (path: string) => (await app.get(path)).body['@odata.etag'] as string;

    it('gets another ETag with every change of it, as do those that it is in; and keeps the stream when it is changed', async () => {
      const page = "/albums('a')/pages(1)";
      const before = [await etagOf("/albums('a')"), await etagOf(page)];
      await put(`${page}/scan`, 'scanned', 'text/plain');
      const after = [await etagOf("/albums('a')"), await etagOf(page)];
      expect(after[0]).not.toBe(before[0]);
      expect(after[1]).not.toBe(before[1]);
      await app.patch(page, { text: 'two' });
      await app.request('PUT', page, { body: { text: 'three' } });
      await app.request('PUT', "/albums('a')", { body: { title: 'x' } });
      await app.patch("/albums('a')", { pages: [{ number: 1, text: 'four' }] });
      expect((await app.get(`${page}/scan`)).text).toBe('scanned');
      await app.store.media.sweep(Date.now() + 1000);
      expect((await app.get(`${page}/scan`)).text).toBe('scanned');
    });

    it('is told to who follows its changes', async () => {
      const first = await app.get('/albums', { headers: { prefer: 'odata.track-changes' } });
      const link = first.body['@odata.deltaLink'] as string;
      await put("/albums('a')/cover", png, 'image/png');
      await settled(app.store, 'albums');
      const changes = (await app.get(link)).body;
      expect(changes.value).toMatchObject([{ id: 'a', 'cover@odata.mediaContentType': 'image/png' }]);
      const [last] = (await app.store.history('albums', { tenant: 'contoso', limit: 10_000 })).slice(-1);
      expect(last).toMatchObject({ id: 'a', kind: 'updated', properties: ['cover'] });
    });

    it('is gone with its media, whichever is deleted; and only where conditions hold', async () => {
      await app.store.media.sweep(Date.now() + 1000);
      const [one, two] = [await photo(), await photo()];
      expect((await app.delete(`${one}/$value`, { headers: { 'if-match': '"1"' } })).status).toBe(412);
      expect((await app.delete(`${one}/$value`)).status).toBe(204);
      expect((await app.delete(two)).status).toBe(204);
      for (const path of [one, `${one}/$value`, two, `${two}/$value`]) expect((await app.get(path)).status).toBe(404);
      expect(await app.store.media.sweep(Date.now() + 1000)).toBe(2);
    });

    it.each([
      ['the entity', () => app.delete("/albums('a')"), 3],
      ['each of some', () => app.delete('/albums/$each'), 3],
      ['one that it contains', () => app.delete("/albums('a')/pages(1)"), 1],
      ['the collection, replaced', () => app.patch("/albums('a')", { pages: [{ number: 2 }] }), 1],
      ['one that it contains, by null', () => app.patch("/albums('a')", { back: null }), 1],
      [
        'one of a delta payload',
        () =>
          app.patch(
            '/albums',
            { '@context': '#$delta', value: [{ '@removed': { reason: 'deleted' }, id: 'a' }] },
            { headers: v401 },
          ),
        3,
      ],
    ])('takes with it the content of what is deleted: %s', async (_, remove, count) => {
      await app.store.media.sweep(Date.now() + 1000);
      for (const path of ['cover', 'pages(1)/scan', 'back/picture'])
        await put(`/albums('a')/${path}`, png, 'image/png');
      expect(await app.store.media.sweep(Date.now() + 1000)).toBe(0);
      expect((await remove()).status).toBeLessThan(300);
      expect(await app.store.media.sweep(Date.now() + 1000)).toBe(count);
    });

    it('takes with it what is deleted because it leads there, and its content', async () => {
      await app.store.media.sweep(Date.now() + 1000);
      const [one, two, other] = [await photo(), await photo(), await photo()];
      await put(`${one}/thumbnail`, png, 'image/png');
      await app.post('/shows', { id: 's', 'photos@odata.bind': [one.slice(1), two.slice(1)] });
      expect((await app.delete("/shows('s')")).status).toBe(204);
      expect((await app.get(`${one}/$value`)).status).toBe(404);
      expect(await app.store.media.sweep(Date.now() + 1000)).toBe(3);
      expect((await raw(`${other}/$value`)).bytes.equals(png)).toBe(true);
    });

    it('that a set gets through a reference is made of its media too', async () => {
      await app.post('/shows', { id: 't' });
      const made = await app.request('POST', "/shows('t')/photos", {
        body: png,
        headers: { 'content-type': 'image/png' },
      });
      expect([made.status, made.body['@odata.mediaContentType']]).toEqual([201, 'image/png']);
      expect((await app.get("/shows('t')/photos")).body.value).toMatchObject([{ id: made.body.id }]);
      await app.delete("/shows('t')");
    });

    it('answers with itself, or with the content, where that is asked for', async () => {
      const path = await photo();
      const prefer = { prefer: 'return=representation' };
      const entity = await put(`${path}/$value`, 'two', 'text/plain', prefer);
      expect([entity.status, entity.body['@odata.mediaContentType']]).toEqual([200, 'text/plain']);
      const content = await put("/albums('a')/cover", 'two', 'text/plain', prefer);
      expect([content.status, content.text, content.headers.get('preference-applied')]).toEqual([
        200,
        'two',
        'return=representation',
      ]);
      // The conditions were about the content before.
      const known = { ...prefer, 'if-match': content.headers.get('etag')!, range: 'bytes=0-1' };
      const again = await put("/albums('a')/cover", 'other', 'text/plain', known);
      expect([again.status, again.text]).toEqual([200, 'other']);
      const minimal = await put("/albums('a')/cover", 'three', 'text/plain', { prefer: 'return=minimal' });
      expect([minimal.status, minimal.headers.get('preference-applied')]).toEqual([204, 'return=minimal']);
      const made = await app.request('POST', '/photos', {
        body: png,
        headers: { 'content-type': 'image/png', prefer: 'return=minimal' },
      });
      expect([made.status, made.headers.get('odata-entityid')]).toEqual([204, made.headers.get('location')]);
    });

    it('of a derived type has the streams of that', async () => {
      const made = await app.request('POST', '/photos/test.pictures.Portrait', {
        body: png,
        headers: { 'content-type': 'image/png' },
      });
      const path = `/photos('${made.body.id as string}')`;
      expect(made.body).toMatchObject({ '@odata.type': '#test.pictures.Portrait', of: null });
      expect((await put(`${path}/test.pictures.Portrait/release`, 'yes', 'text/plain')).status).toBe(204);
      expect((await app.get(`${path}/test.pictures.Portrait/release`)).text).toBe('yes');
      expect((await put(`${path}/release`, 'no', 'text/plain')).status).toBe(404);
      const plain = await photo();
      expect((await put(`${plain}/test.pictures.Portrait/release`, 'no', 'text/plain')).status).toBe(404);
    });

    it('is reached by reference, and changed where it is', async () => {
      const path = await photo();
      await app.patch("/albums('a')", { 'first@odata.bind': path.slice(1) });
      expect((await raw("/albums('a')/first/$value")).bytes.equals(png)).toBe(true);
      expect((await put("/albums('a')/first/$value", 'new', 'text/plain')).status).toBe(204);
      expect((await app.get(`${path}/$value`)).text).toBe('new');
    });

    it('that is a singleton has its stream when it is there', async () => {
      expect((await put('/desk/cover', png, 'image/png')).status).toBe(404);
      await app.request('PUT', '/desk', { body: { id: 'd' } });
      expect((await put('/desk/cover', png, 'image/png')).status).toBe(204);
      expect((await raw('/desk/cover')).bytes.equals(png)).toBe(true);
    });

    it('that is not there has no stream', async () => {
      for (const path of ["/albums('no')/cover", "/albums('a')/pages(7)/scan", "/photos('no')/$value"]) {
        expect((await app.get(path)).status).toBe(404);
        expect((await put(path, png, 'image/png')).status).toBe(404);
        expect((await app.delete(path)).status).toBe(404);
      }
    });
  });
});
