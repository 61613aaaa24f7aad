import type {
  ComplexType,
  EntitySet,
  EntityType,
  ItemType,
  Model,
  NavigationProperty,
  Operation,
  Property,
  StructuredType,
} from '../edm/model.js';
import { overloadsOn, parametersOf } from '../edm/operations.js';
import { streamIn } from '../edm/streams.js';
import { Edm, type PrimitiveType, type TypeFamily } from '../edm/primitive-types.js';
import type {
  AnnotationSegment,
  CallSegment,
  Expression,
  NameSegment,
  PathExpression,
  PathSegment,
  SearchExpression,
  Span,
  TypeName,
  TypeTest,
} from '../uri/syntax-tree.js';
import { type Annotated, knownAnnotation, literalOf } from './bind-annotation.js';
import { HierarchyBinder, hierarchyFunction, isRollupNode } from './bind-hierarchy.js';
import { KeyBinder } from './bind-key.js';
import { LiteralBinder } from './bind-literal.js';
import { bindAggregated } from './bind-aggregated.js';
import { bindSearch } from './bind-search.js';
import { notBuilt, unbound } from './binding-error.js';
import type { Budget } from './budget.js';
import { isCastable } from './castable.js';
import {
  type AggregatedValue,
  type CastFacets,
  type BoundCollection,
  type BoundExpression,
  type FixedEntity,
  type Instance,
  isNull,
  type Member,
  nothing,
  single,
} from './bound.js';
import type { ComparisonOperator, ValueType } from './bound.js';
import { chooseOverload } from './choose-overload.js';
import {
  dynamicArgument,
  dynamicAs,
  dynamicTypes,
  isDynamic,
  isThere,
  whereThere,
  withDynamic,
} from './dynamic-values.js';
import { arithmeticType, isNumeric, overloads, type Overload, promote } from './functions.js';
import { isDefined } from './is-defined.js';
import { didYouMean } from './nearest.js';
import { expressionOf } from './operation-expression.js';
import { faultOfPattern } from './pattern.js';
import {
  compatible,
  derivesFrom,
  familyOfType,
  findType,
  instanceOf,
  isOrdered,
  isStructured,
  nameOf,
  narrowed,
  propertyNames,
  propertyOf,
  typeNames,
} from './value-types.js';

/** A computed property, and what it costs to write it out. */
export interface ComputedExpression {
  readonly expression: BoundExpression;
  readonly cost: number;
}

/**
 * The collection that a text is about: that of the statement, or the group of it that an item is in, which the keys tell;
 * or one that a path leads to, made anew each time, with an item of its own.
 */
export type CurrentCollection =
  | { readonly kind: 'all'; readonly item: Instance; readonly keys: readonly Expression[] }
  | { readonly kind: 'inside'; readonly collection: () => BoundCollection }
  /** What a function of the model has given. */
  | { readonly kind: 'given' };

/** What expressions may refer to beside the model. */
export interface BindingContext {
  readonly model: Model;
  /** `$filter`, `$orderby` …, for messages. */
  readonly subject: string;
  /** What an unqualified path begins at. */
  readonly current: Instance;
  /** The same, and what `$it` is, where it is a value inside an instance: of what a function of the model is bound to. */
  readonly start?: Member;
  /** The functions of the model whose expressions these are inside of. */
  readonly inside?: readonly Operation[];
  /** `$it`: the entity of the resource path. */
  readonly it: Instance;
  readonly aliases: ReadonlyMap<string, Expression>;
  /** Properties that `$compute` added to the current instance. */
  readonly computed: ReadonlyMap<string, ComputedExpression>;
  /** The node for which items are rolled up, by the position of its hierarchy (Data Aggregation 6.3). */
  readonly rollupNodes?: readonly Member[];
  /** What `$these` is (Data Aggregation 3.6); nothing, where the text is about no collection. */
  readonly these?: CurrentCollection | undefined;
  readonly budget: Budget;
  /** The moment of the request: `now()` is the same everywhere in it. */
  readonly now: Date;
}

type These = BoundExpression & { readonly kind: 'these' };

const boolean = single(Edm.Boolean);

/** A value on the way through a path: what it is, and the casts it went through. */
interface Step {
  readonly member: Member;
  readonly guards: readonly BoundExpression[];
}

/** Binds expressions to the model (OData 4.01 URL Conventions 5.1.1): names resolved, nodes typed, literals cast. */
export class ExpressionBinder {
  readonly #variables = new Map<string, Instance>();
  readonly #literals: LiteralBinder;
  readonly #aliasesUnderway = new Set<string>();

  constructor(private readonly context: BindingContext) {
    this.#literals = new LiteralBinder(context.subject, context.model.enumTypes);
  }

  /** Binds an expression that must be true or false. */
  predicate(node: Expression): BoundExpression {
    const bound = this.expression(node);
    const { item, collection } = bound.type;
    if (!collection && (item === undefined || item === Edm.Boolean)) return dynamicAs(bound, Edm.Boolean);
    return this.#fail(node, `a condition must be true or false, this is ${nameOf(bound.type)}`);
  }

  /** @param expected the type that a literal is cast to, where the place of the expression tells one */
  expression(node: Expression, expected?: ItemType): BoundExpression {
    this.context.budget.spend(1, this.context.subject);
    switch (node.kind) {
      case 'literal':
        return this.#literals.literal(node, expected);
      case 'enum':
        return this.#literals.enumLiteral(node);
      case 'array':
        return this.#literals.array(node, expected);
      case 'path':
        return this.#path(node, expected);
      case 'call':
        return this.#call(node);
      case 'cast':
        return this.#cast(node);
      case 'isof':
        return this.#isOf(node);
      case 'case':
        return this.#case(node);
      case 'unary':
        return this.#unary(node);
      case 'binary':
        return this.#binary(node);
      case 'logical': {
        const operands = node.operands.map((operand) => this.predicate(operand));
        return { kind: 'logical', operator: node.operator, operands, type: boolean };
      }
      case 'object':
        return this.#fail(node, 'an object can only be compared with a complex value');
      case 'list':
        return this.#fail(node, "a list can only stand behind 'in'");
    }
  }

