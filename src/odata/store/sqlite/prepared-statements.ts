import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { RecentlyUsed } from '../../protocol/recently-used.ts';

/** Statements that are kept prepared; every query of a new shape is one more. */
const mostStatements = 500;

/** The prepared statements of one connection, by their texts; those that were used least lately are forgotten first. */
export class PreparedStatements {
  readonly #database: DatabaseSync;
  readonly #statements = new RecentlyUsed<string, StatementSync>(mostStatements);

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Integers of its rows are bigints. @throws what SQLite throws where the text is none of a statement */
  get(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    // As numbers of JavaScript, integers beyond 2^53 would end the statement.
    statement.setReadBigInts(true);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Has a statement prepared anew when it is needed next. */
  forget(sql: string): void {
    this.#statements.delete(sql);
  }
}
