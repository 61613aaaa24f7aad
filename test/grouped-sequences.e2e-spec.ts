import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

interface Work {
  readonly code: string;
  readonly title?: string;
  readonly size?: string;
  readonly loans?: number;
}

const works: readonly Work[] = fc
  .sample(
    fc.record({
      title: fc.constantFrom('a', 'b', 'c', undefined),
      size: fc.constantFrom('Small', 'Large', undefined),
      loans: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined, freq: 5 }),
    }),
    { numRuns: 24, seed: 7 },
  )
  .map((work, index) => ({ code: String.fromCharCode(97 + index), ...work }) as Work);

/** A step of a sequence: its text, and what it leaves of the items of a group. */
interface Step {
  readonly text: string;
  readonly apply: (items: readonly Work[]) => readonly Work[];
}
const loansOf = ({ loans }: Work): number => loans ?? -Infinity;
/** The greatest, and those before the others that come first where they are equal; in the order of what there was. */
function topCount(items: readonly Work[], count: number): readonly Work[] {
  const known = items.filter(({ loans }) => loans !== undefined);
  const best = known
    .map((item, place) => ({ item, place }))
    .sort((a, b) => loansOf(b.item) - loansOf(a.item) || a.place - b.place)
    .slice(0, count)
    .map(({ item }) => item);
  return items.filter((item) => best.includes(item));
}
const count = fc.integer({ min: 1, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 0, max: 9 }).map((least) => ({
    text: `filter(loans gt ${least})`,
    apply: (items: readonly Work[]) => items.filter((item) => loansOf(item) > least),
  })),
  count.map((n) => ({ text: `topcount(${n},loans)`, apply: (items: readonly Work[]) => topCount(items, n) })),
  count.map((n) => ({ text: `top(${n})`, apply: (items: readonly Work[]) => items.slice(0, n) })),
  count.map((n) => ({ text: `skip(${n})`, apply: (items: readonly Work[]) => items.slice(n) })),
  fc.constant({
    text: 'orderby(loans desc)',
    apply: (items: readonly Work[]) =>
      items
        .map((item, place) => ({ item, place }))
        .sort((a, b) => (loansOf(a.item) === loansOf(b.item) ? a.place - b.place : loansOf(b.item) - loansOf(a.item)))
        .map(({ item }) => item),
  }),
  fc.constant({ text: 'identity', apply: (items: readonly Work[]) => items }),
);

function groupsOf(items: readonly Work[], keys: readonly (keyof Work)[]): readonly (readonly Work[])[] {
  const groups = Map.groupBy(items, (item) => JSON.stringify(keys.map((key) => item[key] ?? null)));
  return [...groups.values()];
}
const byText = (rows: readonly unknown[]): readonly string[] => rows.map((row) => JSON.stringify(row)).sort();

