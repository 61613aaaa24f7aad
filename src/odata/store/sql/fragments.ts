import type { AggregateKey, AggregateSet, IndexedPath, Scope } from '../aggregate-store.js';
import type { Dialect } from './dialect.js';
import { Parameters, type Statement } from './parameters.js';

/** The conditions that keep a statement inside its scope. */
export function inScope({ tenant, owner }: Scope, parameters: Parameters, row = ''): readonly string[] {
  const ofTenant = `${row}tenant = ${parameters.named('tenant', tenant)}`;
  return owner === undefined ? [ofTenant] : [ofTenant, `${row}owner = ${parameters.named('owner', owner)}`];
}

/**
 * Operands of an operator that is associative, as a tree that is as flat as can be: databases bound the depth of theirs, and
 * read a chain as one that is as deep as it is long.
 */
export function balanced(operands: readonly string[], operator: string): string {
  if (operands.length <= 8) return `(${operands.join(operator)})`;
  const half = operands.length / 2;
  return `(${balanced(operands.slice(0, half), operator)}${operator}${balanced(operands.slice(half), operator)})`;
}

/** The columns of a whole aggregate, without the contained entities that were not asked for. */
export function wholeRow(dialect: Dialect, set: AggregateSet, contained: readonly string[]): string {
  const left = set.contained.filter((name) => !contained.includes(name));
  return `id, version, ${dialect.fetched(dialect.withoutMembers('document', left))} AS document`;
}

/** A statement that reads columns of one aggregate, of which `document` is the one of its size. */
export function selecting(
  dialect: Dialect,
  { set, scope, id }: AggregateKey,
  columns: string,
  parameters = new Parameters(dialect),
): Statement {
  const where = [...inScope(scope, parameters), `id = ${parameters.named('id', id)}`];
  const text = `SELECT ${columns} FROM ${dialect.name(set.name)} WHERE ${where.join(' AND ')}`;
  return { text, parameters: parameters.values, ofOne: 'document' };
}

/** Expressions of the properties of an instance whose values stand beside its document, by their paths with slashes between. */
export type Columns = Pick<ReadonlyMap<string, string>, 'get'>;

export const noColumns: Columns = new Map();

/** What is indexed of the entities of a set, by its path. */
const indexesByPath = new WeakMap<AggregateSet['indexes'], ReadonlyMap<string, IndexedPath>>();

function indexAt(indexes: AggregateSet['indexes'], path: string): IndexedPath | undefined {
  let known = indexesByPath.get(indexes);
  if (known === undefined) {
    known = new Map(indexes.map((one) => [one.path.join('/'), one]));
    indexesByPath.set(indexes, known);
  }
  return known.get(path);
}

/** The columns of a row: its key, and what is indexed. */
export function columnsOf(
  dialect: Dialect,
  { key, indexes }: Pick<AggregateSet, 'key' | 'indexes'>,
  row: string,
): Columns {
  return {
    get: (path) => {
      if (path === key) return `${row}.id`;
      const index = indexAt(indexes, path);
      return index && dialect.indexed(row, index);
    },
  };
}
