import { isJsonObject, type JsonObject } from '../../protocol/json/json-value.js';
import { ODataError } from '../../protocol/odata-error.js';
import type { InsideEntity, MadeObject, Retention } from '../../protocol/payload/change.js';
import { type ContainedStep, pathOf, versionMember } from '../../protocol/payload/stored-entity.js';
import type { Precondition } from '../../protocol/headers/precondition.js';
import type {
  AggregateKey,
  AggregateSet,
  EntityChange,
  EntityWrite,
  Insertion,
  Members,
  Merge,
  NewAggregate,
  StoredAggregate,
} from '../aggregate-store.js';
import type { Dialect } from '../sql/dialect.js';
import { areMembers, entityConditions } from '../sql/compile-conditions.js';
import { inScope, wholeRow } from '../sql/fragments.js';
import { Parameters, type Statement } from '../sql/parameters.js';
import type { Stamp, Statements } from '../sql/sql-store.js';
import { importer } from '../change-log.js';
import { actorVariable } from './change-triggers.js';
import { tooMuch } from './bounded-statement.js';
import { jsonText } from './jsonb.js';
import { quoteText, textArray } from './postgres-values.js';

/** The alias of the row that is written. */
const row = 't';

/** Values of one object of a merge patch: what it sets, and what it removes. Objects inside have a level of their own. */
interface Level {
  readonly path: readonly string[];
  readonly set: JsonObject;
  readonly remove: readonly string[];
}

/** Values with properties of their own that one change may have: each makes the statement longer, and copies the document. */
const mostLevels = 3000;

/** Calls that stand inside each other: the database's stack is bounded. */
const mostCalls = 50;

/**
 * A document after many steps, each a call around the one before. In between the document is a column of its own, so that
 * the calls nest as deep as they may only.
 */
function inSteps<T>(document: string, steps: readonly T[], apply: (document: string, step: T) => string): string {
  if (steps.length <= mostCalls) return steps.reduce(apply, document);
  const first = steps.slice(0, mostCalls).reduce(apply, document);
  const rest = inSteps('steps.document', steps.slice(mostCalls), apply);
  return `(SELECT ${rest} FROM (SELECT ${first} AS document OFFSET 0) AS steps)`;
}

/** A merge patch (RFC 7396), level by level from the outside. */
function levelsOf(patch: JsonObject, path: readonly string[] = []): readonly Level[] {
  const members = Object.entries(patch);
  const set = members.filter(([, value]) => value !== null && !isJsonObject(value));
  const remove = members.filter(([, value]) => value === null).map(([name]) => name);
  const inner = members.flatMap(([name, value]) => (isJsonObject(value) ? levelsOf(value, [...path, name]) : []));
  const levels: Level[] = [{ path, set: Object.fromEntries(set), remove }, ...inner];
  if (levels.length <= mostLevels) return levels;
  throw new ODataError('bodyTooDeep', `The change has more than ${mostLevels} values with properties of their own.`);
}

/**
 * What a change makes of an entity, in functions that are immutable, which distributed databases ask for. The text
 * depends on the number of levels only: names and values are parameters.
 */
function merged(before: string, change: EntityChange, parameters: Parameters): string {
  const { clear = [], retain = [], patch, insert, inside = [], makes = [] } = change;
  if (retain.length > 0) {
    const kept = inSteps(cleared(before, clear, parameters), retain, (document, retention) =>
      retained(document, retention, parameters),
    );
    // What is used many times is computed once.
    const after = merged('kept.document', { ...change, clear: [], retain: [] }, parameters);
    return `(SELECT ${after} FROM (SELECT ${kept} AS document OFFSET 0) AS kept)`;
  }
  const [outer, ...inner] = levelsOf(patch);
  if (outer === undefined) throw new Error('A patch has a level');
  if (inner.length > 0 && !isColumn(before))
    return `(SELECT ${merged('base.document', change, parameters)} FROM (SELECT ${before} AS document OFFSET 0) AS base)`;
  const entity = cleared(before, clear, parameters);
  const parents = new Set(inner.filter(({ path }) => path.length > 1).map(({ path: [name] }) => name));
  const [leaves, others] = [true, false].map((isLeaf) =>
    inner.filter(({ path: [name] }) => parents.has(name) !== isLeaf),
  );
  const joined = withObjects(applied(entity, outer, parameters), leaves ?? [], { entity, parameters });
  const patched = inSteps(joined, others ?? [], (document, level) => {
    const names = `${parameters.add(textArray(level.path))}::text[]`;
    return `jsonb_set(${document}, ${names}, ${applied(objectAt(entity, names), level, parameters)})`;
  });
  const item = insert === undefined ? patched : withItem(patched, insert, parameters);
  const whole = inSteps(item, makes, (document, made) => withMade(document, before, made, parameters));
  return inSteps(whole, inside, (document, made) => withDefaults(document, before, made, parameters));
}

