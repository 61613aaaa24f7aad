import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

describe('entity tags', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  const etagOf = async (path: string): Promise<string> => (await app.get(path)).headers.get('etag')!;
  const connectionOf = (profile: string): string => profile.replace('/profile', '');

  it('[B4.1] are weak, and the same in header and body', async () => {
    const path = await app.profile();
    for (const url of [path, connectionOf(path)]) {
      const { headers, body } = await app.get(url);
      expect(headers.get('etag')).toMatch(/^W\/"[0-9]+"$/);
      expect(body['@odata.etag']).toBe(headers.get('etag'));
    }
  });

  it('[B4.12] are those of a read where the answer to a change shows what the entity refers to', async () => {
    const other = await TestApp.start({}, library);
    await other.post('/authors', { id: 'a' });
    await other.post('/works', { code: 'w', 'writer@odata.bind': "authors('a')", chapters: [{ number: 1 }] });
    for (const [method, path, body] of [
      ['PATCH', "/works('w')?$expand=writer", { title: 'x' }],
      ['PUT', "/works('w')?$expand=writer", { 'writer@odata.bind': "authors('a')" }],
      ['PATCH', "/works('w')/chapters(1)?$expand=editor", { title: 'x' }],
      ['POST', '/works?$expand=writer', { code: 'n' }],
    ] as const) {
      const changed = await other.request(method, path, { body });
      const at = method === 'POST' ? "/works('n')" : path.split('?')[0]!;
      const read = (await other.get(at)).headers.get('etag');
      expect([changed.headers.get('etag'), changed.body['@odata.etag']]).toEqual([read, read]);
    }
    await other.stop();
  });

  it('[B4.2] [B4.12] change with every change, and the answer carries the new one', async () => {
    const path = await app.profile();
    const seen = new Set([await etagOf(path)]);
    for (const headline of ['a', 'b', 'a']) seen.add((await app.patch(path, { headline })).headers.get('etag')!);
    expect(seen.size).toBe(4);
    expect(seen.has(await etagOf(path))).toBe(true);
  });

  it('never come back when an entity is deleted and made again', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const { headers } = await app.post('/decoratedProfileConnections', { id: 'phoenix', profile: {} });
      seen.add(headers.get('etag')!);
      seen.add(
        (await app.patch('/decoratedProfileConnections/phoenix/profile', { headline: 'a' })).headers.get('etag')!,
      );
      await app.delete('/decoratedProfileConnections/phoenix');
    }
    expect(seen.size).toBe(10);
  });

  it.each([
    ['PATCH', { headline: 'changed' }],
    ['DELETE', undefined],
  ])(
    '[B4.4] [B7.412] [A40M-26] a stale If-Match refuses %s at both addresses and changes nothing',
    async (method, body) => {
      const path = await app.profile({ headline: 'before' });
      const stale = await etagOf(path);
      await app.patch(path, { headline: 'between' });
      const id = path.split('/')[2]!;
      for (const url of [path, `/decoratedProfileConnections('${id}')/profile`]) {
        const answer = await app.request(method, url, { body, headers: { 'if-match': stale } });
        expect(answer.status).toBe(412);
        expect(answer.body.error).toMatchObject({
          code: 'preconditionFailed',
          innerError: { code: 'entityTagDoesNotMatch' },
        });
      }
      expect((await app.get(path)).body.headline).toBe('between');
    },
  );

  it('[B4.3] [B4.9] If-Match compares weakly, and takes lists', async () => {
    const path = await app.profile();
    for (const form of [(e: string) => e, (e: string) => e.replace('W/', ''), (e: string) => `"x", W/"y" ,${e}`]) {
      const headers = { 'if-match': form(await etagOf(path)) };
      expect((await app.patch(path, { headline: headers['if-match'] }, { headers })).status).toBe(200);
    }
  });

  it.each(['', 'abc', '"abc', 'W/abc', '"a" "b"', '"a",b', '*, "a"'])(
    '[B4.9] [C6] If-Match: %s is malformed',
    async (tag) => {
      const path = await app.profile({ headline: 'before' });
      const answer = await app.patch(path, { headline: 'after' }, { headers: { 'if-match': tag } });
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({ target: 'If-Match', innerError: { code: 'malformedEntityTag' } });
      expect((await app.get(path)).body.headline).toBe('before');
    },
  );

  it('[B4.6] If-Match: * passes for what exists', async () => {
    const path = await app.profile();
    expect((await app.patch(path, { headline: 'x' }, { headers: { 'if-match': '*' } })).status).toBe(200);
  });

  it('[B4.13] If-Match on the profile means the profile, not its connection', async () => {
    const path = await app.profile();
    const profile = await etagOf(path);
    await app.patch(connectionOf(path), { relevanceScore: 1 });
    expect(await etagOf(path)).toBe(profile);
    const connection = await etagOf(connectionOf(path));
    expect((await app.patch(path, {}, { headers: { 'if-match': connection } })).status).toBe(412);
    expect((await app.patch(path, { headline: 'x' }, { headers: { 'if-match': profile } })).status).toBe(200);
  });

  it('a change of the profile changes the ETag of the connection that contains it', async () => {
    const path = await app.profile();
    const before = await etagOf(connectionOf(path));
    await app.patch(path, { headline: 'x' });
    expect(await etagOf(connectionOf(path))).not.toBe(before);
  });

  it('[B4.7] a read with If-None-Match of the current version answers 304 without a body', async () => {
    const path = await app.profile();
    const etag = await etagOf(path);
    const unchanged = await app.get(path, { headers: { 'if-none-match': etag } });
    expect(unchanged.status).toBe(304);
    expect(unchanged.text).toBe('');
    expect(unchanged.headers.get('etag')).toBe(etag);
    expect((await app.get(path, { headers: { 'if-none-match': '"1"' } })).status).toBe(200);
  });

  it('[B4.7] an expanded profile that changed makes the connection changed', async () => {
    const path = await app.profile();
    const url = `${connectionOf(path)}?$expand=profile`;
    const { headers } = await app.get(url);
    await app.patch(path, { headline: 'x' });
    const answer = await app.get(url, { headers: { 'if-none-match': headers.get('etag')! } });
    expect(answer.body.profile.headline).toBe('x');
  });

  it('a read with an If-Match that does not match answers 412', async () => {
    expect((await app.get(await app.profile(), { headers: { 'if-match': '"1"' } })).status).toBe(412);
  });

  it('[B4.8] an update with a matching If-None-Match answers 412', async () => {
    const path = await app.profile();
    const headers = { 'if-none-match': await etagOf(path) };
    expect((await app.patch(path, { headline: 'x' }, { headers })).status).toBe(412);
    expect((await app.patch(path, { headline: 'x' }, { headers: { 'if-none-match': '"1"' } })).status).toBe(200);
  });

  it('[B4.10] [J-28] a stale ETag in a 4.01 body answers 412, in a 4.0 body it is ignored', async () => {
    const path = await app.profile();
    const stale = await etagOf(path);
    await app.patch(path, { headline: 'between' });
    const body = { '@odata.etag': stale, headline: 'after' };
    const as = (version: string) => ({ headers: { 'odata-version': version } });
    expect((await app.patch(path, { '@etag': stale }, as('4.01'))).status).toBe(412);
    expect((await app.patch(path, body, as('4.01'))).status).toBe(412);
    expect((await app.patch(path, body, as('4.0'))).status).toBe(200);
    expect((await app.patch(path, { '@etag': await etagOf(path), headline: 'y' }, as('4.01'))).status).toBe(200);
    expect((await app.patch(path, { '@etag': '*', headline: 'z' }, as('4.01'))).status).toBe(200);
    expect((await app.patch(path, { '@etag': 'oops' }, as('4.01'))).status).toBe(400);
  });

  it('[B4.14] snapshot isolation is refused, and the request not processed', async () => {
    const path = await app.profile({ headline: 'before' });
    for (const name of ['isolation', 'odata-isolation']) {
      const answer = await app.patch(path, { headline: 'after' }, { headers: { [name]: 'snapshot' } });
      expect(answer.status).toBe(412);
      expect(answer.body.error.innerError.code).toBe('isolationNotSupported');
    }
    expect((await app.get(path)).body.headline).toBe('before');
  });

  it('[B4.16] of fifty updates with one ETag exactly one succeeds', async () => {
    const path = await app.profile();
    const headers = { 'if-match': await etagOf(path) };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => app.patch(path, { headline: `update ${index}` }, { headers })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 49 }, () => 412)]);
    const winner = answers.find(({ status }) => status === 200)!;
    expect((await app.get(path)).text).toBe(winner.text);
  });

  it('[B4.5] [B7.428] are required for every change where the service is told so', async () => {
    const strict = await TestApp.start({ REQUIRE_IF_MATCH: 'true' });
    try {
      const path = await strict.profile();
      for (const [method, body] of [
        ['PATCH', {}],
        ['DELETE', undefined],
      ] as const) {
        const answer = await strict.request(method, path, { body });
        expect(answer.status).toBe(428);
        expect(answer.body.error.code).toBe('preconditionRequired');
      }
      const headers = { 'if-match': (await strict.get(path)).headers.get('etag')! };
      expect((await strict.patch(path, { headline: 'x' }, { headers })).status).toBe(200);
      expect((await strict.delete(path, { headers: { 'if-match': '*' } })).status).toBe(204);
      expect((await strict.patch(path, {}, { headers: { 'if-none-match': '*' } })).status).toBe(201);
    } finally {
      await strict.stop();
    }
  });
});
