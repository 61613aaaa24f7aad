import { ODataError } from '../../protocol/odata-error.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import type { Transaction } from '../sql/unit-of-work.js';
import type { SqliteWriter } from './sqlite-writer.js';

let lastUnit = 0;

/**
 * A transaction on the thread that writes. SQLite has one writer at a time: from its first statement to its end other
 * writes wait, so it ends by itself where its caller takes too long.
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
    this.#timer ??= setTimeout(() => {
      this.#isLate = true;
      void this.rollback();
    }, this.timeout);
    return this.writer.run(statement, this.#unit);
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
    clearTimeout(this.#timer);
    await this.writer.run({ text, parameters: {} }, this.#unit);
  }
}

function tookTooLong(): ODataError {
  return new ODataError('storeTimeout', 'The transaction took too long. Ask for less.');
}
