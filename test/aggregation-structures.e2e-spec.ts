import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { type Answer, TestApp } from './support/test-app.js';

/** Works of three types; the last one has no title. */
const works = [
  {
    '@odata.type': '#test.library.Work',
    code: 'a',
    title: 'A',
    loans: 1,
    size: 'Small',
    place: { city: 'X', floor: 1 },
  },
  {
    '@odata.type': '#test.library.Book',
    code: 'b',
    title: 'BB',
    loans: 2,
    author: 'Ann',
    place: { city: 'X', floor: 2 },
  },
  {
    '@odata.type': '#test.library.Atlas',
    code: 'c',
    loans: 2,
    scale: 5,
    size: 'Large',
    place: { city: 'X', floor: 2 },
  },
];

describe('the structure of what $apply gives', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    for (const work of works) expect((await app.post('/works', work)).status).toBe(201);
  });
  afterAll(() => app.stop());

  const get = (query: string): Promise<Answer> => app.get(`/works?${encodeURI(query)}`);
  const contextOf = ({ body }: Answer): string => body['@odata.context'].split('#')[1];
  /** The values, without control information. */
  const valuesOf = ({ body }: Answer): unknown =>
    JSON.parse(JSON.stringify(body.value, (name, inner: unknown) => (name.includes('@') ? undefined : inner)));

  describe('of entities of every type', () => {
    it.each<[query: string, context: string, expected: readonly object[]]>([
      [
        '$apply=compute(length(title) as D)&$select=title,D',
        'works(title,D)',
        [
          { title: 'A', D: 1 },
          { title: 'BB', D: 2 },
          { title: null, D: null },
        ],
      ],
      ['$apply=compute(length(title) as D)&$select=D&$orderby=D desc', 'works(D)', [{ D: 2 }, { D: 1 }, { D: null }]],
      [
        '$apply=compute(length(title) as D)&$compute=D mul 2 as E&$select=D,E&$filter=D gt 0',
        'works(D,E)',
        [
          { D: 1, E: 2 },
          { D: 2, E: 4 },
        ],
      ],
      ['$apply=compute(loans mul 2 as D)/filter(D gt 2)&$select=code', 'works(code)', [{ code: 'b' }, { code: 'c' }]],
      [
        '$apply=compute(loans mul 2 as D)&$select=D,test.library.Book/author&$filter=test.library.Book/D eq 4',
        'works(author,D)',
        [{ D: 4, author: 'Ann' }],
      ],
      ['$apply=compute(loans mul 2 as D)/compute(D add 1 as E)&$select=E', 'works(E)', [{ E: 3 }, { E: 5 }, { E: 5 }]],
    ])('%s', async (query, context, expected) => {
      const answer = await get(query);
      expect([answer.status, answer.body.error?.message]).toEqual([200, undefined]);
      expect([contextOf(answer), valuesOf(answer)]).toEqual([context, expected]);
    });

    it('all of each, with its type and its tag', async () => {
      const answer = await get('$apply=compute(loans mul 1.5 as D)');
      expect(contextOf(answer)).toBe('works(*,D)');
      expect(answer.body.value).toMatchObject([
        { '@odata.type': '#test.library.Work', code: 'a', 'D@odata.type': '#Decimal', D: 1.5 },
        { '@odata.type': '#test.library.Book', code: 'b', author: 'Ann', D: 3 },
        { '@odata.type': '#test.library.Atlas', code: 'c', scale: 5, sheets: null, D: 3 },
      ]);
      for (const entity of answer.body.value) expect(entity['@odata.etag']).toMatch(/^W\//);
    });
  });

  // Data Aggregation 3.2.2 and 3.2.3.2: null is another thing than absent, which tells the structures from each other.
  describe('of several structures', () => {
    const b = { code: 'b', title: 'BB', loans: 2, author: 'Ann', place: { city: 'X', floor: 2 }, size: null };
    it.each<[apply: string, context: string, expected: readonly unknown[]]>([
      [
        'groupby((rollup(place/city,place/floor)),aggregate($count as n))',
        'works(place(city),n)',
        [
          { place: { city: 'X', floor: 1 }, n: 1 },
          { place: { city: 'X', floor: 2 }, n: 2 },
          { place: { city: 'X' }, n: 3 },
        ],
      ],
      [
        'groupby((rollup($all,size,title)),aggregate($count as n))',
        'works(n)',
        [
          { size: null, title: 'BB', n: 1 },
          { size: 'Large', title: null, n: 1 },
          { size: 'Small', title: 'A', n: 1 },
          { size: null, n: 1 },
          { size: 'Large', n: 1 },
          { size: 'Small', n: 1 },
          { n: 3 },
        ],
      ],
      [
        'groupby((rollup(size,title)))/compute(length(title) as l)/filter(l ne 2)',
        'works(size,l)',
        [
          { size: 'Large', title: null, l: null },
          { size: 'Small', title: 'A', l: 1 },
          { size: null, l: null },
          { size: 'Large', l: null },
          { size: 'Small', l: null },
        ],
      ],
      [
        'concat(groupby((place/city)),groupby((place/floor),aggregate($count as n)),aggregate(loans with max as m))',
        'works(@Core.AnyStructure)',
        [{ place: { city: 'X' } }, { place: { floor: 1 }, n: 1 }, { place: { floor: 2 }, n: 2 }, { m: 2 }],
      ],
      [
        'groupby((place/city))/concat(identity,groupby((place/city),aggregate($count as n)))/concat(identity,aggregate($count as all))',
        'works(@Core.AnyStructure)',
        [{ place: { city: 'X' } }, { place: { city: 'X' }, n: 1 }, { all: 2 }],
      ],
      [
        "concat(aggregate($count as n),concat(filter(code eq 'b'),aggregate(loans with sum as s)))",
        'works(@Core.AnyStructure)',
        [{ n: 3 }, expect.objectContaining(b), { s: 5 }],
      ],
    ])('%s', async (apply, context, expected) => {
      const answer = await get(`$apply=${apply}`);
      expect([answer.status, answer.body.error?.message]).toEqual([200, undefined]);
      expect([contextOf(answer), valuesOf(answer)]).toEqual([context, expected]);
    });

    it('each with the type that it has, and no more than that one has', async () => {
      const { body } = await get(
        "$apply=concat(filter(code eq 'b'),compute(1 as one)/filter(code eq 'c'))&$select=code,one,place/city",
      );
      expect(body.value).toEqual([
        { '@odata.type': '#test.library.Book', code: 'b', place: { '@odata.type': '#test.library.Place', city: 'X' } },
        {
          '@odata.type': '#test.library.Atlas',
          code: 'c',
          place: { '@odata.type': '#test.library.Place', city: 'X' },
          'one@odata.type': '#Int32',
          one: 1,
        },
      ]);
    });

    it('that are the same are entities', async () => {
      const { body } = await get('$apply=concat(topcount(1,loans),bottomcount(1,loans))');
      expect(body.value).toMatchObject([{ code: 'b', '@odata.etag': expect.any(String) }, { code: 'a' }]);
    });

    it('do not double with every step', async () => {
      const steps = Array.from({ length: 20 }, (_, at) => `concat(identity,compute(1 as a${at}))`).join('/');
      const { status, body } = await get(`$apply=${steps}`);
      expect([status, body.error?.message]).toEqual([400, expect.stringContaining('more than 64 times')]);
    });
  });

  describe('in the order that nobody asked for', () => {
    const codes = ({ body }: Answer): string => body.value.map(({ code }: any) => code).join('');

    it.each([
      // 3.3.1: the second parameter is of any type that has an order; among equals the key counts.
      ['topcount(1,title)', 'b'],
      ['bottomcount(1,title)', 'a'],
      ['topcount(1,loans)', 'b'],
      ['topcount(2,size)', 'ac'],
      // 3.3.3: a stable sort.
      ['orderby(title desc)/orderby(loans)', 'abc'],
      ['orderby(code desc)/orderby(loans desc)', 'cba'],
      ['orderby(code desc)/top(2)', 'cb'],
      ['orderby(code desc)/top(2)/orderby(loans)', 'cb'],
      ['orderby(code desc)/skip(1)', 'ba'],
      ['orderby(code desc)/compute(1 as one)/filter(loans eq 2)', 'cb'],
      // 3.2.2: each sequence keeps its own.
      ['concat(orderby(code desc),orderby(code))', 'cbaabc'],
      ['concat(orderby(code desc)/top(1),orderby(title),orderby(loans desc))', 'ccabbca'],
    ])('%s gives %s', async (apply, expected) => {
      const answer = await get(`$apply=${apply}`);
      expect([answer.status, codes(answer)]).toEqual([200, expected]);
      let found = '';
      for (let url: string | undefined = `/works?$apply=${encodeURI(apply)}`; url !== undefined;) {
        const page: Answer = await app.get(url, { headers: { prefer: 'maxpagesize=1' } });
        found += codes(page);
        url = page.body['@odata.nextLink'];
      }
      expect(found).toBe(expected);
    });
  });
});