/** Whether an expression is a column, and not computed each time that it stands in a statement. */
function isColumn(expression: string): boolean {
  return /^\w+\.document$/.test(expression);
}

/** An object with what one level of a patch sets and removes. */
function applied(object: string, { set, remove }: Level, parameters: Parameters): string {
  const joined = Object.keys(set).length === 0 ? object : `${object} || ${parameters.add(jsonText(set))}::jsonb`;
  return remove.length === 0 ? `(${joined})` : `((${joined}) - ${parameters.add(textArray(remove))}::text[])`;
}

/** The object at a path of an entity; an empty one where there is none. @param names expression of the path */
function objectAt(entity: string, names: string): string {
  const value = `(${entity} #> ${names})`;
  return `(CASE WHEN jsonb_typeof(${value}) = 'object' THEN ${value} ELSE '{}'::jsonb END)`;
}

/** How many objects one call makes: a function takes a hundred arguments. */
const mostObjects = 50;

/** A document with objects of its entity's own merged: all at once, so that it is copied once and not for each. */
function withObjects(
  document: string,
  levels: readonly Level[],
  { entity, parameters }: { readonly entity: string; readonly parameters: Parameters },
): string {
  const calls: string[] = [];
  for (let start = 0; start < levels.length; start += mostObjects) {
    const pairs = levels.slice(start, start + mostObjects).map((level) => {
      const [name = ''] = level.path;
      const object = objectAt(entity, `${parameters.add(textArray(level.path))}::text[]`);
      return `${parameters.add(name)}::text, ${applied(object, level, parameters)}`;
    });
    calls.push(` || jsonb_build_object(${pairs.join(', ')})`);
  }
  return calls.length === 0 ? document : `(${document}${calls.join('')})`;
}

/** Gives an entity inside the members that it has no value for. */
function withDefaults(
  document: string,
  before: string,
  { path, defaults = {} }: InsideEntity,
  parameters: Parameters,
): string {
  return Object.entries(defaults).reduce((whole, [name, value]) => {
    const at = `${parameters.add(textArray([...path, name]))}::text[]`;
    return `jsonb_set(${whole}, ${at}, coalesce(${before} #> ${at}, ${parameters.add(jsonText(value))}::jsonb))`;
  }, document);
}

/** Gives an object members where there was none: what is there keeps its own, and lacks what it lacked. */
function withMade(document: string, before: string, { path, members }: MadeObject, parameters: Parameters): string {
  const object = `${parameters.add(textArray(path))}::text[]`;
  const isThere = `jsonb_typeof(${before} #> ${object}) IS NOT DISTINCT FROM 'object'`;
  return Object.entries(members).reduce((whole, [name, value]) => {
    const at = `${parameters.add(textArray([...path, name]))}::text[]`;
    const set = `jsonb_set(${whole}, ${at}, coalesce(${before} #> ${at}, ${parameters.add(jsonText(value))}::jsonb))`;
    // What is there keeps its value by that, and what it has no value of is taken out again.
    return `(${set} #- CASE WHEN ${isThere} AND ${before} #> ${at} IS NULL THEN ${at} ELSE '{}'::text[] END)`;
  }, document);
}

