import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EntitySet, Model } from '../src/odata/protocol/edm/model.js';
import type { JsonObject } from '../src/odata/protocol/json/json-value.js';
import { bindOptions } from '../src/odata/protocol/query/bind-options.js';
import { Budget } from '../src/odata/protocol/query/budget.js';
import type { BoundRead, OrderValue } from '../src/odata/protocol/query/bound.js';
import { bindPath } from '../src/odata/protocol/query/bind-path.js';
import { parsePath } from '../src/odata/protocol/uri/parse-path.js';
import { parseQuery } from '../src/odata/protocol/uri/parse-query.js';
import { profilesModel } from '../src/profiles/profiles.model.js';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import type { AggregateStore } from '../src/odata/store/aggregate-store.js';
import { libraryModel } from './models/library.js';
import { compareValues, evaluate } from './oracle/evaluate.js';
import { type TestDatabase, testDatabase } from './support/databases.js';
import { openTestStore } from './support/open-store.js';

type Text = fc.Arbitrary<string>;

const words = fc.constantFrom('', 'a', 'b', 'ab', 'Ba', 'ä', 'Ä', '🚇', 'a 🚇', "it's", ' a ', 'z');
const small = fc.integer({ min: -3, max: 12 });
const quarters = fc.integer({ min: -8, max: 8 }).map((value) => value / 4);
const dates = fc.constantFrom('1999-12-31', '2000-01-01', '2000-02-29', '2024-05-01');
const moments = fc
  .tuple(dates, fc.constantFrom('T00:00:00', 'T12:30:59', 'T12:30:59.5', 'T23:59:59'))
  .map(([d, t]) => d + t);
const clocks = fc.constantFrom('00:00:00', '08:30:00', '08:30:00.5', '23:59:59');

function some<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined, freq: 3 });
}

/** A model under test: documents, and text of typed expressions over them. */
interface Subject {
  readonly model: Model;
  readonly set: string;
  readonly document: fc.Arbitrary<object>;
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Collections: the path, and the typed members of an item `v`. */
  readonly collections: readonly (readonly [path: string, members: Readonly<Record<string, readonly string[]>>])[];
  readonly extra: readonly string[];
}

const library: Subject = {
  model: libraryModel,
  set: 'works',
  document: fc.record({
    $type: some(fc.constantFrom('test.library.Book', 'test.library.Map', 'test.library.Atlas')),
    title: some(words),
    author: some(words),
    lent: some(fc.boolean()),
    loans: some(small),
    barcode: some(small),
    price: some(quarters),
    rating: some(quarters),
    published: some(dates),
    acquired: some(moments),
    opensAt: some(clocks),
    lendingTime: some(small),
    access: some(fc.constantFrom('Read', 'Lend', 'Copy', 'Read,Lend', 'Read,Lend,Copy')),
    size: some(fc.constantFrom('Small', 'Medium', 'Large')),
    numbers: some(fc.array(small, { maxLength: 3 })),
    place: some(fc.record({ city: some(words), floor: some(small) })),
    chapters: some(
      fc
        .uniqueArray(
          fc.record({
            number: small,
            title: some(words),
            pages: some(small),
            words: fc.array(words, { maxLength: 2 }),
          }),
          { maxLength: 3, selector: ({ number }) => number },
        )
        .map((chapters) => Object.fromEntries(chapters.map((one) => [`[${one.number}]`, one]))),
    ),
  }),
  members: {
    string: [
      'title',
      'place/city',
      'test.library.Book/author',
      'tolower(title)',
      'concat(title,place/city)',
      'substring(title,1)',
      'substring(title,-2,1)',
      'trim(title)',
    ],
    integer: [
      'loans',
      'barcode',
      'place/floor',
      'length(title)',
      'numbers/$count',
      'chapters/$count',
      'year(published)',
      'day(acquired)',
      'hour(opensAt)',
      'minute(acquired)',
      "indexof(title,'a')",
      'chapters/$filter(pages gt 2)/$count',
      'chapters/aggregate(pages with sum)',
      'chapters/aggregate(pages with max)',
      'chapters/aggregate(title with countdistinct)',
      'numbers/aggregate($this with min)',
      'chapters/aggregate(words/$count with sum)',
      'chapters/aggregate(words/$count)',
      'chapters/aggregate(words with countdistinct)',
      'chapters/aggregate(remarks/$count)',
    ],
    number: [
      'chapters/aggregate(pages with average)',
      'price',
      'rating',
      'round(rating)',
      'floor(price)',
      'ceiling(rating)',
    ],
    boolean: ['lent'],
    date: ['published', 'date(acquired)'],
    dateTimeOffset: ['acquired'],
    timeOfDay: ['opensAt'],
    duration: ['lendingTime'],
    size: ['size'],
    access: ['access'],
  },
  collections: [
    ['numbers', { integer: ['v'] }],
    ['chapters', { integer: ['v/number', 'v/pages', 'v/words/$count', 'length(v/title)'], string: ['v/title'] }],
  ],
  extra: [
    'isof(test.library.Map)',
    'place eq null',
    'isof(test.library.Atlas)',
    'chapters/any(c:c/words/any(w:w eq title))',
    'numbers eq [1,2]',
    'loans in numbers',
  ],
};

