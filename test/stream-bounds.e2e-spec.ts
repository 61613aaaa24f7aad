import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { pictures } from './models/pictures.js';
import { answersIn, multipart, sendJson, sendMultipart } from './support/batches.js';
import { RawClient } from './support/raw-client.js';
import { type Answer, type RequestOptions, TestApp } from './support/test-app.js';
import { ann, annElsewhere, bob, daemon, tokenFor } from './support/tokens.js';

const kib = 1024;
const cover = "/albums('a')/cover";
const text = { 'content-type': 'text/plain' };

describe('the bounds of streams', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start(
      {
        STREAM_BYTES: `${400 * kib}`,
        STREAM_BYTES_PER_TENANT: `${1000 * kib}`,
        BATCH_MEMORY: `${128 * kib}`,
        STALL_TIMEOUT: '1',
      },
      pictures,
    );
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    for (const as of [ann, annElsewhere, bob])
      for (const set of ['photos', 'albums']) await app.delete(`/${set}/$each`, { as });
    await app.store.media.sweep(Date.now() + 1000);
    await app.post('/albums', { id: 'a' });
    await put('old');
  });

  const put = (body: unknown, { headers, ...options }: RequestOptions = {}): Promise<Answer> =>
    app.request('PUT', cover, { body, headers: { ...text, ...headers }, ...options });
  const codeOf = ({ status, body }: Answer): unknown[] => [status, body?.error?.innerError?.code];
  const content = async (): Promise<string> => (await app.get(cover)).text;
  /** Bytes whose number is not said. */
  const chunked = (length: number): ReadableStream =>
    new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < length; sent += 16 * kib)
          controller.enqueue(Buffer.alloc(Math.min(16 * kib, length - sent)));
        controller.close();
      },
    });

  describe('of bytes', () => {
    it.each([
      ['said before', () => Buffer.alloc(400 * kib + 1)],
      ['that are not said before', () => chunked(401 * kib)],
    ])('%s: 413, and what was there is there', async (_, body) => {
      expect(codeOf(await put(body()))).toEqual([413, 'streamTooLarge']);
      expect(await content()).toBe('old');
    });

    it('as many as there may be are taken, said or not', async () => {
      expect((await put(Buffer.alloc(400 * kib))).status).toBe(204);
      expect((await put(chunked(400 * kib))).status).toBe(204);
      expect((await app.fetch('HEAD', cover)).headers.get('content-length')).toBe(`${400 * kib}`);
    });

    it('of one stream by its declaration', async () => {
      const made = await app.request('POST', '/photos', { body: 'x', headers: text });
      const thumbnail = `/photos('${made.body.id as string}')/thumbnail`;
      const send = (length: number) =>
        app.request('PUT', thumbnail, { body: Buffer.alloc(length), headers: { 'content-type': 'image/png' } });
      expect(codeOf(await send(1001))).toEqual([413, 'streamTooLarge']);
      expect((await send(1000)).status).toBe(204);
      expect(codeOf(await app.request('PUT', thumbnail, { body: 'x', headers: text }))).toEqual([
        415,
        'mediaTypeNotSupported',
      ]);
    });

    it('of a tenant: 507, until there is room again; others have their own', async () => {
      for (const content of [1, 2]) expect((await put(Buffer.alloc(400 * kib, content))).status).toBe(204);
      expect(codeOf(await put(Buffer.alloc(400 * kib)))).toEqual([507, 'noRoomForStreams']);
      expect(codeOf(await put(chunked(400 * kib)))).toEqual([507, 'noRoomForStreams']);
      await app.post('/albums', { id: 'a' }, { as: annElsewhere });
      expect((await put(Buffer.alloc(400 * kib), { as: annElsewhere })).status).toBe(204);
      await app.store.media.sweep(Date.now() + 1000);
      expect((await put(Buffer.alloc(400 * kib))).status).toBe(204);
    });

    it('that inflate to more are too many', async () => {
      const { gzipSync } = await import('node:zlib');
      const headers = { 'content-encoding': 'gzip' };
      expect(codeOf(await put(gzipSync(Buffer.alloc(500 * kib)), { headers }))).toEqual([413, 'streamTooLarge']);
      expect(codeOf(await put('no gzip', { headers }))).toEqual([400, 'malformedRequest']);
      expect(await content()).toBe('old');
      expect((await put(gzipSync('new'), { headers })).status).toBe(204);
      expect(await content()).toBe('new');
      expect(codeOf(await put('x', { headers: { 'content-encoding': 'br' } }))).toEqual([415, 'encodingNotSupported']);
    });
  });

  describe('of callers', () => {
    it('who may not see the entity: 404, whether they read or write', async () => {
      for (const as of [bob, annElsewhere]) {
        expect((await app.get(cover, { as })).status).toBe(404);
        expect((await put('theirs', { as })).status).toBe(404);
        expect((await app.delete(cover, { as })).status).toBe(404);
      }
      expect((await app.get(cover, { as: daemon })).text).toBe('old');
    });

    it.each([
      ['who only reads', { ...ann, scp: 'DecoratedProfile.Read' }, 403],
      ['who is nobody', null, 401],
    ])('%s: no body is read', async (_, as, status) => {
      const client = await RawClient.connect(app.url);
      const authorization = as === null ? {} : { authorization: `Bearer ${tokenFor(as)}` };
      const head = { ...text, ...authorization, 'content-length': 300 * kib, expect: '100-continue' };
      client.send(`PUT /v1.0${encodeURI(cover)}`, head);
      expect(await client.status()).toBe(status);
      client.leave();
      expect(await content()).toBe('old');
    });

    it('who is cut off changes nothing, and leaves nothing', async () => {
      const client = await RawClient.connect(app.url);
      const head = { ...text, authorization: `Bearer ${tokenFor(ann)}`, 'content-length': 300 * kib };
      client.send(`PUT /v1.0${encodeURI(cover)}`, head, Buffer.alloc(290 * kib));
      client.leave();
      await client.closed;
      // What arrives is unused until all of it has come.
      while ((await app.store.media.sweep(Date.now() + 1000)) === 0) await sleep(5);
      expect(await content()).toBe('old');
    });

    it('who is too slow: 408', async () => {
      const client = await RawClient.connect(app.url);
      const head = { ...text, authorization: `Bearer ${tokenFor(ann)}`, 'content-length': 300 * kib };
      client.send(`PUT /v1.0${encodeURI(cover)}`, head, Buffer.alloc(10));
      expect(await client.status()).toBe(408);
      await client.closed;
      expect(await content()).toBe('old');
    });

    it('who says a length that is not that of the bytes behind it says another request', async () => {
      const client = await RawClient.connect(app.url);
      const head = { ...text, authorization: `Bearer ${tokenFor(ann)}`, 'content-length': 3 };
      client.send(`PUT /v1.0${encodeURI(cover)}`, head, 'newer\r\n\r\n');
      await client.closed;
      expect(client.text).toMatch(/^HTTP\/1.1 204 [\s\S]*HTTP\/1.1 400 /);
      expect(await content()).toBe('new');
    });
  });

  describe('of batches', () => {
    const bytes = Buffer.from([0, 255, 1, 254, 13, 10, 45, 45]);
    const body = bytes.toString('base64url');

    it('in JSON have bytes in base64url, in both directions', async () => {
      const type = { 'content-type': 'image/png' };
      const { body: answer } = await sendJson(app, [
        { id: '1', method: 'PUT', url: cover.slice(1), headers: type, body },
        { id: '2', method: 'GET', url: cover.slice(1), dependsOn: ['1'] },
        { id: '3', method: 'POST', url: 'photos', headers: type, body },
        { id: '4', method: 'GET', url: '$3/$value', dependsOn: ['3'] },
        { id: '5', method: 'PUT', url: '$3/$value', headers: text, body: 'text', dependsOn: ['3', '4'] },
        { id: '6', method: 'GET', url: '$3/$value', dependsOn: ['3', '5'] },
      ]);
      const answers = answer.responses.map((one: any) => [one.id, one.status, one.headers['content-type'], one.body]);
      expect(answers.sort()).toMatchObject([
        ['1', 204, undefined, undefined],
        ['2', 200, 'image/png', body],
        ['3', 201, expect.stringContaining('application/json'), { '@odata.mediaContentType': 'image/png' }],
        ['4', 200, 'image/png', body],
        ['5', 204, undefined, undefined],
        ['6', 200, 'text/plain', 'text'],
      ]);
    });

    it('in multipart are bytes', async () => {
      const parts = [
        [{ id: '1', method: 'PUT', url: cover.slice(1), headers: text, body: 'of a part' }],
        { url: cover.slice(1) },
      ];
      const answer = await sendMultipart(app, multipart(parts));
      const [, read] = answersIn(answer.text, answer.headers.get('content-type')!);
      expect(read).toMatchObject({ status: 200, text: 'of a part', headers: { 'content-type': 'text/plain' } });
    });

    it('that are undone have changed no stream, and leave nothing', async () => {
      const group = { atomicityGroup: 'g' };
      const { body: answer } = await sendJson(app, [
        { id: '1', method: 'PUT', url: cover.slice(1), headers: text, body: 'undone', ...group },
        { id: '2', method: 'PATCH', url: "albums('no')", body: { title: 'x' }, headers: { 'if-match': '*' }, ...group },
      ]);
      expect(answer.responses.map((one: any) => one.status)).not.toContain(204);
      expect(await content()).toBe('old');
      expect(await app.store.media.sweep(Date.now() + 1000)).toBe(0);
    });

    it('hold no more in memory than they may: a larger stream is read by itself', async () => {
      await put(Buffer.alloc(128 * kib + 1));
      const { body: answer } = await sendJson(app, [
        { id: '1', method: 'GET', url: cover.slice(1) },
        { id: '2', method: 'GET', url: cover.slice(1), headers: { 'if-none-match': '"1"' } },
      ]);
      expect(answer.responses.map((one: any) => [one.status, one.body.error.innerError.code])).toEqual([
        [507, 'noRoomForResults'],
        [507, 'noRoomForResults'],
      ]);
      await put(Buffer.alloc(128 * kib));
      const { body: fits } = await sendJson(app, [{ id: '1', method: 'GET', url: cover.slice(1) }]);
      expect(fits.responses[0].status).toBe(200);
    });
  });

  it('are not answered later: neither bytes nor content are kept for that', async () => {
    const headers = { prefer: 'respond-async' };
    expect((await put('new', { headers })).status).toBe(204);
    expect((await app.get(cover, { headers })).text).toBe('new');
  });
});
