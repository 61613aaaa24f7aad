import type { SqlParameter } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';

/** One statement with its named parameters, on its way to a thread. */
export interface SqliteTask {
  readonly id: number;
  /** Of a task with a unit also what ends it: `COMMIT` or `ROLLBACK`. */
  readonly sql: string;
  readonly parameters: Readonly<Record<string, SqlParameter>>;
  readonly actor?: string | undefined;
  /**
   * Number of the unit of work that it belongs to. The first task of a unit begins its transaction; until it ends no
   * other task is run.
   */
  readonly unit?: number;
}

/** What became of a task. */
export type SqliteReply =
  | { readonly id: number; readonly rows: readonly SqlRow[] }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: number | undefined } };

/** How a thread opens its connection. */
export interface SqliteThreadOptions {
  readonly path: string;
  readonly role: 'reader' | 'writer';
  /** The tables of the logs of changes, for a writer. */
  readonly logs: readonly string[];
}
