/**
 * The syntax trees of resource paths and query options (OData 4.01 ABNF and Aggregation ABNF). They hold what a URL says
 * and nothing of what it means: names are unresolved, literals are text. Every union is discriminated by `kind`; every
 * node is plain data and a `Span`. Parentheses leave no node: the shape of the tree is the precedence.
 *
 * What the grammar cannot decide without the model is left to the binder, and always parsed the same way:
 * - `Items(1)` is a name and a `key`; `Items(ID=1)` is a `call`, though it may turn out to be a compound key;
 * - `@name` at the start of a path is an alias, though it may turn out to be an annotation of a default namespace;
 * - an unqualified `name` may be a property, an unqualified type, an operation without parentheses, or, in a resource
 *   path, a key segment.
 */

/** Half-open range of UTF-16 units in the percent-decoded text of the option or path that was parsed. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

// ---------------------------------------------------------------------------------------------------- Expressions

/** `commonExpr`, `boolCommonExpr`. `list` stands only on the right of `in`. */
export type Expression =
  | Literal
  | EnumLiteral
  | PathExpression
  | CallExpression
  | TypeTest
  | CaseExpression
  | UnaryExpression
  | BinaryExpression
  | LogicalExpression
  | ListExpression
  | ArrayExpression
  | ObjectExpression;

/**
 * How a literal is written, not of which type it is: the binder decides whether `1` is an Edm.Byte or an Edm.Decimal,
 * and whether `'P1D'` is a string, a duration or an enumeration member.
 * - `integer`: digits with a sign, in the range of Edm.Int64; longer ones are `decimal`
 * - `decimal`: with a fraction, or digits beyond Edm.Int64; `double`: with an exponent, or `INF`, `-INF`, `NaN`
 * - `string`: in single quotes; `jsonString`: in double quotes, only inside an array or object
 */
export type LiteralType =
  | 'null'
  | 'boolean'
  | 'integer'
  | 'decimal'
  | 'double'
  | 'string'
  | 'jsonString'
  | 'guid'
  | 'date'
  | 'dateTimeOffset'
  | 'timeOfDay'
  | 'duration'
  | 'binary'
  | 'geography'
  | 'geometry';

/** `primitiveLiteral` without `enumLiteral`, and `stringInUrl`. */
export interface Literal extends Span {
  readonly kind: 'literal';
  readonly type: LiteralType;
  /** Without prefix and quotes, quotes and escapes inside resolved; `true`, `false` in lower case; else as written. */
  readonly text: string;
}

/** `enumLiteral` with its type: `Sales.Pattern'Solid,Yellow'`. Without a type it is a `string` literal. */
export interface EnumLiteral extends Span {
  readonly kind: 'enum';
  /** Qualified name of the enumeration type. */
  readonly type: string;
  /** Names or values of members, at least one. */
  readonly members: readonly string[];
}

/** `firstMemberExpr`, `rootExpr`, `functionExpr`: a root (absent: the current instance) and segments; never both none. */
export interface PathExpression extends Span {
  readonly kind: 'path';
  readonly root: PathRoot | undefined;
  readonly segments: readonly PathSegment[];
}

/** Where a path begins: `implicitVariableExpr`, `parameterAlias`, `lambdaVariableExpr`, `rootExpr`, `currCollectionExpr`. */
export type PathRoot =
  | (Span & { readonly kind: 'it' | 'this' | 'these' | 'root' })
  /** `@name`, the name without `@`. */
  | (Span & { readonly kind: 'alias'; readonly name: string })
  /** A variable that an enclosing lambda declares; it takes precedence over properties (URL Conventions 5.1.1.13). */
  | (Span & { readonly kind: 'variable'; readonly name: string });

/** `methodCallExpr`, `boolMethodCallExpr`: a canonical function. Functions of the model are a `call` segment of a path. */
export interface CallExpression extends Span {
  readonly kind: 'call';
  /** As written. */
  readonly name: string;
  readonly canonical: CanonicalFunction;
  readonly arguments: readonly Expression[];
}

