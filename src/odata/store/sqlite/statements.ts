import type { Precondition } from '../../protocol/headers/precondition.js';
import { stringifyJson } from '../../protocol/json/stringify-json.js';
import { pathOf, versionMember } from '../../protocol/payload/stored-entity.js';
import type {
  AggregateKey,
  AggregateSet,
  EntityChange,
  EntityWrite,
  Insertion,
  Merge,
  Scope,
} from '../aggregate-store.js';
import { importer } from '../change-log.js';
import { areMembers, entityConditions } from '../sql/compile-conditions.js';
import { wholeRow } from '../sql/fragments.js';
import { Parameters, type SqlParameter } from '../sql/parameters.js';
import type { RowMerge } from '../sql/row-merge.js';
import type { Statements } from '../sql/sql-store.js';
import { indexedValue } from './index-columns.js';
import { indexColumn, jsonPath, sqliteDialect } from './sqlite-dialect.js';

function quoteName(name: string): string {
  return sqliteDialect.name(name);
}

const versionPath = `'$."${versionMember}"'`;

/** The condition that keeps a statement inside its scope. */
function inScope({ owner }: Scope): string {
  return owner === undefined ? 'tenant = :tenant' : 'tenant = :tenant AND owner = :owner';
}

/**
 * The precondition on a version, as part of WHERE. `:if_match` and `:if_none_match` are NULL for no condition, '*', or
 * a JSON array of versions; a version that is NULL, of an entity that does not exist, matches nothing.
 */
function preconditionOn(version: string): string {
  return `(:if_match IS NULL OR (:if_match = '*' AND ${version} IS NOT NULL)
      OR (:if_match <> '*' AND ${version} IN (SELECT value FROM json_each(iif(:if_match = '*', '[]', :if_match)))))
    AND (:if_none_match IS NULL OR ${version} IS NULL OR (:if_none_match <> '*'
      AND ${version} NOT IN (SELECT value FROM json_each(iif(:if_none_match = '*', '[]', :if_none_match)))))`;
}

/** Inserts an aggregate; no row where its id exists. Parameters: tenant, id, owner, created, modified, version, document. */
function insertStatement(set: AggregateSet, columns: string): string {
  const indexed = set.indexes.map(({ path }) => `, ${quoteName(indexColumn(path))}`);
  const values = set.indexes.map((index) => `, ${indexedValue(':document', index)}`);
  return `INSERT INTO ${quoteName(set.name)}
    (tenant, id, owner, version, created_at, modified_at, document${indexed.join('')})
  VALUES (:tenant, :id, :owner, :version, :created, :modified, jsonb(:document)${values.join('')})
  ON CONFLICT (tenant, id) DO NOTHING
  RETURNING ${columns}`;
}

/** The version that a change gives: the clock, but always later than the one before. */
const nextVersion = 'max(row.version + 1, :version)';

/**
 * What a change makes of an entity: values removed, the patch merged, an item inserted between the others, the keys of
 * entities that it made.
 * Parameters: reduction, patch, collection, item, position, inside, makes.
 */
function changed(entity: string, { clear = [], retain = [], insert, inside = [], makes = [] }: EntityChange): string {
  const isReduced = clear.length > 0 || retain.length > 0;
  const patched = `jsonb_patch(${isReduced ? `odata_reduced(json(${entity}), :reduction)` : entity}, :patch)`;
  const item = insert === undefined ? patched : withItem(patched, insert);
  const whole = makes.length === 0 ? item : `jsonb_patch(${item}, odata_made(coalesce(json(${entity}), '{}'), :makes))`;
  if (inside.every(({ defaults }) => defaults === undefined)) return whole;
  return `jsonb_patch(${whole}, odata_defaults(coalesce(json(${entity}), '{}'), :inside))`;
}