  #fail(node: Span, message: string): never {
    throw unbound(this.context.subject, node, message);
  }

  #notBuilt(node: Span, feature: string): never {
    throw notBuilt(this.context.subject, node, feature);
  }

  // ------------------------------------------------------------------------------------------------ Operators

  #unary(node: Expression & { kind: 'unary' }): BoundExpression {
    if (node.operator === 'not') return { kind: 'not', operand: this.predicate(node.operand), type: boolean };
    return this.#overloaded('negate', node, [this.expression(node.operand)]);
  }

  #binary(node: Expression & { kind: 'binary' }): BoundExpression {
    switch (node.operator) {
      case 'eq':
      case 'ne':
      case 'gt':
      case 'ge':
      case 'lt':
      case 'le':
        return this.#comparison(node, node.operator);
      case 'in':
        return this.#in(node);
      case 'has':
        return this.#has(node);
      default: {
        const left = this.expression(node.left);
        // A string beside a date is a duration, beside anything else of the other's type.
        const dated = familyOfType(left.type) === 'date' || familyOfType(left.type) === 'dateTimeOffset';
        const right = this.expression(node.right, dated ? Edm.Duration : left.type.item);
        return this.#overloaded(node.operator, node, [this.#cast2(node.left, left, right), right]);
      }
    }
  }

  /** A literal on the left is cast to the type on the right. */
  #cast2(node: Expression, left: BoundExpression, right: BoundExpression): BoundExpression {
    if (node.kind !== 'literal') return left;
    const isCast =
      node.type === 'string'
        ? right.type.item !== Edm.String
        : node.type === 'double' && right.type.item === Edm.Decimal;
    return isCast ? this.expression(node, right.type.item) : left;
  }

  #comparison(node: Expression & { kind: 'binary' }, operator: ComparisonOperator): BoundExpression {
    if (node.right.kind === 'object' || node.left.kind === 'object') return this.#structural(node, operator);
    const [left, right] = this.#pair(node.left, node.right);
    const [leftCast, rightCast] = withDynamic(
      this.#recast(node.left, left, right),
      this.#recast(node.right, right, left),
    );
    this.#comparable(node, operator, leftCast, rightCast);
    const references = referencesOf(leftCast, rightCast);
    if (references !== undefined) return { kind: 'comparison', operator, ...references, type: boolean };
    if (isStructured(leftCast.type.item) && isStructured(rightCast.type.item)) {
      return this.#memberwise(node, operator, leftCast, rightCast);
    }
    return compareDynamic({ kind: 'comparison', operator, left: leftCast, right: rightCast, type: boolean });
  }

  /** Two values side by side: a literal is of the type of the other one. */
  #pair(left: Expression, right: Expression): readonly [BoundExpression, BoundExpression] {
    const isConstant = ({ kind }: Expression): boolean => kind === 'literal' || kind === 'array' || kind === 'object';
    const leftFirst = !isConstant(left) || isConstant(right);
    const first = this.expression(leftFirst ? left : right);
    const second = this.expression(leftFirst ? right : left, first.type.item);
    return leftFirst ? [first, second] : [second, first];
  }

  /** An alias is bound before its partner is known; a text literal behind it is cast then. */
  #recast(node: Expression, bound: BoundExpression, other: BoundExpression): BoundExpression {
    if (bound.kind !== 'literal' || bound.type.item !== Edm.String || other.type.item === Edm.String) return bound;
    return other.type.item === undefined ? bound : this.expression(node, other.type.item);
  }

  #comparable(
    node: Span,
    operator: ComparisonOperator,
    { type: left }: BoundExpression,
    { type: right }: BoundExpression,
  ): void {
    const equality = operator === 'eq' || operator === 'ne';
    if (!equality && (!isOrdered(left) || !isOrdered(right))) {
      this.#fail(node, `${operator} compares single primitive values, not ${nameOf(left)} with ${nameOf(right)}`);
    }
    if (left.item === undefined || right.item === undefined) return;
    if (left.collection === right.collection && compatible(left.item, right.item)) return;
    this.#fail(node, `${operator} cannot compare ${nameOf(left)} with ${nameOf(right)}`);
  }

  /** Structural comparison with an object (5.1.1.1.1): equal where every declared property is. */
  #structural(node: Expression & { kind: 'binary' }, operator: ComparisonOperator): BoundExpression {
    const [object, other] = node.right.kind === 'object' ? [node.right, node.left] : [node.left, node.right];
    if (operator !== 'eq' && operator !== 'ne') return this.#fail(node, `${operator} cannot compare objects`);
    const left = this.expression(other);
    if (
      object.kind !== 'object' ||
      left.kind !== 'member' ||
      left.type.collection ||
      left.type.item?.kind !== 'complex'
    ) {
      return this.#fail(node, `an object can only be compared with a complex value, not ${nameOf(left.type)}`);
    }
    return negated(operator, this.#equalsObject(left, left.type.item, object));
  }

  #equalsObject(left: Member, type: ComplexType, object: Expression & { kind: 'object' }): BoundExpression {
    const values = new Map(
      object.members.filter(({ name }) => !name.startsWith('@')).map(({ name, value }) => [name, value]),
    );
    const unknown = object.members.find(({ name }) => !name.startsWith('@') && !type.properties.has(name));
    if (unknown !== undefined) return this.#noProperty(unknown, type, unknown.name);
    const tests: BoundExpression[] = [isThere(left)];
    for (const property of type.properties.values()) {
      const member = extend(left, property);
      const value = values.get(property.name);
      if (value?.kind === 'object' && property.type.kind === 'complex' && !property.collection) {
        tests.push(this.#equalsObject(member, property.type, value));
      } else {
        const right =
          value === undefined
            ? nothing
            : this.expression(value, property.type.kind === 'complex' ? undefined : property.type);
        if (value !== undefined) this.#comparable(value, 'eq', member, right);
        tests.push({ kind: 'comparison', operator: 'eq', left: member, right, type: boolean });
      }
    }
    return { kind: 'logical', operator: 'and', operands: tests, type: boolean };
  }

  #memberwise(
    node: Span,
    operator: ComparisonOperator,
    left: BoundExpression,
    right: BoundExpression,
  ): BoundExpression {
    const type = left.type.item;
    if (left.kind !== 'member' || right.kind !== 'member' || type?.kind !== 'complex' || left.type.collection) {
      return this.#notBuilt(node, `comparing ${nameOf(left.type)} with ${nameOf(right.type)}`);
    }
    return negated(operator, equalMembers(left, right, type));
  }

  #in(node: Expression & { kind: 'binary' }): BoundExpression {
    const operand = this.expression(node.left);
    if (operand.type.collection || isStructured(operand.type.item)) {
      // What is listed is primitive; other collections may hold such values.
      if (node.right.kind !== 'list') return this.#notBuilt(node.left, `'in' of ${nameOf(operand.type)}`);
      return this.#fail(node.left, `'in' takes a single primitive value, not ${nameOf(operand.type)}`);
    }
    if (node.right.kind === 'list') {
      const items = node.right.items.map((item) => {
        const bound = this.expression(item, operand.type.item);
        this.#comparable(item, 'eq', operand, bound);
        return dynamicAs(bound, operand.type.item);
      });
      return inItems(operand, items);
    }
    const right = this.expression(node.right, operand.type.item);
    if (!right.type.collection) return this.#fail(node.right, `'in' needs a collection, not ${nameOf(right.type)}`);
    this.#comparable(node.right, 'eq', { ...operand, type: { ...operand.type, collection: true } }, right);
    if (right.kind === 'literal') {
      const items = (right.value as never[]).map((value) => ({
        kind: 'literal' as const,
        value,
        type: single(right.type.item),
      }));
      return inItems(operand, items);
    }
    if (right.kind !== 'member') return this.#notBuilt(node.right, "this collection behind 'in'");
    const sought = dynamicAs(operand, right.type.item);
    return { kind: 'inCollection', operand: sought, collection: this.#collection(right), type: boolean };
  }

  #has(node: Expression & { kind: 'binary' }): BoundExpression {
    const left = this.expression(node.left);
    const right = dynamicAs(this.expression(node.right, left.type.item), left.type.item);
    // 5.1.1.1.9: null is unknown.
    if (isNull(left) || isNull(right)) return { kind: 'literal', value: null, type: boolean };
    const { item } = left.type;
    if (item?.kind !== 'enum' || left.type.collection || right.type.item !== item) {
      return this.#fail(
        node,
        `'has' tests members of an enumeration, not ${nameOf(left.type)} for ${nameOf(right.type)}`,
      );
    }
    return { kind: 'call', name: 'hasFlags', arguments: [left, right], type: boolean };
  }

  // ------------------------------------------------------------------------------------------------ Functions

  #call(node: Expression & { kind: 'call' }): BoundExpression {
    switch (node.canonical) {
      case 'now':
        return this.#moment(this.context.now.toISOString());
      case 'mindatetime':
        return this.#moment('0001-01-01T00:00:00Z');
      case 'maxdatetime':
        return this.#moment('9999-12-31T23:59:59.999999999999Z');
      case 'hassubset':
      case 'hassubsequence':
        return this.#hasSub(node);
      case 'geo.distance':
      case 'geo.intersects':
      case 'geo.length':
        return this.#geo(node);
      case 'isdefined':
        return this.#isDefined(node);
      default: {
        const wanted = overloads.get(node.canonical)?.[0]?.takes;
        const values = node.arguments.map((argument, index) => this.expression(argument, expectedBy(wanted?.[index])));
        if (node.canonical === 'matchespattern') this.#checkPattern(node, values[1]);
        if (node.canonical === 'substring') this.#checkLength(node, values[2]);
        const told = this.#ofLiteral(node.canonical, node.arguments[0]);
        if (told !== undefined && node.arguments.length === 1) return told;
        return this.#overloaded(node.canonical, node, values);
      }
    }
  }

  /** 5.1.1.5.10: a negative length is a bad request; where only some rows have it so, theirs is null. */
  #checkLength(node: Expression & { kind: 'call' }, length: BoundExpression | undefined): void {
    const isNegative = length?.kind === 'literal' && length.value !== null && Number(length.value) < 0;
    if (isNegative) this.#fail(node.arguments[2] ?? node, 'a length cannot be negative');
  }

  /** 5.1.1.7.1; the dialect is RE2, whose time is linear in the length of the text. */
  #checkPattern(node: Expression & { kind: 'call' }, pattern: BoundExpression | undefined): void {
    if (pattern?.kind !== 'literal' || typeof pattern.value !== 'string') return;
    const fault = faultOfPattern(pattern.value);
    if (fault !== undefined) this.#fail(node.arguments[1] ?? node, `this is no regular expression of RE2: ${fault}`);
  }

  /**
   * What a literal says that its stored form does not. Protocol 11.4.1.2: moments are kept in UTC, so that parts of one
   * with another offset would be those of another day or hour than the ones that it names. Its offset, and a leap second,
   * are what is written.
   */
  #ofLiteral(name: string, argument: Expression | undefined): BoundExpression | undefined {
    const alias = argument?.kind === 'path' && argument.root?.kind === 'alias' ? argument.root.name : undefined;
    const literal = alias === undefined ? argument : this.context.aliases.get(alias);
    if (argument === undefined || literal?.kind !== 'literal' || literal.type !== 'dateTimeOffset') return undefined;
    const number = (value: number): BoundExpression => ({ kind: 'literal', value, type: single(Edm.Int32) });
    if (name === 'second' && /:60(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.test(literal.text)) return number(60);
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(literal.text) ?? [];
    const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -1 : 1);
    if (offset === 0) return undefined;
    if (name === 'totaloffsetminutes') return number(offset);
    return ofCalendar.has(name) ? this.#fail(argument, 'moments are kept in UTC: say this one with Z') : undefined;
  }

  /** 5.1.1.11: each takes values of geography, or of geometry. */
  #geo(node: Expression & { kind: 'call' }): BoundExpression {
    const values = node.arguments.map((argument) => this.#geoValue(argument));
    const types = values.map(({ type }) => (type.item?.kind === 'primitive' && !type.collection ? type.item.name : ''));
    const kind = types[0]?.startsWith('Edm.Geography') === true ? 'Geography' : 'Geometry';
    const { takes, names, gives } = geoFunctions[node.canonical as keyof typeof geoFunctions];
    const isTaken = takes.every((shape, index) => types[index] === `Edm.${kind}${shape}`);
    if (!isTaken) {
      const given = values.map(({ type }) => nameOf(type)).join(' and ');
      return this.#fail(node, `'${node.canonical}' does not take ${given}`);
    }
    const other = values.findIndex((value) => value.kind !== 'member' && value.kind !== 'literal');
    if (other >= 0) return this.#notBuilt(node.arguments[other] ?? node, 'a computed value of geography or geometry');
    const [onSphere, inPlane] = names;
    return { kind: 'call', name: kind === 'Geography' ? onSphere : inPlane, arguments: values, type: single(gives) };
  }

  #geoValue(node: Expression): BoundExpression {
    const alias = node.kind === 'path' && node.root?.kind === 'alias' ? node.root.name : undefined;
    const literal = alias === undefined ? node : this.context.aliases.get(alias);
    const isGeo = literal?.kind === 'literal' && (literal.type === 'geography' || literal.type === 'geometry');
    if (!isGeo) return this.expression(node);
    this.context.budget.spend(1, this.context.subject);
    return this.#literals.geo(literal);
  }

  /** Data Aggregation 3.7: whether an instance has a property, null or not. */
  #isDefined(node: Expression & { kind: 'call' }): BoundExpression {
    const [path] = node.arguments;
    const isPath = path?.kind === 'path' && path.segments.every(({ kind }) => kind === 'name');
    if (!isPath || path.root?.kind === 'alias') return this.#fail(node, 'isdefined takes the path of a property');
    const { type } = this.#start(path);
    if (!isStructured(type.item) || type.collection || path.segments.length === 0)
      return this.#fail(node, 'isdefined takes the path of a property');
    return isDefined(path, {
      start: this.#start(path),
      bind: (segments) => this.expression({ ...path, segments }),
      refuse: (segment, within) => this.#noProperty(segment, within, segment.name),
    });
  }

  #moment(text: string): BoundExpression {
    return { kind: 'literal', value: Edm.DateTimeOffset.parse(text) ?? null, type: single(Edm.DateTimeOffset) };
  }

  #hasSub(node: Expression & { kind: 'call' }): BoundExpression {
    const [first, second] = node.arguments as [Expression, Expression];
    const [left, right] = this.#pair(first, second);
    // 5.1.1.5: null in, null out.
    if (isNull(left) || isNull(right)) return { kind: 'literal', value: null, type: boolean };
    const values = [left, right];
    const collections = values.every(({ type }) => type.collection && !isStructured(type.item));
    if (!collections || !compatible(left.type.item, right.type.item)) {
      return this.#fail(node, `${node.canonical} takes two collections of one primitive type`);
    }
    const name = node.canonical === 'hassubset' ? 'hasSubset' : 'hasSubsequence';
    return { kind: 'call', name, arguments: values, type: boolean };
  }

  /** Chooses the overload that takes the arguments; null and untyped values fit everywhere. */
  #overloaded(name: string, node: Span, given: readonly BoundExpression[]): BoundExpression {
    const candidates = overloads.get(name) ?? [];
    const chosen = candidates.find(
      ({ takes }) =>
        takes.length === given.length && takes.every((families, index) => fits(given[index]?.type, families)),
    );
    if (chosen === undefined) {
      const types = given.map(({ type }) => nameOf(type)).join(' and ');
      return this.#fail(node, `'${name}' does not take ${types}`);
    }
    const values = given.map((value, index) => dynamicArgument(value, chosen.takes[index] ?? []));
    this.#checkDivisor(name, node, values);
    const item = resultType(chosen, values);
    // What is of the type of nothing is nothing.
    if (item === undefined) return nothing;
    const shifted = name === 'sub' && (chosen.name === 'shiftDate' || chosen.name === 'shiftMoment');
    const arguments_ = shifted ? [values[0] ?? nothing, negatedDuration(values[1] ?? nothing)] : values;
    return { kind: 'call', name: chosen.name, arguments: arguments_, type: single(item) };
  }

  /**
   * 5.1.1.2.5 and 5.1.1.2.6: the request fails where the divisor is zero, but where that is infinite. Where only some rows
   * have it so, the value of those is null: they do not decide for the others.
   */
  #checkDivisor(name: string, node: Span, [left, right]: readonly BoundExpression[]): void {
    if (name !== 'div' && name !== 'mod' && !(name === 'divby' && left?.type.item === Edm.Duration)) return;
    if (right?.kind !== 'literal' || right.value === null || Number(right.value) !== 0) return;
    const isDuration = left?.type.item === Edm.Duration;
    const isDouble =
      !isDuration && [left, right].some((one) => one !== undefined && familyOfType(one.type) === 'double');
    if (name === 'mod' || !isDouble) this.#fail(node, `'${name}' by zero has no value`);
  }

  #case(node: Expression & { kind: 'case' }): BoundExpression {
    let item: ItemType;
    const branches = node.branches.map(({ when, value }) => {
      const bound = this.expression(value, item);
      if (bound.type.collection || isStructured(bound.type.item))
        this.#fail(value, 'case gives single primitive values');
      if (item === undefined) item = bound.type.item;
      else if (bound.type.item !== undefined && !compatible(item, bound.type.item)) {
        this.#fail(value, `the branches of case differ: ${nameOf(single(item))} and ${nameOf(bound.type)}`);
      } else if (item.kind === 'primitive' && bound.type.item?.kind === 'primitive' && isNumeric(item)) {
        item = promote(item, bound.type.item);
      }
      return { when: this.predicate(when), value: bound };
    });
    if (branches.every(({ value }) => isNull(value))) return nothing;
    const type = this.#withDynamic(node, item, branches);
    const read = branches.map(({ when, value }) => ({ when, value: dynamicAs(value, type) }));
    return { kind: 'case', branches: read, type: single(type) };
  }

  /** The type of branches of which some are dynamic: numbers among those are decimals. */
  #withDynamic(node: Span, item: ItemType, branches: readonly { readonly value: BoundExpression }[]): ItemType {
    if (!branches.some(({ value }) => isDynamic(value)) || item?.kind !== 'primitive') return item;
    if (item.family === 'geo')
      return this.#fail(node, `the branches of case differ: ${nameOf(single(item))} and others`);
    return isNumeric(item) ? promote(item, Edm.Decimal) : item;
  }

  #cast(node: TypeTest): BoundExpression {
    const operand = node.operand === undefined ? this.#current : this.expression(node.operand);
    const type = this.#typeNamed(node.type);
    if (isStructured(type)) {
      const step = this.#castStep({ member: this.#memberOf(node, operand), guards: [] }, type, node.type);
      return guarded(step);
    }
    if (operand.type.collection || isStructured(operand.type.item)) {
      return this.#fail(node, `${nameOf(operand.type)} cannot be cast to ${nameOf(single(type))}`);
    }
    if (familyOfType(operand.type) === 'geo' || familyOfType(single(type)) === 'geo')
      return this.#notBuilt(node, 'a cast of geography or geometry');
    return castTo(operand, type, this.#facetsOf(node.type));
  }

  #isOf(node: TypeTest): BoundExpression {
    const operand = node.operand === undefined ? this.#current : this.expression(node.operand);
    const type = this.#typeNamed(node.type);
    if (isStructured(type)) return instanceOf(this.#memberOf(node, operand), type);
    const { item, collection } = operand.type;
    const isSame = item === type && collection === node.type.collection;
    if (collection || node.type.collection || isStructured(item) || familyOfType(operand.type) === 'geo')
      return isSame && !collection ? isThere(operand) : { kind: 'literal', value: isSame, type: boolean };
    // What can be cast is assignable (5.1.1.10.2); null is of no type.
    const cast = castTo(operand, type, this.#facetsOf(node.type));
    return isNull(cast) ? { kind: 'literal', value: false, type: boolean } : isThere(cast);
  }

  #memberOf(node: Span, operand: BoundExpression): Member {
    if (operand.kind === 'member' && isStructured(operand.type.item)) return operand;
    return this.#fail(node, `${nameOf(operand.type)} is no structured value`);
  }

  /** What a type definition asks of values beside its type (5.1.1.10.1, rules 2, 4, 5 and 6). */
  #facetsOf({ name }: TypeName): CastFacets | undefined {
    const { namespace, typeDefinitions } = this.context.model;
    const definition = typeDefinitions.get(name.replace(`${namespace}.`, ''));
    if (definition === undefined) return undefined;
    const { maxLength, facets } = definition;
    const { precision, scale, unicode } = facets;
    return { maxLength, precision, scale, unicode };
  }

  #typeNamed(node: TypeName): Exclude<ItemType, undefined> {
    const { model } = this.context;
    const bare = node.name.startsWith('Edm.') ? node.name.slice(4) : undefined;
    if (bare !== undefined && Object.hasOwn(Edm, bare)) return Edm[bare as keyof typeof Edm];
    const name = node.name.replace(`${model.namespace}.`, '');
    const found =
      findType(model, node.name) ?? model.enumTypes.get(name) ?? model.typeDefinitions.get(name)?.underlying;
    return found ?? this.#fail(node, `there is no type '${node.name}'${didYouMean(node.name, typeNames(model))}`);
  }

  // ---------------------------------------------------------------------------------------------------- Paths

  #instance(instance: Instance): Member {
    return { kind: 'member', instance, path: [], type: single(instance.type) };
  }

  get #current(): Member {
    return this.context.start ?? this.#instance(this.context.current);
  }

  #path(node: PathExpression, expected: ItemType): BoundExpression {
    const { root } = node;
    if (root?.kind === 'alias') return this.#alias(node, root.name, expected);
    if (root?.kind === 'these') return this.#these(node);
    const [first, ...rest] = node.segments;
    if (root === undefined && first?.kind === 'call') {
      const name = hierarchyFunction(first);
      if (name !== undefined && rest.length === 0) return this.hierarchies.call(name, first);
      if (isRollupNode(first)) return this.#segments({ member: this.#rollupNode(first), guards: [] }, rest);
    }
    if (root === undefined && first?.kind === 'name') {
      const computed = this.context.computed.get(first.name);
      if (computed !== undefined && rest.length === 0) {
        this.context.budget.spend(computed.cost, this.context.subject);
        return computed.expression;
      }
    }
    const start = root?.kind === 'root' ? this.#fromRoot(node) : { member: this.#start(node), segments: node.segments };
    if (start.member.instance.whole !== undefined && start.segments.length === 0)
      return this.#fail(node, 'a whole entity set is no value: use any, all, $count or aggregate');
    return this.#segments({ member: start.member, guards: [] }, start.segments);
  }

  /** Binds what is said of recursive hierarchies where these expressions stand. */
  get hierarchies(): HierarchyBinder {
    const { model, subject, aliases } = this.context;
    return new HierarchyBinder({
      model,
      subject,
      aliases,
      bind: (node, expected) => this.expression(node, expected),
      predicate: (item, node, { target, before }) => {
        const collection = (): BoundCollection => this.collection(membersOf(target), before);
        return this.#inner(item, { kind: 'inside', collection }).predicate(node);
      },
    });
  }

  /** Data Aggregation 6.3: the node of the innermost `groupby` with `rolluprecursive`. */
  #rollupNode(segment: CallSegment): Member {
    const { rollupNodes = [] } = this.context;
    const [argument, ...others] = segment.arguments;
    const isNamed = argument === undefined || (argument.name === 'Position' && others.length === 0);
    const bound = argument && this.expression(argument.value, Edm.Int16);
    const position = bound === undefined ? 1 : bound.kind === 'literal' ? Number(bound.value) : NaN;
    const node = isNamed ? rollupNodes[position - 1] : undefined;
    return node ?? this.#fail(segment, 'there is no such node: it is one of what rolluprecursive transforms');
  }

  /** 5.1.1.14.4: a resource of the service, and what stands behind it. */
  #fromRoot({ segments: [first, ...others], ...node }: PathExpression): {
    readonly member: Member;
    readonly segments: readonly PathSegment[];
  } {
    const { entitySets, singletons } = this.context.model;
    const name = first?.kind === 'name' || first?.kind === 'call' ? first.name : '';
    const singleton = singletons.get(name);
    if (first?.kind === 'name' && singleton !== undefined)
      return { member: this.#fixed({ target: singleton, key: '' }), segments: others };
    const target = entitySets.get(name);
    if (target === undefined) {
      const names = [...entitySets.keys(), ...singletons.keys()];
      return this.#fail(first ?? node, `there is no '${name}'${didYouMean(name, names)}`);
    }
    if (first?.kind === 'call') {
      const key = new KeyBinder(this.context.subject, this.context.aliases).named(target.type, first.arguments, first);
      return { member: this.#fixed({ target, key }), segments: others };
    }
    const [second, ...rest] = others;
    const key = this.#keyBehindRoot(target.type, second);
    if (key === undefined) return { member: membersOf(target), segments: others };
    return { member: this.#fixed({ target, key }), segments: rest };
  }

  /** Data Aggregation 3.6: what is said of the whole collection that the text is about. */
  #these({ segments, ...node }: PathExpression): BoundExpression {
    const { these } = this.context;
    const end = segments.at(-1);
    if (these === undefined) return this.#fail(node, 'this is about no collection that $these could be');
    if (end === undefined) return this.#fail(node, '$these is no value: use any, all, $count or aggregate');
    if (these.kind === 'given') return this.#notBuilt(node, '$these of what a function gives');
    if (these.kind === 'inside') return this.#ofCollection(these.collection, segments);
    const item = freshItem(these.item);
    const filters = segments.slice(0, -1).map((segment) => {
      if (segment.kind === 'filter') return this.#inner(item, these).predicate(segment.predicate);
      if (segment.kind !== 'name' || !segment.qualified) return this.#fail(segment, '$these has no such part');
      return this.#castOf(item, segment);
    });
    return this.#endOfThese({ item, filters, within: this.#keysOf(these, item) }, end, these);
  }

  /** The keys of the group of an item, and those of another one. */
  #keysOf({ item, keys }: CurrentCollection & { kind: 'all' }, other: Instance) {
    const [mine, theirs] = [item, other].map((one) => {
      const binder = this.#inner(one);
      return keys.map((key) => binder.expression(key));
    });
    return (mine ?? []).flatMap((one, at) => {
      const another = theirs?.[at];
      return another === undefined ? [] : [{ mine: one, theirs: another }];
    });
  }

  #endOfThese(
    about: Pick<These, 'item' | 'filters' | 'within'>,
    end: PathSegment,
    these: CurrentCollection,
  ): BoundExpression {
    const { item, filters } = about;
    const counted = { method: 'count' as const, value: undefined, type: Edm.Int64 };
    const count = (more: readonly BoundExpression[], search?: SearchExpression): BoundExpression => ({
      ...about,
      kind: 'these',
      filters: [...filters, ...more],
      search: search && bindSearch(search, item),
      aggregate: counted,
      type: single(Edm.Int64),
    });
    switch (end.kind) {
      case 'aggregate': {
        const aggregate = this.#aggregated(this.#inner(item, these), end);
        return { ...about, kind: 'these', search: undefined, aggregate, type: single(aggregate.type) };
      }
      case 'count': {
        const { filter, search } = end;
        return count(filter === undefined ? [] : [this.#inner(item, these).predicate(filter)], search);
      }
      case 'lambda': {
        const { operator, variable, predicate } = end;
        const tests =
          variable === undefined || predicate === undefined ? [] : [this.#within(item, variable, predicate)];
        // All of them are those that there are.
        const right: BoundExpression =
          operator === 'all' ? count([]) : { kind: 'literal', value: 0, type: single(Edm.Int32) };
        const compared = operator === 'all' ? 'eq' : 'gt';
        return { kind: 'comparison', operator: compared, left: count(tests), right, type: boolean };
      }
      default:
        return this.#fail(end, '$these has no such part: use any, all, $count or aggregate');
    }
  }
  /** Data Aggregation 3.6.1: an aggregated value of items, without a name. */
  #aggregated(inner: ExpressionBinder, { item: node }: PathSegment & { kind: 'aggregate' }): AggregatedValue {
    const { subject } = this.context;
    if (node.from.length > 0) return this.#notBuilt(node, "'from' in aggregate");
    if (node.alias !== undefined) return this.#fail(node, 'an aggregated value has no name in an expression');
    const bind = (expression: Expression): BoundExpression => {
      const bound = inner.expression(expression);
      if (!bound.type.collection && !isStructured(bound.type.item)) return bound;
      return this.#fail(expression, `${nameOf(bound.type)} is no single primitive value`);
    };
    const aggregate = bindAggregated(node, { subject, item: inner.context.current, bind });
    return aggregate.type === undefined ? this.#notBuilt(node, 'aggregate of dynamic values here') : aggregate;
  }

  #keyBehindRoot(type: EntityType, segment: PathSegment | undefined): string | undefined {
    const keys = new KeyBinder(this.context.subject, this.context.aliases);
    switch (segment?.kind) {
      case 'key':
        return keys.positional(type, segment.value, segment);
      case 'compoundKey':
        return keys.named(type, segment.arguments, segment);
      case 'name':
        return segment.qualified ? undefined : keys.segment(type, segment.name, segment);
      default:
        return undefined;
    }
  }

  #fixed(fixed: FixedEntity): Member {
    const { type } = fixed.target;
    return this.#instance({ kind: 'item', type, fixed });
  }

  #start({ root, ...node }: PathExpression): Member {
    const { context } = this;
    switch (root?.kind) {
      case undefined:
      case 'this':
        return this.#current;
      case 'it':
        return context.start ?? this.#instance(context.it);
      case 'variable':
        return this.#instance(
          this.#variables.get(root.name) ?? this.#fail(node, `there is no variable '${root.name}'`),
        );
      default:
        return this.#notBuilt(node, `$${root?.kind ?? ''}`);
    }
  }

  // OData 4.01 URL Conventions 5.3.2
  #alias(node: PathExpression, name: string, expected: ItemType): BoundExpression {
    if (node.segments.length > 0) return this.#notBuilt(node, `a path behind the alias '@${name}'`);
    const value = this.context.aliases.get(name);
    // An alias without a value is null.
    if (value === undefined) return nothing;
    if (this.#aliasesUnderway.has(name)) return this.#fail(node, `the alias '@${name}' refers to itself`);
    this.#aliasesUnderway.add(name);
    const bound = this.expression(value, expected);
    this.#aliasesUnderway.delete(name);
    return bound;
  }

  #segments(start: Step, segments: readonly PathSegment[]): BoundExpression {
    let step = start;
    for (const [index, segment] of segments.entries()) {
      const { member } = step;
      if (segment.kind === 'annotation') {
        const behind = segments.slice(index + 1);
        return guarded(step, this.#annotation(this.#annotated(start, segments.slice(0, index)), segment, behind));
      }
      const called = this.#called(member, segment);
      if (called !== undefined) return guarded(step, this.#function(member, called, segments.slice(index)));
      if (member.type.collection)
        return guarded(
          step,
          this.#ofCollection(() => this.#collection(member), segments.slice(index)),
        );
      if (segment.kind === 'name') step = this.#name(step, segment);
      else if (segment.kind === 'count' || segment.kind === 'filter' || segment.kind === 'lambda') {
        this.#fail(segment, `${nameOf(member.type)} is no collection`);
      } else this.#otherSegment(segment);
    }
    return guarded(step);
  }

  /** What an annotation behind a path is of: the property at its end, or the entity or complex value that it leads to. */
  #annotated(start: Step, segments: readonly PathSegment[]): readonly Annotated[] {
    const walk = (names: readonly PathSegment[]): Member =>
      names.reduce((step, name) => (name.kind === 'name' ? this.#name(step, name) : step), start).member;
    const last = segments.at(-1);
    const whole = walk(segments);
    const itself = whole.type.collection ? [] : [{ owner: whole, property: undefined }];
    if (last?.kind !== 'name' || last.qualified) return itself;
    const owner = walk(segments.slice(0, -1));
    const property = isStructured(owner.type.item) ? propertyOf(owner.type.item, last.name) : undefined;
    return property === undefined ? itself : [{ owner, property }, ...itself];
  }

  /**
   * 5.1.1.16: the value of an annotation: that of the entity, or else what the metadata says of all. Null where there is
   * none.
   */
  #annotation(
    places: readonly Annotated[],
    segment: AnnotationSegment,
    behind: readonly PathSegment[],
  ): BoundExpression {
    const { model } = this.context;
    const known = places.map((place) => knownAnnotation(model, place, segment));
    const { carried, constant, term } =
      known.find((one) => one.carried !== undefined) ??
      known.find((one) => one.constant !== undefined) ??
      known[0] ??
      {};
    const names = behind.flatMap((one) => (one.kind === 'name' && !one.qualified ? [one.name] : []));
    const isPlain = names.length === behind.length;
    const said = isPlain ? literalOf(constant, names, term) : undefined;
    if (carried === undefined) {
      if (said !== undefined) return said;
      return this.#notBuilt(segment, `the annotation '@${segment.name}', which is no constant,`);
    }
    const own = this.#segments({ member: carried, guards: [] }, behind);
    // What is said of all is not said of those that say it themselves.
    const isSaid = said !== undefined && !isNull(said) && own.kind === 'member' && !own.type.collection;
    return isSaid ? whereThere(carried, own, said) : own;
  }

  /** The functions of the model that a segment may call on a value; a property has the name before them. */
  #called({ type: { item, collection } }: Member, segment: PathSegment): readonly Operation[] | undefined {
    const { model } = this.context;
    if (model.operations.all.length === 0 || (segment.kind !== 'name' && segment.kind !== 'call')) return undefined;
    if (isStructured(item) && !collection && propertyOf(item, segment.name) !== undefined) return undefined;
    const overloads = overloadsOn(model, segment.name, { type: item, collection });
    if (overloads.length > 0) return overloads;
    const unbound = model.operations.unbound.get(segment.name);
    return unbound?.[0]?.kind === 'function'
      ? this.#notBuilt(segment, `the function '${segment.name}' here`)
      : undefined;
  }

  /** A function that the store can compute: its expression, about the value that it is bound to. */
  #function(member: Member, overloads: readonly Operation[], segments: readonly PathSegment[]): BoundExpression {
    const [segment, behind] = segments as [NameSegment | CallSegment, PathSegment | undefined];
    const { subject, budget } = this.context;
    if (overloads[0]?.kind === 'action') return this.#fail(segment, `'${segment.name}' is an action`);
    const none = { aliases: new Map<string, never>(), custom: undefined };
    const operation = chooseOverload(overloads, segment, { ...none, subject });
    if (operation.expression === undefined) return this.#notBuilt(segment, `the function '${segment.name}' here`);
    if (behind !== undefined) return this.#fail(behind, 'a primitive value has no such part');
    const { inside: outer = [] } = this.context;
    if (outer.includes(operation)) return this.#fail(segment, `'${segment.name}' calls itself`);
    const given = new Map((segment.kind === 'call' ? segment.arguments : []).map((one) => [one.name, one.value]));
    const computed = new Map(
      parametersOf(operation).map((parameter): [string, ComputedExpression] => {
        const before = budget.spent;
        const expression = this.#argument(parameter as Property, given.get(parameter.name));
        return [parameter.name, { expression, cost: budget.spent - before }];
      }),
    );
    const about = { start: member, computed, aliases: new Map<string, never>(), inside: [...outer, operation] };
    return new ExpressionBinder({ ...this.context, ...about }).ofFunction(operation);
  }

  /** The expression of a function, of the type that it gives. */
  ofFunction(operation: Operation): BoundExpression {
    const bound = this.expression(expressionOf(operation));
    const type = operation.result?.type;
    return bound.type.item === type || type === undefined
      ? bound
      : { kind: 'cast', operand: bound, type: single(type) };
  }

  #argument({ name, type, collection, default: otherwise }: Property, node: Expression | undefined): BoundExpression {
    if (node === undefined) return { kind: 'literal', value: otherwise ?? null, type: single(type) };
    const bound = this.expression(node, type);
    const fits = bound.type.collection === collection && compatible(bound.type.item, type);
    return fits
      ? bound
      : this.#fail(node, `'${name}' must be ${nameOf({ item: type, collection })}, not ${nameOf(bound.type)}`);
  }

  #otherSegment(segment: PathSegment): never {
    switch (segment.kind) {
      case 'call':
        return this.#fail(
          segment,
          `there is no function '${segment.name}'${didYouMean(segment.name, overloads.keys())}`,
        );
      case 'aggregate':
        return this.#fail(segment, 'aggregate stands behind a collection');
      default:
        return this.#notBuilt(segment, 'a key in an expression');
    }
  }

  #name(step: Step, segment: PathSegment & { kind: 'name' }): Step {
    const { item } = step.member.type;
    const { name, qualified } = segment;
    if (qualified) {
      const type = findType(this.context.model, name);
      if (type === undefined)
        return this.#fail(segment, `there is no type '${name}'${didYouMean(name, typeNames(this.context.model))}`);
      return this.#castStep(step, type, segment);
    }
    if (!isStructured(item)) return this.#fail(segment, `${nameOf(step.member.type)} has no property '${name}'`);
    const property = propertyOf(item, name);
    if (property !== undefined) return { ...step, member: extend(step.member, property) };
    if (streamIn(item, name) !== undefined) throw notBuilt(this.context.subject, segment, 'a stream in an expression');
    if (!item.open) return this.#noProperty(segment, item, name);
    return { ...step, member: { ...step.member, path: [...step.member.path, name], type: single(undefined) } };
  }

  #noProperty(node: Span, type: StructuredType, name: string): never {
    return this.#fail(
      node,
      `the type ${type.qualifiedName} has no property ${name === '' ? 'without a name' : `'${name}'`}${didYouMean(name, propertyNames(type))}`,
    );
  }

  #castStep({ member, guards }: Step, type: StructuredType, node: Span): Step {
    const declared = member.type.item;
    if (!isStructured(declared) || !derivesFrom(type, declared)) {
      return this.#fail(node, `${nameOf(member.type)} cannot be cast to ${type.qualifiedName}`);
    }
    const guard = type === declared ? [] : [instanceOf(member, type)];
    return {
      member: { ...member, type: { ...member.type, item: narrowed(declared, type) } },
      guards: [...guards, ...guard],
    };
  }

  /** A collection as it is, with the predicates gathered on the way. */
  #collection(member: Member): BoundCollection {
    return { member, item: { kind: 'item', type: member.type.item }, filters: [], search: undefined };
  }

  /** A collection that a path leads to, with what its filters and casts leave of it. */
  collection(member: Member, segments: readonly PathSegment[]): BoundCollection {
    return this.#narrowed(() => this.#collection(member), segments);
  }

  /** What filters and casts leave of a collection. @param whole makes it anew, with an item of its own */
  #narrowed(whole: () => BoundCollection, segments: readonly PathSegment[]): BoundCollection {
    return segments.reduce((found, segment, index): BoundCollection => {
      if (segment.kind === 'filter') {
        const inner = this.#inside(found, () => this.#narrowed(whole, segments.slice(0, index)));
        return { ...found, filters: [...found.filters, inner.predicate(segment.predicate)] };
      }
      if (segment.kind === 'name' && segment.qualified) return this.#castCollection(found, segment);
      if (segment.kind !== 'name' && segment.kind !== 'lambda' && segment.kind !== 'count')
        return this.#otherSegment(segment);
      return this.#fail(segment, `${nameOf(found.member.type)} is a collection: use any, all, $count or $filter`);
    }, whole());
  }

  /** Binds what is said of the items of a collection, which is the current one there. @param collection makes it anew */
  #inside({ item }: BoundCollection, collection: () => BoundCollection): ExpressionBinder {
    return this.#inner(item, { kind: 'inside', collection });
  }

  #ofCollection(whole: () => BoundCollection, segments: readonly PathSegment[]): BoundExpression {
    const before = segments.slice(0, -1);
    const end = segments.at(-1);
    const isEnd = end?.kind === 'count' || end?.kind === 'lambda' || end?.kind === 'aggregate';
    const found = this.#narrowed(whole, isEnd ? before : segments);
    const inner = this.#inside(found, () => this.#narrowed(whole, before));
    if (end?.kind === 'count') return this.#count(found, inner, end);
    if (end?.kind === 'lambda') return this.#lambda(found, end);
    if (end?.kind === 'aggregate') {
      const aggregate = this.#aggregated(inner, end);
      return { kind: 'aggregated', collection: found, aggregate, type: single(aggregate.type) };
    }
    return this.#fail(segments[0] ?? { start: 0, end: 0 }, 'a filtered collection needs /$count, any or all behind it');
  }

  #castCollection(collection: BoundCollection, segment: PathSegment & { kind: 'name' }): BoundCollection {
    const test = this.#castOf(collection.item, segment, collection.member.type);
    return { ...collection, filters: [...collection.filters, test] };
  }

  /** Narrows an item to a type; what must hold of it. */
  #castOf(
    item: Instance,
    segment: PathSegment & { kind: 'name' },
    declared: ValueType = single(item.type),
  ): BoundExpression {
    const found = findType(this.context.model, segment.name);
    if (found === undefined || !isStructured(item.type) || !derivesFrom(found, item.type))
      return this.#fail(segment, `${nameOf(declared)} cannot be cast to '${segment.name}'`);
    const type = narrowed(item.type, found);
    const test = instanceOf(this.#instance(item), type);
    Object.assign(item, { type });
    return test;
  }

  #count(
    collection: BoundCollection,
    inner: ExpressionBinder,
    { filter, search }: PathSegment & { kind: 'count' },
  ): BoundExpression {
    const filters = filter === undefined ? [] : [inner.predicate(filter)];
    const found = search === undefined ? undefined : bindSearch(search, collection.item);
    const counted = { ...collection, filters: [...collection.filters, ...filters], search: found };
    return { kind: 'count', collection: counted, type: single(Edm.Int64) };
  }

  #lambda(
    collection: BoundCollection,
    { operator, variable, predicate }: PathSegment & { kind: 'lambda' },
  ): BoundExpression {
    if (variable === undefined || predicate === undefined) {
      return { kind: 'lambda', operator, collection, predicate: undefined, type: boolean };
    }
    return {
      kind: 'lambda',
      operator,
      collection,
      predicate: this.#within(collection.item, variable, predicate),
      type: boolean,
    };
  }

  /** Binds what is said of an item inside an expression. */
  #inner(current: Instance, these?: CurrentCollection): ExpressionBinder {
    const inner = new ExpressionBinder({ ...this.context, current, computed: new Map(), these });
    for (const [name, instance] of this.#variables) inner.#variables.set(name, instance);
    return inner;
  }

  /** Binds a predicate on the items of a collection, through a variable. */
  #within(item: Instance, variable: string, predicate: Expression): BoundExpression {
    const hidden = this.#variables.get(variable);
    this.#variables.set(variable, item);
    const bound = this.predicate(predicate);
    if (hidden === undefined) this.#variables.delete(variable);
    else this.#variables.set(variable, hidden);
    return bound;
  }
}

