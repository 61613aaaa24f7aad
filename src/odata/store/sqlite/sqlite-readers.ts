import { StoreUnavailableError } from '../aggregate-store.js';
import { CallerPlaces } from '../caller-places.js';
import { abandoned, patience, tookTooLong } from '../ended.js';
import { FairQueue } from '../fair-queue.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import { type Asking, turnAway } from '../turns.js';
import { UnderWay } from '../under-way.js';
import { Watch } from '../watch.js';
import { askingNow } from '../../work.js';
import { CalledBackError, type SqliteThread } from './sqlite-thread.js';

/** Statements that are sent to one thread at one time: while one is run, the next travels. */
const mostSent = 4;
/** How long no thread is started after one could not be, in milliseconds. */
const pauseAfterFailure = 1000;

/** What readers are bounded by. */
interface ReaderLimits {
  /** Threads there are at most. */
  readonly threads: number;
  /** In milliseconds, waiting included. */
  readonly statementTimeout: number;
  /** Statements of one caller at one time. */
  readonly perCaller: number;
}

interface Reading extends Asking {
  readonly statement: Statement;
  readonly resolve: (rows: readonly SqlRow[]) => void;
  readonly reject: (error: Error) => void;
  calledBackFor: 'others' | 'nobody' | 'time' | undefined;
}

/** A thread, and what it was sent. */
interface Lane {
  readonly thread: SqliteThread;
  /** Whether it takes what has run for long before. */
  readonly takesLong: boolean;
  readonly sent: UnderWay<Reading>;
}

/**
 * The threads that read. How long a statement will take is known when it has ended: each begins among the quick ones; one
 * that keeps others waiting gives way to them, and begins again on a thread for long ones, where callers take turns. So a
 * quick read waits for a tenth of a second for each caller before it at most, whatever they ask for. Each thread is started
 * when those that there are have something to do: that takes time and memory, and many a process reads by keys only.
 */
export class SqliteReaders {
  readonly #lanes: Lane[] = [];
  readonly #quick = new FairQueue<Reading>();
  readonly #long = new FairQueue<Reading>();
  readonly #places: CallerPlaces;
  readonly #watch = new Watch(() => this.#look());
  #lastWasLong = false;
  #opening: Promise<void> | undefined;
  #failure = { at: -Infinity, error: new Error() };
  #isClosed = false;

  /** @param open starts a thread */
  constructor(
    private readonly open: () => Promise<SqliteThread>,
    private readonly limits: ReaderLimits,
  ) {
    this.#places = new CallerPlaces(limits.perCaller);
  }