function withItem(document: string, { index }: Insertion): string {
  const position = index < 0 ? 'coalesce(json_array_length(p, :collection), 0) + :position + 0.5' : ':position - 0.5';
  return `(SELECT jsonb_set(p, :collection, jsonb((SELECT json_group_array(json(item) ORDER BY position) FROM (
        SELECT key AS position, p -> (:collection || '[' || key || ']') AS item FROM json_each(p, :collection)
        UNION ALL SELECT ${position}, :item)))) FROM (SELECT ${document} AS p))`;
}

/** Sets the versions of the entities inside that are not as they were. Parameter: inside. */
function versioned(entity: string, { inside = [] }: EntityChange, [before, after]: readonly [string, string]): string {
  if (inside.length === 0) return entity;
  const versions = `odata_versions(coalesce(json(${before}), '{}'), json(${after}), ${nextVersion}, :inside)`;
  return `jsonb_patch(${entity}, ${versions})`;
}

/** The conditions of a write beside its precondition: the bound ones speak of the row, their parameters are added. */
function conditionsOf({ conditions = [] }: EntityWrite, key: AggregateKey, parameters: Parameters): string {
  if (conditions.length === 0) return '';
  return entityConditions(sqliteDialect, key, conditions, { parameters, row: 'row' })
    .map((condition) => ` AND ${condition}`)
    .join('');
}

/**
 * Merges into the aggregate's own entity. What the patch leaves as it was keeps its version.
 * Parameters: tenant, owner, id, those of the change, version, now, if_match, if_none_match.
 */
function mergeStatement(key: AggregateKey, merge: Merge, parameters: Parameters): string {
  const { set, scope } = key;
  return `UPDATE ${quoteName(set.name)} AS row SET
    document = ${versioned('next.document', merge, ['row.document', 'next.document'])},
    version = iif(next.changed, ${nextVersion}, row.version),
    modified_at = iif(next.changed, :now, row.modified_at)
  FROM (
    SELECT document, json(document) IS NOT before AS changed FROM (
      SELECT ${changed('document', merge)} AS document, json(document) AS before FROM ${quoteName(set.name)}
      WHERE ${inScope(scope)} AND id = :id)
  ) AS next
  WHERE ${inScope(scope)} AND id = :id AND ${preconditionOn('row.version')}${conditionsOf(merge, key, parameters)}
  RETURNING ${wholeRow(sqliteDialect, set, set.contained)}`;
}

/** The version of the entity at the end of a write's path, and of those on the way, as arguments of `jsonb_set`. */
function versionsOnTheWay({ at = [] }: EntityWrite): string {
  return at
    .slice(0, -1)
    .map((_, step) => `, :way${step}, ${nextVersion}`)
    .join('');
}

/**
 * Merges into a contained entity, or creates it from `blank`. The entity gets the version of its aggregate, as those do
 * that it is in.
 * Parameters: tenant, owner, id, at, owner_at, those of the change, blank (or NULL: no upsert), version, now, if_match,
 * if_none_match.
 */
function mergeContainedStatement(key: AggregateKey, merge: Merge, parameters: Parameters): string {
  const { set, scope } = key;
  const before = 'document -> :at';
  const entity = versioned('next.entity', merge, ['next.before', 'next.entity']);
  const ownerIsThere = (merge.at ?? []).length > 1 ? ' AND row.document -> :owner_at IS NOT NULL' : '';
  return `UPDATE ${quoteName(set.name)} AS row SET
    document = iif(next.changed,
      jsonb_set(row.document, :at, jsonb_set(${entity}, ${versionPath}, ${nextVersion})${versionsOnTheWay(merge)}),
      row.document),
    version = iif(next.changed, ${nextVersion}, row.version),
    modified_at = iif(next.changed, :now, row.modified_at)
  FROM (
    SELECT entity, before, json(entity) IS NOT before AS changed, existed FROM (
      SELECT ${changed(`coalesce(${before}, :blank)`, merge)} AS entity, ${before} AS before,
        document ->> :existed AS existed
      FROM ${quoteName(set.name)} WHERE ${inScope(scope)} AND id = :id)
  ) AS next
  WHERE ${inScope(scope)} AND id = :id AND next.entity IS NOT NULL AND ${preconditionOn('next.existed')}${
    merge.onlyNew === true ? ' AND next.before IS NULL' : ''
  }${ownerIsThere}${conditionsOf(merge, key, parameters)}
  RETURNING ${before} AS document`;
}

