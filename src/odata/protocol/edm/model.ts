import type { JsonObject, JsonValue } from '../json/json-value.js';
import type { Annotation } from './annotation.js';
import type { DeclaredFacets } from './facet-rules.js';
import type { PrimitiveType } from './primitive-types.js';
import type { EnumType, OnDelete, TypeClass, TypeDefinition } from './schema.js';
import type { Transformations } from './transforms.js';
import type { ObjectRule, ValueRule } from './value-rules.js';
import type { Vocabulary } from './vocabularies.js';

/** The facets of a property (OData CSDL 4.01, 7.2) and the limits of the Validation vocabulary. */
export interface Facets extends DeclaredFacets {
  readonly maxLength?: number;
  /** No facet of OData, for the description of bodies only. */
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  /** Regular expression that the whole or a part of the text matches. */
  readonly pattern?: string;
  readonly allowedValues?: readonly (string | number)[];
}

/** What an element of a model is annotated with beside what the service says of it (OData CSDL 4.01, 14.2). */
interface Annotated {
  readonly annotations?: readonly Annotation[] | undefined;
}

/** A term of the schema (OData CSDL 4.01, 14.1). */
export interface Term {
  readonly name: string;
  readonly qualifiedName: string;
  /** Its type, facets and default, as those of a property of its name. */
  readonly property: Property;
  /** Kinds of elements that it may be applied to: none are named where it may be to any. */
  readonly appliesTo: readonly string[];
}

/** A structural property of a type. */
export interface Property extends Transformations, Annotated {
  readonly kind: 'property';
  readonly name: string;
  /** The type of the value, or of each item of the collection. */
  readonly type: PrimitiveType | EnumType | ComplexType;
  /** Only a query has it: the metadata does not declare it. Untyped, each value says itself of which type it is. */
  readonly made?: 'typed' | 'untyped';
  /** The type definition that the type is the underlying one of (OData CSDL 4.01, 11). */
  readonly definition?: TypeDefinition | undefined;
  readonly collection: boolean;
  /** Whether the value may be null; for a collection, whether its items may. A collection itself never is. */
  readonly nullable: boolean;
  readonly facets: Facets;
  /** Whether the store keeps an index on it. */
  readonly indexed: boolean;
  /** Whether `$search` looks at it. */
  readonly searchable: boolean;
  /** Whether the service sets it; what a client sends is ignored (Core.Computed). */
  readonly computed: boolean;
  /** Whether it keeps the value that it was created with; what an update sends is ignored (Core.Immutable). */
  readonly immutable: boolean;
  /** What is meant where nothing is said, in stored form; undefined where nothing is (OData CSDL 4.01, 7.2.7). */
  readonly default?: JsonValue | undefined;
  /** Core.Description. */
  readonly description?: string | undefined;
  /** The rules of class-validator's decorators that are about one value or one item by itself. */
  readonly rules: readonly ValueRule[];
  /** Those that are about the whole that has the property, or have a condition that is. */
  readonly objectRules: readonly ObjectRule[];
}

/**
 * A navigation property (OData CSDL 4.01, 8). What a containment one leads to lives inside its parent; any other one refers
 * to members of an entity set.
 */
export interface NavigationProperty extends Annotated {
  readonly kind: 'navigation';
  readonly name: string;
  readonly type: EntityType;
  readonly collection: boolean;
  /** Whether a single one may lead to nothing. */
  readonly nullable: boolean;
  readonly containsTarget: boolean;
  /** The entity set that it refers to, to which it is bound (13.4); undefined of containment. */
  readonly target: EntitySet | undefined;
  /** Name of the navigation property of the target by which it refers back (8.3); the gate keeps both in step. */
  readonly partner?: string | undefined;
  /** Whether it leads to what contains the entity: the service sets it, and the properties tied to it. */
  readonly isOwner?: boolean;
  /** What becomes of those that it leads to when the entity that has it is deleted (8.6). */
  readonly onDelete?: OnDelete | undefined;
  /** The properties beside it that have the values of the key of its target, or of parts of it (8.5), in the order of that key. */
  readonly constraints?: readonly ReferentialConstraint[] | undefined;
  /** Core.Description. */
  readonly description?: string | undefined;
}

/** A property of the entity that has a reference, and the part of the key of its target that it has the value of. */
export interface ReferentialConstraint {
  readonly dependent: string;
  readonly principal: string;
}

