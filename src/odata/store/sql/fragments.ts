import type { AggregateSet, Scope } from '../aggregate-store.js';
import type { Dialect } from './dialect.js';
import type { Parameters } from './parameters.js';

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

/**
 * The properties of a row whose values stand beside its document, by their paths with slashes between: its key, and what
 * is indexed.
 */
export function columnsOf(
  dialect: Dialect,
  { key, indexes }: Pick<AggregateSet, 'key' | 'indexes'>,
  row: string,
): ReadonlyMap<string, string> {
  const columns = new Map(indexes.map((one) => [one.path.join('/'), dialect.indexed(row, one)]));
  return key === undefined ? columns : columns.set(key, `${row}.id`);
}
