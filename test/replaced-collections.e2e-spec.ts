import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';
import { bob } from './support/tokens.js';

const newer = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };

/** OData 4.01 Protocol 11.4.12: PUT of a collection of entities is of all that is to be in it. */
describe('a set that is replaced', () => {
  const set = '/decoratedProfileConnections';
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ MAX_CHANGES: '8' });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    expect((await app.delete(`${set}/$each`)).status).toBe(204);
    for (const id of ['a', 'b', 'c'])
      await app.post(set, { id, relevanceScore: 1, profile: { firstName: `P${id}`, headline: 'old' } });
  });
  const put = (value: unknown, headers: Record<string, string> = newer, query = '') =>
    app.request('PUT', `${set}${query}`, { body: { value }, headers });
  const state = async () =>
    (await app.get(`${set}?$expand=profile($select=firstName,headline)&$select=id,relevanceScore`)).body.value.map(
      ({ id, relevanceScore, profile }: any) => [
        id,
        relevanceScore,
        profile === null ? null : [profile.firstName, profile.headline],
      ],
    ) as unknown[];
  const initial = ['a', 'b', 'c'].map((id) => [id, 1, [`P${id}`, 'old']]);

  it('changes and makes what is named, and deletes the others', async () => {
    const { status, body, headers } = await put([
      { id: 'n', relevanceScore: 5, profile: { firstName: 'N' } },
      { id: 'b', profile: { headline: 'new' } },
      { '@id': "decoratedProfileConnections('a')" },
      { '@Core.ContentID': 'mine', relevanceScore: 7 },
    ]);
    expect([status, headers.get('odata-version')]).toEqual([200, '4.01']);
    expect(body['@context']).toMatch(/\$metadata#decoratedProfileConnections$/);
    const [made, b, a, unnamed] = body.value;
    expect([made.id, made.profile.firstName, made['@etag']]).toEqual(['n', 'N', expect.stringMatching(/^W\//)]);
    // What it does not name of an entity is null; what is inline is a part of the answer.
    expect([b.id, b.relevanceScore, b.profile.headline, b.profile.firstName]).toEqual(['b', null, 'new', null]);
    expect([a.id, a.relevanceScore, a.profile]).toEqual(['a', null, undefined]);
    expect([unnamed['@Core.ContentID'], unnamed.relevanceScore]).toEqual(['mine', 7]);
    expect(body.value).toHaveLength(4);
    expect(await state()).toEqual(
      [
        ['a', null, ['Pa', 'old']],
        ['b', null, [null, 'new']],
        ['n', 5, ['N', null]],
        [unnamed.id, 7, null],
      ].sort(([x], [y]) => (String(x) < String(y) ? -1 : 1)),
    );
  });

  it('what was read and is put back is the same afterwards', async () => {
    const { body } = await app.get(`${set}?$expand=profile`, { headers: newer });
    const { status, body: answer } = await app.request('PUT', set, { body, headers: newer });
    expect([status, answer.value]).toEqual([200, body.value]);
    expect((await app.get(`${set}?$expand=profile`, { headers: newer })).body.value).toEqual(body.value);
  });

  it('an empty one leaves nothing, of what the caller sees', async () => {
    await app.post(set, { id: 'bobs' }, { as: bob });
    const { status, body } = await put([]);
    expect([status, body.value, await state()]).toEqual([200, [], []]);
    expect((await app.get(`${set}/bobs`, { as: bob })).status).toBe(200);
    expect((await app.delete(`${set}/bobs`, { as: bob })).status).toBe(204);
  });

  it('answers as it is asked to', async () => {
    const minimal = await put([{ id: 'a' }], { ...newer, prefer: 'return=minimal' });
    expect([minimal.status, minimal.text, minimal.headers.get('preference-applied')]).toEqual([
      204,
      '',
      'return=minimal',
    ]);
    const { body } = await put(
      [{ id: 'a', relevanceScore: 2 }],
      newer,
      '?$select=id&$expand=profile($select=headline)',
    );
    const [{ '@etag': etag, '@type': type, ...one }] = body.value;
    expect([one, etag, type]).toEqual([
      { id: 'a', profile: expect.objectContaining({ headline: 'old' }) },
      expect.stringMatching(/^W/),
      '#microsoft.graph.DecoratedProfileConnection',
    ]);
  });

  it('is all or nothing: what fails undoes the rest, and its place is told', async () => {
    await app.post(set, { id: 'bobs' }, { as: bob });
    const stale = { id: 'b', '@etag': 'W/"1"' };
    for (const [items, at, code] of [
      [[{ id: 'n' }, stale], 'value/1', 412],
      [[{ id: 'a', relevanceScore: 3 }, { id: 'bobs' }], 'value/1', 409],
      [[{ id: 'n', '@etag': 'W/"1"' }], 'value/0', 412],
    ] as const) {
      const { status, body } = await put(items);
      expect([status, body.error.target]).toEqual([code, expect.stringMatching(`^${at}`)]);
    }
    expect(await state()).toEqual(initial);
    await app.delete(`${set}/bobs`, { as: bob });
  });

  it('goes on where it is asked to, and gives all that is there then, with what failed', async () => {
    await app.post(set, { id: 'bobs' }, { as: bob });
    const { status, body, headers } = await put(
      [{ id: 'n', relevanceScore: 1 }, { id: 'b', '@etag': 'W/"1"' }, { id: 'bobs' }, { id: 'a', relevanceScore: 'x' }],
      { ...newer, prefer: 'continue-on-error, return=minimal' },
    );
    expect([status, headers.get('preference-applied')]).toEqual([200, 'continue-on-error']);
    const failed = (code: number) => expect.objectContaining({ failedOperation: 'update', responseCode: code });
    const term = '@Core.DataModificationException';
    expect(body.value.map((one: any) => [one.id, one.relevanceScore, one[term]])).toEqual([
      ['n', 1, undefined],
      ['b', 1, failed(412)],
      ['a', 1, failed(400)],
    ]);
    // What is named stays, though it could not be changed.
    expect((await state()).map(([id]: any) => id)).toEqual(['a', 'b', 'n']);
    await app.delete(`${set}/bobs`, { as: bob });
  });

  it.each<[what: string, body: unknown, headers: Record<string, string>, status: number]>([
    ['an item twice', { value: [{ id: 'a' }, { id: 'a' }] }, newer, 400],
    ['what is removed', { value: [{ id: 'a', '@removed': { reason: 'deleted' } }] }, newer, 400],
    ['a delta payload', { '@context': '#$delta', value: [] }, newer, 400],
    ['another collection', { '@context': '#others', value: [] }, newer, 400],
    ['no collection', { id: 'a' }, newer, 400],
    ['a list', [], newer, 400],
    ['more than may change', { value: Array.from({ length: 9 }, (_, at) => ({ id: `${at}` })) }, newer, 400],
    ['OData 4.0', { value: [] }, { 'odata-version': '4.0' }, 400],
    ['an ETag of the set', { value: [] }, { ...newer, 'if-match': 'W/"1"' }, 412],
    ['that it is not there', { value: [] }, { ...newer, 'if-none-match': '*' }, 412],
    ['faults of two items', { value: [{ id: 1 }, { id: 'a', nope: 1 }] }, newer, 400],
  ])('%s is refused, and nothing is changed', async (_, body, headers, status) => {
    const answer = await app.request('PUT', set, { body, headers });
    expect([answer.status, typeof answer.body.error.message]).toEqual([status, 'string']);
    expect(await state()).toEqual(initial);
  });

  it('a part of it is not replaced: 11.4.12 is about whole collections', async () => {
    for (const method of ['PUT', 'PATCH']) {
      const { status, headers } = await app.request(method, `${set}/$filter(true)`, {
        body: { value: [] },
        headers: newer,
      });
      expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    expect(await state()).toEqual(initial);
  });

  it('[property] is then what was put, whatever was there', async () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', "o'k", '/'), { maxLength: 6 });
    const score = fc.option(fc.integer({ min: 0, max: 9 }));
    await fc.assert(
      fc.asyncProperty(ids, fc.array(score, { minLength: 6, maxLength: 6 }), async (named, scores) => {
        const items = named.map((id, at) => ({ id, relevanceScore: scores[at] ?? null }));
        expect((await put(items)).status).toBe(200);
        const { body } = await app.get(`${set}?$select=id,relevanceScore`, { headers: newer });
        const found = body.value.map(({ id, relevanceScore }: any) => ({ id, relevanceScore }));
        expect(found).toEqual([...items].sort((a, b) => (a.id < b.id ? -1 : 1)));
      }),
      { numRuns: 12 },
    );
  });
});

describe('collections of another model that are replaced or updated', () => {
  let app: TestApp;
  const chapters = "/works('w')/chapters";
  beforeAll(async () => {
    app = await TestApp.start({}, library);
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    for (const set of ['works', 'authors']) expect((await app.delete(`/${set}/$each`)).status).toBe(204);
    for (const id of ['x', 'y', 'z']) await app.post('/authors', { id, name: id.toUpperCase() });
    const made = await app.post('/works', {
      code: 'w',
      title: 'W',
      chapters: [
        { number: 1, title: 'One', pages: 10, remarks: [{ id: 'r', text: 'R' }], summary: { text: 'S' } },
        { number: 2, title: 'Two', pages: 20 },
      ],
      'writers@odata.bind': ["authors('x')", "authors('y')"],
    });
    expect(made.status).toBe(201);
  });
  const send = (method: string, path: string, body: unknown, headers: Record<string, string> = newer) =>
    app.request(method, path, { body, headers });
  const inside = async () =>
    (await app.get(`${chapters}?$expand=remarks($select=id),summary($select=text)`)).body.value.map((one: any) => [
      one.number,
      one.title,
      one.pages,
      one.remarks.map(({ id }: any) => id),
      one.summary?.text,
    ]) as unknown[];

  it('PUT of what is contained replaces all of it', async () => {
    const { status, body } = await send('PUT', chapters, {
      value: [
        { number: 3, title: 'Three' },
        { number: 1, '@Core.ContentID': 'c', title: 'First', remarks: [{ id: 'q' }] },
      ],
    });
    expect([status, body['@context']]).toEqual([200, expect.stringMatching(/#works\('w'\)\/chapters(?:\(.*\))?$/)]);
    expect(body.value.map((one: any) => [one.number, one.title, one.remarks?.length])).toEqual([
      [1, 'First', 1],
      [3, 'Three', 0],
    ]);
    expect(body.value[0]['@Core.ContentID']).toBe('c');
    expect(await inside()).toEqual([
      [1, 'First', null, ['q'], 'S'],
      [3, 'Three', null, [], undefined],
    ]);
    expect((await send('PUT', chapters, { value: [] })).status).toBe(200);
    expect(await inside()).toEqual([]);
    const minimal = await send('PUT', chapters, { value: [{ number: 4 }] }, { ...newer, prefer: 'return=minimal' });
    expect([minimal.status, await inside()]).toEqual([204, [[4, null, null, [], undefined]]]);
  });

  it('PUT and PATCH reach collections at any depth', async () => {
    const remarks = `${chapters}(1)/remarks`;
    const put = await send('PUT', `${remarks}?$select=id`, { value: [{ id: 'p', text: 'P' }] });
    expect([put.status, put.body.value.map(({ id, text }: any) => [id, text])]).toEqual([200, [['p', undefined]]]);
    const patched = await send('PATCH', remarks, { value: [{ id: 'q' }, { '@removed': {}, id: 'p' }] });
    expect(patched.status).toBe(200);
    expect((await inside())[0]).toEqual([1, 'One', 10, ['q'], 'S']);
  });

  it('PATCH of what is contained changes, makes and removes, and answers in the same order', async () => {
    const { status, body } = await send('PATCH', chapters, {
      '@context': '#$delta',
      value: [
        { number: 3, title: 'Three', '@Core.ContentID': 'c' },
        { '@removed': { reason: 'deleted' }, number: 2 },
        { number: 1, pages: 11 },
      ],
    });
    expect([status, body.error, body['@context']]).toEqual([
      200,
      undefined,
      expect.stringMatching(/#works\('w'\)\/chapters\/\$delta$/),
    ]);
    const [made, gone, changed] = body.value;
    expect([made.number, made.title, made['@Core.ContentID'], gone]).toEqual([
      3,
      'Three',
      'c',
      { '@removed': { reason: 'deleted' }, number: 2 },
    ]);
    expect([changed.number, changed.title, changed.pages]).toEqual([1, 'One', 11]);
    expect(await inside()).toEqual([
      [1, 'One', 11, ['r'], 'S'],
      [3, 'Three', null, [], undefined],
    ]);
  });

  it('PUT and PATCH of what is referred to make the relations, and change what is inline', async () => {
    const writers = async () =>
      (await app.get("/works('w')/writers?$orderby=id")).body.value.map(({ id, name }: any) => [id, name]) as unknown[];
    const { status, body } = await send('PUT', "/works('w')/writers", {
      value: [{ '@id': "authors('z')" }, { id: 'x', born: '2000-01-01' }, { id: 'n', name: 'New' }],
    });
    expect([status, body.value.map(({ id }: any) => id).sort()]).toEqual([200, ['n', 'x', 'z']]);
    expect(await writers()).toEqual([
      ['n', 'New'],
      ['x', null],
      ['z', 'Z'],
    ]);
    // What is no longer referred to is there.
    expect((await app.get("/authors('y')")).body.name).toBe('Y');
    const patched = await send('PATCH', "/works('w')/writers", {
      value: [{ '@removed': { reason: 'changed' }, id: 'x' }, { '@id': "authors('y')" }],
    });
    expect([patched.status, patched.body.value.map(({ id }: any) => id)]).toEqual([200, ['x', 'y']]);
    expect((await writers()).map(([id]: any) => id)).toEqual(['n', 'y', 'z']);
  });

  it('entities of derived types are of the type that they say', async () => {
    const book = { '@type': '#test.library.Book', code: 'b', author: 'A' };
    await app.post('/works', book, { headers: newer });
    const { status, body } = await send('PUT', '/works', {
      value: [
        { ...book, author: 'B' },
        { code: 'w', title: 'x' },
      ],
    });
    expect([status, body.value.map((one: any) => [one['@type'], one.author])]).toEqual([
      200,
      [
        ['#test.library.Book', 'B'],
        ['#test.library.Work', undefined],
      ],
    ]);
    // Another type is another entity, whose key is taken.
    expect((await send('PUT', '/works', { value: [{ code: 'b' }] })).status).toBe(409);
    expect((await app.get("/works('b')/test.library.Book/author")).body.value).toBe('B');
  });

  it.each<[method: string, path: string, body: unknown, status: number]>([
    ['PUT', chapters, { value: [{ number: 1 }, { number: 1 }] }, 400],
    ['PUT', chapters, { value: [{ number: 'x' }] }, 400],
    ['PUT', chapters, { value: [{ number: 1, '@removed': {} }] }, 400],
    ['PUT', chapters, { value: {} }, 400],
    ['PUT', chapters, '{"value":[{"number":1,"pages":1,"pages":2}]}', 400],
    ['PATCH', chapters, { value: [{ number: 1 }, { number: 1, '@removed': {} }] }, 400],
    ['PATCH', chapters, { '@context': '#works', value: [] }, 400],
    ['PUT', "/works('nobody')/chapters", { value: [] }, 404],
    ['PATCH', "/works('nobody')/chapters", { value: [] }, 404],
    ['PUT', "/works('w')/writers", { value: [{ '@id': "authors('nobody')" }] }, 400],
    ['PUT', `${chapters}/$filter(true)`, { value: [] }, 405],
    ['PUT', '/works/test.library.Book', { value: [] }, 405],
    ['PATCH', '/works/test.library.Book', { value: [] }, 405],
    ['PUT', "/works('w')/chapters/$count", { value: [] }, 405],
  ])('%s %s of %j is refused, and nothing is changed', async (method, path, body, status) => {
    const before = await inside();
    const answer = await send(method, path, body);
    expect([answer.status, typeof answer.body.error.message]).toEqual([status, 'string']);
    expect(await inside()).toEqual(before);
  });
});