/** A document whose object at a path keeps the named members only. */
function retained(document: string, { path, names }: Retention, parameters: Parameters): string {
  const kept = (object: string): string =>
    `(SELECT coalesce(jsonb_object_agg(name, value), '{}'::jsonb) FROM jsonb_each(${object}) AS members(name, value)
      WHERE name = ANY(${parameters.add(textArray(names))}::text[]))`;
  if (path.length === 0) return kept(document);
  const at = `${parameters.add(textArray(path))}::text[]`;
  const inner = `(d #> ${at})`;
  return `(SELECT CASE WHEN jsonb_typeof${inner} = 'object' THEN jsonb_set(d, ${at}, ${kept(inner)}) ELSE d END
    FROM (SELECT ${document} AS d OFFSET 0) AS whole)`;
}

/**
 * Sets the versions of the entities inside that are not as they were; `next` stands for the new version.
 * @param document what is written; `after` and `before` are what is compared
 */
function versioned(
  document: string,
  inside: readonly InsideEntity[] = [],
  { before, parameters }: { readonly before: string; readonly parameters: Parameters },
): string {
  return inSteps(document, inside, (whole, { path }) => {
    const at = `${parameters.add(textArray(path))}::text[]`;
    const version = `${parameters.add(textArray([...path, versionMember]))}::text[]`;
    const isSame = `after #> ${at} IS NOT DISTINCT FROM ${before} #> ${at}`;
    return `jsonb_set(${whole}, ${version},
      CASE WHEN ${isSame} THEN coalesce(${before} #> ${version}, 'null'::jsonb) ELSE next::text::jsonb END)`;
  });
}

/** An entity without what a change removes first: members of its own at once, those further inside one by one. */
function cleared(entity: string, clear: readonly (readonly string[])[], parameters: Parameters): string {
  const own = clear.filter(({ length }) => length === 1).map(([name = '']) => name);
  const outer = own.length === 0 ? entity : `(${entity} - ${parameters.add(textArray(own))}::text[])`;
  const further = clear.filter(({ length }) => length > 1);
  return inSteps(outer, further, (document, path) => `(${document} #- ${parameters.add(textArray(path))}::text[])`);
}

/** An entity with an item inserted into one of its collections, made where there is none. */
function withItem(entity: string, { path, item, index }: Insertion, parameters: Parameters): string {
  const at = `${parameters.add(textArray(path))}::text[]`;
  const value = `${parameters.add(jsonText(item))}::jsonb`;
  const ensured = `jsonb_set(${entity}, ${at}, coalesce(${entity} #> ${at}, '[]'::jsonb))`;
  // `jsonb_insert` counts from the end as OData does, but for the place behind the last item.
  const [position, after] = index < 0 ? [index, true] : [index, false];
  return `jsonb_insert(${ensured}, ${at} || ${parameters.add(String(position))}::text, ${value}, ${after})`;
}

/** The precondition on a version, as parts of WHERE; a version that is NULL is that of an entity that does not exist. */
function preconditionOn(version: string, { ifMatch, ifNoneMatch }: Precondition, parameters: Parameters): string[] {
  const among = (versions: readonly number[]): string =>
    `${version} = ANY(${parameters.add(`{${versions.join(',')}}`)}::bigint[])`;
  const conditions: string[] = [];
  if (ifMatch === '*') conditions.push(`${version} IS NOT NULL`);
  else if (ifMatch !== undefined) conditions.push(among(ifMatch));
  if (ifNoneMatch === '*') conditions.push(`${version} IS NULL`);
  else if (ifNoneMatch !== undefined) conditions.push(`(${among(ifNoneMatch)}) IS NOT TRUE`);
  return conditions;
}

/** The version that a change gives: the clock, but always later than the one before. */
function nextVersion({ version }: Stamp, parameters: Parameters): string {
  return `greatest(${row}.version + 1, ${parameters.named('version', version)}::bigint)`;
}

function modifiedAt({ now }: Stamp, parameters: Parameters): string {
  return `${parameters.named('now', new Date(now).toISOString())}::timestamptz`;
}

