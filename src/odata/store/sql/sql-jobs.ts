import type { JsonObject } from '../../protocol/json/json-value.js';
import type { JobStore, Lease, NewJob, StoredJob } from '../job-store.js';
import { type ParameterDialect, Parameters, type SqlParameter, type Statement } from './parameters.js';
import type { SqlRow } from './rows.js';

/** Name of the one table of jobs. */
export const jobTable = 'async_job';

/**
 * The table of jobs, in SQL that every database reads. Requests and answers are text: no statement looks into them.
 * @param text type of a text, @param integer of 64 bits
 */
export function createJobTable(text: string, integer: string, suffix: string): string {
  return `
    CREATE TABLE ${jobTable} (
      id ${text} NOT NULL PRIMARY KEY,
      tenant ${text} NOT NULL,
      caller ${text} NOT NULL,
      request ${text} NOT NULL,
      attempts ${integer} NOT NULL,
      holder ${text} NOT NULL,
      lease_until ${integer} NOT NULL,
      created_at ${integer} NOT NULL,
      answer ${text},
      finished_at ${integer}
    )${suffix};
    CREATE INDEX ${jobTable}_unfinished ON ${jobTable} (lease_until) WHERE answer IS NULL;
    CREATE INDEX ${jobTable}_by_caller ON ${jobTable} (tenant, caller, finished_at);
    CREATE INDEX ${jobTable}_finished ON ${jobTable} (finished_at) WHERE answer IS NOT NULL;`;
}

const columns = 'id, tenant, caller, request, answer';

function jobOf(row: SqlRow): StoredJob {
  const { id, tenant, caller, request, answer } = row as Record<string, string | null>;
  return {
    id: id ?? '',
    tenant: tenant ?? '',
    caller: caller ?? '',
    request: JSON.parse(request ?? '{}') as JsonObject,
    answer: typeof answer === 'string' ? (JSON.parse(answer) as JsonObject) : undefined,
  };
}

/** How statements of a database are run. */
export interface Runner {
  readonly placeholders: ParameterDialect;
  read(statement: Statement): Promise<readonly SqlRow[]>;
  write(statement: Statement): Promise<readonly SqlRow[]>;
}

/** Jobs in a table of a SQL database. */
export class SqlJobs implements JobStore {
  constructor(private readonly runner: Runner) {}

