import { ODataError } from '../../protocol/odata-error.js';
import type { BoundRead, OrderValue, PageBounds } from '../../protocol/query/bound.js';
import { type ExpressionCompiler, whereOf } from './compile-expression.js';
import type { Dialect } from './dialect.js';
import type { PageOfBytes, Parameters } from './parameters.js';

/** What rows are ordered by. */
export interface OrderKey {
  readonly sql: string;
  readonly descending: boolean;
  /** Whether it is the id of a row, which is never null; saying where null came would keep databases from its index. */
  readonly isId?: boolean;
  /** Name of the column, in a table of the statement. */
  readonly column?: string;
  /** Name of that table, where it is a place that shifts as other rows come and go: the keys behind it tell the row. */
  readonly shifts?: string;
}

/** Rows of which a page is asked for. */
export interface PageOfRows {
  readonly select: readonly string[];
  readonly from: string;
  readonly where: readonly string[];
  /** The order, in which each row has its own place. */
  readonly keys: readonly OrderKey[];
}

/** An earlier release may have ordered the same query otherwise. */
function ofAnotherOrder(): ODataError {
  return new ODataError('invalidSkipToken', 'The $skiptoken is of another order than the one that the query has.', {
    target: '$skiptoken',
  });
}

/** How much of a page is fetched, where its bytes are bounded. @param columns whose texts count */
export function pageOfBytes(page: PageBounds | undefined, columns: readonly string[]): PageOfBytes | undefined {
  return page?.bytes === undefined ? undefined : { bytes: page.bytes, columns };
}

/** Compiles the page of a read: its order, where it begins and ends, and the count of all beside it. */
export class PageCompiler {
  constructor(
    private readonly dialect: Dialect,
    private readonly parameters: Parameters,
    private readonly read: Pick<BoundRead, 'collection' | 'page'>,
  ) {}

  /** How much of it is fetched: of the columns `document` and `o0`, `o1` and so on. */
  get ofBytes(): PageOfBytes | undefined {
    const ordered = this.read.collection.order.map((_, index) => `o${index}`);
    return pageOfBytes(this.read.page, ['document', ...ordered]);
  }

  /** The rows in the order of their keys, whose values they tell. */
  rows({ select, from, where, keys }: PageOfRows): string {
    const { page } = this.read;
    const after = page?.after === undefined ? [] : [this.#behind(keys, page.after)];
    const columns = [...select, ...keys.map(({ sql }, index) => `${sql} AS o${index}`)];
    const ids = keys.filter(({ isId = false }) => isId).map(({ sql }) => sql);
    const order = keys.map((key) => this.#order(key, ids.includes(key.sql))).join(', ');
    return (
      `SELECT ${columns.join(', ')} FROM ${from}${whereOf([...where, ...after])}` +
      `${order === '' ? '' : ` ORDER BY ${order}`}${this.#bounds()}`
    );
  }

  /** The same, beside the count of all where that is asked for. */
  listed(asked: PageOfRows): string {
    const { from, where, keys } = asked;
    const rows = this.rows(asked);
    if (!this.read.collection.count) return rows;
    return this.counted(rows, `SELECT count(*) AS count FROM ${from}${whereOf(where)}`, keys);
  }

  /** Rows that know their order, of several pages: in the order of their keys. */
  all(from: string, keys: readonly OrderKey[]): string {
    return `SELECT page.* FROM ${from} ORDER BY ${this.#outer(keys)}${this.#bounds()}`;
  }

  #outer(keys: readonly OrderKey[]): string {
    return keys.map(({ descending }, index) => this.dialect.order(`page.o${index}`, descending)).join(', ');
  }

  /** Rows beside the count of all. */
  counted(rows: string, total: string, keys: readonly OrderKey[]): string {
    const outer = this.#outer(keys);
    const order = outer === '' ? '' : ` ORDER BY ${outer}`;
    return `SELECT total.count, page.* FROM (${total}) AS total LEFT JOIN (${rows}) AS page ON 1 = 1${order}`;
  }

  /** The order that was asked for. */
  asked(expressions: ExpressionCompiler): readonly OrderKey[] {
    return this.read.collection.order.map(({ expression, descending }) => ({
      sql: expressions.ordered(expression),
      descending,
    }));
  }

  #order({ sql, descending }: OrderKey, isId: boolean): string {
    if (isId) return descending ? `${sql} DESC` : sql;
    return this.dialect.order(sql, descending);
  }

  /** One row more than the page holds tells whether another page follows. */
  #limit(): string {
    const { page, collection } = this.read;
    const size = Math.min(collection.top ?? Number.MAX_SAFE_INTEGER, (page?.size ?? Number.MAX_SAFE_INTEGER - 1) + 1);
    return ` LIMIT ${this.parameters.limit(size)}`;
  }

  #bounds(): string {
    const { page, collection } = this.read;
    const { skip } = collection;
    const limit = this.#limit();
    return skip === undefined || page?.after !== undefined ? limit : `${limit} OFFSET ${this.parameters.add(skip)}`;
  }

  /** A value of a key as it is now: where the row stands that stood at a place, if it is still there. */
  #now(
    { column, shifts }: OrderKey,
    value: Exclude<OrderValue, null>,
    { keys, values }: { readonly keys: readonly OrderKey[]; readonly values: readonly OrderValue[] },
  ): string {
    const parameter = this.parameters.add(value);
    if (shifts === undefined || keys.length === 0) return parameter;
    const isRow = keys.map((key, at) => {
      const one = values[at] ?? null;
      return one === null ? `p.${key.column ?? ''} IS NULL` : `p.${key.column ?? ''} = ${this.parameters.add(one)}`;
    });
    const nearest = `abs(p.${column ?? ''} - ${parameter}), p.${column ?? ''}`;
    const found = `SELECT p.${column ?? ''} FROM ${shifts} AS p WHERE ${isRow.join(' AND ')} ORDER BY ${nearest} LIMIT 1`;
    return `coalesce((${found}), ${parameter})`;
  }

  /** What comes behind the row with these values: greater in the first key, or equal in it and behind in the others. */
  #behind(keys: readonly OrderKey[], values: readonly OrderValue[]): string {
    const [key, ...others] = keys;
    const [value, ...rest] = values;
    if (key === undefined || value === undefined || keys.length !== values.length) throw ofAnotherOrder();
    const { sql, descending } = key;
    const parameter = value === null ? undefined : this.#now(key, value, { keys: others, values: rest });
    // Null comes first, and last where descending.
    const greater =
      parameter === undefined
        ? descending
          ? undefined
          : `${sql} IS NOT NULL`
        : descending
          ? `(${sql} < ${parameter} OR ${sql} IS NULL)`
          : `${sql} > ${parameter}`;
    if (others.length === 0) return greater ?? '(1 = 0)';
    const equal = parameter === undefined ? `${sql} IS NULL` : `${sql} = ${parameter}`;
    const tied = `(${equal} AND ${this.#behind(others, rest)})`;
    if (greater === undefined) return tied;
    const behind = `(${greater} OR ${tied})`;
    // Says nothing new, but is what an index can begin at.
    return parameter === undefined || descending ? behind : `(${sql} >= ${parameter} AND ${behind})`;
  }
}
