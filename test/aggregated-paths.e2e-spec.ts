import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../src/odata/protocol/json/json-value.js';
import { library } from './models/library.js';
import { sales } from './models/sales.js';
import { aggregateOf, gamma, type Node, reached } from './oracle/data-aggregation-path.js';
import { example, linksTo, type SalesData, salesTenant } from './support/sales-data.js';
import { TestApp } from './support/test-app.js';

/** The navigation properties of the model: where they lead to. */
const navigation: Readonly<Record<string, string>> = {
  Customer: 'Customers',
  Sales: 'Sales',
  SalesOrganization: 'SalesOrganizations',
  Helpers: 'SalesOrganizations',
  Superordinate: 'SalesOrganizations',
  Superordinates: 'SalesOrganizations',
};

/** Entities as objects that refer to each other: one object is one entity, whoever refers to it. */
function graphOf(data: SalesData): ReadonlyMap<string, readonly Node[]> {
  const nodes = new Map(
    Object.entries(data).map(([set, all]) => [
      set,
      new Map(Object.entries(all).map(([id, one]) => [id, { ...one, ID: one.ID ?? id }])),
    ]),
  );
  for (const all of nodes.values())
    for (const node of all.values() as Iterable<Record<string, unknown>>)
      for (const [name, set] of Object.entries(navigation)) {
        const link = node[name];
        const target = (id: unknown): unknown => nodes.get(set)?.get(String(id)) ?? null;
        if (typeof link === 'string') node[name] = target(link);
        else if (typeof link === 'object' && link !== null) node[name] = Object.values(link).map(target);
      }
  return new Map([...nodes].map(([set, all]) => [set, [...all.values()]]));
}
const isNavigation = (name: string): boolean => name in navigation;
const typesOf = ({ $type }: Node): string[] => (typeof $type === 'string' ? [$type] : []);

const organizations = ['o0', 'o1', 'o2', 'o3'];
const customers = ['c0', 'c1', 'c2'];
const small = fc.integer({ min: 0, max: 3 });
const some = <T>(from: readonly T[]): fc.Arbitrary<T[]> => fc.subarray([...from]);
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined, freq: 4 });
const without = (document: object): JsonObject => JSON.parse(JSON.stringify(document)) as JsonObject;

/** Sales of few customers by few organizations, so that most of these are shared; some are referred to and not there. */
const data: fc.Arbitrary<SalesData> = fc.record({
  Sales: fc
    .array(
      fc.record({
        Amount: maybe(small),
        Customer: maybe(fc.constantFrom(...customers, 'gone')),
        SalesOrganization: maybe(fc.constantFrom(...organizations)),
        Helpers: some([...organizations, 'gone']).map(linksTo),
        Tags: fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 }),
        Places: fc.array(fc.record({ Number: maybe(small), City: maybe(fc.constantFrom('a', 'b')) }), { maxLength: 3 }),
      }),
      { maxLength: 6 },
    )
    .map((all) => Object.fromEntries(all.map((one, at) => [String(at), without({ ID: at, ...one })]))),
  Customers: fc
    .tuple(
      ...customers.map(() =>
        fc.record({ Country: maybe(fc.constantFrom('US', 'NL')), Sales: some(['0', '1', '2', '5']).map(linksTo) }),
      ),
    )
    .map((all) => Object.fromEntries(all.map((one, at) => [customers[at] ?? '', without(one)]))),
  SalesOrganizations: fc
    .tuple(
      ...organizations.map((_, at) =>
        fc.record({
          Place: maybe(fc.record({ Number: maybe(small) })),
          Superordinate: maybe(fc.constantFrom(...organizations.slice(0, at), 'gone')),
          Superordinates: some(organizations.slice(0, at)).map(linksTo),
          branch: fc.boolean(),
        }),
      ),
    )
    .map((all) =>
      Object.fromEntries(
        all.map(({ branch, ...one }, at) => [
          organizations[at] ?? '',
          without({ ...(branch ? { $type: 'test.sales.Branch', Staff: at + 1 } : {}), ...one }),
        ]),
      ),
    ),
});

