import { completeOwner, type Places } from './build-owners.js';
import { keyProperty } from './key-parts.js';
import type { EntitySet, EntityType, NavigationProperty, Property, ReferentialConstraint } from './model.js';
import type { RelationDeclaration, TypeClass } from './schema.js';

/** A navigation property without containment, whose type and target are known when all types are. */
export interface LateReference {
  readonly property: NavigationProperty;
  readonly owner: TypeClass;
  readonly target: TypeClass;
  readonly relation: RelationDeclaration;
}

function has({ type }: EntitySet, wanted: EntityType): boolean {
  return type === wanted || type.derived.includes(wanted);
}

/** The entity set that a navigation property leads to (OData CSDL 4.01, 13.4). */
export function targetOf(
  what: string,
  type: EntityType,
  { set: name }: RelationDeclaration,
  sets: readonly EntitySet[],
): EntitySet {
  if (name !== undefined) {
    const named = sets.find((one) => one.name === name);
    if (named !== undefined && has(named, type)) return named;
    throw new Error(`${what}: there is no entity set '${name}' that has entities of ${type.name}`);
  }
  const own = sets.filter((one) => one.type === type);
  const [set, another] = own.length > 0 ? own : sets.filter((one) => has(one, type));
  if (set !== undefined && another === undefined) return set;
  throw new Error(`${what}: there must be one entity set for ${type.name}, and no other; name one by \`set\``);
}

/** Whether entities that have the properties of a type may be contained in others. */
function isContained(type: EntityType, { types }: Places): boolean {
  const family = new Set([type, ...type.derived]);
  return types.some(({ navigation }) =>
    [...navigation.values()].some(
      (one) => one.containsTarget && (family.has(one.type) || one.type.derived.includes(type)),
    ),
  );
}

/** @throws Error where two navigation properties cannot be the two ways of one relation (8.3) */
function checkPartner(what: string, property: NavigationProperty, type: EntityType, places: Places): void {
  const { partner: name = '', type: other } = property;
  const partner = other.navigation.get(name);
  if (partner?.target === undefined)
    throw new Error(`${what}: its partner '${name}' is no reference of ${other.name} to members of a set`);
  if (partner.partner !== property.name || other.navigation.get(name)?.type !== type)
    throw new Error(`${what}: '${name}' of ${other.name} must lead back to ${type.name}, and name it as its partner`);
  const homes = [...places.sets, ...places.singletons].filter(
    (place) => has(place as EntitySet, type) || type.derived.includes(place.type),
  );
  if (isContained(type, places) || homes.some((place) => place !== partner.target))
    throw new Error(
      `${what}: with a partner, all of ${type.name} are members of ${partner.target.name}, and nowhere else`,
    );
}

/** @throws Error where nothing would be done when the entity is deleted, or what cannot be */
function checkOnDelete(what: string, property: NavigationProperty, type: EntityType, places: Places): void {
  if (isContained(type, places))
    throw new Error(`${what}: onDelete is for members of sets, and ${type.name} is contained in others`);
  const partner = property.type.navigation.get(property.partner ?? '');
  if (property.onDelete === 'setDefault') return checkDefaults(what, partner, property.type);
  if (property.onDelete !== 'setNull') return;
  if (partner === undefined || partner.collection || !partner.nullable || partner.constraints === undefined)
    throw new Error(`${what}: onDelete 'setNull' needs a partner that is single, nullable and has constraints`);
}

/** @throws Error where the properties that say what a partner leads to do not have defaults, all of them (8.6) */
function checkDefaults(what: string, partner: NavigationProperty | undefined, { properties }: EntityType): void {
  const { constraints = [], collection, target } = partner ?? {};
  const isWhole = constraints.length > 0 && constraints.length === target?.type.key.length;
  const all = constraints.map(({ dependent }) => properties.get(dependent)?.default);
  if (collection === false && isWhole && all.every((value) => value !== undefined)) return;
  throw new Error(`${what}: onDelete 'setDefault' needs a partner that is single, and constraints that have defaults`);
}

/** Whether a reference leads back from what is contained to what contains it. */
function leadsToOwner({ partner = '', type }: NavigationProperty): boolean {
  return type.navigation.get(partner)?.containsTarget === true;
}

function dependentOf(what: string, name: string, { properties, key }: EntityType): Property {
  const dependent = properties.get(name);
  if (dependent === undefined) throw new Error(`${what}: there is no property '${name}' beside it`);
  if (dependent.computed || dependent.immutable || key.includes(name))
    throw new Error(`${what}: '${name}' changes with the reference: it cannot be in the key, computed or immutable`);
  return dependent;
}

