import { type Bit, bitsOf, storedMembers, storedOfValue, valueOfStored } from '../../protocol/edm/enum-values.js';
import { Edm, type PrimitiveType } from '../../protocol/edm/primitive-types.js';
import { ODataError } from '../../protocol/odata-error.js';
import type { ItemType } from '../../protocol/edm/model.js';
import type { EnumType } from '../../protocol/edm/schema.js';
import type { JsonValue } from '../../protocol/json/json-value.js';
import {
  type AggregatedValue,
  type BoundCollection,
  type BoundExpression,
  type BoundSearch,
  type CollectionQuery,
  type FunctionName,
  type GeoFunctionName,
  type Instance,
  isNull,
  type Member,
  type ReachedValues,
  type SearchPlace,
  type ValueType,
} from '../../protocol/query/bound.js';
import { FacetCompiler } from './compile-facets.js';
import { GeoCompiler } from './compile-geo.js';
import { HierarchyCompiler, identifiersOf } from './compile-hierarchy.js';
import { balanced, noColumns } from './fragments.js';
import { leavesInt64, rangeBefore } from '../../protocol/query/expression/integer-range.js';
import type { Dialect, ItemSource, JsonSource } from './dialect.js';
import type { Scope } from '../aggregate-store.js';
import {
  isNaNLiteral,
  isOperator,
  kindOf,
  mayBeNaN,
  type NumberKind,
  type Operator,
  typeOfKind,
  widestKind,
} from './number-kind.js';
import type { Parameters } from './parameters.js';
import { type InstanceSource, type RelatedRow, RelatedRows } from './related-rows.js';

/** The rows of a collection in SQL. */
export interface CollectionRows {
  readonly from: string;
  readonly where: readonly string[];
  readonly item: ItemSource;
  /** Of entities that are referred to. */
  readonly row: RelatedRow | undefined;
}

type Comparison = BoundExpression & { readonly kind: 'comparison' };
type Cast = BoundExpression & { readonly kind: 'cast' };

/**
 * Whether a condition may be unknown where it means false. What only filters may: the database then uses plain operators,
 * for which it has indexes. Under `not`, and as a value, null and false differ.
 */
type Certainty = 'filtering' | 'exact';

/** Whether an expression is a literal that is not null. */
function isKnown(expression: BoundExpression): boolean {
  return expression.kind === 'literal' && expression.value !== null;
}

function firstTerm(search: BoundSearch): BoundSearch & { readonly kind: 'term' } {
  if (search.kind === 'term') return search;
  const [first] = search.kind === 'not' ? [search.operand] : search.operands;
  if (first === undefined) throw new Error('A search has a term');
  return firstTerm(first);
}

/** Operators and functions inside each other, written out. */
const mostDepth = 200;

const geoFunctions: ReadonlySet<FunctionName> = new Set<GeoFunctionName>([
  'distanceInPlane',
  'distanceOnSphere',
  'intersects',
  'lengthInPlane',
  'lengthOnSphere',
]);

function isGeo(name: FunctionName): name is GeoFunctionName {
  return geoFunctions.has(name);
}

/** The operands of a chain of `concat`, however it is nested: null makes all of it null. */
function chainOf(expression: BoundExpression): readonly BoundExpression[] {
  const isChain = expression.kind === 'call' && expression.name === 'concat' && !expression.type.collection;
  return isChain ? expression.arguments.flatMap(chainOf) : [expression];
}

const comparisons = { gt: '>', ge: '>=', lt: '<', le: '<=' } as const;

/** Compiles bound expressions to SQL; null follows OData 4.01 URL Conventions 5.1.1. */
export class ExpressionCompiler {
  readonly #sources = new Map<Instance, InstanceSource>();
  #aliases = 0;
  #depth = 0;

  readonly related: RelatedRows;

  /** What gives rows of the current collection once more, for each of which an instance stands (Data Aggregation 3.6). */
  these: ((item: Instance) => Pick<CollectionRows, 'from' | 'where'>) | undefined;

  /** @param scope in which entities exist that others refer to */
  constructor(
    private readonly dialect: Dialect,
    private readonly parameters: Parameters,
    scope: Scope,
  ) {
    this.related = new RelatedRows(dialect, parameters, scope);
  }

  /** Says where an instance's values are. */
  place(instance: Instance, source: InstanceSource): void {
    this.#sources.set(instance, source);
  }

  /** The same, of an instance that is all in one document. */
  placeDocument(instance: Instance, source: JsonSource): void {
    this.place(instance, { source, columns: noColumns, scalar: undefined });
  }

