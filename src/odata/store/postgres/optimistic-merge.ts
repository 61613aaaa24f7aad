import { holds } from '../../protocol/headers/precondition.js';
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../../protocol/json/json-value.js';
import { isSameJson } from '../../protocol/json/same-json.js';
import { stringifyJson } from '../../protocol/json/stringify-json.js';
import { applied, changedAt } from '../../protocol/payload/apply-change.js';
import { valueAt } from '../../protocol/payload/change.js';
import { pathOf, type StoredEntity, versionMember } from '../../protocol/payload/stored-entity.js';
import type { AggregateKey, Merge } from '../aggregate-store.js';
import { changeTable } from '../change-log.js';
import type { Dialect } from '../sql/dialect.js';
import { inScope, selecting } from '../sql/fragments.js';
import { Parameters, type Statement } from '../sql/parameters.js';
import { jsonOf, type SqlRow } from '../sql/rows.js';
import type { OptimisticMerges, Stamp } from '../sql/sql-store.js';

/** Bytes of a document that is fetched to be merged: a larger one would take longer on its way than in the database. */
const mostBytes = 65_536;

/**
 * Whether the database gives a value back as it was sent: it prints numbers without exponents, and has no zero below zero;
 * those that a double does not hold, and infinity, are its business.
 */
function isPlain(value: JsonValue): boolean {
  if (typeof value === 'number') return !String(value).includes('e') && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isPlain);
  return !(value instanceof JsonNumber) && Object.values(value).every(isPlain);
}

/** What may be a number that ends with zeros, which it would lose: the database keeps them. */
const trailingZeros = /\.\d*0[,\]}]/;

function isContained(value: JsonValue | undefined): value is JsonObject {
  return isJsonObject(value) && Object.hasOwn(value, versionMember);
}

/** The names of the members that differ, but of the version. */
function differing(before: JsonObject, after: JsonObject): readonly string[] {
  const names = Object.keys(after).filter(
    (name) => !Object.hasOwn(before, name) || !isSameJson(before[name], after[name]),
  );
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  return [...names, ...gone].filter((name) => name !== versionMember);
}

/**
 * The paths of the properties that a change touched, as the trigger that logs finds them: of contained entities, which are
 * the objects with a version, one step further where they are there before and after.
 */
export function changedPaths(before: JsonObject, after: JsonObject): readonly string[] {
  const paths = differing(before, after).flatMap((name) => {
    const [old, now] = [before[name], after[name]];
    const isInside = isContained(old) && isContained(now);
    return isInside ? differing(old, now).map((inner) => `${name}/${inner}`) : [name];
  });
  return paths.sort();
}

/** A document before and after a merge. */
interface Written {
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly version: number;
  readonly next: number;
}

/**
 * Merges in the process, which costs the database half of what a statement that merges does: the row is read, and written
 * where it has its version still, with the change of it in the log. The triggers that log pass over what says that it is
 * logged. What depends on more than the row and its version, or on how the database writes a number, is left to the
 * database.
 */
export class PostgresMerges implements OptimisticMerges {
  readonly #mostBytes: number;
  readonly #logs: boolean;

  /**
   * @param entityBytes of the document of an entity, as the database keeps it: a row of numbers takes six times its text
   * @param logs whether what is written here is logged here; else the triggers do that
   */
  constructor(
    private readonly dialect: Dialect,
    { entityBytes, logs }: { readonly entityBytes: number; readonly logs: boolean },
  ) {
    this.#mostBytes = Math.min(mostBytes, Math.floor(entityBytes / 8));
    this.#logs = logs;
  }

  reading(key: AggregateKey, merge: Merge): Statement | undefined {
    const { conditions = [], insert, inside = [], makes = [], onlyNew = false, patch } = merge;
    if (conditions.length > 0 || insert !== undefined || inside.length > 0 || onlyNew) return undefined;
    if (!isPlain(patch) || !makes.every(({ members }) => isPlain(members))) return undefined;
    const whole = '(SELECT document::text AS text OFFSET 0) AS whole';
    const document = `CASE WHEN pg_column_size(document) <= ${this.#mostBytes}
      THEN (SELECT CASE WHEN octet_length(text) <= ${this.#mostBytes} THEN text END FROM ${whole}) END AS document`;
    return selecting(this.dialect, key, `version, ${document}`);
  }

