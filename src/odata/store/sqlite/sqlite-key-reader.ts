import { DatabaseSync } from 'node:sqlite';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import { PreparedStatements } from './prepared-statements.js';

type Rows = readonly SqlRow[];

/** Larger documents, in bytes as they are stored, are left to a thread. */
const mostBytes = 65_536;
/** Statements of one turn of the event loop; more are left to the threads, where callers take turns. */
const mostPerTurn = 64;
/** A turn that takes longer than this for a statement, in milliseconds, waited for the disk. */
const slow = 2;
/** How long everything is left to the threads after such a turn. */
const pause = 1000;

interface Waiting {
  readonly statement: Statement;
  /** Undefined where it is left to a thread. */
  readonly resolve: (rows: Rows | undefined) => void;
}

/** The clock of this process, in milliseconds. */
type Clock = () => number;

/**
 * Reads rows by their keys on the thread that asks, on a connection of its own: the way to another thread and back costs
 * more than the read. All that are asked for in one turn of the event loop are answered together after it. What is large,
 * what is not there, and what fails is left to the threads; so is everything for a while, where the disk was waited for.
 */
export class SqliteKeyReader {
  readonly #database: DatabaseSync;
  readonly #statements: PreparedStatements;
  #waiting: Waiting[] = [];
  #pausedUntil = 0;

  /** @param byThread runs a statement on another thread */
  constructor(
    path: string,
    private readonly byThread: (statement: Statement) => Promise<Rows>,
    private readonly clock: Clock = () => performance.now(),
  ) {
    // It waits for nobody.
    this.#database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
    this.#database.exec('PRAGMA cache_size = -4096;');
    this.#statements = new PreparedStatements(this.#database);
  }

  /** Whether it reads itself now. */
  get isPaused(): boolean {
    return this.#pausedUntil > 0 && this.clock() < this.#pausedUntil;
  }

  /** Runs a statement of one row, see `ofOne`. */
  async run(statement: Statement): Promise<Rows> {
    if (this.isPaused || this.#waiting.length >= mostPerTurn) return this.byThread(statement);
    if (this.#waiting.length === 0) setImmediate(this.#answer);
    const rows = await new Promise<Rows | undefined>((resolve) => {
      this.#waiting.push({ statement, resolve });
    });
    // Here, where it is known who asks, and not where all are answered.
    return rows ?? this.byThread(statement);
  }

  readonly #answer = (): void => {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    const started = this.clock();
    for (const { statement, resolve } of waiting) resolve(this.#find(statement));
    const now = this.clock();
    if (now - started > slow * (waiting.length + 4)) this.#pausedUntil = now + pause;
  };

  #find({ text, parameters, ofOne = '' }: Statement): Rows | undefined {
    try {
      const row = this.#statements.get(`${text} AND length(${ofOne}) <= ${mostBytes}`).get(parameters);
      return row === undefined ? undefined : [row];
    } catch {
      return undefined;
    }
  }

  /** Answers what waits, then closes. */
  close(): void {
    this.#answer();
    this.#database.close();
  }
}