/** Another item of what one stands for. */
export function freshItem({ type, joined }: Instance): Instance {
  const item: Instance = { kind: 'item', type };
  if (joined === undefined) return item;
  return { ...item, joined: new Map([...joined].map(([name, one]) => [name, freshItem(one)])) };
}

/** All members of an entity set. */
export function membersOf(target: EntitySet): Member {
  const instance: Instance = { kind: 'item', type: undefined, whole: { target } };
  return { kind: 'member', instance, path: [], type: { item: target.type, collection: true } };
}

/** The references to two entities of one set, which are the same where those are; undefined of other values. */
function referencesOf(left: BoundExpression, right: BoundExpression) {
  const [one, other] = [left, right].map((value) =>
    value.kind === 'member' && value.path.length === 0 ? value.instance.reference : undefined,
  );
  if (one === undefined || one.target !== other?.target) return undefined;
  const text = single(Edm.String);
  return { left: { ...one.link, type: text }, right: { ...other.link, type: text } };
}

/** What the functions of geography and geometry take and give, and what each of both kinds is called. */
const geoFunctions = {
  'geo.distance': { takes: ['Point', 'Point'], names: ['distanceOnSphere', 'distanceInPlane'], gives: Edm.Double },
  'geo.length': { takes: ['LineString'], names: ['lengthOnSphere', 'lengthInPlane'], gives: Edm.Double },
  'geo.intersects': { takes: ['Point', 'Polygon'], names: ['intersects', 'intersects'], gives: Edm.Boolean },
} as const;

