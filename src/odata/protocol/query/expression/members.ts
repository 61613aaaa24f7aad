import type { EntitySet, NavigationProperty, Property, StructuredType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import { streamIn } from '../../edm/streams.js';
import type { NameSegment, PathSegment, Span } from '../../uri/syntax-tree.js';
import { type BoundCollection, type BoundExpression, type Instance, type Member, single } from '../bound.js';
import { didYouMean } from '../nearest.js';
import {
  derivesFrom,
  findType,
  instanceOf,
  isStructured,
  nameOf,
  narrowed,
  propertyNames,
  propertyOf,
  typeNames,
} from '../value-types.js';
import type { Binder } from './binding.js';
import { overloads } from './functions.js';

const boolean = single(Edm.Boolean);

/** A value on the way through a path: what it is, and the casts it went through. */
export interface Step {
  readonly member: Member;
  readonly guards: readonly BoundExpression[];
}

/** An instance itself, as a path without segments names it. */
export function instanceMember(instance: Instance): Member {
  return { kind: 'member', instance, path: [], type: single(instance.type) };
}

/** What an unqualified path begins at. */
export function currentOf(binder: Binder): Member {
  return binder.context.start ?? instanceMember(binder.context.current);
}

/** A member of a value, by its property. */
export function extend(member: Member, property: Property | NavigationProperty): Member {
  const { name, type, collection } = property;
  const joined = member.path.length === 0 ? member.instance.joined?.get(name) : undefined;
  if (joined !== undefined) return { kind: 'member', instance: joined, path: [], type: single(type) };
  const item = property.kind === 'property' && property.made === 'untyped' ? undefined : type;
  const inner: Member = { ...member, path: [...member.path, name], type: { item, collection } };
  const target = property.kind === 'navigation' ? property.target : undefined;
  if (target === undefined) return inner;
  if (collection) return { ...inner, target };
  return {
    kind: 'member',
    instance: { kind: 'item', type, reference: { link: inner, target } },
    path: [],
    type: single(type),
  };
}

/** All members of an entity set. */
export function membersOf(target: EntitySet): Member {
  const instance: Instance = { kind: 'item', type: undefined, whole: { target } };
  return { kind: 'member', instance, path: [], type: { item: target.type, collection: true } };
}

/** A collection as it is, with the predicates gathered on the way. */
export function wholeCollection(member: Member): BoundCollection {
  return { member, item: { kind: 'item', type: member.type.item }, filters: [], search: undefined };
}

/** Another item of what one stands for. */
export function freshItem({ type, joined }: Instance): Instance {
  const item: Instance = { kind: 'item', type };
  if (joined === undefined) return item;
  return { ...item, joined: new Map([...joined].map(([name, one]) => [name, freshItem(one)])) };
}

/** A value behind casts is null where one of them fails. */
export function guarded({ member, guards }: Step, value: BoundExpression = member): BoundExpression {
  if (guards.length === 0) return value;
  const when: BoundExpression = { kind: 'logical', operator: 'and', operands: guards, type: boolean };
  return { kind: 'case', branches: [{ when, value }], type: value.type };
}

/** A structured value, to compare as one. */
export function wholeOf(operand: Member): BoundExpression {
  return { kind: 'whole', operand, type: operand.type };
}

/** The same value, as one of a derived type (4.11): null where it is of another. */
export function castStep(binder: Binder, { member, guards }: Step, type: StructuredType, node: Span): Step {
  const declared = member.type.item;
  if (!isStructured(declared) || !derivesFrom(type, declared)) {
    return binder.fail(node, `${nameOf(member.type)} cannot be cast to ${type.qualifiedName}`);
  }
  const guard = type === declared ? [] : [instanceOf(member, type)];
  return {
    member: { ...member, type: { ...member.type, item: narrowed(declared, type) } },
    guards: [...guards, ...guard],
  };
}

/** @throws ODataError that a type has no such property */
export function refuseProperty(binder: Binder, node: Span, type: StructuredType, name: string): never {
  return binder.fail(
    node,
    `the type ${type.qualifiedName} has no property ${name === '' ? 'without a name' : `'${name}'`}${didYouMean(name, propertyNames(type))}`,
  );
}

/** What a name leads to from a value: a property of it, or the same value as one of a derived type. */
export function stepTo(binder: Binder, step: Step, segment: NameSegment): Step {
  const { item } = step.member.type;
  const { name, qualified } = segment;
  if (qualified) {
    const type = findType(binder.context.model, name);
    if (type === undefined)
      return binder.fail(segment, `there is no type '${name}'${didYouMean(name, typeNames(binder.context.model))}`);
    return castStep(binder, step, type, segment);
  }
  if (!isStructured(item)) return binder.fail(segment, `${nameOf(step.member.type)} has no property '${name}'`);
  const property = propertyOf(item, name);
  if (property !== undefined) return { ...step, member: extend(step.member, property) };
  if (streamIn(item, name) !== undefined) return binder.notBuilt(segment, 'a stream in an expression');
  if (!item.open) return refuseProperty(binder, segment, item, name);
  return { ...step, member: { ...step.member, path: [...step.member.path, name], type: single(undefined) } };
}

/** @throws ODataError that a segment cannot stand where it does */
export function refuseSegment(binder: Binder, segment: PathSegment): never {
  switch (segment.kind) {
    case 'call':
      return binder.fail(
        segment,
        `there is no function '${segment.name}'${didYouMean(segment.name, overloads.keys())}`,
      );
    case 'aggregate':
      return binder.fail(segment, 'aggregate stands behind a collection');
    default:
      return binder.notBuilt(segment, 'a key in an expression');
  }
}
