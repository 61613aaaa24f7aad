import type { EntitySet, EntityType, NavigationProperty, Property, Singleton } from '../protocol/edm/model.js';
import { keyOf } from '../protocol/edm/key-text.js';
import type { Precondition } from '../protocol/headers/precondition.js';
import type { Change } from '../protocol/payload/change.js';
import { keyedEntityPath } from '../protocol/payload/keyed-path.js';
import { memberName, type ContainedStep, keyTextOf, pathOf } from '../protocol/payload/stored-entity.js';
import type { PropertyPlace } from '../protocol/payload/read-body.js';
import type { BoundExpression, BoundPath, EntityCondition, Instance, PathStep } from '../protocol/query/bound.js';
import { setPath } from '../protocol/query/canonical-path.js';
import { containedPath } from '../protocol/uri/entity-path.js';
import { carriedAt } from './annotated-property.js';
import { navigationOf } from './change-body.js';

/** An entity: a member of a set, a singleton, or what one of them contains. */
export interface EntityAddress {
  readonly set: EntitySet | Singleton;
  /** Text of the key of the member of the set; empty for a singleton. */
  readonly id: string;
  /** From that entity to the one that is meant. */
  readonly at: readonly ContainedStep[];
  /** What must hold of the entities on the way. */
  readonly conditions: readonly EntityCondition[];
}

/** A change, and the conditions under which it may happen. */
export interface ConditionalWrite extends Change {
  readonly precondition: Precondition;
  /** `replace`: the body is what the entity is to become. */
  readonly kind?: 'merge' | 'replace';
  /** Whether it is made where it is not there: whoever asks rules must know. */
  readonly mayMake?: boolean;
}

/** The members of a set that a path ending in `$each` leads to. */
export interface MembersAddress {
  readonly set: EntitySet;
  /** What the filters of the path speak of. */
  readonly item: Instance & { readonly type: EntityType };
  readonly filters: readonly BoundExpression[];
}

/** A property that a request wants to change, and whose it is. */
export interface AddressedProperty {
  readonly entity: EntityAddress;
  readonly place: PropertyPlace;
  /** The property is addressed as raw text, `/$value`. */
  readonly isRaw: boolean;
}

/** The methods that a property knows (OData 4.01 Protocol 11.4.9); a collection has no PATCH: its items have no identity. */
export function methodsOf({ place: { property }, isRaw }: AddressedProperty): readonly string[] {
  if (isRaw) return ['DELETE', 'GET', 'HEAD', 'PUT'];
  if (property.collection) return ['DELETE', 'GET', 'HEAD', 'POST', 'PUT'];
  return ['DELETE', 'GET', 'HEAD', 'PATCH', 'PUT'];
}

type NavigationStep = PathStep & { readonly property: NavigationProperty };

function isNavigation(step: PathStep): step is NavigationStep {
  return step.property.kind === 'navigation';
}

function containedStep({ property, key }: NavigationStep): ContainedStep {
  return key === undefined ? { name: property.name } : { name: property.name, member: memberName(key) };
}

/** What the type casts and filters of a path ask of what they stand behind. */
function conditionsOf({ entity, filters, steps }: BoundPath): readonly EntityCondition[] {
  const path: string[] = [];
  const inside = steps.map((step): EntityCondition => {
    path.push(...(isNavigation(step) ? pathOf([containedStep(step)]) : [step.property.name]));
    return { path: [...path], item: step.item, filters: step.filters };
  });
  return [{ path: [], item: entity, filters }, ...inside].filter((condition) => condition.filters.length > 0);
}

/**
 * Where the entity is that a path leads to, or that the property at its end is of. The path has the keys of collections,
 * but perhaps that of the last one, whose owner is meant then.
 */
export function entityAddress(path: BoundPath): EntityAddress {
  const { root, key = '', steps } = path;
  const at = steps
    .filter(isNavigation)
    .filter(({ property, key: inner }) => !property.collection || inner !== undefined);
  return { set: root, id: key, at: at.map(containedStep), conditions: conditionsOf(path) };
}

/** The canonical path of an entity, as messages have it. */
export function addressText({ set, id, at }: Pick<EntityAddress, 'set' | 'id' | 'at'>): string {
  let { type } = set;
  let path = setPath(set.name);
  if (set.isSingleton !== true) path = keyedEntityPath(path, type, keyOf(type, id));
  for (const { name, member } of at) {
    type = navigationOf(type, name)?.type ?? type;
    path = containedPath(path, name);
    if (member !== undefined) path = keyedEntityPath(path, type, keyOf(type, keyTextOf(member)));
  }
  return path.text;
}

/** The type of that entity, as the path narrows it. */
export function addressedType({ entity, steps }: BoundPath): EntityType {
  const last = steps
    .filter(isNavigation)
    .filter(({ property, key }) => !property.collection || key !== undefined)
    .at(-1);
  return last?.item.type?.kind === 'entity' ? last.item.type : entity.type;
}

/** The type that the place of an entity declares: that of the set or singleton, or of the navigation property. */
export function declaredType({ root, steps }: BoundPath): EntityType {
  return steps.filter(isNavigation).at(-1)?.property.type ?? root.type;
}

/** The property at the end of a path; undefined where the path leads to something else. */
export function addressedProperty(path: BoundPath): AddressedProperty | undefined {
  const { steps, suffix } = path;
  const last = steps.at(-1)?.property;
  if (last?.kind !== 'property' || suffix === 'count' || suffix === 'ref') return undefined;
  if (steps.some(({ index }) => index !== undefined)) return undefined;
  const properties = steps.map(({ property }) => property).filter((one): one is Property => one.kind === 'property');
  const carries = carriedAt(path);
  const names = properties.map(({ name }) => name);
  return {
    entity: entityAddress(path),
    place: { property: last, names, ...(carries && { carries }) },
    isRaw: suffix === 'value',
  };
}

/** The path of a resource as the description of the service has it: keys as `{key}`. */
export function pathTemplate({ root, isSingleton, key, steps }: BoundPath): readonly string[] {
  const own = isSingleton || key === undefined ? [root.name] : [root.name, '{key}'];
  // Behind the last one there are only values of the entity.
  const last = steps.findLastIndex(isNavigation);
  const inner = steps
    .slice(0, last + 1)
    .flatMap(({ property, key: member }) => (member === undefined ? [property.name] : [property.name, '{key}']));
  return [...own, ...inner];
}
