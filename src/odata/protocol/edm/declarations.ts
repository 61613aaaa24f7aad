import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsArray, IsOptional, ValidateIf, ValidateNested } from 'class-validator';
import type { JsonObject } from '../json/json-value.js';
import { IsODataType, IsOfEdmType, isPresent } from './edm-validators.js';
import { checkValues, valuesInOrder } from './enum-values.js';
import { type DeclaredFacets, FitsFacets } from './facet-rules.js';
import { Edm, type PrimitiveType } from './primitive-types.js';
import { type DeclaredCollection, type DeclaredItemType, isCollection } from './schema.js';
import type { EnumType, JsonPrimitive, Schema, TypeClass } from './schema.js';
import type { NavigationDeclaration, PropertyDeclaration, PropertyTraits, RelationDeclaration } from './schema.js';
import type { TypeDeclaration } from './schema.js';

/** What the decorators of one class declared, apart from its base class. */
interface OwnDeclarations extends PropertyTraits {
  readonly properties: PropertyDeclaration[];
  readonly navigation: NavigationDeclaration[];
  readonly key: string[];
}

const declarations = new WeakMap<object, OwnDeclarations>();

/** The declarations of one class, its base classes not included. */
export function declarationsOf(target: TypeClass): OwnDeclarations {
  let own = declarations.get(target);
  if (own === undefined) {
    const traits = { indexed: new Set<string>(), searchable: new Set<string>(), computed: new Set<string>() };
    const ofParameters = { optional: new Set<string>(), defaults: new Map<string, JsonPrimitive>() };
    own = { properties: [], navigation: [], key: [], ...traits, immutable: new Set(), ...ofParameters };
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

/** A member of an enumeration: what it means, its value, or both. */
export type DeclaredMember = string | number | { readonly value: number; readonly description?: string };

/** What an enumeration type may say of itself beside its members. */
export interface EnumOptions {
  readonly description?: string;
  /** Whether values are several members at once (OData CSDL 4.01, 10.2). */
  readonly flags?: boolean;
  /** What the values are numbers of (10.1): a byte, or an integer of 16, 32 or 64 bits. Default: `Edm.Int32`. */
  readonly underlying?: PrimitiveType;
}

const underlyingTypes: ReadonlySet<PrimitiveType> = new Set([Edm.Byte, Edm.SByte, Edm.Int16, Edm.Int32, Edm.Int64]);

/** The values that a declaration says; undefined where it says none. @throws Error where it says some */
function valuesSaid(name: string, members: readonly DeclaredMember[]): readonly number[] | undefined {
  const said = members.map((one) => (typeof one === 'object' ? one.value : one));
  const values = said.filter((one) => typeof one === 'number');
  if (values.length === 0) return undefined;
  if (values.length === members.length) return values;
  throw new Error(`${name}: either each member has a value, or none`);
}

/**
 * Declares an enumeration type of the schema.
 * @param members the names in their order, with what each means, or with its value
 * @throws Error naming type and member, where a value cannot be
 */
export function enumType<const Member extends string>(
  schema: Schema,
  name: string,
  members: readonly Member[] | Readonly<Record<Member, DeclaredMember>>,
  { description, flags = false, underlying = Edm.Int32 }: EnumOptions = {},
): EnumType<Member> {
  const listed = Array.isArray(members) ? (members as readonly Member[]) : undefined;
  const names = listed ?? (Object.keys(members) as Member[]);
  const declared = listed === undefined ? Object.values<DeclaredMember>(members as Record<Member, DeclaredMember>) : [];
  const described = names.flatMap((one, at): [string, string][] => {
    const { description: text } = typeof declared[at] === 'object' ? declared[at] : { description: declared[at] };
    return typeof text === 'string' ? [[one, text]] : [];
  });
  if (!underlyingTypes.has(underlying)) throw new Error(`${name}: it needs an integer type, not ${underlying.name}`);
  const type: EnumType<Member> = {
    kind: 'enum',
    name,
    qualifiedName: schema.qualify(name),
    members: names,
    values: valuesSaid(name, declared) ?? valuesInOrder(names, flags),
    underlying,
    flags,
    ...(description === undefined ? {} : { description }),
    memberDescriptions: Object.fromEntries(described) as EnumType<Member>['memberDescriptions'],
  };
  checkValues(type);
  schema.enums.push(type);
  return type;
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
}

function structuredType(schema: Schema, kind: TypeDeclaration['kind'], options: TypeOptions) {
  return (target: TypeClass): void => {
    const { name = target.name, abstract = false, open = false, description, longDescription, example } = options;
    schema.types.push({ kind, name, class: target, abstract, open, description, longDescription, example });
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
 * `@IsIn` Validation.Pattern and Validation.AllowedValues; `precision`, `scale` and `unicode` are options here. Rules of one's own may look at other properties, and rules may have
 * conditions (`@ValidateIf`, the option `validateIf`): that a value is of its type always holds, whatever they say.
 *
 * class-transformer's `@Transform` is applied to the JSON value of a body before its type and rules are tested (that of a
 * complex property is a plain object, of which nothing is transformed yet), and to what is written in answers, never to what
 * is stored or archived. A key out of a URL is none of a body.
 * @param description for the reader who meets the property for the first time (Core.Description)
 */
export function Property(
  type: DeclaredItemType | DeclaredCollection,
  description?: string,
  options: { readonly nullable?: boolean } & DeclaredFacets = {},
) {
  return (prototype: object, name: string): void => {
    const collection = isCollection(type);
    const nullable = options.nullable ?? !collection;
    ownerOf(prototype).properties.push({ name, type, description, nullable });
    if (nullable) IsOptional()(prototype, name);
    else ValidateIf(isPresent)(prototype, name);
    if (collection) IsArray()(prototype, name);
    const item = collection ? type.item : type;
    if (typeof item === 'function') {
      Type(item)(prototype, name);
      ValidateNested({ each: collection })(prototype, name);
    } else {
      IsOfEdmType(item, { each: collection })(prototype, name);
    }
    const facets = facetsIn(options);
    if (facets === undefined) return;
    const what = `${prototype.constructor.name}.${name}`;
    if (typeof item === 'function' || item.kind !== 'primitive') throw new Error(`${what}: its type has no facets`);
    FitsFacets(what, item, { facets, each: collection })(prototype, name);
  };
}

function facetsIn({ precision, scale, unicode }: DeclaredFacets): DeclaredFacets | undefined {
  if (precision === undefined && scale === undefined && unicode === undefined) return undefined;
  return {
    ...(precision === undefined ? {} : { precision }),
    ...(scale === undefined ? {} : { scale }),
    ...(unicode === undefined ? {} : { unicode }),
  };
}

/** Declares the property to be (a part of) the key of its entity type; stands above `@Property`. */
export function Key() {
  return (prototype: object, name: string): void => {
    ownerOf(prototype).key.push(name);
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
 * @param value as a body would say it
 */
export function Default(value: JsonPrimitive) {
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
 * own.
 */
export function Contained(
  target: () => TypeClass,
  description?: string,
  options: { readonly collection?: boolean; readonly nullable?: boolean } = {},
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
