import { Edm } from '../../edm/primitive-types.js';
import type { Expression } from '../../uri/syntax-tree.js';
import { type BoundExpression, isNull, single } from '../bound.js';
import { familyOfType, nameOf } from '../value-types.js';
import { bindComparison, bindIn } from './bind-comparison.js';
import { bindOverloaded } from './bind-overloaded.js';
import type { Binder } from './binding.js';
import { dynamicAs } from './dynamic-values.js';

const boolean = single(Edm.Boolean);

/** `not` (5.1.1.1.9) and negation (5.1.1.2.3). */
export function bindUnary(binder: Binder, node: Expression & { kind: 'unary' }): BoundExpression {
  if (node.operator === 'not') return { kind: 'not', operand: binder.predicate(node.operand), type: boolean };
  return bindOverloaded(binder, 'negate', node, [binder.expression(node.operand)]);
}

/** Comparison (5.1.1.1), `in` and `has`, and arithmetic (5.1.1.2). */
export function bindBinary(binder: Binder, node: Expression & { kind: 'binary' }): BoundExpression {
  switch (node.operator) {
    case 'eq':
    case 'ne':
    case 'gt':
    case 'ge':
    case 'lt':
    case 'le':
      return bindComparison(binder, node, node.operator);
    case 'in':
      return bindIn(binder, node);
    case 'has':
      return bindHas(binder, node);
    default: {
      const left = binder.expression(node.left);
      // A string beside a date is a duration, beside anything else of the other's type.
      const dated = familyOfType(left.type) === 'date' || familyOfType(left.type) === 'dateTimeOffset';
      const right = binder.expression(node.right, dated ? Edm.Duration : left.type.item);
      return bindOverloaded(binder, node.operator, node, [castLeft(binder, node.left, left, right), right]);
    }
  }
}

/** A literal on the left is cast to the type on the right. */
function castLeft(binder: Binder, node: Expression, left: BoundExpression, right: BoundExpression): BoundExpression {
  if (node.kind !== 'literal') return left;
  const isCast =
    node.type === 'string' ? right.type.item !== Edm.String : node.type === 'double' && right.type.item === Edm.Decimal;
  return isCast ? binder.expression(node, right.type.item) : left;
}

/** 5.1.1.1.10: whether flags are set. */
function bindHas(binder: Binder, node: Expression & { kind: 'binary' }): BoundExpression {
  const left = binder.expression(node.left);
  const right = dynamicAs(binder.expression(node.right, left.type.item), left.type.item);
  // 5.1.1.1.10: null is unknown.
  if (isNull(left) || isNull(right)) return { kind: 'literal', value: null, type: boolean };
  const { item } = left.type;
  if (item?.kind !== 'enum' || left.type.collection || right.type.item !== item) {
    return binder.fail(
      node,
      `'has' tests members of an enumeration, not ${nameOf(left.type)} for ${nameOf(right.type)}`,
    );
  }
  return { kind: 'call', name: 'hasFlags', arguments: [left, right], type: boolean };
}
