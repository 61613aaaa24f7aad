import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPeople } from './support/query-data.js';
import { type Answer, TestApp } from './support/test-app.js';

const set = '/decoratedProfileConnections';

describe('$apply', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    await createPeople(app);
  });
  afterAll(() => app.stop());

  const get = (query: string): Promise<Answer> => app.get(`${set}?${encodeURI(query)}`);

  it.each<[apply: string, expected: unknown]>([
    ['aggregate($count as n)', [{ n: 6 }]],
    [
      'aggregate(profile/totalPositionCount with sum as s,profile/totalPositionCount with max as m)',
      [{ s: 14, m: 10 }],
    ],
    [
      'aggregate(profile/totalPositionCount with average as a,profile/totalPositionCount with min as m)',
      [{ a: 3.5, m: 0 }],
    ],
    ['aggregate(profile/locale/country with countdistinct as c)', [{ c: 2 }]],
    ['aggregate(profile/skills/$count as skills)', [{ skills: 3 }]],
    ["filter(id eq 'none')/aggregate($count as n,relevanceScore with sum as s)", [{ n: 0, s: null }]],
    [
      'groupby((profile/connected))',
      [{ profile: { connected: null } }, { profile: { connected: false } }, { profile: { connected: true } }],
    ],
    [
      'groupby((profile/connected),aggregate($count as n))/orderby(n desc)',
      [
        { profile: { connected: null }, n: 3 },
        { profile: { connected: true }, n: 2 },
        { profile: { connected: false }, n: 1 },
      ],
    ],
    [
      'filter(relevanceScore ne null)/groupby((relevanceScore),aggregate($count as n))/filter(n gt 1)',
      [{ relevanceScore: 0.5, n: 2 }],
    ],
    ['compute(length(profile/headline) as l)/aggregate(l with sum as s)', [{ s: 39 }]],
    ['topcount(2,profile/totalPositionCount)/orderby(id)', [{ id: 'a' }, { id: 'f' }]],
    ['bottomcount(1,profile/totalPositionCount)', [{ id: 'c' }]],
    ['topsum(11,profile/totalPositionCount)/orderby(id)', [{ id: 'a' }, { id: 'f' }]],
    ['toppercent(50,profile/totalPositionCount)', [{ id: 'f' }]],
    ['bottompercent(10,profile/totalPositionCount)/orderby(id)', [{ id: 'a' }, { id: 'b' }, { id: 'c' }]],
    [
      'groupby((profile/connected),topcount(1,profile/totalPositionCount))/orderby(id)',
      [{ id: 'b' }, { id: 'c' }, { id: 'f' }],
    ],
    ["concat(filter(id eq 'a'),aggregate($count as n))", [{ id: 'a' }, { n: 6 }]],
    ['identity/orderby(id desc)/skip(1)/top(2)', [{ id: 'd' }, { id: 'e' }]],
    ['search(engineer)/aggregate($count as n)', [{ n: 2 }]],
    [
      'groupby((rollup($all,profile/locale/language,profile/locale/country)),aggregate($count as n))/filter(n gt 3)',
      [
        { profile: { locale: { language: null, country: null } }, n: 4 },
        { profile: { locale: { language: null } }, n: 4 },
        { n: 6 },
      ],
    ],
  ])('[A41M-15] %s', async (apply, expected) => {
    const { status, body } = await get(`$apply=${apply}`);
    expect([status, body.error?.message]).toEqual([200, undefined]);
    const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    const ordered = apply.includes('orderby') || apply.includes('rollup');
    const found = ordered && !apply.includes('rollup') ? body.value : body.value.toSorted(byText);
    const wanted = ordered && !apply.includes('rollup') ? expected : (expected as unknown[]).toSorted(byText);
    expect(found).toHaveLength((wanted as unknown[]).length);
    if (apply.startsWith('identity')) expect(new Set(found.map(({ id }: any) => id))).toEqual(new Set(['d', 'e']));
    else expect(found).toMatchObject(wanted as object[]);
  });

  it('other options speak of the result; its context URL lists it', async () => {
    const { body } = await get(
      '$apply=groupby((profile/connected),aggregate($count as n))&$filter=n ge 2&$orderby=n desc&$count=true&$top=1',
    );
    expect(body).toEqual({
      '@odata.context': `${app.root}/$metadata#decoratedProfileConnections(profile(connected),n)`,
      '@odata.count': 2,
      value: [{ profile: { connected: null }, 'n@odata.type': '#Decimal', n: 3 }],
    });
    const selected = await get('$apply=groupby((profile/connected),aggregate($count as n))&$select=n&$orderby=n');
    expect(selected.body.value.map(({ n }: { readonly n: number }) => n)).toEqual([1, 2, 3]);
    const entities = await get(
      "$apply=filter(id in ('a','b'))&$expand=profile($select=firstName)&$select=id&$orderby=id desc",
    );
    expect(entities.body.value).toMatchObject([{ id: 'b', profile: { firstName: 'Bob' } }, { id: 'a' }]);
    expect(entities.body.value[0]['@odata.etag']).toMatch(/^W\//);
    expect((await app.get(`${set}/$count?$apply=groupby((profile/connected))`)).text).toBe('3');
  });

  it('sums beyond 64 bits are exact, products of one row beyond them are null', async () => {
    const profile = { totalPositionCount: 2_147_483_647 };
    for (const id of ['big1', 'big2', 'big3']) await app.post(set, { id, profile });
    const square = 'profile/totalPositionCount mul profile/totalPositionCount';
    const big = "filter(startswith(id,'big'))";
    const sum = await get(`$apply=${big}/compute(${square} as p)/aggregate(p with sum as s)`);
    expect([sum.status, /"s":(\d+)/.exec(sum.text)?.[1]]).toEqual([200, '13835058042397261827']);
    const cube = await get(
      `$apply=${big}/compute(${square} mul profile/totalPositionCount as p)/aggregate(p with sum as s)`,
    );
    expect([cube.status, cube.body.value[0].s]).toEqual([200, null]);
    for (const id of ['big1', 'big2', 'big3']) await app.delete(`${set}/${id}`);
  });

  it('results are paged', async () => {
    let url: string | undefined = `${set}?$apply=groupby((id),aggregate($count%20as%20n))&$orderby=id%20desc`;
    let found = '';
    while (url !== undefined) {
      const { body }: Answer = await app.get(url, { headers: { prefer: 'maxpagesize=4' } });
      found += String(body.value.map(({ id }: any) => id).join(''));
      url = body['@odata.nextLink'];
    }
    expect(found).toBe('fedcba');
  });

  it.each([
    ['aggregate(nope with sum as s)', 400, "has no property 'nope'"],
    ['aggregate(id with sum as s)', 400, 'Edm.String has no sum'],
    ['aggregate(relevanceScore as s)', 400, 'needs a method'],
    ['aggregate(relevanceScore with sum)', 400, 'needs a name'],
    ['aggregate(relevanceScore with nope as s)', 400, "there is no method 'nope'"],
    ['aggregate($count as n,$count as n)', 400, "the name 'n' is taken"],
    ['compute(1 as id)', 400, "the name 'id' is taken"],
    ['groupby((profile))', 501, 'to group by an entity that is inside of another is not implemented'],
    ['groupby((profile/skills))', 400, 'is no single primitive value'],
    ['topcount(id,2)', 400, 'takes numbers, not Edm.String'],
    ['aggregate(relevanceScore with sum as s)/filter(id eq 1)', 400, "has no property 'id'"],
    ['nope()', 400, 'expected a transformation'],
    ['join(profile as p)', 400, 'is no collection of structured values'],
    ['expand(profile)', 501, 'expand is not implemented'],
    ['aggregate(relevanceScore with sum from id with max as n,$count as n)', 400, "the name 'n' is taken"],
    ['aggregate(relevanceScore with sum from id as s)', 400, 'needs a method'],
    ['aggregate(relevanceScore with sum from nope with max as s)', 400, "has no property 'nope'"],
    ['traverse($root/x,H,id,preorder)', 400, "there is no entity set 'x'"],
    ['com.x.f(a=1)', 501, 'the function com.x.f'],
  ])('%s answers %i: %s', async (apply, status, message) => {
    const answer = await get(`$apply=${apply}`);
    expect([answer.status, answer.body.error.message]).toEqual([status, expect.stringContaining(message)]);
    expect(answer.body.error.target).toBe('$apply');
  });
});
