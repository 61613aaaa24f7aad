import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';
import { untyped } from './support/untyped.js';
import { ann } from './support/tokens.js';

/** OData Data Aggregation 4.0, 3.6 and 3.7: expressions on whole collections, and whether there is a property. */
describe('expressions on a collection', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    const works = [
      {
        code: 'a',
        title: 'one',
        loans: 7,
        price: 1.5,
        size: 'Small',
        place: { city: 'Rome' },
        numbers: [1, 2, 2],
        chapters: [
          { number: 1, pages: 10, title: 'x' },
          { number: 2, pages: 40, title: 'y' },
        ],
      },
      { code: 'b', title: 'two', loans: 9, price: 0.25, size: 'Large', chapters: [{ number: 9 }] },
      { code: 'c', title: 'one', loans: 2, price: 4 },
      { '@odata.type': '#test.library.Map', code: 'm', scale: 5, place: { floor: 1 } },
    ];
    for (const one of works) expect((await app.post('/works', one)).status).toBe(201);
    for (const [id, born] of Object.entries({ x: '1815-12-10', y: '1906-12-09' }))
      await app.post('/authors', { id, name: id, born });
    for (const id of ['x', 'y']) await app.post("/works('a')/writers/$ref", { '@odata.id': `authors('${id}')` });
    await app.post('/works', { code: 'z', title: 'other', loans: 1000 }, { as: { ...ann, tid: 'other' } });
    await app.post('/events', { token: '00000000-0000-0000-0000-000000000001', name: 'n', extra: 1 });
    await app.post('/events', { token: '00000000-0000-0000-0000-000000000002' });
  });
  afterAll(() => app.stop());

  const values = async (query: string, of = '/works'): Promise<unknown> => {
    const { status, body } = await app.get(encodeURI(`${of}?${query}`));
    if (status !== 200) return [status, body.error.message];
    return body.value.map((row: any) => row.code ?? row.name ?? row.number ?? untyped(row));
  };

  it.each<[query: string, found: readonly string[]]>([
    ['$filter=chapters/aggregate(pages with sum) eq 50', ['a']],
    ['$filter=chapters/aggregate(pages with max) gt chapters/aggregate(pages with min)', ['a']],
    ['$filter=chapters/aggregate(pages with average) eq 25', ['a']],
    ['$filter=chapters/aggregate(pages with sum) eq null', ['b', 'c', 'm']],
    ['$filter=chapters/aggregate($count) eq 1', ['b']],
    ['$filter=chapters/aggregate(title with countdistinct) eq 2', ['a']],
    ['$filter=chapters/$filter(pages gt 10)/aggregate(pages with sum) eq 40', ['a']],
    ['$filter=chapters/aggregate(pages mul $it/loans with sum) eq 350', ['a']],
    ['$filter=chapters/any(c:c/pages gt chapters/aggregate(pages with average) mul 1.5)', ['a']],
    ["$filter=writers/aggregate(name with max) eq 'y'", ['a']],
    ['$filter=writers/aggregate(born with min) eq 1815-12-10', ['a']],
    ['$filter=numbers/aggregate($this with sum) eq 5', ['a']],
    ['$filter=numbers/aggregate($this with countdistinct) eq 2', ['a']],
    ['$orderby=chapters/aggregate(number with sum) desc,code&$top=2', ['b', 'a']],
    // 18 loans of all; what another tenant has is not among them.
    ['$filter=loans mul 2 ge $these/aggregate(loans with sum)', ['b']],
    ['$filter=loans gt $these/aggregate(loans with average)', ['a', 'b']],
    ['$filter=loans eq $these/aggregate(loans with max)', ['b']],
    ['$filter=price eq $these/aggregate(price with min)', ['b']],
    ['$filter=size eq $these/aggregate(size with max)', ['b']],
    ['$filter=loans lt $these/$count', ['c']],
    ["$filter=loans eq $these/$count($filter=title eq 'one')", ['c']],
    ['$orderby=loans sub $these/aggregate(loans with max) desc,code&$top=1', ['b']],
    ['$filter=loans eq $these/aggregate(loans with max) and $these/aggregate($count) eq 4', ['b']],
    ["$apply=filter(title eq 'one')/filter(loans eq $these/aggregate(loans with max))", ['a']],
    ['$apply=topcount($these/$count div 3,loans)', ['b']],
    ["$apply=filter(title eq 'one')&$filter=loans eq $these/aggregate(loans with max)", ['a']],
    ['$filter=$these/any(w:w/loans gt loans mul 4)', ['c']],
    ['$filter=$these/all(w:w/loans eq null or w/loans le loans)', ['b']],
    ["$filter=$these/$filter(title eq 'one')/aggregate(loans with max) eq loans", ['a']],
    [
      "$filter=$these/$filter(title eq 'one')/$filter(loans gt $these/aggregate(loans with average))/$count eq 1 and loans gt 7",
      ['b'],
    ],
    ['$filter=$these/test.library.Map/aggregate(scale with max) add 4 eq loans', ['b']],
    // What a path or an aggregate is about is the collection there.
    ['$filter=chapters/aggregate(pages mul $these/$count with sum) eq 100', ['a']],
    ['$filter=chapters/$filter(pages eq $these/aggregate(pages with max))/$count eq 1', ['a', 'b']],
    ['$filter=chapters/$filter(pages gt 5)/$filter(pages lt $these/aggregate(pages with max))/any()', ['a']],
    ['$filter=chapters/$count($filter=pages lt $these/aggregate(pages with max)) eq 1', ['a']],
    [
      '$filter=chapters/$filter(pages gt 5)/$filter(pages eq $these/$filter(pages lt $these/aggregate(pages with max))/aggregate(pages with max))/$count eq 1',
      ['a'],
    ],
    // Each group is a collection of its own.
    ['$apply=groupby((title),filter(loans eq $these/aggregate(loans with max)))', ['a', 'b', 'm']],
    ['$apply=groupby((title),topcount($these/$count div 2,loans))', ['a']],
    ['$apply=groupby((title),filter($these/any(w:w/loans gt loans)))', ['c']],
    ['$apply=join(chapters as part,filter(pages eq $these/aggregate(pages with max)))', ['a', 'b']],
    // 5.1.1.14.5: a whole set.
    ['$filter=loans eq $root/works/aggregate(loans with max)', ['b']],
    ["$filter=$root/works/$filter(title eq 'one')/$count eq loans", ['c']],
    ['$filter=$root/works/test.library.Map/any(m:m/scale add 4 eq loans)', ['b']],
    ['$filter=$root/authors/all(x:x/born lt 1900-01-01)', []],
  ])('%s finds %j', async (query, found) => {
    expect(await values(query)).toEqual(found);
  });

  it('are computed and counted, and know the collection that they stand in', async () => {
    const computed = await app.get(
      encodeURI('/works?$compute=loans mul 100 div $these/aggregate(loans with sum) as part&$select=part&$top=3'),
    );
    expect(computed.body.value.map(({ part }: any) => part)).toEqual([38, 50, 11]);
    expect((await app.get(encodeURI('/works/$count?$filter=loans gt $these/aggregate(loans with average)'))).text).toBe(
      '2',
    );
    const nested = await app.get(
      encodeURI(
        '/works?$select=code&$expand=chapters($filter=pages eq $these/aggregate(pages with max);$count=true)&$top=2',
      ),
    );
    expect(nested.body.value.map(({ chapters }: any) => chapters.map((one: any) => one.number))).toEqual([[2], [9]]);
    expect(await values('$filter=pages lt $these/aggregate(pages with sum) div 4', "/works('a')/chapters")).toEqual([
      1,
    ]);
    expect(await values('$filter=scale eq $these/aggregate(scale with sum)', '/works/test.library.Map')).toEqual(['m']);
    const shares =
      'groupby((title),aggregate(loans with sum as n))/compute(n mul 100 div $these/aggregate(n with sum) as s)';
    const { body } = await app.get(encodeURI(`/works?$apply=${shares}&$orderby=s desc`));
    expect(body.value).toMatchObject([
      { title: 'one', s: 50 },
      { title: 'two', s: 50 },
      { title: null, s: null },
    ]);
  });

  const rollup = '$apply=groupby((rollup($all,title,place/city)),aggregate($count as n))';
  it.each<[url: string, found: unknown]>([
    ['/works?$filter=isdefined(title)', ['a', 'b', 'c', 'm']],
    ['/works?$filter=isdefined(place/city)', ['a', 'm']],
    // Of what is no map the property is not there.
    ['/works?$filter=isdefined(test.library.Map/scale)', ['m']],
    ['/events?$filter=isdefined(extra)&$select=name', ['n']],
    ['/works?$apply=aggregate(loans with sum as s)&$filter=isdefined(title)', []],
    ['/works?$apply=aggregate(loans with sum as s)&$filter=isdefined(s)', [{ s: 18 }]],
    ['/works?$apply=groupby((place/city))&$filter=isdefined(place/floor)', []],
    [`/works?${rollup}&$filter=not isdefined(title)`, [{ n: 4 }]],
    [
      `/works?${rollup}&$filter=isdefined(title) and not isdefined(place/city)&$orderby=n desc&$top=1`,
      [{ title: 'one', n: 2 }],
    ],
    [
      `/works?${rollup}&$filter=isdefined(place/city) and n eq 1 and title eq 'two'`,
      [{ title: 'two', place: { city: null }, n: 1 }],
    ],
    ["/works?$apply=concat(filter(code eq 'a'),aggregate(loans with sum as s))&$filter=isdefined(code)", ['a']],
  ])('[A41M-15] %s finds %j', async (url, found) => {
    const [of = '', query = ''] = url.split('?');
    expect(await values(query, of)).toEqual(found);
  });

  it.each<[query: string, status: number, message: string]>([
    ['$filter=chapters/aggregate(title with sum) eq 1', 400, 'Edm.String has no sum'],
    ['$filter=chapters/aggregate(pages with sum as x) eq 1', 400, 'has no name'],
    ['$filter=chapters/aggregate(pages) eq 1', 400, 'needs a method'],
    ['$filter=chapters/aggregate(nope with sum) eq 1', 400, "has no property 'nope'"],
    ['$filter=place/aggregate(floor with sum) eq 1', 400, 'aggregate stands behind a collection'],
    ['$filter=chapters/aggregate(pages with sum from title with max) eq 1', 501, "'from' in aggregate"],
    ['$filter=chapters/any(c:c/pages gt $these/$count) and isdefined(nope)', 400, "has no property 'nope'"],
    ['$filter=isdefined(1)', 400, 'isdefined takes the path of a property'],
    ['$filter=isdefined(chapters/$count)', 400, 'isdefined takes the path of a property'],
    ['$filter=isdefined(numbers/nope)', 400, 'is a collection'],
    ['$filter=$these eq 1', 400, '$these is no value'],
    ['$filter=$these/title eq 1', 400, '$these has no such part'],
    ['$filter=$root/works eq 1', 400, 'a whole entity set is no value'],
    ['$expand=writer($compute=$these/$count as n;$select=n)', 400, 'no collection that $these could be'],
    ['$apply=topcount($these/$count add loans,loans)', 400, 'how much to keep'],
  ])('%s is %d: %s', async (query, status, message) => {
    expect(await values(query)).toEqual([status, expect.stringContaining(message)]);
  });

  it.each<[path: string, found: unknown]>([
    ['/works/$filter(loans gt $these/aggregate(loans with average))', ['a', 'b']],
    ["/works/$filter(title eq 'one')/$filter(loans gt $these/aggregate(loans with average))", ['a']],
    ['/works/test.library.Map/$filter(scale eq $these/aggregate(scale with max))', ['m']],
    ["/works('a')/chapters/$filter(pages gt $these/aggregate(pages with average))", [2]],
    ["/works('a')/chapters/$filter(pages lt 40)/$filter(pages eq $these/aggregate(pages with max))", [1]],
    ["/works('a')/numbers/$filter($this eq $these/aggregate($this with max))", [2, 2]],
    ["/works('a')/writers/$filter(born eq $these/aggregate(born with min))", ['x']],
  ])('3.6: a filter in a path is about what it is a part of: %s finds %j', async (path, found) => {
    expect(await values('', path)).toEqual(found);
    expect((await app.get(`${encodeURI(path)}/$count`)).text).toBe(`${(found as unknown[]).length}`);
  });

  it('filters that look at what is left of filters are bounded in what they cost', async () => {
    const path = `/works${'/$filter($these/$count gt 0)'.repeat(40)}`;
    expect((await app.get(encodeURI(path))).status).toBe(400);
  });

  it('each group is computed with what is in it', async () => {
    const apply = 'groupby((title),aggregate(loans mul $these/$count with sum as n))';
    const { body } = await app.get(encodeURI(`/works?$apply=${apply}`));
    expect(body.value.map(({ title, n }: any) => [title, n])).toEqual([
      [null, null],
      ['one', 18],
      ['two', 9],
    ]);
  });

  it('a cross join is a collection, too', async () => {
    const rows = async (query: string): Promise<number> =>
      (await app.get(encodeURI(`/$crossjoin(works,authors)?${query}`))).body.value.length;
    expect(await rows('$filter=works/loans eq $these/aggregate(works/loans with max)')).toBe(2);
    expect(await rows("$filter=$these/$count eq 8 and authors/id eq 'x'")).toBe(4);
    expect(await rows('$filter=$these/any(r:r/works/loans gt works/loans mul 4)')).toBe(2);
  });

  it('modifications reach what such filters leave', async () => {
    const most = 'pages eq $these/aggregate(pages with max)';
    const each = await app.request('PATCH', encodeURI(`/works('a')/chapters/$filter(${most})/$each`), {
      body: { title: 'most' },
    });
    expect(each.status).toBe(200);
    const chapters = await app.get("/works('a')/chapters");
    expect(chapters.body.value.map(({ title }: any) => title)).toEqual(['x', 'most']);
    const path = encodeURI('/works/$filter(loans eq $these/aggregate(loans with max))/$each');
    const { status, body } = await app.request('PATCH', path, { body: { price: 9 } });
    expect([status, body.value.map(({ code }: any) => code)]).toEqual([200, ['b']]);
    expect(await values('$filter=price eq 9')).toEqual(['b']);
  });

  it('is of no one entity, and is followed by no link to changes', async () => {
    expect((await app.get(encodeURI("/works('a')?$compute=$these/$count as n&$select=n"))).status).toBe(400);
    expect((await app.get(encodeURI('/works/delta?$filter=loans gt $these/$count'))).status).toBe(501);
  });
});
