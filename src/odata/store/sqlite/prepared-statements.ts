import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Statements that are kept prepared; every query of a new shape is one more. */
const mostStatements = 500;

/** The prepared statements of one connection, by their texts; the least recently used one is forgotten first. */
export class PreparedStatements {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Integers of its rows are bigints. @throws what SQLite throws where the text is none of a statement */
  get(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      // As numbers of JavaScript, integers beyond 2^53 would end the statement.
      statement.setReadBigInts(true);
    } else this.#statements.delete(sql);
    // The least recently used one stands first.
    this.#statements.set(sql, statement);
    if (this.#statements.size > mostStatements) {
      const [oldest = ''] = this.#statements.keys();
      this.#statements.delete(oldest);
    }
    return statement;
  }

  /** Has a statement prepared anew when it is needed next. */
  forget(sql: string): void {
    this.#statements.delete(sql);
  }
}
