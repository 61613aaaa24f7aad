import type { AggregateSet, Scope } from '../aggregate-store.js';

/** Quotes an identifier that comes from the model. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
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

/** The columns of a result row; `document` without the contained entities that were not asked for. */
function columns(set: AggregateSet, contained: readonly string[]): string {
  const left = set.contained.filter((name) => !contained.includes(name)).map(memberPath);
  const document = left.length === 0 ? 'document' : `jsonb_remove(document, ${left.join(', ')})`;
  return `id, version, json(${document}) AS document`;
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

/** Inserts an aggregate; no row where its id exists. Parameters: tenant, id, owner, now, version, document. */
export function insertStatement(set: AggregateSet): string {
  return `INSERT INTO ${quoteName(set.name)} (tenant, id, owner, version, created_at, modified_at, document)
  VALUES (:tenant, :id, :owner, :version, :now, :now, jsonb(:document))
  ON CONFLICT (tenant, id) DO NOTHING
  RETURNING ${columns(set, set.contained)}`;
}

/** Reads one aggregate. Parameters: tenant, owner, id. */
export function findStatement(set: AggregateSet, scope: Scope, contained: readonly string[]): string {
  return `SELECT ${columns(set, contained)} FROM ${quoteName(set.name)} WHERE ${inScope(scope)} AND id = :id`;
}

/** Reads one contained entity, `document` NULL where there is none. Parameters: tenant, owner, id. */
export function findContainedStatement(set: AggregateSet, scope: Scope, contained: string): string {
  return `SELECT document -> ${memberPath(contained)} AS document FROM ${quoteName(set.name)}
  WHERE ${inScope(scope)} AND id = :id`;
}

/** The version that a change gives: the clock, but always later than the one before. */
const nextVersion = 'max(row.version + 1, :version)';

/**
 * Merges into the aggregate's own entity. What the patch leaves as it was keeps its version.
 * Parameters: tenant, owner, id, patch, version, now, if_match, if_none_match.
 */
export function mergeStatement(set: AggregateSet, scope: Scope): string {
  return `UPDATE ${quoteName(set.name)} AS row SET
    document = next.document,
    version = iif(next.changed, ${nextVersion}, row.version),
    modified_at = iif(next.changed, :now, row.modified_at)
  FROM (
    SELECT document, json(document) IS NOT before AS changed FROM (
      SELECT jsonb_patch(document, :patch) AS document, json(document) AS before FROM ${quoteName(set.name)}
      WHERE ${inScope(scope)} AND id = :id)
  ) AS next
  WHERE ${inScope(scope)} AND id = :id AND ${preconditionOn('row.version')}
  RETURNING ${columns(set, set.contained)}`;
}

/**
 * Merges into a contained entity, or creates it from `blank`. The entity gets the version of its aggregate.
 * Parameters: tenant, owner, id, patch, blank (or NULL: no upsert), version, now, if_match, if_none_match.
 */
export function mergeContainedStatement(set: AggregateSet, scope: Scope, contained: string): string {
  const member = memberPath(contained);
  const before = `document -> ${member}`;
  return `UPDATE ${quoteName(set.name)} AS row SET
    document = iif(next.changed,
      jsonb_set(row.document, ${member}, jsonb_set(next.entity, ${versionPath}, ${nextVersion})), row.document),
    version = iif(next.changed, ${nextVersion}, row.version),
    modified_at = iif(next.changed, :now, row.modified_at)
  FROM (
    SELECT entity, json(entity) IS NOT before AS changed, existed FROM (
      SELECT jsonb_patch(coalesce(${before}, :blank), :patch) AS entity, ${before} AS before,
        json_extract(document, '$."${contained}"."$version"') AS existed
      FROM ${quoteName(set.name)} WHERE ${inScope(scope)} AND id = :id)
  ) AS next
  WHERE ${inScope(scope)} AND id = :id AND next.entity IS NOT NULL AND ${preconditionOn('next.existed')}
  RETURNING ${before} AS document`;
}

/** Deletes an aggregate. Parameters: tenant, owner, id, if_match, if_none_match. */
export function deleteStatement(set: AggregateSet, scope: Scope): string {
  return `DELETE FROM ${quoteName(set.name)}
  WHERE ${inScope(scope)} AND id = :id AND ${preconditionOn('version')} RETURNING id`;
}

/** Deletes a contained entity. Parameters: tenant, owner, id, version, now, if_match, if_none_match. */
export function deleteContainedStatement(set: AggregateSet, scope: Scope, contained: string): string {
  const member = memberPath(contained);
  const version = `json_extract(document, '$."${contained}"."$version"')`;
  return `UPDATE ${quoteName(set.name)} AS row SET document = jsonb_remove(document, ${member}),
    version = ${nextVersion}, modified_at = :now
  WHERE ${inScope(scope)} AND id = :id AND ${version} IS NOT NULL AND ${preconditionOn(version)} RETURNING id`;
}
