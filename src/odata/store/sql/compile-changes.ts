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

/** What the changes of a tenant are ordered by. */
function orderOf({ log }: Dialect, alias: string): readonly string[] {
  return log.order.map((column) => `${alias}.${column}`);
}

/** The place of a row in its log. */
function placeOf(dialect: Dialect, alias: string): string {
  return tuple(orderOf(dialect, alias));
}

/** A place as parameters. */
function placeAt(
  { log }: Dialect,
  { transaction, sequence }: Pick<LogPosition, 'transaction' | 'sequence'>,
  parameters: Parameters,
): readonly string[] {
  return log.order.map((column) => parameters.add(column === 'xid' ? transaction : sequence));
}

/** Whether a row of the log is the end of its entity. */
function isDeletion(alias: string): string {
  return `${alias}.kind = 'deleted'`;
}

/** The log of an entity set, for those of its rows that are ends of entities. */
function deletions(dialect: Dialect, set: string, alias: string): string {
  const table = changeTable(set);
  return `${dialect.name(table)} AS ${alias} ${dialect.log.indexed(table, 'deletions')}`;
}

/** The columns `xid` and `sequence` of a row. */
function columnsOf({ log }: Dialect, alias: string): string {
  return `${log.order.includes('xid') ? `${alias}.xid` : '0'} AS xid, ${alias}.sequence AS sequence`;
}

/** That a row of the set is in a scope, and the entity of the change `c`. */
function ofChange(alias: string, scope: Scope, parameters: Parameters): string {
  return [`${alias}.id = c.id`, ...inScope(scope, parameters, `${alias}.`)].join(' AND ');
}

/** The settled changes of a scope behind a position. */
interface SettledRange {
  readonly scope: Scope;
  readonly parameters: Parameters;
  /** The place of the last one. */
  readonly settled: string;
  /** All of them, as rows of an alias. */
  readonly changes: (alias: string) => { readonly from: string; readonly where: readonly string[] };
}

/**
 * That the settled change `c` is the last one of its entity, which is `p` where the scope has it. Where no index finds the
 * changes of an entity it is the one whose version the entity has, as every change gives one of its own, or its deletion:
 * that is true where what is committed is settled. Of an entity that is not there, and of which no deletion says so, it is
 * found among all changes, once in a statement: that went past the triggers. One that was given an old version by hand is
 * told twice.
 */
function isLastOne(
  dialect: Dialect,
  { path }: BoundRead,
  { scope, settled, changes, parameters }: SettledRange,
): string {
  const isLater = [
    ...inScope(scope, parameters, 'l.'),
    'l.id = c.id',
    `${placeOf(dialect, 'l')} > ${placeOf(dialect, 'c')}`,
  ];
  if (dialect.log.findsEntities) {
    const later = whereOf([...isLater, `${placeOf(dialect, 'l')} <= ${settled}`]);
    return `NOT EXISTS (SELECT 1 FROM ${dialect.name(changeTable(path.root.name))} AS l${later})`;
  }
  const ended = whereOf([isDeletion('l'), ...isLater]);
  const { from, where } = changes('m');
  const lasts = `SELECT max(m.sequence) FROM ${from}${whereOf(where)} GROUP BY m.id`;
  // The deletions are asked for the few that may be the last.
  return `CASE WHEN p.id IS NOT NULL AND (p.version <> c.version OR ${isDeletion('c')}) THEN 0
    WHEN EXISTS (SELECT 1 FROM ${deletions(dialect, path.root.name, 'l')}${ended}) THEN 0
    WHEN p.id IS NULL AND NOT ${isDeletion('c')} THEN c.sequence IN (${lasts})
    ELSE 1 END`;
}

/**
 * The settled changes behind a position, of each entity only the last one, as rows `c`, beside the entity as `p` where the
 * scope has it; the end of the log is `h`.
 */