/** The constraints of a reference, in the order of the key of its target (8.5). */
function constraintsOf(
  what: string,
  { collection, nullable, target }: NavigationProperty,
  declared: Readonly<Record<string, string>>,
  type: EntityType,
): readonly ReferentialConstraint[] {
  if (collection) throw new Error(`${what}: only a reference to one entity has constraints`);
  const principals = target?.type.key ?? [];
  const entries = Object.entries(declared);
  const named = principals.filter((one) => Object.values(declared).includes(one));
  if (entries.length !== named.length || named.length === 0)
    throw new Error(`${what}: its constraints must name parts of the key, each once: ${principals.join(', ')}`);
  const isWhole = named.length === principals.length;
  return named.map((principal) => {
    const [name = ''] = entries.find(([, one]) => one === principal) ?? [];
    const dependent = dependentOf(what, name, type);
    if (dependent.collection || dependent.type !== (target && keyProperty(target.type, principal)?.type))
      throw new Error(`${what}: '${name}' must be of the type of '${principal}'`);
    if (dependent.nullable !== nullable)
      throw new Error(`${what}: '${name}' must be nullable as the reference is: nullable: ${nullable}`);
    // A part of a key leads nowhere: it only follows the reference.
    if (!isWhole) Object.assign(dependent, { computed: true });
    return { dependent: name, principal };
  });
}

/** @throws Error where two references are tied to one property */
function checkTies({ name, navigation }: EntityType): void {
  const tied = new Map<string, string>();
  for (const { name: reference, constraints = [], isOwner } of navigation.values())
    if (isOwner !== true)
      for (const { dependent } of constraints) {
        const other = tied.get(dependent);
        if (other !== undefined) throw new Error(`${name}.${reference}: '${dependent}' is tied to '${other}' already`);
        tied.set(dependent, reference);
      }
}

/** @throws Error where what is contained does not lead back as it is said to, or there is no such action */
function checkContained({ name, navigation, baseType }: EntityType, places: Places): void {
  for (const { name: member, containsTarget, partner, type, onDelete } of navigation.values()) {
    if (!containsTarget || baseType?.navigation.has(member) === true) continue;
    const what = `${name}.${member}`;
    if (partner !== undefined && type.navigation.get(partner)?.isOwner !== true)
      throw new Error(`${what}: its partner '${partner}' is no reference of ${type.name} to what contains it`);
    const owner = places.types.find((one) => one.name === name);
    if (onDelete !== undefined && owner !== undefined && isContained(owner, places))
      throw new Error(`${what}: onDelete is for members of sets, and ${name} is contained in others`);
  }
}

/**
 * Completes navigation properties without containment, when all types are known: where they lead to, and how they hang
 * together with others (OData CSDL 4.01, 8.3, 8.5, 8.6 and 13.4).
 * @throws Error naming class and member, where a relation cannot be as it is declared
 */
export function completeReferences(
  references: readonly LateReference[],
  entityTypeOf: (what: string, target: TypeClass) => EntityType,
  places: Places,
): void {
  const named = ({ owner, property }: LateReference): string => `${owner.name}.${property.name}`;
  const ownerOf = ({ owner }: LateReference) => places.types.find((type) => type.class === owner);
  for (const late of references) {
    const type = entityTypeOf(named(late), late.target);
    Object.assign(late.property, { type, target: targetOf(named(late), type, late.relation, places.sets) });
  }
  for (const late of references) {
    const { property, relation } = late;
    const { nullable = true, partner, onDelete, constraints } = relation;
    const type = ownerOf(late);
    if (property.collection && !nullable) throw new Error(`${named(late)}: a collection is never null`);
    if (type === undefined) {
      if ((partner ?? onDelete ?? constraints) === undefined) continue;
      throw new Error(`${named(late)}: partner, onDelete and constraints are for entities`);
    }
    if (constraints !== undefined && !leadsToOwner(property))
      Object.assign(property, { constraints: constraintsOf(named(late), property, constraints, type) });
  }
  for (const late of references) {
    const type = ownerOf(late);
    if (type === undefined) continue;
    if (leadsToOwner(late.property)) {
      completeOwner(named(late), late.property, { type, constraints: late.relation.constraints, places });
      continue;
    }
    if (late.property.partner !== undefined) checkPartner(named(late), late.property, type, places);
    if (late.property.onDelete !== undefined) checkOnDelete(named(late), late.property, type, places);
  }
  for (const type of places.types) {
    checkTies(type);
    checkContained(type, places);
  }
}
