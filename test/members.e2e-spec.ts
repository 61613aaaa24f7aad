import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sendJson } from './support/batches.js';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';
import { bob } from './support/tokens.js';

const set = '/decoratedProfileConnections';

describe('the members of a set', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ MAX_CHANGES: '5' });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    const url = set.slice(1);
    const members = ['a', 'b', 'c', 'd'].map((id, index) => ({
      method: 'POST',
      url,
      body: { id, relevanceScore: index, profile: { firstName: `P${index}` } },
    }));
    const { body } = await sendJson(
      app,
      [{ method: 'DELETE', url: `${url}/$each` }, ...members].map((one, at) => ({
        id: `${at}`,
        atomicityGroup: 'g',
        ...one,
      })),
    );
    expect(body.responses.map(({ status }: any) => status)).toEqual([204, 201, 201, 201, 201]);
  });
  const scores = async () =>
    Object.fromEntries(
      (await app.get(`${set}?$select=id,relevanceScore`)).body.value.map((one: any) => [one.id, one.relevanceScore]),
    ) as unknown;

  it('[A40M-33] PATCH changes each that the filter finds, and answers with them', async () => {
    const before = (await app.get(set)).body.value as { id: string; '@odata.etag': string }[];
    const { status, body } = await app.patch(`${set}/$filter(relevanceScore ge 2)/$each`, { relevanceScore: 9 });
    expect([status, body.value.map((one: any) => [one.id, one.relevanceScore])]).toEqual([
      200,
      [
        ['c', 9],
        ['d', 9],
      ],
    ]);
    expect(body['@odata.context']).toMatch(/#decoratedProfileConnections$/);
    expect(await scores()).toEqual({ a: 0, b: 1, c: 9, d: 9 });
    const after = (await app.get(set)).body.value as typeof before;
    const same = after.map((one, index) => one['@odata.etag'] === before[index]!['@odata.etag']);
    expect(same).toEqual([true, true, false, false]);
    expect(body.value[0]['@odata.etag']).toBe(after[2]!['@odata.etag']);
  });

  it.each([
    [`${set}/$filter(@f)/$each?@f=relevanceScore%20lt%202`, ['a', 'b']],
    [`${set}/$filter(relevanceScore%20div%202%20eq%201)/$each`, ['c']],
    [`${set}/$filter(profile/firstName eq 'P1')/$each`, ['b']],
    [`${set}/$filter(matchesPattern(id,'[ad]'))/$each`, ['a', 'd']],
    [`${set}/$filter(relevanceScore ge 1)/$filter(relevanceScore lt 3)/$each`, ['b', 'c']],
    [`${set}/microsoft.graph.DecoratedProfileConnection/$each`, ['a', 'b', 'c', 'd']],
    [`${set}/$each`, ['a', 'b', 'c', 'd']],
    [`${set}/$each/`, ['a', 'b', 'c', 'd']],
    [`${set}/$filter(false)/$each`, []],
  ])('[A40M-33] %s leads to %j', async (path, expected) => {
    const { status, body } = await app.patch(path, { relevanceScore: -1 });
    expect([status, body?.value?.map(({ id }: { id: string }) => id)]).toEqual([200, expected]);
    const changed = Object.entries((await scores()) as object).filter(([, score]) => score === -1);
    expect(changed.map(([id]) => id)).toEqual(expected);
  });

  it.each(['PATCH', 'PUT', 'POST', 'DELETE'])(
    '[B6.12] %s of what a filter leaves, without $each, is refused, and nothing is done',
    async (method) => {
      const before = await scores();
      const body = method === 'PATCH' ? { '@context': '#$delta', value: [{ id: 'n' }] } : { id: 'n', value: [] };
      const options = method === 'DELETE' ? {} : { body };
      for (const path of [`${set}/$filter(false)`, `${set}/$filter(@f)?@f=relevanceScore%20gt%200`]) {
        const { status, headers } = await app.request(method, path, options);
        expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      }
      expect(await scores()).toEqual(before);
    },
  );

  it('[A40M-33] DELETE deletes each that the filter finds', async () => {
    const { status, text } = await app.delete(`${set}/$filter(relevanceScore gt 0)/$each`);
    expect([status, text, await scores()]).toEqual([204, '', { a: 0 }]);
  });

  it('a change that leaves a member as it was keeps its version', async () => {
    const before = (await app.get(`${set}/a`)).headers.get('etag');
    const { body } = await app.patch(`${set}/$each`, { relevanceScore: 0 });
    expect(body.value[0]['@odata.etag']).toBe(before);
    expect(body.value[1]['@odata.etag']).not.toBe(before);
  });

  it('answers as it is asked to: minimal, selected, expanded', async () => {
    const minimal = await app.patch(`${set}/$each`, { relevanceScore: 5 }, { headers: { prefer: 'return=minimal' } });
    expect([minimal.status, minimal.text, minimal.headers.get('preference-applied')]).toEqual([
      204,
      '',
      'return=minimal',
    ]);
    const { body, headers } = await app.patch(
      `${set}/$filter(id eq 'a')/$each?$select=id&$expand=profile($select=firstName)`,
      { relevanceScore: 6 },
      { headers: { prefer: 'return=representation' } },
    );
    expect(headers.get('preference-applied')).toBe('return=representation');
    const [one] = body.value;
    expect([one.id, one.relevanceScore, one.profile.firstName]).toEqual(['a', undefined, 'P0']);
  });

  it('a profile inline is changed in each, and made where there is none', async () => {
    await app.post(set, { id: 'bare', relevanceScore: 9 });
    const { status, body } = await app.patch(
      `${set}/$filter(relevanceScore ge 3)/$each`,
      { relevanceScore: 5, profile: { headline: 'inline' } },
      { headers: { 'odata-version': '4.01' } },
    );
    expect([status, body.value.map((one: any) => [one.id, one.profile.headline, one.profile.firstName])]).toEqual([
      200,
      [
        ['bare', 'inline', null],
        ['d', 'inline', 'P3'],
      ],
    ]);
    // Each that was made is one of its own.
    const again = await app.patch(`${set}/$filter(id eq 'c' or id eq 'a')/$each`, { profile: null });
    expect(again.status).toBe(200);
    const made = await app.patch(`${set}/$filter(id eq 'c' or id eq 'a')/$each`, { profile: { headline: 'new' } });
    const ids = made.body.value.map((one: any) => one.profile.id);
    expect([made.status, ids.length, new Set(ids).size]).toEqual([200, 2, 2]);
    await app.delete(`${set}/bare`);
  });

  it('$filter says which of those that were changed the answer has', async () => {
    const answer = await app.patch(
      `${set}/$filter(relevanceScore gt 0)/$each?$filter=id ne 'c' and relevanceScore eq 7`,
      {
        relevanceScore: 7,
      },
    );
    expect([answer.status, answer.body.value.map(({ id }: any) => id)]).toEqual([200, ['b', 'd']]);
    expect(await scores()).toEqual({ a: 0, b: 7, c: 7, d: 7 });
    const none = await app.patch(`${set}/$each?$filter=relevanceScore lt 0`, { profile: { headline: 'x' } });
    expect([none.status, none.body.value]).toEqual([200, []]);
  });

  it('goes on where it is asked to, and says which members failed', async () => {
    const tags = (await app.get(set)).body.value.map((one: any) => one['@odata.etag']) as string[];
    const { status, body, headers } = await app.patch(
      `${set}/$each`,
      { '@etag': tags[1], relevanceScore: 8 },
      { headers: { 'odata-version': '4.01', prefer: 'continue-on-error, return=minimal' } },
    );
    expect([status, headers.get('preference-applied')]).toEqual([200, 'continue-on-error']);
    const term = '@Core.DataModificationException';
    const failed = expect.objectContaining({ failedOperation: 'update', responseCode: 412 });
    expect(body.value.map((one: any) => [one.id, one.relevanceScore, one[term]])).toEqual([
      ['a', 0, failed],
      ['b', 8, undefined],
      ['c', 2, failed],
      ['d', 3, failed],
    ]);
    expect(await scores()).toEqual({ a: 0, b: 8, c: 2, d: 3 });
    const whole = await app.patch(`${set}/$each`, { relevanceScore: 1 }, { headers: { prefer: 'continue-on-error' } });
    expect([whole.status, whole.headers.get('preference-applied')]).toEqual([200, 'continue-on-error']);
    const gone = await app.delete(`${set}/$each`, { headers: { prefer: 'continue-on-error' } });
    expect([gone.status, gone.headers.get('preference-applied'), await scores()]).toEqual([
      204,
      'continue-on-error',
      {},
    ]);
  });

  it('reaches only what the caller may see', async () => {
    await app.post(set, { id: 'bobs', relevanceScore: 7 }, { as: bob });
    expect((await app.patch(`${set}/$each`, { relevanceScore: 8 })).status).toBe(200);
    expect((await app.get(`${set}/bobs`, { as: bob })).body.relevanceScore).toBe(7);
    expect((await app.delete(`${set}/$each`)).status).toBe(204);
    expect((await app.get(`${set}/bobs`, { as: bob })).status).toBe(200);
    expect((await app.delete(`${set}/$each`, { as: bob })).status).toBe(204);
    const reader = { ...bob, scp: 'DecoratedProfile.Read' };
    expect((await app.delete(`${set}/$each`, { as: reader })).status).toBe(403);
  });

  it('refuses to change more than one request may, and changes none', async () => {
    for (const id of ['e', 'f']) await app.post(set, { id, relevanceScore: 0 });
    for (const answer of [await app.patch(`${set}/$each`, { relevanceScore: 9 }), await app.delete(`${set}/$each`)]) {
      expect([answer.status, answer.body.error.innerError.code]).toEqual([400, 'tooManyChanges']);
    }
    expect(await scores()).toEqual({ a: 0, b: 1, c: 2, d: 3, e: 0, f: 0 });
    for (const id of ['e', 'f']) await app.delete(`${set}/${id}`);
  });

  it.each<[what: string, method: string, path: string, body: unknown, headers: Record<string, string>, status: number]>(
    [
      ['a faulty body', 'PATCH', `${set}/$each`, { relevanceScore: 'x', nope: 1 }, {}, 400],
      ['a filter of what is not there', 'PATCH', `${set}/$filter(nope eq 1)/$each`, {}, {}, 404],
      ['a filter without an end', 'PATCH', `${set}/$filter(id eq 'a'/$each`, {}, {}, 400],
      ['a set that is not there', 'PATCH', '/nothing/$each', {}, {}, 404],
      ['query options that have no meaning', 'PATCH', `${set}/$each?$top=1`, {}, {}, 400],
      ['query options of a deletion', 'DELETE', `${set}/$each?$select=id`, undefined, {}, 400],
      ['an ETag', 'PATCH', `${set}/$each`, { relevanceScore: 9 }, { 'if-match': 'W/"1"' }, 412],
      ['If-None-Match: *', 'DELETE', `${set}/$each`, undefined, { 'if-none-match': '*' }, 412],
      ['a profile inline, in 4.0', 'PATCH', `${set}/$each`, { profile: {} }, { 'odata-version': '4.0' }, 400],
      ['a stale ETag in it', 'PATCH', `${set}/$each`, { '@etag': 'W/"1"' }, { 'odata-version': '4.01' }, 412],
      ['what follows', 'PATCH', `${set}/$each/profile`, {}, {}, 404],
      ['PUT', 'PUT', `${set}/$each`, {}, {}, 405],
      ['POST', 'POST', `${set}/$each`, {}, {}, 405],
      ['GET', 'GET', `${set}/$each`, undefined, {}, 405],
    ],
  )('%s is refused, and nothing is changed: %s %s', async (_, method, path, body, headers, status) => {
    const answer = await app.request(method, path, { body, headers });
    expect([answer.status, typeof answer.body.error.message]).toEqual([status, 'string']);
    if (status === 405) expect(answer.headers.get('allow')).toBe('DELETE, PATCH');
    expect(await scores()).toEqual({ a: 0, b: 1, c: 2, d: 3 });
  });

  it('a key that looks like it is a key all the same', async () => {
    await app.post(set, { id: '$each', relevanceScore: 4 });
    const path = `${set}('$each')`;
    expect((await app.patch(path, { relevanceScore: 5 })).body.id).toBe('$each');
    expect(await scores()).toEqual({ $each: 5, a: 0, b: 1, c: 2, d: 3 });
    expect((await app.delete(path)).status).toBe(204);
    expect(await scores()).toEqual({ a: 0, b: 1, c: 2, d: 3 });
  });

  it('changes of all and of one at the same time lose nothing', async () => {
    await Promise.all([
      ...Array.from({ length: 6 }, (_, n) => app.patch(`${set}/$each`, { relevanceScore: n })),
      ...['a', 'b', 'c', 'd'].map((id) => app.patch(`${set}/${id}/profile`, { headline: `of ${id}` })),
    ]);
    const { body } = await app.get(`${set}?$expand=profile`);
    expect(body.value.map((one: any) => one.profile.headline)).toEqual(['of a', 'of b', 'of c', 'of d']);
    expect(new Set(body.value.map((one: any) => one.relevanceScore)).size).toBe(1);
  });
});

