import { Worker } from 'node:worker_threads';
import { StoreUnavailableError } from '../aggregate-store.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import type { SqliteReply, SqliteTask, SqliteThreadOptions } from './sqlite-protocol.js';

/** More statements than this waiting on one thread mean that the disk is gone or far too slow. */
const maxWaiting = 10_000;

interface Waiting {
  readonly resolve: (rows: readonly SqlRow[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Result codes of SQLite that speak of the machine, not of the statement: BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL and
 * CANTOPEN. None at all is a transaction that was lost to one of them.
 */
const passingCodes: ReadonlySet<number | undefined> = new Set([5, 6, 7, 8, 10, 13, 14, undefined]);

function errorOf({ message, code }: { readonly message: string; readonly code: number | undefined }): Error {
  const text = `SQLite: ${message} (${code ?? 'no code'})`;
  return passingCodes.has(code) ? new StoreUnavailableError(text) : new Error(text);
}

/** The file of the worker thread: beside this one, compiled or not as this one is. */
const workerFile = new URL(`./sqlite-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/**
 * The caller's end of a thread with one SQLite connection. Statements of one turn of the event loop travel together,
 * and so do their answers.
 */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready: Promise<void>;
  readonly #exited: Promise<void>;
  #outbox: SqliteTask[] = [];
  #lastId = 0;
  #failure: StoreUnavailableError | undefined;

  private constructor(options: SqliteThreadOptions) {
    this.#worker = new Worker(workerFile, { workerData: options });
    this.#ready = new Promise((resolve, reject) => {
      this.#worker.once('message', resolve);
      this.#worker.once('error', reject);
    });
    this.#worker.on('message', (replies: readonly SqliteReply[] | 'ready') => {
      if (replies !== 'ready') for (const reply of replies) this.#settle(reply);
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
  static async open(options: SqliteThreadOptions): Promise<SqliteThread> {
    const thread = new SqliteThread(options);
    await thread.#ready;
    return thread;
  }

  /** How many statements wait for their answer. */
  get load(): number {
    return this.#waiting.size;
  }

  /**
   * Runs one statement.
   * @param unit number of the unit of work that it belongs to
   * @throws StoreUnavailableError where the statement, or the commit that carried it, failed
   */
  run({ text: sql, parameters, actor }: Statement, unit?: number): Promise<readonly SqlRow[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#waiting.size >= maxWaiting && unit === undefined) {
      return Promise.reject(new StoreUnavailableError(`${maxWaiting} statements wait for the disk already`));
    }
    const id = ++this.#lastId;
    if (this.#outbox.length === 0) setImmediate(this.#send);
    this.#outbox.push({ id, sql, parameters, actor, ...(unit === undefined ? {} : { unit }) });
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** Lets the thread finish what it was sent, then ends it. */
  async close(): Promise<void> {
    this.#send();
    this.#worker.postMessage('close');
    await this.#exited;
  }

  readonly #send = (): void => {
    if (this.#outbox.length === 0) return;
    const tasks = this.#outbox;
    this.#outbox = [];
    this.#worker.postMessage(tasks);
  };

  #settle(reply: SqliteReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('rows' in reply) waiting?.resolve(reply.rows);
    else waiting?.reject(errorOf(reply.error));
  }

  #fail(cause: Error): void {
    this.#failure ??= new StoreUnavailableError(cause);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
