import { randomUUID } from 'node:crypto';
import { ODataError } from '../../protocol/odata-error.js';
import type { ArrivingContent, KeptContent, MediaBounds, MediaPlace, MediaStore } from '../media-store.js';
import { Parameters, type SqlParameter, type Statement } from './parameters.js';
import type { SqlRow } from './rows.js';
import type { Runner } from './sql-jobs.js';
import { TenantRoom } from './tenant-room.js';

/** Names of the table of what contents there are, and of that of their bytes. */
export const contentTable = 'media_content';
const partTable = 'media_part';

/** Bytes of a part of a content: of so many, and of what arrives meanwhile, is what a stream takes in memory. */
const partBytes = 262_144;
/** After how many bytes, or milliseconds, of an arriving content its place in the tenant's room is renewed. */
const renewal = { bytes: 8_388_608, after: 30_000 } as const;
/** Parts that one statement removes, so that none keeps others waiting; contents that are looked up at once. */
const removedAtOnce = 16;
const sweptAtOnce = 100;

/**
 * The tables of contents, in SQL that every database reads. `unused_since` is null while a document refers to the content:
 * triggers on the tables of the entity sets see to that.
 */
export function createMediaTables(
  { text, integer, bytes }: { readonly text: string; readonly integer: string; readonly bytes: string },
  suffix: string,
): string {
  return `
    CREATE TABLE ${contentTable} (
      id ${text} NOT NULL PRIMARY KEY,
      tenant ${text} NOT NULL,
      bytes ${integer} NOT NULL,
      unused_since ${integer}
    )${suffix};
    CREATE INDEX ${contentTable}_by_tenant ON ${contentTable} (tenant, bytes);
    CREATE INDEX ${contentTable}_unused ON ${contentTable} (unused_since) WHERE unused_since IS NOT NULL;
    CREATE TABLE ${partTable} (
      content ${text} NOT NULL,
      part ${integer} NOT NULL,
      bytes ${bytes} NOT NULL,
      PRIMARY KEY (content, part)
    )${suffix};`;
}

type Values = Record<string, SqlParameter>;
type Of = (name: string) => string;

function statementOf({ placeholders }: Runner, values: Values, write: (of: Of) => string): Statement {
  const parameters = new Parameters(placeholders);
  const text = write((name) => parameters.named(name, values[name] ?? null));
  return { text, parameters: parameters.values };
}

/** An integer among the parameters, where nothing else says that it is one. */
function integer(of: Of, name: string): string {
  return `CAST(${of(name)} AS BIGINT)`;
}

/** The bytes of a column: SQLite gives them as they are, PostgreSQL as text in hexadecimal digits behind `\x`. */
function bytesOf(column: SqlRow[string] | undefined): Uint8Array {
  return typeof column === 'string' ? Buffer.from(column.slice(2), 'hex') : (column as Uint8Array);
}

/** Parts of one size, of bytes as they come; the last one is shorter. */
async function* inParts(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    let left = chunk;
    while (length + left.length >= partBytes) {
      yield Buffer.concat([...waiting, left.subarray(0, partBytes - length)]);
      left = left.subarray(partBytes - length);
      [waiting, length] = [[], 0];
    }
    if (left.length > 0) waiting.push(left);
    length += left.length;
  }
  if (length > 0) yield Buffer.concat(waiting, length);
}

/** Contents in a table of a SQL database, in parts. */
export class MediaTable implements MediaPlace {
  constructor(private readonly runner: Runner) {}

  async write(content: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    let part = 0;
    for await (const one of inParts(bytes)) {
      const values = { content, part, bytes: one };
      const text = (of: Of): string =>
        `INSERT INTO ${partTable} (content, part, bytes) VALUES (${of('content')}, ${of('part')}, ${of('bytes')})`;
      await this.runner.write(statementOf(this.runner, values, text));
      part += 1;
    }
  }

  async *read(content: string, from: number, end: number): AsyncGenerator<Uint8Array, void> {
    for (let at = from; at < end;) {
      const part = Math.floor(at / partBytes);
      const first = part * partBytes;
      const text = (of: Of): string =>
        `SELECT bytes FROM ${partTable} WHERE content = ${of('content')} AND part = ${of('part')}`;
      const [row] = await this.runner.read(statementOf(this.runner, { content, part }, text));
      if (row === undefined) throw new Error(`The content ${content} has no part ${part} any more`);
      const bytes = bytesOf(row.bytes);
      yield bytes.subarray(at - first, Math.min(end - first, bytes.length));
      at = first + partBytes;
    }
  }

  async remove(content: string): Promise<void> {
    const text = (of: Of): string => `DELETE FROM ${partTable} WHERE content = ${of('content')} AND part IN (
      SELECT part FROM ${partTable} WHERE content = ${of('content')} ORDER BY part DESC LIMIT ${removedAtOnce}
    ) RETURNING part`;
    for (let removed = removedAtOnce; removed === removedAtOnce;)
      removed = (await this.runner.write(statementOf(this.runner, { content }, text))).length;
  }
}

