import type { BoundRead } from '../../protocol/query/bound.js';
import type { LogPosition } from '../../protocol/query/changes.js';
import { changeTable, type HistoryQuery } from '../change-log.js';
import type { Scope } from '../aggregate-store.js';
import { ExpressionCompiler, whereOf } from './compile-expression.js';
import { pageOfBytes } from './compile-page.js';
import { entityDocument, placeEntity, row } from './compile-read.js';
import { ShapeCompiler } from './compile-shape.js';
import type { Dialect } from './dialect.js';
import { inScope } from './fragments.js';
import { Parameters, type Statement } from './parameters.js';

/** Columns that say where the log ends; of the result without rows too. */
const endColumns = 'h.epoch AS epoch, h.xid AS end_xid, h.sequence AS end_sequence, h.at AS end_at';

/** The end of a log as a common table expression; without a row where nothing is logged. */
function endOf(dialect: Dialect, set: string, parameters: Parameters): string {
  return `WITH h AS MATERIALIZED (SELECT ${dialect.log.epoch('state.epoch')} AS epoch, log_end.xid, log_end.sequence, log_end.at
    FROM change_log AS state CROSS JOIN (${dialect.log.end(changeTable(set))}) AS log_end
    WHERE state.entity_set = ${parameters.named('set', set)} AND state.mode <> 'off')`;
}

/** Where the log of an entity set ends: at most one row. */
export function compileEnd(dialect: Dialect, set: string): Statement {
  const parameters = new Parameters(dialect);
  return { text: `${endOf(dialect, set, parameters)} SELECT ${endColumns} FROM h`, parameters: parameters.values };
}

/** Several values that are compared as one. */
function tuple(values: readonly string[]): string {
  return values.length === 1 ? values.join('') : `(${values.join(', ')})`;
}

/** The place of a row in its log. */
function placeOf({ log }: Dialect, alias: string): string {
  return tuple(log.order.map((column) => `${alias}.${column}`));
}

/** A place as parameters. */
function placeAt(
  { log }: Dialect,
  { transaction, sequence }: Pick<LogPosition, 'transaction' | 'sequence'>,
  parameters: Parameters,
): readonly string[] {
  return log.order.map((column) => parameters.add(column === 'xid' ? transaction : sequence));
}

/** The columns `xid` and `sequence` of a row. */
function columnsOf({ log }: Dialect, alias: string): string {
  return `${log.order.includes('xid') ? `${alias}.xid` : '0'} AS xid, ${alias}.sequence AS sequence`;
}

/** The settled changes behind a position, of each entity only the last one, as rows `c`; the end of the log is `h`. */
function settledChanges(
  dialect: Dialect,
  { path }: BoundRead,
  { scope, after, parameters }: { readonly scope: Scope; readonly after: LogPosition; readonly parameters: Parameters },
): { readonly from: string; readonly where: readonly string[] } {
  const log = dialect.name(changeTable(path.root.name));
  const from = tuple(placeAt(dialect, after, parameters));
  // Computed once, and what an index can end at.
  const settled = tuple(dialect.log.order.map((column) => `(SELECT ${column} FROM h)`));
  const [at, next] = [placeOf(dialect, 'c'), placeOf(dialect, 'l')];
  const later = [...inScope(scope, parameters, 'l.'), 'l.id = c.id', `${next} > ${at}`, `${next} <= ${settled}`];
  const where = [
    ...dialect.watched('table', 'c'),
    ...inScope(scope, parameters, 'c.'),
    `${at} > ${from}`,
    `${at} <= ${settled}`,
    `NOT EXISTS (SELECT 1 FROM ${log} AS l${whereOf(later)})`,
  ];
  const index = dialect.log.indexed(changeTable(path.root.name), scope.owner === undefined ? 'in_order' : 'by_owner');
  return { from: `${log} AS c ${index}`, where };
}

/**
 * Compiles what changed behind a position, in one statement and so of one snapshot: the settled changes, of each entity
 * only the last one, and the entity as it is. The rows are `id`, `version` and `document`, the latter two of an entity
 * that the query gives; `present` is null where the scope has no such entity. Without changes there is one row without id.
 * What an entity was before is not kept: one that the query never gave is told as removed when it changes, too.
 */
