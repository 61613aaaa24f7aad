import type { Operation } from '../../edm/model.js';
import { parseAliasValue } from '../../uri/parse-options.js';
import type { Expression } from '../../uri/syntax-tree.js';

const parsed = new WeakMap<Operation, Expression>();

/**
 * The expression that a function is computed by, as a tree.
 * @throws ODataError where it is none; Error where the function has none
 */
export function expressionOf(operation: Operation): Expression {
  const known = parsed.get(operation);
  if (known !== undefined) return known;
  if (operation.expression === undefined) throw new Error(`${operation.name} is computed by a handler`);
  const tree = parseAliasValue(operation.name, { text: operation.expression, encoded: new Set() });
  parsed.set(operation, tree);
  return tree;
}
