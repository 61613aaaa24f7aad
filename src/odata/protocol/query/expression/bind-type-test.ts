import type { ItemType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import type { Span, TypeName, TypeTest } from '../../uri/syntax-tree.js';
import { type BoundExpression, type CastFacets, type Member, isNull, single } from '../bound.js';
import { didYouMean } from '../nearest.js';
import { familyOfType, findType, instanceOf, isStructured, nameOf, typeNames } from '../value-types.js';
import type { Binder } from './binding.js';
import { isCastable } from './castable.js';
import { dynamicAs, dynamicTypes, isThere } from './dynamic-values.js';
import { castStep, currentOf, guarded } from './members.js';

const boolean = single(Edm.Boolean);

/** 5.1.1.10.1. */
export function bindCast(binder: Binder, node: TypeTest): BoundExpression {
  const operand = node.operand === undefined ? currentOf(binder) : binder.expression(node.operand);
  const type = typeNamed(binder, node.type);
  if (isStructured(type)) {
    const step = castStep(binder, { member: structuredMember(binder, node, operand), guards: [] }, type, node.type);
    return guarded(step);
  }
  if (operand.type.collection || isStructured(operand.type.item)) {
    return binder.fail(node, `${nameOf(operand.type)} cannot be cast to ${nameOf(single(type))}`);
  }
  if (familyOfType(operand.type) === 'geo' || familyOfType(single(type)) === 'geo')
    return binder.notBuilt(node, 'a cast of geography or geometry');
  return castTo(operand, type, facetsOf(binder, node.type));
}

/** 5.1.1.10.2. */
export function bindIsOf(binder: Binder, node: TypeTest): BoundExpression {
  const operand = node.operand === undefined ? currentOf(binder) : binder.expression(node.operand);
  const type = typeNamed(binder, node.type);
  if (isStructured(type)) return instanceOf(structuredMember(binder, node, operand), type);
  const { item, collection } = operand.type;
  const isSame = item === type && collection === node.type.collection;
  if (collection || node.type.collection || isStructured(item) || familyOfType(operand.type) === 'geo')
    return isSame && !collection ? isThere(operand) : { kind: 'literal', value: isSame, type: boolean };
  // What can be cast is assignable (5.1.1.10.2); null is of no type.
  const cast = castTo(operand, type, facetsOf(binder, node.type));
  return isNull(cast) ? { kind: 'literal', value: false, type: boolean } : isThere(cast);
}

function structuredMember(binder: Binder, node: Span, operand: BoundExpression): Member {
  if (operand.kind === 'member' && isStructured(operand.type.item)) return operand;
  return binder.fail(node, `${nameOf(operand.type)} is no structured value`);
}

/** What a type definition asks of values beside its type (5.1.1.10.1, rules 2, 4, 5 and 6). */
function facetsOf(binder: Binder, { name }: TypeName): CastFacets | undefined {
  const { namespace, typeDefinitions } = binder.context.model;
  const definition = typeDefinitions.get(name.replace(`${namespace}.`, ''));
  if (definition === undefined) return undefined;
  const { maxLength, facets } = definition;
  const { precision, scale, unicode } = facets;
  return { maxLength, precision, scale, unicode };
}

function typeNamed(binder: Binder, node: TypeName): Exclude<ItemType, undefined> {
  const { model } = binder.context;
  const bare = node.name.startsWith('Edm.') ? node.name.slice(4) : undefined;
  if (bare !== undefined && Object.hasOwn(Edm, bare)) return Edm[bare as keyof typeof Edm];
  const name = node.name.replace(`${model.namespace}.`, '');
  const found = findType(model, node.name) ?? model.enumTypes.get(name) ?? model.typeDefinitions.get(name)?.underlying;
  return found ?? binder.fail(node, `there is no type '${node.name}'${didYouMean(node.name, typeNames(model))}`);
}

/** A cast; of a dynamic value it is that of whatever the value is. */
function castTo(operand: BoundExpression, type: ItemType, facets: CastFacets | undefined): BoundExpression {
  const { item } = operand.type;
  if (!isCastable(item, type)) return { kind: 'literal', value: null, type: single(type) };
  if (item === type && facets === undefined) return operand;
  if (operand.kind === 'case' && item === undefined) {
    const branches = operand.branches.map(({ when, value }) => ({ when, value: castTo(value, type, facets) }));
    return { kind: 'case', branches, type: single(type) };
  }
  if (operand.kind !== 'member' || item !== undefined)
    return { kind: 'cast', operand, type: single(type), ...(facets === undefined ? {} : { facets }) };
  const branches = dynamicTypes
    .filter((one) => isCastable(one, type))
    .map((one) => {
      const read = dynamicAs(operand, one);
      return { when: isThere(read), value: castTo(read, type, facets) };
    });
  return { kind: 'case', branches, type: single(type) };
}
