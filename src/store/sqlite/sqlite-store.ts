import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isJsonObject, type JsonObject, type JsonValue } from '../../odata/json/json-value.js';
import { parseOwnJson } from '../../odata/json/parse-json.js';
import { stringifyJson } from '../../odata/json/stringify-json.js';
import { type StoredEntity, versionMember } from '../../odata/payload/stored-entity.js';
import type { Precondition } from '../../odata/precondition.js';
import { textKeyOf } from '../aggregate-set.js';
import { AggregateStore } from '../aggregate-store.js';
import type { AggregateKey, AggregateSet, Merge, NewAggregate, Scope, WriteOutcome } from '../aggregate-store.js';
import type { BoundRead, OrderValue, ReadResult } from '../../odata/query/bound.js';
import { compileRead } from '../sql/compile-read.js';
import { sqliteDialect } from './sqlite-dialect.js';
import { StoreSetupError } from '../store-setup-error.js';
import { migrate } from './migrations.js';
import type { SqlRow, SqlValue } from './sqlite-protocol.js';
import { SqliteThread } from './sqlite-thread.js';
import * as statements from './statements.js';

/** How a SQLite store is opened. */
export interface SqliteStoreOptions {
  readonly path: string;
  readonly sets: readonly AggregateSet[];
  /** Threads that read; long reads on one of them leave the others free. */
  readonly readers: number;
}

type Parameters = Record<string, SqlValue>;

function entityOf(row: SqlRow, key: string | undefined): StoredEntity {
  const document = parseOwnJson(row.document as string) as JsonObject;
  return {
    ...document,
    ...(key === undefined ? {} : { [key]: row.id as string }),
    [versionMember]: Number(row.version),
  };
}

function numberOf(value: SqlRow[string] | undefined): number | undefined {
  return value === undefined || value === null ? undefined : Number(value);
}

/** The values by which a row was ordered: columns `o0`, `o1` and so on. */
function orderOf(row: SqlRow): readonly OrderValue[] {
  const order: OrderValue[] = [];
  for (let value = row.o0; value !== undefined; value = row[`o${order.length}`]) order.push(value);
  return order;
}

function containedOf(row: SqlRow): StoredEntity {
  return parseOwnJson(row.document as string) as StoredEntity;
}

function scopeParameters({ tenant, owner }: Scope): Parameters {
  return owner === undefined ? { tenant } : { tenant, owner };
}

function conditionParameter(condition: '*' | readonly number[] | undefined): string | null {
  return condition === undefined || condition === '*' ? (condition ?? null) : JSON.stringify(condition);
}

function preconditionParameters({ ifMatch, ifNoneMatch }: Precondition): Parameters {
  return { if_match: conditionParameter(ifMatch), if_none_match: conditionParameter(ifNoneMatch) };
}

/**
 * Aggregates in one SQLite file. One thread writes, others read; the thread that calls never touches the disk.
 */
export class SqliteStore extends AggregateStore {
  #lastVersion = 0;

  private constructor(
    private readonly writer: SqliteThread,
    private readonly readers: readonly SqliteThread[],
  ) {
    super();
  }

  /**
   * Opens the file, creates or migrates it first.
   * @throws StoreSetupError where that cannot be
   */
  static async open({ path, sets, readers }: SqliteStoreOptions): Promise<SqliteStore> {
    try {
      mkdirSync(dirname(path), { recursive: true });
    } catch (cause) {
      throw new StoreSetupError(`The folder of ${path} cannot be made: ${(cause as Error).message}`, { cause });
    }
    migrate(path, sets);
    const writer = await SqliteThread.open({ path, role: 'writer' });
    const readerThreads = Array.from({ length: readers }, () => SqliteThread.open({ path, role: 'reader' }));
    return new SqliteStore(writer, await Promise.all(readerThreads));
  }

  async insert({ set, tenant, owner, id, document }: NewAggregate): Promise<StoredEntity | undefined> {
    const stamp = this.#stamp();
    const versioned = { ...document };
    for (const name of set.contained) {
      const contained = versioned[name];
      const tag = (entity: JsonValue): JsonObject => ({
        ...(entity as JsonObject),
        [versionMember]: Number(stamp.version),
      });
      if (contained !== undefined) versioned[name] = Array.isArray(contained) ? contained.map(tag) : tag(contained);
    }
    const parameters = { tenant, owner, id, document: stringifyJson(versioned), ...stamp };
    const [row] = await this.writer.run(statements.insertStatement(set), parameters);
    return row === undefined ? undefined : entityOf(row, set.key);
  }

  async find({ set, scope, id }: AggregateKey, contained: readonly string[]): Promise<StoredEntity | undefined> {
    const sql = statements.findStatement(set, scope, contained);
    const [row] = await this.#reader().run(sql, { ...scopeParameters(scope), id });
    return row === undefined ? undefined : entityOf(row, set.key);
  }