/**
 * A stream: a property of type Edm.Stream, or what a media entity is about (OData CSDL 4.01, 6.4 and 7.1). An entity has in
 * its document where the content is and what is known of it (`StoredStream`), under the name of the stream.
 */
export interface StreamProperty {
  readonly kind: 'stream';
  /** That of the media of a media entity is `mediaName`. */
  readonly name: string;
  /** Core.Description. */
  readonly description?: string | undefined;
  /** Core.AcceptableMediaTypes, in lower case; undefined: any. */
  readonly accepts: readonly string[] | undefined;
  /** Bytes at most. */
  readonly maxLength: number | undefined;
}

/** What a model has of streams: names by which a request for one is recognised without looking at where its path leads. */
export interface ModelStreams {
  /** Of stream properties. */
  readonly properties: ReadonlySet<string>;
  /** Of media entity types, qualified and not, and of what leads to them: entity sets, navigation properties. */
  readonly media: ReadonlySet<string>;
}

interface StructuredTypeOf<Kind extends 'entity' | 'complex', Self> extends Annotated {
  readonly kind: Kind;
  readonly name: string;
  readonly qualifiedName: string;
  /** Only a query has it: made for one request, of names that a client chose. */
  readonly isOfQuery?: true;
  readonly class: TypeClass;
  readonly abstract: boolean;
  /** Its values may have properties that it does not declare (OData CSDL 4.01, 6.3). */
  readonly open: boolean;
  /** Core.Description and Core.LongDescription. */
  readonly description?: string | undefined;
  readonly longDescription?: string | undefined;
  readonly baseType: Self | undefined;
  /** The types derived from it, directly or not. */
  readonly derived: readonly Self[];
  /** Structural properties by name, those of the base types first. */
  readonly properties: ReadonlyMap<string, Property>;
  /**
   * Terms that its values, and properties of them, may be annotated with, as properties, by the names that the annotations
   * have in payloads and in the store (`@test.Stars`, `title@test.Stars`); undefined: none.
   */
  readonly carries?: ReadonlyMap<string, Property> | undefined;
}

/** A complex type of the model, or one that a query made. */
export interface ComplexType extends StructuredTypeOf<'complex', ComplexType> {
  /** Of a union that a query made: the types of its values, by the number that each value has in `variantMember`. */
  readonly variants?: readonly StructuredType[];
  /** Its values are what a query has left of entities, which have no key any more. */
  readonly isOfEntities?: boolean;
  /** References by name, those of the base types first; undefined where it has none. It contains no entities. */
  readonly navigation?: ReadonlyMap<string, NavigationProperty> | undefined;
}

/** An entity type of the model. */
export interface EntityType extends StructuredTypeOf<'entity', EntityType> {
  /** Names of the key properties; of one inside complex values its alias, of what is contained those that are its own. */
  readonly key: readonly string[];
  /** The same with those that have values of the key of what contains the entity; undefined where there are none. */
  readonly declaredKey?: readonly string[];
  /** What it, or a type derived from it, contains that leads back to it; undefined where nothing does. */
  readonly owns?: readonly NavigationProperty[];
  /** The names on the way to those inside complex values, by alias; undefined where there are none. */
  readonly keyPaths?: ReadonlyMap<string, readonly string[]> | undefined;
  /** An entity as a client would create it, to show in descriptions. */
  readonly example?: JsonObject | undefined;
  /** Navigation properties by name, those of the base types first. */
  readonly navigation: ReadonlyMap<string, NavigationProperty>;
  /** Streams by name, those of the base types first; undefined where it has none. */
  readonly streams?: ReadonlyMap<string, StreamProperty> | undefined;
  /** What can be called on one entity of the type, and on several, those of the base types too; undefined: nothing. */
  readonly callable?: { readonly one: readonly Operation[]; readonly several: readonly Operation[] } | undefined;
  /** The recursive hierarchies that it declares, by qualifier, without those of its base type; undefined: none. */
  readonly hierarchies?: ReadonlyMap<string, RecursiveHierarchy> | undefined;
}

/** A recursive hierarchy that entities of a type are nodes of (Data Aggregation 5.5.2). */
export interface RecursiveHierarchy {
  readonly qualifier: string;
  /** Names on the way to the primitive property that identifies a node. */
  readonly node: readonly string[];
  /** What refers to the parent of a node, or to its parents. */
  readonly parent: NavigationProperty;
}