/** The versions of the entities that a write's own is in, set to a new one. */
function onTheWay(document: string, { at = [] }: EntityWrite, next: string, parameters: Parameters): string {
  return at.slice(0, -1).reduce((whole, _, step) => {
    const version = parameters.add(textArray([...pathOf(at.slice(0, step + 1)), versionMember]));
    return `jsonb_set(${whole}, ${version}::text[], ${next}::text::jsonb)`;
  }, document);
}

/** An aggregate, addressed in a statement that is being written. */
interface Addressed {
  readonly actor: string | undefined;
  readonly table: string;
  readonly where: string[];
  readonly parameters: Parameters;
}

/** What a merge does to a row; in the new document, `after` and `next` stand for what is merged and the new version. */
interface Change {
  readonly before: string;
  readonly after: string;
  readonly document: string;
  /** What the statement returns. */
  readonly columns: string;
  readonly stamp: Stamp;
}

/** The writes of PostgreSQL. */
export class PostgresStatements implements Statements {
  readonly #entityBytes: number;
  readonly #namesActors: boolean;

  /**
   * @param entityBytes of the document of an entity
   * @param namesActors whether a log of changes keeps who acts
   */
  constructor(
    private readonly dialect: Dialect,
    { entityBytes, namesActors }: { readonly entityBytes: number; readonly namesActors: boolean },
  ) {
    this.#entityBytes = entityBytes;
    this.#namesActors = namesActors;
  }

  /**
   * What a write returns. With it the log of changes learns who acts, in the same statement: it is computed for each row
   * that was written, before the triggers that log (they wait for the end of the statement), and forgotten with the
   * transaction. Where nobody is to be named it is left out: distributed databases refuse what is volatile there.
   */
  #returning(columns: string, actor: string | undefined, parameters: Parameters): string {
    if (!this.#namesActors) return `RETURNING ${columns}`;
    const named = `set_config('${actorVariable}', ${parameters.add(actor ?? '')}, true)`;
    return `RETURNING ${columns}, ${named} AS actor`;
  }