/** The largest room of a tenant: none that is bounded. */
const unbounded: MediaBounds = { one: Number.MAX_SAFE_INTEGER, ofTenant: Number.MAX_SAFE_INTEGER };

/** What contents there are, in a table; their bytes are wherever `place` has them. */
export class SqlMedia implements MediaStore {
  readonly #room = new TenantRoom((tenant) => this.#bytesOf(tenant));

  constructor(
    private readonly runner: Runner,
    private readonly place: MediaPlace,
    /** Of a place that is not undone with a transaction: has something done where that is. */
    private readonly whenUndone?: (work: () => Promise<void>) => void,
  ) {}

  async keep(arriving: ArrivingContent, bounds: MediaBounds): Promise<KeptContent> {
    const content = randomUUID();
    return { content, length: await this.#write(content, arriving, bounds) };
  }

  async restore(content: string, arriving: ArrivingContent): Promise<void> {
    const known = (of: Of): string => `SELECT unused_since FROM ${contentTable} WHERE id = ${of('content')}`;
    const [row] = await this.#read({ content }, known);
    if (row?.unused_since === null) return;
    // What is left of one that was cut off.
    if (row !== undefined) await this.#remove(content);
    await this.#write(content, arriving, unbounded);
  }

  /** Gives how many bytes it has. */
  async #write(content: string, { tenant, bytes, declared }: ArrivingContent, bounds: MediaBounds): Promise<number> {
    if (declared !== undefined && declared > bounds.one) throw tooLarge(bounds.one);
    let [length, reserved] = [0, declared ?? 0];
    let renewed = { at: Date.now(), length };
    await this.#room.take(tenant, reserved, bounds.ofTenant);
    await this.#begin({ content, tenant, bytes: reserved });
    this.whenUndone?.(() => this.place.remove(content));
    const renew = async (now: number): Promise<void> => {
      await this.#room.take(tenant, now - reserved, bounds.ofTenant);
      reserved = now;
      renewed = { at: Date.now(), length };
      await this.#renew({ content, bytes: reserved });
    };
    async function* counted(): AsyncGenerator<Uint8Array, void> {
      for await (const chunk of bytes) {
        length += chunk.length;
        if (length > bounds.one) throw tooLarge(bounds.one);
        const isMany = length - renewed.length > renewal.bytes;
        if (isMany || Date.now() - renewed.at > renewal.after) await renew(Math.max(length, reserved));
        yield chunk;
      }
    }
    await this.place.write(content, counted());
    await renew(length);
    return length;
  }

  async #begin(values: Values): Promise<void> {
    await this.#change({ ...values, now: Date.now() }, (of) => {
      const columns = [of('content'), of('tenant'), of('bytes'), of('now')].join(', ');
      return `INSERT INTO ${contentTable} (id, tenant, bytes, unused_since) VALUES (${columns})`;
    });
  }

  async #renew(values: Values): Promise<void> {
    await this.#change(
      { ...values, now: Date.now() },
      (of) =>
        `UPDATE ${contentTable} SET bytes = ${of('bytes')}, unused_since = ${of('now')} WHERE id = ${of('content')}`,
    );
  }

  async #bytesOf(tenant: string): Promise<number> {
    const text = (of: Of): string =>
      `SELECT coalesce(sum(bytes), 0) AS bytes FROM ${contentTable} WHERE tenant = ${of('tenant')}`;
    const [row] = await this.#read({ tenant }, text);
    return Number(row?.bytes);
  }

  read(content: string, from: number, end: number): AsyncIterable<Uint8Array> {
    return this.place.read(content, from, end);
  }

  async #remove(content: string): Promise<void> {
    await this.place.remove(content);
    const gone = (of: Of): string =>
      `DELETE FROM ${contentTable} WHERE id = ${of('content')} AND unused_since IS NOT NULL RETURNING id`;
    await this.#change({ content }, gone);
  }

  async sweep(before: number): Promise<number> {
    const due = (of: Of): string => `unused_since < ${integer(of, 'before')}`;
    let count = 0;
    for (let found = sweptAtOnce; found === sweptAtOnce;) {
      const rows = await this.#read(
        { before },
        (of) => `SELECT id FROM ${contentTable} WHERE ${due(of)} LIMIT ${sweptAtOnce}`,
      );
      found = rows.length;
      for (const { id } of rows) {
        await this.place.remove(id as string);
        const gone = (of: Of): string =>
          `DELETE FROM ${contentTable} WHERE id = ${of('id')} AND ${due(of)} RETURNING id`;
        count += (await this.#change({ id: id as string, before }, gone)).length;
      }
    }
    if (count > 0) this.#room.forget();
    return count;
  }

  #read(values: Values, write: (of: Of) => string): Promise<readonly SqlRow[]> {
    return this.runner.read(statementOf(this.runner, values, write));
  }

  #change(values: Values, write: (of: Of) => string): Promise<readonly SqlRow[]> {
    return this.runner.write(statementOf(this.runner, values, write));
  }
}

function tooLarge(most: number): ODataError {
  return new ODataError('streamTooLarge', `The stream has more than ${most} bytes.`);
}
