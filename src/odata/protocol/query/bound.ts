/**
 * Queries after binding: every name resolved, every node typed, every literal in stored form. This is what a repository
 * receives; nothing in it is text of a URL.
 */
import type { SetFunction } from '../edm/set-functions.js';
import type { EntitySet, EntityType, ItemType, NavigationProperty, Property, Singleton } from '../edm/model.js';
import type { StreamProperty } from '../edm/model.js';
import type { Operation } from '../edm/model.js';
import type { JsonValue } from '../json/json-value.js';
import type { StoredEntity } from '../payload/stored-entity.js';
import type { NamedArgument, ResourceSegment, Span } from '../uri/syntax-tree.js';

/** The type of an expression. */
export interface ValueType {
  readonly item: ItemType;
  readonly collection: boolean;
}

/** What a path begins at: the entity of the query, or a variable that stands for each item of a collection. */
export interface Instance {
  readonly kind: 'entity' | 'item';
  readonly type: ItemType;
  /** What refers to the entity that it stands for, where nothing else says where that is. */
  readonly reference?: Reference;
  /** The entity that it stands for, where that is always the same: `$root/Employees('A1245')`. */
  readonly fixed?: FixedEntity;
  /** The set of whose members it stands for all together: `$root/Employees`. */
  readonly whole?: { readonly target: EntitySet };
  /** The entities that it is together, by the names of their sets: a row of a cross join. */
  readonly joined?: ReadonlyMap<string, Instance>;
}

/** A member of an entity set, by the text of its key, or a singleton, by the empty one. */
export interface FixedEntity {
  readonly target: EntitySet | Singleton;
  readonly key: string;
}

/** A member that refers to an entity of another entity set, or to several. */
export interface Reference {
  readonly link: Member;
  readonly target: EntitySet;
}

/** A value inside an instance, by the names of the properties on the way; the instance itself where there are none. */
export interface Member {
  readonly kind: 'member';
  readonly instance: Instance;
  readonly path: readonly string[];
  readonly type: ValueType;
  /** The entity set of the entities that it refers to, where they are several. */
  readonly target?: EntitySet;
}

/** The functions of geography and geometry. */
export type GeoFunctionName =
  'distanceOnSphere' | 'distanceInPlane' | 'lengthOnSphere' | 'lengthInPlane' | 'intersects';

/** The operators and functions that a store knows, by what they do; overloads of one URL name have different names. */
export type FunctionName =
  | GeoFunctionName
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'divideExactly'
  | 'modulo'
  | 'negate'
  | 'shiftDate'
  | 'shiftMoment'
  | 'differenceOfDates'
  | 'differenceOfMoments'
  | 'concat'
  | 'contains'
  | 'endsWith'
  | 'indexOf'
  | 'length'
  | 'matchesPattern'
  | 'startsWith'
  | 'substring'
  | 'toLower'
  | 'toUpper'
  | 'trim'
  | 'year'
  | 'month'
  | 'day'
  | 'hour'
  | 'minute'
  | 'second'
  | 'fractionalSeconds'
  | 'dateOf'
  | 'timeOf'
  | 'totalOffsetMinutes'
  | 'totalSeconds'
  | 'round'
  | 'floor'
  | 'ceiling'
  | 'hasSubset'
  | 'hasSubsequence'
  | 'hasFlags';

export type ComparisonOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';

/** A collection inside an instance, and the predicates that its items must satisfy. */
export interface BoundCollection {
  readonly member: Member;
  /** Stands for each item, in the predicates. */
  readonly item: Instance;
  readonly filters: readonly BoundExpression[];
  readonly search: BoundSearch | undefined;
}

