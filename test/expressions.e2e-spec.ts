import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Edm } from '../src/odata/protocol/edm/primitive-types.js';
import { JsonNumber, type JsonObject, type JsonValue } from '../src/odata/protocol/json/json-value.js';
import { ODataError } from '../src/odata/protocol/odata-error.js';
import { bindOptions } from '../src/odata/protocol/query/bind-options.js';
import { bindPath } from '../src/odata/protocol/query/bind-path.js';
import type { BoundExpression, ReadResult } from '../src/odata/protocol/query/bound.js';
import { Budget } from '../src/odata/protocol/query/budget.js';
import { parsePath } from '../src/odata/protocol/uri/parse-path.js';
import { parseQuery } from '../src/odata/protocol/uri/parse-query.js';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import type { AggregateStore } from '../src/odata/store/aggregate-store.js';
import { libraryModel } from './models/library.js';
import { decimal, toDouble } from './oracle/decimal.js';
import { compareValues, evaluate } from './oracle/evaluate.js';
import { documents, expressionOf, expressionTypes } from './oracle/expressions.js';
import { Exact, kindOf, textOf, type Value, valueOf } from './oracle/value.js';
import { type TestDatabase, testDatabase } from './support/databases.js';
import { openTestStore } from './support/open-store.js';

/** How many expressions a run is of; `EXPRESSIONS=100000` by hand, with `--testTimeout=3000000`. */
const amount = Number(process.env.EXPRESSIONS ?? 2000);
const seed = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) };
/** How many of them a statement has. */
const together = 10;
const set = libraryModel.entitySets.get('works')!;

type Page = ReadResult & { readonly kind: 'page' };

/** Binds a query to the set; undefined where it is refused. */
function bind(query: Readonly<Record<string, string>>) {
  const text = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const context = { model: libraryModel, aliases: new Map<string, never>(), now: new Date(0), budget: new Budget() };
  const path = bindPath(parsePath('works'), context);
  try {
    return { path, ...bindOptions({ ...context, it: path.entity }, path.entity, parseQuery(text.join('&'))) };
  } catch (error) {
    if (error instanceof ODataError && error.status === 400) return undefined;
    throw error;
  }
}

type Bound = NonNullable<ReturnType<typeof bind>>;

/** A value of an answer. */
function answered(json: JsonValue | undefined, { type: { item } }: BoundExpression): Value {
  const kind = kindOf(item);
  if (json === undefined || json === null || kind === undefined) return json ?? null;
  if (typeof json === 'object' && !(json instanceof JsonNumber)) throw new Error('An answer has one value');
  const text = typeof json === 'object' ? json.text : String(json);
  if (kind === 'integer') return valueOf(json, item);
  return kind === 'double' ? toDouble(decimal(text)) : new Exact(decimal(text));
}

