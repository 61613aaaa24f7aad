import type { BoundRead, UnitedRead } from '../../protocol/query/bound.js';
import { type OrderKey, PageCompiler } from './compile-page.js';
import type { CompiledRead } from './compiled-read.js';
import type { Dialect } from './dialect.js';
import { Parameters } from './parameters.js';

/** What compiles the rows of one of the sets. */
export interface SetRows {
  /** A page of them. @param places what their order has before the id */
  rowsOfSet(
    pages: PageCompiler,
    places: readonly OrderKey[],
  ): { readonly text: string; readonly keys: readonly OrderKey[] };
  /** All of them, as a source with its conditions. */
  membersOfSet(): string;
}

/** A number of rows that one more can be asked for. */
function atMost(rows: number): number {
  return Math.min(rows, Number.MAX_SAFE_INTEGER - 1);
}

type Union = BoundRead & { readonly union: readonly UnitedRead[] };

/** Compiles the members of several sets to one statement: each set its own page, and of all of those the page. */
class UnionCompiler {
  readonly #parameters: Parameters;

  constructor(
    private readonly dialect: Dialect,
    private readonly read: Union,
    private readonly rowsOf: (part: UnitedRead, parameters: Parameters) => SetRows,
  ) {
    this.#parameters = new Parameters(dialect);
  }

  compile(): CompiledRead {
    const { read } = this;
    const isCount = read.path.suffix === 'count';
    const pages = new PageCompiler(this.dialect, this.#parameters, read);
    const parameters = (): CompiledRead['parameters'] => this.#parameters.values;
    if (isCount) {
      const text = this.#count();
      return { kind: 'count', text, parameters: parameters(), page: undefined, mayBeOld: true };
    }
    const parts = read.union.map((part, number) => this.#part(part, number));
    const [keys = []] = parts.map((part) => part.keys);
    const from = parts.map(({ text }, number) => `SELECT * FROM (${text}) AS u${number}`).join(' UNION ALL ');
    const rows = pages.all(`(${from}) AS page`, keys);
    const text = read.collection.count ? pages.counted(rows, this.#count(), keys) : rows;
    return { kind: 'page', text, parameters: parameters(), page: pages.ofBytes, mayBeOld: true };
  }

  /** As many rows of one set as there may be on the page, or passed over before it. */
  #part(part: UnitedRead, number: number): { readonly text: string; readonly keys: readonly OrderKey[] } {
    const { page, collection } = this.read;
    const skipped = page?.after === undefined ? (collection.skip ?? 0) : 0;
    const enough = page && { ...page, size: atMost(page.size + skipped) };
    const top = collection.top === undefined ? undefined : atMost(collection.top + skipped);
    const all = { ...part.collection, skip: undefined, top };
    const pages = new PageCompiler(this.dialect, this.#parameters, { collection: all, page: enough });
    // A number alone would be that of a column to an ORDER BY.
    const place = { sql: `CAST(${number} AS integer)`, descending: false };
    return this.rowsOf(part, this.#parameters).rowsOfSet(pages, [place]);
  }

  #count(): string {
    const counts = this.read.union.map(
      (part) => `(SELECT count(*) FROM ${this.rowsOf(part, this.#parameters).membersOfSet()})`,
    );
    return `SELECT ${counts.length === 0 ? '0' : counts.join(' + ')} AS count`;
  }
}

/**
 * Compiles the page of members of several sets (OData 4.01 URL Conventions 4.16): behind the values of its order, a row has
 * the number of its set, and the id in it.
 */
export function compileUnion(
  dialect: Dialect,
  read: Union,
  rowsOf: (part: UnitedRead, parameters: Parameters) => SetRows,
): CompiledRead {
  return new UnionCompiler(dialect, read, rowsOf).compile();
}