/** Functions of parts of a moment that differ with its offset. */
const ofCalendar: ReadonlySet<string> = new Set(['year', 'month', 'day', 'hour', 'minute', 'date', 'time']);

/** A member of a value, by its property. */
export function extend(member: Member, property: Property | NavigationProperty): Member {
  const { name, type, collection } = property;
  const joined = member.path.length === 0 ? member.instance.joined?.get(name) : undefined;
  if (joined !== undefined) return { kind: 'member', instance: joined, path: [], type: single(type) };
  const item = property.kind === 'property' && property.made === 'untyped' ? undefined : type;
  const inner: Member = { ...member, path: [...member.path, name], type: { item, collection } };
  const target = property.kind === 'navigation' ? property.target : undefined;
  if (target === undefined) return inner;
  if (collection) return { ...inner, target };
  return {
    kind: 'member',
    instance: { kind: 'item', type, reference: { link: inner, target } },
    path: [],
    type: single(type),
  };
}

/** A value behind casts is null where one of them fails. */
function guarded({ member, guards }: Step, value: BoundExpression = member): BoundExpression {
  if (guards.length === 0) return value;
  const when: BoundExpression = { kind: 'logical', operator: 'and', operands: guards, type: boolean };
  return { kind: 'case', branches: [{ when, value }], type: value.type };
}

