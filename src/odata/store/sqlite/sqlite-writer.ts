import { StoreUnavailableError } from '../aggregate-store.js';
import { CallerPlaces } from '../caller-places.js';
import { abandoned, tookTooLong } from '../ended.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import { Dawdlers } from '../dawdlers.js';
import { UnderWay } from '../under-way.js';
import { Watch } from '../watch.js';
import { askingNow, type Work } from '../../work.js';
import { CalledBackError, type SqliteThread } from './sqlite-thread.js';

/** More statements than this waiting mean that the disk is gone or far too slow. */
const mostWaiting = 10_000;

interface Writing {
  readonly callerName: string;
  readonly work: Work | undefined;
  readonly unit: number | undefined;
  isAbandoned: boolean;
}

/**
 * The thread that writes. All that waits is run in one transaction, in its order; a statement that takes long while others
 * wait, or that nobody waits for, is ended, which undoes that statement alone.
 */
export class SqliteWriter {
  readonly #sent = new UnderWay<Writing>();
  readonly #places: CallerPlaces;
  readonly #dawdlers = new Dawdlers();
  readonly #watch = new Watch(() => this.#look());

  constructor(
    private readonly thread: SqliteThread,
    perCaller: number,
  ) {
    this.#places = new CallerPlaces(perCaller);
  }

  /**
   * Runs one statement; resolves after its commit has reached the disk.
   * @param unit number of the unit of work that it belongs to
   * @throws StoreUnavailableError where the disk fails
   * @throws ODataError 429 where its caller has too many, 504 where it takes too long or nobody waits for it
   */
  async run(statement: Statement, unit?: number): Promise<readonly SqlRow[]> {
    if (this.#sent.size >= mostWaiting && unit === undefined)
      throw new StoreUnavailableError(`${mostWaiting} statements wait for the disk already`);
    const writing: Writing = { ...askingNow(), unit, isAbandoned: false };
    this.#places.enter(writing.callerName);
    const { id, rows } = this.thread.run(statement, unit);
    this.#sent.add(id, writing);
    this.#watch.start();
    try {
      return await rows;
    } catch (error) {
      if (!(error instanceof CalledBackError)) throw error;
      throw writing.isAbandoned ? abandoned() : tookTooLong();
    } finally {
      this.#sent.take(id);
      this.#places.leave(writing.callerName);
    }
  }

  /** Statements that run or wait. */
  get size(): number {
    return this.#sent.size;
  }

  /** Has the size of every group told that was committed together. */
  onCommit(told: (size: number) => void): void {
    this.thread.onGroup = told;
  }

  /** @throws StoreUnavailableError where the thread has ended */
  check(): void {
    this.thread.check();
  }

  async close(): Promise<void> {
    this.#watch.stop();
    await this.thread.close();
  }

  #look(): boolean {
    for (const [id, writing] of this.#sent) {
      if (writing.work?.isAbandoned !== true) continue;
      writing.isAbandoned = true;
      this.thread.callBack(id);
    }
    const running = this.thread.look();
    const callerName = running && this.#sent.get(running.id)?.callerName;
    if (running !== undefined && callerName !== undefined) {
      if (running.ms > this.#dawdlers.longest(callerName).statement && this.#isWaitedForBy(callerName)) {
        this.thread.callBack(running.id);
        this.#dawdlers.add(callerName);
      }
    }
    return this.#sent.size > 0;
  }

  /** Whether a transaction has kept others waiting for too long. @param since its first statement, in milliseconds */
  isTooLong(unit: number, since: number): boolean {
    const { callerName } = askingNow();
    if (since <= this.#dawdlers.longest(callerName).transaction) return false;
    const isWaitedFor = this.#sent.some((other) => other.unit !== unit && other.callerName !== callerName);
    if (isWaitedFor) this.#dawdlers.add(callerName);
    return isWaitedFor;
  }

  #isWaitedForBy(callerName: string): boolean {
    return this.#sent.some((other) => other.callerName !== callerName);
  }
}