/** Data Aggregation 3.2.3: transformations of each group by itself. */
describe('a sequence inside groupby', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    for (const one of works) expect((await app.post('/works', one)).status).toBe(201);
  });
  afterAll(() => app.stop());

  const read = async (apply: string): Promise<any[]> => {
    const headers = { accept: 'application/json;odata.metadata=none' };
    const { status, body } = await app.get(`/works?$apply=${encodeURIComponent(apply)}`, { headers });
    if (status !== 200) throw new Error(`${apply}: ${body.error.message}`);
    return body.value;
  };
  const keys = fc.constantFrom<readonly (keyof Work)[]>(['title'], ['size'], ['title', 'size']);
  const steps = fc.array(step, { minLength: 1, maxLength: 3 });
  const applied = (items: readonly Work[], all: readonly Step[]): readonly Work[] =>
    all.reduce((left, { apply }) => apply(left), items);
  const textOf = (all: readonly Step[]): string => all.map(({ text }) => text).join('/');

  it('[A41M-15] leaves of each group what it would leave of that alone', async () => {
    await fc.assert(
      fc.asyncProperty(keys, steps, async (by, all) => {
        const found = await read(`groupby((${by.join()}),${textOf(all)})`);
        const expected = groupsOf(works, by).flatMap((group) => applied(group, all).map(({ code }) => code));
        expect(byText(found.map(({ code }) => code))).toEqual(byText(expected));
      }),
      { numRuns: 40 },
    );
  });

  it('[A41M-15] is aggregated group by group, those too of which nothing is left', async () => {
    await fc.assert(
      fc.asyncProperty(keys, steps, async (by, all) => {
        const found = await read(
          `groupby((${by.join()}),${textOf(all)}/aggregate($count as n,loans with sum as s,1 with sum as ones,size with countdistinct as d))`,
        );
        const expected = groupsOf(works, by).map((group) => {
          const left = applied(group, all);
          const loans = left.flatMap((item) => item.loans ?? []);
          return {
            ...Object.fromEntries(by.map((key) => [key, group[0]?.[key] ?? null])),
            n: left.length,
            s: loans.length === 0 ? null : loans.reduce((sum, one) => sum + one, 0),
            ones: left.length === 0 ? null : left.length,
            d: new Set(left.flatMap(({ size }) => size ?? [])).size,
          };
        });
        expect(byText(found)).toEqual(byText(expected));
      }),
      { numRuns: 40 },
    );
  });

  it('goes on with what it has aggregated, and nests', async () => {
    const large = await read('groupby((title),aggregate($count as n)/filter(n gt 5)/compute(n mul 2 as m))');
    const sizes = groupsOf(works, ['title']).filter(({ length }) => length > 5);
    expect(byText(large)).toEqual(
      byText(sizes.map((g) => ({ title: g[0]!.title ?? null, n: g.length, m: g.length * 2 }))),
    );
    const nested = await read(
      'groupby((title),groupby((size),aggregate($count as n))/topcount(1,n)/aggregate(n with max as m))',
    );
    const most = groupsOf(works, ['title']).map((group) => ({
      title: group[0]!.title ?? null,
      m: Math.max(...groupsOf(group, ['size']).map(({ length }) => length)),
    }));
    expect(byText(nested)).toEqual(byText(most));
    const best = await read('groupby((title),concat(topcount(1,loans),aggregate($count as n)))');
    expect(best.filter(({ n }) => n !== undefined)).toHaveLength(4);
    expect(best.filter(({ code }) => code !== undefined)).toHaveLength(4);
  });

  it('is done for every level of a rollup', async () => {
    const found = await read('groupby((rollup($all,title,size)),filter(loans ge 5)/aggregate($count as n))');
    const countOf = (items: readonly Work[]): number => items.filter(({ loans = -1 }) => loans >= 5).length;
    const expected = [
      ...groupsOf(works, ['title', 'size']).map((g) => ({
        title: g[0]!.title ?? null,
        size: g[0]!.size ?? null,
        n: countOf(g),
      })),
      ...groupsOf(works, ['title']).map((g) => ({ title: g[0]!.title ?? null, n: countOf(g) })),
      { n: countOf(works) },
    ];
    expect(byText(found)).toEqual(byText(expected));
  });

  it('[A41M-15] is what `from` is short for', async () => {
    const sums = (keysOf: readonly (keyof Work)[], items = works) =>
      groupsOf(items, keysOf).map((group) => group.reduce((sum, { loans = 0 }) => sum + loans, 0));
    const [most] = await read(
      'aggregate(loans with sum from title with max as m,loans with max from title with min as l)',
    );
    expect(most.m).toBe(Math.max(...sums(['title'])));
    expect(most.l).toBe(Math.min(...groupsOf(works, ['title']).map((group) => Math.max(...group.map(loansOf)))));
    const [twice] = await read('aggregate($count from title,size with max from title with sum as n)');
    const counts = groupsOf(works, ['title']).map((g) =>
      Math.max(...groupsOf(g, ['size']).map(({ length }) => length)),
    );
    expect(twice.n).toBe(counts.reduce((sum, one) => sum + one, 0));
    const found = await read('groupby((size),aggregate(loans with sum from title with max as m))');
    const expected = groupsOf(works, ['size']).map((g) => ({
      size: g[0]!.size ?? null,
      m: Math.max(...sums(['title'], g)),
    }));
    expect(byText(found)).toEqual(byText(expected));
    expect(await read("filter(code eq 'none')/aggregate(loans with sum from title with max as m)")).toEqual([
      { m: null },
    ]);
    const rolled = await read('groupby((rollup($all,size)),aggregate(loans with sum from title with max as m))');
    expect(byText(rolled)).toEqual(byText([...expected, { m: Math.max(...sums(['title'])) }]));
  });

  it('is paged, and each page goes on where the last one ended', async () => {
    const found: string[] = [];
    let url: string | undefined = `/works?$apply=${encodeURIComponent('groupby((title),topcount(2,loans)/top(2))')}`;
    while (url !== undefined) {
      const { body }: any = await app.get(url, { headers: { prefer: 'maxpagesize=2' } });
      found.push(...body.value.map(({ code }: Work) => code));
      url = body['@odata.nextLink'];
    }
    expect(found).toHaveLength(new Set(found).size);
    expect(found).toHaveLength(8);
  });
});
