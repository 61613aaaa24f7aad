import type { EntityCondition } from '../../protocol/query/bound.js';
import type { AggregateKey, Members } from '../aggregate-store.js';
import { ExpressionCompiler } from './compile-expression.js';
import type { Dialect } from './dialect.js';
import { columnsOf, inScope, noColumns } from './fragments.js';
import type { Parameters } from './parameters.js';

/** The conditions that members of a set satisfy. @param row alias of the row of a member */
export function areMembers(
  dialect: Dialect,
  { set, scope, item, filters }: Members,
  { parameters, row }: { readonly parameters: Parameters; readonly row: string },
): readonly string[] {
  const expressions = new ExpressionCompiler(dialect, parameters, scope);
  const columns = columnsOf(dialect, set, row);
  expressions.place(item, { source: { json: `${row}.document`, path: [] }, columns, scalar: undefined });
  return [
    ...dialect.watched('table', row),
    ...inScope(scope, parameters, `${row}.`),
    ...filters.map((filter) => expressions.condition(filter)),
  ];
}

/** What must hold of entities of an aggregate. @param row alias of its row */
export function entityConditions(
  dialect: Dialect,
  { set, scope }: Pick<AggregateKey, 'set' | 'scope'>,
  conditions: readonly EntityCondition[],
  { parameters, row }: { readonly parameters: Parameters; readonly row: string },
): readonly string[] {
  const expressions = new ExpressionCompiler(dialect, parameters, scope);
  return conditions.flatMap(({ path, item, filters }) => {
    const document = `${row}.document`;
    const json = path.length === 0 ? document : dialect.jsonAt(document, path, parameters);
    const columns = path.length > 0 ? noColumns : columnsOf(dialect, set, row);
    expressions.place(item, { source: { json, path: [] }, columns, scalar: undefined });
    return filters.map((filter) => expressions.condition(filter));
  });
}