describe('an expression has the value that the specification gives it', () => {
  let database: TestDatabase;
  let store: AggregateStore;
  let rows: readonly JsonObject[];
  beforeAll(async () => {
    database = await testDatabase();
    store = await openTestStore(database.url, [aggregateSet(set)]);
    const sampled = fc.sample(documents, { numRuns: 40, seed: 7 });
    rows = sampled.map(({ price, lendingTime, ...document }) => ({
      ...(Object.fromEntries(Object.entries(document).filter(([, value]) => value !== undefined)) as JsonObject),
      ...(price === undefined ? {} : { price: Edm.Decimal.parse(price)! }),
      ...(lendingTime === undefined ? {} : { lendingTime: Edm.Duration.parse(lendingTime)! }),
    }));
    for (const [index, document] of rows.entries()) {
      await store.insert({ set: aggregateSet(set), tenant: 't', owner: 'o', id: idOf(index), document });
    }
  });
  afterAll(async () => {
    await store.close();
    await database.discard();
  });

  const idOf = (index: number): string => `${index}`.padStart(3, '0');
  const valuesOf = (expression: BoundExpression, { path }: Bound): Value[] =>
    rows.map((document) => evaluate(expression, new Map([[path.entity, document]])));
  const page = async (bound: Bound, after?: Page['rows'][number]['order'], size = 1000): Promise<Page['rows']> =>
    ((await store.read({ ...bound, page: { size, after } }, { tenant: 't' })) as Page).rows;
  /** Each row on its own line: what a difference shows is where it is. */
  const lines = (values: readonly (Value | undefined)[]): string[] =>
    values.map((value, index) => `${JSON.stringify(rows[index])} ${textOf(value)}`);
  const anyExpression = fc.oneof(...expressionTypes.map((type) => expressionOf(type)));
  /** Fails with the text of the expression in front. */
  async function inspect(text: string, test: () => Promise<void>): Promise<void> {
    try {
      await test();
    } catch (error) {
      (error as Error).message = `${text}\n${(error as Error).message}`;
      throw error;
    }
  }

  it('[A40M-11] where it is computed', async () => {
    const compute = async (texts: readonly string[]): Promise<void> => {
      const bound = bind({ $compute: texts.map((text, index) => `${text} as x${index}`).join(',') })!;
      const found = await page(bound);
      for (const [index, { name, expression }] of bound.shape.computed.entries()) {
        await inspect(texts[index]!, () => {
          const values = found.map(({ entity }) => answered(entity[name], expression));
          expect(lines(values)).toEqual(lines(valuesOf(expression, bound)));
          return Promise.resolve();
        });
      }
    };
    const several = fc.array(anyExpression, { minLength: together, maxLength: together });
    await fc.assert(
      fc.asyncProperty(several, async (texts) => {
        const accepted = texts.filter((text) => bind({ $compute: `${text} as x` }) !== undefined);
        fc.pre(accepted.length > 0);
        try {
          await compute(accepted);
        } catch {
          // One by one: which it is.
          for (const text of accepted) await inspect(text, () => compute([text]));
        }
      }),
      { numRuns: Math.ceil((amount * 0.8) / together), endOnFailure: true, ...seed },
    );
  });

  it('where it decides', async () => {
    await fc.assert(
      fc.asyncProperty(expressionOf('boolean'), async (text) => {
        const bound = bind({ $filter: text });
        fc.pre(bound !== undefined);
        const expected = rows.flatMap((document, index) =>
          bound.collection.filters.every((one) => evaluate(one, new Map([[bound.path.entity, document]])) === true)
            ? [idOf(index)]
            : [],
        );
        await inspect(text, async () => expect((await page(bound)).map(({ order }) => order.at(-1))).toEqual(expected));
      }),
      { numRuns: Math.ceil(amount * 0.1), endOnFailure: true, ...seed },
    );
  });

  it('where it orders, in pages of any size', async () => {
    await fc.assert(
      fc.asyncProperty(anyExpression, fc.boolean(), fc.integer({ min: 3, max: 30 }), async (text, descending, size) => {
        const bound = bind({ $orderby: `${text}${descending ? ' desc' : ''}` });
        // A dynamic value is ordered type by type.
        fc.pre(bound?.collection.order.length === 1);
        const { expression } = bound.collection.order[0]!;
        const values = valuesOf(expression, bound);
        const compare = (a: number, b: number): number => {
          const [left = null, right = null] = [values[a], values[b]];
          const known = left !== null && right !== null;
          const order = known
            ? compareValues(expression.type.item, left, right)
            : Number(left !== null) - Number(right !== null);
          return (descending ? -order : order) || a - b;
        };
        const expected = rows.map((_, index) => index).sort(compare);
        const found: unknown[] = [];
        await inspect(text, async () => {
          for (let after: Page['rows'][number]['order'] | undefined; ;) {
            const next = await page(bound, after, size);
            found.push(...next.slice(0, size).map(({ order }) => order.at(-1)));
            if (next.length <= size) break;
            after = next[size - 1]!.order;
          }
          expect(found).toEqual(expected.map(idOf));
        });
      }),
      { numRuns: Math.ceil(amount * 0.1), endOnFailure: true, ...seed },
    );
  });
});
