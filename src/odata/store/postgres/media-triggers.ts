import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import type { AggregateSet, StreamPath } from '../aggregate-store.js';
import type { Dialect } from '../sql/dialect.js';
import { contentTable } from '../sql/sql-media.js';
import { quoteText, textArray } from './postgres-values.js';

const prefix = 'odata_media_';

function isName(step: string | null): step is string {
  return step !== null;
}

/** The path up to the first collection, in which it is not fixed any more. */
function fixedPart(path: StreamPath): readonly string[] {
  const end = path.indexOf(null);
  return (end < 0 ? path : path.slice(0, end)).filter(isName);
}

/** The contents that a document refers to, as rows of `id`. */
function contentsOf(document: string, paths: readonly StreamPath[]): string {
  const found = paths.map((path) => {
    if (path.every(isName)) return `SELECT ${document} #>> ${quoteText(textArray([...path, 'content']))} AS id`;
    const steps = [...path, 'content'].map((step) => (step === null ? '.*' : `.${JSON.stringify(step)}`));
    return `SELECT jsonb_path_query(${document}, ${quoteText(`lax $${steps.join('')}`)}) #>> '{}' AS id`;
  });
  return `SELECT id FROM (${found.join(' UNION ALL ')}) AS contents WHERE id IS NOT NULL`;
}

/** What is done behind a change of a row: contents are used while a document refers to them, whoever writes it. */
function functionText(paths: readonly StreamPath[]): string {
  return `
  BEGIN
    IF TG_OP <> 'INSERT' THEN
      UPDATE ${contentTable} SET unused_since = (extract(epoch FROM clock_timestamp()) * 1000)::bigint
        WHERE tenant = OLD.tenant AND unused_since IS NULL AND id IN (${contentsOf('OLD.document', paths)})
        AND (TG_OP = 'DELETE' OR id NOT IN (${contentsOf('NEW.document', paths)}));
    END IF;
    IF TG_OP <> 'DELETE' THEN
      UPDATE ${contentTable} SET unused_since = NULL
        WHERE tenant = NEW.tenant AND id IN (${contentsOf('NEW.document', paths)});
    END IF;
    RETURN NULL;
  END`;
}

/** Whether an update may have changed what is referred to: most do not. */
function mayDiffer(paths: readonly StreamPath[]): string {
  const places = new Set(paths.map((path) => quoteText(textArray(fixedPart(path)))));
  return [...places].map((at) => `(OLD.document #> ${at}) IS DISTINCT FROM (NEW.document #> ${at})`).join(' OR ');
}

/** Keeps the triggers by which the contents are known that the members of entity sets refer to. */
export class MediaTriggers {
  constructor(
    private readonly client: Client,
    private readonly dialect: Dialect,
  ) {}

  /** The name is that of what they do, so that others have another one. */
  #name({ name, streams = [] }: AggregateSet): string {
    const text = `${name} ${functionText(streams)} ${mayDiffer(streams)}`;
    return `${prefix}${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  }

  async #present({ name }: AggregateSet): Promise<readonly string[]> {
    const table = quoteText(this.dialect.name(name));
    const text = `SELECT tgname AS name FROM pg_trigger
      WHERE tgrelid = to_regclass(${table}) AND tgname LIKE ${quoteText(`${prefix.replaceAll('_', '\\_')}%`)}`;
    return (await this.client.query<{ name: string }>(text)).rows.map((row) => row.name);
  }

  /** Whether it is known which contents the members of an entity set refer to. */
  async areKept(set: AggregateSet): Promise<boolean> {
    return set.streams === undefined || (await this.#present(set)).includes(`${this.#name(set)}_update`);
  }

  /** Keeps what the streams of an entity set need, and nothing else. To make a trigger waits for transactions that write. */
  async keep(set: AggregateSet): Promise<void> {
    const name = this.#name(set);
    const present = await this.#present(set);
    const table = this.dialect.name(set.name);
    const isWanted = set.streams !== undefined;
    if (isWanted && present.includes(`${name}_update`)) return;
    for (const other of present) await this.client.query(`DROP TRIGGER IF EXISTS ${other} ON ${table}`);
    if (!isWanted) return;
    const { streams = [] } = set;
    await this.client.query(`BEGIN;
      CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS ${quoteText(functionText(streams))};
      CREATE TRIGGER ${name} AFTER INSERT OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${name}();
      CREATE TRIGGER ${name}_update AFTER UPDATE OF document ON ${table}
        FOR EACH ROW WHEN (${mayDiffer(streams)}) EXECUTE FUNCTION ${name}();
      COMMIT`);
  }
}
