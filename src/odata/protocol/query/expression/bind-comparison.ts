import type { ComplexType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import type { Expression, Span } from '../../uri/syntax-tree.js';
import { type BoundExpression, type ComparisonOperator, type Member, nothing, single } from '../bound.js';
import { compatible, isOrdered, isStructured, nameOf } from '../value-types.js';
import type { Binder } from './binding.js';
import { dynamicAs, dynamicTypes, isDynamic, isThere, withDynamic } from './dynamic-values.js';
import { extend, refuseProperty, wholeCollection } from './members.js';

const boolean = single(Edm.Boolean);

type Pair = readonly [BoundExpression, BoundExpression];

/** 5.1.1.1: two values that are compared, primitive, structured or references. */
export function bindComparison(
  binder: Binder,
  node: Expression & { kind: 'binary' },
  operator: ComparisonOperator,
): BoundExpression {
  if (node.right.kind === 'object' || node.left.kind === 'object') return structural(binder, node, operator);
  const [left, right] = bindPair(binder, node.left, node.right);
  const [leftCast, rightCast] = withDynamic(
    recast(binder, node.left, left, right),
    recast(binder, node.right, right, left),
  );
  checkComparable(binder, node, operator, [leftCast, rightCast]);
  const references = referencesOf(leftCast, rightCast);
  if (references !== undefined) return { kind: 'comparison', operator, ...references, type: boolean };
  if (isStructured(leftCast.type.item) && isStructured(rightCast.type.item)) {
    return memberwise(binder, node, operator, [leftCast, rightCast]);
  }
  return compareDynamic({ kind: 'comparison', operator, left: leftCast, right: rightCast, type: boolean });
}

/** Two values side by side: a literal is of the type of the other one. */
export function bindPair(binder: Binder, left: Expression, right: Expression): Pair {
  const isConstant = ({ kind }: Expression): boolean => kind === 'literal' || kind === 'array' || kind === 'object';
  const leftFirst = !isConstant(left) || isConstant(right);
  const first = binder.expression(leftFirst ? left : right);
  const second = binder.expression(leftFirst ? right : left, first.type.item);
  return leftFirst ? [first, second] : [second, first];
}

/** An alias is bound before its partner is known; a text literal behind it is cast then. */
function recast(binder: Binder, node: Expression, bound: BoundExpression, other: BoundExpression): BoundExpression {
  if (bound.kind !== 'literal' || bound.type.item !== Edm.String || other.type.item === Edm.String) return bound;
  return other.type.item === undefined ? bound : binder.expression(node, other.type.item);
}

function checkComparable(
  binder: Binder,
  node: Span,
  operator: ComparisonOperator,
  [{ type: left }, { type: right }]: Pair,
): void {
  const equality = operator === 'eq' || operator === 'ne';
  if (!equality && (!isOrdered(left) || !isOrdered(right))) {
    binder.fail(node, `${operator} compares single primitive values, not ${nameOf(left)} with ${nameOf(right)}`);
  }
  if (left.item === undefined || right.item === undefined) return;
  if (left.collection === right.collection && compatible(left.item, right.item)) return;
  binder.fail(node, `${operator} cannot compare ${nameOf(left)} with ${nameOf(right)}`);
}

/** Structural comparison with an object (5.1.1.1.1): equal where every declared property is. */
function structural(
  binder: Binder,
  node: Expression & { kind: 'binary' },
  operator: ComparisonOperator,
): BoundExpression {
  const [object, other] = node.right.kind === 'object' ? [node.right, node.left] : [node.left, node.right];
  if (operator !== 'eq' && operator !== 'ne') return binder.fail(node, `${operator} cannot compare objects`);
  const left = binder.expression(other);
  if (
    object.kind !== 'object' ||
    left.kind !== 'member' ||
    left.type.collection ||
    left.type.item?.kind !== 'complex'
  ) {
    return binder.fail(node, `an object can only be compared with a complex value, not ${nameOf(left.type)}`);
  }
  return negated(operator, equalsObject(binder, left, left.type.item, object));
}

function equalsObject(
  binder: Binder,
  left: Member,
  type: ComplexType,
  object: Expression & { kind: 'object' },
): BoundExpression {
  const values = new Map(
    object.members.filter(({ name }) => !name.startsWith('@')).map(({ name, value }) => [name, value]),
  );
  const unknown = object.members.find(({ name }) => !name.startsWith('@') && !type.properties.has(name));
  if (unknown !== undefined) return refuseProperty(binder, unknown, type, unknown.name);
  const tests: BoundExpression[] = [isThere(left)];
  for (const property of type.properties.values()) {
    const member = extend(left, property);
    const value = values.get(property.name);
    if (value?.kind === 'object' && property.type.kind === 'complex' && !property.collection) {
      tests.push(equalsObject(binder, member, property.type, value));
    } else {
      const right =
        value === undefined
          ? nothing
          : binder.expression(value, property.type.kind === 'complex' ? undefined : property.type);
      if (value !== undefined) checkComparable(binder, value, 'eq', [member, right]);
      tests.push({ kind: 'comparison', operator: 'eq', left: member, right, type: boolean });
    }
  }
  return { kind: 'logical', operator: 'and', operands: tests, type: boolean };
}

function memberwise(binder: Binder, node: Span, operator: ComparisonOperator, [left, right]: Pair): BoundExpression {
  const type = left.type.item;
  if (left.kind !== 'member' || right.kind !== 'member' || type?.kind !== 'complex' || left.type.collection) {
    return binder.notBuilt(node, `comparing ${nameOf(left.type)} with ${nameOf(right.type)}`);
  }
  return negated(operator, equalMembers(left, right, type));
}

/** 5.1.1.1.11: whether a value is one of those listed, or of a collection. */
export function bindIn(binder: Binder, node: Expression & { kind: 'binary' }): BoundExpression {
  const operand = binder.expression(node.left);
  if (operand.type.collection || isStructured(operand.type.item)) {
    // What is listed is primitive; other collections may hold such values.
    if (node.right.kind !== 'list') return binder.notBuilt(node.left, `'in' of ${nameOf(operand.type)}`);
    return binder.fail(node.left, `'in' takes a single primitive value, not ${nameOf(operand.type)}`);
  }
  if (node.right.kind === 'list') {
    const items = node.right.items.map((item) => {
      const bound = binder.expression(item, operand.type.item);
      checkComparable(binder, item, 'eq', [operand, bound]);
      return dynamicAs(bound, operand.type.item);
    });
    return inItems(operand, items);
  }
  const right = binder.expression(node.right, operand.type.item);
  if (!right.type.collection) return binder.fail(node.right, `'in' needs a collection, not ${nameOf(right.type)}`);
  const listed = { ...operand, type: { ...operand.type, collection: true } };
  checkComparable(binder, node.right, 'eq', [listed, right]);
  if (right.kind === 'literal') {
    const items = (right.value as never[]).map((value) => ({
      kind: 'literal' as const,
      value,
      type: single(right.type.item),
    }));
    return inItems(operand, items);
  }
  if (right.kind !== 'member') return binder.notBuilt(node.right, "this collection behind 'in'");
  const sought = dynamicAs(operand, right.type.item);
  return { kind: 'inCollection', operand: sought, collection: wholeCollection(right), type: boolean };
}

/** The references to two entities of one set, which are the same where those are; undefined of other values. */
function referencesOf(left: BoundExpression, right: BoundExpression) {
  const [one, other] = [left, right].map((value) =>
    value.kind === 'member' && value.path.length === 0 ? value.instance.reference : undefined,
  );
  if (one === undefined || one.target !== other?.target) return undefined;
  const text = single(Edm.String);
  return { left: { ...one.link, type: text }, right: { ...other.link, type: text } };
}

function negated(operator: 'eq' | 'ne' | ComparisonOperator, equal: BoundExpression): BoundExpression {
  return operator === 'eq' ? equal : { kind: 'not', operand: equal, type: boolean };
}

function equalMembers(left: Member, right: Member, type: ComplexType): BoundExpression {
  const nullness = (operand: Member): BoundExpression => ({
    kind: 'comparison',
    operator: 'eq',
    left: operand,
    right: nothing,
    type: boolean,
  });
  const same: BoundExpression = {
    kind: 'comparison',
    operator: 'eq',
    left: nullness(left),
    right: nullness(right),
    type: boolean,
  };
  const properties = [...type.properties.values()].map((property): BoundExpression => {
    const [a, b] = [extend(left, property), extend(right, property)];
    if (property.type.kind === 'complex' && !property.collection) return equalMembers(a, b, property.type);
    return { kind: 'comparison', operator: 'eq', left: a, right: b, type: boolean };
  });
  return { kind: 'logical', operator: 'and', operands: [same, ...properties], type: boolean };
}

/** An operand among items. A dynamic one is read as one of their type, or of that of each. */
function inItems(operand: BoundExpression, items: readonly BoundExpression[]): BoundExpression {
  const [first, ...others] = items.map(({ type }) => type.item).filter((item) => item !== undefined);
  const isOne = others.every((item) => item === first);
  if (isOne || operand.type.item !== undefined)
    return { kind: 'in', operand: dynamicAs(operand, first), items, type: boolean };
  const operands = items.map((item): BoundExpression => {
    const [left, right] = withDynamic(operand, item);
    return { kind: 'comparison', operator: 'eq', left, right, type: boolean };
  });
  return { kind: 'logical', operator: 'or', operands, type: boolean };
}

/** Two dynamic values have an order where they are of one type. */
function compareDynamic(comparison: BoundExpression & { kind: 'comparison' }): BoundExpression {
  const { operator, left, right } = comparison;
  if (!isDynamic(left) || !isDynamic(right) || operator === 'eq' || operator === 'ne') return comparison;
  const operands = dynamicTypes.map((item) => ({
    ...comparison,
    left: dynamicAs(left, item),
    right: dynamicAs(right, item),
  }));
  return { kind: 'logical', operator: 'or', operands, type: boolean };
}