const profiles: Subject = {
  model: profilesModel,
  set: 'decoratedProfileConnections',
  document: fc.record({
    relevanceScore: some(quarters),
    profile: some(
      fc.record({
        id: fc.constant('p'),
        firstName: some(words),
        headline: some(words),
        totalPositionCount: some(small),
        connected: some(fc.boolean()),
        connectionDegree: some(fc.constantFrom('SELF', 'DISTANCE_1', 'OUT_OF_NETWORK')),
        skills: some(fc.array(words, { maxLength: 3 })),
        bornOn: some(fc.record({ year: some(small), month: some(small) })),
        recentPositions: some(fc.array(fc.record({ name: some(words), title: some(words) }), { maxLength: 2 })),
      }),
    ),
  }),
  members: {
    string: ['profile/firstName', 'profile/headline', 'toupper(profile/headline)'],
    integer: [
      'profile/totalPositionCount',
      'profile/bornOn/year',
      'profile/skills/$count',
      'profile/recentPositions/$count',
    ],
    number: ['relevanceScore'],
    boolean: ['profile/connected'],
  },
  collections: [
    ['profile/skills', { string: ['v', 'tolower(v)'], integer: ['length(v)'] }],
    ['profile/recentPositions', { string: ['v/name', 'v/title', 'concat(v/name,v/title)'] }],
  ],
  extra: [
    'profile eq null',
    'profile/bornOn ne null',
    "profile/connectionDegree gt 'SELF'",
    "profile/connectionDegree in ('SELF','DISTANCE_1')",
    "'a' in profile/skills",
  ],
};

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const literals: Readonly<Record<string, Text>> = {
  string: words.map(quote),
  integer: small.map(String),
  number: quarters.map(String),
  boolean: fc.constantFrom('true', 'false'),
  date: dates,
  dateTimeOffset: moments.map((text) => `${text}Z`),
  timeOfDay: clocks,
  duration: small.map((seconds) => `duration'${seconds < 0 ? '-' : ''}PT${Math.abs(seconds)}S'`),
  size: fc.constantFrom("'Small'", "'Medium'", "'Large'"),
  access: fc.constantFrom("'Read'", "'Lend,Copy'", "test.library.Access'Read,Lend'"),
};