/** The canonical functions (URL Conventions 5.1.1.5 to 5.1.1.12) in lower case, beside `cast`, `isof` and `case`. */
export type CanonicalFunction =
  | 'ceiling'
  | 'concat'
  | 'contains'
  | 'date'
  | 'day'
  | 'endswith'
  | 'floor'
  | 'fractionalseconds'
  | 'geo.distance'
  | 'geo.intersects'
  | 'geo.length'
  | 'hassubsequence'
  | 'hassubset'
  | 'hour'
  | 'indexof'
  | 'isdefined'
  | 'length'
  | 'matchespattern'
  | 'maxdatetime'
  | 'mindatetime'
  | 'minute'
  | 'month'
  | 'now'
  | 'round'
  | 'second'
  | 'startswith'
  | 'substring'
  | 'time'
  | 'tolower'
  | 'totaloffsetminutes'
  | 'totalseconds'
  | 'toupper'
  | 'trim'
  | 'year';

/** `castExpr`, `isofExpr`; without an operand it is about the current instance. */
export interface TypeTest extends Span {
  readonly kind: 'cast' | 'isof';
  readonly operand: Expression | undefined;
  readonly type: TypeName;
}

/** `optionallyQualifiedTypeName` */
export interface TypeName extends Span {
  readonly kind: 'type';
  /** `Edm.String`, `ns.Type`, `Type`; without `Collection(…)`. */
  readonly name: string;
  readonly collection: boolean;
}

/** `caseMethodCallExpr` */
export interface CaseExpression extends Span {
  readonly kind: 'case';
  readonly branches: readonly { readonly when: Expression; readonly value: Expression }[];
}

/** `notExpr`, `negateExpr`. `-5` is a literal; `-(5)` and `- 5` are not. */
export interface UnaryExpression extends Span {
  readonly kind: 'unary';
  readonly operator: 'not' | 'negate';
  readonly operand: Expression;
}

/** The operators of two operands, in lower case. */
export type BinaryOperator =
  'has' | 'in' | 'mul' | 'div' | 'divby' | 'mod' | 'add' | 'sub' | 'gt' | 'ge' | 'lt' | 'le' | 'eq' | 'ne';

