import type { EntityCondition } from '../../odata/query/bound.js';
import type { AggregateSet, Members, Scope } from '../aggregate-store.js';
import { ExpressionCompiler } from './compile-expression.js';
import type { Dialect } from './dialect.js';
import type { Parameters } from './parameters.js';

/** The conditions that keep a statement inside its scope. */
export function inScope({ tenant, owner }: Scope, parameters: Parameters, row = ''): readonly string[] {
  const ofTenant = `${row}tenant = ${parameters.named('tenant', tenant)}`;
  return owner === undefined ? [ofTenant] : [ofTenant, `${row}owner = ${parameters.named('owner', owner)}`];
}

/** The columns of a whole aggregate, without the contained entities that were not asked for. */
export function wholeRow(dialect: Dialect, set: AggregateSet, contained: readonly string[]): string {
  const left = set.contained.filter((name) => !contained.includes(name));
  return `id, version, ${dialect.fetched(dialect.withoutMembers('document', left))} AS document`;
}

/** The conditions that members of a set satisfy. @param row alias of the row of a member */
export function areMembers(
  dialect: Dialect,
  { set, scope, item, filters }: Members,
  { parameters, row }: { readonly parameters: Parameters; readonly row: string },
): readonly string[] {
  const expressions = new ExpressionCompiler(dialect, parameters);
  const columns = new Map(set.key === undefined ? [] : [[set.key, `${row}.id`]]);
  expressions.place(item, { source: { json: `${row}.document`, path: [] }, columns, scalar: undefined });
  return [...inScope(scope, parameters, `${row}.`), ...filters.map((filter) => expressions.condition(filter))];
}

/** What must hold of entities of an aggregate. @param row alias of its row */
export function entityConditions(
  dialect: Dialect,
  { set, conditions }: { readonly set: AggregateSet; readonly conditions: readonly EntityCondition[] },
  { parameters, row }: { readonly parameters: Parameters; readonly row: string },
): readonly string[] {
  const expressions = new ExpressionCompiler(dialect, parameters);
  return conditions.flatMap(({ path, item, filters }) => {
    const document = `${row}.document`;
    const json = path.length === 0 ? document : dialect.jsonAt(document, path, parameters);
    const columns = new Map(path.length > 0 || set.key === undefined ? [] : [[set.key, `${row}.id`]]);
    expressions.place(item, { source: { json, path: [] }, columns, scalar: undefined });
    return filters.map((filter) => expressions.condition(filter));
  });
}
