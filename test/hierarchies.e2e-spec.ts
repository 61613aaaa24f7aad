import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '../src/odata/protocol/json/json-value.js';
import { sales } from './models/sales.js';
import { PlainHierarchy } from './oracle/hierarchy.js';
import { example, linksTo, salesTenant } from './support/sales-data.js';
import { type Answer, TestApp } from './support/test-app.js';
import { ann } from './support/tokens.js';

/** An organization of a random hierarchy: its parents are any of those before it, so that there is no cycle. */
interface Organization {
  readonly id: string;
  readonly number: number;
  readonly parent: string | undefined;
  readonly parents: readonly string[];
}

const ids = ['a', 'b', 'c', "d'd", 'e"e', 'f', 'g', 'h'];
const organizations = fc
  .array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: ids.length })
  .map((links) =>
    links.map(([one, other, another], at): Organization => {
      // Past the end: none, or one that there is not.
      const at_ = (index: number): string[] => (index < at ? [ids[index]!] : index === 9 ? ['gone'] : []);
      const parents = [...new Set([...at_(other), ...at_(another)])];
      return { id: ids[at]!, number: 10 + at, parent: at_(one)[0], parents };
    }),
  );

describe('recursive hierarchies', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, sales);
  });
  afterAll(() => app.stop());

  const documentOf = ({ number, parent, parents }: Organization): JsonObject => ({
    Name: `N${number % 3}`,
    Place: { Number: number },
    ...(parent === undefined ? {} : { Superordinate: parent }),
    Superordinates: linksTo(parents),
  });
  const tenantOf = (all: readonly Organization[]) =>
    salesTenant(app, { SalesOrganizations: Object.fromEntries(all.map((one) => [one.id, documentOf(one)])) });
  const get = async (path: string, as: object = ann): Promise<Answer> => app.get(encodeURI(path), { as });
  const found = ({ status, body }: Answer): unknown =>
    status === 200 ? body.value.map(({ ID }: any) => ID) : [status, body.error];
  const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

  const hierarchies = {
    SalesOrgHierarchy: (all: readonly Organization[]) =>
      new PlainHierarchy(all.map(({ id, parent }) => ({ id, parents: parent === undefined ? [] : [parent] }))),
    MultiParentHierarchy: (all: readonly Organization[]) => new PlainHierarchy(all),
  };
  const about = fc.record({
    all: organizations,
    qualifier: fc.constantFrom('SalesOrgHierarchy' as const, 'MultiParentHierarchy' as const),
    /** Which of them are nodes: `$filter` on what `$root` gives. */
    isWhole: fc.boolean(),
    other: fc.constantFrom(...ids, 'gone'),
    distance: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    includesSelf: fc.boolean(),
  });

  it('[A41M-15] functions find what the hierarchy in memory has', async () => {
    await fc.assert(
      fc.asyncProperty(about, async ({ all, qualifier, isWhole, other, distance, includesSelf }) => {
        const as = await tenantOf(all);
        const nodes = isWhole ? all : all.filter(({ number }) => number % 3 !== 1);
        const plain = hierarchies[qualifier](nodes);
        const root = `$root/SalesOrganizations${isWhole ? '' : "/$filter(Name ne 'N1')"}`;
        const call = (name: string, more = ''): string =>
          `Aggregation.${name}(HierarchyNodes=${root},HierarchyQualifier='${qualifier}',Node=ID${more})`;
        const bounded = `${distance === undefined ? '' : `,MaxDistance=${distance}`}${includesSelf ? ',IncludeSelf=true' : ''}`;
        const below = { distance, includesSelf };
        const cases: readonly (readonly [
          filter: string,
          holds: (id: string, parent: string | undefined) => boolean,
        ])[] = [
          [call('isnode'), (id) => plain.isNode(id)],
          [call('isroot'), (id) => plain.isRoot(id)],
          [`not ${call('isleaf')}`, (id) => !plain.isLeaf(id)],
          [call('issibling', `,Other=${text(other)}`), (id) => plain.areSiblings(id, other)],
          [call('isdescendant', `,Ancestor=${text(other)}${bounded}`), (id) => plain.isBelow(id, other, below)],
          [call('isancestor', `,Descendant=${text(other)}${bounded}`), (id) => plain.isBelow(other, id, below)],
          [
            `${call('isdescendant', `,Ancestor=Superordinate/ID${bounded}`)} eq null`,
            (_, parent) => parent === undefined || !all.some(({ id }) => id === parent),
          ],
          [
            call('isdescendant', `,Ancestor=Superordinate/ID${bounded}`),
            (id, parent) =>
              parent !== undefined && all.some((one) => one.id === parent) && plain.isBelow(id, parent, below),
          ],
          [
            `not ${call('issibling', ',Other=Superordinate/ID')}`,
            (id, parent) =>
              parent !== undefined && all.some((one) => one.id === parent) && !plain.areSiblings(id, parent),
          ],
        ];
        for (const [filter, holds] of cases) {
          const expected = all.filter(({ id, parent }) => holds(id, parent)).map(({ id }) => id);
          const answer = await get(`/SalesOrganizations?$filter=${filter}&$orderby=ID`, as);
          expect([filter, found(answer)]).toEqual([filter, expected.toSorted()]);
        }
      }),
      { numRuns: 25 },
    );
  });

  /** Order of nodes by name, which some share, up or down, then by key. */
  const bySiblings =
    (all: readonly Organization[], order: '' | 'Name' | 'Name desc') =>
    (one: string, other: string): number => {
      const nameOf = (id: string): number => (all.find((node) => node.id === id)?.number ?? 0) % 3;
      const difference = order === '' ? 0 : (nameOf(one) - nameOf(other)) * (order === 'Name' ? 1 : -1);
      return difference === 0 ? (one < other ? -1 : 1) : difference;
    };

  const walk = fc.record({
    order: fc.constantFrom('preorder' as const, 'postorder' as const),
    siblings: fc.constantFrom('' as const, 'Name' as const, 'Name desc' as const),
    hasStart: fc.boolean(),
  });

  it('[A41M-15] ancestors, descendants and traverse give what the hierarchy in memory gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        about,
        walk,
        async ({ all, qualifier, distance, includesSelf, other }, { order, siblings, hasStart }) => {
          const as = await tenantOf(all);
          const plain = hierarchies[qualifier](all);
          const of = `$root/SalesOrganizations,${qualifier},ID`;
          const bounds = `${distance === undefined ? '' : `,${distance}`}${includesSelf ? ',keep start' : ''}`;
          const starts = all.filter(({ number }) => number % 3 === 1).map(({ id }) => id);
          const relatives = (direction: 'up' | 'down', from: readonly string[]) =>
            all
              .map(({ id }) => id)
              .filter((id) =>
                from.some((one) => plain.relatives(one, direction, distance).has(id) || (includesSelf && one === id)),
              );
          for (const [name, direction] of [
            ['ancestors', 'up'],
            ['descendants', 'down'],
          ] as const) {
            const apply = `${name}(${of},filter(Name eq 'N1')${bounds})`;
            const expected = relatives(direction, starts);
            expect([apply, found(await get(`/SalesOrganizations?$apply=${apply}&$orderby=ID`, as))]).toEqual([
              apply,
              expected,
            ]);
            const then = `${apply}/filter(ID ne ${text(other)})/aggregate($count as n)`;
            const counted = await get(`/SalesOrganizations?$apply=${then}`, as);
            expect([then, counted.body.value[0].n]).toEqual([then, expected.filter((id) => id !== other).length]);
          }
          const start = hasStart ? `,filter(Name eq 'N1')` : '';
          const by = bySiblings(all, siblings);
          const traverse = `traverse(${of},${order}${start}${siblings === '' ? '' : `,${siblings}`})`;
          const met = plain.traverse(order, by, hasStart ? starts.toSorted(by) : undefined);
          const shown = await get(`/SalesOrganizations?$apply=${traverse}&$select=ID`, as);
          const upPath = `@Aggregation.UpPath#${qualifier}`;
          const isSaid = hasStart || qualifier === 'MultiParentHierarchy';
          const told = shown.body.value?.map((one: any) => ({
            id: one.ID,
            ...(isSaid ? { upPath: one[upPath] } : {}),
          }));
          expect([traverse, told]).toEqual([
            traverse,
            met.map(({ id, upPath: up }) => (isSaid ? { id, upPath: up } : { id })),
          ]);
          // What comes after keeps the order: some of them, page by page.
          const pages: string[] = [];
          let next: string | undefined = encodeURI(
            `/SalesOrganizations?$apply=${traverse}/filter(ID ne ${text(other)})/skip(1)`,
          );
          while (next !== undefined) {
            const page: Answer = await app.get(next, { as, headers: { prefer: 'maxpagesize=3' } });
            pages.push(...page.body.value.map(({ ID }: any) => ID));
            next = page.body['@odata.nextLink'];
          }
          expect([traverse, pages]).toEqual([
            traverse,
            met
              .map(({ id }) => id)
              .filter((id) => id !== other)
              .slice(1),
          ]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('[A41M-15] rolluprecursive gives what is added up in memory', async () => {
    const sold = fc.array(
      fc.tuple(fc.constantFrom(...ids), fc.integer({ min: 1, max: 5 }), fc.constantFrom('x', 'y')),
      {
        maxLength: 8,
      },
    );
    await fc.assert(
      fc.asyncProperty(about, sold, async ({ all, qualifier, isWhole }, sales_) => {
        const as = await salesTenant(app, {
          SalesOrganizations: Object.fromEntries(all.map((one) => [one.id, documentOf(one)])),
          Sales: Object.fromEntries(
            sales_.map(([by, amount, kind], at) => [
              String(at),
              { ID: at, Amount: amount, Organization: kind, SalesOrganization: by },
            ]),
          ),
        });
        const plain = hierarchies[qualifier](all);
        const wanted = all.filter(({ number }) => isWhole || number % 3 !== 1).map(({ id }) => id);
        const of = `$root/SalesOrganizations,${qualifier},SalesOrganization/ID${isWhole ? '' : ",filter(Name ne 'N1')"}`;
        const below = (id: string) =>
          sales_
            .filter(([by]) => plain.isBelow(by, id, { includesSelf: true }))
            .map(([, amount, kind]) => ({ amount, kind }));
        const sum = (amounts: readonly { readonly amount: number }[]) =>
          amounts.length === 0 ? null : amounts.reduce((total, { amount }) => total + amount, 0);
        const rolled = `groupby((rolluprecursive(${of})),aggregate(Amount with sum as Total))`;
        const { body } = await get(`/Sales?$apply=${rolled}`, as);
        const totals = body.value.map(({ SalesOrganization, Total }: any) => [SalesOrganization.ID, Total]);
        expect([rolled, totals]).toEqual([rolled, wanted.map((id) => [id, sum(below(id))])]);
        const filtered = `groupby((Organization,rolluprecursive(${of})),filter(Amount gt 2)/aggregate($count as n))`;
        const grouped = await get(`/Sales?$apply=${filtered}/orderby(SalesOrganization/ID,Organization)`, as);
        const counts = wanted.flatMap((id) =>
          ['x', 'y'].flatMap((kind) => {
            const found = below(id).filter((one) => one.kind === kind);
            return found.length === 0 ? [] : [[id, kind, found.filter(({ amount }) => amount > 2).length]];
          }),
        );
        const told = grouped.body.value.map((one: any) => [one.SalesOrganization.ID, one.Organization, one.n]);
        expect([filtered, told]).toEqual([filtered, counts]);
      }),
      { numRuns: 20 },
    );
  });

  describe('on the data of the examples of Data Aggregation', () => {
    let as: object;
    beforeAll(async () => {
      as = await salesTenant(app, example);
    });
    const value = async (path: string) => {
      const { status, body } = await get(path, as);
      return status === 200
        ? { context: body['@odata.context'].split('#')[1], value: plain(body.value) }
        : [status, body.error];
    };
    /** Without control information. */
    const plain = (of: unknown): any =>
      JSON.parse(JSON.stringify(of, (name, inner: unknown) => (name.includes('@') ? undefined : inner)));
    const of = '$root/SalesOrganizations,SalesOrgHierarchy';

    it.each<[path: string, expected: readonly unknown[]]>([
      // 6.2.1
      [
        `SalesOrganizations?$apply=ancestors(${of},ID,filter(contains(Name,'East') or contains(Name,'Central')))&$orderby=ID`,
        ['EMEA', 'Sales', 'US'],
      ],
      [
        `SalesOrganizations?$apply=descendants(${of},ID,filter(Name eq 'US'),keep start)&$orderby=ID`,
        ['US', 'US East', 'US West'],
      ],
      [
        `Sales?$apply=ancestors(${of},SalesOrganization/ID,filter(contains(SalesOrganization/Name,'East') or contains(SalesOrganization/Name,'Central')),keep start)`,
        [4, 5, 6, 7, 8],
      ],
      // 6.2.2.1
      [
        `SalesOrganizations?$apply=descendants(${of},ID,filter(Name eq 'US'),keep start)/ancestors(${of},ID,filter(contains(Name,'East')),keep start)/traverse(${of},ID,preorder)`,
        ['US', 'US East'],
      ],
      // What it identifies is a value like another (case 3), in a collection too.
      [`Sales?$apply=descendants(${of},Organization,filter(ID eq 1))`, [2, 3]],
      [`Sales?$apply=descendants(${of},Helpers/ID,filter(ID eq 1))`, [4]],
      [`Sales?$apply=ancestors(${of},Helpers/ID,filter(ID eq 4),1,keep start)`, [1, 4]],
      [`Sales?$apply=ancestors(${of},Tags,filter(ID eq 6))`, [7, 8]],
      [`Sales?$apply=traverse(${of},Organization,postorder)`, [2, 3, 1]],
      [
        "SalesOrganizations?$apply=descendants($root/SalesOrganizations,ByNumber,Place/Number,filter(ID eq 'US'))",
        ['US East', 'US West'],
      ],
      ['Sales?$apply=descendants($root/SalesOrganizations,ByNumber,Places/Number,filter(ID eq 1))', [2]],
      // The nodes are what $root, casts and filters give; a node whose parent is none is a root.
      [
        "SalesOrganizations?$filter=Aggregation.isroot(HierarchyNodes=$root/SalesOrganizations/$filter(ID ne 'Sales'),HierarchyQualifier='SalesOrgHierarchy',Node=ID)",
        ['EMEA', 'US'],
      ],
      [
        "SalesOrganizations?$filter=Org.OData.Aggregation.V1.isnode(HierarchyNodes=$root/SalesOrganizations/test.sales.Branch/$filter(Staff gt 1),HierarchyQualifier='SalesOrgHierarchy',Node=ID)",
        ['US West'],
      ],
      [
        "Sales?$filter=Aggregation.isdescendant(HierarchyNodes=@n,HierarchyQualifier=@q,Node=SalesOrganization/ID,Ancestor=@a)&@n=$root/SalesOrganizations&@q='SalesOrgHierarchy'&@a='EMEA'",
        [6, 7, 8],
      ],
      [
        "Sales?$filter=Helpers/any(h:Aggregation.isdescendant(HierarchyNodes=$root/SalesOrganizations,HierarchyQualifier='SalesOrgHierarchy',Node=h/ID,Ancestor='Sales',MaxDistance=1))",
        [1],
      ],
    ])('%s', async (path, expected) => {
      expect(found(await get(`/${path}`, as))).toEqual(expected);
    });

    it('traverse expands the node that items are related to, where nobody says what is expanded', async () => {
      const apply = `$apply=filter(ID in (1,4))/traverse(${of},SalesOrganization/ID,preorder,Name)&$select=ID`;
      expect(await value(`/Sales?${apply}`)).toEqual({
        context: 'Sales(ID)',
        value: [
          { ID: 4, SalesOrganization: { ID: 'US East', Name: 'US East', Place: { Number: 22, City: null } } },
          { ID: 1, SalesOrganization: { ID: 'US West', Name: 'US West', Place: { Number: 21, City: null }, Staff: 5 } },
        ],
      });
      expect(await value(`/Sales?${apply}&$expand=Customer/$ref`)).toEqual({
        context: 'Sales(ID)',
        value: [
          { ID: 4, Customer: {} },
          { ID: 1, Customer: {} },
        ],
      });
    });

    it('traverse puts the node into what was aggregated', async () => {
      const node = (ID: string, Number: number) => ({ ID, Name: ID, Place: { Number, City: null } });
      const groups = 'groupby((SalesOrganization/ID),aggregate(Amount with sum as Total))';
      expect(await value(`/Sales?$apply=${groups}/traverse(${of},SalesOrganization/ID,preorder,Name desc)`)).toEqual({
        context: 'Sales(SalesOrganization(ID,Name,Place),Total)',
        value: [
          { SalesOrganization: node('US West', 21), Total: 7 },
          { SalesOrganization: node('US East', 22), Total: 12 },
          { SalesOrganization: node('EMEA Central', 31), Total: 5 },
        ],
      });
      const organizations = "groupby((ID),aggregate($count as n))/filter(contains(ID,'US'))";
      expect(
        await value(`/SalesOrganizations?$apply=${organizations}/traverse(${of},ID,postorder)/filter(Name ne 'US')`),
      ).toEqual({
        context: 'SalesOrganizations(ID,Name,Place,n)',
        value: [
          { ...node('US East', 22), n: 1 },
          { ...node('US West', 21), n: 1 },
        ],
      });
      const byName = 'groupby((Organization),aggregate($count as n))';
      expect(await value(`/Sales?$apply=${byName}/traverse(${of},Organization,preorder)`)).toEqual({
        context: 'Sales(Organization,n)',
        value: [
          { Organization: 'US', n: 1 },
          { Organization: 'US East', n: 1 },
          { Organization: 'US West', n: 1 },
        ],
      });
    });

    it('traverse is a part of concat, and of what is counted', async () => {
      const traverse = `traverse(${of},ID,preorder)`;
      const both = await value(
        `/SalesOrganizations?$apply=concat(${traverse}/top(2),aggregate($count as n))&$count=true`,
      );
      expect(both).toMatchObject({ value: [{ ID: 'Sales' }, { ID: 'EMEA' }, { n: 6 }] });
      expect((await get(`/SalesOrganizations/$count?$apply=${traverse}/skip(2)`, as)).text).toBe('4');
      expect(found(await get(`/SalesOrganizations?$apply=${traverse}&$orderby=Name desc&$top=2`, as))).toEqual([
        'US West',
        'US East',
      ]);
    });

    describe('rolluprecursive', () => {
      const node = (ID: string, Number: number, more: object = {}) => ({
        ID,
        Name: ID,
        Place: { Number, City: null },
        ...more,
      });
      const organization = {
        Sales: node('Sales', 1),
        US: node('US', 2),
        'US West': node('US West', 21),
        'US East': node('US East', 22),
        EMEA: node('EMEA', 3),
        'EMEA Central': node('EMEA Central', 31),
      };
      const at = (id: keyof typeof organization, more: object) => ({ SalesOrganization: organization[id], ...more });
      const below = (property: string, start = '') => `rolluprecursive(${of},${property}${start})`;
      const total = 'aggregate(Amount with sum as Total)';
      const only = (id: string) => `,ancestors(${of},ID,filter(ID eq '${id}'),keep start)`;

      it.each<[path: string, context: string, expected: readonly unknown[]]>([
        // 6.3: the node of case 1, with how many there are below it.
        [
          `SalesOrganizations?$apply=groupby((${below('ID')}),aggregate($count as OrgCnt)/compute(OrgCnt sub 1 as SubOrgCnt))&$select=ID,Name,SubOrgCnt`,
          'SalesOrganizations(ID,Name,SubOrgCnt)',
          [
            { ID: 'EMEA', Name: 'EMEA', SubOrgCnt: 1 },
            { ID: 'EMEA Central', Name: 'EMEA Central', SubOrgCnt: 0 },
            { ID: 'Sales', Name: 'Sales', SubOrgCnt: 5 },
            { ID: 'US', Name: 'US', SubOrgCnt: 2 },
            { ID: 'US East', Name: 'US East', SubOrgCnt: 0 },
            { ID: 'US West', Name: 'US West', SubOrgCnt: 0 },
          ],
        ],
        // Case 2, and what a node has without what is below it.
        [
          `Sales?$apply=groupby((${below('SalesOrganization/ID', `,descendants(${of},ID,filter(ID eq 'US'),keep start)`)}),compute(case(SalesOrganization eq Aggregation.rollupnode():Amount) as AmountExcl)/aggregate(Amount with sum as TotalAmountIncl,AmountExcl with sum as TotalAmountExcl))`,
          'Sales(SalesOrganization(ID,Name,Place),TotalAmountIncl,TotalAmountExcl)',
          [
            at('US', { TotalAmountIncl: 19, TotalAmountExcl: null }),
            at('US East', { TotalAmountIncl: 12, TotalAmountExcl: 12 }),
            at('US West', { TotalAmountIncl: 7, TotalAmountExcl: 7 }),
          ],
        ],
        // Actual totals, and visual ones.
        [
          `Sales?$apply=groupby((${below('SalesOrganization/ID', only('US East'))}),${total})`,
          'Sales(SalesOrganization(ID,Name,Place),Total)',
          [at('Sales', { Total: 24 }), at('US', { Total: 19 }), at('US East', { Total: 12 })],
        ],
        [
          `Sales?$apply=ancestors(${of},SalesOrganization/ID,filter(SalesOrganization/ID eq 'US East'),keep start)/groupby((${below('SalesOrganization/ID', only('US East'))}),${total})`,
          'Sales(SalesOrganization(ID,Name,Place),Total)',
          [at('Sales', { Total: 12 }), at('US', { Total: 12 }), at('US East', { Total: 12 })],
        ],
        // Case 3: a node that nothing is related to is there.
        [
          `Sales?$apply=groupby((${below('Organization', `,filter(startswith(ID,'EMEA'))`)}),${total})`,
          'Sales(Organization,Total)',
          [
            { Organization: 'EMEA', Total: null },
            { Organization: 'EMEA Central', Total: null },
          ],
        ],
        // In the order of a traversal, and of another one behind it.
        [
          `Sales?$apply=groupby((${below('SalesOrganization/ID', `,traverse(${of},ID,postorder,Name desc)`)}),${total})&$select=SalesOrganization/ID,Total`,
          'Sales(SalesOrganization/ID,Total)',
          (
            [
              ['US West', 7],
              ['US East', 12],
              ['US', 19],
              ['EMEA Central', 5],
              ['EMEA', 5],
              ['Sales', 24],
            ] as const
          ).map(([ID, Total]) => ({ SalesOrganization: { ID }, Total })),
        ],
        [
          `Sales?$apply=groupby((${below('SalesOrganization/ID')}),filter(Amount gt 2)/aggregate($count as n))/filter(n gt 0)/traverse(${of},SalesOrganization/ID,preorder)&$select=SalesOrganization/ID,n`,
          'Sales(SalesOrganization/ID,n)',
          (
            [
              ['Sales', 3],
              ['US', 3],
              ['US East', 2],
              ['US West', 1],
            ] as const
          ).map(([ID, n]) => ({ SalesOrganization: { ID }, n })),
        ],
        // With other keys there is nothing of nothing.
        [
          `Sales?$apply=groupby((Customer/Country,${below('SalesOrganization/ID', `,filter(ID in ('Sales','EMEA'))`)}),${total})&$select=Customer,SalesOrganization/ID,Total`,
          'Sales(Customer,SalesOrganization/ID,Total)',
          [
            { Customer: { Country: 'Netherlands' }, SalesOrganization: { ID: 'EMEA' }, Total: 5 },
            { Customer: { Country: 'Netherlands' }, SalesOrganization: { ID: 'Sales' }, Total: 5 },
            { Customer: { Country: 'USA' }, SalesOrganization: { ID: 'Sales' }, Total: 19 },
          ],
        ],
        [
          `Sales?$apply=groupby((${below('SalesOrganization/ID', `,filter(ID eq 'US')`)}),filter(Aggregation.rollupnode(Position=1)/Place/Number eq 2)/topcount(2,Amount)/${total})`,
          'Sales(SalesOrganization(ID,Name,Place),Total)',
          [at('US', { Total: 12 })],
        ],
      ])('[A41M-15] %s', async (path, context, expected) => {
        expect(await value(`/${path}`)).toEqual({ context, value: expected });
      });
    });

    const functions = (parameters: string): string => `$filter=Aggregation.isdescendant(${parameters})`;
    const nodes = "HierarchyNodes=$root/SalesOrganizations,HierarchyQualifier='SalesOrgHierarchy'";
    it.each<[query: string, status: number, message: string]>([
      [functions(`${nodes},Node=ID`), 400, "$filter at character 1: isdescendant needs the parameter 'Ancestor'"],
      [functions(`${nodes},Node=ID,Ancestor='US',MaxDistance=0`), 400, 'at character 139: MaxDistance is a literal'],
      [functions(`${nodes},Node=ID,Ancestor='US',IncludeSelf=1`), 400, 'IncludeSelf is true or false'],
      [functions(`${nodes},Node=ID,Ancestor=1`), 400, 'nodes are identified by Edm.String, not by Edm.Int32'],
      [functions(`${nodes},Node=ID,Ancestor='US',Nood=1`), 400, "no parameter 'Nood'"],
      [functions(`${nodes},Node=ID,Node=ID,Ancestor='US'`), 400, "'Node' stands twice"],
      [
        functions("HierarchyNodes=$root/Nothing,HierarchyQualifier='a',Node=ID,Ancestor='US'"),
        400,
        "no entity set 'Nothing'",
      ],
      [functions("HierarchyNodes=Name,HierarchyQualifier='a',Node=ID,Ancestor='US'"), 400, 'begins with $root'],
      [
        functions("HierarchyNodes=$root/SalesOrganizations,HierarchyQualifier='SalesOrg',Node=ID,Ancestor='US'"),
        400,
        "in no hierarchy 'SalesOrg'",
      ],
      [
        functions("HierarchyNodes=$root/SalesOrganizations,HierarchyQualifier=Name,Node=ID,Ancestor='US'"),
        400,
        'HierarchyQualifier is a literal',
      ],
      ['$filter=Aggregation.isnothing(Node=ID)', 400, "no function 'Aggregation.isnothing'"],
      [`$apply=descendants(${of},Place,identity)`, 400, 'nodes are identified by Edm.String'],
      [`$apply=descendants(${of},ID,aggregate($count as n))`, 400, 'aggregate does more than to leave some'],
      [`$apply=descendants(${of},ID,identity,0)`, 400, 'the distance is at least 1'],
      [`$apply=descendants(${of},Nothing,identity)`, 400, "has no property 'Nothing'"],
      [`$apply=descendants($root/SalesOrganizations,Nothing,ID,identity)`, 400, "in no hierarchy 'Nothing'"],
      [`$apply=traverse(${of},ID,inorder)`, 400, 'preorder or postorder'],
      [`$apply=traverse(${of},ID,preorder,Place)`, 400, 'is no single primitive value'],
      [`$apply=traverse(${of},Superordinates/ID,preorder)`, 501, 'a collection on the way to the nodes'],
      [`$apply=groupby((Name),descendants(${of},ID,identity))`, 501, 'descendants of each group'],
      [`$apply=groupby((rolluprecursive(${of},ID)),identity)`, 501, 'without an aggregation'],
      [`$apply=groupby((rolluprecursive(${of},ID),rolluprecursive(${of},ID)))`, 501, 'a second rolluprecursive'],
      [
        `$apply=groupby((rolluprecursive(${of},Name,aggregate($count as n))))`,
        400,
        'aggregate does more than to leave',
      ],
      ["$filter=Aggregation.rollupnode()/ID eq 'US'", 400, 'there is no such node'],
      [
        `$apply=groupby((rolluprecursive(${of},ID)),filter(Aggregation.rollupnode(Position=2)/ID eq 'US'))`,
        400,
        'there is no such node',
      ],
    ])('%s is %d: %s', async (query, status, message) => {
      const answer = await get(`/SalesOrganizations?${query}`, as);
      expect([answer.status, answer.body.error.message]).toEqual([status, expect.stringContaining(message)]);
    });

    it('is not looked at by whom the nodes are not shown', async () => {
      const query = `/Sales?$apply=descendants(${of},SalesOrganization/ID,filter(ID eq 1))`;
      const other = { ...as, oid: 'bob', sub: 'bob' };
      expect(found(await get(query, other))).toEqual([]);
    });
  });

  it('a cycle in the data ends', async () => {
    const ring = (id: string, parent: string): Organization => ({ id, number: 10, parent, parents: [parent] });
    const as = await tenantOf([
      ring('a', 'c'),
      ring('b', 'a'),
      ring('c', 'b'),
      { ...ring('d', 'gone'), parents: ['d'] },
    ]);
    for (const qualifier of ['SalesOrgHierarchy', 'MultiParentHierarchy']) {
      const of = `$root/SalesOrganizations,${qualifier},ID`;
      const call = `HierarchyNodes=$root/SalesOrganizations,HierarchyQualifier='${qualifier}',Node=ID`;
      for (const bounded of ['', ',MaxDistance=32767'])
        expect(
          found(await get(`/SalesOrganizations?$filter=Aggregation.isdescendant(${call},Ancestor='a'${bounded})`, as)),
        ).toEqual(['a', 'b', 'c']);
      expect(found(await get(`/SalesOrganizations?$apply=ancestors(${of},filter(ID eq 'b'))`, as))).toEqual([
        'a',
        'b',
        'c',
      ]);
      const traversed = await get(`/SalesOrganizations?$apply=traverse(${of},preorder,filter(ID eq 'b'))`, as);
      expect(found(traversed)).toEqual(['b', 'c', 'a']);
    }
  });
});
