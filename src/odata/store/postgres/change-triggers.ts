import { createHash, randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { AggregateSet } from '../aggregate-store.js';
import { type ChangeLogMode, changeTable } from '../change-log.js';
import type { Dialect } from '../sql/dialect.js';
import { quoteText } from './postgres-values.js';
import { shortName } from '../sql/short-name.js';

/** The variable of the transaction that names who acts; every statement that writes sets it. */
export const actorVariable = 'odata.actor';

/**
 * The migration that makes the log of an entity set, and the table that says of each how it is kept. The log is ordered
 * by transaction first; see `log` of the dialect.
 */
export function createChangeLog(set: string, dialect: Dialect, collation: string): string {
  const log = changeTable(set);
  const index = (suffix: string): string => dialect.name(shortName(`${log}_${suffix}`));
  const table = dialect.name(log);
  return `
    CREATE TABLE IF NOT EXISTS change_log (
      entity_set text NOT NULL PRIMARY KEY,
      mode text NOT NULL,
      definition text NOT NULL,
      epoch text NOT NULL
    );
    CREATE TABLE ${table} (
      tenant text ${collation} NOT NULL,
      xid bigint NOT NULL,
      sequence bigint GENERATED ALWAYS AS IDENTITY,
      id text ${collation} NOT NULL,
      owner text ${collation} NOT NULL,
      version bigint NOT NULL,
      kind text NOT NULL,
      properties jsonb,
      actor text,
      at timestamptz NOT NULL,
      PRIMARY KEY (tenant, xid, sequence)
    );
    CREATE INDEX ${index('by_owner')} ON ${table} (tenant, owner, xid, sequence);
    CREATE INDEX ${index('by_id')} ON ${table} (tenant, id, xid, sequence);
    CREATE INDEX ${index('by_age')} ON ${table} (at);`;
}

/**
 * The paths of the properties that a change touched, as a JSON array; of contained entities, which are the objects with
 * a version, one step further where they are there before and after.
 */
const changedPaths = `(SELECT coalesce(jsonb_agg(path ORDER BY path), '[]') FROM (
      SELECT name, old_value, new_value, jsonb_typeof(old_value) = 'object' AND jsonb_typeof(new_value) = 'object'
          AND old_value ? '$version' AND new_value ? '$version' AS is_inside
        FROM (SELECT key AS name, before -> key AS old_value, value AS new_value FROM jsonb_each(after)
          UNION ALL SELECT key, value, NULL FROM jsonb_each(before) WHERE NOT after ? key) AS members
        WHERE old_value IS DISTINCT FROM new_value AND name <> '$version') AS outside
    CROSS JOIN LATERAL (
      SELECT name AS path WHERE is_inside IS NOT TRUE
      UNION ALL SELECT name || '/' || key FROM jsonb_each(CASE WHEN is_inside THEN new_value ELSE '{}' END)
        WHERE value IS DISTINCT FROM old_value -> key AND key <> '$version'
      UNION ALL SELECT name || '/' || key FROM jsonb_object_keys(CASE WHEN is_inside THEN old_value ELSE '{}' END) AS key
        WHERE NOT new_value ? key) AS paths)`;

/** That an update takes an entity from where it was: those who see it there are told that it is gone. */
const isMoved = '(OLD.tenant, OLD.id, OLD.owner) <> (NEW.tenant, NEW.id, NEW.owner)';

/**
 * The condition that an update is logged by the trigger: what it leaves as it was keeps its version, and who has logged it
 * in the same statement says so, by setting `logged_version` to the version that it gives. The same number left from before
 * says nothing.
 */
const untold = `(OLD.version <> NEW.version OR ${isMoved}) AND (NEW.logged_version IS DISTINCT FROM NEW.version
        OR NEW.logged_version IS NOT DISTINCT FROM OLD.logged_version)`;

/** The migration that lets a statement say that it has logged what it writes. */
export function createLoggedVersion(set: string, dialect: Dialect): string {
  return `ALTER TABLE ${dialect.name(set)} ADD COLUMN logged_version bigint;`;
}

/** Logs the change of one row. */
function functionText(log: string, mode: ChangeLogMode): string {
  const isFull = mode === 'full';
  const actor = `nullif(current_setting(${quoteText(actorVariable)}, true), '')`;
  const logged = (row: string, kind: string, properties: string): string => {
    const values = [
      `${row}.tenant`,
      'pg_current_xact_id()::text::bigint',
      ...['id', 'owner', 'version'].map((name) => `${row}.${name}`),
    ];
    return `INSERT INTO ${log} (tenant, xid, id, owner, version, kind, properties, actor, at) VALUES (
        ${[...values, kind, ...(isFull ? [properties, actor] : ['NULL', 'NULL']), 'clock_timestamp()'].join(', ')});`;
  };
  return `
  DECLARE
    entity record;
    before jsonb := '{}';
    after jsonb := '{}';
  BEGIN
    IF TG_OP = 'DELETE' THEN
      entity := OLD;
    ELSE
      entity := NEW;
      after := NEW.document;
    END IF;
    IF TG_OP = 'UPDATE' THEN
      before := OLD.document;
      IF ${isMoved} THEN
        ${logged('OLD', "'deleted'", "'[]'")}
      END IF;
    END IF;
    ${logged('entity', "CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'UPDATE' THEN 'updated' ELSE 'deleted' END", changedPaths)}
    RETURN NULL;
  END`;
}

/** Keeps the triggers that log the changes of the entity sets of a database. */
export class ChangeTriggers {
  constructor(
    private readonly client: Client,
    private readonly dialect: Dialect,
    private readonly mode: ChangeLogMode,
  ) {}

  #text({ name }: AggregateSet): string {
    const { dialect, mode } = this;
    const table = dialect.name(name);
    const trigger = dialect.name(shortName(`${name}_logs`));
    const call = dialect.name(shortName(`${name}_log_change`));
    const ofUpdates = dialect.name(shortName(`${name}_logs_update`));
    const drop = `DROP TRIGGER IF EXISTS ${trigger} ON ${table}; DROP TRIGGER IF EXISTS ${ofUpdates} ON ${table};`;
    if (mode === 'off') return drop;
    const body = quoteText(functionText(dialect.name(changeTable(name)), mode));
    return `${drop} CREATE OR REPLACE FUNCTION ${call}() RETURNS trigger LANGUAGE plpgsql AS ${body};
      CREATE TRIGGER ${trigger} AFTER INSERT OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${call}();
      CREATE TRIGGER ${ofUpdates} AFTER UPDATE ON ${table} FOR EACH ROW WHEN (${untold}) EXECUTE FUNCTION ${call}();`;
  }

  #digest(set: AggregateSet): string {
    return createHash('sha256')
      .update(`${this.mode} ${this.#text(set)}`)
      .digest('hex');
  }

  /** Whether the changes of an entity set are logged as they shall be. */
  async areKept(set: AggregateSet): Promise<boolean> {
    const text = `SELECT definition FROM change_log WHERE entity_set = ${quoteText(set.name)}`;
    const { rows } = await this.client.query<{ definition: string }>(text);
    return rows[0]?.definition === this.#digest(set);
  }

  /**
   * Has the changes of an entity set logged as they shall be. They are triggers of the database, so that no way of writing
   * escapes them; to make one waits for the transactions that write. Where there was no log for a while a new life of it
   * begins: no position from before means anything.
   */
  async keep(set: AggregateSet): Promise<void> {
    if (await this.areKept(set)) return;
    const values = [set.name, this.mode, this.#digest(set), randomUUID()].map(quoteText);
    await this.client.query(`BEGIN; ${this.#text(set)}
      INSERT INTO change_log AS kept (entity_set, mode, definition, epoch) VALUES (${values.join(', ')})
      ON CONFLICT (entity_set) DO UPDATE SET mode = excluded.mode, definition = excluded.definition,
        epoch = CASE kept.mode WHEN 'off' THEN excluded.epoch ELSE kept.epoch END;
      COMMIT`);
  }
}
