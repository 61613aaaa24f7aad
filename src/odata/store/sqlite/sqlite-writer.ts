import { StoreUnavailableError } from '../aggregate-store.js';
import { CallerPlaces } from '../caller-places.js';
import { abandoned, tookTooLong } from '../ended.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import { Watch } from '../watch.js';
import { currentWork, type Work } from '../../work.js';
import { CalledBackError, type SqliteThread } from './sqlite-thread.js';

/** More statements than this waiting mean that the disk is gone or far too slow. */
const mostWaiting = 10_000;

/** How long a statement may keep the writes of others waiting, in milliseconds. */
const longestKept = 5000;

interface Writing {
  readonly callerName: string;
  readonly work: Work | undefined;
  isAbandoned: boolean;
}

/**
 * The thread that writes. All that waits is run in one transaction, in its order; a statement that takes long while others
 * wait, or that nobody waits for, is ended, which undoes that statement alone.
 */
export class SqliteWriter {
  readonly #sent = new Map<number, Writing>();
  readonly #places: CallerPlaces;
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
    const work = currentWork();
    const writing: Writing = { callerName: work?.callerName ?? '', work, isAbandoned: false };
    this.#places.enter(writing.callerName);
    const { id, rows } = this.thread.run(statement, unit);
    this.#sent.set(id, writing);
    this.#watch.start();
    try {
      return await rows;
    } catch (error) {
      if (!(error instanceof CalledBackError)) throw error;
      throw writing.isAbandoned ? abandoned() : tookTooLong();
    } finally {
      this.#sent.delete(id);
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
    if (running !== undefined && running.ms > longestKept && this.#isWaitedFor(running.id))
      this.thread.callBack(running.id);
    return this.#sent.size > 0;
  }

  #isWaitedFor(id: number): boolean {
    const callerName = this.#sent.get(id)?.callerName;
    for (const other of this.#sent.values()) if (other.callerName !== callerName) return true;
    return false;
  }
}
