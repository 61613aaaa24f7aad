import type { Precondition } from '../../odata/precondition.js';
import { stringifyJson } from '../../odata/json/stringify-json.js';
import type { AggregateSet, EntityChange, Merge, Scope } from '../aggregate-store.js';
import { importer } from '../change-log.js';
import { areMembers, wholeRow } from '../sql/fragments.js';
import { Parameters, type SqlParameter } from '../sql/parameters.js';
import type { Statements } from '../sql/sql-store.js';
import { sqliteDialect } from './sqlite-dialect.js';

function quoteName(name: string): string {
  return sqliteDialect.name(name);
}

/** The JSON path of a member of a document, as a string literal; the name comes from the model. */
function memberPath(name: string): string {
  return `'$."${name}"'`;
}

const versionPath = memberPath('$version');

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
  return `INSERT INTO ${quoteName(set.name)} (tenant, id, owner, version, created_at, modified_at, document)
  VALUES (:tenant, :id, :owner, :version, :created, :modified, jsonb(:document))
  ON CONFLICT (tenant, id) DO NOTHING
  RETURNING ${columns}`;
}

/** The version that a change gives: the clock, but always later than the one before. */
const nextVersion = 'max(row.version + 1, :version)';

/**
 * What a change makes of an entity: values removed, the patch merged, an item inserted between the others.
 * Parameters, each behind the prefix: clear0 and on, patch, collection, item, position.
 */
function changed(entity: string, { clear = [], insert }: EntityChange, prefix = ''): string {
  const removed = clear.map((_, at) => `:${prefix}clear${at}`).join(', ');
  const patched = `jsonb_patch(${clear.length === 0 ? entity : `jsonb_remove(${entity}, ${removed})`}, :${prefix}patch)`;
  if (insert === undefined) return patched;
  const path = `:${prefix}collection`;
  const given = `:${prefix}position`;
  const position = insert.index < 0 ? `coalesce(json_array_length(p, ${path}), 0) + ${given} + 0.5` : `${given} - 0.5`;
  return `(SELECT jsonb_set(p, ${path}, jsonb((SELECT json_group_array(json(item) ORDER BY position) FROM (
        SELECT key AS position, p -> (${path} || '[' || key || ']') AS item FROM json_each(p, ${path})
        UNION ALL SELECT ${position}, :${prefix}item)))) FROM (SELECT ${patched} AS p))`;
}

/** The JSON path of a value inside an entity; names come from the model. */
function jsonPath(path: readonly string[]): string {
  return `$${path.map((name) => `."${name}"`).join('')}`;
}

/**
 * Merges into the aggregate's own entity. What the patch leaves as it was keeps its version.
 * Parameters: tenant, owner, id, those of the change, version, now, if_match, if_none_match.
 */
function mergeStatement(set: AggregateSet, scope: Scope, merge: Merge): string {
  const { inside = [] } = merge;
  const after = inside.reduce(
    (document, change, at) => {
      const member = memberPath(change.contained);
      const before = `coalesce(document -> ${member}, :in${at}blank)`;
      return `jsonb_set(${document}, ${member}, ${changed(before, change, `in${at}`)})`;
    },
    changed('document', merge),
  );
  const versioned = inside.reduce((document, { contained }) => {
    const member = memberPath(contained);
    const isSame = `(next.document -> ${member}) IS (row.document -> ${member})`;
    return `iif(${isSame}, ${document}, jsonb_set(${document}, '$."${contained}"."$version"', ${nextVersion}))`;
  }, 'next.document');
  return `UPDATE ${quoteName(set.name)} AS row SET
    document = ${versioned},
    version = iif(next.changed, ${nextVersion}, row.version),
    modified_at = iif(next.changed, :now, row.modified_at)
  FROM (
    SELECT document, json(document) IS NOT before AS changed FROM (
      SELECT ${after} AS document, json(document) AS before FROM ${quoteName(set.name)}
      WHERE ${inScope(scope)} AND id = :id)
  ) AS next
  WHERE ${inScope(scope)} AND id = :id AND ${preconditionOn('row.version')}
  RETURNING ${wholeRow(sqliteDialect, set, set.contained)}`;
}

/**
 * Merges into a contained entity, or creates it from `blank`. The entity gets the version of its aggregate.
 * Parameters: tenant, owner, id, patch, blank (or NULL: no upsert), version, now, if_match, if_none_match.
 */