  /**
   * Runs one statement.
   * @throws StoreUnavailableError where the disk fails, or it had no turn in time
   * @throws ODataError 429 where its caller has too many, or they kept it waiting too long, 504 where it takes too long or nobody waits for it
   */
  async run(statement: Statement): Promise<readonly SqlRow[]> {
    const { work, callerName } = askingNow();
    this.#places.enter(callerName);
    try {
      return await new Promise((resolve, reject) => {
        const since = Date.now();
        this.#quick.add({
          statement,
          callerName,
          work,
          since,
          resolve,
          reject,
          gaveWay: 0,
          calledBackFor: undefined,
        });
        this.#fill();
      });
    } finally {
      this.#places.leave(callerName);
    }
  }

  /** Statements that run or wait. */
  get size(): number {
    return this.#lanes.reduce((sum, { sent }) => sum + sent.size, this.#quick.size + this.#long.size);
  }

  /** @throws StoreUnavailableError where a thread has ended */
  check(): void {
    for (const { thread } of this.#lanes) thread.check();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.stop();
    this.#rejectAll(new StoreUnavailableError('the store is closed'));
    await this.#opening;
    await Promise.all(this.#lanes.map(({ thread }) => thread.close()));
  }

  #rejectAll(error: Error): void {
    for (const queue of [this.#quick, this.#long]) for (const { reject } of queue.remove(() => true)) reject(error);
  }

  /** Starts one more thread where there may be one, and what there is waits for those that there are. */
  #openAnother(): void {
    const { threads } = this.limits;
    const isWanted = this.#quick.size + this.#long.size > 0 || this.#lanes.every(({ sent }) => sent.size > 1);
    if (!isWanted || this.#lanes.length === threads || this.#opening !== undefined || this.#isClosed) return;
    if (performance.now() < this.#failure.at + pauseAfterFailure) {
      if (this.#lanes.length === 0) this.#rejectAll(new StoreUnavailableError(this.#failure.error));
      return;
    }
    // Those that take what is long take everything: they come first.
    const takesLong = this.#lanes.length < Math.max(1, Math.floor(threads / 2));
    this.#opening = this.open()
      .then(
        (thread) => {
          this.#lanes.push({ thread, takesLong, sent: new UnderWay() });
        },
        (error: unknown) => {
          this.#failure = { at: performance.now(), error: error as Error };
        },
      )
      .finally(() => {
        this.#opening = undefined;
        if (!this.#isClosed) this.#fill();
      });
  }

  #fill(): void {
    for (;;) {
      const lane = this.#laneWithRoom();
      if (lane === undefined) break;
      const next = this.#nextFor(lane);
      if (next === undefined) break;
      this.#send(lane, next);
    }
    this.#openAnother();
    this.#watch.start();
  }

  /** The lane with the least to do that can take something that waits. */
  #laneWithRoom(): Lane | undefined {
    let best: Lane | undefined;
    for (const lane of this.#lanes) {
      if (!this.#canTake(lane)) continue;
      if (best === undefined || lane.sent.size < best.sent.size) best = lane;
    }
    return best;
  }

  #canTake({ takesLong, sent }: Lane): boolean {
    if (sent.size >= mostSent || (this.#quick.size === 0 && (!takesLong || this.#long.size === 0))) return false;
    // Nothing is sent behind what will take long.
    return !sent.some(({ gaveWay }) => gaveWay > 0);
  }

  #nextFor({ takesLong }: Lane): Reading | undefined {
    if (!takesLong) return this.#quick.take();
    const isOnlyLane = this.#lanes.length === 1;
    const long = isOnlyLane && this.#lastWasLong && this.#quick.size > 0 ? undefined : this.#long.take();
    this.#lastWasLong = long !== undefined;
    return long ?? this.#quick.take();
  }

  #send(lane: Lane, reading: Reading): void {
    reading.calledBackFor = undefined;
    const { id, rows } = lane.thread.run(reading.statement);
    lane.sent.add(id, reading);
    void rows
      .then(reading.resolve, (error: unknown) => {
        this.#failed(reading, error as Error);
      })
      .finally(() => {
        lane.sent.take(id);
        this.#fill();
      });
  }

  #failed(reading: Reading, error: Error): void {
    if (!(error instanceof CalledBackError)) reading.reject(error);
    else if (reading.calledBackFor === 'nobody') reading.reject(abandoned());
    else if (reading.calledBackFor !== 'others') reading.reject(tookTooLong());
    else {
      reading.gaveWay += 1;
      this.#long.add(reading);
    }
  }

  /** Ends what nobody waits for and what takes too long, and has long statements give way. */
  #look(): boolean {
    const latest = Date.now() - this.limits.statementTimeout;
    const running = new Set(this.#lanes.flatMap(({ sent }) => [...sent].map(([, { callerName }]) => callerName)));
    for (const queue of [this.#quick, this.#long]) turnAway(queue, latest, running);
    for (const lane of this.#lanes) this.#lookAfter(lane, latest);
    return this.#quick.size + this.#long.size > 0 || this.#lanes.some(({ sent }) => sent.size > 0);
  }

  #lookAfter(lane: Lane, latest: number): void {
    for (const [id, { since, work }] of lane.sent) {
      if (work?.isAbandoned === true) this.#callBack(lane, id, 'nobody');
      else if (since < latest) this.#callBack(lane, id, 'time');
    }
    const running = lane.thread.look();
    const reading = running && lane.sent.get(running.id);
    if (running === undefined || reading === undefined) return;
    const isPatient = running.ms <= (patience[reading.gaveWay] ?? Infinity);
    if (!isPatient && this.#othersWaitFor(lane, reading)) this.#callBack(lane, running.id, 'others');
  }

  #othersWaitFor(lane: Lane, { callerName }: Reading): boolean {
    // Among the quick ones the caller's own next one counts too: it need not be long.
    if (!lane.takesLong) return lane.sent.size > 1 || this.#quick.size > 0;
    if (lane.sent.size > 1 || this.#long.hasOthersThan(callerName)) return true;
    return this.#lanes.length === 1 && this.#quick.hasOthersThan(callerName);
  }

  #callBack({ thread, sent }: Lane, id: number, why: 'others' | 'nobody' | 'time'): void {
    const reading = sent.get(id);
    if (reading?.calledBackFor !== undefined && reading.calledBackFor !== 'others') return;
    if (reading !== undefined) reading.calledBackFor = why;
    thread.callBack(id);
  }
}
