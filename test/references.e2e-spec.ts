import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../src/odata/protocol/json/json-value.js';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { library, libraryModel } from './models/library.js';
import { TestApp } from './support/test-app.js';

/** What others refer to, as a store keeps it. */
const stored: readonly (readonly [set: string, id: string, document: JsonObject, owner?: string])[] = [
  ['authors', 'ada', { name: 'Ada', born: '1815-12-10', works: { w1: 'w1', w2: 'w2', gone: 'gone' } }],
  ['authors', "o'n", { name: 'O’Neil', works: { w1: 'w1' } }],
  ['authors', 'bobs', { name: 'Bob’s' }, 'bob'],
  [
    'works',
    'w1',
    {
      $type: 'test.library.Atlas',
      title: 'One',
      writer: 'ada',
      writers: { ada: 'ada', "o'n": "o'n", bobs: 'bobs', gone: 'gone' },
      shows: { '[%22red%22,%222024-05-01%22]': '["red","2024-05-01"]' },
      chapters: {
        '[1]': { number: 1, editor: "o'n", $version: 7 },
        '[2]': { number: 2, editor: 'bobs', $version: 8 },
        '[3]': { number: 3, $version: 9 },
      },
    },
  ],
  ['works', 'w2', { title: 'Two', writer: 'bobs', writers: { "o'n": "o'n" } }],
  ['works', 'w3', { title: 'Three' }],
  ['bookings', '["red","2024-05-01"]', { room: 'red', day: '2024-05-01', seats: 4 }],
  ['settings', '', { name: 'main', featured: 'w1' }],
];