function negatedDuration(value: BoundExpression): BoundExpression {
  return { kind: 'call', name: 'negate', arguments: [value], type: single(Edm.Duration) };
}

function negated(operator: 'eq' | 'ne' | ComparisonOperator, equal: BoundExpression): BoundExpression {
  return operator === 'eq' ? equal : { kind: 'not', operand: equal, type: boolean };
}

function equalMembers(left: Member, right: Member, type: ComplexType): BoundExpression {
  const nullness = (operand: Member): BoundExpression => ({
    kind: 'comparison',
    operator: 'eq',
    left: operand,
    right: nothing,
    type: boolean,
  });
  const same: BoundExpression = {
    kind: 'comparison',
    operator: 'eq',
    left: nullness(left),
    right: nullness(right),
    type: boolean,
  };
  const properties = [...type.properties.values()].map((property): BoundExpression => {
    const [a, b] = [extend(left, property), extend(right, property)];
    if (property.type.kind === 'complex' && !property.collection) return equalMembers(a, b, property.type);
    return { kind: 'comparison', operator: 'eq', left: a, right: b, type: boolean };
  });
  return { kind: 'logical', operator: 'and', operands: [same, ...properties], type: boolean };
}

/** An operand among items. A dynamic one is read as one of their type, or of that of each. */
function inItems(operand: BoundExpression, items: readonly BoundExpression[]): BoundExpression {
  const [first, ...others] = items.map(({ type }) => type.item).filter((item) => item !== undefined);
  const isOne = others.every((item) => item === first);
  if (isOne || operand.type.item !== undefined)
    return { kind: 'in', operand: dynamicAs(operand, first), items, type: boolean };
  const operands = items.map((item): BoundExpression => {
    const [left, right] = withDynamic(operand, item);
    return { kind: 'comparison', operator: 'eq', left, right, type: boolean };
  });
  return { kind: 'logical', operator: 'or', operands, type: boolean };
}

