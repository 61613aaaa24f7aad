import { annotateModel } from './build-annotations.js';
import { addHierarchies } from './hierarchies.js';
import { bindPlaces } from './build-bindings.js';
import { checkOperations, operationsOf, setsOfResults, type UnplacedOperation } from './build-operations.js';
import { completeReferences, type LateReference } from './build-relations.js';
import { declarationsOf } from './declarations.js';
import { defaultOf } from './default-value.js';
import type { ComplexType, EntitySet, EntityType, Facets, Model, NavigationProperty, Property } from './model.js';
import type { Singleton, StructuredType, Term } from './model.js';
import type { JsonObject } from '../json/json-value.js';
import {
  type DeclaredItemType,
  definitionOf,
  isCollection,
  plainType,
  type NavigationDeclaration,
  type PropertyDeclaration,
} from './schema.js';
import type { DeclaredCollection, OperationDeclaration, SaidAnnotations, Schema, TypeClass } from './schema.js';
import type { TermDeclaration, TypeDeclaration } from './schema.js';
import type { ItemType } from './model.js';
import { operationsOn } from './operations.js';
import type { DeclaredFacets } from './facet-rules.js';
import { Edm } from './primitive-types.js';
import { type DeclaredMembers, type PropertyRules, rulesOf } from './property-rules.js';
import { keyPathsOf } from './key-paths.js';
import { modelStreams, streamsOf } from './streams.js';
import { refuseUnapplied, transformationsOf } from './transforms.js';
import type { ValueRule } from './value-rules.js';

function facetsOf(rules: readonly ValueRule[]): Facets {
  const argument = (name: string): unknown => rules.find((rule) => rule.name === name)?.constraints[0];
  const pattern = argument('matches');
  const facets = {
    maxLength: argument('maxLength'),
    minLength: argument('minLength'),
    minimum: argument('min'),
    maximum: argument('max'),
    pattern: pattern instanceof RegExp ? pattern.source : pattern,
    allowedValues: argument('isIn'),
    ...(argument('facets') as DeclaredFacets | undefined),
  };
  return Object.fromEntries(Object.entries(facets).filter(([, value]) => value !== undefined));
}

/** The names of a type's properties, navigation included. */
function namesOf(type: StructuredType | undefined): ReadonlySet<string> {
  if (type === undefined) return new Set();
  return new Set([...type.properties.keys(), ...(type.navigation?.keys() ?? [])]);
}

/** Turns declarations into types, each once, base types and property types before the types that use them. */
class ModelBuilder {
  readonly #declared: ReadonlyMap<TypeClass, TypeDeclaration>;
  readonly #built = new Map<TypeClass, StructuredType>();
  readonly #underway = new Set<TypeClass>();
  /** Navigation properties without containment may lead anywhere: their types are built when all others are. */
  readonly #references: LateReference[] = [];
  readonly #terms = new Map<TermDeclaration, Term>();

  constructor(private readonly schema: Schema) {
    this.#declared = new Map(schema.types.map((declaration) => [declaration.class, declaration]));
  }