  merged(key: AggregateKey, merge: Merge, { row, stamp }: { readonly row: SqlRow; readonly stamp: Stamp }) {
    if (row.document === null || trailingZeros.test(row.document as string)) return undefined;
    const document = jsonOf(row.document) as JsonObject;
    const version = Number(row.version);
    const { at = [], precondition } = merge;
    const path = pathOf(at);
    const entity = valueAt(document, path);
    if (!isJsonObject(entity)) return undefined;
    const own = at.length === 0 ? version : entity[versionMember];
    if (typeof own !== 'number' || !holds(precondition, own)) return undefined;
    const changed = applied(entity, merge);
    if (isSameJson(changed, entity))
      return { entity: this.#entity(key, merge, { entity, version }), statement: undefined };
    const next = Math.max(version + 1, Number(stamp.version));
    const owners = at.slice(0, -1).map((_, step) => [...pathOf(at.slice(0, step + 1)), versionMember]);
    const now = at.length === 0 ? changed : { ...changed, [versionMember]: next };
    const placed = at.length === 0 ? now : changedAt(document, path, () => now);
    const after = owners.reduce((whole, owner) => changedAt(whole, owner, () => next), placed);
    const statement = this.#writing(key, stamp, { before: document, after, version, next });
    return statement && { entity: this.#entity(key, merge, { entity: now, version: next }), statement };
  }

  /** An entity as the statement of a merge returns it. */
  #entity(
    { set, id }: AggregateKey,
    { at = [] }: Merge,
    { entity, version }: { readonly entity: JsonObject; readonly version: number },
  ): StoredEntity {
    if (at.length > 0) return entity as StoredEntity;
    return { ...entity, ...(set.key === undefined ? {} : { [set.key]: id }), [versionMember]: version };
  }

  #writing(
    { set, scope, id }: AggregateKey,
    { now }: Stamp,
    { before, after, version, next }: Written,
  ): Statement | undefined {
    const json = stringifyJson(after);
    if (Buffer.byteLength(json) > this.#mostBytes) return undefined;
    const parameters = new Parameters(this.dialect);
    const given = `${parameters.named('next', next)}::bigint`;
    const assignments = [
      `document = ${parameters.add(json)}::jsonb`,
      `version = ${given}`,
      `modified_at = ${parameters.add(new Date(now).toISOString())}::timestamptz`,
      ...(this.#logs ? [`logged_version = ${given}`] : []),
    ];
    const where = [
      ...inScope(scope, parameters),
      `id = ${parameters.named('id', id)}`,
      `version = ${parameters.add(version)}::bigint`,
    ];
    const update = `UPDATE ${this.dialect.name(set.name)} SET ${assignments.join(', ')} WHERE ${where.join(' AND ')}`;
    if (!this.#logs) return { text: `${update} RETURNING version`, parameters: parameters.values };
    const paths = parameters.add(JSON.stringify(changedPaths(before, after)));
    const actor = parameters.add(scope.actor ?? null);
    const isFull = (value: string): string => `CASE kept.mode WHEN 'full' THEN ${value} END`;
    const text = `WITH done AS (${update} RETURNING tenant, id, owner, version),
      logged AS (INSERT INTO ${this.dialect.name(changeTable(set.name))}
        (tenant, xid, id, owner, version, kind, properties, actor, at)
        SELECT done.tenant, pg_current_xact_id()::text::bigint, done.id, done.owner, done.version, 'updated',
          ${isFull(`${paths}::jsonb`)}, ${isFull(`nullif(${actor}::text, '')`)}, clock_timestamp()
        FROM done, change_log AS kept WHERE kept.entity_set = ${parameters.add(set.name)}::text AND kept.mode <> 'off')
      SELECT version FROM done`;
    return { text, parameters: parameters.values };
  }
}
