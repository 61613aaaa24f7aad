import type { JsonObject } from '../json/json-value.js';
import type { Annotation, AnnotationRecord, Constant, EnumMember, ModelPath } from './annotation.js';
import type { DeclaredFacets } from './facet-rules.js';
import type { PrimitiveType } from './primitive-types.js';
import type { Vocabulary } from './vocabularies.js';

/** A class that declares a structured type. */
export type TypeClass = abstract new () => object;

/** The value of an annotation in plain JSON, with paths, constants and members where JSON has no word for them. */
export type SaidValue =
  | null
  | boolean
  | number
  | string
  | ModelPath
  | Constant
  | EnumMember
  | AnnotationRecord
  | readonly SaidValue[]
  | { readonly [member: string]: SaidValue };

/** What an element is annotated with, by term: `{ 'UI.LineItem#short': […] }`. */
export type SaidAnnotations = Readonly<Record<string, SaidValue>>;

/**
 * An enumeration type (OData CSDL 4.01, 10). Where no value is said those of the members are 0, 1, 2 … in their order, of flags
 * 1, 2, 4 … Values are stored by name, combined flags in the order of the members with `,` between.
 */
export interface EnumType<Member extends string = string> {
  readonly kind: 'enum';
  readonly name: string;
  readonly qualifiedName: string;
  readonly members: readonly Member[];
  /** Their values, in the order of the members. */
  readonly values: readonly number[];
  /** What the values are numbers of: `Edm.Int32` where nothing is said. */
  readonly underlying: PrimitiveType;
  readonly flags: boolean;
  /** For the reader of the metadata who meets the type for the first time. */
  readonly description?: string;
  /** What each member means, where the declaration says so. */
  readonly memberDescriptions: Readonly<Partial<Record<Member, string>>>;
  readonly said?: SaidAnnotations | undefined;
  readonly saidOfMembers?: ReadonlyMap<string, SaidAnnotations> | undefined;
  /** What is said of it and its members, when the model is built. */
  readonly annotations?: readonly Annotation[];
  readonly memberAnnotations?: ReadonlyMap<string, readonly Annotation[]>;
}

/** The TypeScript type of an enumeration's members. */
export type MemberOf<E> = E extends EnumType<infer Member> ? Member : never;

/** A type definition (OData CSDL 4.01, 11): a primitive type with a name and facets of its own. */
export interface TypeDefinition {
  readonly kind: 'definition';
  readonly name: string;
  readonly qualifiedName: string;
  readonly underlying: PrimitiveType;
  readonly facets: DeclaredFacets;
  readonly maxLength: number | undefined;
  readonly description: string | undefined;
  readonly said?: SaidAnnotations | undefined;
  readonly annotations?: readonly Annotation[];
}

/** A term, as its declaration has it. */
export interface TermDeclaration {
  readonly name: string;
  readonly qualifiedName: string;
  /** A class of its own, whose one property has the type of the term. */
  readonly class: TypeClass;
  readonly appliesTo: readonly string[];
}

/** The type of one value, as a declaration names it; a class is named through a function, so that order is free. */
export type DeclaredItemType = PrimitiveType | EnumType | TypeDefinition | (() => TypeClass);

/** The type that values are of: of a type definition what it is made of. */
export function plainType(declared: DeclaredItemType): Exclude<DeclaredItemType, TypeDefinition> {
  return typeof declared !== 'function' && declared.kind === 'definition' ? declared.underlying : declared;
}

/** The type definition that a declared type is, or that its items are of. */
export function definitionOf(declared: DeclaredItemType | DeclaredCollection): TypeDefinition | undefined {
  const item = isCollection(declared) ? declared.item : declared;
  return typeof item !== 'function' && item.kind === 'definition' ? item : undefined;
}

/** `Collection(T)` of a declaration. */
export interface DeclaredCollection {
  readonly kind: 'collection';
  readonly item: DeclaredItemType;
}

/** Whether a declared type is a collection. */
export function isCollection(type: DeclaredItemType | DeclaredCollection): type is DeclaredCollection {
  return typeof type !== 'function' && type.kind === 'collection';
}

/** One property, as its decorator declares it. */
export interface PropertyDeclaration {
  readonly name: string;
  readonly type: DeclaredItemType | DeclaredCollection;
  readonly description: string | undefined;
  readonly nullable: boolean;
  /** Terms that it may be annotated with by who writes the value that has it. */
  readonly carries: readonly TermDeclaration[];
}

/** What a property says of itself beside its type, in one word each. */
export interface PropertyTraits {
  readonly indexed: Set<string>;
  readonly searchable: Set<string>;
  readonly computed: Set<string>;
  readonly immutable: Set<string>;
  /** Parameters that may be left out. */
  readonly optional: Set<string>;
  /** What is meant where nothing is said, as a body would say it. */
  readonly defaults: Map<string, DefaultValue>;
  /** What is annotated, by member; of the class itself under the empty name. */
  readonly annotations: Map<string, SaidAnnotations>;
}

