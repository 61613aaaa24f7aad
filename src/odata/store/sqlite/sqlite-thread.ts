import { Worker } from 'node:worker_threads';
import { ODataError } from '../../protocol/odata-error.js';
import { StoreUnavailableError } from '../aggregate-store.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import { UnderWay } from '../under-way.js';
import {
  callbackPlaces,
  type SqliteFailure,
  type SqliteReply,
  type SqliteTask,
  type SqliteThreadOptions,
} from './sqlite-protocol.js';

/**
 * Result codes of SQLite that speak of the machine, not of the statement: ABORT (a transaction that was lost to one of the
 * others), BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL and CANTOPEN. What has no code is a fault of this program: it would
 * not pass.
 */
const passingCodes: ReadonlySet<number | undefined> = new Set([4, 5, 6, 7, 8, 10, 13, 14]);
const tooBig = 18;

/** Where the thread sees that something was sent. */
const sentPlace = callbackPlaces + 2;

/** How long a thread may go on with what it was sent when it is to end, in milliseconds. */
const longestClose = 1000;

/** A statement that was called back, by whoever called it back. */
export class CalledBackError extends Error {}

function errorOf({ message, code, ended }: SqliteFailure): Error {
  if (ended === 'late') return new ODataError('storeTimeout', 'The store took too long. Ask for less.');
  if (ended === 'called back') return new CalledBackError('The statement was called back');
  if (code === tooBig) return new ODataError('tooMuchData', 'The request makes, or asks for, more data than one may.');
  const text = `SQLite: ${message} (${code ?? 'no code'})`;
  return passingCodes.has(code) ? new StoreUnavailableError(text) : new Error(text);
}

/** The file of the worker thread: beside this one, compiled or not as this one is. */
const workerFile = new URL(`./sqlite-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** A statement on its way. */
interface Sent {
  readonly resolve: (rows: readonly SqlRow[]) => void;
  readonly reject: (error: Error) => void;
  readonly isOfUnit: boolean;
}

/** A statement that was sent. */
export interface Run {
  readonly id: number;
  /** Rejects with what `SqliteThread.run` throws. */
  readonly rows: Promise<readonly SqlRow[]>;
}

/**
 * The caller's end of a thread with one SQLite connection. Statements of one turn of the event loop travel together,
 * and are run in their order.
 */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #sent = new UnderWay<Sent>();
  readonly #callbacks = new Int32Array(new SharedArrayBuffer(4 * (callbackPlaces + 3)));
  readonly #ready: Promise<void>;
  readonly #exited: Promise<void>;
  #outbox: SqliteTask[] = [];
  #lastId = 0;
  #seen = { id: 0, since: 0 };
  #failure: StoreUnavailableError | undefined;
  /** Is told how many statements were committed together. */
  onGroup: ((size: number) => void) | undefined;

  private constructor(options: Omit<SqliteThreadOptions, 'callbacks'>) {
    const callbacks = this.#callbacks.buffer;
    this.#worker = new Worker(workerFile, { workerData: { ...options, callbacks } satisfies SqliteThreadOptions });
    this.#ready = new Promise((resolve, reject) => {
      this.#worker.once('message', resolve);
      this.#worker.once('error', reject);
    });
    this.#worker.on('message', (replies: readonly SqliteReply[] | 'ready') => {
      if (replies === 'ready') return;
      if (this.onGroup !== undefined && this.#isGroup(replies)) this.onGroup(replies.length);
      for (const reply of replies) this.#settle(reply);
    });
    this.#worker.on('error', (error: Error) => {
      this.#fail(error);
    });
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#fail(new Error('its thread has ended'));
        resolve();
      });
    });
  }

  /** Starts a thread and waits until its connection is open. */
  static async open(options: Omit<SqliteThreadOptions, 'callbacks'>): Promise<SqliteThread> {
    const thread = new SqliteThread(options);
    await thread.#ready;
    return thread;
  }

  /**
   * The statement that is being run, and for how many milliseconds it has been seen to be: who wants to know looks now and
   * then.
   */
  look(): { readonly id: number; readonly ms: number } | undefined {
    const id = Atomics.load(this.#callbacks, callbackPlaces + 1);
    const now = Date.now();
    if (id !== this.#seen.id) this.#seen = { id, since: now };
    return id === 0 ? undefined : { id, ms: now - this.#seen.since };
  }

  /** Replies that come together are those of one commit, but for units of work, which end by themselves. */
  #isGroup([first]: readonly SqliteReply[]): boolean {
    return first !== undefined && 'rows' in first && this.#sent.get(first.id)?.isOfUnit === false;
  }

  /** @throws StoreUnavailableError where the thread has ended */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Sends one statement.
   * @param unit number of the unit of work that it belongs to
   * @throws StoreUnavailableError where the statement, or the commit that carried it, failed
   * @throws ODataError 504 where its time was over
   * @throws CalledBackError where it was called back
   */
  run({ text: sql, parameters, actor, merge, isLarge, page, mostBytes }: Statement, unit?: number): Run {
    const id = (this.#lastId = (this.#lastId % 0x7fffffff) + 1);
    if (this.#failure !== undefined) return { id, rows: Promise.reject(this.#failure) };
    if (this.#outbox.length === 0) setImmediate(this.#send);
    const task = { id, sql, parameters, actor, merge, isLarge, page, mostBytes };
    this.#outbox.push(unit === undefined ? task : { ...task, unit });
    const rows = new Promise<readonly SqlRow[]>((resolve, reject) => {
      this.#sent.add(id, { resolve, reject, isOfUnit: unit !== undefined });
    });
    return { id, rows };
  }

  /** Calls a statement back: it ends soon, without an effect, where it has not ended before. */
  callBack(id: number): void {
    Atomics.store(this.#callbacks, id % callbackPlaces, id);
  }

  /** Lets the thread finish what it was sent, as far as that takes no long time, then ends it. */
  async close(): Promise<void> {
    this.#send();
    this.#post('close');
    const impatience = setTimeout(() => Atomics.store(this.#callbacks, callbackPlaces, 1), longestClose);
    await this.#exited;
    clearTimeout(impatience);
  }

  readonly #send = (): void => {
    if (this.#outbox.length === 0) return;
    const tasks = this.#outbox;
    this.#outbox = [];
    this.#post(tasks);
  };

  /** Sends, and wakes the thread where it waits for that. */
  #post(message: SqliteTask[] | 'close'): void {
    this.#worker.postMessage(message);
    Atomics.add(this.#callbacks, sentPlace, 1);
    Atomics.notify(this.#callbacks, sentPlace);
  }

  #settle(reply: SqliteReply): void {
    const sent = this.#sent.take(reply.id);
    if ('rows' in reply) sent?.resolve(reply.rows);
    else sent?.reject(errorOf(reply.error));
  }

  #fail(cause: Error): void {
    this.#failure ??= new StoreUnavailableError(cause);
    for (const { reject } of this.#sent.takeAll()) reject(this.#failure);
  }
}
