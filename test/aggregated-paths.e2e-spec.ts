import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../src/odata/protocol/json/json-value.js';
import { library } from './models/library.js';
import { sales } from './models/sales.js';
import { aggregateOf, gamma, type Node, reached, textOf } from './oracle/data-aggregation-path.js';
import { example, linksTo, type SalesData, salesTenant } from './support/sales-data.js';
import { type Answer, TestApp } from './support/test-app.js';

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

/** A complex value, whose members are stored in any order. */
const place = fc
  .tuple(maybe(small), maybe(fc.constantFrom('a', 'b')), fc.boolean())
  .map(([Number, City, isTurned]) => (isTurned ? { City, Number } : { Number, City }));

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
        Places: fc.array(place, { maxLength: 3 }),
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
          Place: maybe(place),
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
/** Complex values and entities. */
const distinct: Readonly<Record<string, readonly string[]>> = {
  Sales: [
    'Customer',
    'Places',
    'Customer/Sales/Places',
    'SalesOrganization/Place',
    'SalesOrganization/Superordinate',
    'Helpers/Place',
    `Helpers/${branch}`,
    'Tags',
  ],
  Customers: ['Sales', 'Sales/Places', 'Sales/SalesOrganization/Place'],
};
const keys: Readonly<Record<string, readonly string[]>> = {
  Sales: [
    'Amount',
    'Customer/Country',
    'SalesOrganization/ID',
    'Customer',
    'SalesOrganization/Place',
    'SalesOrganization/Superordinate',
  ],
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
        fc.record({ path: fc.constantFrom(...(distinct[set] ?? [])), method: fc.constant('countdistinct') }),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  }),
);