/** A typed expression. Booleans have three values, as OData's do. */
export type BoundExpression =
  | Member
  | { readonly kind: 'literal'; readonly value: JsonValue; readonly type: ValueType }
  | {
      readonly kind: 'call';
      readonly name: FunctionName;
      readonly arguments: readonly BoundExpression[];
      readonly type: ValueType;
    }
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: BoundExpression;
      readonly right: BoundExpression;
      readonly type: ValueType;
    }
  | {
      readonly kind: 'in';
      readonly operand: BoundExpression;
      readonly items: readonly BoundExpression[];
      readonly type: ValueType;
    }
  /** `a in collection` */
  | {
      readonly kind: 'inCollection';
      readonly operand: BoundExpression;
      readonly collection: BoundCollection;
      readonly type: ValueType;
    }
  | {
      readonly kind: 'logical';
      readonly operator: 'and' | 'or';
      readonly operands: readonly BoundExpression[];
      readonly type: ValueType;
    }
  | { readonly kind: 'not'; readonly operand: BoundExpression; readonly type: ValueType }
  | {
      readonly kind: 'lambda';
      readonly operator: 'any' | 'all';
      readonly collection: BoundCollection;
      readonly predicate: BoundExpression | undefined;
      readonly type: ValueType;
    }
  | { readonly kind: 'count'; readonly collection: BoundCollection; readonly type: ValueType }
  /** An aggregated value of the items of a collection. */
  | {
      readonly kind: 'aggregated';
      readonly collection: BoundCollection;
      readonly aggregate: AggregatedValue;
      readonly type: ValueType;
    }
  /** The same of the current collection, for whose items `item` stands: what the query is about, not what it finds. */
  | {
      readonly kind: 'these';
      readonly item: Instance;
      readonly filters: readonly BoundExpression[];
      readonly search: BoundSearch | undefined;
      readonly aggregate: AggregatedValue;
      /** What must be the same of an item and of the one that looks: the keys of its group. */
      readonly within?: readonly { readonly mine: BoundExpression; readonly theirs: BoundExpression }[];
      readonly type: ValueType;
    }
  | {
      readonly kind: 'case';
      readonly branches: readonly { readonly when: BoundExpression; readonly value: BoundExpression }[];
      readonly type: ValueType;
    }
  | {
      readonly kind: 'cast';
      readonly operand: BoundExpression;
      readonly type: ValueType;
      readonly facets?: CastFacets;
    }
  /** Whether an entity stands in a hierarchy where the test says; null where the identifier of a node is. */
  | {
      readonly kind: 'hierarchy';
      readonly hierarchy: BoundHierarchy;
      readonly test: HierarchyTest;
      readonly type: ValueType;
    }
  /** A dynamic value where its JSON is one of the type; null where it is another. */
  | { readonly kind: 'dynamic'; readonly operand: Member; readonly type: ValueType }
  /** A structured value to compare as one: two are the same where all of them is (5.1.1.1.1). */
  | { readonly kind: 'whole'; readonly operand: Member; readonly type: ValueType }
  /** Whether a structured value is of one of these types. */
  | {
      readonly kind: 'isOf';
      readonly operand: Member;
      readonly names: readonly string[];
      readonly declared: string;
      readonly type: ValueType;
    };

/** What a type definition asks of values that are cast to it (OData CSDL 4.01, 7.2). */
export interface CastFacets {
  readonly maxLength: number | undefined;
  readonly precision: number | undefined;
  readonly scale: number | undefined;
  readonly unicode: boolean | undefined;
}

/** A recursive hierarchy: some entities of a set, and what refers from each of them to its parents among them. */
export interface BoundHierarchy {
  readonly qualifier: string;
  readonly target: EntitySet;
  /** Stands for each node. */
  readonly item: Instance;
  readonly filters: readonly BoundExpression[];
  /** What identifies a node. */
  readonly node: BoundExpression;
  readonly parent: { readonly name: string; readonly collection: boolean };
}

/** What is asked of nodes, by their identifiers (Data Aggregation 5.5.2.1). */
export type HierarchyTest =
  | { readonly kind: 'node' | 'root' | 'leaf'; readonly node: BoundExpression }
  | { readonly kind: 'sibling'; readonly node: BoundExpression; readonly other: BoundExpression }
  | {
      readonly kind: 'below';
      readonly lower: BoundExpression;
      readonly upper: BoundExpression;
      /** Steps between them at most; any number where it is undefined. */
      readonly distance: number | undefined;
      /** Whether a node counts as below itself. */
      readonly includesSelf: boolean;
    };

/** What `$search` looks for, and where: text properties of an instance, collections among them. */
export type BoundSearch =
  | { readonly kind: 'term'; readonly text: string; readonly places: readonly SearchPlace[] }
  | { readonly kind: 'not'; readonly operand: BoundSearch }
  | { readonly kind: 'logical'; readonly operator: 'and' | 'or'; readonly operands: readonly BoundSearch[] };

/** A text property: the steps from the instance; `[]` behind a name goes through the items of a collection. */
export interface SearchPlace {
  readonly instance: Instance;
  readonly steps: readonly {
    readonly name: string;
    readonly collection: boolean;
    /** The items are entities, each with a key. */
    readonly keyed?: boolean;
  }[];
}