export function compileChanges(dialect: Dialect, read: BoundRead, scope: Scope, after: LogPosition): Statement {
  const parameters = new Parameters(dialect);
  const { path, collection, shape, page } = read;
  const table = dialect.name(path.root.name);
  const with_ = endOf(dialect, path.root.name, parameters);
  const changed = settledChanges(dialect, read, { scope, after, parameters });
  // Each is one item, whether the query still gives the entity or not.
  if (path.suffix === 'count') {
    const text = `${with_} SELECT ${endColumns}, (SELECT count(*) FROM ${changed.from}${whereOf(changed.where)}) AS count FROM h`;
    return { text, parameters: parameters.values };
  }
  const expressions = new ExpressionCompiler(dialect, parameters, scope);
  const shapes = new ShapeCompiler(dialect, parameters, expressions);
  placeEntity(dialect, expressions, read);
  const document = dialect.fetched(shapes.structured(entityDocument, path.entity.type, shape));
  const joined = (alias: string): readonly string[] => [
    `${alias}.id = c.id`,
    ...inScope(scope, parameters, `${alias}.`),
  ];
  const query = [...path.filters.map((filter) => expressions.condition(filter)), ...expressions.conditions(collection)];
  const rows = `SELECT ${columnsOf(dialect, 'c')}, ${dialect.log.milliseconds('c.at')} AS at, c.id AS id,
      p.id AS present, ${row}.version AS version, CASE WHEN ${row}.id IS NOT NULL THEN ${document} END AS document
    FROM ${changed.from}
    LEFT JOIN ${table} AS p ON ${joined('p').join(' AND ')}
    LEFT JOIN ${table} AS ${row} ON ${[...joined(row), ...query].join(' AND ')}
    ${whereOf(changed.where)} ORDER BY ${dialect.log.order.map((column) => `c.${column}`).join(', ')} LIMIT ${parameters.limit((page?.size ?? 0) + 1)}`;
  const text = `${with_} SELECT ${endColumns}, page.* FROM h LEFT JOIN (${rows}) AS page ON 1 = 1
    ORDER BY page.xid, page.sequence`;
  return { text, parameters: parameters.values, page: pageOfBytes(page, ['document']) };
}

/** Compiles a read of the log itself. */
export function compileHistory(dialect: Dialect, set: string, query: HistoryQuery): Statement {
  const parameters = new Parameters(dialect);
  const { tenant, id, since, after, limit } = query;
  const where: string[] = [];
  if (tenant !== undefined) where.push(`tenant = ${parameters.add(tenant)}`);
  if (id !== undefined) where.push(`id = ${parameters.add(id)}`);
  if (since !== undefined) where.push(`at >= ${dialect.log.moment(since, parameters)}`);
  if (after !== undefined) {
    const place = [parameters.add(after.tenant), ...placeAt(dialect, after, parameters)];
    where.push(`${tuple(['tenant', ...dialect.log.order])} > ${tuple(place)}`);
  }
  const text = `SELECT tenant, id, owner, version, kind, properties, actor, ${dialect.log.milliseconds('at')} AS at,
      ${columnsOf(dialect, 'c')} FROM ${dialect.name(changeTable(set))} AS c${whereOf(where)}
    ORDER BY ${['tenant', ...dialect.log.order].join(', ')} LIMIT ${parameters.limit(limit)}`;
  return { text, parameters: parameters.values };
}

/** Compiles the end of the oldest changes; gives a row for each. */
export function compileForget(dialect: Dialect, set: string, before: number, limit: number): Statement {
  const parameters = new Parameters(dialect);
  const log = dialect.name(changeTable(set));
  const key = ['tenant', ...dialect.log.order];
  const oldest = `SELECT ${key.join(', ')} FROM ${log} WHERE at < ${dialect.log.moment(before, parameters)}
    ORDER BY at LIMIT ${parameters.limit(limit)} ${dialect.log.skipLocked}`;
  const text = `DELETE FROM ${log} WHERE ${tuple(key)} IN (${oldest}) RETURNING 1 AS forgotten`;
  return { text, parameters: parameters.values };
}
