import type { EntitySet, EntityType, NavigationProperty, Property } from './model.js';
import type { Operation, Singleton, StructuredType } from './model.js';

/** What is bound differently in a type: where one of its navigation properties leads, or what is inside one of its members. */
interface Rebound {
  readonly name: string;
  /** Qualified name of the derived type that the path says; empty where it says none. */
  readonly cast: string;
  readonly target: EntitySet | undefined;
  readonly inside: readonly Rebound[];
}

type Member = Property | NavigationProperty;

/** What bindings are held to. */
export interface BindingPlaces {
  readonly sets: ReadonlyMap<string, EntitySet>;
  readonly operations: readonly Operation[];
}

function familyOf(type: StructuredType): readonly StructuredType[] {
  return [type, ...(type.derived as readonly StructuredType[])];
}

function memberOf(type: StructuredType, name: string): Member | undefined {
  return type.properties.get(name) ?? type.navigation?.get(name);
}

/** @throws Error where a navigation property cannot be bound to a set of its own; none with a partner has another one (8.3) */
function checkTarget(what: string, member: NavigationProperty, target: EntitySet, { operations }: BindingPlaces): void {
  const { type } = member;
  if (!familyOf(target.type).some(({ qualifiedName }) => qualifiedName === type.qualifiedName))
    throw new Error(`${what}: '${target.name}' has no entities of ${type.name}`);
  if (operations.some(({ path }) => path === member))
    throw new Error(`${what}: '${member.name}' says where the entities are that an operation gives`);
}

/** Follows a path of a binding through the model (OData CSDL 4.01, 13.4.1). @throws Error where it leads nowhere */
function rebound(
  what: string,
  from: StructuredType,
  {
    path,
    target,
    places,
  }: { readonly path: readonly string[]; readonly target: EntitySet; readonly places: BindingPlaces },
): Rebound {
  const [first = '', ...others] = path;
  const cast = familyOf(from).find(({ qualifiedName }) => qualifiedName === first);
  if (cast !== undefined) return { ...rebound(what, cast, { path: others, target, places }), cast: first };
  const member = memberOf(from, first);
  if (member === undefined) throw new Error(`${what}: ${from.name} has no '${first}'`);
  const about = { name: first, cast: '' };
  if (member.kind === 'navigation' && member.target !== undefined) {
    if (others.length > 0) throw new Error(`${what}: nothing is bound behind the reference '${first}'`);
    checkTarget(what, member, target, places);
    return { ...about, target, inside: [] };
  }
  const { type } = member;
  if (others.length === 0 || (type.kind !== 'complex' && type.kind !== 'entity'))
    throw new Error(`${what}: '${first}' is no reference to members of a set`);
  return { ...about, target: undefined, inside: [rebound(what, type, { path: others, target, places })] };
}

/** The same with those of one member together. */
function merged(all: readonly Rebound[]): readonly Rebound[] {
  const found = new Map<string, Rebound>();
  for (const one of all) {
    const key = `${one.cast} ${one.name}`;
    const known = found.get(key);
    found.set(key, known === undefined ? one : { ...known, inside: [...known.inside, ...one.inside] });
  }
  return [...found.values()];
}

function derivesFrom(type: StructuredType, name: string): boolean {
  for (let one: StructuredType | undefined = type; one !== undefined; one = one.baseType)
    if (one.qualifiedName === name) return true;
  return false;
}

/** Copies of a type and of those derived from it whose navigation properties are bound as one place says. */
class Family {
  readonly #copies = new Map<StructuredType, StructuredType>();
  /** A member that several types of the family have stays one. */
  readonly #members = new Map<Member, Map<string, Member>>();

  constructor(
    private readonly root: StructuredType,
    private readonly all: readonly Rebound[],
  ) {}

