import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { AggregateSet } from '../aggregate-store.js';
import { type ChangeLogOption, changeTable } from '../change-log.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import { SqlStore } from '../sql/sql-store.js';
import type { Transaction } from '../sql/unit-of-work.js';
import { StoreSetupError } from '../store-setup-error.js';
import { prepareSchema } from './migrations.js';
import { sqliteDialect } from './sqlite-dialect.js';
import { SqliteThread } from './sqlite-thread.js';
import { SqliteTransaction } from './sqlite-transaction.js';
import { sqliteStatements } from './statements.js';

/** How a SQLite store is opened. */
export interface SqliteStoreOptions {
  readonly path: string;
  readonly sets: readonly AggregateSet[];
  /** Threads that read; long reads on one of them leave the others free. */
  readonly readers: number;
  /** Whether a file of an earlier release, or none, is brought to today's schema. */
  readonly migrate?: boolean;
  readonly changeLog?: ChangeLogOption;
  /** How long a transaction may keep other writes waiting, in milliseconds. */
  readonly transactionTimeout?: number;
}

/**
 * Aggregates in one SQLite file. One thread writes, others read; the thread that calls never touches the disk.
 */
export class SqliteStore extends SqlStore {
  private constructor(
    private readonly writer: SqliteThread,
    private readonly readers: readonly SqliteThread[],
    private readonly transactionTimeout: number,
  ) {
    super(sqliteDialect, sqliteStatements);
  }

  /**
   * Opens the file, creates or migrates it first.
   * @throws StoreSetupError where that cannot be
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const { path, sets, readers, migrate = true, changeLog = 'full', transactionTimeout = 60_000 } = options;
    try {
      mkdirSync(dirname(path), { recursive: true });
    } catch (cause) {
      throw new StoreSetupError(`The folder of ${path} cannot be made: ${(cause as Error).message}`, { cause });
    }
    prepareSchema(path, { sets, migrate, changeLog });
    const logs = sets.map(({ name }) => changeTable(name));
    const writer = await SqliteThread.open({ path, role: 'writer', logs });
    const readerThreads = Array.from({ length: readers }, () => SqliteThread.open({ path, role: 'reader', logs: [] }));
    return new SqliteStore(writer, await Promise.all(readerThreads), transactionTimeout);
  }

  protected reading(statement: Statement): Promise<readonly SqlRow[]> {
    // The reader with the least to do.
    const reader = this.readers.reduce((least, other) => (other.load < least.load ? other : least));
    return reader.run(statement);
  }

  protected writing(statement: Statement): Promise<readonly SqlRow[]> {
    return this.writer.run(statement);
  }

  protected transaction(): Promise<Transaction> {
    return Promise.resolve(new SqliteTransaction(this.writer, this.transactionTimeout));
  }

  async ping(): Promise<void> {
    await Promise.all([this.writer, ...this.readers].map((thread) => thread.run({ text: 'SELECT 1', parameters: {} })));
  }

  async close(): Promise<void> {
    // The writer last: the last connection folds the log into the file, and a reader may not.
    await Promise.all(this.readers.map((reader) => reader.close()));
    await this.writer.close();
  }
}
