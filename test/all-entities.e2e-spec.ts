import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { library, libraryModel } from './models/library.js';
import { sales } from './models/sales.js';
import { example, salesTenant } from './support/sales-data.js';
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
    ['/$all?$top=3&$skip=2', ['works c', 'works m', 'authors x']],
    ['/$all?$skip=5', ['settings main']],
    ['/$all?$top=0', []],
    ['/$all?$skip=9007199254740991&$top=9007199254740991', []],
    ['/$all?$filter=false', []],
    ['/$all?$search=red&$top=3&$skip=1', ['works b', 'works c', 'authors x']],
    ['/$all/test.library.Work?$orderby=title desc&$top=2', ['works c', 'works b']],
    ['/$all/test.library.Work?$orderby=length(title),code desc&$skip=1', ['works c', 'works b', 'works a']],
    ["/$all/test.library.Settings?$filter=name eq 'main'", ['settings main']],
    ["/$all/test.library.Settings?$filter=name eq 'other'", []],
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

  it('a page is full, whichever sets its entities are of', async () => {
    const { pages } = await walk('/$all', { headers: { prefer: 'maxpagesize=4' } });
    expect(pages.map(({ body }) => body.value.length)).toEqual([4, 2]);
    expect(pages[0]!.headers.get('preference-applied')).toBe('maxpagesize=4');
    const link = pages[0]!.body['@odata.nextLink'] as string;
    expect((await app.get(`${link}&$search=red`)).status).toBe(400);
  });

  it('is counted, whatever the page', async () => {
    expect((await app.get('/$all?$count=true')).body['@odata.count']).toBe(6);
    expect((await app.get('/$all?$count=true&$search=red')).body['@odata.count']).toBe(4);
    expect((await app.get('/$all/$count')).text).toBe('6');
    expect((await app.get("/$all/test.library.Work/$count?$filter=code gt 'a'")).text).toBe('3');
    expect((await app.get('/$all?$count=true&$top=1&$skip=1')).body).toMatchObject({ '@odata.count': 6, value: [{}] });
    expect((await app.get('/$all/$count', { as: { ...ann, tid: 'nobody' } })).text).toBe('0');
  });

  it('shows what the caller sees, and nothing to whom may not read', async () => {
    expect((await walk('/$all', { as: { ...ann, tid: 'other' } })).found).toEqual([]);
    expect((await app.get('/$all', { as: { ...ann, scp: 'Other' } })).status).toBe(403);
    expect((await app.get('/$all', { as: null })).status).toBe(401);
  });

  it.each<[path: string, status: number]>([
    // Not each of them has a title.
    ['/$all?$orderby=title', 400],
    ['/$all?$filter=title eq 1', 400],
    ['/$all?$apply=aggregate($count as n)', 501],
    ['/$all/test.library.Work?$orderby=place', 400],
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

describe('$all of types that have properties in common', () => {
  const order = fc.array(
    fc.tuple(fc.constantFrom('Name', 'ID', 'length(Name)', "contains(ID,'C')"), fc.constantFrom('', ' desc')),
    { minLength: 1, maxLength: 3 },
  );
  const filter = fc.constantFrom('true', "Name lt 'N'", "ID ge 'E' or Name eq null", 'length(Name) gt 3');
  interface Row {
    readonly set: string;
    readonly ID: string;
    readonly Name: string;
  }
  const valueOf = (expression: string, { ID, Name }: Row): string | number =>
    ({ ID, Name, 'length(Name)': Name.length })[expression] ?? Number(ID.includes('C'));
  const holds: Readonly<Record<string, (row: Row) => boolean>> = {
    true: () => true,
    "Name lt 'N'": ({ Name }) => Name < 'N',
    "ID ge 'E' or Name eq null": ({ ID }) => ID >= 'E',
    'length(Name) gt 3': ({ Name }) => Name.length > 3,
  };

  it('is ordered, filtered and cut as one collection, page by page', async () => {
    const sets = { Sales: { permissions: { read: ['Nobody.Has.It'] } } };
    const app = await TestApp.start({}, { ...sales, sets });
    const as = await salesTenant(app, example);
    const rows = (['SalesOrganizations', 'Customers'] as const).flatMap((set) =>
      Object.entries(example[set]!)
        .map(([ID, { Name }]): Row => ({ set, ID, Name: Name as string }))
        .sort((a, b) => (a.ID < b.ID ? -1 : 1)),
    );
    const bounds = fc.record({ top: fc.option(fc.nat(12)), skip: fc.nat(4), size: fc.integer({ min: 1, max: 5 }) });
    await fc.assert(
      fc.asyncProperty(order, filter, bounds, async (by, where, { top, skip, size }) => {
        const compare = (a: Row, b: Row): number => {
          for (const [expression, direction] of by) {
            const [one, other] = [valueOf(expression, a), valueOf(expression, b)];
            if (one !== other) return (one < other ? -1 : 1) * (direction === '' ? 1 : -1);
          }
          return 0;
        };
        const expected = rows
          .filter(holds[where]!)
          .sort(compare)
          .slice(skip, skip + (top ?? 100))
          .map(({ set, ID }) => `${set} ${ID}`);
        const options = [`$filter=${where}`, `$orderby=${by.map((one) => one.join('')).join(',')}`, `$skip=${skip}`];
        if (top !== null) options.push(`$top=${top}`);
        const found: string[] = [];
        for (let next: string | undefined = encodeURI(`/$all?${options.join('&')}`); next !== undefined;) {
          const answer: Answer = await app.get(next, { as, headers: { prefer: `maxpagesize=${size}` } });
          expect([answer.status, answer.body.error]).toEqual([200, undefined]);
          expect(answer.body.value.length).toBeLessThanOrEqual(size);
          for (const one of answer.body.value)
            found.push(`${/#(\w+)/.exec(one['@odata.context'] as string)?.[1]} ${one.ID}`);
          next = answer.body['@odata.nextLink'];
        }
        expect(found).toEqual(expected);
      }),
      { numRuns: 40 },
    );
    const { body } = await app.get('/$all?$select=Name&$top=1&$compute=length(Name) as l&$filter=l eq 3', { as });
    expect(body.value[0]).toMatchObject({
      '@odata.context': `${app.root}/$metadata#Customers(Name)/$entity`,
      Name: 'Joe',
    });
    await app.stop();
    const open = await TestApp.start({}, sales);
    const everything = await salesTenant(open, example);
    const refused = async (query: string) => (await open.get(encodeURI(`/$all?${query}`), { as: everything })).status;
    expect(await refused('$orderby=Name')).toBe(400);
    // The numbers of sales are no texts.
    expect(await refused('$orderby=ID')).toBe(400);
    await open.stop();
  });
});
