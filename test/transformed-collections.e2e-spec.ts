import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { library } from './models/library.js';
import { sales } from './models/sales.js';
import { example, salesTenant } from './support/sales-data.js';
import { type Answer, TestApp } from './support/test-app.js';

type Row = Readonly<Record<string, unknown>>;

/** A transformation, and what it does to rows: written once more, as plainly as can be. */
interface Step {
  readonly text: string;
  readonly of: (rows: readonly Row[]) => readonly Row[];
}

/** Null comes first, whatever else there is. */
const compare = (one: unknown, other: unknown): number => {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  return one === other ? 0 : (one as number) < (other as number) ? -1 : 1;
};
const numbersOf = (rows: readonly Row[], name: string): number[] =>
  rows.map((row) => row[name] as number | null).filter((value) => value !== null);
const sum = (numbers: readonly number[]): number | null =>
  numbers.length === 0 ? null : numbers.reduce((all, one) => all + one, 0);
const ranked = (rows: readonly Row[], name: string, count: number): readonly Row[] => {
  const kept = rows
    .map((row, place) => ({ row, place }))
    .filter(({ row }) => row[name] !== null)
    .sort((a, b) => compare(b.row[name], a.row[name]) || a.place - b.place)
    .slice(0, count)
    .map(({ row }) => row);
  return rows.filter((row) => kept.includes(row));
};

/** Steps that leave items as they are, and those that end a sequence, about a text and a number of items. */
function stepsOn(text: string, number: string) {
  const small = fc.integer({ min: 0, max: 4 });
  const keeping = fc.oneof(
    small.map((least): Step => ({
      text: `filter(${number} ge ${least})`,
      of: (rows) => rows.filter((row) => row[number] !== null && (row[number] as number) >= least),
    })),
    small.map((count): Step => ({ text: `top(${count})`, of: (rows) => rows.slice(0, count) })),
    small.map((count): Step => ({ text: `skip(${count})`, of: (rows) => rows.slice(count) })),
    fc.boolean().map((descending): Step => ({
      text: `orderby(${number}${descending ? ' desc' : ''})`,
      of: (rows) =>
        rows
          .map((row, place) => ({ row, place }))
          .sort((a, b) => (descending ? -1 : 1) * compare(a.row[number], b.row[number]) || a.place - b.place)
          .map(({ row }) => row),
    })),
    small.map((count): Step => ({
      text: `topcount(${count + 1},${number})`,
      of: (rows) => ranked(rows, number, count + 1),
    })),
  );
  const identity: Step = { text: 'identity', of: (rows) => rows };
  const ending = fc.constantFrom<Step>(
    identity,
    {
      text: `aggregate(${number} with sum as s,$count as c)`,
      of: (rows) => [{ s: sum(numbersOf(rows, number)), c: rows.length }],
    },
    {
      text: `groupby((${text}),aggregate(${number} with max as m,$count as c))`,
      of: (rows) =>
        [...new Set(rows.map((row) => row[text]))].sort(compare).map((key) => {
          const group = rows.filter((row) => row[text] === key);
          const numbers = numbersOf(group, number);
          return { [text]: key, m: numbers.length === 0 ? null : Math.max(...numbers), c: group.length };
        }),
    },
    {
      text: `compute(${number} mul 2 as d)`,
      of: (rows) => rows.map((row) => ({ ...row, d: row[number] === null ? null : (row[number] as number) * 2 })),
    },
    {
      text: `groupby((${text}),top(1))`,
      of: (rows) => rows.filter((row, at) => rows.findIndex((one) => one[text] === row[text]) === at),
    },
    {
      text: `filter(${number} gt $these/aggregate(${number} with min))`,
      of: (rows) => {
        const least = Math.min(...numbersOf(rows, number));
        return rows.filter((row) => row[number] !== null && (row[number] as number) > least);
      },
    },
    { text: 'concat(aggregate($count as c),top(1))', of: (rows) => [{ c: rows.length }, ...rows.slice(0, 1)] },
  );
  return fc.tuple(fc.array(keeping, { maxLength: 2 }), ending).map(([first, last]): Step => {
    const all = [...first, last];
    return {
      text: all.map((step) => step.text).join('/'),
      of: (rows) => all.reduce((left, step) => step.of(left), rows),
    };
  });
}

