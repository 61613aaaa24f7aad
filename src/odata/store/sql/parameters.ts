import type { RowMerge } from './row-merge.js';

/** A value that a statement takes. */
export type SqlParameter = string | number | bigint | Uint8Array | null;

/** How much of the rows of a page is fetched: until the texts of these columns have so many bytes, and one row more. */
export interface PageOfBytes {
  readonly bytes: number;
  readonly columns: readonly string[];
}

/** A statement, and the values of its parameters by their names, in the order of their positions. */
export interface Statement {
  readonly text: string;
  readonly parameters: Readonly<Record<string, SqlParameter>>;
  /** Who acts, where the database learns that beside the statement: for its log of changes. */
  readonly actor?: string | undefined;
  /**
   * Of a read of one row by its key that takes no longer than its document has bytes: the expression of the document. The
   * text ends with its conditions.
   */
  readonly ofOne?: string | undefined;
  /** Of a merge into one row: the same beside its text. */
  readonly merge?: RowMerge;
  /** Whether its texts may be larger than those of entities: results of jobs. */
  readonly isLarge?: boolean | undefined;
  /** Whether it may show what was true a moment ago, where who asks allows that. */
  readonly mayBeOld?: boolean;
  readonly page?: PageOfBytes | undefined;
  /** Bytes of text that its rows may have together; with more it fails, and has done nothing. */
  readonly mostBytes?: number | undefined;
}

/** How a database has parameters written. */
export interface ParameterDialect {
  /** Stands for a parameter. @param position counts from 1 */
  placeholder(name: string, position: number): string;
  /** Whether numbers of rows stand in the text, as the database plans anew for every value of a parameter there. */
  readonly limitsAreText: boolean;
}

/** The parameters of one statement: every value that comes from a request is one. */
export class Parameters {
  readonly values: Record<string, SqlParameter> = {};
  readonly #placeholders = new Map<string, string>();

  constructor(private readonly dialect: ParameterDialect) {}

  /** Adds a value; gives the placeholder. */
  add(value: SqlParameter): string {
    return this.named(`p${this.#placeholders.size + 1}`, value);
  }

  /** The number of rows behind `LIMIT`. @throws RangeError where it is none: it may become part of the text */
  limit(rows: number): string {
    if (!Number.isSafeInteger(rows) || rows < 0) throw new RangeError(`${rows} is no number of rows`);
    return this.dialect.limitsAreText ? String(rows) : this.add(rows);
  }

  /** The same as `add`, of a value that stands in several places. */
  named(name: string, value: SqlParameter): string {
    let placeholder = this.#placeholders.get(name);
    if (placeholder === undefined) {
      placeholder = this.dialect.placeholder(name, this.#placeholders.size + 1);
      this.#placeholders.set(name, placeholder);
      this.values[name] = value;
    }
    return placeholder;
  }
}