/**
 * Merges into the own entity of every member. What the patch leaves as it was keeps its version.
 * Parameters: those of the change, version, now, and those of the conditions.
 */
function mergeMembersStatement(set: AggregateSet, change: EntityChange, conditions: readonly string[]): string {
  return `UPDATE ${quoteName(set.name)} AS row SET
    document = ${versioned('next.document', change, ['row.document', 'next.document'])},
    version = iif(next.changed, ${nextVersion}, row.version),
    modified_at = iif(next.changed, :now, row.modified_at)
  FROM (
    SELECT tenant, id, document, json(document) IS NOT before AS changed FROM (
      SELECT e.tenant, e.id, ${changed('e.document', change)} AS document, json(e.document) AS before
      FROM ${quoteName(set.name)} AS e WHERE ${conditions.join(' AND ')})
  ) AS next
  WHERE row.tenant = next.tenant AND row.id = next.id
  RETURNING ${wholeRow(sqliteDialect, set, set.contained)}`;
}

/** Deletes an aggregate. Parameters: tenant, owner, id, if_match, if_none_match. */
function deleteStatement(key: AggregateKey, write: EntityWrite, parameters: Parameters): string {
  const { set, scope } = key;
  return `DELETE FROM ${quoteName(set.name)} AS row
  WHERE ${inScope(scope)} AND id = :id AND ${preconditionOn('version')}${conditionsOf(write, key, parameters)} RETURNING id`;
}

/** Deletes a contained entity. Parameters: tenant, owner, id, at, existed, version, now, if_match, if_none_match. */
function deleteContainedStatement(key: AggregateKey, write: EntityWrite, parameters: Parameters): string {
  const { set, scope } = key;
  const version = '(document ->> :existed)';
  const versions = versionsOnTheWay(write);
  const left = 'jsonb_remove(document, :at)';
  return `UPDATE ${quoteName(set.name)} AS row SET
    document = ${versions === '' ? left : `jsonb_set(${left}${versions})`},
    version = ${nextVersion}, modified_at = :now
  WHERE ${inScope(scope)} AND id = :id AND ${version} IS NOT NULL
    AND ${preconditionOn(version)}${conditionsOf(write, key, parameters)} RETURNING id`;
}

type Values = Record<string, SqlParameter>;

function scopeValues({ tenant, owner }: Scope): Values {
  return owner === undefined ? { tenant } : { tenant, owner };
}

function conditionValue(condition: '*' | readonly number[] | undefined): string | null {
  return condition === undefined || condition === '*' ? (condition ?? null) : JSON.stringify(condition);
}

function preconditionValues({ ifMatch, ifNoneMatch }: Precondition): Values {
  return { if_match: conditionValue(ifMatch), if_none_match: conditionValue(ifNoneMatch) };
}

function changeValues({ clear = [], retain = [], patch, insert, inside = [], makes = [] }: EntityChange): Values {
  const values: Values = { patch: stringifyJson(patch) };
  if (clear.length > 0 || retain.length > 0) values.reduction = JSON.stringify({ clear, retain });
  if (insert !== undefined) {
    values.collection = jsonPath(insert.path);
    values.item = stringifyJson(insert.item);
    values.position = insert.index;
  }
  if (inside.length > 0) values.inside = JSON.stringify(inside);
  if (makes.length > 0)
    values.makes = JSON.stringify(makes.map(({ path, members }) => ({ path, members: stringifyJson(members) })));
  return values;
}

/** The paths of the entity that a write is of, and of those on the way to it. */
function placeValues({ at = [] }: EntityWrite): Values {
  if (at.length === 0) return {};
  const values: Values = { at: jsonPath(pathOf(at)), existed: jsonPath([...pathOf(at), versionMember]) };
  for (const step of at.slice(0, -1).keys())
    values[`way${step}`] = jsonPath([...pathOf(at.slice(0, step + 1)), versionMember]);
  return values;
}