export interface BoundOrder {
  readonly expression: BoundExpression;
  readonly descending: boolean;
}

/** A computed property (`$compute`). */
export interface Computed {
  readonly name: string;
  readonly expression: BoundExpression;
}

/** What transformations are applied to: the items of a collection inside of something. */
export interface AppliedItems {
  /** Stands for each item that they begin with. */
  readonly item: Instance;
  /** Those of a path, and casts. */
  readonly filters: readonly BoundExpression[];
  readonly transformations: readonly BoundTransformation[];
}

/** What is asked of a collection beside its members' shape. */
export interface CollectionQuery {
  /** `$apply`, which is evaluated first: everything else is asked of what it gives. */
  readonly applied?: AppliedItems;
  readonly item: Instance;
  readonly filters: readonly BoundExpression[];
  readonly search: BoundSearch | undefined;
  readonly order: readonly BoundOrder[];
  readonly skip: number | undefined;
  readonly top: number | undefined;
  /** Count of all that satisfy filters and search, whatever skip and top leave. */
  readonly count: boolean;
}

/** What an answer carries of one structured value. */
export interface Shape {
  /** Selected declared properties, with their shapes; undefined: all. */
  readonly select: ReadonlyMap<string, Shaped> | undefined;
  /** Navigation properties that are expanded. */
  readonly expand: ReadonlyMap<string, Expanded>;
  /** Complex values in which something is expanded, where all properties are selected; else they are among those. */
  readonly inside?: ReadonlyMap<string, Shaped>;
  readonly computed: readonly Computed[];
  /** Selected dynamic properties of an open type. */
  readonly dynamic: readonly string[];
  /** Qualified names of selected operations. */
  readonly operations?: readonly string[];
  /** Names of annotations that are there whatever is selected. */
  readonly annotations?: readonly string[];
  /** Names of annotations that are selected. */
  readonly selected?: readonly string[];
  /** The instance that the computed properties speak of. */
  readonly instance: Instance;
}

/** The shape that shows an instance as it is. */
export function plainShape(instance: Instance): Shape {
  return { select: undefined, expand: new Map(), computed: [], dynamic: [], instance };
}

/** A shape in which what some paths of navigation properties lead to is expanded, as it is. */
export function withExpanded(shape: Shape, paths: readonly (readonly string[])[]): Shape {
  const { type } = shape.instance;
  const expand = new Map(shape.expand);
  const inside = new Map(shape.inside);
  const types = type?.kind === 'entity' || type?.kind === 'complex' ? [type, ...type.derived] : [];
  for (const [name = '', ...rest] of paths) {
    const navigation = types.map((one) => one.navigation?.get(name)).find((one) => one !== undefined);
    const property = types.map((one) => one.properties.get(name)).find((one) => one?.type.kind === 'complex');
    if (property !== undefined) {
      const part = inside.get(name)?.shape ?? plainShape({ kind: 'item', type: property.type });
      inside.set(name, { property, shape: withExpanded(part, [rest]), query: undefined });
    }
    if (navigation === undefined) continue;
    const inner = expand.get(name)?.shape ?? plainShape({ kind: 'item', type: navigation.type });
    const nested = withExpanded(inner, rest.length === 0 ? [] : [rest]);
    expand.set(name, { navigation, shape: nested, query: undefined, only: undefined });
  }
  return { ...shape, expand, ...(inside.size === 0 ? {} : { inside }) };
}

/** A selected property, its nested options. */
export interface Shaped {
  readonly property: Property;
  /** Of a complex value, or of each item. */
  readonly shape: Shape | undefined;
  readonly query: CollectionQuery | undefined;
}

/** An expanded navigation property, its nested options. */
export interface Expanded {
  readonly navigation: NavigationProperty;
  readonly shape: Shape;
  readonly query: CollectionQuery | undefined;
  /** `/$ref`: references only; `/$count`: the count only. */
  readonly only: 'ref' | 'count' | undefined;
}

