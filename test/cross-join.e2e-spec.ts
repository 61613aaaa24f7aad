import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../src/odata/protocol/json/json-value.js';
import { bindCrossJoin } from '../src/odata/protocol/query/bind-cross-join.js';
import { bindOptions } from '../src/odata/protocol/query/bind-options.js';
import { requestContext } from '../src/odata/protocol/query/request-context.js';
import { parsePath } from '../src/odata/protocol/uri/parse-path.js';
import { parseQuery } from '../src/odata/protocol/uri/parse-query.js';
import type { CrossJoinSegment } from '../src/odata/protocol/uri/syntax-tree.js';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { library, libraryModel } from './models/library.js';
import { compareValues, evaluate } from './oracle/evaluate.js';
import { type Answer, type RequestOptions, TestApp } from './support/test-app.js';
import { ann, bob } from './support/tokens.js';
import { untyped } from './support/untyped.js';

const works = [
  { code: 'a', title: 'Ada', loans: 1, price: 1.5, place: { city: 'Rome' } },
  { code: "b'c", title: 'Grace', loans: 2 },
  { code: 'd', title: 'Ada', loans: 3, price: 0.5, place: { city: 'Oslo' } },
  { code: 'e' },
];
const authors = [
  { id: 'x', name: 'Ada', born: '1815-12-10' },
  { id: 'y', name: 'Grace', born: '1906-12-09' },
  { id: 'z' },
];
const bookings = [
  { room: 'r', day: '2024-05-01', seats: 2 },
  { room: 'r', day: '2024-05-02', seats: 3 },
];