/** A value that needs no structure. */
export type JsonPrimitive = string | number | boolean;

/** What `@Default` says: a number that no double holds is a bigint, or its text. */
export type DefaultValue = JsonPrimitive | bigint;

/** What becomes of the entities that a deleted one refers to (OData CSDL 4.01, 8.6). */
export type OnDelete = 'cascade' | 'restrict' | 'setNull' | 'setDefault';

/** What a navigation property says of itself beside its type. */
export interface RelationDeclaration {
  /** Whether there may be none; of a single one only. Default: true. */
  readonly nullable?: boolean;
  /** Name of the entity set that it leads to, where several have entities of the type. */
  readonly set?: string;
  /** Name of the navigation property by which those that it leads to refer back (8.3). */
  readonly partner?: string;
  /** What becomes of those that it leads to when the entity that has it is deleted. */
  readonly onDelete?: OnDelete;
  /**
   * Properties beside it that have the values of the key of the one that it leads to, `{ authorId: 'id' }` (8.5). Those of
   * some parts of the key only are set by the service.
   */
  readonly constraints?: Readonly<Record<string, string>>;
}

/** What a containment navigation property says of itself beside its type. */
export interface ContainmentDeclaration extends Pick<RelationDeclaration, 'nullable' | 'partner'> {
  readonly onDelete?: 'cascade' | 'restrict';
}

/** One navigation property, as its decorator declares it. */
export interface NavigationDeclaration {
  readonly name: string;
  readonly containsTarget: boolean;
  readonly target: () => TypeClass;
  readonly description: string | undefined;
  readonly collection: boolean;
  readonly relation: RelationDeclaration;
}

/** What a stream says of itself. */
export interface StreamOptions {
  /** Media types, or ranges of them (`image/*`), that it may be of (Core.AcceptableMediaTypes). Default: any. */
  readonly accepts?: readonly string[];
  /** Bytes at most (OData CSDL 4.01, 7.2.2). Default: as many as the service takes. */
  readonly maxLength?: number;
}

/** One stream property, as its decorator declares it. */
export interface StreamDeclaration extends StreamOptions {
  readonly name: string;
  readonly description: string | undefined;
}

/** One structured type, as its class declares it. */
export interface TypeDeclaration {
  readonly kind: 'entity' | 'complex';
  readonly name: string;
  readonly class: TypeClass;
  readonly abstract: boolean;
  readonly open: boolean;
  readonly description: string | undefined;
  readonly longDescription: string | undefined;
  readonly example: JsonObject | undefined;
  /** Of a media entity: what its media may be. */
  readonly media: StreamOptions | undefined;
  readonly carries: readonly TermDeclaration[];
}

/** One action or function, as its class declares it: the properties of the class are its parameters. */
export interface OperationDeclaration {
  readonly kind: 'action' | 'function';
  readonly name: string;
  readonly class: TypeClass;
  readonly description: string | undefined;
  readonly longDescription: string | undefined;
  /** What it is bound to; undefined of one that is called by an import. */
  readonly on: DeclaredItemType | DeclaredCollection | undefined;
  readonly returns: DeclaredItemType | DeclaredCollection | undefined;
  readonly nullable: boolean;
  readonly from: string | undefined;
  readonly composable: boolean;
  readonly onlyOn: readonly string[] | undefined;
  readonly expression: string | undefined;
  readonly importName: string | undefined;
}

/** What a schema says of itself, and of its entity container. */
export interface SchemaTexts {
  readonly description?: string;
  readonly longDescription?: string;
  readonly annotations?: SaidAnnotations;
  readonly containerAnnotations?: SaidAnnotations;
}

/**
 * A CSDL schema (OData CSDL 4.01, 5) under declaration: the classes and enumerations that carry its decorators.
 * `buildModel` turns it into a model.
 */
export class Schema {
  readonly types: TypeDeclaration[] = [];
  readonly enums: EnumType[] = [];
  readonly definitions: TypeDefinition[] = [];
  readonly terms: TermDeclaration[] = [];
  readonly vocabularies: Vocabulary[] = [];
  readonly operations: OperationDeclaration[] = [];

  /** @param namespace of every type of the schema, `microsoft.graph` */
  constructor(
    readonly namespace: string,
    readonly texts: SchemaTexts = {},
  ) {}

  /** Makes the terms of a vocabulary known by an alias, for annotations. */
  use(vocabulary: Vocabulary): void {
    this.vocabularies.push(vocabulary);
  }

  /** The namespace-qualified name of one of the schema's types. */
  qualify(name: string): string {
    return `${this.namespace}.${name}`;
  }
}