/** Where a resource path leads. */
export interface BoundPath {
  readonly root: EntitySet | Singleton;
  readonly isSingleton: boolean;
  /** Key of the addressed member of the entity set, one text. */
  readonly key: string | undefined;
  /** `/$filter(…)` and type casts on the entity set. */
  readonly filters: readonly BoundExpression[];
  /** The entity of the set, or of the key. */
  readonly entity: Instance & { readonly type: EntityType };
  /** The function that is called on the members of the entity set; nothing stands behind it. */
  readonly function?: SetFunction | undefined;
  /** From the entity to the value: contained entities, complex values, the property; keys of contained collections. */
  readonly steps: readonly PathStep[];
  /** What stands at the end. */
  readonly type: ValueType;
  /** The stream of the entity at the end that is meant. */
  readonly stream?: StreamProperty | undefined;
  /** What is meant of the end: its raw value, the number of items, references, each member for itself. */
  readonly suffix: 'value' | 'count' | 'ref' | 'each' | undefined;
}

/** An action or function at the end of a path, or what its import calls. */
export interface BoundCall {
  readonly operation: Operation;
  /** What stands in the parentheses behind it; undefined where there are none. */
  readonly arguments: readonly NamedArgument[] | undefined;
  /** What it is bound to; undefined of an import. */
  readonly on: BoundPath | undefined;
  /** What stands behind it. */
  readonly rest: readonly ResourceSegment[];
  /** Where it stands, for messages. */
  readonly node: Span;
}

/** One step of a path into an entity. */
export interface PathStep {
  readonly property: Property | NavigationProperty;
  /** Key of the item of a contained collection. */
  readonly key: string | undefined;
  /** Place of the item of a collection of values, counted from 0; from its end where negative. */
  readonly index?: number;
  /** `/$filter(…)` on the collection of this step, and type casts. */
  readonly filters: readonly BoundExpression[];
  readonly item: Instance;
}

/** What must hold of an entity in an aggregate for a write of it, beside its version. */
export interface EntityCondition {
  /** Path of the entity in stored form; empty for the aggregate's own. */
  readonly path: readonly string[];
  /** What the filters speak of. */
  readonly item: Instance;
  readonly filters: readonly BoundExpression[];
}

/** The instance that a path leads to, or to items of. */
export function endOf(path: Pick<BoundPath, 'steps' | 'entity'>): Instance {
  return path.steps.at(-1)?.item ?? path.entity;
}

/** The type of booleans; of comparisons, tests and quantifiers. */
export function single(item: ItemType): ValueType {
  return { item, collection: false };
}

/** Null, of no type of its own. */
export const nothing: BoundExpression = { kind: 'literal', value: null, type: single(undefined) };

/** Whether an expression is the literal null. */
export function isNull(expression: BoundExpression): boolean {
  return expression.kind === 'literal' && expression.value === null;
}

/** What the items of a group have in common. */
export interface GroupKey {
  /** Names of the properties on the way to the value, in the result as in the source. */
  readonly path: readonly string[];
  readonly value: BoundExpression;
  /** Of items that are grouped by what they refer to: the value is its key. */
  readonly reference?: Reference;
}

/** An aggregated value, whatever it is called. */
export interface AggregatedValue {
  readonly method: 'sum' | 'min' | 'max' | 'average' | 'countdistinct' | 'count';
  /** Absent for the count of the items; of another count what is counted where it is not null. */
  readonly value: BoundExpression | undefined;
  readonly type: ItemType;
  /** How the values are reached from the items, where it is not one of each. */
  readonly reached?: ReachedValues;
}

/**
 * What a path leads to from items (Data Aggregation 3.2.1.1): through collections, each inside the item or the one before, to
 * a value for each combination of their items.
 */
export interface ReachedValues {
  readonly collections: readonly BoundCollection[];
  /** What must hold on the way: casts. */
  readonly conditions: readonly BoundExpression[];
  /** What is the same of values that are reached several times and count once; undefined where all count. */
  readonly identity: ReachedIdentity | undefined;
}

/** What tells the entities from each other that a path leads to, and what is reached behind one of them. */
export interface ReachedIdentity {
  readonly values: readonly BoundExpression[];
  /** The first of the collections in which the place of the item tells, too. */
  readonly from: number;
}

/** One aggregated value, and its name. */
export interface Aggregate extends AggregatedValue {
  readonly name: string;
}

/** What leads from an item to the identifiers of nodes: through collections, each inside the one before, to a value. */
export interface NodePath {
  readonly collections: readonly BoundCollection[];
  readonly value: BoundExpression;
}

/** Member of an item that says which other item it is of, or which node; no text of a client is such a name. */
export const ofMember = '#of';

