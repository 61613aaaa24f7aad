import type { StructuredType } from '../../edm/model.js';
import { Edm } from '../../edm/primitive-types.js';
import type { NameSegment } from '../../uri/syntax-tree.js';
import {
  type BoundCollection,
  type BoundExpression,
  type Instance,
  type Member,
  type ReachedIdentity,
  type ReachedValues,
  single,
} from '../bound.js';
import { isStructured, propertyOf } from '../value-types.js';
import type { Binder } from './binding.js';
import { instanceMember, type Step, stepTo, wholeCollection } from './members.js';

/** The value at the end of a path, and how it is reached. */
export interface ReachedMember {
  readonly member: Member;
  readonly reached: ReachedValues;
}

/** From where a path is followed. */
interface ReachedFrom {
  /** Stands for each item. */
  readonly item: Instance;
  /** Whether the same item may be there several times. */
  readonly repeats?: boolean | undefined;
  /** Whether it counts how often a value is reached. */
  readonly isTold: boolean;
}

/** The values of the key of an entity, which its document has. */
function keyOf(member: Member, { key, keyPaths, ...type }: StructuredType & { readonly kind: 'entity' }): Member[] {
  return key.map((name) => {
    const path = keyPaths?.get(name) ?? [name];
    const property = path.reduce<ReturnType<typeof propertyOf>>((found, step, at) => {
      const inside = at === 0 ? { key, ...type } : found?.type;
      return inside !== undefined && isStructured(inside) ? propertyOf(inside, step) : undefined;
    }, undefined);
    return { ...member, path: [...member.path, ...path], type: single(property?.type) };
  });
}

/** What tells the entity that a step has led to from others; undefined where it is only told by what it is inside of. */
function identityOf(member: Member, isRow: boolean, places: number): ReachedIdentity | undefined {
  const { type, instance, path } = member;
  const { reference } = instance;
  if (reference !== undefined && path.length === 0)
    return { values: [{ ...reference.link, type: single(Edm.String) }], from: places };
  const { item } = type;
  if (isRow && item?.kind === 'entity') return { values: keyOf(instanceMember(instance), item), from: places };
  // What is left of an entity that has lost its key is the same where its values are (3.1.2).
  if (item?.kind === 'complex' && item.isOfEntities === true) return { values: [member], from: places };
  return undefined;
}

/**
 * Follows a path from items through single values and collections (Data Aggregation 3.1.3). What is behind the last
 * navigation property of it is reached once of each entity (3.2.1.1): of one that several items refer to, and of one inside
 * of an item that is there several times.
 * @throws ODataError 400 where a name means nothing
 */
export function bindReached(
  binder: Binder,
  segments: readonly NameSegment[],
  { item, repeats = false, isTold }: ReachedFrom,
): ReachedMember {
  binder.context.budget.spend(segments.length, binder.context.subject);
  const collections: BoundCollection[] = [];
  let step: Step = { member: instanceMember(item), guards: [] };
  let identity: ReachedIdentity | undefined;
  /** Of entities inside of items: the keys of those on the way. */
  let inside: readonly BoundExpression[] = [];
  let isInside = false;
  for (const segment of segments) {
    const before = step.member.type.item;
    const isRow = step.member.path.length === 0 && step.member.instance.joined?.has(segment.name) === true;
    step = stepTo(binder, step, segment);
    const { member } = step;
    const property = isStructured(before) && !segment.qualified ? propertyOf(before, segment.name) : undefined;
    if (member.type.collection) {
      const collection = wholeCollection(member);
      if (member.target !== undefined) identity = { values: [], from: collections.length };
      collections.push(collection);
      step = { ...step, member: instanceMember(collection.item) };
    } else identity = identityOf(member, isRow, collections.length) ?? identity;
    if (property?.kind !== 'navigation') continue;
    isInside = true;
    const { item: type } = member.type;
    if (!member.type.collection && member.instance.reference === undefined && type?.kind === 'entity')
      inside = [...inside, ...keyOf(member, type)];
  }
  if (identity === undefined && repeats && isInside && item.type?.kind === 'entity')
    identity = { values: [...keyOf(instanceMember(item), item.type), ...inside], from: 0 };
  const { member, guards: conditions } = step;
  return { member, reached: { collections, conditions, identity: isTold ? identity : undefined } };
}