const near = (value: unknown): unknown => (typeof value === 'number' ? Number(value.toFixed(9)) : value);
/** A row by the text of its key and its values. */
const rowOf = (key: string, values: readonly unknown[]): string => JSON.stringify([key, values.map(near)]);

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
          const groups =
            by === undefined ? new Map([['null', input]]) : Map.groupBy(input, (one) => textOf(keyOf(one)));
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
              textOf(by === undefined ? null : gamma([row], steps(by), typesOf)[0]),
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

    const Place = (Number: number): object => ({ Place: { Number, City: null } });
    // 3.2.3.1: complex values and single references as grouping properties.
    it.each<[query: string, context: string, expected: readonly object[]]>([
      [
        'Sales?$apply=groupby((SalesOrganization/Place),aggregate(Amount with sum as s))',
        'Sales(SalesOrganization(Place),s)',
        [
          { SalesOrganization: Place(21), s: 7 },
          { SalesOrganization: Place(22), s: 12 },
          { SalesOrganization: Place(31), s: 5 },
        ],
      ],
      // What is inside of a grouping property says nothing more.
      [
        'SalesOrganizations?$apply=groupby((Place/City,Place))/filter(Place/Number gt 21)',
        'SalesOrganizations(Place)',
        [Place(22), Place(31)],
      ],
      [
        'SalesOrganizations?$apply=groupby((Superordinate/Place))/filter(Superordinate/Place eq null)',
        'SalesOrganizations(Superordinate(Place))',
        [{ Superordinate: { Place: null } }],
      ],
      // Example 65 of Data Aggregation 7.1, and 64.
      [
        'Sales?$apply=groupby((Customer))',
        'Sales(Customer())',
        [
          { Customer: { ID: 'C1', Name: 'Joe', Country: 'USA' } },
          { Customer: { ID: 'C2', Name: 'Sue', Country: 'USA' } },
          { Customer: { ID: 'C3', Name: 'Sue', Country: 'Netherlands' } },
        ],
      ],
      [
        "Sales?$apply=groupby((Customer),aggregate(Amount with sum as s))/filter(Customer/Country eq 'USA')&$expand=Customer($select=Name)&$orderby=s desc",
        'Sales(s,Customer(Name))',
        [
          { Customer: { Name: 'Sue' }, s: 12 },
          { Customer: { Name: 'Joe' }, s: 7 },
        ],
      ],
      [
        'Sales?$apply=groupby((SalesOrganization/Superordinate))',
        'Sales(SalesOrganization(Superordinate()))',
        [
          { SalesOrganization: { Superordinate: { ID: 'EMEA', Name: 'EMEA', ...Place(3) } } },
          { SalesOrganization: { Superordinate: { ID: 'US', Name: 'US', ...Place(2) } } },
        ],
      ],
      [
        'SalesOrganizations?$apply=groupby((Superordinate))/filter(Superordinate eq null)',
        'SalesOrganizations(Superordinate())',
        [{ Superordinate: null }],
      ],
      [
        'Sales?$apply=groupby((rollup($all,Customer)),aggregate(Amount with sum as s))/filter(s gt 7)',
        'Sales(s)',
        [{ Customer: { ID: 'C2', Name: 'Sue', Country: 'USA' }, s: 12 }, { s: 24 }],
      ],
      [
        'Sales?$apply=groupby((Customer),aggregate(Amount with sum from ID with max as m,$count as n))&$expand=Customer($select=ID)',
        'Sales(m,n,Customer(ID))',
        [
          { Customer: { ID: 'C1' }, m: 4, n: 3 },
          { Customer: { ID: 'C2' }, m: 8, n: 2 },
          { Customer: { ID: 'C3' }, m: 2, n: 3 },
        ],
      ],
      [
        'Sales?$apply=groupby((Customer,SalesOrganization))/groupby((Customer/Country),aggregate(SalesOrganization/$count as n))',
        'Sales(Customer(Country),n)',
        [
          { Customer: { Country: 'Netherlands' }, n: 1 },
          { Customer: { Country: 'USA' }, n: 2 },
        ],
      ],
      [
        'Sales?$apply=groupby((Customer),topcount(1,Amount))&$select=ID',
        'Sales(ID,Customer())',
        [
          { ID: 3, Customer: { ID: 'C1', Name: 'Joe', Country: 'USA' } },
          { ID: 4, Customer: { ID: 'C2', Name: 'Sue', Country: 'USA' } },
          { ID: 6, Customer: { ID: 'C3', Name: 'Sue', Country: 'Netherlands' } },
        ],
      ],
      [
        "Sales?$apply=filter(Customer/ID eq 'C1')/groupby((Customer),filter(Amount gt 4)/aggregate($count as n))",
        'Sales(n,Customer())',
        [{ n: 0, Customer: { ID: 'C1', Name: 'Joe', Country: 'USA' } }],
      ],
      [
        "Sales?$apply=filter(Customer/ID eq 'C1')/groupby((Customer,SalesOrganization/Place),nest(aggregate($count as n) as C))",
        'Sales(SalesOrganization(Place),C(n),Customer())',
        [{ SalesOrganization: Place(21), C: [{ n: 3 }], Customer: { ID: 'C1', Name: 'Joe', Country: 'USA' } }],
      ],
      [
        'Sales?$apply=groupby((SalesOrganization/Place),compute(Amount divby $these/aggregate(Amount with sum) as share))/filter(share ge 0.5)&$select=ID',
        'Sales(ID)',
        [{ ID: 3 }, { ID: 4 }],
      ],
      [
        "Sales?$apply=groupby((rolluprecursive($root/SalesOrganizations,SalesOrgHierarchy,SalesOrganization/ID,filter(ID eq 'US')),Customer),aggregate(Amount with sum as s))&$expand=Customer($select=ID)",
        'Sales(SalesOrganization(ID,Name,Place),s,Customer(ID))',
        [
          { SalesOrganization: { ID: 'US', Name: 'US', ...Place(2) }, Customer: { ID: 'C1' }, s: 7 },
          { SalesOrganization: { ID: 'US', Name: 'US', ...Place(2) }, Customer: { ID: 'C2' }, s: 12 },
        ],
      ],
      // Example 13: the entities themselves.
      [
        'Sales?$apply=aggregate(Customer with countdistinct as c,SalesOrganization/Place with countdistinct as p)',
        'Sales(c,p)',
        [{ c: 3, p: 3 }],
      ],
    ])('%s', async (path, context, expected) => {
      const headers = { 'OData-MaxVersion': '4.01', accept: 'application/json' };
      const { status, body } = await app.get(encodeURI(`/${path}`), { as, headers });
      expect([status, body.error?.message]).toEqual([200, undefined]);
      expect(body['@context'].split('#')[1]).toBe(context);
      const plain = JSON.stringify(body.value, (name, inner: unknown) => (name.includes('@') ? undefined : inner));
      expect(JSON.parse(plain)).toEqual(expected);
      // One by one they are the same.
      const found: unknown[] = [];
      for (let next: string | undefined = encodeURI(`/${path}`); next !== undefined;) {
        const page: Answer = await app.get(next, { as, headers: { prefer: 'maxpagesize=1' } });
        found.push(...page.body.value);
        next = page.body['@odata.nextLink'];
      }
      expect(found).toHaveLength(expected.length);
    });

    // What is not built is said to be that; what is wrong, that.
    it.each([
      ['$crossjoin(Sales,Customers)?$apply=groupby((Customers))', 501, 'group by an entity that is inside'],
      [
        '$crossjoin(Sales,Customers)?$apply=groupby((Sales/Customer))',
        501,
        'group rows of a cross join by a reference',
      ],
      ['Sales?$apply=nest(groupby((Customer)) as C)', 501, 'group by a reference inside of something'],
      [
        'Customers?$apply=addnested(Sales,groupby((SalesOrganization)) as S)',
        501,
        'group by a reference inside of something',
      ],
      ['Sales?$apply=groupby((Helpers))', 400, 'is no single primitive value'],
      ['Sales?$apply=aggregate(Customer with max as m)', 400, 'is no single primitive value'],
      ['Sales?$apply=aggregate(Customer with Custom.concat as m)', 501, 'the method Custom.concat'],
      ['Sales?$apply=aggregate(Helpers/Name as m)', 400, "needs a method: 'with'"],
      ['Sales?$apply=aggregate(Helpers/Nam with max as m)', 400, "has no property 'Nam'"],
    ])('%s answers %i: %s', async (path, status, message) => {
      const { status: found, body } = await app.get(encodeURI(`/${path}`), { as });
      expect([found, body.error.message]).toEqual([status, expect.stringContaining(message)]);
      if (status === 501) expect(body.error.code).toBe('notImplemented');
    });

    it('are bounded: each path goes through all items', async () => {
      const apply = (count: number): string =>
        `/Sales?$apply=aggregate(${Array.from({ length: count }, (_, at) => `Places/Number with sum as n${at}`).join()})`;
      expect((await app.get(apply(64), { as })).status).toBe(200);
      const { status, body } = await app.get(apply(65), { as });
      expect([status, body.error.message]).toEqual([400, 'The query is too complex: more than 64 paths in aggregate.']);
      const rollup = apply(33).replace('aggregate', 'groupby((rollup($all,Amount)),aggregate');
      expect((await app.get(`${rollup})`, { as })).status).toBe(400);
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

describe('complex values that are grouped by', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    const archive = { '@odata.type': '#test.library.Archive', city: 'X', floor: 1 };
    for (const work of [
      { code: 'a', place: { city: 'X', floor: 1 } },
      { code: 'b', place: { floor: 1 } },
      { code: 'c', place: archive },
      { code: 'd', place: { ...archive, vault: null } },
      { code: 'e' },
    ])
      expect((await app.post('/works', work)).status).toBe(201);
    // Its members are stored in another order than those of the first one.
    expect((await app.patch("/works('b')/place", { city: 'X' })).status).toBe(200);
  });
  afterAll(() => app.stop());

  const place = { '@odata.type': '#test.library.Place', city: 'X', floor: 1 };
  const archive = { '@odata.type': '#test.library.Archive', city: 'X', floor: 1, vault: null };
  it.each<[apply: string, expected: readonly object[]]>([
    [
      'groupby((place),aggregate($count as n))',
      [
        { place: null, n: 1 },
        { place: archive, n: 2 },
        { place, n: 2 },
      ],
    ],
    ['aggregate(place with countdistinct as n)', [{ n: 2 }]],
    [
      'groupby((place/test.library.Archive),aggregate($count as n))',
      [
        { place: null, n: 3 },
        { place: archive, n: 2 },
      ],
    ],
    ['groupby((place))/filter(isof(place,test.library.Archive))/aggregate($count as n)', [{ n: 1 }]],
    ['groupby((place))/groupby((place))/aggregate($count as n,place with countdistinct as p)', [{ n: 3, p: 2 }]],
    ['groupby((place))/filter(place eq null)', [{ place: null }]],
  ])('%s', async (apply, expected) => {
    const found: object[] = [];
    for (let next: string | undefined = `/works?$apply=${apply}`; next !== undefined;) {
      const { status, body }: Answer = await app.get(next, { headers: { prefer: 'maxpagesize=1' } });
      expect([status, body.error?.message]).toEqual([200, undefined]);
      found.push(...body.value);
      next = body['@odata.nextLink'];
    }
    expect(found).toMatchObject(expected);
  });
});
