import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyOf, isJsonObject, type JsonObject } from '../../protocol/json/json-value.js';
import { valueAt } from '../../protocol/payload/change.js';
import { type ContainedStep, pathOf, type StoredEntity, versionMember } from '../../protocol/payload/stored-entity.js';
import { holds } from '../../protocol/headers/precondition.js';
import type { BoundRead, ReadResult } from '../../protocol/query/bound.js';
import type { ChangesResult, LogPosition } from '../../protocol/query/changes.js';
import { ODataError } from '../../protocol/odata-error.js';
import { AggregateStore } from '../aggregate-store.js';
import type {
  AggregateKey,
  AggregateSet,
  EntityChange,
  EntityWrite,
  Members,
  Merge,
  NewAggregate,
  Removal,
  LogSize,
  RestoreOutcome,
  Scope,
  StoredAggregate,
  WriteOutcome,
} from '../aggregate-store.js';
import type { StoreObserver } from '../../observer.js';
import { changeTable, type HistoryQuery, type LoggedChange } from '../change-log.js';
import { compileChanges, compileEnd, compileForget, compileHistory } from './compile-changes.js';
import type { JobStore } from '../job-store.js';
import type { MediaPlace, MediaStore } from '../media-store.js';
import { type Runner, SqlJobs } from './sql-jobs.js';
import { MediaTable, SqlMedia } from './sql-media.js';
import { compileRead } from './compile-read.js';
import type { Dialect } from './dialect.js';
import { areMembers } from './compile-conditions.js';
import { selecting, wholeRow } from './fragments.js';
import { preparedRows } from './large-rows.js';
import { ownTurn } from '../../in-turns.js';
import { Parameters, type Statement } from './parameters.js';
import { secretTable } from './service-schema.js';
import {
  changesResult,
  containedOf,
  endOfLog,
  entityOf,
  jsonOf,
  loggedChange,
  readResult,
  type SqlRow,
} from './rows.js';
import { type Transaction, UnitOfWork } from './unit-of-work.js';
import { UnderWay } from '../under-way.js';

/** Characters of one statement. */
const mostText = 1_000_000;

/** How often a unit of work is begun at most, and until when, in milliseconds. */
const mostAttempts = 5;
const latestAttempt = 20_000;

/** When a write happens: milliseconds since 1970, and the version that it gives at least. */
export interface Stamp {
  readonly now: number;
  readonly version: bigint;
}

/**
 * The statements of a database beside its reads. One that writes gives no row where it found none to write: there is no
 * such entity in the scope, or its precondition does not hold.
 */
export interface Statements {
  /** Gives `id`, `version` and `document`; no row where the id exists. */
  insert(aggregate: NewAggregate, stamp: Stamp): Statement;
  /** Gives `id`, `version` and `document`; of a contained entity `document` alone. */
  merge(key: AggregateKey, merge: Merge, stamp: Stamp): Statement;
  /** Gives `id`, `version` and `document` of every member. */
  mergeMembers(members: Members, change: EntityChange, stamp: Stamp): Statement;
  /** Gives `id` of every member. */
  deleteMembers(members: Members): Statement;
  /** Gives `id`. */
  delete(key: AggregateKey, write: EntityWrite, stamp: Stamp): Statement;
  /** Gives the columns of a `StoredAggregate`; times in milliseconds. */
  scan(set: AggregateSet, after: Pick<StoredAggregate, 'tenant' | 'id'> | undefined, limit: number): Statement;
  /** Gives `id`; no row where the id exists. */
  restore(set: AggregateSet, aggregate: StoredAggregate): Statement;
}

/**
 * Merges that the process does, of a row that it has read: it is written where nobody has changed it meanwhile. What they do
 * not do the statement does that merges.
 */
export interface OptimisticMerges {
  /** Gives what `merged` takes as `row`; undefined of a merge that only the database does. */
  reading(key: AggregateKey, merge: Merge): Statement | undefined;
  /**
   * What becomes of a row: the entity as `Statements.merge` would give it, and what writes it, which gives a row where it
   * did; no statement where all stays as it is. Undefined where only the database can tell.
   */
  merged(
    key: AggregateKey,
    merge: Merge,
    from: { readonly row: SqlRow; readonly stamp: Stamp },
  ): { readonly entity: StoredEntity; readonly statement: Statement | undefined } | undefined;
}

/** A new aggregate as it is stored: its contained entities have its first version. */
function versioned({ document, inside = [] }: NewAggregate, version: number): JsonObject {
  if (inside.length === 0) return document;
  const tagged = copyOf(document);
  for (const path of inside) {
    const entity = valueAt(tagged, path);
    if (isJsonObject(entity)) entity[versionMember] = version;
  }
  return tagged;
}