  async findContained({ set, scope, id }: AggregateKey, contained: string): Promise<StoredEntity | null | undefined> {
    const sql = statements.findContainedStatement(set, scope, contained);
    const [row] = await this.#reader().run(sql, { ...scopeParameters(scope), id });
    if (row === undefined) return undefined;
    return row.document === null ? null : containedOf(row);
  }

  async read(read: BoundRead, scope: Scope): Promise<ReadResult> {
    const { text, parameters, kind } = compileRead(sqliteDialect, read, scope);
    const rows = await this.#reader().run(text, parameters);
    const [first] = rows;
    const count = numberOf(first?.count);
    // What `$apply` gives has its key, if any, in the document.
    const inColumn = !read.path.isSingleton && read.apply === undefined;
    const key = inColumn ? textKeyOf(read.path.root.type) : undefined;
    if (kind === 'count') return { kind, count: count ?? 0 };
    if (kind === 'page') {
      const found = rows.filter(({ id }) => id !== null);
      return {
        kind,
        count,
        rows: found.map((row) => ({
          entity: read.apply === undefined ? entityOf(row, key) : containedOf(row),
          order: orderOf(row),
        })),
      };
    }
    if (first === undefined) return { kind: 'missing' };
    const value = first.value === null || first.value === undefined ? null : parseOwnJson(first.value as string);
    const isRoot = read.path.steps.length === 0 && isJsonObject(value);
    const entity = isRoot && key !== undefined ? { ...value, [key]: first.id as string } : value;
    return { kind: 'one', present: first.present === 1, value: entity, version: numberOf(first.version), count };
  }

  async merge(key: AggregateKey, { contained, patch, orCreate, precondition }: Merge): Promise<WriteOutcome> {
    const { set, scope, id } = key;
    const parameters: Parameters = {
      ...scopeParameters(scope),
      ...preconditionParameters(precondition),
      ...this.#stamp(),
      id,
      patch: stringifyJson(patch),
    };
    if (contained === undefined) {
      const [row] = await this.writer.run(statements.mergeStatement(set, scope), parameters);
      return row === undefined ? { kind: await this.#whyNot(key) } : { kind: 'done', entity: entityOf(row, set.key) };
    }
    parameters.blank = orCreate === undefined ? null : stringifyJson(orCreate);
    const [row] = await this.writer.run(statements.mergeContainedStatement(set, scope, contained), parameters);
    if (row !== undefined) return { kind: 'done', entity: containedOf(row) };
    return { kind: await this.#whyNot(key, orCreate === undefined ? contained : undefined) };
  }

  async delete(key: AggregateKey, precondition: Precondition): Promise<WriteOutcome['kind']> {
    const parameters = { ...scopeParameters(key.scope), ...preconditionParameters(precondition), id: key.id };
    const [row] = await this.writer.run(statements.deleteStatement(key.set, key.scope), parameters);
    return row === undefined ? this.#whyNot(key) : 'done';
  }

  async deleteContained(
    key: AggregateKey,
    contained: string,
    precondition: Precondition,
  ): Promise<WriteOutcome['kind']> {
    const parameters = {
      ...scopeParameters(key.scope),
      ...preconditionParameters(precondition),
      ...this.#stamp(),
      id: key.id,
    };
    const [row] = await this.writer.run(statements.deleteContainedStatement(key.set, key.scope, contained), parameters);
    return row === undefined ? this.#whyNot(key, contained) : 'done';
  }

  async ping(): Promise<void> {
    await Promise.all([this.writer, ...this.readers].map((thread) => thread.run('SELECT 1', {})));
  }

  async close(): Promise<void> {
    // The writer last: the last connection folds the log into the file, and a reader may not.
    await Promise.all(this.readers.map((reader) => reader.close()));
    await this.writer.close();
  }

  /**
   * Why a write found no row: the entity was not there, or its precondition did not hold. The answer is true of the
   * moment of the write even where the entity has changed since, because versions never come back.
   */
  async #whyNot(key: AggregateKey, contained?: string): Promise<'missing' | 'refused'> {
    const found = contained === undefined ? await this.find(key, []) : await this.findContained(key, contained);
    return found === undefined || found === null ? 'missing' : 'refused';
  }

  /** The reader with the least to do. */
  #reader(): SqliteThread {
    return this.readers.reduce((least, reader) => (reader.load < least.load ? reader : least));
  }

  /**
   * The time of a write, and the version that it gives at least: hundredths of milliseconds since 1970, never twice the
   * same, so that an entity that was deleted and made again never meets an ETag of its former life. Fifteen digits, which
   * a double holds.
   */
  #stamp(): { now: number; version: bigint } {
    const now = Date.now();
    this.#lastVersion = Math.max(this.#lastVersion + 1, now * 100);
    return { now, version: BigInt(this.#lastVersion) };
  }
}