/** Two dynamic values have an order where they are of one type. */
function compareDynamic(comparison: BoundExpression & { kind: 'comparison' }): BoundExpression {
  const { operator, left, right } = comparison;
  if (!isDynamic(left) || !isDynamic(right) || operator === 'eq' || operator === 'ne') return comparison;
  const operands = dynamicTypes.map((item) => ({
    ...comparison,
    left: dynamicAs(left, item),
    right: dynamicAs(right, item),
  }));
  return { kind: 'logical', operator: 'or', operands, type: boolean };
}

/** A cast; of a dynamic value it is that of whatever the value is. */
function castTo(operand: BoundExpression, type: ItemType, facets: CastFacets | undefined): BoundExpression {
  const { item } = operand.type;
  if (!isCastable(item, type)) return { kind: 'literal', value: null, type: single(type) };
  if (item === type && facets === undefined) return operand;
  if (operand.kind === 'case' && item === undefined) {
    const branches = operand.branches.map(({ when, value }) => ({ when, value: castTo(value, type, facets) }));
    return { kind: 'case', branches, type: single(type) };
  }
  if (operand.kind !== 'member' || item !== undefined)
    return { kind: 'cast', operand, type: single(type), ...(facets === undefined ? {} : { facets }) };
  const branches = dynamicTypes
    .filter((one) => isCastable(one, type))
    .map((one) => {
      const read = dynamicAs(operand, one);
      return { when: isThere(read), value: castTo(read, type, facets) };
    });
  return { kind: 'case', branches, type: single(type) };
}

function resultType({ gives }: Overload, values: readonly BoundExpression[]): PrimitiveType | undefined {
  const types = values.map(({ type }) => (type.item?.kind === 'primitive' ? type.item : undefined));
  if (typeof gives === 'object') return gives;
  if (gives === 'same') return types[0];
  const known = types.filter((type) => type !== undefined);
  const widest = arithmeticType(known[0] ?? Edm.Int32, known.at(-1) ?? Edm.Int32);
  return gives === 'exact' && widest.family === 'integer' ? Edm.Decimal : widest;
}

function fits(type: ValueType | undefined, families: readonly TypeFamily[]): boolean {
  if (type === undefined || type.collection) return false;
  return type.item === undefined || (type.item.kind === 'primitive' && families.includes(type.item.family));
}

/** What a literal in the place of an argument is cast to: where only one family fits, and it is not text. */
function expectedBy(families: readonly TypeFamily[] | undefined): PrimitiveType | undefined {
  const [only, ...others] = families ?? [];
  if (others.length > 0) return undefined;
  switch (only) {
    case 'duration':
      return Edm.Duration;
    case 'dateTimeOffset':
      return Edm.DateTimeOffset;
    case 'integer':
      return Edm.Int32;
    default:
      return undefined;
  }
}
