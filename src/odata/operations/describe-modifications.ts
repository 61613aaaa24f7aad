import type { Modification } from '../protocol/csdl/service-description.js';
import type { EntitySet, EntityType, NavigationProperty, Singleton, StructuredType } from '../protocol/edm/model.js';
import type { SetDescriptions, Settings } from '../options.js';
import type { Access } from './access.js';
import { entityQuery, noQuery, type QuerySupport } from './query-support.js';

const key = '{key}';

type Row = readonly [
  method: Modification['method'],
  path: readonly string[],
  description: string,
  support: QuerySupport,
];

/** What can be done with an entity, and how that is said. */
interface OfEntity {
  readonly isUpdatable: boolean;
  readonly isDeletable: boolean;
  readonly texts?: SetDescriptions;
}

function ofEntity(
  type: EntityType,
  path: readonly string[],
  { isUpdatable, isDeletable, texts = {} }: OfEntity,
): readonly Row[] {
  const deleted = 'Deletes the entity, and what it contains with it.';
  const replaced = 'Replaces the entity: what the body does not name becomes null. What it contains stays.';
  const updates: readonly Row[] = [
    ['PATCH', path, texts.update ?? `Merges a change into the entity, of type ${type.name}.`, entityQuery],
    ['PUT', path, texts.replace ?? replaced, entityQuery],
  ];
  return [
    ...(isUpdatable ? updates : []),
    ...(isDeletable ? [['DELETE', path, texts.delete ?? deleted, noQuery] as const] : []),
    // What is contained is a part of the entity: to change it is to change that.
    ...(isUpdatable ? [...type.navigation.values()].flatMap((property) => ofNavigation(property, path)) : []),
    ...(isUpdatable ? ofValues(type, path) : []),
  ];
}

/** What complex values refer to, where that is several. */
function ofValues(type: StructuredType, owner: readonly string[]): readonly Row[] {
  return [...type.properties.values()].flatMap(({ name, type: inner, collection }): readonly Row[] => {
    if (inner.kind !== 'complex' || collection) return [];
    const path = [...owner, name];
    const several = [...(inner.navigation?.values() ?? [])].filter((one) => one.collection);
    return [...several.flatMap((one) => ofNavigation(one, path)), ...ofValues(inner, path)];
  });
}

function createdAndReferred({ type }: NavigationProperty): string {
  return `Creates an entity of type ${type.name}, and refers to it.`;
}

function ofNavigation(property: NavigationProperty, owner: readonly string[]): readonly Row[] {
  const { name, type, collection, containsTarget } = property;
  const path = [...owner, name];
  if (!containsTarget) {
    if (!collection) return [];
    return [
      ['POST', path, createdAndReferred(property), entityQuery],
      ['PATCH', path, 'Adds and removes relations, and changes what is related, as a delta payload says.', noQuery],
      ['PUT', path, 'Replaces all relations, and what is related as far as it is inline.', entityQuery],
    ];
  }
  if (!collection) return ofEntity(type, path, { isUpdatable: true, isDeletable: true });
  return [
    ['POST', path, `Creates an entity of type ${type.name}, with what it contains inline.`, entityQuery],
    ['PATCH', path, 'Creates, changes and deletes entities, as a delta payload says.', noQuery],
    ['PUT', path, 'Replaces all entities: those that the body does not name are deleted.', entityQuery],
    ...ofEntity(type, [...path, key], { isUpdatable: true, isDeletable: true }),
  ];
}

/** What can be done with the entities of the sets and singletons of a service, as it allows it. */
export function describeModifications({ model, ownerHeader, sets }: Settings, access: Access): readonly Modification[] {
  const described = (named: EntitySet | Singleton, rows: readonly Row[]): readonly Modification[] =>
    rows.map(([method, path, description, { serves: options }]) => {
      const makes = path.length === 1 && named.isSingleton !== true;
      const headers = makes && ownerHeader !== undefined ? [ownerHeader] : [];
      return { method, path, description, scopes: access.permissions(named.name, 'write'), options, headers };
    });
  const textsOf = ({ name }: EntitySet | Singleton): SetDescriptions => sets[name]?.descriptions ?? {};
  const ofSingleton = (one: Singleton): readonly Row[] =>
    access.allows(one, 'update')
      ? ofEntity(one.type, [one.name], { isUpdatable: true, isDeletable: false, texts: textsOf(one) })
      : [];
  const ofSet = (set: EntitySet): readonly Row[] => {
    const { name, type } = set;
    const isUpdatable = access.allows(set, 'update');
    const isDeletable = access.allows(set, 'delete');
    const isCreatable = access.allows(set, 'create');
    const texts = textsOf(set);
    const created = texts.create ?? `Creates an entity of type ${type.name}, with what it contains inline.`;
    const replacedAll = 'Replaces all members that the caller sees: those that the body does not name are deleted.';
    const delta = texts.delta ?? 'Creates, changes and deletes entities, as a delta payload says.';
    return [
      ...(isCreatable ? [['POST', [name], created, entityQuery] as const] : []),
      ...(isCreatable || isUpdatable || isDeletable ? [['PATCH', [name], delta, noQuery] as const] : []),
      ...(isUpdatable && isDeletable ? [['PUT', [name], replacedAll, entityQuery] as const] : []),
      ...ofEntity(type, [name, key], { isUpdatable, isDeletable, texts }),
    ];
  };
  return [
    ...[...model.entitySets.values()].flatMap((one) => described(one, ofSet(one))),
    ...[...model.singletons.values()].flatMap((one) => described(one, ofSingleton(one))),
  ];
}
