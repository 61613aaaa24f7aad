import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { library, libraryModel } from './models/library.js';
import { type Answer, type RequestOptions, TestApp } from './support/test-app.js';
import { ann } from './support/tokens.js';

/** OData 4.01 URL Conventions 4.16. */
describe('$all', () => {
  let app: TestApp;
  beforeAll(async () => {
    const sets = { bookings: { permissions: { read: ['Nobody.Has.It'] } } };
    app = await TestApp.start({ PAGE_SIZE: '2' }, { ...library, sets });
    const set = aggregateSet(libraryModel.singletons.get('settings')!);
    await app.store.insert({ set, tenant: 'contoso', owner: 'ann', id: '', document: { name: 'main' } });
    for (const code of ['a', 'b', 'c']) await app.post('/works', { code, title: `red ${code}` });
    await app.post('/works', { '@odata.type': '#test.library.Map', code: 'm', title: 'blue', scale: 5 });
    await app.post('/authors', { id: 'x', name: 'Redgrave' });
    await app.post('/bookings', { room: 'r', day: '2024-05-01', seats: 7 });
  });
  afterAll(() => app.stop());

  /** Walks through all pages; each entity by its own context and its key. */
  async function walk(
    path: string,
    options?: RequestOptions,
  ): Promise<{ readonly found: string[]; readonly pages: Answer[] }> {
    const [found, pages]: [string[], Answer[]] = [[], []];
    for (let next: string | undefined = path; next !== undefined;) {
      const answer: Answer = await app.get(next, options);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      pages.push(answer);
      for (const entity of answer.body.value) {
        const [, set = ''] = /#(\w+)/.exec(entity['@odata.context'] as string) ?? [];
        found.push(`${set} ${entity.code ?? entity.id ?? entity.name}`);
      }
      next = answer.body['@odata.nextLink'];
    }
    return { found, pages };
  }

  const everything = ['works a', 'works b', 'works c', 'works m', 'authors x', 'settings main'];

  it('[A40A-12] is every member of every set that the caller may read, and the singletons, page by page', async () => {
    const { found, pages } = await walk('/$all');
    expect(found).toEqual(everything);
    const [first] = pages;
    expect(first!.body['@odata.context']).toBe(`${app.root}/$metadata#Collection(Edm.EntityType)`);
    expect(first!.body.value[0]).toMatchObject({
      '@odata.context': `${app.root}/$metadata#works/$entity`,
      '@odata.type': '#test.library.Work',
      '@odata.etag': expect.stringMatching(/^W\//),
    });
    const last = pages.at(-1)!.body.value.at(-1);
    expect(last).toMatchObject({
      '@odata.context': `${app.root}/$metadata#settings`,
      '@odata.type': '#test.library.Settings',
    });
    expect(pages.every(({ body }) => body.value.length <= 2)).toBe(true);
    expect((await walk('/%24all/', { headers: { prefer: 'maxpagesize=9, track-changes' } })).found).toEqual(everything);
  });

  it.each<[query: string, found: readonly string[]]>([
    ['/$all?$search=red', ['works a', 'works b', 'works c', 'authors x']],
    ['/$all?$search=red NOT b', ['works a', 'works c', 'authors x']],
    ['/$all?$search=nothing', []],
    ['/$all/test.library.Map', ['works m']],
    ["/$all/test.library.Work?$filter=title eq 'blue'", ['works m']],
    ['/$all/test.library.Work?$search=red', ['works a', 'works b', 'works c']],
    ['/$all/test.library.Settings', ['settings main']],
    ['/$all/test.library.Booking', []],
  ])('%s finds %j', async (query, found) => {
    expect((await walk(query)).found).toEqual(found);
  });

  it('of a type is selected from, expanded and computed', async () => {
    const { body } = await app.get(
      '/$all/test.library.Map?$select=scale,twice&$compute=scale mul 2 as twice&$expand=chapters',
    );
    expect(body['@odata.context']).toBe(`${app.root}/$metadata#Collection(test.library.Map)`);
    expect(body.value[0]).toMatchObject({ scale: 5, twice: 10, chapters: [], '@odata.id': `${app.root}/works('m')` });
    expect(body.value[0]['@odata.context']).toContain('#works(');
  });

  it('is counted, whatever the page', async () => {
    expect((await app.get('/$all?$count=true')).body['@odata.count']).toBe(6);
    expect((await app.get('/$all?$count=true&$search=red')).body['@odata.count']).toBe(4);
    expect((await app.get('/$all/$count')).text).toBe('6');
    expect((await app.get("/$all/test.library.Work/$count?$filter=code gt 'a'")).text).toBe('3');
  });

  it('shows what the caller sees, and nothing to whom may not read', async () => {
    expect((await walk('/$all', { as: { ...ann, tid: 'other' } })).found).toEqual([]);
    expect((await app.get('/$all', { as: { ...ann, scp: 'Other' } })).status).toBe(403);
    expect((await app.get('/$all', { as: null })).status).toBe(401);
  });

  it.each<[path: string, status: number]>([
    ['/$all?$orderby=title', 501],
    ['/$all?$top=1', 501],
    ['/$all?$filter=title eq 1', 501],
    ['/$all/test.library.Work?$orderby=title', 501],
    ['/$all/test.library.Work?$filter=nothing eq 1', 400],
    ['/$all/test.library.Nothing', 404],
    ['/$all/test.library.Place', 404],
    ['/$all/works', 404],
    ['/$all/test.library.Work/title', 404],
    ['/$all?$skiptoken=x', 400],
    ['/$all?$skiptoken=0.x', 400],
    ['/$all?$skiptoken=99.', 400],
    ['/$all?$deltatoken=latest', 400],
  ])('%s is %d', async (path, status) => {
    expect((await app.get(path)).status).toBe(status);
  });

  it.each(['POST', 'PATCH', 'PUT', 'DELETE'])('%s is refused', async (method) => {
    const { status, headers } = await app.request(method, '/$all', method === 'DELETE' ? {} : { body: {} });
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await app.get('/$all/$count')).text).toBe('6');
  });

  it('is asked by a body, too', async () => {
    const body = '$search=red';
    const { status, body: found } = await app.request('POST', '/$all/$query', {
      body,
      headers: { 'content-type': 'text/plain' },
    });
    expect([status, found.value.length]).toEqual([200, 2]);
  });
});