  async add({ id, tenant, caller, request }: NewJob, { holder, until }: Lease): Promise<void> {
    const values = { id, tenant, caller, request: JSON.stringify(request), holder, until, created: Date.now() };
    await this.#write(
      values,
      (of) => `INSERT INTO ${jobTable}
      (id, tenant, caller, request, attempts, holder, lease_until, created_at)
      VALUES (${of('id')}, ${of('tenant')}, ${of('caller')}, ${of('request')}, 0, ${of('holder')}, ${of('until')}, ${of('created')})`,
    );
  }

  async find(id: string): Promise<StoredJob | undefined> {
    const [row] = await this.#read({ id }, (of) => `SELECT ${columns} FROM ${jobTable} WHERE id = ${of('id')}`);
    return row && jobOf(row);
  }

  async kept(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const named = Object.fromEntries(ids.map((id, at) => [`id${at}`, id]));
    const rows = await this.#read(
      named,
      (of) => `SELECT id FROM ${jobTable} WHERE id IN (${Object.keys(named).map(of).join(', ')})`,
    );
    return new Set(rows.map(({ id }) => id as string));
  }

  async countUnfinished(tenant: string, caller: string): Promise<number> {
    const [row] = await this.#read(
      { tenant, caller },
      (of) =>
        `SELECT count(*) AS count FROM ${jobTable} WHERE tenant = ${of('tenant')} AND caller = ${of('caller')} AND answer IS NULL`,
    );
    return Number(row?.count);
  }

  async resultBytes(tenant: string, caller: string): Promise<{ readonly own: number; readonly all: number }> {
    const [row] = await this.#read(
      { tenant, caller },
      (of) => `SELECT coalesce(sum(octet_length(answer)), 0) AS total, coalesce(sum(CASE
          WHEN tenant = ${of('tenant')} AND caller = ${of('caller')} THEN octet_length(answer) END), 0) AS own
        FROM ${jobTable} WHERE answer IS NOT NULL`,
    );
    return { own: Number(row?.own), all: Number(row?.total) };
  }

  async claim({ holder, until }: Lease): Promise<StoredJob | undefined> {
    const now = Date.now();
    const isFree = (of: (name: string) => string): string => `answer IS NULL AND lease_until < ${of('now')}`;
    // Of several processes that find it, one takes it.
    const [row] = await this.#write(
      { now, holder, until },
      (of) => `UPDATE ${jobTable} SET holder = ${of('holder')}, lease_until = ${of('until')} WHERE ${isFree(of)}
        AND id = (SELECT id FROM ${jobTable} WHERE ${isFree(of)} ORDER BY created_at, id LIMIT 1) RETURNING ${columns}`,
    );
    return row && jobOf(row);
  }

  async begin(id: string, holder: string): Promise<number | undefined> {
    const [row] = await this.#write(
      { id, holder },
      (of) => `UPDATE ${jobTable} SET attempts = attempts + 1
        WHERE id = ${of('id')} AND holder = ${of('holder')} AND answer IS NULL RETURNING attempts`,
    );
    return row && Number(row.attempts);
  }

  async renew(ids: readonly string[], { holder, until }: Lease): Promise<void> {
    if (ids.length === 0) return;
    const named = Object.fromEntries(ids.map((id, at) => [`id${at}`, id]));
    await this.#write(
      { ...named, holder, until },
      (of) => `UPDATE ${jobTable} SET lease_until = ${of('until')}
        WHERE id IN (${Object.keys(named).map(of).join(', ')}) AND holder = ${of('holder')} AND answer IS NULL`,
    );
  }

  async finish(id: string, holder: string, answer: JsonObject): Promise<boolean> {
    const rows = await this.#write(
      { id, holder, answer: JSON.stringify(answer), now: Date.now() },
      (of) => `UPDATE ${jobTable} SET answer = ${of('answer')}, request = '{}', finished_at = ${of('now')}
        WHERE id = ${of('id')} AND holder = ${of('holder')} AND answer IS NULL RETURNING id`,
    );
    return rows.length > 0;
  }

  async cancel(id: string, begun: boolean): Promise<boolean> {
    const unbegun = begun ? '' : ' AND attempts = 0';
    const rows = await this.#write(
      { id },
      (of) => `DELETE FROM ${jobTable} WHERE id = ${of('id')} AND answer IS NULL${unbegun} RETURNING id`,
    );
    return rows.length > 0;
  }

  async remove(id: string): Promise<void> {
    await this.#write({ id }, (of) => `DELETE FROM ${jobTable} WHERE id = ${of('id')}`);
  }

  async keepResults(tenant: string, caller: string, most: number): Promise<void> {
    const theirs = (of: (name: string) => string): string =>
      `tenant = ${of('tenant')} AND caller = ${of('caller')} AND answer IS NOT NULL`;
    await this.#write(
      { tenant, caller, newer: most - 1 },
      (of) => `DELETE FROM ${jobTable} WHERE ${theirs(of)} AND finished_at <
        (SELECT finished_at FROM ${jobTable} WHERE ${theirs(of)} ORDER BY finished_at DESC LIMIT 1 OFFSET ${of('newer')})`,
    );
  }

  async purge(before: number): Promise<void> {
    await this.#write(
      { before },
      (of) => `DELETE FROM ${jobTable} WHERE answer IS NOT NULL AND finished_at < ${of('before')}`,
    );
  }

  #read(values: Record<string, SqlParameter>, write: (of: (name: string) => string) => string) {
    return this.runner.read(this.#statement(values, write));
  }

  #write(values: Record<string, SqlParameter>, write: (of: (name: string) => string) => string) {
    return this.runner.write(this.#statement(values, write));
  }

  #statement(values: Record<string, SqlParameter>, write: (of: (name: string) => string) => string): Statement {
    const parameters = new Parameters(this.runner.placeholders);
    const text = write((name) => parameters.named(name, values[name] ?? null));
    return { text, parameters: parameters.values };
  }
}
