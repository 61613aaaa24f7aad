import { StoreUnavailableError } from '../aggregate-store.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import type { Transaction } from '../sql/unit-of-work.js';
import type { Connection } from './connection.js';
import type { PostgresConnections } from './postgres-connections.js';
import { bounded } from './bounded-statement.js';
import { storeError, verdictOn } from './postgres-errors.js';

const plain = (text: string): Statement => ({ text, parameters: {} });

/**
 * A transaction on a connection of its own, from its first statement on. The server ends it where it takes too long.
 */
export class PostgresTransaction implements Transaction {
  #mayTryAgain = false;
  #isBroken = false;
  #begun: Promise<Connection> | undefined;

  /** @param committed is told before its commit is answered */
  constructor(
    private readonly connections: PostgresConnections,
    private readonly committed?: () => void,
  ) {}

  get mayTryAgain(): boolean {
    return this.#mayTryAgain;
  }

  async run(statement: Statement): Promise<readonly SqlRow[]> {
    this.#begun ??= this.#begin();
    return this.#send(await this.#begun, bounded(statement));
  }

  /** Waits for the begin: what were sent behind one that failed would be run outside of any transaction. */
  async #begin(): Promise<Connection> {
    const connection = await this.connections.borrow();
    try {
      await this.#send(connection, plain('BEGIN'));
      return connection;
    } catch (error) {
      this.connections.giveBack(connection, true);
      throw error;
    }
  }

  /** Nothing of a transaction is kept before its commit, so that all of it may be tried again. */
  async #send(connection: Connection, statement: Statement): Promise<readonly SqlRow[]> {
    try {
      return await this.connections.send(connection, statement);
    } catch (cause) {
      const error = cause as Error;
      const verdict = verdictOn(error);
      this.#isBroken ||= verdict === 'lost' || verdict === 'elsewhere';
      this.#mayTryAgain ||= verdict !== 'final';
      throw storeError(error);
    }
  }

  async commit(): Promise<void> {
    const connection = await this.#begun;
    if (connection === undefined) return;
    this.#begun = undefined;
    try {
      await this.connections.send(connection, plain('COMMIT'));
      this.committed?.();
    } catch (cause) {
      const error = cause as Error;
      // Where the answer is lost nobody knows whether it was done; a conflict was undone.
      this.#mayTryAgain = verdictOn(error) === 'conflict';
      this.#isBroken = !this.#mayTryAgain;
      throw this.#mayTryAgain ? storeError(error) : new StoreUnavailableError(error);
    } finally {
      this.connections.giveBack(connection, this.#isBroken);
    }
  }

  async rollback(): Promise<void> {
    // Where it could not begin there is nothing to undo, and no connection to give back.
    const connection = await this.#begun?.catch(() => undefined);
    if (connection === undefined) return;
    this.#begun = undefined;
    try {
      if (!this.#isBroken) await this.connections.send(connection, plain('ROLLBACK'));
    } catch {
      this.#isBroken = true;
    } finally {
      this.connections.giveBack(connection, this.#isBroken);
    }
  }
}