  copy(): StructuredType {
    const family = familyOf(this.root);
    for (const type of family) this.#copies.set(type, { ...type, derived: [] });
    const of = <T extends StructuredType | undefined>(one: T) => (one && (this.#copies.get(one) as T)) ?? one;
    for (const type of family) {
      const properties = this.#bound(type, type.properties);
      const navigation = type.navigation && this.#bound(type, type.navigation);
      const bound = { properties, ...(navigation && { navigation }) };
      const around = { derived: type.derived.map((one) => of(one)), baseType: of(type.baseType) };
      Object.assign(of(type), { ...bound, ...around });
    }
    return this.#copies.get(this.root) ?? this.root;
  }

  #bound<T extends Member>(type: StructuredType, members: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
    return new Map([...members].map(([name, member]) => [name, this.#member(type, member) as T]));
  }

  #member(type: StructuredType, member: Member): Member {
    const said = merged(
      this.all.filter(({ name, cast }) => name === member.name && (cast === '' || derivesFrom(type, cast))),
    );
    if (said.length === 0) return member;
    const ofMember = this.#members.get(member) ?? new Map<string, Member>();
    this.#members.set(member, ofMember);
    const key = said.map(({ cast }) => cast).join(' ');
    const known = ofMember.get(key);
    if (known !== undefined) return known;
    const inside = said.flatMap((one) => one.inside);
    // What is said of a derived type goes before what is said of all.
    const target = said.findLast(({ cast, target: to }) => cast !== '' && to !== undefined)?.target ?? said[0]?.target;
    const copy = (
      target === undefined
        ? { ...member, type: new Family(member.type as StructuredType, inside).copy() }
        : { ...member, target }
    ) as Member;
    ofMember.set(key, copy);
    return copy;
  }
}

/** Every navigation property that refers to members of a set, in a type and in what is inside it. */
function referencesIn(type: StructuredType, seen: Set<StructuredType>): readonly NavigationProperty[] {
  if (seen.has(type)) return [];
  seen.add(type);
  const properties = [...type.properties.values()].flatMap((one) => (one.type.kind === 'complex' ? [one.type] : []));
  const navigation = [...(type.navigation?.values() ?? [])];
  const contained = navigation.filter(({ containsTarget }) => containsTarget).map((one) => one.type);
  const inside: readonly StructuredType[] = [
    ...(type.derived as readonly StructuredType[]),
    ...properties,
    ...contained,
  ];
  return [
    ...navigation.filter(({ target }) => target !== undefined),
    ...inside.flatMap((one) => referencesIn(one, seen)),
  ];
}

/**
 * Binds navigation properties of entities in one set or singleton elsewhere than those in others (OData CSDL 4.01, 13.4):
 * the place has a type of its own, which differs from that of the model in where its references lead. Each reference leads
 * to entities of the type that its set has then.
 * @param bindings by the name of the place: names of sets, by path
 * @throws Error naming the place and the path, where one cannot be
 */
export function bindPlaces(
  bound: readonly (readonly [EntitySet | Singleton, Readonly<Record<string, string>>])[],
  all: readonly (EntitySet | Singleton)[],
  places: BindingPlaces,
): void {
  if (bound.length === 0) return;
  const copies = bound.map(([place, bindings]) => {
    const entries = Object.entries(bindings).map(([path, name]) => {
      const what = `${place.name}: binding of '${path}'`;
      const target = places.sets.get(name);
      if (target === undefined) throw new Error(`${what}: there is no entity set '${name}'`);
      return rebound(what, place.type, { path: path.split('/'), target, places });
    });
    return [place, new Family(place.type, merged(entries)).copy() as EntityType] as const;
  });
  for (const [place, type] of copies) Object.assign(place, { type });
  const seen = new Set<StructuredType>();
  for (const property of all.flatMap(({ type }) => referencesIn(type, seen))) {
    const own = property.target && familyOf(property.target.type);
    const type = own?.find(({ qualifiedName }) => qualifiedName === property.type.qualifiedName);
    if (type !== undefined) Object.assign(property, { type });
  }
}
