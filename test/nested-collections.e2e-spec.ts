import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { catalogue } from './models/catalogue.js';
import type { JsonObject } from '../src/odata/protocol/json/json-value.js';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { sales, salesModel } from './models/sales.js';
import { example, linksTo, salesTenant } from './support/sales-data.js';
import { type Answer, TestApp } from './support/test-app.js';

/** Without control information. */
const plain = (value: unknown): any =>
  JSON.parse(JSON.stringify(value, (name, inner: unknown) => (name.includes('@') ? undefined : inner)));

describe('$apply of collections inside others', () => {
  let app: TestApp;
  let as: object;
  beforeAll(async () => {
    app = await TestApp.start({}, sales);
    as = await salesTenant(app, example);
  });
  afterAll(() => app.stop());

  const get = async (path: string, who = as): Promise<Answer> => app.get(encodeURI(path), { as: who });
  const value = async (path: string, who = as) => {
    const { status, body } = await get(path, who);
    return status === 200
      ? { context: body['@odata.context'].split('#')[1], value: plain(body.value) }
      : { status, message: body.error?.message };
  };

  const all = ['C1', 'C2', 'C3', 'C4'];
  const of = { C1: [1, 2, 3], C2: [4, 5], C3: [6, 7, 8], C4: [] } as const;
  const sale = (ID: number) => expect.objectContaining({ ID });
  const totals = { C1: 7, C2: 12, C3: 5, C4: null } as const;

  it.each<[path: string, context: unknown, expected: readonly unknown[]]>([
    [
      'Customers?$apply=join(Sales as Sale)&$select=ID&$expand=Sale($select=ID)',
      'Customers(ID,Sale(ID))',
      all.flatMap((ID) => of[ID as 'C1'].map((one) => ({ ID, Sale: { ID: one } }))),
    ],
    [
      'Customers?$apply=outerjoin(Sales as Sale)&$select=ID&$expand=Sale($select=ID)&$orderby=ID desc',
      'Customers(ID,Sale(ID))',
      all
        .toReversed()
        .flatMap((ID): object[] =>
          ID === 'C4' ? [{ ID, Sale: null }] : of[ID as 'C1'].map((one) => ({ ID, Sale: { ID: one } })),
        ),
    ],
    // A reference is not shown where nobody asks for it; its context URL says nothing of it.
    [
      "Customers?$apply=filter(ID eq 'C2')/join(Sales as Sale)&$select=ID",
      'Customers(ID)',
      [{ ID: 'C2' }, { ID: 'C2' }],
    ],
    [
      'Customers?$apply=join(Sales as Sale,filter(Amount ge 4)/orderby(Amount desc))/groupby((Country,Sale/Amount),aggregate($count as n))',
      'Customers(Country,Sale(Amount),n)',
      [
        { Country: 'USA', Sale: { Amount: 4 }, n: 2 },
        { Country: 'USA', Sale: { Amount: 8 }, n: 1 },
      ],
    ],
    [
      'Customers?$apply=outerjoin(Sales as Sale,topcount(1,Amount))&$select=ID&$expand=Sale($select=ID,Amount)',
      'Customers(ID,Sale(ID,Amount))',
      [
        { ID: 'C1', Sale: { ID: 3, Amount: 4 } },
        { ID: 'C2', Sale: { ID: 4, Amount: 8 } },
        { ID: 'C3', Sale: { ID: 6, Amount: 2 } },
        { ID: 'C4', Sale: null },
      ],
    ],
    // What is aggregated of nothing is something.
    [
      'Customers?$apply=join(Sales as S,aggregate(Amount with sum as Total))&$select=ID,S',
      'Customers(ID,S)',
      all.map((ID) => ({ ID, S: { Total: totals[ID as 'C1'] } })),
    ],
    [
      'Customers?$apply=join(Sales as S,filter(Amount gt 4)/aggregate(Amount with sum as Total,$count as n))/filter(S/n gt 0)/compute(S/Total mul 2 as T)&$select=ID,T',
      'Customers(ID,T)',
      [{ ID: 'C2', T: 16 }],
    ],
    [
      'Sales?$apply=join(Places as P)/filter(P/Number gt 2)&$select=ID,P',
      'Sales(ID,P)',
      [
        { ID: 1, P: { Number: 3, City: 'b' } },
        { ID: 2, P: { Number: 22, City: null } },
      ],
    ],
    [
      'Sales?$apply=join(Places as P,orderby(Number desc)/top(1))/aggregate(P/Number with sum as s)',
      'Sales(s)',
      [{ s: 25 }],
    ],
    // What is added to one value is one.
    [
      "SalesOrganizations?$apply=addnested(Place,compute(Number mul 2 as D) as P,identity as Q)/filter(ID eq 'US')&$select=ID,P,Q",
      'SalesOrganizations(ID,P,Q)',
      [{ ID: 'US', P: { Number: 2, City: null, D: 4 }, Q: { Number: 2, City: null } }],
    ],
    [
      'Sales?$apply=addnested(Customer,compute(length(Name) as L) as C)/filter(C/L eq 3 and ID ge 6)/groupby((C/Name))',
      'Sales(C(Name))',
      [{ C: { Name: 'Sue' } }],
    ],
    [
      'SalesOrganizations?$apply=addnested(Superordinate,identity as S)/filter(S/ID eq null)&$select=ID,S',
      'SalesOrganizations(ID,S)',
      [{ ID: 'Sales', S: null }],
    ],
    // 3.5.2 of each group, those that have lost their items too.
    [
      'Customers?$apply=groupby((Country),nest(groupby((Name)) as Names,aggregate($count as n) as Counts))',
      'Customers(Country,Names(Name),Counts(n))',
      [
        { Country: 'France', Names: [{ Name: 'Luc' }], Counts: [{ n: 1 }] },
        { Country: 'Netherlands', Names: [{ Name: 'Sue' }], Counts: [{ n: 1 }] },
        { Country: 'USA', Names: [{ Name: 'Joe' }, { Name: 'Sue' }], Counts: [{ n: 2 }] },
      ],
    ],
    [
      "Customers?$apply=groupby((Country),filter(ID le 'C2')/nest(orderby(ID desc)/groupby((ID)) as All,aggregate($count as n) as Counts))/filter(Counts/$count eq 1)",
      'Customers(Country,All(ID),Counts(n))',
      [
        { Country: 'France', All: [], Counts: [{ n: 0 }] },
        { Country: 'Netherlands', All: [], Counts: [{ n: 0 }] },
        { Country: 'USA', All: [{ ID: 'C1' }, { ID: 'C2' }], Counts: [{ n: 2 }] },
      ],
    ],
    // 3.2.1.5: each value is aggregated by itself.
    [
      'Sales?$apply=aggregate(Amount with sum as total,Amount with sum from Customer/ID with max as best)',
      'Sales(total,best)',
      [{ total: 24, best: 12 }],
    ],
    [
      'Sales?$apply=groupby((SalesOrganization/ID),aggregate(Amount with sum from Customer/ID with max as best,Amount with max as most,$count as n))/filter(n gt 2)',
      'Sales(SalesOrganization(ID),best,most,n)',
      [
        { SalesOrganization: { ID: 'EMEA Central' }, best: 5, most: 2, n: 3 },
        { SalesOrganization: { ID: 'US West' }, best: 7, most: 4, n: 3 },
      ],
    ],
    [
      'Customers?$apply=addnested(Sales,filter(Amount gt 3) as FilteredSales)&$select=ID,FilteredSales',
      'Customers(ID,FilteredSales)',
      [
        { ID: 'C1', FilteredSales: [sale(3)] },
        { ID: 'C2', FilteredSales: [sale(4), sale(5)] },
        { ID: 'C3', FilteredSales: [] },
        { ID: 'C4', FilteredSales: [] },
      ],
    ],
    [
      'Customers?$apply=addnested(Sales,aggregate($count as n) as Count,groupby((SalesOrganization/ID),aggregate(Amount with sum as T)) as By)&$select=ID,Count,By',
      'Customers(ID,Count,By)',
      [
        { ID: 'C1', Count: [{ n: 3 }], By: [{ SalesOrganization: { ID: 'US West' }, T: 7 }] },
        { ID: 'C2', Count: [{ n: 2 }], By: [{ SalesOrganization: { ID: 'US East' }, T: 12 }] },
        { ID: 'C3', Count: [{ n: 3 }], By: [{ SalesOrganization: { ID: 'EMEA Central' }, T: 5 }] },
        { ID: 'C4', Count: [{ n: 0 }], By: [] },
      ],
    ],
    [
      "Customers?$apply=addnested(Sales,addnested(Places,filter(Number gt 2) as P)/filter(ID le 2) as S)/filter(ID eq 'C1')&$select=S",
      'Customers(S)',
      [
        {
          S: [
            expect.objectContaining({ ID: 1, P: [{ Number: 3, City: 'b' }] }),
            expect.objectContaining({ ID: 2, P: [{ Number: 22, City: null }] }),
          ],
        },
      ],
    ],
    [
      'Sales?$apply=nest(groupby((Customer/ID)) as Customers)',
      'Sales(Customers(Customer(ID)))',
      [{ Customers: ['C1', 'C2', 'C3'].map((ID) => ({ Customer: { ID } })) }],
    ],
    [
      'Sales?$apply=filter(ID lt 3)/nest(identity as All,aggregate(Amount with sum as Total) as Sum,filter(ID eq 9) as None)',
      expect.stringMatching(/^Sales\(All\(ID,.*\),Sum\(Total\),None\(ID,.*\)\)$/),
      [{ All: [sale(1), sale(2)], Sum: [{ Total: 3 }], None: [] }],
    ],
    [
      'Customers?$apply=concat(join(Sales as Sale)/aggregate($count as n),nest(groupby((Country)) as Countries))',
      'Customers(@Core.AnyStructure)',
      [{ n: 8 }, { Countries: [{ Country: 'France' }, { Country: 'Netherlands' }, { Country: 'USA' }] }],
    ],
    [
      'Customers?$apply=groupby((Country),join(Sales as Sale)/aggregate(Sale/Amount with sum as Total))',
      'Customers(Country,Total)',
      [
        { Country: 'France', Total: null },
        { Country: 'Netherlands', Total: 5 },
        { Country: 'USA', Total: 19 },
      ],
    ],
  ])('[A41M-15] %s', async (path, context, expected) => {
    expect(await value(`/${path}`)).toEqual({ context, value: expected });
  });

  it('what is joined is paged and counted like any other list', async () => {
    const found: unknown[] = [];
    let next: string | undefined = '/Customers?$apply=outerjoin(Sales%20as%20Sale)&$select=ID&$expand=Sale($select=ID)';
    while (next !== undefined) {
      const { body }: Answer = await app.get(next, { as, headers: { prefer: 'maxpagesize=4' } });
      found.push(...body.value.map(({ ID, Sale }: any) => `${ID}${Sale?.ID ?? ''}`));
      next = body['@odata.nextLink'];
    }
    expect(found).toEqual(['C11', 'C12', 'C13', 'C24', 'C25', 'C36', 'C37', 'C38', 'C4']);
    expect((await get('/Customers/$count?$apply=join(Sales as Sale)')).text).toBe('8');
  });

  it('what is joined is an entity with its tag, and has its own', async () => {
    const { body } = await get("/Customers?$apply=filter(ID eq 'C2')/join(Sales as Sale)&$expand=Sale&$top=1");
    expect(body.value[0]).toMatchObject({ ID: 'C2', '@odata.etag': expect.any(String), Sale: { ID: 4 } });
    expect(body.value[0].Sale['@odata.etag']).toMatch(/^W\//);
  });

  interface Random {
    readonly amounts: readonly (readonly number[])[];
    readonly least: number;
    readonly top: number;
  }
  const random = fc.record({
    amounts: fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }), { minLength: 1, maxLength: 4 }),
    least: fc.integer({ min: 0, max: 5 }),
    top: fc.integer({ min: 1, max: 3 }),
  });
  /** Sequences, and what each makes of the numbered amounts of one customer. */
  const sequences: readonly (readonly [
    apply: (random: Random) => string,
    make: (items: readonly { ID: number; Amount: number }[], random: Random) => readonly object[],
  ])[] = [
    [() => 'identity', (items) => items],
    [({ least }) => `filter(Amount ge ${least})`, (items, { least }) => items.filter(({ Amount }) => Amount >= least)],
    [
      ({ least, top }) => `filter(Amount ge ${least})/orderby(Amount desc)/top(${top})`,
      (items, { least, top }) =>
        items
          .filter(({ Amount }) => Amount >= least)
          .toSorted((a, b) => b.Amount - a.Amount)
          .slice(0, top),
    ],
    [
      ({ least }) => `filter(Amount ge ${least})/aggregate($count as n,Amount with max as m)`,
      (items, { least }) => {
        const kept = items.map(({ Amount }) => Amount).filter((amount) => amount >= least);
        return [{ n: kept.length, m: kept.length === 0 ? null : Math.max(...kept) }];
      },
    ],
    [
      ({ least }) => `compute(Amount mul 2 as D)/groupby((D),aggregate($count as n))/filter(D ge ${least})`,
      (items, { least }) =>
        [...new Set(items.map(({ Amount }) => Amount * 2))]
          .filter((d) => d >= least)
          .toSorted((a, b) => a - b)
          .map((D) => ({ D, n: items.filter(({ Amount }) => Amount * 2 === D).length })),
    ],
  ];

  it('[A41M-15] gives what is put together in memory', async () => {
    await fc.assert(
      fc.asyncProperty(random, async (one) => {
        let number = 0;
        const customers = one.amounts.map((amounts, at) => ({
          ID: `c${at}`,
          items: amounts.map((Amount) => ({ ID: ++number, Amount })),
        }));
        const items = customers.flatMap((customer) => customer.items);
        const who = await salesTenant(app, {
          Customers: Object.fromEntries(
            customers.map(({ ID, items: own }) => [ID, { Sales: linksTo(own.map((item) => String(item.ID))) }]),
          ),
          Sales: Object.fromEntries(items.map(({ ID, Amount }) => [String(ID), { ID, Amount }])),
        });
        const shown = (made: readonly object[]) => made.map((item) => expect.objectContaining(item));
        for (const [apply, make] of sequences) {
          const text = apply(one);
          const nested = await value(`/Customers?$apply=addnested(Sales,${text} as S)&$select=ID,S`, who);
          expect([text, nested]).toMatchObject([
            text,
            { value: customers.map((customer) => ({ ID: customer.ID, S: shown(make(customer.items, one)) })) },
          ]);
          const isEntity = !/aggregate|groupby/.test(text);
          const expand = isEntity ? '&$select=ID&$expand=S' : '&$select=ID,S';
          for (const kind of ['join', 'outerjoin']) {
            const joined = await value(`/Customers?$apply=${kind}(Sales as S,${text})${expand}`, who);
            const expected = customers.flatMap(({ ID, items: own }): object[] => {
              const made = make(own, one);
              if (made.length === 0) return kind === 'join' ? [] : [{ ID, S: null }];
              return made.map((S) => ({ ID, S: expect.objectContaining(S) }));
            });
            expect([kind, text, joined]).toMatchObject([kind, text, { value: expected }]);
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  const hierarchy = '$root/SalesOrganizations,SalesOrgHierarchy';
  it.each<[what: string, url: string, nameOf: (row: any) => string]>([
    ['join', 'Customers?$apply=join(Sales as S)&$select=ID&$expand=S', ({ ID, S }) => `${ID} ${S.ID}`],
    [
      'outerjoin of groups',
      'Customers?$apply=outerjoin(Sales as S,groupby((Amount)))&$select=ID,S',
      ({ ID, S }) => `${ID} ${S?.Amount}`,
    ],
    ['traverse', `SalesOrganizations?$apply=traverse(${hierarchy},ID,preorder)`, ({ ID }) => ID],
    ['traverse, postorder', `SalesOrganizations?$apply=traverse(${hierarchy},ID,postorder)`, ({ ID }) => ID],
    [
      'rolluprecursive',
      `Sales?$apply=groupby((rolluprecursive(${hierarchy},SalesOrganization/ID)),aggregate($count as n))`,
      ({ SalesOrganization, n }) => `${SalesOrganization.ID} ${n}`,
    ],
  ])(
    '[A41M-15] a page of %s goes on where the last one ended, whoever has come or gone',
    async (_what, url, nameOf) => {
      const who = await salesTenant(app, example);
      const prefer = { as: who, headers: { prefer: 'maxpagesize=2' } };
      const rest = async (first: Answer): Promise<string[]> => {
        const found = first.body.value.map(nameOf);
        for (let next = first.body['@odata.nextLink']; next !== undefined;) {
          const { body }: Answer = await app.get(next, prefer);
          found.push(...body.value.map(nameOf));
          next = body['@odata.nextLink'];
        }
        return found;
      };
      const first = await app.get(encodeURI(`/${url}`), prefer);
      const whole = await rest(first);
      expect(whole.length).toBeGreaterThan(4);
      const sets = salesModel.entitySets;
      const insert = (name: string, id: string, document: JsonObject) =>
        app.store.insert({ set: aggregateSet(sets.get(name)!), tenant: (who as any).tid, owner: 'ann', id, document });
      // They come before all others.
      for (const id of ['A1', 'A2', 'A3']) await insert('SalesOrganizations', id, { Name: id });
      await insert('Customers', 'A', { Sales: linksTo(['1', '2', '3']) });
      expect(await rest(first)).toEqual(whole);
      expect((await rest(await app.get(encodeURI(`/${url}`), prefer))).length).toBeGreaterThan(whole.length);
    },
  );

  it('of values of open types has what they have, and nothing else', async () => {
    const other = await TestApp.start({}, catalogue);
    const contact = { '@odata.type': '#test.catalogue.Phone', about: 'home', number: '1', colour: 'red' };
    await other.post('/customers', { id: 'a', contacts: [contact] });
    for (const [apply, at] of [
      ['join(contacts as c)', ({ c }: any) => c],
      ['addnested(contacts,filter(true) as c)', ({ c }: any) => c[0]],
    ] as const) {
      const { body } = await other.get(encodeURI(`/customers?$apply=${apply}&$select=c`));
      expect([apply, plain(at(body.value[0]))]).toEqual([apply, { about: 'home', number: '1', colour: 'red' }]);
    }
    await other.stop();
  });

  it.each<[query: string, status: number, message: string]>([
    ['$apply=join(Name as n)', 400, 'Edm.String is no collection of structured values'],
    ['$apply=join(Sales as Name)', 400, "the name 'Name' is taken"],
    ['$apply=join(Nothing as n)', 400, "has no property 'Nothing'"],
    ['$apply=join(Sales as S,filter(Nothing eq 1))', 400, "has no property 'Nothing'"],
    ['$apply=addnested(Sales,identity as a,identity as a)', 400, "the name 'a' is taken"],
    ['$apply=nest(identity as Name)', 400, "the name 'Name' is taken"],
    ['$apply=nest(identity as a)/filter(ID eq 1)', 400, "has no property 'ID'"],
    ['$apply=join(@test.sales.a as a)', 400, 'no collection of structured values'],
    ['$apply=addnested(Sales/Customer,identity as a)', 501, 'a collection that is not a property of the item itself'],
    ['$apply=groupby((Country),nest(identity as Country))', 400, "the name 'Country' is taken"],
    ['$apply=addnested(Name,identity as a)', 400, 'Edm.String is no collection of structured values'],
    [
      '$apply=addnested(Sales,concat(identity,aggregate($count as n)) as a)',
      501,
      'several structures inside of another',
    ],
  ])('%s is %d: %s', async (query, status, message) => {
    const answer = await get(`/Customers?${query}`);
    expect([answer.status, answer.body.error.message]).toEqual([status, expect.stringContaining(message)]);
  });
});