/** Member of an entity with the text of its key. */
export const idMember = '#id';

/** Member of an item with the text of the key of the node that it stands below. */
export const nodeMember = '#node';

/** What some transformations give of the items of a collection in each item, by themselves. */
export interface NestedItems {
  readonly collection: BoundCollection;
  /** Stands for each of those items, with `ofMember` and `idMember`. */
  readonly item: Instance;
  /** The key of the groups that they are: `ofMember`. */
  readonly keys: readonly GroupKey[];
  readonly transformations: readonly BoundTransformation[];
  /** Whether they give something of a collection without items. */
  readonly keepsEmpty: boolean;
}

/** A node that becomes a part of what is related to it: where, by names; the item itself where there are none. */
export interface InjectedNode {
  readonly path: readonly string[];
  /** Only what identifies it. */
  readonly isIdentifier?: boolean;
}

/** One step of `$apply`: from the items before it, for which `item` stands, to others. */
export type BoundTransformation =
  | {
      readonly kind: 'filter';
      readonly item: Instance;
      readonly filters: readonly BoundExpression[];
      readonly search: BoundSearch | undefined;
    }
  | { readonly kind: 'compute'; readonly item: Instance; readonly computed: readonly Computed[] }
  | {
      readonly kind: 'aggregate';
      readonly item: Instance;
      /** Sets of keys by which the items are grouped; each gives groups of its own. */
      readonly groupings: readonly (readonly GroupKey[])[];
      readonly aggregates: readonly Aggregate[];
      /** Whether those groups are there too of which transformations since have left no item. */
      readonly keepsEmpty?: boolean;
    }
  /** Transformations of the items of each group by itself; `keys` are those of the items that it begins with. */
  | {
      readonly kind: 'groups';
      readonly item: Instance;
      readonly keys: readonly GroupKey[];
      readonly transformations: readonly BoundTransformation[];
    }
  /** What several aggregations give of the same groups, put together; each gives one item of each group. */
  | {
      readonly kind: 'together';
      readonly sequences: readonly {
        readonly transformations: readonly BoundTransformation[];
        /** Names of the values that it gives. */
        readonly names: readonly string[];
      }[];
    }
  | { readonly kind: 'order'; readonly item: Instance; readonly order: readonly BoundOrder[] }
  /** Each item as often as there are others in it, with one of them. */
  | {
      readonly kind: 'join';
      readonly item: Instance;
      readonly nested: NestedItems;
      readonly alias: string;
      /** An item without others stays, once. */
      readonly isOuter: boolean;
      /** The other one is kept as a reference to it. */
      readonly isReference: boolean;
    }
  /** Each item with collections of what is made of others in it. */
  | {
      readonly kind: 'addNested';
      readonly item: Instance;
      readonly nested: readonly {
        readonly alias: string;
        readonly items: NestedItems;
        /** It is one value, made of one. */
        readonly isSingle: boolean;
      }[];
    }
  /** An item for each group that there is, with collections of what is made of its items. */
  | {
      readonly kind: 'nestGroups';
      readonly item: Instance;
      readonly keys: readonly GroupKey[];
      readonly nested: readonly { readonly alias: string; readonly items: Omit<NestedItems, 'collection'> }[];
      /** Whether groups may have lost all of their items. */
      readonly keepsEmpty: boolean;
    }
  /** One item that has collections of what is made of all. */
  | {
      readonly kind: 'nest';
      readonly sequences: readonly {
        readonly alias: string;
        readonly transformations: readonly BoundTransformation[];
      }[];
    }
  /** The items that are related to what is above or below the nodes that some of them are related to. */
  | {
      readonly kind: 'relatives';
      readonly item: Instance;
      readonly hierarchy: BoundHierarchy;
      readonly path: NodePath;
      readonly direction: 'down' | 'up';
      /** What leaves those of them to begin with. */
      readonly start: readonly BoundTransformation[];
      readonly distance: number | undefined;
      readonly includesSelf: boolean;
    }
  /** For each node what transformations give of all the items that are related to it, and to what is below it. */
  | {
      readonly kind: 'rollUp';
      readonly item: Instance;
      readonly hierarchy: BoundHierarchy;
      readonly value: BoundExpression;
      /** What leaves those nodes that are asked for; all of them where it is undefined. */
      readonly start: readonly BoundTransformation[] | undefined;
      /** Stands for each item, with `ofMember` and `nodeMember`, by which they are grouped. */
      readonly below: Instance;
      readonly keys: readonly GroupKey[];
      readonly transformations: readonly BoundTransformation[];
      /** Whether they give something of a node without items. */
      readonly keepsEmpty: boolean;
      readonly injected: InjectedNode;
    }
  /** The items in the order of the nodes that they are related to. */
  | {
      readonly kind: 'traverse';
      readonly item: Instance;
      readonly hierarchy: BoundHierarchy;
      readonly value: BoundExpression;
      readonly order: 'preorder' | 'postorder';
      /** What leaves those nodes to begin at; the roots where it is undefined. */
      readonly start: readonly BoundTransformation[] | undefined;
      readonly siblings: readonly BoundOrder[];
      /** Name of the annotation that says what is above a node. */
      readonly upPath: string | undefined;
      readonly injected: InjectedNode | undefined;
    }
  | {
      readonly kind: 'limit';
      readonly item: Instance;
      readonly skip: number | undefined;
      readonly top: number | undefined;
      /** The bounds are those inside groups with these keys. */
      readonly within: readonly GroupKey[];
    }
  | {
      readonly kind: 'rank';
      readonly item: Instance;
      readonly keep: 'count' | 'sum' | 'percent';
      readonly descending: boolean;
      readonly quantity: BoundExpression;
      readonly by: BoundExpression;
      /** The ranks are those inside groups with these keys. */
      readonly within: readonly GroupKey[];
    }
  | {
      readonly kind: 'concat';
      readonly sequences: readonly {
        readonly transformations: readonly BoundTransformation[];
        /** The number of the first structure of its items in the union; absent where the items of all are alike. */
        readonly variant?: number;
        /** Its items say already which of its structures they have. */
        readonly isUnion?: boolean;
      }[];
    };

