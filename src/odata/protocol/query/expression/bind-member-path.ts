import type { EntityType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import type { AnnotationSegment, CallSegment, PathExpression, PathSegment } from '../../uri/syntax-tree.js';
import { KeyBinder } from '../bind-key.js';
import { type BoundExpression, type FixedEntity, type Member, isNull } from '../bound.js';
import { didYouMean } from '../nearest.js';
import { isStructured, nameOf, propertyOf } from '../value-types.js';
import { type Annotated, knownAnnotation, literalOf } from './bind-annotation.js';
import { bindOfCollection } from './bind-collection.js';
import { bindFunction, functionsOn } from './bind-function.js';
import { hierarchyFunction, isRollupNode } from './bind-hierarchy.js';
import { bindThese } from './bind-these.js';
import type { Binder } from './binding.js';
import { whereThere } from './dynamic-values.js';
import {
  type Step,
  currentOf,
  guarded,
  instanceMember,
  membersOf,
  refuseSegment,
  stepTo,
  wholeCollection,
} from './members.js';

/** A path to a member, or into another resource of the service (5.1.1.15; `$root`: 5.1.1.14.5). */
export function bindMemberPath(binder: Binder, node: PathExpression): BoundExpression {
  const { root } = node;
  if (root?.kind === 'these') return bindThese(binder, node);
  const [first, ...rest] = node.segments;
  if (root === undefined && first?.kind === 'call') {
    const name = hierarchyFunction(first);
    if (name !== undefined && rest.length === 0) return binder.hierarchies.call(name, first);
    if (isRollupNode(first)) return bindSegments(binder, { member: rollupNode(binder, first), guards: [] }, rest);
  }
  if (root === undefined && first?.kind === 'name') {
    const computed = binder.context.computed.get(first.name);
    if (computed !== undefined && rest.length === 0) {
      binder.context.budget.spend(computed.cost, binder.context.subject);
      return computed.expression;
    }
  }
  const start =
    root?.kind === 'root' ? fromRoot(binder, node) : { member: startOf(binder, node), segments: node.segments };
  if (start.member.instance.whole !== undefined && start.segments.length === 0)
    return binder.fail(node, 'a whole entity set is no value: use any, all, $count or aggregate');
  return bindSegments(binder, { member: start.member, guards: [] }, start.segments);
}

/** Data Aggregation 6.3: the node of the innermost `groupby` with `rolluprecursive`. */
function rollupNode(binder: Binder, segment: CallSegment): Member {
  const { rollupNodes = [] } = binder.context;
  const [argument, ...others] = segment.arguments;
  const isNamed = argument === undefined || (argument.name === 'Position' && others.length === 0);
  const bound = argument && binder.expression(argument.value, Edm.Int16);
  const position = bound === undefined ? 1 : bound.kind === 'literal' ? Number(bound.value) : NaN;
  const node = isNamed ? rollupNodes[position - 1] : undefined;
  return node ?? binder.fail(segment, 'there is no such node: it is one of what rolluprecursive transforms');
}

/** 5.1.1.14.5: a resource of the service, and what stands behind it. */
function fromRoot(
  binder: Binder,
  { segments: [first, ...others], ...node }: PathExpression,
): {
  readonly member: Member;
  readonly segments: readonly PathSegment[];
} {
  const { entitySets, singletons } = binder.context.model;
  const name = first?.kind === 'name' || first?.kind === 'call' ? first.name : '';
  const singleton = singletons.get(name);
  if (first?.kind === 'name' && singleton !== undefined)
    return { member: fixedMember({ target: singleton, key: '' }), segments: others };
  const target = entitySets.get(name);
  if (target === undefined) {
    const names = [...entitySets.keys(), ...singletons.keys()];
    return binder.fail(first ?? node, `there is no '${name}'${didYouMean(name, names)}`);
  }
  if (first?.kind === 'call') {
    const key = new KeyBinder(binder.context.subject, binder.context.aliases).named(
      target.type,
      first.arguments,
      first,
    );
    return { member: fixedMember({ target, key }), segments: others };
  }
  const [second, ...rest] = others;
  const key = keyBehindRoot(binder, target.type, second);
  if (key === undefined) return { member: membersOf(target), segments: others };
  return { member: fixedMember({ target, key }), segments: rest };
}

function keyBehindRoot(binder: Binder, type: EntityType, segment: PathSegment | undefined): string | undefined {
  const keys = new KeyBinder(binder.context.subject, binder.context.aliases);
  switch (segment?.kind) {
    case 'key':
      return keys.positional(type, segment.value, segment);
    case 'compoundKey':
      return keys.named(type, segment.arguments, segment);
    case 'name':
      return segment.qualified ? undefined : keys.segment(type, segment.name, segment);
    default:
      return undefined;
  }
}

function fixedMember(fixed: FixedEntity): Member {
  const { type } = fixed.target;
  return instanceMember({ kind: 'item', type, fixed });
}

/** What the segments of a path lead on from: its root, or else the current instance (5.1.1.14.4 to 5.1.1.14.6). */
export function startOf(binder: Binder, { root, ...node }: PathExpression): Member {
  const { context } = binder;
  switch (root?.kind) {
    case undefined:
    case 'this':
      return currentOf(binder);
    case 'it':
      return context.start ?? instanceMember(context.it);
    case 'variable':
      return instanceMember(binder.variable(root.name) ?? binder.fail(node, `there is no variable '${root.name}'`));
    default:
      return binder.notBuilt(node, `$${root?.kind ?? ''}`);
  }
}

/** What segments lead to, from a value on: a member, what is said of a collection, an annotation or the value of a function. */
function bindSegments(binder: Binder, start: Step, segments: readonly PathSegment[]): BoundExpression {
  let step = start;
  for (const [index, segment] of segments.entries()) {
    const { member } = step;
    if (segment.kind === 'annotation') {
      const behind = segments.slice(index + 1);
      return guarded(step, bindAnnotation(binder, annotated(binder, start, segments.slice(0, index)), segment, behind));
    }
    const called = functionsOn(binder, member, segment);
    if (called !== undefined) return guarded(step, bindFunction(binder, member, called, segments.slice(index)));
    if (member.type.collection)
      return guarded(
        step,
        bindOfCollection(binder, () => wholeCollection(member), segments.slice(index)),
      );
    if (segment.kind === 'name') step = stepTo(binder, step, segment);
    else if (segment.kind === 'count' || segment.kind === 'filter' || segment.kind === 'lambda') {
      binder.fail(segment, `${nameOf(member.type)} is no collection`);
    } else refuseSegment(binder, segment);
  }
  return guarded(step);
}

/** What an annotation behind a path is of: the property at its end, or the entity or complex value that it leads to. */
function annotated(binder: Binder, start: Step, segments: readonly PathSegment[]): readonly Annotated[] {
  const walk = (names: readonly PathSegment[]): Member =>
    names.reduce((step, name) => (name.kind === 'name' ? stepTo(binder, step, name) : step), start).member;
  const last = segments.at(-1);
  const whole = walk(segments);
  const itself = whole.type.collection ? [] : [{ owner: whole, property: undefined }];
  if (last?.kind !== 'name' || last.qualified) return itself;
  const owner = walk(segments.slice(0, -1));
  const property = isStructured(owner.type.item) ? propertyOf(owner.type.item, last.name) : undefined;
  return property === undefined ? itself : [{ owner, property }, ...itself];
}

/**
 * 5.1.1.16: the value of an annotation: that of the entity, or else what the metadata says of all. Null where there is
 * none.
 */
function bindAnnotation(
  binder: Binder,
  places: readonly Annotated[],
  segment: AnnotationSegment,
  behind: readonly PathSegment[],
): BoundExpression {
  const { model } = binder.context;
  const known = places.map((place) => knownAnnotation(model, place, segment));
  const { carried, constant, term } =
    known.find((one) => one.carried !== undefined) ?? known.find((one) => one.constant !== undefined) ?? known[0] ?? {};
  const names = behind.flatMap((one) => (one.kind === 'name' && !one.qualified ? [one.name] : []));
  const isPlain = names.length === behind.length;
  const said = isPlain ? literalOf(constant, names, term) : undefined;
  if (carried === undefined) {
    if (said !== undefined) return said;
    return binder.notBuilt(segment, `the annotation '@${segment.name}', which is no constant,`);
  }
  const own = bindSegments(binder, { member: carried, guards: [] }, behind);
  // What is said of all is not said of those that say it themselves.
  const isSaid = said !== undefined && !isNull(said) && own.kind === 'member' && !own.type.collection;
  return isSaid ? whereThere(carried, own, said) : own;
}
