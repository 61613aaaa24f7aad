import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsArray, IsOptional, MaxLength, ValidateIf, ValidateNested } from 'class-validator';
import type { JsonObject } from '../json/json-value.js';
import { IsODataType, IsOfEdmType, isPresent } from './edm-validators.js';
import { type DeclaredFacets, FitsFacets } from './facet-rules.js';
import { type DeclaredCollection, type DeclaredItemType, definitionOf, isCollection, plainType } from './schema.js';
import type { DefaultValue, SaidAnnotations, Schema, TermDeclaration, TypeClass } from './schema.js';
import type {
  ContainmentDeclaration,
  NavigationDeclaration,
  PropertyDeclaration,
  PropertyTraits,
  RelationDeclaration,
} from './schema.js';
import type { StreamDeclaration, StreamOptions, TypeDeclaration } from './schema.js';

export { type DefinitionOptions, type EnumOptions, enumType, typeDefinition } from './declare-values.js';

/** What the decorators of one class declared, apart from its base class. */
interface OwnDeclarations extends PropertyTraits {
  readonly properties: PropertyDeclaration[];
  readonly navigation: NavigationDeclaration[];
  readonly streams: StreamDeclaration[];
  readonly key: string[];
  /** Paths inside the type of those that stand in complex values, by alias. */
  readonly keyPaths: Map<string, readonly string[]>;
}

const declarations = new WeakMap<object, OwnDeclarations>();

/** The declarations of one class, its base classes not included. */
export function declarationsOf(target: TypeClass): OwnDeclarations {
  let own = declarations.get(target);
  if (own === undefined) {
    const traits = { indexed: new Set<string>(), searchable: new Set<string>(), computed: new Set<string>() };
    const ofParameters = { optional: new Set<string>(), defaults: new Map<string, DefaultValue>() };
    const others = { ...ofParameters, annotations: new Map<string, SaidAnnotations>() };
    own = {
      properties: [],
      navigation: [],
      streams: [],
      key: [],
      keyPaths: new Map(),
      ...traits,
      immutable: new Set(),
      ...others,
    };
    declarations.set(target, own);
  }
  return own;
}

function ownerOf(prototype: object): OwnDeclarations {
  return declarationsOf(prototype.constructor as TypeClass);
}

/** Declares `Collection(T)`. */
export function Collection(item: DeclaredItemType): DeclaredCollection {
  return { kind: 'collection', item };
}

/** What a structured type may say of itself beside its properties. */
export interface TypeOptions {
  /** Name in the schema; without it the name of the class. */
  readonly name?: string;
  readonly abstract?: boolean;
  /** Values may have properties beside the declared ones. */
  readonly open?: boolean;
  /** What a value of it is, in one sentence (Core.Description). */
  readonly description?: string;
  /** What else there is to know (Core.LongDescription). */
  readonly longDescription?: string;
  /** An entity as a client would create it, to show in descriptions. */
  readonly example?: JsonObject;
  /** Whether its entities are about a media stream, a picture say (OData CSDL 4.01, 6.4), and what that may be. */
  readonly media?: boolean | StreamOptions;
  /** Terms of the schema that values of the type may be annotated with by who writes them (OData JSON Format 4.01, 20). */
  readonly carries?: readonly TermDeclaration[];
}

function structuredType(schema: Schema, kind: TypeDeclaration['kind'], options: TypeOptions) {
  return (target: TypeClass): void => {
    const { name = target.name, abstract = false, open = false, description, longDescription, example } = options;
    const media = options.media === true ? {} : options.media === false ? undefined : options.media;
    const { carries = [] } = options;
    const said = { description, longDescription, example, media, carries };
    schema.types.push({ kind, name, class: target, abstract, open, ...said });
    IsODataType(schema.qualify(name))(target.prototype as object, '@odata.type');
  };
}

/** Declares a complex type (OData CSDL 4.01, 9); every value's `@odata.type` must name it. */
export function ComplexType(schema: Schema, options: TypeOptions = {}) {
  return structuredType(schema, 'complex', options);
}

/** Declares an entity type (OData CSDL 4.01, 6); every entity's `@odata.type` must name it. */
export function EntityType(schema: Schema, options: TypeOptions = {}) {
  return structuredType(schema, 'entity', options);
}