  #addressed({ set, scope, id }: AggregateKey): Addressed {
    const parameters = new Parameters(this.dialect);
    const where = [...inScope(scope, parameters, `${row}.`), `${row}.id = ${parameters.named('id', id)}`];
    return { table: `${this.dialect.name(set.name)} AS ${row}`, where, parameters, actor: scope.actor };
  }

  insert({ set, tenant, owner, actor, id, document }: NewAggregate, stamp: Stamp): Statement {
    const { now, version } = stamp;
    const aggregate = { tenant, owner, id, version: Number(version), createdAt: now, modifiedAt: now, document };
    return this.#insert(set, aggregate, { columns: wholeRow(this.dialect, set, set.contained), actor });
  }

  restore(set: AggregateSet, aggregate: StoredAggregate): Statement {
    return this.#insert(set, aggregate, { columns: 'id', actor: importer });
  }

  #insert(
    set: AggregateSet,
    aggregate: StoredAggregate,
    { columns, actor }: { readonly columns: string; readonly actor: string | undefined },
  ): Statement {
    const parameters = new Parameters(this.dialect);
    const { tenant, id, owner, version, createdAt, modifiedAt, document } = aggregate;
    const values = [tenant, id, owner].map((value) => parameters.add(value));
    values.push(`${parameters.add(version)}::bigint`);
    for (const time of [createdAt, modifiedAt]) {
      values.push(`${parameters.add(new Date(time).toISOString())}::timestamptz`);
    }
    values.push(`${parameters.add(jsonText(document))}::jsonb`);
    const text = `INSERT INTO ${this.dialect.name(set.name)} (tenant, id, owner, version, created_at, modified_at, document)
      VALUES (${values.join(', ')}) ON CONFLICT (tenant, id) DO NOTHING
      ${this.#returning(columns, actor, parameters)}`;
    return { text, parameters: parameters.values };
  }

  scan(set: AggregateSet, after: Pick<StoredAggregate, 'tenant' | 'id'> | undefined, limit: number): Statement {
    const parameters = new Parameters(this.dialect);
    const where =
      after === undefined ? '' : `WHERE (tenant, id) > (${parameters.add(after.tenant)}, ${parameters.add(after.id)})`;
    const milliseconds = (column: string): string => `round(extract(epoch FROM ${column}) * 1000)::bigint AS ${column}`;
    const text = `SELECT tenant, owner, id, version, ${milliseconds('created_at')}, ${milliseconds('modified_at')},
        document::text AS document
      FROM ${this.dialect.name(set.name)} ${where} ORDER BY tenant, id LIMIT ${parameters.add(limit)}`;
    return { text, parameters: parameters.values };
  }

  merge(key: AggregateKey, merge: Merge, stamp: Stamp): Statement {
    return (merge.at ?? []).length === 0 ? this.#mergeOwn(key, merge, stamp) : this.#mergeContained(key, merge, stamp);
  }

  #conditions({ conditions = [] }: EntityWrite, key: AggregateKey, parameters: Parameters): readonly string[] {
    if (conditions.length === 0) return [];
    return entityConditions(this.dialect, key, conditions, { parameters, row });
  }

  #mergeOwn(key: AggregateKey, merge: Merge, stamp: Stamp): Statement {
    const { precondition } = merge;
    const addressed = this.#addressed(key);
    const { where, parameters } = addressed;
    const before = `${row}.document`;
    const after = merged(before, merge, parameters);
    const document = versioned('after', merge.inside, { before, parameters });
    where.push(...preconditionOn(`${row}.version`, precondition, parameters));
    where.push(...this.#conditions(merge, key, parameters));
    const columns = wholeRow(this.dialect, key.set, key.set.contained);
    return this.#change(addressed, { before, after, document, columns, stamp });
  }

  #mergeContained(key: AggregateKey, merge: Merge, stamp: Stamp): Statement {
    const addressed = this.#addressed(key);
    const { where, parameters } = addressed;
    const { at: steps = [] } = merge;
    const path = pathOf(steps);
    const at = `${parameters.add(textArray(path))}::text[]`;
    const before = `(${row}.document #> ${at})`;
    const { orCreate, precondition, onlyNew = false } = merge;
    const entity =
      orCreate === undefined ? before : `coalesce(${before}, ${parameters.add(jsonText(orCreate))}::jsonb)`;
    const after = merged(entity, merge, parameters);
    if (orCreate === undefined) where.push(`${before} IS NOT NULL`);
    if (onlyNew) where.push(`${before} IS NULL`);
    if (steps.length > 1) where.push(`${this.#at(steps.slice(0, -1), parameters)} IS NOT NULL`);
    const isConditional = precondition.ifMatch !== undefined || precondition.ifNoneMatch !== undefined;
    if (isConditional) where.push(...preconditionOn(this.#versionAt(path, parameters), precondition, parameters));
    where.push(...this.#conditions(merge, key, parameters));
    // The entity gets the version of its aggregate.
    const own = `jsonb_set(after, ${quoteText(textArray([versionMember]))}, next::text::jsonb)`;
    const tagged = versioned(own, merge.inside, { before, parameters });
    const collection = steps.at(-1)?.member === undefined ? undefined : path.slice(0, -1);
    // The first member of a collection makes it.
    const holding = collection === undefined ? `${row}.document` : this.#withObject(collection, parameters);
    const document = onTheWay(`jsonb_set(${holding}, ${at}, ${tagged})`, merge, 'next', parameters);
    const columns = `${this.dialect.fetched(before)} AS document`;
    return this.#change(addressed, { before, after, document, columns, stamp });
  }

  /** A new document, which must not be larger than one may be; a conflict of types says so. */
  #bounded(document: string): string {
    return `(SELECT CASE WHEN pg_column_size(made) > ${this.#entityBytes} THEN ${tooMuch('made')}::jsonb ELSE made END
      FROM (SELECT ${document} AS made OFFSET 0) AS bounded)`;
  }

  #at(steps: readonly ContainedStep[], parameters: Parameters): string {
    return this.dialect.jsonAt(`${row}.document`, pathOf(steps), parameters);
  }

  #versionAt(path: readonly string[], parameters: Parameters): string {
    return `(${row}.document #>> ${parameters.add(textArray([...path, versionMember]))}::text[])::bigint`;
  }

  /** The document of a row with an object at a path. */
  #withObject(path: readonly string[], parameters: Parameters): string {
    const at = `${parameters.add(textArray(path))}::text[]`;
    return `jsonb_set(${row}.document, ${at}, coalesce(${row}.document #> ${at}, '{}'::jsonb))`;
  }

  /**
   * Changes a row; what is left as it was keeps its version. The subquery speaks of the row itself: where another
   * transaction changed it first, the database computes it again from what that one left (PostgreSQL documentation,
   * 13.2.1). A row that were read in `FROM` would be the one before. `OFFSET 0` has everything computed once.
   */
  #change(
    { table, where, parameters, actor }: Addressed,
    { before, after, document, columns, stamp }: Change,
  ): Statement {
    const next = nextVersion(stamp, parameters);
    const text = `UPDATE ${table} SET (document, version, modified_at) = (
      SELECT CASE WHEN changed THEN ${this.#bounded(document)} ELSE ${row}.document END,
        CASE WHEN changed THEN next ELSE ${row}.version END,
        CASE WHEN changed THEN ${modifiedAt(stamp, parameters)} ELSE ${row}.modified_at END
      FROM (SELECT after, after IS DISTINCT FROM ${before} AS changed, ${next} AS next
        FROM (SELECT ${after} AS after OFFSET 0) AS merge OFFSET 0) AS change)
      WHERE ${where.join(' AND ')} ${this.#returning(columns, actor, parameters)}`;
    return { text, parameters: parameters.values };
  }

  #members(members: Members): Addressed {
    const parameters = new Parameters(this.dialect);
    const where = [...areMembers(this.dialect, members, { parameters, row })];
    const { set, scope } = members;
    return { table: `${this.dialect.name(set.name)} AS ${row}`, where, parameters, actor: scope.actor };
  }

  mergeMembers(members: Members, change: EntityChange, stamp: Stamp): Statement {
    const addressed = this.#members(members);
    const before = `${row}.document`;
    const after = merged(before, change, addressed.parameters);
    const columns = wholeRow(this.dialect, members.set, members.set.contained);
    const document = versioned('after', change.inside, { before, parameters: addressed.parameters });
    return this.#change(addressed, { before, after, document, columns, stamp });
  }

  deleteMembers(members: Members): Statement {
    const { table, where, parameters, actor } = this.#members(members);
    const text = `DELETE FROM ${table} WHERE ${where.join(' AND ')} ${this.#returning('id', actor, parameters)}`;
    return { text, parameters: parameters.values };
  }

  delete(key: AggregateKey, write: EntityWrite, stamp: Stamp): Statement {
    const addressed = this.#addressed(key);
    const { table, where, parameters, actor } = addressed;
    where.push(...this.#conditions(write, key, parameters));
    if ((write.at ?? []).length > 0) return this.#deleteContained(addressed, write, stamp);
    where.push(...preconditionOn(`${row}.version`, write.precondition, parameters));
    const text = `DELETE FROM ${table} WHERE ${where.join(' AND ')} ${this.#returning('id', actor, parameters)}`;
    return { text, parameters: parameters.values };
  }

  #deleteContained({ table, where, parameters, actor }: Addressed, write: EntityWrite, stamp: Stamp): Statement {
    const path = pathOf(write.at ?? []);
    const version = this.#versionAt(path, parameters);
    where.push(`${version} IS NOT NULL`, ...preconditionOn(version, write.precondition, parameters));
    const next = nextVersion(stamp, parameters);
    const left = `(${row}.document #- ${parameters.add(textArray(path))}::text[])`;
    const text = `UPDATE ${table} SET document = ${onTheWay(left, write, next, parameters)},
      version = ${next}, modified_at = ${modifiedAt(stamp, parameters)}
      WHERE ${where.join(' AND ')} ${this.#returning('id', actor, parameters)}`;
    return { text, parameters: parameters.values };
  }
}