/** A set of which each entity stands beside each of the others, and what stands for it in expressions. */
export interface JoinedRow {
  readonly set: EntitySet;
  readonly item: Instance;
}

/** What is read of one set or singleton among others: the order has values of the same types in each. */
export type UnitedRead = Pick<BoundRead, 'path' | 'collection' | 'shape'>;

/** A whole read: where, what, and which page. */
export interface BoundRead {
  readonly path: BoundPath;
  /** Sets and singletons whose members are read as one collection, the path being that of the first; the page is of all. */
  readonly union?: readonly UnitedRead[];
  /** The sets of a cross join, whose first one the path names; the order ends with the keys of all. */
  readonly join?: readonly JoinedRow[];
  /** `$apply` on the entity set; the other options speak of what it gives. */
  readonly apply?: readonly BoundTransformation[];
  readonly collection: CollectionQuery;
  readonly shape: Shape;
  /** Of an entity set or singleton: the size of a page, and the values of the order behind which it begins. */
  readonly page: PageBounds | undefined;
  /** Whether entities may be given as the texts that they are stored as: nobody looks into them before they are written. */
  readonly asTexts?: boolean;
}

/** Where a page begins, and when it ends. */
export interface PageBounds {
  /** Rows of the page at most. */
  readonly size: number;
  /** Bytes of stored entities, more or less, after which it ends too; one row it always has. */
  readonly bytes?: number;
  readonly after: readonly OrderValue[] | undefined;
}

/** A value by which a page was ordered, as the store gave it. */
export type OrderValue = string | number | bigint | null;

/** A row of a page. */
export interface PageRow {
  readonly entity: StoredEntity;
  /** The values by which the page is ordered, the id last. */
  readonly order: readonly OrderValue[];
}

/** What a read found. */
export type ReadResult =
  /** Members of an entity set, one more than the page holds where another page follows. */
  | {
      readonly kind: 'page';
      readonly rows: readonly PageRow[];
      readonly count: number | undefined;
      /** Whether it ended by its bytes: others follow the last row. */
      readonly isCut: boolean;
    }
  | { readonly kind: 'count'; readonly count: number }
  /** No such aggregate, or no contained entity on the way. */
  | { readonly kind: 'missing' }
  /** `present` is false where the path ends in a contained entity that is not there. */
  | {
      readonly kind: 'one';
      readonly present: boolean;
      /** Key text of the last entity on the way that another one refers to, where there is one. */
      readonly anchor: string | undefined;
      readonly value: JsonValue;
      readonly version: number | undefined;
      readonly count: number | undefined;
    };
