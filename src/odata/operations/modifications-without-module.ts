import type { Modification } from '../protocol/csdl/service-description.js';
import type { EntityType, NavigationProperty } from '../protocol/edm/model.js';
import type { Served } from '../http/model-token.js';
import { entityQuery, noQuery, type QuerySupport } from './query-support.js';

const key = '{key}';

type Row = readonly [
  method: Modification['method'],
  path: readonly string[],
  description: string,
  support: QuerySupport,
];

function ofEntity(
  type: EntityType,
  path: readonly string[],
  { isDeletable }: { readonly isDeletable: boolean },
): readonly Row[] {
  return [
    ['PATCH', path, `Merges a change into the entity, of type ${type.name}.`, entityQuery],
    [
      'PUT',
      path,
      'Replaces the entity: what the body does not name becomes null. What it contains stays.',
      entityQuery,
    ],
    ...(isDeletable ? [['DELETE', path, 'Deletes the entity, and what it contains with it.', noQuery] as const] : []),
    ...[...type.navigation.values()].flatMap((property) => ofNavigation(property, path)),
  ];
}

function ofNavigation(property: NavigationProperty, owner: readonly string[]): readonly Row[] {
  const { name, type, collection, containsTarget } = property;
  if (!containsTarget) {
    const created = `Creates an entity of type ${type.name}, and refers to it.`;
    return collection ? [['POST', [...owner, name], created, entityQuery]] : [];
  }
  const path = [...owner, name];
  if (!collection) return ofEntity(type, path, { isDeletable: true });
  return [
    ['POST', path, `Creates an entity of type ${type.name}, with what it contains inline.`, entityQuery],
    ...ofEntity(type, [...path, key], { isDeletable: true }),
  ];
}

/** What can be done with the entities of sets and singletons that no module of a domain has rules for. */
export function modificationsWithoutModule(
  { model: { entitySets, singletons }, modifiable: names }: Served,
  scopes: readonly string[],
): readonly Modification[] {
  const rows = names.flatMap((name): readonly Row[] => {
    const set = entitySets.get(name);
    const singleton = singletons.get(name);
    if (singleton !== undefined) return ofEntity(singleton.type, [name], { isDeletable: false });
    if (set === undefined) return [];
    return [
      ['POST', [name], `Creates an entity of type ${set.type.name}, with what it contains inline.`, entityQuery],
      ['PATCH', [name], 'Creates, changes and deletes entities, as a delta payload says.', noQuery],
      ...ofEntity(set.type, [name, key], { isDeletable: true }),
    ];
  });
  return rows.map(([method, path, description, { serves: options }]) => ({
    method,
    path,
    description,
    scopes,
    options,
    headers: [],
  }));
}