/** An entity type or a complex type. */
export type StructuredType = EntityType | ComplexType;

/** The type of one value: undefined of `null`, and of what an open type does not declare. */
export type ItemType = PrimitiveType | EnumType | StructuredType | undefined;

/** An entity set of the container. */
export interface EntitySet extends Annotated {
  readonly isSingleton?: false;
  readonly name: string;
  readonly type: EntityType;
}

/** A singleton of the container: one entity with a name (OData CSDL 4.01, 13.3). */
export interface Singleton extends Annotated {
  readonly isSingleton: true;
  readonly name: string;
  readonly type: EntityType;
  /** What it is as long as nobody has said anything else, as a body would say it; without it it must be made. */
  readonly default?: JsonObject | undefined;
}

/** The type of what an operation is bound to, or gives. */
export interface OperationType {
  readonly type: Exclude<ItemType, undefined>;
  /** The type definition that the type is the underlying one of. */
  readonly definition?: TypeDefinition | undefined;
  readonly collection: boolean;
}

/** What an operation gives. */
export interface OperationResult extends OperationType {
  readonly nullable: boolean;
  /** The entity set that the entities are members of; undefined of other values, and of what is contained. */
  readonly set: EntitySet | undefined;
}

/** An action or function of the model (OData CSDL 4.01, 12.1 and 12.3), one of the overloads of its name. */
export interface Operation extends Annotated {
  readonly kind: 'action' | 'function';
  readonly name: string;
  readonly qualifiedName: string;
  /** Its class, whose properties are its parameters. */
  readonly class: TypeClass;
  /** Core.Description and Core.LongDescription. */
  readonly description: string | undefined;
  readonly longDescription: string | undefined;
  readonly binding: OperationType | undefined;
  /** Its parameters but the one that is bound, as the members of a type without a key. */
  readonly parameters: EntityType;
  /** Names of those that may be left out (Core.OptionalParameter). */
  readonly optional: ReadonlySet<string>;
  readonly result: OperationResult | undefined;
  /** Where the entities are that a bound one gives: the navigation from those that it is bound to (12.6), or among them. */
  readonly path: '' | NavigationProperty | undefined;
  readonly composable: boolean;
  /** Names of the sets and singletons that it is available on, where it is not on all. */
  readonly onlyOn: ReadonlySet<string> | undefined;
  /** What the store computes it by; undefined where a handler does it. */
  readonly expression: string | undefined;
  /** The name by which an unbound one is called (13.5 and 13.6). */
  readonly importName: string | undefined;
}

/** Every action and function of a model. */
export interface Operations {
  readonly all: readonly Operation[];
  /** Bound overloads by qualified name, and by the name alone (Core.DefaultNamespace). */
  readonly bound: ReadonlyMap<string, readonly Operation[]>;
  /** Unbound overloads by the name of their import, and by qualified name. */
  readonly imports: ReadonlyMap<string, readonly Operation[]>;
  readonly unbound: ReadonlyMap<string, readonly Operation[]>;
}

/** A parameter of an operation: a value, or an entity. */
export type Parameter = Property | NavigationProperty;

/** An entity data model: the types of one schema and its entity container (OData CSDL 4.01, 5 and 13). */
export interface Model extends Annotated {
  readonly namespace: string;
  /** What the service is about (Core.Description and Core.LongDescription of the schema). */
  readonly description?: string | undefined;
  readonly longDescription?: string | undefined;
  readonly entityTypes: ReadonlyMap<string, EntityType>;
  readonly complexTypes: ReadonlyMap<string, ComplexType>;
  readonly enumTypes: ReadonlyMap<string, EnumType>;
  readonly typeDefinitions: ReadonlyMap<string, TypeDefinition>;
  readonly terms: ReadonlyMap<string, Term>;
  /** The vocabularies that its annotations use, beside those that the service does. */
  readonly vocabularies?: readonly Vocabulary[];
  readonly containerAnnotations?: readonly Annotation[] | undefined;
  /** Whether any of its elements is annotated by its declaration. */
  readonly isAnnotated?: boolean;
  readonly entitySets: ReadonlyMap<string, EntitySet>;
  readonly singletons: ReadonlyMap<string, Singleton>;
  readonly operations: Operations;
  /** Undefined where no type has a stream. */
  readonly streams?: ModelStreams | undefined;
}