/**
 * Declares a structural property (OData CSDL 4.01, 7). Facets are class-validator's own decorators beside it:
 * `@MaxLength(64)` is the MaxLength facet, `@Min` and `@Max` are Validation.Minimum and Validation.Maximum, `@Matches` and
 * `@IsIn` Validation.Pattern and Validation.AllowedValues; `precision`, `scale`, `unicode` and `srid` are options here.
 * `nullable` of a collection is about its items. Rules of one's own may look at other properties, and rules may have
 * conditions (`@ValidateIf`, the option `validateIf`): that a value is of its type always holds, whatever they say. `carries`
 * names terms that the property may be annotated with by who writes it (OData JSON Format 4.01, 20): of a single complex value
 * its type says them, because they stand inside it (20.1).
 *
 * class-transformer's `@Transform` is applied to the JSON value of a body before its type and rules are tested (that of a
 * complex property is a plain object, of which nothing is transformed yet), and to what is written in answers, never to what
 * is stored or archived. A key out of a URL is none of a body.
 * @param description for the reader who meets the property for the first time (Core.Description)
 */
export function Property(
  type: DeclaredItemType | DeclaredCollection,
  description?: string,
  options: { readonly nullable?: boolean; readonly carries?: readonly TermDeclaration[] } & DeclaredFacets = {},
) {
  return (prototype: object, name: string): void => {
    const collection = isCollection(type);
    const nullable = options.nullable ?? !collection;
    ownerOf(prototype).properties.push({ name, type, description, nullable, carries: options.carries ?? [] });
    // A collection is there: whether it is nullable is about its items.
    if (nullable && !collection) IsOptional()(prototype, name);
    else ValidateIf(isPresent)(prototype, name);
    if (collection) IsArray()(prototype, name);
    const definition = definitionOf(type);
    const item = plainType(collection ? type.item : type);
    const what = `${prototype.constructor.name}.${name}`;
    if (definition?.maxLength !== undefined) MaxLength(definition.maxLength, { each: collection })(prototype, name);
    if (typeof item === 'function') {
      Type(item)(prototype, name);
      ValidateNested({ each: collection })(prototype, name);
    } else {
      IsOfEdmType(item, { each: collection, itemsMayBeNull: collection && nullable })(prototype, name);
    }
    const own = facetsIn(options);
    const twice = Object.keys(own ?? {}).find((facet) => Object.hasOwn(definition?.facets ?? {}, facet));
    if (twice !== undefined) throw new Error(`${what}: ${definition?.name ?? ''} says its ${twice} already`);
    const facets = facetsIn({ ...definition?.facets, ...own });
    if (facets === undefined) return;
    if (typeof item === 'function' || item.kind !== 'primitive') throw new Error(`${what}: its type has no facets`);
    FitsFacets(what, item, { facets, each: collection })(prototype, name);
  };
}

function facetsIn({ precision, scale, unicode, srid }: DeclaredFacets): DeclaredFacets | undefined {
  const said = Object.entries({ precision, scale, unicode, srid }).filter(([, value]) => value !== undefined);
  return said.length === 0 ? undefined : Object.fromEntries(said);
}

/**
 * Declares the property to be (a part of) the key of its entity type; stands above `@Property`. Of a complex property it
 * says which values inside are, by the aliases that URLs call them by (OData CSDL 4.01, 6.5): `@Key({ isbn: 'isbn' })`,
 * `@Key({ country: 'home/country', number: 'home/number' })`. They are `@Immutable()` where they are declared.
 */
export function Key(aliases?: Readonly<Record<string, string>>) {
  return (prototype: object, name: string): void => {
    const { key, keyPaths } = ownerOf(prototype);
    if (aliases === undefined) key.push(name);
    for (const [alias, path] of Object.entries(aliases ?? {})) {
      key.push(alias);
      keyPaths.set(alias, [name, ...path.split('/')]);
    }
  };
}

/** Declares that filters and orders by the property are common: the store keeps an index for them. */
export function Indexed() {
  return (prototype: object, name: string): void => {
    ownerOf(prototype).indexed.add(name);
  };
}

/** Declares that `$search` looks at the property. */
export function Searchable() {
  return (prototype: object, name: string): void => {
    ownerOf(prototype).searchable.add(name);
  };
}

/**
 * Declares that the service sets the property: what a client sends for it is ignored (Core.Computed; OData 4.01 Protocol
 * 11.4.2 and 11.4.3).
 */
export function Computed() {
  return (prototype: object, name: string): void => {
    ownerOf(prototype).computed.add(name);
  };
}

/**
 * Declares that the property keeps the value that it was created with: what an update sends for it is ignored
 * (Core.Immutable). A key does so without it.
 */
export function Immutable() {
  return (prototype: object, name: string): void => {
    ownerOf(prototype).immutable.add(name);
  };
}