const branch = 'test.sales.Branch';
const paths: Readonly<Record<string, readonly string[]>> = {
  Sales: [
    'Amount',
    'Places/Number',
    'SalesOrganization/Place/Number',
    `SalesOrganization/${branch}/Staff`,
    'SalesOrganization/Superordinate/Place/Number',
    'SalesOrganization/Superordinates/Place/Number',
    'Helpers/Place/Number',
    `Helpers/${branch}/Staff`,
    'Helpers/Superordinate/Place/Number',
    `Helpers/Superordinates/${branch}/Staff`,
    'Customer/Sales/Amount',
    'Customer/Sales/Places/Number',
    'Customer/Sales/SalesOrganization/Place/Number',
  ],
  Customers: [
    'Sales/Amount',
    'Sales/Places/Number',
    'Sales/SalesOrganization/Place/Number',
    'Sales/Customer/Sales/Amount',
  ],
};
const counted: Readonly<Record<string, readonly string[]>> = {
  Sales: [
    'Tags',
    'Places',
    'Places/City',
    'Amount',
    'Customer',
    'Customer/Sales',
    'Customer/Sales/Tags',
    'SalesOrganization/Place',
    `SalesOrganization/${branch}`,
    'Helpers',
    `Helpers/${branch}`,
    'Helpers/Superordinates',
  ],
  Customers: ['Sales', 'Sales/SalesOrganization', 'Sales/Helpers'],
};
const keys: Readonly<Record<string, readonly string[]>> = {
  Sales: ['Amount', 'Customer/Country', 'SalesOrganization/ID'],
  Customers: ['Country', 'ID'],
};
const query = fc.constantFrom('Sales', 'Customers').chain((set) =>
  fc.record({
    set: fc.constant(set),
    before: fc.constantFrom('', 'concat(identity,identity)/', 'filter(ID ne null)/'),
    by: maybe(fc.constantFrom(...(keys[set] ?? []))),
    items: fc.array(
      fc.oneof(
        fc.record({
          path: fc.constantFrom(...(paths[set] ?? [])),
          method: fc.constantFrom('sum', 'average', 'min', 'max', 'countdistinct'),
        }),
        fc.record({ path: fc.constantFrom(...(counted[set] ?? [])), method: fc.constant('$count') }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  }),
);

const near = (value: unknown): unknown => (typeof value === 'number' ? Number(value.toFixed(9)) : value);
/** A row by the text of its key and its values. */
const rowOf = (key: unknown, values: readonly unknown[]): string => JSON.stringify([key ?? null, values.map(near)]);

/** Data Aggregation 3.2.1.1: what a path in an aggregate expression leads to. */
describe('values that paths lead to, aggregated', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, sales);
  });
  afterAll(() => app.stop());

  const read = async (as: object, path: string): Promise<readonly any[]> => {
    const { status, body } = await app.get(encodeURI(path), {
      as,
      headers: { accept: 'application/json;odata.metadata=none' },
    });
    if (status !== 200) throw new Error(`${path}: ${body.error.message}`);
    return body.value;
  };

  it('are each entity once, whichever path leads to it', async () => {
    await fc.assert(
      fc.asyncProperty(data, fc.array(query, { minLength: 6, maxLength: 6 }), async (stored, queries) => {
        const as = await salesTenant(app, stored);
        const graph = graphOf(stored);
        for (const { set, before, by, items } of queries) {
          const all = graph.get(set) ?? [];
          const input = before.startsWith('concat') ? [...all, ...all] : all;
          const steps = (path: string): readonly string[] => path.split('/');
          const keyOf = (one: Node): unknown =>
            by === undefined ? null : (gamma([one], steps(by), typesOf)[0] ?? null);
          const groups = by === undefined ? new Map([[null, input]]) : Map.groupBy(input, keyOf);
          const expected = [...groups].map(([key, of]) =>
            rowOf(
              key,
              items.map(({ path, method }) => aggregateOf(method, reached(of, steps(path), { isNavigation, typesOf }))),
            ),
          );
          const texts = items.map(({ path, method }, at) =>
            method === '$count' ? `${path}/$count as v${at}` : `${path} with ${method} as v${at}`,
          );
          const aggregate = `aggregate(${texts.join(',')})`;
          const apply = before + (by === undefined ? aggregate : `groupby((${by}),${aggregate})`);
          const found = (await read(as, `/${set}?$apply=${apply}`)).map((row) =>
            rowOf(
              by === undefined ? null : gamma([row], steps(by), typesOf)[0],
              items.map((_, at) => row[`v${at}`]),
            ),
          );
          expect([apply, found.toSorted()]).toEqual([apply, expected.toSorted()]);
        }
      }),
      { numRuns: 25 },
    );
  });

  describe('of the example data', () => {
    let as: object;
    beforeAll(async () => {
      as = await salesTenant(app, example);
    });

    it.each<[path: string, expected: readonly object[]]>([
      // Examples 69 and 76 of Data Aggregation 7.2: of whoever bought nothing there is no sum, and a count of 0.
      [
        'Customers?$apply=groupby((Name),aggregate(Sales/Amount with sum as Total,Sales/$count as n))',
        [
          { Name: 'Joe', Total: 7, n: 3 },
          { Name: 'Luc', Total: null, n: 0 },
          { Name: 'Sue', Total: 17, n: 5 },
        ],
      ],
      // A path is of entities; an expression is of each item (type 2): three organizations, for eight sales.
      [
        'Sales?$apply=aggregate(SalesOrganization/Place/Number with sum as p,SalesOrganization/Place/Number mul 1 with sum as e)',
        [{ p: 74, e: 3 * 21 + 2 * 22 + 3 * 31 }],
      ],
      ['Sales?$apply=aggregate(SalesOrganization/Place/Number with average as a)', [{ a: 74 / 3 }]],
      // Of each of the groups that are aggregated again.
      [
        'Sales?$apply=aggregate(SalesOrganization/Place/Number with sum from Customer/Country with sum as s)',
        [{ s: 31 + 43 }],
      ],
      // 3.1.2: what has lost its key is the same where its values are.
      [
        'Sales?$apply=groupby((SalesOrganization/Place/Number,ID))/aggregate(SalesOrganization/Place/Number with sum as s)',
        [{ s: 74 }],
      ],
      ['Sales?$apply=groupby((Amount,ID))/aggregate(Amount with sum as s)', [{ s: 24 }]],
      // Groups that are there without items.
      [
        'Sales?$apply=groupby((Customer/Country),filter(Amount gt 4)/aggregate(SalesOrganization/Place/Number with sum as s))',
        [
          { Customer: { Country: 'Netherlands' }, s: null },
          { Customer: { Country: 'USA' }, s: 22 },
        ],
      ],
      [
        'Sales?$apply=groupby((rollup($all,Customer/Country)),aggregate(SalesOrganization/Place/Number with sum as s))',
        [{ Customer: { Country: 'Netherlands' }, s: 31 }, { Customer: { Country: 'USA' }, s: 43 }, { s: 74 }],
      ],
      // 3.6.1: the function of the name is the same of a collection.
      [
        "Customers?$filter=ID lt 'C3'&$compute=Sales/aggregate(SalesOrganization/Place/Number with sum) as s&$select=s",
        [{ s: 21 }, { s: 22 }],
      ],
      [
        'Sales?$filter=ID eq 1&$select=s&$compute=$these/aggregate(SalesOrganization/Place/Number with sum) as s',
        [{ s: 74 }],
      ],
      // 4: an entity of a set is there in many rows of a cross join.
      ['$crossjoin(Sales,Customers)?$apply=aggregate(Sales/Amount with sum as s,$count as n)', [{ s: 24, n: 32 }]],
      ['$crossjoin(Sales,Customers)?$apply=aggregate(Sales/Customer/$count as n)', [{ n: 3 }]],
      // What is joined is there as often as there are others beside it.
      [
        'Sales?$apply=join(Places as P)/aggregate(SalesOrganization/Place/Number with sum as s,P/Number with sum as n)',
        [{ s: 21, n: 27 }],
      ],
      ['Customers?$apply=join(Sales as S)/aggregate(S/SalesOrganization/Place/Number with sum as s)', [{ s: 74 }]],
    ])('%s', async (path, expected) => {
      expect(await read(as, `/${path}`)).toEqual(expected);
    });

    it('$count is a decimal, behind a path too (3.2.1.4)', async () => {
      const path =
        '/Sales?$apply=aggregate($count as a,Tags/$count as b,Customer/$count as c,Customer/Sales/$count as d)';
      const { body } = await app.get(path, { as });
      expect(body.value).toEqual([
        {
          'a@odata.type': '#Decimal',
          a: 8,
          'b@odata.type': '#Decimal',
          b: 5,
          'c@odata.type': '#Decimal',
          c: 3,
          'd@odata.type': '#Decimal',
          d: 8,
        },
      ]);
    });
  });
});

describe('entities inside of items that are there several times, aggregated', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    const chapters = [
      { number: 1, pages: 3 },
      { number: 2, pages: 3 },
    ];
    for (const code of ['a', 'b']) expect((await app.post('/works', { code, chapters })).status).toBe(201);
  });
  afterAll(() => app.stop());

  it.each([
    ['aggregate(chapters/pages with sum as s,chapters/$count as n)', { s: 12, n: 4 }],
    ['concat(identity,identity)/aggregate(chapters/pages with sum as s,chapters/$count as n)', { s: 12, n: 4 }],
    ['join(chapters as c)/aggregate(c/pages with sum as s,c/$count as n)', { s: 12, n: 4 }],
    ['join(chapters as c)/concat(identity,identity)/aggregate(c/pages with sum as s,$count as n)', { s: 12, n: 8 }],
    ['join(chapters as c)/aggregate(chapters/pages with sum as s,$count as n)', { s: 12, n: 4 }],
  ])('%s', async (apply, expected) => {
    const { status, body } = await app.get(`/works?$apply=${apply}`);
    expect([status, body.value]).toMatchObject([200, [expected]]);
  });
});