  build(target: TypeClass): StructuredType {
    const known = this.#built.get(target);
    if (known !== undefined) return known;
    const declaration = this.#declared.get(target);
    if (declaration === undefined) throw new Error(`${target.name} is not a type of schema ${this.schema.namespace}`);
    if (this.#underway.has(target)) throw new Error(`${target.name}: a type cannot contain itself`);
    this.#underway.add(target);
    const type = this.#structuredType(declaration);
    this.#underway.delete(target);
    this.#built.set(target, type);
    for (let base = type.baseType; base !== undefined; base = base.baseType)
      (base.derived as StructuredType[]).push(type);
    return type;
  }

  #structuredType(declaration: TypeDeclaration): StructuredType {
    const { name, class: target, abstract, open, description, longDescription } = declaration;
    const baseType = this.#baseType(declaration);
    if (declarationsOf(target).optional.size > 0)
      throw new Error(`${target.name}: only parameters of operations are @Optional`);
    const own = declarationsOf(target);
    const declared: DeclaredMembers = { ...own, inherited: namesOf(baseType) };
    const rules = rulesOf(target, declared);
    refuseUnapplied(target, declared);
    const properties = new Map(baseType?.properties);
    for (const property of own.properties) properties.set(property.name, this.#property(target, property, rules));
    const common = {
      name,
      qualifiedName: this.schema.qualify(name),
      class: target,
      abstract,
      open: open || (baseType?.open ?? false),
      description,
      longDescription,
      derived: [],
      properties,
      ...this.#carries(declaration, baseType),
    };
    if (declaration.kind === 'complex') {
      streamsOf({ declaration, own: own.streams, base: undefined, taken: new Set() });
      const references = this.#navigationOf(target, baseType);
      const related = references.size === 0 ? {} : { navigation: references };
      return { ...common, ...related, kind: 'complex', baseType: baseType as ComplexType | undefined };
    }
    const base = baseType as EntityType | undefined;
    const key = [...(base?.key ?? []), ...own.key];
    if (key.length === 0 && !abstract) throw new Error(`${target.name}: an entity type needs a @Key`);
    const navigation = this.#navigationOf(target, base);
    const taken = new Set([...properties.keys(), ...navigation.keys()]);
    const keyPaths = keyPathsOf(target, { own, base, properties, taken });
    const streams = streamsOf({ declaration, own: own.streams, base, taken });
    const { example } = declaration;
    const entity = { key, navigation, example, ...(keyPaths && { keyPaths }), ...(streams && { streams }) };
    return { ...common, kind: 'entity', baseType: base, ...entity };
  }

  #navigationOf(target: TypeClass, base: StructuredType | undefined): EntityType['navigation'] {
    const all = new Map(base?.navigation);
    for (const property of declarationsOf(target).navigation) {
      if (property.containsTarget && this.#declared.get(target)?.kind === 'complex')
        throw new Error(
          `${target.name}.${property.name}: only entities contain others; a complex value refers to them`,
        );
      all.set(property.name, this.#navigation(target, property));
    }
    return all;
  }

  #carries(
    { carries, name, class: target, kind }: TypeDeclaration,
    base: StructuredType | undefined,
  ): Pick<StructuredType, 'carries'> {
    const ofProperties = declarationsOf(target).properties.flatMap((property) =>
      property.carries.map((declared) => this.#carried(`${name}.${property.name}`, property.name, declared)),
    );
    const of = kind === 'entity' ? 'EntityType' : 'ComplexType';
    const own = [...carries.map((declared) => this.#carried(name, '', declared, of)), ...ofProperties];
    const all = [...(base?.carries ?? []), ...own];
    return all.length === 0 ? {} : { carries: new Map(all) };
  }

  /** A term that values of a type may be annotated with, or a property of them. */
  #carried(what: string, property: string, declared: TermDeclaration, kind = 'Property'): readonly [string, Property] {
    if (!this.schema.terms.includes(declared))
      throw new Error(`${what}: '${declared.qualifiedName}' is no term of schema ${this.schema.namespace}`);
    if (declared.appliesTo.length > 0 && !declared.appliesTo.includes(kind))
      throw new Error(`${what}: ${declared.name} is for ${declared.appliesTo.join(', ')}, not for ${kind}`);
    return [`${property}@${declared.qualifiedName}`, this.term(declared).property];
  }

  #baseType(declaration: TypeDeclaration): StructuredType | undefined {
    const base = Object.getPrototypeOf(declaration.class) as TypeClass;
    if (!this.#declared.has(base)) return undefined;
    const type = this.build(base);
    if (type.kind === declaration.kind) return type;
    throw new Error(`${declaration.class.name}: its base class declares another kind of type`);
  }

  #property(
    target: TypeClass,
    { name, type, description, nullable, carries }: PropertyDeclaration,
    rulesByProperty: ReadonlyMap<string, PropertyRules>,
  ): Property {
    const collection = isCollection(type);
    const { rules, objectRules } = rulesByProperty.get(name) ?? { rules: [], objectRules: [] };
    const itemType = this.#itemType(target, name, isCollection(type) ? type.item : type);
    const { indexed, searchable, computed, immutable, key, defaults } = declarationsOf(target);
    if (carries.length > 0 && !this.#declared.has(target))
      throw new Error(`${target.name}.${name}: only properties of entities and complex values carry annotations`);
    if (carries.length > 0 && itemType.kind === 'complex' && !collection)
      throw new Error(`${target.name}.${name}: annotations of a complex value stand inside it: its type carries them`);
    if (searchable.has(name) && itemType !== Edm.String)
      throw new Error(`${target.name}.${name}: only strings are searched`);
    if (indexed.has(name) && (collection || itemType.kind === 'complex')) {
      throw new Error(`${target.name}.${name}: only single primitive and enumeration values are indexed`);
    }
    return {
      kind: 'property',
      name,
      type: itemType,
      definition: definitionOf(type),
      collection,
      nullable,
      facets: facetsOf(rules),
      rules,
      objectRules,
      ...transformationsOf(target, name, { isKey: key.includes(name), isComputed: computed.has(name) }),
      indexed: indexed.has(name),
      searchable: searchable.has(name),
      computed: computed.has(name),
      immutable: immutable.has(name),
      default: defaultOf(`${target.name}.${name}`, defaults.get(name), { type: itemType, collection, rules }),
      description,
    };
  }

  #itemType(target: TypeClass, name: string, declared: DeclaredItemType): Property['type'] {
    const plain = plainType(declared);
    if (typeof plain !== 'function') return plain;
    const type = this.build(plain());
    if (type.kind === 'complex') return type;
    throw new Error(`${target.name}.${name}: an entity type is the type of navigation properties only`);
  }

  #navigation(
    target: TypeClass,
    { name, target: declared, description, collection, containsTarget, relation }: NavigationDeclaration,
  ): NavigationProperty {
    const { nullable = true, partner, onDelete } = relation;
    const about = { kind: 'navigation', name, collection, description, nullable, target: undefined } as const;
    const what = `${target.name}.${name}`;
    if (containsTarget) {
      if (collection && !nullable) throw new Error(`${what}: a collection is never null`);
      const back = { ...(partner && { partner }), ...(onDelete && { onDelete }) };
      return { ...about, ...back, type: this.#entityType(what, declared()), containsTarget };
    }
    const late = { ...about, type: undefined, containsTarget: false, partner, onDelete };
    const property = late as unknown as NavigationProperty;
    this.#references.push({ property, owner: target, target: declared(), relation });
    return property;
  }

  /** The type of what an operation is bound to, or gives. */
  #anyType(declared: DeclaredItemType): Exclude<ItemType, undefined> {
    const plain = plainType(declared);
    return typeof plain === 'function' ? this.build(plain()) : plain;
  }

  #valueType(declared: DeclaredItemType | DeclaredCollection) {
    const collection = isCollection(declared);
    const type = this.#anyType(isCollection(declared) ? declared.item : declared);
    return { type, definition: definitionOf(declared), collection };
  }