/** Text of random conditions over the members of a subject. */
function conditions(
  members: Readonly<Record<string, readonly string[]>>,
  { collections, extra }: Pick<Subject, 'collections' | 'extra'>,
): Text {
  const valueOf = (type: string): Text => {
    const own = fc.constantFrom(...(members[type] ?? ['null']));
    const numeric = type === 'integer' || type === 'number';
    const operators = type === 'integer' ? ['add', 'sub', 'mul', 'div', 'mod'] : ['add', 'sub', 'mul', 'divby'];
    const sum = fc
      .tuple(own, fc.constantFrom(...operators), literals[type]!)
      // Zero as a divisor is refused.
      .map(([a, o, b]) => `(${a} ${o} ${b === '0' && (o === 'div' || o === 'mod') ? '1' : b})`);
    return fc.oneof(
      { weight: 5, arbitrary: own },
      { weight: numeric ? 2 : 0, arbitrary: sum },
      { weight: 1, arbitrary: own.map((a) => (numeric ? `-${a}` : a)) },
    );
  };
  const comparison = fc.constantFrom(...Object.keys(members)).chain((type) => {
    const right = fc.oneof(
      { weight: 4, arbitrary: literals[type]! },
      { weight: 2, arbitrary: valueOf(type) },
      { weight: 1, arbitrary: fc.constant('null') },
    );
    return fc
      .tuple(valueOf(type), fc.constantFrom('eq', 'ne', 'gt', 'ge', 'lt', 'le'), right)
      .map((parts) => parts.join(' '));
  });
  const strings = members.string ?? [];
  const tests: { weight: number; arbitrary: Text }[] = [{ weight: 8, arbitrary: comparison }];
  if (strings.length > 0) {
    const test = fc.tuple(
      fc.constantFrom('contains', 'startswith', 'endswith'),
      fc.constantFrom(...strings),
      literals.string!,
    );
    tests.push({ weight: 2, arbitrary: test.map(([name, a, b]) => `${name}(${a},${b})`) });
    const list = fc.tuple(
      fc.constantFrom(...strings),
      fc.array(fc.oneof(literals.string!, fc.constant('null')), { maxLength: 3 }),
    );
    tests.push({ weight: 1, arbitrary: list.map(([a, items]) => `${a} in (${items.join(',')})`) });
  }
  if (members.boolean !== undefined) tests.push({ weight: 1, arbitrary: fc.constantFrom(...members.boolean) });
  if (members.access !== undefined)
    tests.push({ weight: 1, arbitrary: literals.access!.map((flags) => `access has ${flags}`) });
  if (extra.length > 0) tests.push({ weight: 2, arbitrary: fc.constantFrom(...extra) });
  for (const [path, inner] of collections) {
    const within = conditions(
      { ...inner, ...(inner.integer === undefined ? {} : { integer: [...inner.integer, ...(members.integer ?? [])] }) },
      { collections: [], extra: [] },
    );
    tests.push({
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('any', 'all'), within).map(([name, test]) => `${path}/${name}(v:${test})`),
    });
  }
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small' },
      ...tests,
      fc
        .tuple(tie('condition'), fc.constantFrom('and', 'or'), tie('condition'))
        .map(([a, o, b]) => `(${a}) ${o} (${b})`),
      tie('condition').map((a) => `not (${a})`),
      fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a}) eq (${b})`),
      fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(([a, b, c]) => `case(${a}: ${b},true: ${c})`),
    ),
  }));
  return condition;
}

/** How two documents are ordered: null first, and last where descending. */
function inOrder(
  { path, collection }: Pick<BoundRead, 'path' | 'collection'>,
  left: JsonObject,
  right: JsonObject,
): number {
  for (const { expression, descending } of collection.order) {
    const [a, b] = [left, right].map((document) => evaluate(expression, new Map([[path.entity, document]])));
    const difference =
      a === null || b === null
        ? Number(a !== null) - Number(b !== null)
        : compareValues(expression.type.item, a ?? null, b ?? null);
    if (difference !== 0) return descending ? -difference : difference;
  }
  return 0;
}

function plain(document: object): JsonObject {
  return JSON.parse(JSON.stringify(document)) as JsonObject;
}

describe.each([
  ['works', library],
  ['profiles', profiles],
])('a query finds what evaluating it in memory finds: %s', (_, subject) => {
  let database: TestDatabase;
  let store: AggregateStore;
  let documents: JsonObject[];
  const set: EntitySet = subject.model.entitySets.get(subject.set)!;
  beforeAll(async () => {
    database = await testDatabase();
    store = await openTestStore(database.url, [aggregateSet(set)]);
    documents = fc.sample(subject.document, { numRuns: 60, seed: 5 }).map(plain);
    for (const [id, document] of documents.entries()) {
      await store.insert({ set: aggregateSet(set), tenant: 't', owner: 'o', id: `${id}`.padStart(3, '0'), document });
    }
  });
  afterAll(async () => {
    await store.close();
    await database.discard();
  });

  /** Binds a query to the set of the subject. */
  const bind = (text: string) => {
    const query = parseQuery(text);
    const context = { model: subject.model, aliases: new Map<string, never>(), now: new Date(0), budget: new Budget() };
    const path = bindPath(parsePath(subject.set), context);
    return { path, ...bindOptions({ ...context, it: path.entity }, path.entity, query) };
  };
  const idOf = (index: number): string => `${index}`.padStart(3, '0');

  it('for random filters', async () => {
    await fc.assert(
      fc.asyncProperty(conditions(subject.members, subject), async (filter) => {
        const read = bind(`$filter=${encodeURIComponent(filter)}`);
        const found = await store.read({ ...read, page: { size: 1000, after: undefined } }, { tenant: 't' });
        const expected = documents.flatMap((document, index) =>
          read.collection.filters.every((one) => evaluate(one, new Map([[read.path.entity, document]])) === true)
            ? [idOf(index)]
            : [],
        );
        expect((found as any).rows.map(({ order }: any) => order.at(-1))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('for random orders, in pages of any size', async () => {
    const keys = Object.values(subject.members)
      .flat()
      .filter((key) => !key.includes('divby'));
    const order = fc.array(fc.tuple(fc.constantFrom(...keys), fc.boolean()), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(order, fc.integer({ min: 1, max: 70 }), async (items, size) => {
        const text = items.map(([key, descending]) => `${key}${descending ? ' desc' : ''}`).join(',');
        const read = bind(`$orderby=${encodeURIComponent(text)}`);
        const found: string[] = [];
        for (let after: readonly OrderValue[] | undefined; ;) {
          const { rows } = (await store.read({ ...read, page: { size, after } }, { tenant: 't' })) as any;
          found.push(...rows.slice(0, size).map(({ order: values }: any) => values.at(-1)));
          if (rows.length <= size) break;
          after = rows[size - 1].order;
        }
        const expected = documents
          .map((document, index) => ({ document, index }))
          .sort((a, b) => inOrder(read, a.document, b.document) || a.index - b.index)
          .map(({ index }) => idOf(index));
        expect(found).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