function mergeContainedStatement(set: AggregateSet, scope: Scope, contained: string, merge: Merge): string {
  const member = memberPath(contained);
  const before = `document -> ${member}`;
  return `UPDATE ${quoteName(set.name)} AS row SET
    document = iif(next.changed,
      jsonb_set(row.document, ${member}, jsonb_set(next.entity, ${versionPath}, ${nextVersion})), row.document),
    version = iif(next.changed, ${nextVersion}, row.version),
    modified_at = iif(next.changed, :now, row.modified_at)
  FROM (
    SELECT entity, json(entity) IS NOT before AS changed, existed FROM (
      SELECT ${changed(`coalesce(${before}, :blank)`, merge)} AS entity, ${before} AS before,
        json_extract(document, '$."${contained}"."$version"') AS existed
      FROM ${quoteName(set.name)} WHERE ${inScope(scope)} AND id = :id)
  ) AS next
  WHERE ${inScope(scope)} AND id = :id AND next.entity IS NOT NULL AND ${preconditionOn('next.existed')}
  RETURNING ${before} AS document`;
}

/**
 * Merges into the own entity of every member. What the patch leaves as it was keeps its version.
 * Parameters: those of the change, version, now, and those of the conditions.
 */
function mergeMembersStatement(set: AggregateSet, change: EntityChange, conditions: readonly string[]): string {
  return `UPDATE ${quoteName(set.name)} AS row SET
    document = iif(next.changed, next.document, row.document),
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
function deleteStatement(set: AggregateSet, scope: Scope): string {
  return `DELETE FROM ${quoteName(set.name)}
  WHERE ${inScope(scope)} AND id = :id AND ${preconditionOn('version')} RETURNING id`;
}

/** Deletes a contained entity. Parameters: tenant, owner, id, version, now, if_match, if_none_match. */
function deleteContainedStatement(set: AggregateSet, scope: Scope, contained: string): string {
  const member = memberPath(contained);
  const version = `json_extract(document, '$."${contained}"."$version"')`;
  return `UPDATE ${quoteName(set.name)} AS row SET document = jsonb_remove(document, ${member}),
    version = ${nextVersion}, modified_at = :now
  WHERE ${inScope(scope)} AND id = :id AND ${version} IS NOT NULL AND ${preconditionOn(version)} RETURNING id`;
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

function changeValues({ clear = [], patch, insert }: EntityChange, prefix = ''): Values {
  const values: Values = { [`${prefix}patch`]: stringifyJson(patch) };
  for (const [at, path] of clear.entries()) values[`${prefix}clear${at}`] = jsonPath(path);
  if (insert !== undefined) {
    values[`${prefix}collection`] = jsonPath(insert.path);
    values[`${prefix}item`] = stringifyJson(insert.item);
    values[`${prefix}position`] = insert.index;
  }
  return values;
}

function mergeValues({ contained, inside = [], orCreate, ...change }: Merge): Values {
  const values = changeValues(change);
  for (const [at, inner] of inside.entries()) {
    Object.assign(values, changeValues(inner, `in${at}`), { [`in${at}blank`]: stringifyJson(inner.orCreate) });
  }
  if (contained === undefined) return values;
  return { ...values, blank: orCreate === undefined ? null : stringifyJson(orCreate) };
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
  merge: ({ set, scope, id }, merge, stamp) => ({
    actor: scope.actor,
    text:
      merge.contained === undefined
        ? mergeStatement(set, scope, merge)
        : mergeContainedStatement(set, scope, merge.contained, merge),
    parameters: {
      ...scopeValues(scope),
      ...preconditionValues(merge.precondition),
      ...mergeValues(merge),
      ...stamp,
      id,
    },
  }),
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
  delete: ({ set, scope, id }, precondition) => ({
    actor: scope.actor,
    text: deleteStatement(set, scope),
    parameters: { ...scopeValues(scope), ...preconditionValues(precondition), id },
  }),
  deleteContained: ({ set, scope, id }, contained, precondition, stamp) => ({
    actor: scope.actor,
    text: deleteContainedStatement(set, scope, contained),
    parameters: { ...scopeValues(scope), ...preconditionValues(precondition), ...stamp, id },
  }),
};