  /** A name that no other part of the statement has. */
  alias(): string {
    return `i${++this.#aliases}`;
  }

  /** The source of a member: its JSON, and the steps to it. */
  sourceOf({ instance, path }: Member): JsonSource {
    const { source } = this.#sourceOf(instance);
    return { json: source.json, path: [...source.path, ...path] };
  }

  #sourceOf(instance: Instance): InstanceSource {
    const source = this.#sources.get(instance);
    if (source !== undefined) return source;
    const { reference, fixed } = instance;
    if (fixed !== undefined) {
      const json = this.related.fixed({ set: fixed.target, alias: this.alias() }, fixed.key);
      return { source: { json, path: [] }, columns: noColumns, scalar: undefined };
    }
    if (reference === undefined) throw new Error('An instance has no place in the statement');
    const row = { set: reference.target, alias: this.alias() };
    const json = this.related.document(row, this.sourceOf(reference.link));
    return { source: { json, path: [] }, columns: noColumns, scalar: undefined };
  }

  /** A condition of WHERE. */
  condition(expression: BoundExpression): string {
    return this.#truth(expression, 'filtering');
  }

  /** The conditions of filters and search. */
  conditions({ filters, search }: Pick<CollectionQuery, 'filters' | 'search'>): readonly string[] {
    const conditions = filters.map((filter) => this.condition(filter));
    return search === undefined ? conditions : [...conditions, this.search(search)];
  }

  /** A value; truth values are what the database has for them, or NULL. */
  value(expression: BoundExpression): string {
    return this.#deeper(() => this.#value(expression));
  }

  /** Databases bound the depth of expressions, and a chain of operators is as deep as it is long. */
  #deeper(write: () => string): string {
    if (this.#depth >= mostDepth) {
      const message = `An expression is too complex: more than ${mostDepth} operators and functions inside each other.`;
      throw new ODataError('invalidQueryOption', message);
    }
    this.#depth += 1;
    try {
      return write();
    } finally {
      this.#depth -= 1;
    }
  }

  #value(expression: BoundExpression): string {
    switch (expression.kind) {
      case 'literal':
        return this.#literal(expression.value, expression.type);
      case 'member':
        return this.#member(expression);
      case 'call':
        return this.#call(expression);
      case 'case': {
        const kind = kindOf(expression.type.item);
        const branches = expression.branches.map(
          ({ when, value }) => `WHEN ${this.condition(when)} THEN ${this.number(value, kind)}`,
        );
        return `CASE ${branches.join(' ')} END`;
      }
      case 'cast':
        return this.#cast(expression);
      case 'dynamic':
        return this.dialect.dynamic(this.sourceOf(expression.operand), expression.type.item);
      case 'whole':
        return this.dialect.whole(this.sourceOf(expression.operand));
      case 'count':
        return this.#count(expression.collection);
      case 'aggregated':
        return this.#aggregatedOf(expression.aggregate, this.rows(expression.collection));
      case 'these':
        return this.#ofThese(expression);
      default:
        return this.#truth(expression, 'exact');
    }
  }

  #literal(value: JsonValue, { item, collection }: ValueType): string {
    if (value === null) return 'NULL';
    return collection
      ? this.dialect.jsonLiteral(value, this.parameters)
      : this.dialect.literal(value, item, this.parameters);
  }

  #member(member: Member): string {
    // Asked for once: what it has of parameters must stand in the statement.
    const { source: place, columns, scalar } = this.#sourceOf(member.instance);
    if (member.path.length === 0 && scalar !== undefined) return scalar;
    const { item, collection } = member.type;
    const isJson = collection || item?.kind === 'complex' || item?.kind === 'entity';
    const source = { json: place.json, path: [...place.path, ...member.path] };
    // What groups have may be null, which is a value to JSON.
    if (item?.kind === 'complex' && !collection && isOfGroups(member.instance)) return this.dialect.whole(source);
    if (!isJson) return columns.get(member.path.join('/')) ?? this.dialect.scalar(source, item);
    // An empty collection need not be stored.
    return collection ? this.dialect.collection(source) : this.dialect.json(source);
  }

  /** A value as a number of a kind, where it is to be one. */
  number(expression: BoundExpression, kind: NumberKind | undefined): string {
    const own = kindOf(expression.type.item);
    if (kind === undefined || own === undefined || own === kind) return this.value(expression);
    if (expression.kind === 'literal') return this.dialect.literal(expression.value, typeOfKind[kind], this.parameters);
    return this.dialect.toKind(this.value(expression), own, kind);
  }

  /** Values that are compared with each other. Integers beside a plain decimal literal are compared as they are. */
  #together(expressions: readonly BoundExpression[]): string[] {
    const kind = widestKind(expressions.map(({ type }) => type.item));
    return expressions.map((one) => this.number(one, kind));
  }

  #arithmetic(operator: Operator, expression: BoundExpression & { readonly kind: 'call' }): string {
    const { type, arguments: given } = expression;
    const kind = kindOf(type.item) ?? 'decimal';
    const isDuration = type.item === Edm.Duration;
    const wide = kind === 'integer' && leavesInt64(rangeBefore(expression)) ? 'int64' : kind;
    const values = given.map((one) => (isNull(one) ? this.#nullOf(kind) : this.number(one, kind)));
    return this.dialect.arithmetic(operator, isDuration ? 'duration' : wide, values);
  }

  /** Null in the place of a number: databases must know what it would be. */
  #nullOf(kind: NumberKind): string {
    return this.dialect.toKind('NULL', kind, kind);
  }

  /** 5.1.1.10.1, rules 9 and 10 for enumerations; the others are the dialect's. */
  #cast({ operand, type: { item: to }, facets }: Cast): string {
    const from = operand.type.item;
    if (isNull(operand) || from === undefined) return this.dialect.absent(to);
    if (to?.kind === 'enum') return from === to ? this.value(operand) : this.#toEnum(operand, to);
    if (to?.kind !== 'primitive') throw new Error('A cast to a structured type is a path');
    const value = from === to ? this.value(operand) : this.#castTo(operand, to);
    if (facets === undefined) return value;
    return new FacetCompiler(this.dialect, this.parameters).fitting(value, to, facets);
  }

  #castTo(operand: BoundExpression, to: PrimitiveType): string {
    const { item: from } = operand.type;
    if (from?.kind === 'enum')
      return to === Edm.String ? this.value(operand) : this.dialect.cast(this.#rank(operand), Edm.Int64, to);
    if (from?.kind !== 'primitive') throw new Error('What has no single primitive value is not cast');
    return this.dialect.cast(this.value(operand), from, to);
  }

  /** Of a number, or of a text that names members or says their numbers. */
  #toEnum(operand: BoundExpression, type: EnumType): string {
    const { item: from } = operand.type;
    const value = this.value(operand);
    if (from?.kind === 'primitive' && from.family === 'integer') return this.named(value, type);
    if (!type.flags) {
      const names = type.members.map((name) => `WHEN '${name}' THEN '${storedMembers(type, name) ?? name}'`);
      const said = this.named(this.dialect.cast('q.a', Edm.String, Edm.Int64), type);
      return this.dialect.once({ a: value }, `CASE q.a ${names.join(' ')} ELSE ${said} END`);
    }
    return this.named(this.dialect.flags(value, membersOf(type)), type);
  }

  /** A value as JSON, of whatever type it is. */
  json(expression: BoundExpression): string {
    return expression.kind === 'member' && expression.type.item === undefined
      ? this.dialect.json(this.sourceOf(expression))
      : this.dialect.toJson(this.value(expression), expression.type.item);
  }

  /** The names of members by their numeric value; NULL where there are none. */
  named(rank: string, type: EnumType): string {
    if (!type.flags)
      return `CASE ${rank} ${membersOf(type)
        .map(([name, value]) => `WHEN ${value} THEN '${name}'`)
        .join(' ')} END`;
    const all = bitsOf(type);
    const has = (value: string, flags: string): string =>
      this.dialect.functions.hasFlags([value, flags], [Edm.Int64, Edm.Int64]);
    const bits = all.map(([name, bit]) => `CASE WHEN ${has('q.a', String(bit))} THEN ',${name}' ELSE '' END`);
    const names = `substr(${bits.join(' || ')}, 2)`;
    const none = storedOfValue(type, 0n) ?? '';
    const isKnown = has(String(all.reduce((sum, [, bit]) => sum + bit, 0)), 'q.a');
    const zero = none === '' ? '' : `WHEN q.a = 0 THEN '${none}' `;
    return this.dialect.once({ a: rank }, `CASE ${zero}WHEN ${isKnown} THEN ${names} END`);
  }

  #call(expression: BoundExpression & { readonly kind: 'call' }): string {
    const { name } = expression;
    if (name === 'concat') {
      const chain = chainOf(expression);
      if (chain.length > 2)
        return balanced(
          chain.map((operand) => this.value(operand)),
          ' || ',
        );
    }
    if (name === 'hasFlags') return this.#hasFlags(expression.arguments);
    if (isOperator(name)) return this.#arithmetic(name, expression);
    if (isGeo(name)) {
      const geo = new GeoCompiler(this.dialect, () => this.alias());
      return geo.call(
        name,
        expression.arguments.map((argument) => this.#geoSource(argument)),
      );
    }
    const values = expression.arguments.map((argument, index) => {
      const isPattern = name === 'matchesPattern' && index === 1;
      return isPattern ? this.#pattern(argument) : this.value(argument);
    });
    const types = expression.arguments.map(({ type }) => type.item);
    return this.dialect.functions[name](values, types);
  }

  /** A value of geography or geometry, which the binder leaves to be a member or a literal. */
  #geoSource(argument: BoundExpression): JsonSource {
    if (argument.kind === 'member') return this.sourceOf(argument);
    if (argument.kind !== 'literal') throw new Error('A function of geography takes members and literals');
    return { json: this.dialect.jsonLiteral(argument.value, this.parameters), path: [] };
  }

  #pattern(argument: BoundExpression): string {
    if (isNull(argument)) return this.dialect.cast('NULL', Edm.String, Edm.String);
    const source = argument.kind === 'literal' && typeof argument.value === 'string' ? argument.value : undefined;
    return this.dialect.pattern(source, this.parameters);
  }

  #hasFlags([left, right]: readonly BoundExpression[]): string {
    if (left === undefined || right === undefined) throw new Error('has takes two operands');
    const { item } = left.type;
    // Members that are no flags are never combined.
    if (item?.kind === 'enum' && !item.flags) return `(${this.value(left)} = ${this.value(right)})`;
    return this.dialect.functions.hasFlags([this.#rank(left), this.#rank(right)], [Edm.Int64, Edm.Int64]);
  }

  /** The numeric value of an enumeration member; members are stored by name. */
  #rank(expression: BoundExpression): string {
    const { item } = expression.type;
    if (item?.kind !== 'enum') return this.value(expression);
    if (expression.kind === 'literal')
      return expression.value === null
        ? 'NULL'
        : this.dialect.literal(rankOf(item, expression.value), Edm.Int64, this.parameters);
    const value = this.value(expression);
    if (!item.flags)
      return `CASE ${value} ${membersOf(item)
        .map(([name, rank]) => `WHEN '${name}' THEN ${rank}`)
        .join(' ')} END`;
    return this.#repeating([expression], [value], (names = '') => {
      const bits = bitsOf(item).map(([name, bit]) => {
        const has = this.dialect.functions.contains(
          [`',' || ${names} || ','`, `',${name},'`],
          [Edm.String, Edm.String],
        );
        return `CASE WHEN ${has} THEN ${bit} ELSE 0 END`;
      });
      return `CASE WHEN ${names} IS NOT NULL THEN ${bits.join(' + ')} END`;
    });
  }

  /** What is ordered by: enumerations by value, everything else as it is. */
  ordered(expression: BoundExpression): string {
    if (expression.type.item?.kind === 'enum') return this.#rank(expression);
    const value = this.value(expression);
    // A stored text has its order already; a literal has that of what stands beside it.
    const isMade = expression.kind !== 'member' && expression.kind !== 'literal';
    return isMade && isText(expression.type.item) ? this.dialect.collated(value) : value;
  }

  // ---------------------------------------------------------------------------------------------------- Truth

  #truth(expression: BoundExpression, certainty: Certainty): string {
    return this.#deeper(() => this.#truthOf(expression, certainty));
  }

  #truthOf(expression: BoundExpression, certainty: Certainty): string {
    switch (expression.kind) {
      case 'comparison':
        return this.#comparison(expression, certainty);
      case 'logical': {
        const operands = expression.operands.map((operand) => this.#truth(operand, certainty));
        return balanced(operands, expression.operator === 'and' ? ' AND ' : ' OR ');
      }
      case 'not':
        return `(NOT ${this.#truth(expression.operand, 'exact')})`;
      case 'in':
        return this.#in(expression.operand, expression.items, certainty);
      case 'inCollection': {
        const { operand, collection } = expression;
        const kind = widestKind([operand.type.item, collection.item.type]);
        const own = kindOf(collection.item.type);
        return this.#exists(collection, ({ scalar }) => {
          const item = kind === undefined || own === undefined ? scalar : this.dialect.toKind(scalar, own, kind);
          const test = this.dialect.same(item, this.number(operand, kind));
          return mayBeNaN(operand) ? [test, this.dialect.isNumber(item, 'double')] : [test];
        });
      }
      case 'lambda':
        return this.#lambda(expression.operator, expression.collection, expression.predicate);
      case 'hierarchy':
        return this.#inHierarchy(expression, certainty);
      case 'isOf': {
        const { json, path } = this.sourceOf(expression.operand);
        const type = this.dialect.scalar({ json, path: [...path, '$type'] }, Edm.String);
        const names = expression.names.map((name) => `'${name}'`).join(', ');
        const test = `(coalesce(${type}, '${expression.declared}') IN (${names}))`;
        // What stands in the statement is there.
        const isThere = path.length === 0 && expression.operand.instance.reference === undefined;
        return isThere ? test : `(${this.dialect.json({ json, path })} IS NOT NULL AND ${test})`;
      }
      case 'literal':
        if (expression.value === null) return 'NULL';
        return expression.value === true ? '(1 = 1)' : '(1 = 0)';
      default:
        return this.#asCondition(expression);
    }
  }

  /** Whether a node is where a hierarchy has it; of a null identifier nobody knows. */
  #inHierarchy(expression: BoundExpression & { readonly kind: 'hierarchy' }, certainty: Certainty): string {
    const { hierarchy, test } = expression;
    const given = identifiersOf(test);
    const tree = new HierarchyCompiler(this.dialect, this).of(
      hierarchy,
      given.map(({ type }) => type.item),
    );
    const write = (...values: readonly string[]): string => tree.test(test, values);
    const values = given.map((one) => (isNull(one) ? 'NULL' : this.number(one, tree.kind)));
    if (given.some(isNull)) return 'NULL';
    if (certainty === 'filtering' || given.every(isKnown)) return this.#repeating(given, values, write);
    const exactly = (...known: readonly string[]): string => {
      const areKnown = known.map((one) => `${one} IS NOT NULL`).join(' AND ');
      return `CASE WHEN ${areKnown} THEN ${write(...known)} END`;
    };
    return this.#repeating(given, values, exactly);
  }

  /** A value that is a truth value. */
  #asCondition(expression: BoundExpression): string {
    const value = this.value(expression);
    return expression.kind === 'member' || expression.kind === 'dynamic' ? this.dialect.isTrue(value) : value;
  }

  #comparison(expression: Comparison, certainty: Certainty): string {
    const { operator, left, right } = expression;
    if (operator === 'eq' || operator === 'ne') {
      const equal = this.#equality(left, right, operator === 'eq' ? certainty : 'exact');
      return operator === 'eq' ? equal : `(NOT ${equal})`;
    }
    if (isNull(left) || isNull(right)) return this.#withNull(operator, left, right);
    return this.#order(expression, certainty);
  }

  #equality(left: BoundExpression, right: BoundExpression, certainty: Certainty): string {
    if (isNull(right)) return `(${this.value(left)} IS NULL)`;
    if (isNull(left)) return `(${this.value(right)} IS NULL)`;
    if (isNaNLiteral(left) || isNaNLiteral(right)) return '(1 = 0)';
    const [a = '', b = ''] = this.#together([left, right]);
    if (certainty === 'filtering' && (isKnown(left) || isKnown(right))) return `(${a} = ${b})`;
    if (!mayBeNaN(left) || !mayBeNaN(right)) return `(${this.dialect.same(a, b)})`;
    // 5.1.1.1.1: NaN is not equal to anything, even to itself.
    const kind = widestKind([left.type.item, right.type.item]) ?? 'double';
    const write = (one = '', other = ''): string =>
      `(${this.dialect.same(one, other)} AND ${this.dialect.isNumber(one, kind)})`;
    return this.#repeating([left, right], [a, b], write);
  }

  /** 5.1.1.1.3 to 5.1.1.1.6: null is neither greater nor less than anything; `ge` and `le` find it equal to itself. */
  #withNull(operator: Comparison['operator'], left: BoundExpression, right: BoundExpression): string {
    if (operator === 'gt' || operator === 'lt') return '(1 = 0)';
    return this.#equality(left, right, 'exact');
  }

  /** Two values that are compared by their order. */
  #compared(left: BoundExpression, right: BoundExpression): readonly string[] {
    const items = [left.type.item, right.type.item];
    if (!items.some((item) => item?.kind === 'enum' || isText(item))) return this.#together([left, right]);
    const [a, b] = [this.ordered(left), this.ordered(right)];
    const areLiterals = left.kind === 'literal' && right.kind === 'literal';
    return [areLiterals && isText(left.type.item) ? this.dialect.collated(a) : a, b];
  }

  #order({ operator, left, right }: Comparison, certainty: Certainty): string {
    if (operator === 'eq' || operator === 'ne') throw new Error('equality has no order');
    const isGreater = operator === 'gt' || operator === 'ge';
    const bothMayBeNull = (operator === 'ge' || operator === 'le') && !isKnown(left) && !isKnown(right);
    if (isNaNLiteral(left) || isNaNLiteral(right)) return '(1 = 0)';
    const values = this.#compared(left, right);
    const numeric = mayBeNaN(isGreater ? left : right);
    const kind = widestKind([left.type.item, right.type.item]) ?? 'double';
    const write = (a = '', b = ''): string => {
      const test = `${a} ${comparisons[operator]} ${b}`;
      // To databases NaN is greater than any number; to OData it is not comparable.
      const numbers = numeric ? [this.dialect.isNumber(isGreater ? a : b, kind)] : [];
      const compared = `(${[test, ...numbers].join(' AND ')})`;
      return bothMayBeNull ? `(${compared} OR (${a} IS NULL AND ${b} IS NULL))` : compared;
    };
    const whole = bothMayBeNull || numeric ? this.#repeating([left, right], values, write) : write(...values);
    return certainty === 'exact' ? this.dialect.certain(whole) : whole;
  }

  /** Writes a text in which the values of expressions stand several times. */
  #repeating(
    expressions: readonly BoundExpression[],
    values: readonly string[],
    write: (...values: readonly string[]) => string,
  ): string {
    if (expressions.every(({ kind }) => kind === 'member' || kind === 'literal')) return write(...values);
    const names = ['a', 'b'];
    const named = Object.fromEntries(values.map((value, index) => [names[index] ?? '', value]));
    return this.dialect.once(named, write(...names.map((name) => `q.${name}`)));
  }

  #in(operand: BoundExpression, items: readonly BoundExpression[], certainty: Certainty): string {
    if (items.length === 0) return '(1 = 0)';
    const known = items.filter((item) => !isNull(item));
    const hasNull = known.length < items.length;
    // Where all are literals the list is one that an index knows; NaN among them is found by nothing.
    if (!known.every(isKnown) || known.some(isNaNLiteral)) {
      const tests = items.map((item) => this.#equality(operand, item, certainty));
      return `(${tests.join(' OR ')})`;
    }
    const [operandValue = '', ...list] = this.#together([operand, ...known]);
    const write = (value = ''): string => {
      const tests = known.length === 0 ? [] : [`${value} IN (${list.join(', ')})`];
      if (hasNull) tests.push(`${value} IS NULL`);
      return `(${tests.join(' OR ')})`;
    };
    const isRepeated = known.length > 0 && hasNull;
    const test = isRepeated ? this.#repeating([operand], [operandValue], write) : write(operandValue);
    return certainty === 'exact' ? this.dialect.certain(test) : test;
  }

  // ---------------------------------------------------------------------------------------------- Collections

  #lambda(operator: 'any' | 'all', collection: BoundCollection, predicate: BoundExpression | undefined): string {
    if (operator === 'any') {
      return this.#exists(collection, () => (predicate === undefined ? [] : [this.condition(predicate)]));
    }
    const refuted = (): string[] =>
      predicate === undefined ? [] : [`NOT ${this.dialect.certain(this.#truth(predicate, 'exact'))}`];
    return `(NOT ${this.#exists(collection, refuted)})`;
  }

  #exists(collection: BoundCollection, conditions: (item: ItemSource) => readonly string[]): string {
    const { from, where, item } = this.rows(collection);
    return `EXISTS (SELECT 1 FROM ${from}${whereOf([...where, ...conditions(item)])})`;
  }

  #count(collection: BoundCollection): string {
    const isPlain = collection.item.type?.kind !== 'entity' && collection.member.instance.whole === undefined;
    if (isPlain && collection.filters.length === 0 && collection.search === undefined) {
      return this.dialect.size(this.sourceOf(collection.member));
    }
    const { from, where } = this.rows(collection);
    return `(SELECT count(*) FROM ${from}${whereOf(where)})`;
  }

  #ofThese(expression: BoundExpression & { readonly kind: 'these' }): string {
    if (this.these === undefined) throw new Error('A statement says what its current collection is');
    const { within = [] } = expression;
    const mine = within.map((key) => this.value(key.mine));
    const { from, where } = this.these(expression.item);
    const alike = within.map(({ theirs }, at) => this.dialect.same(this.value(theirs), mine[at] ?? 'NULL'));
    return this.#aggregatedOf(expression.aggregate, {
      from,
      where: [...where, ...alike, ...this.conditions(expression)],
    });
  }

  /** An aggregated value of the rows of a source, as a subquery. */
  #aggregatedOf(aggregate: AggregatedValue, source: Pick<CollectionRows, 'from' | 'where'>): string {
    const { value, reached, ...whole } = aggregate;
    if (reached === undefined || value === undefined)
      return `(SELECT ${this.aggregated(aggregate)} FROM ${source.from}${whereOf(source.where)})`;
    const rows = this.reached(value, reached, source);
    const alias = this.alias();
    const found: Instance = { kind: 'item', type: value.type.item };
    const scalar = `${alias}.v`;
    this.place(found, { source: { json: scalar, path: [] }, columns: noColumns, scalar });
    const one: Member = { kind: 'member', instance: found, path: [], type: value.type };
    return `(SELECT ${this.aggregated({ ...whole, value: one })} FROM (${rows}) AS ${alias})`;
  }

  /**
   * Statement of the values that a path leads to from the rows of a source, `v`, each as often as it counts.
   * @param others columns that it has beside that
   */
  reached(
    value: BoundExpression,
    { collections, conditions, identity }: ReachedValues,
    { from, where }: Pick<CollectionRows, 'from' | 'where'>,
    others: readonly string[] = [],
  ): string {
    const rows = collections.map((collection) => this.rows(collection));
    const sources = [from, ...rows.map((one) => one.from)].join(', ');
    const all = [...where, ...rows.flatMap((one) => one.where), ...conditions.map((one) => this.condition(one))];
    const told = identity === undefined ? [] : identity.values.map((one) => this.value(one));
    const places = identity === undefined ? [] : rows.slice(identity.from).map(({ item }) => item.place);
    const columns = [
      `${this.value(value)} AS v`,
      ...others,
      ...[...told, ...places].map((sql, at) => `${sql} AS e${at}`),
    ];
    return `SELECT ${identity === undefined ? '' : 'DISTINCT '}${columns.join(', ')} FROM ${sources}${whereOf(all)}`;
  }

  /** An aggregated value of rows. @param isThere the condition of those that it is one of; all, where there is none */
  aggregated({ method, value, type }: AggregatedValue, isThere?: string): string {
    const { dialect } = this;
    const only = (sql: string): string => (isThere === undefined ? sql : `CASE WHEN ${isThere} THEN ${sql} END`);
    const counted = (sql: string): string => (kindOf(type) === 'decimal' ? dialect.decimalOfCount(sql) : sql);
    if (value === undefined) return counted(isThere === undefined ? 'count(*)' : `count(${only('1')})`);
    if (method === 'count') return counted(`count(${only(this.value(value))})`);
    if (method === 'countdistinct') return counted(`count(DISTINCT ${only(this.ordered(value))})`);
    if (method === 'sum' || method === 'average') {
      // A sum is of the kind of its result: decimals where integers of 64 bits would leave those.
      const kind = (method === 'sum' ? kindOf(type) : kindOf(value.type.item)) ?? 'decimal';
      const summed = value.type.item === Edm.Duration ? Edm.Duration : typeOfKind[kind];
      return dialect.aggregate(method, only(this.number(value, kind)), summed);
    }
    const found = dialect.aggregate(method, only(this.ordered(value)), type);
    return type?.kind === 'enum' ? this.named(found, type) : found;
  }

  /** The rows of a collection, and the conditions of its filters. */
  rows({ member, item: instance, filters, search }: BoundCollection): CollectionRows {
    const alias = this.alias();
    const { dialect } = this;
    const { whole } = member.instance;
    if (whole !== undefined) return this.#members({ set: whole.target, alias }, { item: instance, filters, search });
    const source = this.sourceOf(member);
    if (member.target !== undefined) {
      const row = { set: member.target, alias };
      const links = this.alias();
      const place = this.related.source(row);
      this.place(instance, place);
      const { position, place: told } = dialect.member(links);
      const document = place.source.json;
      const from = this.related.all(row, source, links);
      return {
        from,
        where: [...dialect.watched('items', links), ...this.conditions({ filters, search })],
        item: { document, json: document, scalar: document, position, place: told },
        row,
      };
    }
    const isEntity = instance.type?.kind === 'entity' && member.type.collection;
    const item = isEntity ? dialect.member(alias) : dialect.item(alias, instance.type);
    const isPrimitive = instance.type?.kind === 'primitive' || instance.type?.kind === 'enum';
    const at = { json: item.document, path: [] };
    this.place(instance, { source: at, columns: noColumns, scalar: isPrimitive ? item.scalar : undefined });
    const items = member.type.collection ? source : this.#alone(source);
    const from = isEntity ? dialect.members(items, alias) : dialect.items(items, alias);
    const where = [...dialect.watched('items', alias), ...this.conditions({ filters, search })];
    return { from, where, item, row: undefined };
  }

  /** A single value as a collection of one, or of none. */
  #alone(source: JsonSource): JsonSource {
    const value = this.dialect.json(source);
    const array = this.dialect.prepended(value, this.dialect.jsonLiteral([], this.parameters));
    return { json: `CASE WHEN ${value} IS NOT NULL THEN ${array} END`, path: [] };
  }

  /** The rows of all members of a set. */
  #members(row: RelatedRow, { item, filters, search }: Omit<BoundCollection, 'member'>): CollectionRows {
    const place = this.related.source(row);
    this.place(item, place);
    const document = place.source.json;
    const where = [
      ...this.dialect.watched('table', row.alias),
      ...this.related.inScope(row),
      ...this.conditions({ filters, search }),
    ];
    const position = `${row.alias}.id`;
    return {
      from: this.related.table(row),
      where,
      item: { document, json: document, scalar: document, position, place: position },
      row,
    };
  }

  // --------------------------------------------------------------------------------------------------- Search

  /** A condition: whether an instance has what is searched for. */
  search(search: BoundSearch): string {
    const { places } = firstTerm(search);
    if (places.length === 0) return this.#terms(search, undefined);
    const texts = this.dialect.searched(places.map((place) => this.#text(place)));
    if (search.kind === 'term') return this.#terms(search, texts);
    // All terms of a search are looked for in the same places: their texts are put together once.
    return this.dialect.once({ a: texts }, this.#terms(search, 'q.a'));
  }

  /** @param texts in which terms are looked for; undefined where there are none */
  #terms(search: BoundSearch, texts: string | undefined): string {
    switch (search.kind) {
      case 'term':
        return texts === undefined ? '(1 = 0)' : this.dialect.hasTerm(texts, search.text, this.parameters);
      case 'not':
        return `(NOT ${this.#terms(search.operand, texts)})`;
      case 'logical': {
        const operands = search.operands.map((operand) => this.#terms(operand, texts));
        return balanced(operands, search.operator === 'and' ? ' AND ' : ' OR ');
      }
    }
  }

  #text({ instance, steps }: SearchPlace): string {
    const { source, scalar } = this.#sourceOf(instance);
    if (steps.length === 0 && scalar !== undefined) return scalar;
    const at = steps.findIndex(({ collection }) => collection);
    const names = (from: typeof steps): string[] => from.map(({ name }) => name);
    if (at < 0) return this.dialect.scalar({ json: source.json, path: [...source.path, ...names(steps)] }, Edm.String);
    const alias = this.alias();
    const { dialect } = this;
    const isEntity = steps[at]?.keyed === true;
    const collection = { json: source.json, path: [...source.path, ...names(steps.slice(0, at + 1))] };
    const item = isEntity ? dialect.member(alias) : dialect.item(alias, Edm.String);
    const items = isEntity ? dialect.members(collection, alias) : dialect.items(collection, alias);
    const rest = steps.slice(at + 1);
    const inner: Instance = { kind: 'item', type: undefined };
    this.place(inner, {
      source: { json: item.document, path: [] },
      columns: noColumns,
      scalar: rest.length === 0 ? item.scalar : undefined,
    });
    return `(SELECT ${this.dialect.joined(this.#text({ instance: inner, steps: rest }))} FROM ${items})`;
  }
}

/** `WHERE` and the conditions, or nothing where there are none. */
export function whereOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

/** Whether an instance is what a query has made of others. */
function isOfGroups({ type }: Instance): boolean {
  return type?.kind === 'complex' && type.qualifiedName === '';
}

function isText(item: ItemType): boolean {
  return item?.kind === 'primitive' && item.family === 'string';
}

function rankOf(type: EnumType, value: JsonValue): number {
  if (typeof value !== 'string') throw new Error('An enumeration literal is stored by name');
  return valueOfStored(type, value);
}

/** The members of an enumeration with their values. */
function membersOf({ members, values }: EnumType): readonly Bit[] {
  return members.map((name, at) => [name, values[at] ?? at]);
}
