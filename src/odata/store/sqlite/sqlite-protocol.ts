import type { PageOfBytes, SqlParameter } from '../sql/parameters.js';
import type { RowMerge } from '../sql/row-merge.js';
import type { SqlRow } from '../sql/rows.js';
import type { MergedSet } from './row-merger.js';

/** One statement with its named parameters, on its way to a thread. */
export interface SqliteTask {
  readonly id: number;
  /** Of a task with a unit also what ends it: `COMMIT` or `ROLLBACK`. */
  readonly sql: string;
  readonly parameters: Readonly<Record<string, SqlParameter>>;
  readonly actor?: string | undefined;
  /** Of a merge into one row: what it does, for a writer that need not run its text. */
  readonly merge?: RowMerge | undefined;
  /** As of the statement. */
  readonly isLarge?: boolean | undefined;
  readonly page?: PageOfBytes | undefined;
  readonly mostBytes?: number | undefined;
  /**
   * Number of the unit of work that it belongs to. The first task of a unit begins its transaction; until it ends no
   * other task is run.
   */
  readonly unit?: number;
}

/** Why a statement was ended before its end: its time was over, or it was called back. */
export type Ended = 'late' | 'called back';

/** What a statement failed with: SQLite's primary result code where it has one. */
export interface SqliteFailure {
  readonly message: string;
  readonly code: number | undefined;
  readonly ended?: Ended | undefined;
}

/** What became of a task. */
export type SqliteReply =
  { readonly id: number; readonly rows: readonly SqlRow[] } | { readonly id: number; readonly error: SqliteFailure };

/**
 * Tasks that are called back: the id of one, at the place of its id modulo the number of places. Of two that meet in one
 * place the later one is called back, and the other ends by its time. Three more places behind them: one calls back
 * everything, in one the thread says what it runs, and in the last its caller counts what it has sent.
 */
export const callbackPlaces = 1024;

/** How a thread opens its connection. */
export interface SqliteThreadOptions {
  readonly path: string;
  readonly role: 'reader' | 'writer';
  /** The tables of the logs of changes, for a writer. */
  readonly logs: readonly string[];
  /** The entity sets, for a writer. */
  readonly sets: readonly MergedSet[];
  /** Milliseconds that a statement may run. */
  readonly statementTimeout: number;
  /** Bytes of a text, or of a document, that a statement may make or meet; and one that may be larger. */
  readonly textBytes: { readonly usual: number; readonly large: number };
  /** Milliseconds that a writer may put a commit off so that others join it, see `Gathering`. */
  readonly gatherFor: number;
  /** `callbackPlaces` and three more integers of 32 bits. */
  readonly callbacks: SharedArrayBuffer;
}