/** Values without control information, and without what was not looked at. */
const plain = (value: readonly Row[]): readonly Row[] =>
  value.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !/[@#]/.test(name))));

const chapter = (number: number, title: string | null, pages: number | null): Row => ({ number, title, pages });
const place = (city: string | null, floor: number | null): Row => ({ city, floor });
const author = (id: string, name: string | null, born: string | null = null): Row => ({ id, name, born });

const authors = [author('x', 'Ada'), author('y', 'Grace'), author('z', 'Ada')];
const works = [
  {
    code: 'a',
    chapters: [
      chapter(1, 'A', 3),
      chapter(2, 'B', 1),
      chapter(10, 'A', 3),
      chapter(11, null, null),
      chapter(12, 'C', 2),
    ],
    places: [place('X', 1), place('X', 4), place(null, 2), place('Y', null)],
    numbers: [3, 1, 2, 3],
    writers: ['x', 'y', 'z'],
  },
  { code: 'b', chapters: [], places: [place('Y', 2)], numbers: [], writers: [] },
  { code: 'c', chapters: [chapter(5, 'B', 4)], places: [], numbers: [9], writers: ['z'] },
];

/** Data Aggregation 3 and 3.8: `$apply` of collections inside of something. */
describe('$apply of a collection inside an entity', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ PAGE_SIZE: '2' }, library);
    for (const one of authors) expect((await app.post('/authors', one)).status).toBe(201);
    for (const { writers, ...work } of works) {
      const links = writers.map((id) => ({ '@id': `authors('${id}')` }));
      const { status } = await app.post('/works', { ...work, writers: links });
      expect(status).toBe(201);
    }
  });
  afterAll(() => app.stop());

  const ask = async (path: string): Promise<Answer> => {
    const answer = await app.get(encodeURI(path));
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer;
  };
  /** The works on every page, by their codes. */
  const walk = async (query: string): Promise<Map<string, any>> => {
    const found = new Map<string, any>();
    for (let next: string | undefined = `/works?${query}`; next !== undefined;) {
      const { body }: Answer = await ask(decodeURI(next));
      for (const work of body.value) found.set(work.code, work);
      next = body['@odata.nextLink'];
    }
    return found;
  };

  const collections = {
    chapters: { steps: stepsOn('title', 'pages'), option: 'expand', rows: (at: number) => works[at]!.chapters },
    places: { steps: stepsOn('city', 'floor'), option: 'select', rows: (at: number) => works[at]!.places },
  } as const;

  it.each(['chapters', 'places'] as const)('of %s gives what plain arrays give, wherever it is asked', async (name) => {
    const { steps, option, rows } = collections[name];
    const named: readonly string[] = name === 'chapters' ? ['number', 'title', 'pages'] : ['city', 'floor'];
    const seen = (value: readonly Row[]) =>
      plain(value).map((row) =>
        Object.fromEntries(Object.entries(row).filter(([one]) => named.includes(one) || !one.includes('words'))),
      );
    await fc.assert(
      fc.asyncProperty(steps, async ({ text, of }) => {
        const inside = await walk(`$select=code${option === 'select' ? ',' : '&$expand='}${name}($apply=${text})`);
        for (const [at, { code }] of works.entries()) {
          const expected = of(rows(at));
          expect([code, seen(inside.get(code)[name])]).toEqual([code, expected]);
          const alone = await ask(`/works('${code}')/${name}?$apply=${text}`);
          expect(seen(alone.body.value)).toEqual(expected);
          expect((await ask(`/works('${code}')/${name}/$count?$apply=${text}`)).text).toBe(`${expected.length}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  it.each<[query: string, expected: unknown]>([
    ["works('a')/numbers?$apply=aggregate($count as n)", [{ n: 4 }]],
    ["works('b')/numbers?$apply=aggregate($count as n,$this with sum as s)", [{ n: 0, s: null }]],
    ["works('a')/numbers?$apply=aggregate($this with sum as s,$this with countdistinct as d)", [{ s: 9, d: 3 }]],
    ["works('a')/numbers?$apply=filter($this ge 2)/orderby($this desc)/top(2)", [3, 3]],
    ["works('a')/numbers?$apply=topcount(2,$this)&$filter=$this gt 1&$orderby=$this", [3, 3]],
    ["works('a')/numbers?$apply=concat(top(1),skip(3))&$count=true&$skip=1", [3]],
    ["works('a')/numbers?$apply=filter($this lt $these/aggregate($this with average))", [1, 2]],
    [
      "works('a')/writers?$apply=groupby((name),aggregate($count as n))",
      [
        { name: 'Ada', n: 2 },
        { name: 'Grace', n: 1 },
      ],
    ],
    ["works('a')/writers?$apply=filter(name eq 'Ada')&$orderby=id desc", [authors[2], authors[0]]],
    ["works('a')/chapters/$filter(pages gt 1)?$apply=aggregate(pages with sum as s)", [{ s: 8 }]],
    [
      "works('a')/chapters?$apply=groupby((title),aggregate($count as n))&$filter=n gt 1&$select=title",
      [{ title: 'A' }],
    ],
    ["works('a')/chapters?$apply=aggregate($count as n)&$compute=n mul 3 as m", [{ n: 5, m: 15 }]],
    [
      "works('a')/places?$apply=nest(groupby((city)) as cities)",
      [{ cities: [{ city: null }, { city: 'X' }, { city: 'Y' }] }],
    ],
  ])('%s', async (query, expected) => {
    const { body } = await ask(`/${query}`);
    const values = body.value.map((one: unknown) => (typeof one === 'object' ? plain([one as Row])[0] : one));
    expect(values).toEqual(expected);
  });

  it('of values is an option of $select, too', async () => {
    const { body } = await ask(
      '/works?$select=code,numbers($apply=aggregate($this with sum as s);$compute=s mul 2 as d)&$top=2',
    );
    expect(body.value.map(({ code, numbers }: any) => [code, plain(numbers)])).toEqual([
      ['a', [{ s: 9, d: 18 }]],
      ['b', [{ s: null, d: null }]],
    ]);
    const kept = await ask("/works('a')?$select=numbers($apply=filter($this gt 1)/topcount(2,$this);$count=true)");
    expect([kept.body.numbers, kept.body['numbers@odata.count']]).toEqual([[3, 3], 2]);
  });

  it('says in context URLs what was made', async () => {
    const contextOf = async (path: string): Promise<string> =>
      (await ask(path)).body['@odata.context'].slice(`${app.root}/$metadata#`.length);
    expect(await contextOf("/works('a')/chapters?$apply=groupby((title),aggregate($count as n))")).toBe(
      "works('a')/chapters(title,n)",
    );
    expect(await contextOf("/works('a')/chapters?$apply=filter(pages gt 1)")).toBe("works('a')/chapters");
    expect(await contextOf("/works('a')/chapters?$apply=compute(pages mul 2 as d)")).toBe("works('a')/chapters(*,d)");
    expect(await contextOf("/works('a')/numbers?$apply=aggregate($count as n)")).toBe("works('a')/numbers(n)");
    expect(await contextOf('/works?$expand=chapters($apply=aggregate($count as n))')).toBe('works(chapters(n))');
    expect(await contextOf('/works?$select=places($apply=aggregate($count as n))')).toBe('works(places/n)');
  });

  it('gives entities as entities, with what was added to them', async () => {
    const { body } = await ask("/works('a')?$expand=chapters($apply=filter(pages eq 1)/compute(pages add 1 as more))");
    const [one] = body.chapters;
    expect(one).toMatchObject({ number: 2, pages: 1, more: 2, '@odata.type': '#test.library.Chapter' });
    expect(one['@odata.etag']).toMatch(/^W\//);
    const full = await app.get(encodeURI("/works('a')/chapters?$apply=topcount(1,number)"), {
      headers: { accept: 'application/json;odata.metadata=full' },
    });
    expect(full.body.value[0]['@odata.id']).toBe(`${app.root}/works('a')/chapters(12)`);
  });

  it('is asked inside of what $apply gives, at every depth, and $it is what it is inside of', async () => {
    const nested = await ask(
      "/works?$apply=filter(code ne 'b')&$expand=chapters($apply=aggregate(pages with sum as s))",
    );
    expect(nested.body.value.map(({ chapters }: any) => chapters[0].s)).toEqual([9, 4]);
    const deep = await ask(
      "/works('a')?$expand=writers($expand=works($apply=aggregate($count as n));$orderby=id;$select=id)",
    );
    expect(deep.body.writers.map((one: any) => [one.id, one.works[0].n])).toEqual([
      ['x', 0],
      ['y', 0],
      ['z', 0],
    ]);
    const outer = await ask("/works?$expand=chapters($apply=filter($it/code eq 'a')/aggregate($count as n))&$top=3");
    expect(outer.body.value.map(({ chapters }: any) => chapters[0].n)).toEqual([5, 0]);
  });

  it.each<[path: string, status: number]>([
    ["/works('a')/place?$apply=identity", 400],
    ["/works('a')/title?$apply=identity", 400],
    ['/works?$expand=writer($apply=identity)', 400],
    ['/works?$select=place($apply=identity)', 400],
    ['/works?$expand=chapters/$count($apply=identity)', 400],
    ['/works?$expand=chapters/$ref($apply=identity)', 400],
    ['/works?$expand=chapters($apply=aggregate($count as n);$filter=pages gt 1)', 400],
    ["/works('a')/chapters?$apply=groupby((nothing))", 400],
    ["/works('a')/numbers?$apply=groupby((nothing))", 400],
    ["/works('a')/numbers?$apply=compute(1 as one)", 400],
    ["/works('a')/numbers?$apply=concat(identity,aggregate($count as n))", 400],
    ["/works('a')/numbers?$apply=join(x as y)", 400],
    ["/works('q')/chapters?$apply=aggregate($count as n)", 404],
  ])('%s is %d', async (path, status) => {
    const answer = await app.get(encodeURI(path));
    expect([answer.status, answer.body.error?.message]).toEqual([status, expect.any(String)]);
  });
});

describe('$apply as an option of $expand', () => {
  it('is what the specification has as its example', async () => {
    const app = await TestApp.start({}, sales);
    const as = await salesTenant(app, example);
    const get = async (path: string) => (await app.get(encodeURI(path), { as })).body;
    const body = await get('/Customers?$expand=Sales($apply=aggregate(Amount with sum as Total))&$select=ID');
    expect(body['@odata.context']).toBe(`${app.root}/$metadata#Customers(ID,Sales(Total))`);
    expect(body.value.map(({ ID, Sales }: any) => [ID, Sales.map(({ Total }: any) => Total)])).toEqual([
      ['C1', [7]],
      ['C2', [12]],
      ['C3', [5]],
      ['C4', [null]],
    ]);
    const byOrganization = 'groupby((SalesOrganization/Name),aggregate(Amount with sum as Total))';
    const grouped = await get(`/Customers('C3')/Sales?$apply=${byOrganization}`);
    expect(grouped.value).toMatchObject([{ SalesOrganization: { Name: 'EMEA Central' }, Total: 5 }]);
    const related = '$root/SalesOrganizations,SalesOrgHierarchy,SalesOrganization/ID';
    const rolled = await get(
      `/Customers('C1')/Sales?$apply=groupby((rolluprecursive(${related})),aggregate(Amount with sum as Total))&$filter=Total gt 0`,
    );
    expect(rolled.value.map((one: any) => [one.SalesOrganization.ID, one.Total])).toEqual([
      ['Sales', 7],
      ['US', 7],
      ['US West', 7],
    ]);
    await app.stop();
  });
});
