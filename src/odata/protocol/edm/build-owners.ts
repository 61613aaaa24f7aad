import { keyProperty } from './key-parts.js';
import type { EntitySet, EntityType, NavigationProperty, Property, ReferentialConstraint, Singleton } from './model.js';

/** What relations are held to: the entity types of the model, and where entities are. */
export interface Places {
  readonly types: readonly EntityType[];
  readonly sets: readonly EntitySet[];
  readonly singletons: readonly Singleton[];
}

/** A containment navigation property that leads to entities of a type. */
function containers(type: EntityType, { types }: Places): readonly NavigationProperty[] {
  const all = new Set(types.flatMap(({ navigation }) => [...navigation.values()]));
  return [...all].filter((one) => one.containsTarget && (one.type === type || one.type.derived.includes(type)));
}

function isHomeOf(type: EntityType, home: EntityType): boolean {
  return home === type || home.derived.includes(type) || type.derived.includes(home);
}

/** @throws Error where a reference that leads back from what is contained cannot be to what contains it (8.3 and 8.4) */
function checkOwner(what: string, property: NavigationProperty, type: EntityType, places: Places): NavigationProperty {
  const { type: owner, target, partner: name = '' } = property;
  const there = owner.navigation.get(name);
  if (there?.partner !== property.name || there.type !== type)
    throw new Error(`${what}: '${name}' of ${owner.name} must lead to ${type.name}, and name it as its partner`);
  if (property.collection || property.nullable)
    throw new Error(`${what}: what contains an entity is one, and never null: nullable: false`);
  const sets = [...places.sets, ...places.singletons];
  const isElsewhere =
    containers(owner, places).length > 0 || sets.some((one) => one !== target && isHomeOf(owner, one.type));
  if (isElsewhere || target === undefined)
    throw new Error(`${what}: all of ${owner.name} must be members of one set, and nowhere else`);
  if (containers(type, places).length > 1 || sets.some((one) => isHomeOf(type, one.type)))
    throw new Error(`${what}: all of ${type.name} must be in '${name}' of ${owner.name}, and nowhere else`);
  if (property.onDelete !== undefined) throw new Error(`${what}: what contains the entity is not deleted with it`);
  return there;
}

/** The properties that have the key of what contains the entity: the service sets them. */
function partsOf(
  what: string,
  property: NavigationProperty,
  declared: Readonly<Record<string, string>>,
  type: EntityType,
): readonly ReferentialConstraint[] {
  const { type: owner } = property;
  const entries = Object.entries(declared);
  if (entries.length !== owner.key.length || owner.key.some((one) => !Object.values(declared).includes(one)))
    throw new Error(`${what}: its constraints must name each part of the key: ${owner.key.join(', ')}`);
  return entries.map(([dependent, principal]) => {
    const own = type.properties.get(dependent);
    if (own === undefined) throw new Error(`${what}: there is no property '${dependent}' beside it`);
    if (own.collection || own.nullable || own.type !== keyProperty(owner, principal)?.type)
      throw new Error(`${what}: '${dependent}' must be of the type of '${principal}', and never null`);
    return { dependent, principal };
  });
}

function setByService(property: Property | undefined): void {
  if (property !== undefined) Object.assign(property, { computed: true });
}

/**
 * Completes a reference that leads from an entity to the one that contains it, the partner of a containment navigation
 * property (OData CSDL 4.01, 8.3 and 8.4). The service sets it, and the properties that have the key of the container (8.5).
 * Those that are in the key tell the entity from those in other containers: within its own the other parts do, and URLs
 * need no more (OData 4.01 URL Conventions 4.3.3).
 * @throws Error naming class and member, where it cannot be
 */
export function completeOwner(
  what: string,
  property: NavigationProperty,
  {
    type,
    constraints = {},
    places,
  }: {
    readonly type: EntityType;
    readonly constraints?: Readonly<Record<string, string>> | undefined;
    readonly places: Places;
  },
): void {
  const there = checkOwner(what, property, type, places);
  const parts = Object.keys(constraints).length === 0 ? [] : partsOf(what, property, constraints, type);
  Object.assign(property, { isOwner: true, ...(parts.length === 0 ? {} : { constraints: parts }) });
  for (const { dependent } of parts) setByService(type.properties.get(dependent));
  const dependents = new Set(parts.map(({ dependent }) => dependent));
  for (const one of [type, ...type.derived]) {
    const key = one.key.filter((part) => !dependents.has(part));
    if (key.length === 0) throw new Error(`${what}: a part of the key of ${type.name} must be its own`);
    if (key.length < one.key.length) Object.assign(one, { declaredKey: one.key, key });
  }
  for (const one of [property.type, ...property.type.derived]) own(one, there);
  for (let base = property.type.baseType; base !== undefined; base = base.baseType) own(base, there);
}

function own(type: EntityType, there: NavigationProperty): void {
  Object.assign(type, { owns: [...(type.owns ?? []), there] });
}
