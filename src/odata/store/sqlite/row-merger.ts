import type { StatementSync } from 'node:sqlite';
import type { AggregateSet } from '../aggregate-store.ts';
import type { MemberOrder } from '../../protocol/payload/member-order.ts';
import type { SqlParameter } from '../sql/parameters.ts';
import type { RowMerge } from '../sql/row-merge.ts';
import type { SqlRow } from '../sql/rows.ts';
import { JsonText, UnknownTextError, versionMember } from './json-text.ts';
import { changedEntity, changedPaths, type EntityChangeText, withVersions } from './merge-entity.ts';

/** An entity set, and what its writer needs in SQL. */
export interface MergedSet extends Pick<AggregateSet, 'name' | 'contained' | 'order'> {
  /** Name of the table of its log, quoted, as are those of its own and of its columns. */
  readonly log: string;
  readonly table: string;
  readonly indexes: readonly IndexedColumn[];
}

/** An indexed value: its path, its column, and the value in SQL of the document `:document`. */
export interface IndexedColumn {
  readonly path: readonly string[];
  readonly column: string;
  readonly value: string;
}

type Parameters = Readonly<Record<string, SqlParameter>>;

/** A part of a merge was written, and the rest could not be: only the whole transaction can be undone. */
export class HalfWrittenError extends Error {
  readonly errcode: number | undefined;

  constructor(cause: Error & { readonly errcode?: number }) {
    super(cause.message, { cause });
    this.errcode = cause.errcode;
  }
}

/** A row before its merge. */
interface Found {
  readonly row: bigint;
  readonly owner: string;
  readonly version: number;
  readonly document: string;
}

interface Asked {
  readonly set: MergedSet;
  readonly merge: RowMerge;
  readonly parameters: Parameters;
  readonly actor: string | undefined;
  readonly found: Found;
}

/** The documents before and after a merge, and the version that it gives. */
interface Written {
  readonly before: JsonText;
  readonly after: JsonText;
  readonly version: number;
}

