import { availableParallelism } from 'node:os';
import type { AggregateSet, StoreLoad } from '../aggregate-store.js';
import { type ChangeLogOption, changeTable } from '../change-log.js';
import type { MediaPlace } from '../media-store.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import { SqlStore } from '../sql/sql-store.js';
import type { Transaction } from '../sql/unit-of-work.js';
import { mergedSet } from './index-columns.js';
import { beginAnew } from './backup.js';
import { prepareSchema, schemaVersion } from './migrations.js';
import { keepPrivate, makeFile } from './private-file.js';
import { sqliteDialect } from './sqlite-dialect.js';
import { SqliteKeyReader } from './sqlite-key-reader.js';
import { SqliteReaders } from './sqlite-readers.js';
import { SqliteThread } from './sqlite-thread.js';
import { SqliteTransaction } from './sqlite-transaction.js';
import { SqliteWriter } from './sqlite-writer.js';
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
  /** How long a statement, and a transaction of several, may take, in milliseconds. */
  readonly statementTimeout?: number;
  readonly transactionTimeout?: number;
  /** Statements that one caller may have running and waiting. */
  readonly perCaller?: number;
  /** Bytes of the document of an entity. */
  readonly entityBytes?: number;
  /** Where the contents of streams are, where that is not in the database. */
  readonly mediaPlace?: MediaPlace | undefined;
}

type Bound = 'transactionTimeout' | 'entityBytes';

/** Bytes of the result of a job, and more. */
const largeText = 67_108_864;

/** Milliseconds that a commit is put off at most where all threads share one processor: about as long as it takes. */
const longestGathering = 1;

/**
 * Aggregates in one SQLite file. One thread writes, others read; the thread that calls reads single rows by their keys.
 */
export class SqliteStore extends SqlStore {
  readonly #keyReader: SqliteKeyReader;
  readonly #transactionTimeout: number;

  private constructor(
    private readonly writer: SqliteWriter,
    private readonly readers: SqliteReaders,
    {
      path,
      transactionTimeout,
      entityBytes,
      mediaPlace,
    }: Required<Pick<SqliteStoreOptions, 'path' | Bound>> & Pick<SqliteStoreOptions, 'mediaPlace'>,
  ) {
    super(sqliteDialect, sqliteStatements, { resultBytes: 8 * entityBytes, mediaPlace });
    this.#transactionTimeout = transactionTimeout;
    writer.onCommit((size) => this.observer?.committed(size));
    this.#keyReader = new SqliteKeyReader(path, (statement) => readers.run(statement));
  }

  /**
   * Opens the file, creates or migrates it first.
   * @throws StoreSetupError where that cannot be
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const { path, sets, readers, migrate = true, changeLog = 'full', transactionTimeout = 60_000 } = options;
    const { statementTimeout = 30_000, perCaller = 500, entityBytes = 4_194_304 } = options;
    // What is not to be migrated is not made either.
    if (migrate) makeFile(path);
    prepareSchema(path, { sets, migrate, changeLog });
    keepPrivate(path);
    beginAnew(path);
    const logs = sets.map(({ name }) => changeTable(name));
    const open = (role: 'reader' | 'writer'): Promise<SqliteThread> =>
      SqliteThread.open({
        path,
        role,
        logs: role === 'writer' ? logs : [],
        sets: role === 'writer' ? sets.map(mergedSet) : [],
        statementTimeout,
        // What is expanded in an entity is a part of its item.
        textBytes: { usual: role === 'writer' ? entityBytes : 2 * entityBytes, large: largeText },
        // With more of them the writer commits what is there while the next writes are read.
        gatherFor: availableParallelism() === 1 ? longestGathering : 0,
      });
    const writer = new SqliteWriter(await open('writer'), perCaller);
    const reading = new SqliteReaders(() => open('reader'), { threads: readers, statementTimeout, perCaller });
    const { mediaPlace } = options;
    return new SqliteStore(writer, reading, { path, transactionTimeout, entityBytes, mediaPlace });
  }

  readonly schemaVersion = schemaVersion;

  get load(): StoreLoad {
    return { statements: this.readers.size + this.writer.size };
  }

  protected reading(statement: Statement): Promise<readonly SqlRow[]> {
    return statement.ofOne === undefined ? this.readers.run(statement) : this.#keyReader.run(statement);
  }

  protected writing(statement: Statement): Promise<readonly SqlRow[]> {
    return this.writer.run(statement);
  }

  protected transaction(): Promise<Transaction> {
    return Promise.resolve(new SqliteTransaction(this.writer, this.#transactionTimeout));
  }

  /** The writer is not asked: what is waited for there is others' writes. */
  async ping(): Promise<void> {
    this.writer.check();
    this.readers.check();
    await this.#keyReader.run({ text: 'SELECT 1 AS one WHERE 1', parameters: {}, ofOne: "''" });
  }

  async close(): Promise<void> {
    this.#keyReader.close();
    // The writer last: the last connection folds the log into the file, and a reader may not.
    await this.readers.close();
    await this.writer.close();
  }
}