describe('navigation without containment', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    for (const [name, id, document, owner = 'ann'] of stored) {
      const set = aggregateSet((libraryModel.entitySets.get(name) ?? libraryModel.singletons.get(name))!);
      await app.store.insert({ set, tenant: 'contoso', owner, id, document });
    }
  });
  afterAll(() => app.stop());
  const get = (path: string) => app.get(`/${encodeURI(path)}`);
  const full = { headers: { accept: 'application/json;odata.metadata=full' } };

  it.each<[path: string, status: number, expected?: unknown]>([
    ["works('w1')/writer", 200, { id: 'ada', name: 'Ada', born: '1815-12-10' }],
    ["works('w1')/writer/name", 200, { value: 'Ada' }],
    ["works('w1')/writer/name/$value", 200, 'Ada'],
    ["works('w1')/writer/id", 200, { value: 'ada' }],
    ["works('w2')/writer", 204],
    ["works('w2')/writer/name", 404],
    ["works('w3')/writer", 204],
    ["works('none')/writer", 404],
    ["works('w1')/writers", 200, { value: [{ id: 'ada' }, { id: "o'n" }] }],
    ["works('w1')/writers/$count", 200, '2'],
    ["works('w1')/writers/$count?$filter=name eq 'Ada'", 200, '1'],
    ["works('w3')/writers", 200, { value: [] }],
    ["works('w1')/writers?$filter=startswith(name,'O')", 200, { value: [{ name: 'O’Neil' }] }],
    [
      "works('w1')/writers?$filter=id eq 'ada'&$select=name&$count=true",
      200,
      { '@odata.count': 1, value: [{ name: 'Ada' }] },
    ],
    ["works('w1')/writers?$orderby=name desc&$top=1", 200, { value: [{ name: 'O’Neil' }] }],
    ["works('w1')/writers?$search=ada", 200, { value: [{ id: 'ada' }] }],
    ["works('w1')/writers('ada')", 200, { name: 'Ada' }],
    ["works('w1')/writers/ada/name", 200, { value: 'Ada' }],
    ["works('w1')/writers('bobs')", 404],
    ["works('w1')/writers('gone')", 404],
    ["works('w2')/writers('ada')", 404],
    ["works('w1')/writers/$filter(name eq 'Ada')", 200, { value: [{ id: 'ada' }] }],
    ["works('w1')/writer/works", 200, { value: [{ code: 'w1' }, { code: 'w2' }] }],
    ["works('w1')/writer/works('w2')/title", 200, { value: 'Two' }],
    ["works('w1')/writer/works('w3')", 404],
    ["works('w1')/chapters(1)/editor", 200, { id: "o'n" }],
    ["works('w1')/chapters(2)/editor", 204],
    ["works('w1')/chapters(1)/editor/works('w1')/chapters(3)", 200, { number: 3 }],
    ["works('w1')/test.library.Map/shows", 200, { value: [{ room: 'red', seats: 4 }] }],
    ["works('w1')/test.library.Map/shows(room='red',day=2024-05-01)/seats", 200, { value: 4 }],
    ['settings/featured', 200, { code: 'w1', sheets: null, '@odata.type': '#test.library.Atlas' }],
    ['settings/featured/writer/name', 200, { value: 'Ada' }],
  ])('[A40M-13] GET %s answers %i', async (path, status, ...[expected]: unknown[]) => {
    const answer = await get(path);
    expect([answer.status, answer.status >= 400 && status < 400 ? answer.text : '']).toEqual([status, '']);
    if (typeof expected === 'string') expect(answer.text).toBe(expected);
    else if (expected !== undefined) expect(answer.body).toMatchObject(expected as object);
  });

  it.each<[path: string, expected: object]>([
    ["works('w1')?$expand=writer", { writer: { id: 'ada', name: 'Ada' } }],
    ["works('w2')?$expand=writer", { writer: null }],
    ["works('w1')?$expand=writer($select=born)&$select=title", { title: 'One', writer: { born: '1815-12-10' } }],
    ["works('w1')?$expand=writers($orderby=name desc;$select=id)", { writers: [{ id: "o'n" }, { id: 'ada' }] }],
    ["works('w1')?$expand=writers($count=true;$top=1)", { 'writers@odata.count': 2, writers: [{ id: 'ada' }] }],
    ["works('w1')?$expand=writers($filter=works/any(w:w/title eq 'Two'))", { writers: [{ id: 'ada' }] }],
    ["works('w1')?$expand=writers/$count", { 'writers@odata.count': 2 }],
    [
      "works('w1')?$expand=writer($expand=works($expand=writers))",
      { writer: { works: [{ writers: [{}, {}] }, { writers: [{}] }] } },
    ],
    [
      "works('w1')?$expand=chapters($expand=editor)",
      { chapters: [{ editor: { id: "o'n" } }, { editor: null }, { editor: null }] },
    ],
    ["works('w1')?$expand=writer($compute=length(name) as n;$select=n)", { writer: { n: 3 } }],
    ["authors('ada')?$expand=works($levels=2)", { works: [{ code: 'w1' }, { code: 'w2' }] }],
    ['works?$expand=writer&$orderby=code', { value: [{ writer: { id: 'ada' } }, { writer: null }, { writer: null }] }],
    ['settings?$expand=featured', { featured: { code: 'w1' } }],
  ])('[A40A-9] GET %s', async (path, expected) => {
    const answer = await get(path);
    expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, '']);
    expect(answer.body).toMatchObject(expected);
  });

  it.each<[filter: string, expected: string]>([
    ["writer/name eq 'Ada'", 'w1'],
    ["writer/id eq 'ada'", 'w1'],
    ['writer ne null', 'w1'],
    ['isof(writer,test.library.Author)', 'w1'],
    ['writer eq null', 'w2w3'],
    ["not (writer/name eq 'Ada')", 'w2w3'],
    ["writers/any(a:a/name eq 'O’Neil')", 'w1w2'],
    ["writers/any(a:a/id eq 'bobs')", ''],
    ['writers/any()', 'w1w2'],
    ["writers/all(a:a/name eq 'O’Neil')", 'w2w3'],
    ['writers/$count gt 1', 'w1'],
    ["writers/$count($filter=name eq 'Ada') eq 1", 'w1'],
    ["writers/any(a:a/works/any(w:w/title eq 'Two'))", 'w1'],
    ["chapters/any(c:c/editor/name eq 'O’Neil')", 'w1'],
    ["writer/works/any(w:w/writer/name eq 'Ada')", 'w1'],
    ['test.library.Map/shows/any(s:s/seats eq 4)', 'w1'],
  ])('[A40I-7] filters by %s', async (filter, expected) => {
    const { body, text } = await get(`works?$filter=${filter}&$orderby=code`);
    expect(body?.value?.map(({ code }: any) => code).join('') ?? text).toBe(expected);
  });

  it('[A40A-5] orders and groups by what is referred to', async () => {
    const ordered = await get('works?$orderby=writer/name desc,code&$select=code');
    expect(ordered.body.value.map(({ code }: any) => code)).toEqual(['w1', 'w2', 'w3']);
    const grouped = await get('works?$apply=groupby((writer/name),aggregate($count as n))');
    expect([200, 501]).toContain(grouped.status);
  });

  it('[A40M-13] what is referred to has its canonical URL, context and ETag', async () => {
    const own = await app.get("/authors('ada')", full);
    const reached = await app.get("/works('w1')/writer", full);
    const pick = (body: any, ...names: string[]) => names.map((name) => body[name]);
    const names = ['@odata.context', '@odata.id', '@odata.editLink', '@odata.etag', 'works@odata.navigationLink'];
    expect(pick(reached.body, ...names)).toEqual(pick(own.body, ...names));
    expect(own.body['@odata.context']).toBe(`${app.root}/$metadata#authors/$entity`);
    expect(reached.headers.get('etag')).toBe(own.headers.get('etag'));
    const all = await app.get("/works('w1')/writers", full);
    expect(all.body['@odata.context']).toBe(`${app.root}/$metadata#authors`);
    expect(all.body.value.map((one: any) => one['@odata.id'])).toEqual([
      `${app.root}/authors('ada')`,
      `${app.root}/authors('o''n')`,
    ]);
    const selected = await app.get("/works('w1')?$expand=writer($select=name),chapters($select=title)", full);
    expect(selected.body.writer['@odata.id']).toBe(`${app.root}/authors('ada')`);
    expect(selected.body.writer).not.toHaveProperty('id');
    expect(selected.body.chapters[0]['@odata.id']).toBe(`${app.root}/works('w1')/chapters(1)`);
    expect(selected.body['writer@odata.navigationLink']).toBe(`${app.root}/works('w1')/writer`);
  });

  it('[A40M-13] what is inside an entity that is reached by a reference has that entity’s URL', async () => {
    const chapter = await app.get('/settings/featured/chapters(1)', full);
    expect(chapter.body).toMatchObject({
      '@odata.context': `${app.root}/$metadata#works('w1')/chapters/$entity`,
      '@odata.id': `${app.root}/works('w1')/chapters(1)`,
    });
    const all = await app.get('/settings/featured/chapters', full);
    expect(all.body['@odata.context']).toBe(`${app.root}/$metadata#works('w1')/chapters`);
    expect(all.body.value[2]['@odata.id']).toBe(`${app.root}/works('w1')/chapters(3)`);
    const name = await app.get("/works('w1')/chapters(1)/editor/works('w1')/writer/name");
    expect(name.body['@odata.context']).toBe(`${app.root}/$metadata#authors('ada')/name`);
  });

  it('[A40I-13] references are those of the members of the target', async () => {
    const one = await get("works('w1')/writer/$ref");
    expect([one.status, one.body['@odata.id']]).toEqual([200, `${app.root}/authors('ada')`]);
    const several = await get("works('w1')/writers/$ref");
    expect(several.body.value).toEqual([
      { '@odata.id': `${app.root}/authors('ada')` },
      { '@odata.id': `${app.root}/authors('o''n')` },
    ]);
    expect((await get("works('w1')?$expand=writers/$ref")).body.writers).toEqual(several.body.value);
    expect((await get("works('w2')/writer/$ref")).status).toBe(204);
  });

  it('a query that looks at what is referred to is not followed', async () => {
    const tracked = { headers: { prefer: 'track-changes' } };
    const plain = await app.get('/works', tracked);
    expect(plain.headers.get('preference-applied')).toBe('track-changes');
    for (const query of ['$filter=writer/name%20ne%20null', '$expand=writers', '$orderby=writer/name']) {
      const answer = await app.get(`/works?${query}`, { headers: { ...tracked.headers, 'odata-maxversion': '4.01' } });
      expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, null]);
      if (!query.startsWith('$orderby')) expect((await app.get(`/works/delta?${query}`)).status).toBe(501);
    }
  });

  it('the metadata says where each leads', async () => {
    const json = (await app.get('/$metadata?$format=json')).body['test.library'];
    expect(json.Work.writer).toMatchObject({
      $Kind: 'NavigationProperty',
      $Type: 'test.library.Author',
      $Nullable: true,
    });
    expect(json.Work.writer).not.toHaveProperty('$ContainsTarget');
    expect(json.Container.works.$NavigationPropertyBinding).toEqual({
      writer: 'authors',
      writers: 'authors',
      'chapters/editor': 'authors',
      'test.library.Map/shows': 'bookings',
    });
    expect(json.Container.settings.$NavigationPropertyBinding).toEqual({ featured: 'works' });
    const xml = (await app.get('/$metadata')).text;
    expect(xml).toContain('<NavigationPropertyBinding Path="chapters/editor" Target="authors"/>');
  });
});