/**
 * Declares what is meant where a client says nothing (OData CSDL 4.01, 7.2.7): a new entity gets it, and a parameter of an
 * operation, which may be left out then (Core.OptionalParameter).
 * @param value as a body would say it; a number that no double holds is a bigint, or its text
 */
export function Default(value: DefaultValue) {
  return (prototype: object, name: string): void => {
    ownerOf(prototype).defaults.set(name, value);
  };
}

/** Declares a parameter of an operation that may be left out, without a value that is meant then (Core.OptionalParameter). */
export function Optional() {
  return (prototype: object, name: string): void => {
    ownerOf(prototype).optional.add(name);
  };
}

/**
 * Annotates a type, an operation, a property, a navigation property or a parameter (OData CSDL 4.01, 14.2).
 * @param said by term behind the alias of its vocabulary: `{ 'Measures.Unit': 'cm', 'UI.LineItem#short': […] }`. Paths begin at the
 * type, or at that which has the property.
 */
export function Annotate(said: SaidAnnotations) {
  return (target: object, name?: string): void => {
    const { annotations } = name === undefined ? declarationsOf(target as TypeClass) : ownerOf(target);
    annotations.set(name ?? '', { ...annotations.get(name ?? ''), ...said });
  };
}

/** What a term says of itself beside its type. */
export interface TermOptions extends DeclaredFacets {
  readonly nullable?: boolean;
  readonly description?: string;
  /** Kinds of elements that it may be applied to: `['Property', 'EntityType']`. Default: any. */
  readonly appliesTo?: readonly string[];
  /** What is meant where it is applied without a value. */
  readonly default?: DefaultValue;
  readonly annotations?: SaidAnnotations;
}

/** Declares a term of the schema (OData CSDL 4.01, 14.1), for annotations of its elements and of entities. */
export function term(
  schema: Schema,
  name: string,
  type: DeclaredItemType | DeclaredCollection,
  { description, appliesTo = [], default: value, annotations, ...options }: TermOptions = {},
): TermDeclaration {
  // What its values are checked by, as the property of a class that nobody else has.
  class Value {
    readonly [member: string]: unknown;
  }
  Property(type, description, options)(Value.prototype, name);
  if (value !== undefined) Default(value)(Value.prototype, name);
  if (annotations !== undefined) Annotate(annotations)(Value.prototype, name);
  const declared: TermDeclaration = { name, qualifiedName: schema.qualify(name), class: Value, appliesTo };
  schema.terms.push(declared);
  return declared;
}

/**
 * Declares a stream property (Edm.Stream; OData CSDL 4.01, 7.1): bytes with a media type, which are read and written by the
 * URL of the property and stand beside the entity. What rules see of it is a `StoredStream`.
 */
export function Stream(description?: string, options: StreamOptions = {}) {
  return (prototype: object, name: string): void => {
    ownerOf(prototype).streams.push({ ...options, name, description });
  };
}

function navigationProperty(
  containsTarget: boolean,
  target: () => TypeClass,
  {
    description,
    collection = false,
    ...relation
  }: RelationDeclaration & { readonly description: string | undefined; readonly collection?: boolean },
) {
  return (prototype: object, name: string): void => {
    ownerOf(prototype).navigation.push({ name, target, description, collection, containsTarget, relation });
    IsOptional()(prototype, name);
    Type(target)(prototype, name);
    ValidateNested({ each: collection })(prototype, name);
  };
}

/**
 * Declares a containment navigation property (OData CSDL 4.01, 8.4): to one entity, or to several, each with a key of its
 * own. `partner` names the reference by which they lead back, which the service sets, with the properties that are its
 * `constraints`: so a part of their key may be the key of what contains them. `onDelete: 'restrict'` refuses to delete the
 * entity as long as it contains some; what is contained goes with it otherwise.
 */
export function Contained(
  target: () => TypeClass,
  description?: string,
  options: { readonly collection?: boolean } & ContainmentDeclaration = {},
) {
  return navigationProperty(true, target, { description, ...options });
}

/**
 * Declares a navigation property without containment (OData CSDL 4.01, 8): it refers to one member, or to several, of the
 * entity set that has entities of the type. `nullable: false` says that there always is one, `partner` names the way back,
 * which the service keeps in step, `onDelete` what becomes of those that it leads to, `constraints` the properties beside it
 * that have the values of the key on the other side.
 */
export function References(
  target: () => TypeClass,
  description?: string,
  options: { readonly collection?: boolean } & RelationDeclaration = {},
) {
  return navigationProperty(false, target, { description, ...options });
}
