import { Edm, type PrimitiveType, type TypeFamily } from '../../edm/primitive-types.js';
import type { Span } from '../../uri/syntax-tree.js';
import { type BoundExpression, type ValueType, nothing, single } from '../bound.js';
import { familyOfType, nameOf } from '../value-types.js';
import type { Binder } from './binding.js';
import { dynamicArgument } from './dynamic-values.js';
import { type Overload, arithmeticType, overloads } from './functions.js';

/** Chooses the overload that takes the arguments; null and untyped values fit everywhere. */
export function bindOverloaded(
  binder: Binder,
  name: string,
  node: Span,
  given: readonly BoundExpression[],
): BoundExpression {
  const candidates = overloads.get(name) ?? [];
  const chosen = candidates.find(
    ({ takes }) =>
      takes.length === given.length && takes.every((families, index) => fits(given[index]?.type, families)),
  );
  if (chosen === undefined) {
    const types = given.map(({ type }) => nameOf(type)).join(' and ');
    return binder.fail(node, `'${name}' does not take ${types}`);
  }
  const values = given.map((value, index) => dynamicArgument(value, chosen.takes[index] ?? []));
  checkDivisor(binder, name, node, values);
  const item = resultType(chosen, values);
  // What is of the type of nothing is nothing.
  if (item === undefined) return nothing;
  const shifted = name === 'sub' && (chosen.name === 'shiftDate' || chosen.name === 'shiftMoment');
  const arguments_ = shifted ? [values[0] ?? nothing, negatedDuration(values[1] ?? nothing)] : values;
  return { kind: 'call', name: chosen.name, arguments: arguments_, type: single(item) };
}

/**
 * 5.1.1.2.5 and 5.1.1.2.6: the request fails where the divisor is zero, but where that is infinite. Where only some rows
 * have it so, the value of those is null: they do not decide for the others.
 */
function checkDivisor(binder: Binder, name: string, node: Span, [left, right]: readonly BoundExpression[]): void {
  if (name !== 'div' && name !== 'mod' && !(name === 'divby' && left?.type.item === Edm.Duration)) return;
  if (right?.kind !== 'literal' || right.value === null || Number(right.value) !== 0) return;
  const isDuration = left?.type.item === Edm.Duration;
  const isDouble = !isDuration && [left, right].some((one) => one !== undefined && familyOfType(one.type) === 'double');
  if (name === 'mod' || !isDouble) binder.fail(node, `'${name}' by zero has no value`);
}

function negatedDuration(value: BoundExpression): BoundExpression {
  return { kind: 'call', name: 'negate', arguments: [value], type: single(Edm.Duration) };
}

function resultType({ gives }: Overload, values: readonly BoundExpression[]): PrimitiveType | undefined {
  const types = values.map(({ type }) => (type.item?.kind === 'primitive' ? type.item : undefined));
  if (typeof gives === 'object') return gives;
  if (gives === 'same') return types[0];
  const known = types.filter((type) => type !== undefined);
  const widest = arithmeticType(known[0] ?? Edm.Int32, known.at(-1) ?? Edm.Int32);
  return gives === 'exact' && widest.family === 'integer' ? Edm.Decimal : widest;
}

function fits(type: ValueType | undefined, families: readonly TypeFamily[]): boolean {
  if (type === undefined || type.collection) return false;
  return type.item === undefined || (type.item.kind === 'primitive' && families.includes(type.item.family));
}