function mergeValues({ at = [], orCreate, ...change }: Merge): Values {
  const values = changeValues(change);
  if (at.length === 0) return values;
  if (at.length > 1) values.owner_at = jsonPath(pathOf(at.slice(0, -1)));
  return {
    ...values,
    ...placeValues({ at, precondition: {} }),
    blank: orCreate === undefined ? null : stringifyJson(orCreate),
  };
}

/** What a merge does to its row; what depends on other values than its version, or on their order, is left to SQL. */
function rowMerge(
  { set }: AggregateKey,
  { at = [], conditions = [], insert, onlyNew = false }: Merge,
): { readonly merge?: RowMerge } {
  if (conditions.length > 0 || insert !== undefined) return {};
  const owners = at.slice(0, -1).map((_, step) => pathOf(at.slice(0, step + 1)).length);
  return { merge: { set: set.name, at: pathOf(at), owners, onlyNew } };
}

/** The writes of SQLite. */
export const sqliteStatements: Statements = {
  insert: ({ set, tenant, owner, actor, id, document }, { now, version }) => ({
    actor,
    text: insertStatement(set, wholeRow(sqliteDialect, set, set.contained)),
    parameters: { tenant, owner, id, document: stringifyJson(document), version, created: now, modified: now },
  }),
  restore: (set, { createdAt, modifiedAt, document, ...columns }) => ({
    actor: importer,
    text: insertStatement(set, 'id'),
    parameters: { ...columns, document: stringifyJson(document), created: createdAt, modified: modifiedAt },
  }),
  scan: (set, after, limit) => ({
    text: `SELECT tenant, owner, id, version, created_at, modified_at, json(document) AS document
  FROM ${quoteName(set.name)} ${after === undefined ? '' : 'WHERE (tenant, id) > (:tenant, :id)'}
  ORDER BY tenant, id LIMIT :limit`,
    parameters: after === undefined ? { limit } : { tenant: after.tenant, id: after.id, limit },
  }),
  merge: (key, merge, stamp) => {
    const parameters = new Parameters(sqliteDialect);
    const statement = (merge.at ?? []).length === 0 ? mergeStatement : mergeContainedStatement;
    return {
      actor: key.scope.actor,
      ...rowMerge(key, merge),
      text: statement(key, merge, parameters),
      parameters: {
        ...parameters.values,
        ...scopeValues(key.scope),
        ...preconditionValues(merge.precondition),
        ...mergeValues(merge),
        ...stamp,
        id: key.id,
      },
    };
  },
  mergeMembers: (members, change, stamp) => {
    const parameters = new Parameters(sqliteDialect);
    const conditions = areMembers(sqliteDialect, members, { parameters, row: 'e' });
    return {
      actor: members.scope.actor,
      text: mergeMembersStatement(members.set, change, conditions),
      parameters: { ...parameters.values, ...changeValues(change), ...stamp },
    };
  },
  deleteMembers: (members) => {
    const parameters = new Parameters(sqliteDialect);
    const conditions = areMembers(sqliteDialect, members, { parameters, row: 'e' });
    const text = `DELETE FROM ${quoteName(members.set.name)} AS e WHERE ${conditions.join(' AND ')} RETURNING id`;
    return { actor: members.scope.actor, text, parameters: parameters.values };
  },
  delete: (key, write, stamp) => {
    const parameters = new Parameters(sqliteDialect);
    const isOwn = (write.at ?? []).length === 0;
    return {
      actor: key.scope.actor,
      text: (isOwn ? deleteStatement : deleteContainedStatement)(key, write, parameters),
      parameters: {
        ...parameters.values,
        ...scopeValues(key.scope),
        ...preconditionValues(write.precondition),
        ...(isOwn ? {} : { ...placeValues(write), ...stamp }),
        id: key.id,
      },
    };
  },
};