/**
 * Characters of a statement that a request becomes at most; what people and generators write stays far below.
 * @throws ODataError 400
 */
function checkLength({ text }: Statement): void {
  if (text.length <= mostText) return;
  throw new ODataError(
    'invalidQueryOption',
    `The query is too complex: its statement has more than ${mostText} characters.`,
  );
}

/** The order of ids, which is that of their code units; databases return the rows of a change in any order. */
function byId({ id: a }: SqlRow, { id: b }: SqlRow): number {
  return (a as string) < (b as string) ? -1 : 1;
}

/** Tells the observer when a statement that has begun just now ends. */
async function observed(
  observer: StoreObserver,
  {
    kind,
    text,
    rows,
  }: { readonly kind: 'read' | 'write'; readonly text: string; readonly rows: Promise<readonly SqlRow[]> },
): Promise<readonly SqlRow[]> {
  const begun = performance.now();
  let error: unknown;
  try {
    return await rows;
  } catch (cause) {
    error = cause;
    throw cause;
  } finally {
    observer.statement({ kind, text, milliseconds: performance.now() - begun, error });
  }
}

/** A store of aggregates in a SQL database: the statements and what their rows mean; how they are run is the database's. */
export abstract class SqlStore extends AggregateStore {
  #lastVersion = 0;
  /** The unit of work that a call comes from. */
  readonly #unit = new AsyncLocalStorage<UnitOfWork>();
  /** Merges that the process does, and that are not done yet. */
  readonly #merging = new UnderWay<Promise<unknown>>();
  #lastMerge = 0;

  protected constructor(
    private readonly dialect: Dialect,
    private readonly statements: Statements,
    private readonly bounds: {
      readonly resultBytes: number;
      readonly mediaPlace?: MediaPlace | undefined;
      readonly merges?: OptimisticMerges | undefined;
    },
  ) {
    super();
    const runner: Runner = {
      placeholders: dialect,
      read: (statement) => this.#read({ ...statement, isLarge: true }),
      write: (statement) => this.#write({ ...statement, isLarge: true }),
    };
    this.jobs = new SqlJobs(runner);
    const { mediaPlace } = bounds;
    this.media =
      mediaPlace === undefined
        ? new SqlMedia(runner, new MediaTable(runner))
        : new SqlMedia(runner, mediaPlace, (work) => this.#unit.getStore()?.whenUndone(work));
  }

  /** Runs a statement that only reads. */
  protected abstract reading(statement: Statement): Promise<readonly SqlRow[]>;

  /** Runs a statement that writes; resolves after what it wrote would survive a power cut. */
  protected abstract writing(statement: Statement): Promise<readonly SqlRow[]>;

  /** A transaction that nobody else's statements get into. */
  protected abstract transaction(): Promise<Transaction>;

  readonly jobs: JobStore;

  readonly media: MediaStore;

  observer: StoreObserver | undefined;

  async #read(statement: Statement): Promise<readonly SqlRow[]> {
    return preparedRows(await this.#observed('read', statement));
  }

  async #write(statement: Statement): Promise<readonly SqlRow[]> {
    return preparedRows(await this.#observed('write', statement));
  }

  #observed(kind: 'read' | 'write', statement: Statement): Promise<readonly SqlRow[]> {
    const run = (): Promise<readonly SqlRow[]> =>
      this.#unit.getStore()?.run(statement) ?? (kind === 'read' ? this.reading(statement) : this.writing(statement));
    return this.observer === undefined ? run() : observed(this.observer, { kind, text: statement.text, rows: run() });
  }

  async sizeOfLog(set: string): Promise<LogSize> {
    const [row] = await this.#read({ text: this.dialect.log.size(changeTable(set)), parameters: {} });
    return { rows: Number(row?.rows ?? 0), lagSeconds: Number(row?.lag ?? 0) };
  }

  async atomically<T>(work: () => Promise<T>): Promise<T> {
    const outer = this.#unit.getStore();
    if (outer !== undefined) return outer.part(work);
    const started = Date.now();
    for (let attempt = 1; ; attempt++) {
      const transaction = await this.transaction();
      const unit = new UnitOfWork(transaction);
      try {
        const result = await this.#unit.run(unit, work);
        await unit.commit();
        return result;
      } catch (error) {
        await unit.rollback();
        const isLast = attempt >= mostAttempts || Date.now() - started > latestAttempt;
        if (!transaction.mayTryAgain || isLast) throw error;
        // Those that lost against each other do not meet again.
        await sleep(Math.random() * 10 * 2 ** attempt);
      }
    }
  }