/** `hasExpr`, `inExpr`, `mulExpr` … `neExpr`; left-associative. */
export interface BinaryExpression extends Span {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `andExpr`, `orExpr`: `a and b and c` is one node of three operands, so that long conditions make no deep trees. */
export interface LogicalExpression extends Span {
  readonly kind: 'logical';
  readonly operator: 'and' | 'or';
  /** At least two. */
  readonly operands: readonly Expression[];
}

/** `listExpr`: `('a','b')` on the right of `in`. `in (a)` with a path is no list but that path. */
export interface ListExpression extends Span {
  readonly kind: 'list';
  readonly items: readonly (Literal | EnumLiteral)[];
}

/** `array` */
export interface ArrayExpression extends Span {
  readonly kind: 'array';
  readonly items: readonly Expression[];
}

/** `object`; names may stand twice here. */
export interface ObjectExpression extends Span {
  readonly kind: 'object';
  readonly members: readonly ObjectMember[];
}

/** `member` of a JSON object */
export interface ObjectMember extends Span {
  readonly kind: 'member';
  readonly name: string;
  readonly value: Expression;
}

// ---------------------------------------------------------------------------------------------------------- Paths

/** A segment of a path in an expression; resource paths, `$select` and `$expand` have subsets and additions. */
export type PathSegment =
  | NameSegment
  | CallSegment
  | KeySegment
  | CompoundKeySegment
  | AnnotationSegment
  | CountSegment
  | FilterSegment
  | LambdaSegment
  | AggregateSegment;

/** `odataIdentifier`, or with dots `namespace.name`: a property, a type cast, an operation without parentheses. */
export interface NameSegment extends Span {
  readonly kind: 'name';
  readonly name: string;
  /** It has a namespace. */
  readonly qualified: boolean;
}

/** `functionExprParameters`, `functionParameters`: a function, or a name with a compound key, `Items(OrderID=1,No=2)`. */
export interface CallSegment extends Span {
  readonly kind: 'call';
  readonly name: string;
  readonly qualified: boolean;
  readonly arguments: readonly NamedArgument[];
}

/** `functionExprParameter`, `keyValuePair`. In a resource path the value is a literal or an alias. */
export interface NamedArgument extends Span {
  readonly kind: 'argument';
  readonly name: string;
  readonly value: Expression;
}

/** `simpleKey` of the segment before: `(1)`, `(@id)`. The value is a literal or an alias. */
export interface KeySegment extends Span {
  readonly kind: 'key';
  readonly value: Expression;
}

/** `compoundKey` where no name stands directly before it, after `$filter(…)` or a call. */
export interface CompoundKeySegment extends Span {
  readonly kind: 'compoundKey';
  readonly arguments: readonly NamedArgument[];
}

/** `annotationInQuery`: `@ns.term#qualifier`. */
export interface AnnotationSegment extends Span {
  readonly kind: 'annotation';
  /** Without `@`; with its namespace if there is one. */
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** `count` with `expandCountOption`: `$count($filter=…;$search=…)`. */
export interface CountSegment extends Span {
  readonly kind: 'count';
  readonly filter: Expression | undefined;
  readonly search: SearchExpression | undefined;
}

/** `filterExpr`, `filterInPath` */
export interface FilterSegment extends Span {
  readonly kind: 'filter';
  readonly predicate: Expression;
}

/** `anyExpr`, `allExpr`; only `any()` has neither variable nor predicate. */
export interface LambdaSegment extends Span {
  readonly kind: 'lambda';
  readonly operator: 'any' | 'all';
  readonly variable: string | undefined;
  readonly predicate: Expression | undefined;
}

/** `/aggregate(…)` of a collection inside an expression (Aggregation ABNF 1); the item has no alias. */
export interface AggregateSegment extends Span {
  readonly kind: 'aggregate';
  readonly item: AggregateItem;
}

/** `odataRelativeUri` without its query. An empty list of segments is the service root. */
export interface ResourcePath extends Span {
  readonly kind: 'resourcePath';
  readonly segments: readonly ResourceSegment[];
}

/** A segment of a resource path, in either key style. */
export type ResourceSegment =
  | NameSegment
  | CallSegment
  | KeySegment
  | CompoundKeySegment
  | KeyPathSegment
  | CountSegment
  | FilterSegment
  | CrossJoinSegment
  | SystemSegment;

/** `keyPathLiteral`, `ordinalIndex`: a segment that is no name: `Orders/1`, `People/O'Neil`, `Items/-1`. */
export interface KeyPathSegment extends Span {
  readonly kind: 'keyPath';
  readonly text: string;
}

/** `crossjoin` */
export interface CrossJoinSegment extends Span {
  readonly kind: 'crossjoin';
  readonly entitySets: readonly string[];
}

/** The remaining segments with `$`; the first five stand only first, the others never. */
export interface SystemSegment extends Span {
  readonly kind: 'all' | 'batch' | 'entity' | 'metadata' | 'root' | 'each' | 'query' | 'ref' | 'value';
}

// -------------------------------------------------------------------------------------------------- Query options

/** `queryOptions` of a request, or those nested in `$expand` and `$select`. An option that is absent is undefined. */
export interface Query {
  readonly apply?: readonly Transformation[];
  readonly compute?: readonly ComputeItem[];
  readonly count?: boolean;
  readonly deltatoken?: string;
  readonly expand?: readonly ExpandItem[];
  readonly filter?: Expression;
  readonly format?: string;
  readonly id?: string;
  readonly index?: number;
  /** `$levels=max` is Infinity. */
  readonly levels?: number;
  readonly orderby?: readonly OrderbyItem[];
  readonly schemaversion?: string;
  readonly search?: SearchExpression;
  readonly select?: readonly SelectItem[];
  readonly skip?: number;
  readonly skiptoken?: string;
  readonly top?: number;
  /** `aliasAndValue`, the names without `@`. Spans of a value count in the text of that value. */
  readonly aliases?: ReadonlyMap<string, Expression>;
  /** `customQueryOption` and `nameAndValue` (implicit parameter aliases): name and decoded value. Never nested. */
  readonly custom?: ReadonlyMap<string, string>;
}

/** `computeItem`, `computeExpr` */
export interface ComputeItem extends Span {
  readonly kind: 'compute';
  readonly expression: Expression;
  readonly alias: string;
}

/** `orderbyItem` */
export interface OrderbyItem extends Span {
  readonly kind: 'orderby';
  readonly expression: Expression;
  readonly descending: boolean;
}

/** `selectItem`: a path and the options in parentheses behind it (empty object: none). */
export interface SelectItem extends Span {
  readonly kind: 'select';
  readonly path: readonly SelectSegment[];
  readonly options: Query;
}

/** A segment of a path in `$select`; `star`, `operations` and `overload` stand only last. */
export type SelectSegment = NameSegment | AnnotationSegment | StarSegment | OperationsSegment | OverloadSegment;

/** `STAR` */
export interface StarSegment extends Span {
  readonly kind: 'star';
}

/** `allOperationsInSchema`: `ns.*`. */
export interface OperationsSegment extends Span {
  readonly kind: 'operations';
  readonly namespace: string;
}

/** `optionallyQualifiedFunctionName` with `parameterNames`: one overload, `ns.Function(a,b)`. */
export interface OverloadSegment extends Span {
  readonly kind: 'overload';
  readonly name: string;
  readonly qualified: boolean;
  readonly parameters: readonly string[];
}

/** `expandItem`: a path, what of its target is meant, and the options in parentheses behind it (empty object: none). */
export interface ExpandItem extends Span {
  readonly kind: 'expand';
  /** Empty for `$value`. */
  readonly path: readonly (NameSegment | AnnotationSegment | StarSegment)[];
  readonly suffix: '$ref' | '$count' | '$value' | undefined;
  readonly options: Query;
}

// --------------------------------------------------------------------------------------------------------- Search

/** `searchExpr`, `searchExpr-incomplete` */
export type SearchExpression = SearchLogical | SearchNot | SearchTerm | SearchIncomplete;

/** `searchAndExpr`, `searchOrExpr`; terms side by side are `and`. At least two operands. */
export interface SearchLogical extends Span {
  readonly kind: 'logical';
  readonly operator: 'and' | 'or';
  readonly operands: readonly SearchExpression[];
}

/** `searchNegateExpr` */
export interface SearchNot extends Span {
  readonly kind: 'not';
  readonly operand: SearchExpression;
}

/** `searchWord`, `searchPhrase` without its quotes */
export interface SearchTerm extends Span {
  readonly kind: 'term';
  readonly text: string;
  readonly phrase: boolean;
}

/** `searchExpr-incomplete`: what a user has typed so far, to be matched as it is. Always the whole expression. */
export interface SearchIncomplete extends Span {
  readonly kind: 'incomplete';
  readonly text: string;
}

// ---------------------------------------------------------------------------------------------------- Aggregation

/** `applyTrafo`. `applyExpr` is a list of them, applied from left to right. */
export type Transformation =
  | AggregateTransformation
  | GroupbyTransformation
  | ComputeTransformation
  | ConcatTransformation
  | FilterTransformation
  | SearchTransformation
  | OrderbyTransformation
  | LimitTransformation
  | RankTransformation
  | ExpandTransformation
  | IdentityTransformation
  | JoinTransformation
  | NestTransformation
  | HierarchyTransformation
  | TraverseTransformation
  | FunctionTransformation;

/** `aggregateTrafo` */
export interface AggregateTransformation extends Span {
  readonly kind: 'aggregate';
  readonly items: readonly AggregateItem[];
}

/**
 * `aggregateExpr`, `aggregateFunctionExpr`: `expression with method from … as alias`. Without a method, the expression
 * is a path that ends in `$count`, or in a custom aggregate.
 */
export interface AggregateItem extends Span {
  readonly kind: 'aggregateItem';
  readonly expression: Expression;
  /** `sum`, `min`, `max`, `average`, `countdistinct`, or the qualified name of a custom method. */
  readonly method: string | undefined;
  readonly from: readonly AggregateFrom[];
  readonly alias: string | undefined;
}

/** `aggregateFrom`, `customFrom`: `from Time,Product/Name with average`. */
export interface AggregateFrom extends Span {
  readonly kind: 'from';
  readonly properties: readonly PropertyPath[];
  readonly method: string | undefined;
}

/** `groupingProperty`, `aggrPrimPath`, `nestPath`: names and type casts only. */
export interface PropertyPath extends Span {
  readonly kind: 'propertyPath';
  readonly segments: readonly NameSegment[];
}

/** `groupbyTrafo`; without transformations of its own, `apply` is empty. */
export interface GroupbyTransformation extends Span {
  readonly kind: 'groupby';
  readonly elements: readonly GroupbyElement[];
  readonly apply: readonly Transformation[];
}

/** `groupbyElement` */
export type GroupbyElement = PropertyPath | Rollup | RecursiveRollup;

/** `rollupLevels`: `rollup(a,b)` with its levels from the top, or `rollup(Hierarchy)` with a qualifier (one path, one name). */
export interface Rollup extends Span {
  readonly kind: 'rollup';
  /** `$all` stands first: the grand total too. */
  readonly all: boolean;
  readonly levels: readonly PropertyPath[];
}

/** `rollupRecursive` */
export interface RecursiveRollup extends Span {
  readonly kind: 'rolluprecursive';
  readonly hierarchy: HierarchyReference;
  readonly apply: readonly Transformation[];
}

/** `recHierReference` */
export interface HierarchyReference extends Span {
  readonly kind: 'hierarchy';
  /** `rootExpr`: a path with the root `$root`. */
  readonly nodes: Expression;
  readonly qualifier: string;
  readonly property: PropertyPath;
}

/** `computeTrafo` */
export interface ComputeTransformation extends Span {
  readonly kind: 'compute';
  readonly items: readonly ComputeItem[];
}

/** `concatTrafo`: at least two sequences. */
export interface ConcatTransformation extends Span {
  readonly kind: 'concat';
  readonly sequences: readonly (readonly Transformation[])[];
}

/** `filterTrafo` */
export interface FilterTransformation extends Span {
  readonly kind: 'filter';
  readonly predicate: Expression;
}

/** `searchTrafo` */
export interface SearchTransformation extends Span {
  readonly kind: 'search';
  readonly search: SearchExpression;
}

/** `orderbyTrafo` */
export interface OrderbyTransformation extends Span {
  readonly kind: 'orderby';
  readonly items: readonly OrderbyItem[];
}

/** `topTrafo`, `skipTrafo` */
export interface LimitTransformation extends Span {
  readonly kind: 'top' | 'skip';
  readonly count: number;
}

/** Transformations that take those of the highest and of the lowest values. */
export const ranks = ['topcount', 'topsum', 'toppercent', 'bottomcount', 'bottomsum', 'bottompercent'] as const;

/** `topcountTrafo` … `bottompercentTrafo`: how many, how much or which share, and by what. */
export interface RankTransformation extends Span {
  readonly kind: (typeof ranks)[number];
  readonly quantity: Expression;
  readonly by: Expression;
}

/** `expandTrafo` (Aggregation 4.0 CS02): a navigation path, a filter on it, nested expands. */
export interface ExpandTransformation extends Span {
  readonly kind: 'expand';
  readonly path: PropertyPath;
  readonly filter: FilterTransformation | undefined;
  readonly nested: readonly ExpandTransformation[];
}

/** `identityTrafo` */
export interface IdentityTransformation extends Span {
  readonly kind: 'identity';
}

/** `joinTrafo`, `outerjoinTrafo` */
export interface JoinTransformation extends Span {
  readonly kind: 'join' | 'outerjoin';
  /** `joinProperty`: names and type casts, or one annotation. */
  readonly property: readonly (NameSegment | AnnotationSegment)[];
  readonly alias: string;
  readonly apply: readonly Transformation[];
}

/** `nestTrafo`: `nest(…)` without a path, `addnested(path,…)` with one. */
export interface NestTransformation extends Span {
  readonly kind: 'nest';
  readonly path: PropertyPath | undefined;
  readonly items: readonly NestItem[];
}

/** A sequence of `nestApplyExpr` and its alias */
export interface NestItem extends Span {
  readonly kind: 'nestItem';
  readonly apply: readonly Transformation[];
  readonly alias: string;
}

/** `ancestorsTrafo`, `descendantsTrafo` */
export interface HierarchyTransformation extends Span {
  readonly kind: 'ancestors' | 'descendants';
  readonly hierarchy: HierarchyReference;
  readonly apply: readonly Transformation[];
  readonly distance: number | undefined;
  readonly keepStart: boolean;
}

/** `traverseTrafo` */
export interface TraverseTransformation extends Span {
  readonly kind: 'traverse';
  readonly hierarchy: HierarchyReference;
  readonly order: 'preorder' | 'postorder';
  readonly apply: readonly Transformation[];
  readonly orderby: readonly OrderbyItem[];
}

/** `customFunction`: a function of the model as a transformation; its name is qualified. */
export interface FunctionTransformation extends Span {
  readonly kind: 'function';
  readonly name: string;
  readonly arguments: readonly NamedArgument[];
}