function settledChanges(
  dialect: Dialect,
  read: BoundRead,
  { scope, after, parameters }: { readonly scope: Scope; readonly after: LogPosition; readonly parameters: Parameters },
): { readonly from: string; readonly where: readonly string[] } {
  const { name } = read.path.root;
  const log = changeTable(name);
  const start = tuple(placeAt(dialect, after, parameters));
  // Computed once, and what an index can end at.
  const settled = tuple(dialect.log.order.map((column) => `(SELECT ${column} FROM h)`));
  const index = dialect.log.indexed(log, scope.owner === undefined ? 'in_order' : 'by_owner');
  const changes = (alias: string) => ({
    from: `${dialect.name(log)} AS ${alias} ${index}`,
    where: [
      ...dialect.watched('table', alias),
      ...inScope(scope, parameters, `${alias}.`),
      `${placeOf(dialect, alias)} > ${start}`,
      `${placeOf(dialect, alias)} <= ${settled}`,
    ],
  });
  const { from, where } = changes('c');
  const entity = `LEFT JOIN ${dialect.name(name)} AS p ON ${ofChange('p', scope, parameters)}`;
  return {
    from: `${from} ${entity}`,
    where: [...where, isLastOne(dialect, read, { scope, settled, changes, parameters })],
  };
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
  const query = [...path.filters.map((filter) => expressions.condition(filter)), ...expressions.conditions(collection)];
  const rows = `SELECT ${columnsOf(dialect, 'c')}, ${dialect.log.milliseconds('c.at')} AS at, c.id AS id,
      p.id AS present, ${row}.version AS version, CASE WHEN ${row}.id IS NOT NULL THEN ${document} END AS document
    FROM ${changed.from}
    LEFT JOIN ${table} AS ${row} ON ${[ofChange(row, scope, parameters), ...query].join(' AND ')}
    ${whereOf(changed.where)} ORDER BY ${orderOf(dialect, 'c').join(', ')} LIMIT ${parameters.limit((page?.size ?? 0) + 1)}`;
  const text = `${with_} SELECT ${endColumns}, page.* FROM h LEFT JOIN (${rows}) AS page ON 1 = 1
    ORDER BY page.xid, page.sequence`;
  return { text, parameters: parameters.values, page: pageOfBytes(page, ['document']) };
}

/** Compiles a read of the log itself, in the order of its changes, of one tenant after the other. */
export function compileHistory(dialect: Dialect, set: string, query: HistoryQuery): Statement {
  const parameters = new Parameters(dialect);
  const { tenant, id, since, after, limit } = query;
  const where: string[] = [];
  if (tenant !== undefined) where.push(`c.tenant = ${parameters.named('tenant', tenant)}`);
  if (id !== undefined) where.push(`c.id = ${parameters.named('id', id)}`);
  if (since !== undefined) where.push(`c.at >= ${dialect.log.moment(since, parameters)}`);
  // An index leads to a place where what is compared is what it orders by.
  const isOne = tenant !== undefined;
  const order = [...(isOne ? [] : ['c.tenant']), ...orderOf(dialect, 'c')];
  if (after !== undefined) {
    const place = placeAt(dialect, after, parameters);
    where.push(`${tuple(order)} > ${tuple(isOne ? place : [parameters.add(after.tenant), ...place])}`);
  }
  const text = `SELECT c.tenant, c.id, c.owner, c.version, c.kind, c.properties, c.actor,
      ${dialect.log.milliseconds('c.at')} AS at, ${columnsOf(dialect, 'c')}
    FROM ${dialect.name(changeTable(set))} AS c${whereOf(where)}
    ORDER BY ${order.join(', ')} LIMIT ${parameters.limit(limit)}`;
  return { text, parameters: parameters.values };
}

/** Compiles the end of the oldest changes; gives a row for each. */
export function compileForget(dialect: Dialect, set: string, before: number, limit: number): Statement {
  const parameters = new Parameters(dialect);
  const log = dialect.name(changeTable(set));
  const key = ['tenant', ...dialect.log.order];
  const oldest = dialect.log.oldest(key.join(', '), {
    log,
    before: dialect.log.moment(before, parameters),
    limit: parameters.limit(limit),
  });
  const text = `DELETE FROM ${log} WHERE ${tuple(key)} IN (${oldest}) RETURNING 1 AS forgotten`;
  return { text, parameters: parameters.values };
}