  async insert(aggregate: NewAggregate): Promise<StoredEntity | undefined> {
    const turn = ownTurn();
    if (turn !== undefined) await turn;
    const stamp = this.#stamp();
    const document = versioned(aggregate, Number(stamp.version));
    const [row] = await this.#write(this.statements.insert({ ...aggregate, document }, stamp));
    return row === undefined ? undefined : entityOf(row, aggregate.set.key);
  }

  async find(key: AggregateKey, contained: readonly string[]): Promise<StoredEntity | undefined> {
    const [row] = await this.#read(selecting(this.dialect, key, wholeRow(this.dialect, key.set, contained)));
    return row === undefined ? undefined : entityOf(row, key.set.key);
  }

  async findContained(key: AggregateKey, at: readonly ContainedStep[]): Promise<StoredEntity | null | undefined> {
    const parameters = new Parameters(this.dialect);
    const document = this.dialect.jsonAt('document', pathOf(at), parameters);
    const columns = `${this.dialect.fetched(document)} AS document`;
    const [row] = await this.#read(selecting(this.dialect, key, columns, parameters));
    if (row === undefined) return undefined;
    return row.document === null ? null : containedOf(row);
  }

  async hold(key: AggregateKey): Promise<boolean> {
    const { text, parameters } = selecting(this.dialect, key, 'id');
    const { holding } = this.dialect;
    const unit = this.#unit.getStore();
    const statement = { text: holding === '' || unit === undefined ? text : `${text} ${holding}`, parameters };
    return (await this.#read(statement)).length > 0;
  }

  async read(read: BoundRead, scope: Scope, mayBeOld = true): Promise<ReadResult> {
    const compiled = compileRead(this.dialect, read, scope);
    checkLength(compiled);
    const asTexts = read.asTexts === true && this.dialect.printsCompactJson;
    const rows = await this.#read(mayBeOld ? compiled : { ...compiled, mayBeOld });
    return readResult(read, { kind: compiled.kind, asTexts }, rows);
  }

  async secret(): Promise<Buffer> {
    const [row] = await this.#read({ text: `SELECT secret FROM ${secretTable}`, parameters: {} });
    return Buffer.from(row?.secret as string, 'hex');
  }

  async endOfChanges(set: string): Promise<LogPosition | undefined> {
    const [row] = await this.#read(compileEnd(this.dialect, set));
    return row === undefined ? undefined : endOfLog(row);
  }

  async readChanges(read: BoundRead, scope: Scope, after: LogPosition): Promise<ChangesResult> {
    return changesResult(read, after, await this.#read(compileChanges(this.dialect, read, scope, after)));
  }

  async history(set: string, query: HistoryQuery): Promise<readonly LoggedChange[]> {
    return (await this.#read(compileHistory(this.dialect, set, query))).map(loggedChange);
  }

  async forgetChanges(set: string, before: number, limit: number): Promise<number> {
    return (await this.#write(compileForget(this.dialect, set, before, limit))).length;
  }

  async merge(key: AggregateKey, merge: Merge): Promise<WriteOutcome> {
    const turn = ownTurn();
    if (turn !== undefined) await turn;
    const stamp = this.#stamp();
    const { merges } = this.bounds;
    const known = merges && (await this.#untilDone(this.#mergeHere(merges, { key, merge, stamp })));
    if (known !== undefined) return { kind: 'done', entity: known };
    const [row] = await this.#write(this.statements.merge(key, merge, stamp));
    if (row === undefined) return { kind: await this.#whyNotMerged(key, merge) };
    return { kind: 'done', entity: (merge.at ?? []).length === 0 ? entityOf(row, key.set.key) : containedOf(row) };
  }

  async #untilDone<T>(merging: Promise<T>): Promise<T> {
    const id = (this.#lastMerge += 1);
    this.#merging.add(id, merging);
    try {
      return await merging;
    } finally {
      void this.#merging.take(id);
    }
  }

  /** Waits for the merges that have begun and need a further statement. */
  protected async merged(): Promise<void> {
    await Promise.allSettled([...this.#merging].map(([, merging]) => merging));
  }

  /** Undefined where the statement that merges has to do it: it waits for others, and knows why there is nothing to do. */
  async #mergeHere(
    merges: OptimisticMerges,
    { key, merge, stamp }: { readonly key: AggregateKey; readonly merge: Merge; readonly stamp: Stamp },
  ): Promise<StoredEntity | undefined> {
    const reading = merges.reading(key, merge);
    const [row] = reading === undefined ? [] : await this.#read(reading);
    const made = row && merges.merged(key, merge, { row, stamp });
    // In a unit of work what stays as it is is locked all the same, which the statement does.
    if (made?.statement === undefined) return this.#unit.getStore() === undefined ? made?.entity : undefined;
    const written = await this.#write(made.statement);
    return written.length === 0 ? undefined : made.entity;
  }

  async #whyNotMerged(key: AggregateKey, merge: Merge): Promise<'missing' | 'refused' | 'taken'> {
    const { at = [], onlyNew = false, orCreate, precondition } = merge;
    if (onlyNew) return (await this.#entityAt(key, at)) === undefined ? 'missing' : 'taken';
    if (orCreate === undefined) return this.#whyNot(key, merge);
    // One that would have been made needs only what it is in.
    if (Object.keys(precondition).length === 0) return 'missing';
    return (await this.#entityAt(key, at.slice(0, -1))) === undefined ? 'missing' : 'refused';
  }

  async #entityAt(key: AggregateKey, at: readonly ContainedStep[] = []): Promise<StoredEntity | undefined> {
    return (at.length === 0 ? await this.find(key, []) : await this.findContained(key, at)) ?? undefined;
  }

  async countMembers(members: Members, most: number): Promise<number> {
    const parameters = new Parameters(this.dialect);
    const where = areMembers(this.dialect, members, { parameters, row: 'e' });
    const found = `SELECT 1 FROM ${this.dialect.name(members.set.name)} AS e WHERE ${where.join(' AND ')}`;
    const text = `SELECT count(*) AS count FROM (${found} LIMIT ${parameters.limit(most)}) AS found`;
    const [row] = await this.#read({ text, parameters: parameters.values });
    return Number(row?.count);
  }

  async mergeMembers(members: Members, change: EntityChange): Promise<readonly StoredEntity[]> {
    const turn = ownTurn();
    if (turn !== undefined) await turn;
    const statement = this.statements.mergeMembers(members, change, this.#stamp());
    const rows = await this.#write({ ...statement, mostBytes: this.bounds.resultBytes });
    return [...rows].sort(byId).map((row) => entityOf(row, members.set.key));
  }

  async deleteMembers(members: Members): Promise<readonly string[]> {
    const rows = await this.#write(this.statements.deleteMembers(members));
    return [...rows].sort(byId).map(({ id }) => id as string);
  }

  async delete(key: AggregateKey, write: EntityWrite): Promise<Removal> {
    const [row] = await this.#write(this.statements.delete(key, write, this.#stamp()));
    return row === undefined ? this.#whyNot(key, write) : 'done';
  }

  async scan(
    set: AggregateSet,
    after: Pick<StoredAggregate, 'tenant' | 'id'> | undefined,
    limit: number,
  ): Promise<readonly StoredAggregate[]> {
    const rows = await this.#read(this.statements.scan(set, after, limit));
    return rows.map((row) => ({
      tenant: row.tenant as string,
      owner: row.owner as string,
      id: row.id as string,
      version: Number(row.version),
      createdAt: Number(row.created_at),
      modifiedAt: Number(row.modified_at),
      document: jsonOf(row.document) as JsonObject,
    }));
  }

  async restore(set: AggregateSet, aggregate: StoredAggregate): Promise<RestoreOutcome> {
    const [row] = await this.#write(this.statements.restore(set, aggregate));
    if (row !== undefined) return 'restored';
    const { tenant, owner, id, version } = aggregate;
    const found = await this.find({ set, scope: { tenant, owner }, id }, []);
    return found?.[versionMember] === version ? 'present' : 'different';
  }

  /**
   * Why a write found no row: the entity was not there, or its precondition did not hold. The answer is true of the
   * moment of the write even where the entity has changed since, because versions never come back. Without a condition
   * nothing is asked: the entity may have been made since.
   */
  async #whyNot(key: AggregateKey, { at, precondition, conditions = [] }: EntityWrite): Promise<'missing' | 'refused'> {
    const { ifMatch, ifNoneMatch } = precondition;
    if (ifMatch === undefined && ifNoneMatch === undefined) return 'missing';
    const found = await this.#entityAt(key, at);
    if (found === undefined) return 'missing';
    // Where the precondition holds it was another condition.
    return conditions.length > 0 && holds(precondition, found[versionMember]) ? 'missing' : 'refused';
  }

  /**
   * Versions are hundredths of milliseconds since 1970, never twice the same from one process, and an entity's next one
   * is always greater than its last: an entity that was deleted and made again does not meet an ETag of its former life.
   * Fifteen digits, which a double holds.
   */
  #stamp(): Stamp {
    const now = Date.now();
    this.#lastVersion = Math.max(this.#lastVersion + 1, now * 100);
    return { now, version: BigInt(this.#lastVersion) };
  }
}
