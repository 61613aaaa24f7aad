import type { Operation, Property } from '../../edm/model.js';
import { overloadsOn, parametersOf } from '../../edm/operations.js';
import type { CallSegment, Expression, NameSegment, PathSegment } from '../../uri/syntax-tree.js';
import { type BoundExpression, type Member, single } from '../bound.js';
import { chooseOverload } from '../choose-overload.js';
import { compatible, isStructured, nameOf, propertyOf } from '../value-types.js';
import type { Binder, ComputedExpression } from './binding.js';

/** The functions of the model that a segment may call on a value; a property has the name before them. */
export function functionsOn(
  binder: Binder,
  { type: { item, collection } }: Member,
  segment: PathSegment,
): readonly Operation[] | undefined {
  const { model } = binder.context;
  if (model.operations.all.length === 0 || (segment.kind !== 'name' && segment.kind !== 'call')) return undefined;
  if (isStructured(item) && !collection && propertyOf(item, segment.name) !== undefined) return undefined;
  const overloads = overloadsOn(model, segment.name, { type: item, collection });
  if (overloads.length > 0) return overloads;
  const unbound = model.operations.unbound.get(segment.name);
  return unbound?.[0]?.kind === 'function'
    ? binder.notBuilt(segment, `the function '${segment.name}' here`)
    : undefined;
}

/** A function that the store can compute: its expression, about the value that it is bound to. */
export function bindFunction(
  binder: Binder,
  member: Member,
  overloads: readonly Operation[],
  segments: readonly PathSegment[],
): BoundExpression {
  const [segment, behind] = segments as [NameSegment | CallSegment, PathSegment | undefined];
  const { subject, budget } = binder.context;
  if (overloads[0]?.kind === 'action') return binder.fail(segment, `'${segment.name}' is an action`);
  const none = { aliases: new Map<string, never>(), custom: undefined };
  const operation = chooseOverload(overloads, segment, { ...none, subject });
  if (operation.expression === undefined) return binder.notBuilt(segment, `the function '${segment.name}' here`);
  if (behind !== undefined) return binder.fail(behind, 'a primitive value has no such part');
  const { inside: outer = [] } = binder.context;
  if (outer.includes(operation)) return binder.fail(segment, `'${segment.name}' calls itself`);
  const given = new Map((segment.kind === 'call' ? segment.arguments : []).map((one) => [one.name, one.value]));
  const computed = new Map(
    parametersOf(operation).map((parameter): [string, ComputedExpression] => {
      const before = budget.spent;
      const expression = bindArgument(binder, parameter as Property, given.get(parameter.name));
      return [parameter.name, { expression, cost: budget.spent - before }];
    }),
  );
  const about = { start: member, computed, aliases: new Map<string, never>(), inside: [...outer, operation] };
  return binder.about(about).ofFunction(operation);
}

function bindArgument(
  binder: Binder,
  { name, type, collection, default: otherwise }: Property,
  node: Expression | undefined,
): BoundExpression {
  if (node === undefined) return { kind: 'literal', value: otherwise ?? null, type: single(type) };
  const bound = binder.expression(node, type);
  const fits = bound.type.collection === collection && compatible(bound.type.item, type);
  return fits
    ? bound
    : binder.fail(node, `'${name}' must be ${nameOf({ item: type, collection })}, not ${nameOf(bound.type)}`);
}