/** OData 4.01 URL Conventions 4.15. */
describe('$crossjoin', () => {
  let app: TestApp;
  beforeAll(async () => {
    const permissions = { read: ['Nobody.Has.It'] };
    app = await TestApp.start({ PAGE_SIZE: '4' }, { ...library, sets: { events: { permissions } } });
    for (const one of works) expect((await app.post('/works', one)).status).toBe(201);
    for (const one of authors) expect((await app.post('/authors', one)).status).toBe(201);
    for (const one of bookings) expect((await app.post('/bookings', one)).status).toBe(201);
    await app.post('/works', { code: 'o', title: 'other' }, { as: { ...ann, tid: 'other' } });
    await app.post('/works', { code: 'p', title: 'bobs' }, { as: bob });
  });
  afterAll(() => app.stop());

  /** Every row of every page. */
  async function walk(url: string, options?: RequestOptions): Promise<any[]> {
    const rows: any[] = [];
    for (let next: string | undefined = encodeURI(url); next !== undefined;) {
      const answer: Answer = await app.get(next, options);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      rows.push(...answer.body.value);
      next = answer.body['@odata.nextLink'];
    }
    return rows;
  }
  const linksOf = (rows: readonly any[]): string[] =>
    rows.map((row) => [row['works@odata.navigationLink'], row['authors@odata.navigationLink']].join(' '));
  const at = (code: string, id: string): string => `${app.root}/works('${code}') ${app.root}/authors('${id}')`;

  it('[A40A-15] is the product of sets, each entity where it is to be read', async () => {
    const { body, status } = await app.get('/$crossjoin(works,authors)?$filter=works/title%20eq%20authors/name');
    expect(status).toBe(200);
    expect(body).toEqual({
      '@odata.context': `${app.root}/$metadata#Collection(Edm.ComplexType)`,
      value: ['a x', "b''c y", 'd x', 'e z'].map((pair) => {
        const [code, id] = pair.split(' ');
        return {
          'works@odata.navigationLink': `${app.root}/works('${code}')`,
          'authors@odata.navigationLink': `${app.root}/authors('${id}')`,
        };
      }),
    });
    for (const link of linksOf(body.value).flatMap((pair) => pair.split(' ')))
      expect((await app.get(link)).status).toBe(200);
    const all = works.flatMap(({ code }) => authors.map(({ id }) => at(code.replace("'", "''"), id)));
    expect(linksOf(await walk('/$crossjoin(works,authors)'))).toEqual(all);
    const encoded = await app.get('/%24CrossJoin%28works%2Cauthors%29');
    expect(linksOf(encoded.body.value)).toEqual(all.slice(0, 4));
  });

  it('expands entities with options of their own', async () => {
    const query =
      "$filter=works/title eq authors/name and works/loans gt 1&$expand=works($select=title),authors($filter=id eq 'x')";
    const { body } = await app.get(encodeURI(`/$crossjoin(works,authors)?${query}`));
    const [grace, ada] = body.value;
    expect(grace).toMatchObject({ works: { title: 'Grace', '@odata.id': `${app.root}/works('b''c')` }, authors: null });
    expect(ada).toMatchObject({ works: { title: 'Ada' }, authors: { id: 'x', name: 'Ada', born: '1815-12-10' } });
    expect(ada.authors['@odata.etag']).toMatch(/^W\//);
    expect(Object.keys(ada)).toEqual(['works', 'authors']);
    const one = await app.get(
      encodeURI("/$crossjoin(works,authors)?$filter=works/code eq 'a'&$expand=authors/$ref&$top=1"),
    );
    expect(one.body.value).toEqual([
      { 'works@odata.navigationLink': `${app.root}/works('a')`, authors: { '@odata.id': `${app.root}/authors('x')` } },
    ]);
  });

  it('selects sets, counts, and writes as much as the format says', async () => {
    const url =
      '/$crossjoin(authors,bookings)?$select=bookings&$count=true&$orderby=bookings/seats desc,authors/id desc&$top=3&$skip=1';
    const { body } = await app.get(encodeURI(url));
    expect(body['@odata.count']).toBe(6);
    const link = (day: string) => ({ 'bookings@odata.navigationLink': `${app.root}/bookings(room='r',day=${day})` });
    expect(body.value).toEqual([link('2024-05-02'), link('2024-05-02'), link('2024-05-01')]);
    const none = await app.get('/$crossjoin(authors,works)?$expand=authors&$top=1', {
      headers: { accept: 'application/json;odata.metadata=none' },
    });
    expect(none.body).toEqual({ value: [{ authors: authors[0] }] });
    const full = await app.get('/$crossjoin(authors)?$expand=*&$top=1', {
      headers: { accept: 'application/json;odata.metadata=full', 'odata-maxversion': '4.01' },
    });
    expect(full.body.value[0]).toMatchObject({
      'authors@navigationLink': `${app.root}/authors('x')`,
      authors: { '@id': `${app.root}/authors('x')`, '@type': '#test.library.Author' },
    });
  });

  it('goes on, page by page, with what is left of $top', async () => {
    expect(await walk('/$crossjoin(works,authors)?$top=9&$skip=1')).toHaveLength(9);
    const first = await app.get('/$crossjoin(works,authors)', { headers: { prefer: 'maxpagesize=2' } });
    expect(first.headers.get('preference-applied')).toBe('maxpagesize=2');
    const link = first.body['@odata.nextLink'] as string;
    expect((await app.get(`${link}&$filter=works/loans gt 1`)).status).toBe(400);
    expect((await app.get(link.replace('works,authors', 'authors,works'))).status).toBe(400);
    expect((await app.get('/$crossjoin(works,authors)?$skiptoken=x')).status).toBe(400);
  });

  const members = {
    text: ['works/title', 'works/code', 'works/place/city', 'authors/name', 'authors/id', 'tolower(works/title)'],
    number: ['works/loans', 'works/price', 'year(authors/born)', 'length(authors/name)', '2'],
  };
  const test = fc
    .constantFrom(members.text, members.number)
    .chain((of) => fc.tuple(fc.constantFrom(...of), fc.constantFrom('eq', 'ne', 'lt', 'ge'), fc.constantFrom(...of)))
    .map(([left, operator, right]) => `${left} ${operator} ${right}`);
  const filter = fc
    .tuple(test, fc.constantFrom('and', 'or', 'and not'), test)
    .map(([left, operator, right]) => `(${left}) ${operator} (${right})`);
  const order = fc.array(
    fc.tuple(fc.constantFrom(...members.text, ...members.number.slice(0, -1)), fc.constantFrom('', ' desc')),
    { minLength: 1, maxLength: 2 },
  );

  it('finds what evaluating it in memory finds, for random filters, orders and pages', async () => {
    const segment = parsePath('$crossjoin(works,authors)').segments[0] as CrossJoinSegment;
    await fc.assert(
      fc.asyncProperty(filter, order, fc.integer({ min: 2, max: 9 }), async (where, by, size) => {
        const query = `$filter=${where}&$orderby=${by.map((item) => item.join('')).join(',')}`;
        const { item, rows } = bindCrossJoin(libraryModel, segment);
        const context = { ...requestContext(libraryModel), it: item };
        const { collection } = bindOptions(context, item, parseQuery(encodeURI(query)));
        const scopeOf = (pair: readonly object[]) => new Map(rows.map((row, at) => [row.item, pair[at] as JsonObject]));
        const value = (expression: (typeof collection.filters)[0], pair: readonly object[]) =>
          evaluate(expression, scopeOf(pair));
        const expected = works
          .flatMap((work) => authors.map((author) => [work, author] as const))
          .filter((pair) => collection.filters.every((one) => value(one, pair) === true))
          .map((pair, place) => ({ pair, place }))
          .sort((left, right) => {
            for (const { expression, descending } of collection.order) {
              const [a, b] = [value(expression, left.pair), value(expression, right.pair)];
              const difference =
                a === null || b === null
                  ? Number(a !== null) - Number(b !== null)
                  : compareValues(expression.type.item, a, b);
              if (difference !== 0) return descending ? -difference : difference;
            }
            return left.place - right.place;
          })
          .map(({ pair: [{ code }, { id }] }) => at(code.replace("'", "''"), id));
        const prefer = { headers: { prefer: `maxpagesize=${size}` } };
        expect(linksOf(await walk(`/$crossjoin(works,authors)?${query}`, prefer))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('$search finds rows by the texts of all of their entities together', async () => {
    expect(linksOf(await walk('/$crossjoin(works,authors)?$search=grace'))).toEqual([
      at('a', 'y'),
      ...["b''c", "b''c", "b''c"].map((code, index) => at(code, 'xyz'[index]!)),
      at('d', 'y'),
      at('e', 'y'),
    ]);
    expect(linksOf(await walk('/$crossjoin(works,authors)?$search=ada AND grace'))).toEqual([
      at('a', 'y'),
      at("b''c", 'x'),
      at('d', 'y'),
    ]);
    expect(linksOf(await walk("/$crossjoin(works,authors)?$search=NOT ada&$filter=works/code lt 'd'"))).toEqual([
      at("b''c", 'y'),
      at("b''c", 'z'),
    ]);
    // Bookings have no texts that are searched.
    expect(await walk('/$crossjoin(bookings)?$search=r')).toEqual([]);
  });

  it('$compute adds to rows, and $filter and $orderby speak of it', async () => {
    const query =
      '$compute=works/loans mul 2 as twice,concat(works/code,authors/id) as both&$filter=twice gt 2&$orderby=both desc';
    const rows = await walk(`/$crossjoin(works,authors)?${query}&$top=2`);
    expect(rows.map(({ twice, both }) => [twice, both])).toEqual([
      [6, 'dz'],
      [6, 'dy'],
    ]);
    expect(linksOf(rows)).toEqual([at('d', 'z'), at('d', 'y')]);
    const [selected] = await walk(`/$crossjoin(works,authors)?${query}&$select=both`);
    expect(selected).toEqual({ both: 'dz' });
    const [expanded] = await walk(`/$crossjoin(works,authors)?${query}&$expand=authors($select=id)`);
    expect([expanded.twice, expanded.authors.id, expanded.both]).toEqual([6, 'z', 'dz']);
  });

  const pairs = 'filter(works/title eq authors/name)';
  it.each<[apply: string, expected: readonly unknown[]]>([
    // A row refers to the entities that it is together, and a path is of each of them once (3.2.1.1).
    ['aggregate($count as n,works/loans with sum as s,works/loans mul 1 with sum as t)', [{ n: 12, s: 6, t: 18 }]],
    [
      `${pairs}/groupby((authors/id),aggregate(works/loans with sum as s,$count as c))&$orderby=s desc`,
      [
        { authors: { id: 'x' }, s: 4, c: 2 },
        { authors: { id: 'y' }, s: 2, c: 1 },
        { authors: { id: 'z' }, s: null, c: 1 },
      ],
    ],
    [
      'groupby((works/place/city))/compute(length(works/place/city) as l)',
      [
        { works: { place: { city: null } }, l: null },
        { works: { place: { city: 'Oslo' } }, l: 4 },
        { works: { place: { city: 'Rome' } }, l: 4 },
      ],
    ],
    [`${pairs}/aggregate(works/loans with max as m)&$compute=m mul 2 as d&$select=d`, [{ d: 6 }]],
    ['groupby((authors/name),topcount(1,works/loans))/aggregate($count as n)', [{ n: 3 }]],
  ])('Data Aggregation 4: its rows are transformed: %s', async (apply, expected) => {
    const { status, body } = await app.get(encodeURI(`/$crossjoin(works,authors)?$apply=${apply}`));
    expect([status, body['@odata.context']]).toEqual([
      200,
      expect.stringContaining(`${app.root}/$metadata#Collection(Edm.ComplexType)`),
    ]);
    expect(untyped(body.value)).toEqual(expected);
  });

  it.each<[apply: string, expected: readonly string[]]>([
    [pairs, ['a x', "b''c y", 'd x', 'e z']],
    [`${pairs}/topcount(2,works/loans)`, ["b''c y", 'd x']],
    [`${pairs}/filter(works/loans lt $these/aggregate(works/loans with max))`, ['a x', "b''c y"]],
    ['orderby(authors/id desc,works/code desc)/top(3)', ['e z', 'd z', "b''c z"]],
    [`${pairs}&$filter=works/loans gt 1&$orderby=works/loans desc`, ['d x', "b''c y"]],
    ['search(ada AND grace)', ['a y', "b''c x", 'd y']],
    [`concat(${pairs}/top(1),${pairs}/skip(3))`, ['a x', 'e z']],
  ])('and what is left of them are rows: %s', async (apply, expected) => {
    const rows = await walk(`/$crossjoin(works,authors)?$apply=${apply}`, { headers: { prefer: 'maxpagesize=2' } });
    expect(linksOf(rows)).toEqual(expected.map((pair) => at(...(pair.split(' ') as [string, string]))));
  });

  it('and are expanded, computed and counted', async () => {
    const apply = `${pairs}/compute(works/loans mul 2 as twice)/filter(twice ge 2)`;
    const query = `$apply=${apply}&$expand=works($select=title)&$compute=twice add 1 as more&$count=true`;
    const { body } = await app.get(encodeURI(`/$crossjoin(works,authors)?${query}`));
    expect(body['@odata.count']).toBe(3);
    expect(body.value.map(({ works: work, twice, more }: any) => [work.title, twice, more])).toEqual([
      ['Ada', 2, 3],
      ['Grace', 4, 5],
      ['Ada', 6, 7],
    ]);
    expect(body.value[0]['authors@odata.navigationLink']).toBe(`${app.root}/authors('x')`);
  });

  it('shows of each set what the caller sees, and asks the permissions of each', async () => {
    expect(await walk('/$crossjoin(works,authors)', { as: bob })).toEqual([]);
    expect(linksOf(await walk('/$crossjoin(works)', { as: bob }))).toEqual([`${app.root}/works('p') `]);
    expect((await app.get('/$crossjoin(works,events)')).status).toBe(403);
    expect((await app.get('/$crossjoin(events,works)')).status).toBe(403);
    expect((await app.get('/$crossjoin(works,authors)', { as: { ...ann, scp: 'Other' } })).status).toBe(403);
    expect((await app.get('/$crossjoin(works,authors)', { as: null })).status).toBe(401);
  });

  it.each<[path: string, status: number]>([
    ['/$crossjoin(works,nothing)', 404],
    ['/$crossjoin(works,settings)', 404],
    ['/$crossjoin(works,works)', 404],
    ['/$crossjoin(works,authors)/works', 404],
    ['/$crossjoin()', 400],
    ['/$crossjoin(works,authors)?$filter=title eq 1', 400],
    ['/$crossjoin(works,authors)?$filter=works eq 1', 400],
    ['/$crossjoin(works,authors)?$orderby=works', 400],
    ['/$crossjoin(works,authors)?$expand=bookings', 400],
    ['/$crossjoin(works,authors)?$select=title', 400],
    ['/$crossjoin(works,authors)?$deltatoken=latest', 400],
    ['/$crossjoin(works,authors)?$apply=groupby((title))', 400],
    ['/$crossjoin(works,authors)?$apply=topcount(works/loans,works/loans)', 400],
    ['/$crossjoin(works,authors)?$apply=concat(identity,aggregate($count as n))', 501],
    ['/$crossjoin(works,authors)?$compute=works/loans add 1 as works', 400],
    ['/$crossjoin(works,authors)?$compute=loans add 1 as n', 400],
  ])('%s is %d', async (path, status) => {
    expect((await app.get(encodeURI(path))).status).toBe(status);
  });

  it.each(['POST', 'PATCH', 'PUT', 'DELETE'])('%s is refused', async (method) => {
    const { status, headers } = await app.request(
      method,
      '/$crossjoin(works)',
      method === 'DELETE' ? {} : { body: {} },
    );
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('is asked by a body, and in a batch', async () => {
    const { status, body } = await app.request('POST', '/$crossjoin(works,authors)/$query', {
      body: '$filter=works/title eq authors/name',
      headers: { 'content-type': 'text/plain' },
    });
    expect([status, body.value.length]).toEqual([200, 4]);
    const requests = [{ id: '1', method: 'GET', url: '$crossjoin(works,bookings)?$top=1' }];
    const batch = await app.request('POST', '/$batch', { body: { requests } });
    expect(batch.body.responses[0]).toMatchObject({ status: 200, body: { value: [{}] } });
  });
});

describe('a cross join that would not end', () => {
  it('is ended, and others read meanwhile', async () => {
    const app = await TestApp.start({ DATABASE_STATEMENT_TIMEOUT: '1' }, library);
    const rows = Array.from({ length: 80 }, (_, at) => `a long text ${at}`);
    const documents = { notes: 'text', authors: 'name', events: 'name', bookings: 'by' };
    for (const [name, property] of Object.entries(documents)) {
      const set = aggregateSet(libraryModel.entitySets.get(name)!);
      const insert = (text: string) =>
        app.store.insert({ set, tenant: 'contoso', owner: 'ann', id: text, document: { [property]: text } });
      await Promise.all(rows.map(insert));
    }
    const text = 'concat(concat(notes/text,authors/name),concat(events/name,bookings/by))';
    const url = `/$crossjoin(notes,authors,events,bookings)?$filter=length(${text}) eq 5`;
    const ended = app.get(encodeURI(url));
    expect((await app.get('/$crossjoin(authors,notes)?$top=2')).body.value).toHaveLength(2);
    expect(await ended).toMatchObject({ status: 504, body: { error: { innerError: { code: 'storeTimeout' } } } });
    await app.stop();
  });
});
