import type { Statement } from './parameters.js';
import type { SqlRow } from './rows.js';

/** One transaction of a database, as its driver has it. It begins with its first statement. */
export interface Transaction {
  /** Whether it was undone for a reason that another attempt need not meet: a lost race, a broken connection. */
  readonly mayTryAgain: boolean;
  run(statement: Statement): Promise<readonly SqlRow[]>;
  /** Resolves after everything would survive a power cut. */
  commit(): Promise<void>;
  /** Undoes everything; never rejects. */
  rollback(): Promise<void>;
}

/** The statements of one unit of work: those of one transaction, until it ends. */
export class UnitOfWork {
  #failure: Error | undefined;
  #ended = false;
  #parts = 0;
  /** What is to be done beside the database where it is undone. */
  #undoing: (() => Promise<void>)[] = [];

  constructor(private readonly transaction: Transaction) {}

  /** After a statement has failed no other one is run: databases differ in what they would make of it. */
  async run(statement: Statement): Promise<readonly SqlRow[]> {
    if (this.#ended) throw new Error('A statement came after the end of its unit of work');
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await this.transaction.run(statement);
    } catch (error) {
      this.#failure ??= error as Error;
      throw error;
    }
  }

  /** Has something done that the database does not do where this is undone, or the part of it that it belongs to. */
  whenUndone(work: () => Promise<void>): void {
    this.#undoing.push(work);
  }

  /** @param from how many of them stay: those of before */
  async #undo(from: number): Promise<void> {
    const undone = this.#undoing.splice(from);
    // What fails is left; the error that led here is the one to be told.
    await Promise.allSettled(undone.map((work) => work()));
  }

  /**
   * Runs work as a part of this one: where it fails, what it did is undone, and the others may go on. Parts run one after
   * another.
   */
  async part<T>(work: () => Promise<T>): Promise<T> {
    const savepoint = `part_${++this.#parts}`;
    const before = this.#undoing.length;
    await this.run({ text: `SAVEPOINT ${savepoint}`, parameters: {} });
    try {
      const result = await work();
      if (this.#failure !== undefined) throw this.#failure;
      await this.run({ text: `RELEASE SAVEPOINT ${savepoint}`, parameters: {} });
      return result;
    } catch (error) {
      // What lost a race, or its connection, is tried again as a whole.
      if (!this.transaction.mayTryAgain) {
        this.#failure = undefined;
        await this.run({ text: `ROLLBACK TO SAVEPOINT ${savepoint}`, parameters: {} });
        await this.#undo(before);
      }
      throw error;
    }
  }

  /** @throws what the first statement that failed threw, whoever caught it; nothing is kept then */
  async commit(): Promise<void> {
    this.#ended = true;
    if (this.#failure !== undefined) throw this.#failure;
    await this.transaction.commit();
  }

  async rollback(): Promise<void> {
    this.#ended = true;
    await this.transaction.rollback();
    await this.#undo(0);
  }
}