  /** An action or function; where the entities are that it gives is not known yet. */
  operation(declaration: OperationDeclaration): UnplacedOperation {
    const { class: target, name, on, returns, nullable, composable, onlyOn, from, ...others } = declaration;
    const own = declarationsOf(target);
    const [stream] = own.streams;
    if (stream !== undefined)
      throw new Error(`${target.name}.${stream.name}: no parameter of an operation is a stream`);
    const declared: DeclaredMembers = { ...own, inherited: new Set() };
    const rules = rulesOf(target, declared);
    refuseUnapplied(target, declared);
    const properties = new Map(own.properties.map((one) => [one.name, this.#property(target, one, rules)]));
    const navigation = new Map(own.navigation.map((one) => [one.name, this.#navigation(target, one)]));
    const qualifiedName = this.schema.qualify(name);
    const { description, longDescription } = others;
    return {
      ...others,
      name,
      qualifiedName,
      class: target,
      composable,
      onlyOn: onlyOn === undefined ? undefined : new Set(onlyOn),
      from,
      binding: on === undefined ? undefined : this.#valueType(on),
      optional: new Set([...own.optional, ...own.defaults.keys()]),
      result: returns === undefined ? undefined : { ...this.#valueType(returns), nullable, set: undefined },
      parameters: {
        kind: 'entity',
        name,
        qualifiedName,
        class: target,
        abstract: false,
        open: false,
        description,
        longDescription,
        baseType: undefined,
        derived: [],
        key: [],
        properties,
        navigation,
      },
    };
  }

  /** A term, whose type is that of the one property of its class. */
  term(declaration: TermDeclaration): Term {
    let term = this.#terms.get(declaration);
    if (term === undefined) this.#terms.set(declaration, (term = this.#newTerm(declaration)));
    return term;
  }

  #newTerm({ name, qualifiedName, class: target, appliesTo }: TermDeclaration): Term {
    const own = declarationsOf(target);
    const rules = rulesOf(target, { ...own, inherited: new Set() });
    const [declared] = own.properties;
    if (declared === undefined) throw new Error(`${name}: a term has a type`);
    return { name, qualifiedName, property: this.#property(target, declared, rules), appliesTo };
  }

  #entityType(what: string, target: TypeClass): EntityType {
    const type = this.build(target);
    if (type.kind === 'entity') return type;
    throw new Error(`${what}: only an entity type can be navigated to`);
  }

  /** Completes the navigation properties without containment, when all types and sets are known. */
  completeReferences(sets: readonly EntitySet[], singletons: readonly Singleton[]): void {
    const types = [...this.#built.values()].filter((type) => type.kind === 'entity');
    completeReferences(this.#references, (what, target) => this.#entityType(what, target), { types, sets, singletons });
  }
}

function byName<T extends { readonly name: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  const map = new Map(items.map((item) => [item.name, item]));
  const twice = items.find((item) => map.get(item.name) !== item);
  if (twice !== undefined) throw new Error(`Two types of one schema have the same name: ${twice.name}`);
  return map;
}

/** An entity set of which more is said than its type. */
export interface DeclaredSet {
  readonly type: TypeClass;
  /**
   * Names of the sets that navigation properties of its entities lead to, where those are others than elsewhere, by path: `{
   * related: 'oldNews', 'pages/author': 'oldAuthors', 'home/country': 'oldCountries' }` (OData CSDL 4.01, 13.4).
   */
  readonly bindings?: Readonly<Record<string, string>>;
  readonly annotations?: SaidAnnotations;
}

/** A singleton, likewise. */
export interface DeclaredSingleton extends DeclaredSet {
  /** What it is as long as nobody has said anything else, as the body of a PUT would say it. */
  readonly default?: JsonObject;
}

function setOf(said: TypeClass | DeclaredSingleton): DeclaredSingleton {
  return typeof said === 'function' ? { type: said } : said;
}

/**
 * Builds the model of a schema's classes.
 * @param entitySets the entity sets of the container: name, and class of the entity type
 * @param singletons the singletons of the container, likewise; with what they are as long as nobody has said anything else
 * @throws Error naming class and property, where declarations contradict each other
 */
export function buildModel(
  schema: Schema,
  entitySets: Readonly<Record<string, TypeClass | DeclaredSet>>,
  singletons: Readonly<Record<string, TypeClass | DeclaredSingleton>> = {},
): Model {
  const builder = new ModelBuilder(schema);
  const types = schema.types.map((declaration) => builder.build(declaration.class));
  const named = ([name, said]: readonly [string, TypeClass | DeclaredSet]): EntitySet => {
    const type = builder.build(setOf(said).type);
    if (type.kind === 'entity' && !type.abstract) return { name, type };
    throw new Error(`${name}: an entity set or singleton needs an entity type that is not abstract`);
  };
  const sets = Object.entries(entitySets).map(named);
  const unplaced = schema.operations.map((declaration) => builder.operation(declaration));
  const alone = Object.entries(singletons).map(([name, said]): Singleton => {
    const { default: value } = setOf(said);
    return { ...named([name, said]), isSingleton: true, ...(value === undefined ? {} : { default: value }) };
  });
  builder.completeReferences(sets, alone);
  const operations = setsOfResults(unplaced, sets);
  const namedTypes = [...types, ...schema.enums, ...schema.definitions, ...schema.terms];
  byName<{ readonly name: string }>(namedTypes);
  checkOperations(operations, { types: namedTypes, places: [...sets, ...alone] });
  const model: Model = {
    namespace: schema.namespace,
    description: schema.texts.description,
    longDescription: schema.texts.longDescription,
    entityTypes: byName(types.filter((type) => type.kind === 'entity')),
    complexTypes: byName(types.filter((type) => type.kind === 'complex')),
    enumTypes: byName(schema.enums),
    typeDefinitions: byName(schema.definitions),
    terms: byName(schema.terms.map((one) => builder.term(one))),
    entitySets: byName(sets),
    singletons: byName(alone),
    operations: operationsOf(operations),
  };
  const places = [...Object.entries(entitySets), ...Object.entries(singletons)];
  const saidOf = places.flatMap(([name, said]): [string, SaidAnnotations][] => {
    const { annotations } = setOf(said);
    return annotations === undefined ? [] : [[name, annotations]];
  });
  annotateModel(model, schema, new Map(saidOf));
  addHierarchies(model);
  const all = [...sets, ...alone];
  const bound = all.flatMap((place) => {
    const { bindings } = setOf(entitySets[place.name] ?? singletons[place.name] ?? place.type.class);
    return bindings === undefined ? [] : [[place, bindings] as const];
  });
  bindPlaces(bound, all, { sets: model.entitySets, operations });
  const streams = modelStreams(model);
  if (streams !== undefined) Object.assign(model, { streams });
  const called = new Set([...model.entityTypes.values(), ...all.flatMap(({ type }) => [type, ...type.derived])]);
  if (operations.length > 0) for (const type of called) sayCallable(type, model);
  return model;
}

function sayCallable(type: EntityType, model: Model): void {
  const one = operationsOn(model, { type, collection: false });
  const several = operationsOn(model, { type, collection: true });
  if (one.length + several.length > 0) Object.assign(type, { callable: { one, several } });
}

/** The entity set of a name that the model is known to have. */
export function entitySetOf(model: Model, name: string): EntitySet {
  const set = model.entitySets.get(name);
  if (set === undefined) throw new Error(`The model has no entity set ${name}`);
  return set;
}

/** The entity type of a class that the model is known to have. */
export function entityTypeOf(model: Model, target: TypeClass): EntityType {
  const type = [...model.entityTypes.values()].find((candidate) => candidate.class === target);
  if (type === undefined) throw new Error(`The model has no entity type of class ${target.name}`);
  return type;
}