/** OData 4.01 Protocol 11.4.13 and 11.4.14 are about every collection. */
describe('the entities of a collection that another one has', () => {
  let app: TestApp;
  const chapters = "/works('w')/chapters";
  beforeAll(async () => {
    app = await TestApp.start({ MAX_CHANGES: '8' }, library);
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    for (const one of ['works', 'authors']) expect((await app.delete(`/${one}/$each`)).status).toBe(204);
    for (const id of ['x', 'y', 'z']) await app.post('/authors', { id, name: id });
    const inside = [1, 2, 3].map((number) => ({ number, pages: number * 10, remarks: [{ id: 'r' }] }));
    const links = { 'writers@odata.bind': ["authors('x')", "authors('y')"] };
    expect((await app.post('/works', { code: 'w', chapters: inside, ...links })).status).toBe(201);
  });
  const pages = async () =>
    (await app.get(chapters)).body.value.map((one: any) => [one.number, one.pages, one.title]) as unknown[];
  const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };

  it('PATCH changes each that the filter finds, and answers with them', async () => {
    const { status, body } = await app.patch(
      `${chapters}/$filter(pages gt 10)/$each?$select=number,title&$filter=number ne 2`,
      { title: 'long', summary: { text: 's' } },
      { headers: v401 },
    );
    expect([status, body['@context'], body.value.map((one: any) => [one.number, one.title, one.pages])]).toEqual([
      200,
      expect.stringMatching(/#works\('w'\)\/chapters\(/),
      [[3, 'long', undefined]],
    ]);
    expect(await pages()).toEqual([
      [1, 10, null],
      [2, 20, 'long'],
      [3, 30, 'long'],
    ]);
    const ids = [2, 3].map((number) => app.get(`${chapters}(${number})/summary`));
    const [two, three] = (await Promise.all(ids)).map(({ body: one }) => one.id);
    expect(two).not.toBe(three);
  });

  it('DELETE deletes each that the filter finds', async () => {
    expect((await app.delete(`${chapters}/$filter(number eq 2)/$each`)).status).toBe(204);
    expect((await pages()).map(([number]: any) => number)).toEqual([1, 3]);
    expect((await app.delete(`${chapters}(1)/remarks/$each`)).status).toBe(204);
    expect((await app.get(`${chapters}(1)/remarks`)).body.value).toEqual([]);
    expect((await app.delete(`${chapters}/$each`)).status).toBe(204);
    expect(await pages()).toEqual([]);
  });

  it('goes on where it is asked to', async () => {
    // Of another version than the others, which were made at one time.
    const etag = (await app.patch(`${chapters}(2)`, { title: 'two' })).headers.get('etag');
    const { status, body } = await app.patch(
      `${chapters}/$each`,
      { '@etag': etag, pages: 1 },
      { headers: { ...v401, prefer: 'continue-on-error' } },
    );
    const code = (one: any) => one['@Core.DataModificationException']?.responseCode;
    expect([status, body.value.map((one: any) => [one.number, one.pages, code(one)])]).toEqual([
      200,
      [
        [1, 10, 412],
        [2, 1, undefined],
        [3, 30, 412],
      ],
    ]);
    expect(await pages()).toEqual([
      [1, 10, null],
      [2, 1, 'two'],
      [3, 30, null],
    ]);
  });

  it('of those that are referred to, the entities themselves are changed, or deleted', async () => {
    const { status, body } = await app.patch("/works('w')/writers/$filter(id ne 'x')/$each", { name: 'New' });
    expect([status, body.value.map((one: any) => [one.id, one.name])]).toEqual([200, [['y', 'New']]]);
    expect((await app.delete("/works('w')/writers/$each")).status).toBe(204);
    expect((await app.get('/authors')).body.value.map(({ id }: any) => id)).toEqual(['z']);
  });

  it.each<[method: string, path: string, body: unknown, status: number]>([
    ['PATCH', "/works('nobody')/chapters/$each", { pages: 1 }, 404],
    ['PATCH', `${chapters}/$each`, { pages: 'x' }, 400],
    ['PATCH', `${chapters}/$filter(false)/$each`, { nope: 1 }, 400],
    ['PUT', `${chapters}/$each`, { pages: 1 }, 405],
    ['GET', `${chapters}/$each`, undefined, 405],
    ['DELETE', `${chapters}/$each?$filter=true`, undefined, 400],
    ['PATCH', `${chapters}(1)/$each`, { pages: 1 }, 404],
  ])('%s %s of %j is refused, and nothing is changed', async (method, path, body, status) => {
    const before = await pages();
    const answer = await app.request(method, path, body === undefined ? {} : { body });
    expect([answer.status, typeof answer.body.error.message]).toEqual([status, 'string']);
    expect(await pages()).toEqual(before);
  });
});
