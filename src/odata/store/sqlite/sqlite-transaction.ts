import { ODataError } from '../../protocol/odata-error.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import type { Transaction } from '../sql/unit-of-work.js';
import type { SqliteWriter } from './sqlite-writer.js';

let lastUnit = 0;
/** How often it is looked whether a transaction takes too long, in milliseconds. */
const interval = 100;

/**
 * A transaction on the thread that writes. SQLite has one writer at a time: from its first statement to its end other
 * writes wait, so it ends by itself where its caller takes too long, sooner where others wait.
 */
export class SqliteTransaction implements Transaction {
  readonly mayTryAgain = false;
  readonly #unit = ++lastUnit;
  #timer: NodeJS.Timeout | undefined;
  #isLate = false;

  /** @param timeout in milliseconds */
  constructor(
    private readonly writer: SqliteWriter,
    private readonly timeout: number,
  ) {}

  run(statement: Statement): Promise<readonly SqlRow[]> {
    if (this.#isLate) return Promise.reject(tookTooLong());
    this.#timer ??= this.#watch(Date.now());
    return this.writer.run(statement, this.#unit);
  }

  #watch(started: number): NodeJS.Timeout {
    return setInterval(
      () => {
        const since = Date.now() - started;
        if (since < this.timeout && !this.writer.isTooLong(this.#unit, since)) return;
        this.#isLate = true;
        void this.rollback();
      },
      Math.min(this.timeout, interval),
    );
  }

  async commit(): Promise<void> {
    if (this.#isLate) throw tookTooLong();
    // Without a statement there is nothing to commit.
    if (this.#timer !== undefined) await this.#end('COMMIT');
  }

  async rollback(): Promise<void> {
    if (this.#timer === undefined) return;
    // Where the thread has failed, its transaction went with it.
    await this.#end('ROLLBACK').catch(() => undefined);
  }

  async #end(text: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    clearInterval(this.#timer);
    await this.writer.run({ text, parameters: {} }, this.#unit);
  }
}

function tookTooLong(): ODataError {
  return new ODataError('storeTimeout', 'The transaction took too long. Ask for less.');
}