function textOf(value: SqlParameter | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A condition on a version, null where there is none. */
function includes(condition: string, version: number | undefined): boolean {
  if (version === undefined) return false;
  return condition === '*' || (JSON.parse(condition) as readonly number[]).includes(version);
}

function holds({ if_match, if_none_match }: Parameters, version: number | undefined): boolean {
  const [match, noneMatch] = [textOf(if_match), textOf(if_none_match)];
  return (
    (match === undefined || includes(match, version)) && (noneMatch === undefined || !includes(noneMatch, version))
  );
}

function versionOf(entity: JsonText | undefined): number | undefined {
  const text = entity?.members.get(versionMember)?.text;
  return text === undefined || text === 'null' ? undefined : Number(text);
}

/** The entity to begin with; undefined where there is nothing to do. @param before as it is, undefined where it is not */
function entityToChange(
  { merge: { at, owners, onlyNew }, parameters, found }: Asked,
  document: JsonText,
  before: JsonText | undefined,
): JsonText | undefined {
  if (at.length === 0) return holds(parameters, found.version) ? document : undefined;
  const ownerIsThere = owners.length === 0 || document.at(at.slice(0, owners.at(-1))) !== undefined;
  if (!ownerIsThere || !holds(parameters, versionOf(before))) return undefined;
  if (before !== undefined) return onlyNew ? undefined : before;
  const blank = textOf(parameters.blank);
  return blank === undefined ? undefined : new JsonText(blank);
}

/** The document with an entity in it, and its version in each that it is in. */
function placed(
  document: JsonText,
  entity: JsonText,
  { merge: { at, owners }, version }: { readonly merge: RowMerge; readonly version: JsonText },
): JsonText {
  const whole = document.with(at, entity);
  return owners.reduce((owner, length) => owner.with([...at.slice(0, length), versionMember], version), whole);
}

/** What the statement would return. */
function rowsOf({ merge, parameters }: Asked, version: number, { text }: JsonText): readonly SqlRow[] {
  return [merge.at.length === 0 ? { id: parameters.id ?? null, version, document: text } : { document: text }];
}

/** The order of the members of what a path leads to; undefined where it is not known. */
function orderAt(order: MemberOrder | undefined, path: readonly string[]): MemberOrder | undefined {
  return path.reduce((outer, name) => outer?.get(name)?.inside, order);
}

/** Whether a path, or what it leads through, is among some. */
function isAmong(path: readonly string[], paths: readonly string[]): boolean {
  const [outer = '', inner] = path;
  return paths.includes(outer) || (inner !== undefined && paths.includes(`${outer}/${inner}`));
}

/**
 * Does what the statements of merges do, without their SQL: reads the row, merges its text, writes the row with the
 * columns whose values changed, and logs the change. Inside a transaction, in which nobody else writes.
 */
export class RowMerger {
  readonly #prepare: (sql: string) => StatementSync;
  readonly #sets: ReadonlyMap<string, MergedSet>;
  /** How changes are logged, in the transaction that is under way. */
  readonly #modes = new Map<string, string | undefined>();

  constructor(prepare: (sql: string) => StatementSync, sets: readonly MergedSet[]) {
    this.#prepare = prepare;
    this.#sets = new Map(sets.map((set) => [set.name, set]));
  }

  /** A transaction begins: between two of them others may change how changes are logged. */
  begin(): void {
    this.#modes.clear();
  }

  /**
   * Merges into a row, as the statement of the merge would.
   * @returns the rows that the statement would return; undefined where only the statement can do it
   * @throws what SQLite throws; HalfWrittenError where a part was done
   */
  run(merge: RowMerge, parameters: Parameters, actor: string | undefined): readonly SqlRow[] | undefined {
    const set = this.#sets.get(merge.set);
    if (set === undefined) return undefined;
    const found = this.#find(set, parameters);
    if (found === undefined) return [];
    try {
      return this.#merge({ set, merge, parameters, found, actor });
    } catch (error) {
      if (error instanceof UnknownTextError) return undefined;
      throw error;
    }
  }

  #find({ table }: MergedSet, { tenant = null, owner, id = null }: Parameters): Found | undefined {
    const sql = `SELECT rowid AS row, owner, version, json(document) AS document FROM ${table} WHERE tenant = ? AND id = ?`;
    const row =
      owner === undefined
        ? this.#prepare(sql).get(tenant, id)
        : this.#prepare(`${sql} AND owner = ?`).get(tenant, id, owner);
    return row === undefined ? undefined : ({ ...row, version: Number(row.version) } as unknown as Found);
  }

  #merge(asked: Asked): readonly SqlRow[] {
    const { merge, parameters, found } = asked;
    const document = new JsonText(found.document);
    const before = document.at(merge.at);
    const entity = entityToChange(asked, document, before);
    if (entity === undefined) return [];
    const change = parameters as unknown as EntityChangeText;
    const after = changedEntity(entity, change);
    if (before !== undefined && after.is(before)) return rowsOf(asked, found.version, before);
    const next = Math.max(found.version + 1, Number(parameters.version));
    const version = new JsonText(String(next));
    const versioned = withVersions(after, before, { change, version });
    const tagged = merge.at.length === 0 ? versioned : versioned.with([versionMember], version);
    const order = orderAt(asked.set.order, merge.at);
    const own = order === undefined ? tagged : tagged.inOrder(order);
    this.#write(asked, { before: document, after: placed(document, own, { merge, version }), version: next });
    return rowsOf(asked, next, own);
  }

  #write({ set, parameters, found, actor }: Asked, { before, after, version }: Written): void {
    const paths = changedPaths(before, after, set.contained);
    const columns = set.indexes
      .filter(({ path }) => isAmong(path, paths) && before.at(path)?.text !== after.at(path)?.text)
      .map(({ column, value }) => `, ${column} = ${value}`);
    const sql = `UPDATE ${set.table} SET document = jsonb(:document), version = :version, logged_version = :version,
      modified_at = :now${columns.join('')} WHERE rowid = :row`;
    const { now = null } = parameters;
    this.#prepare(sql).run({ document: after.text, version, now, row: found.row });
    const mode = this.#modeOf(set.name);
    if (mode === undefined || mode === 'off') return;
    try {
      this.#log(set, { ...parameters, owner: found.owner, version }, mode === 'full' ? { paths, actor } : undefined);
    } catch (error) {
      throw new HalfWrittenError(error as Error);
    }
  }

  #log(
    { log }: MergedSet,
    { tenant = null, id = null, owner = null, version = null }: Parameters,
    details: { readonly paths: readonly string[]; readonly actor: string | undefined } | undefined,
  ): void {
    const sql = `INSERT INTO ${log} (tenant, id, owner, version, kind, properties, actor, at)
      VALUES (?, ?, ?, ?, 'updated', ?, ?, ?)`;
    const properties = details === undefined ? null : JSON.stringify(details.paths);
    this.#prepare(sql).run(tenant, id, owner, version, properties, details?.actor ?? null, Date.now());
  }

  #modeOf(set: string): string | undefined {
    if (!this.#modes.has(set)) {
      const row = this.#prepare('SELECT mode FROM change_log WHERE entity_set = ?').get(set);
      this.#modes.set(set, row?.mode as string | undefined);
    }
    return this.#modes.get(set);
  }
}
