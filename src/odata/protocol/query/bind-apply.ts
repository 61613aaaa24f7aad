import type { ItemType, Property, StructuredType } from '../edm/model.js';
import { Edm, type PrimitiveType } from '../edm/primitive-types.js';
import { JsonNumber } from '../json/json-value.js';
import type {
  AggregateItem,
  Expression,
  GroupbyElement,
  PropertyPath,
  Span,
  Transformation,
} from '../uri/syntax-tree.js';
import { ExpressionBinder } from './bind-expression.js';
import type { OptionsContext } from './bind-options.js';
import { dynamicAs, orderTerms } from './dynamic-values.js';
import { bindSearch } from './bind-search.js';
import { notBuilt, unbound } from './binding-error.js';
import type { Aggregate, BoundExpression, BoundTransformation, Computed, GroupKey, Instance } from './bound.js';
import { isNumeric } from './functions.js';
import { integerRange } from './integer-range.js';
import { dynamicProperty, typeOfGroups, unionOf, variantsOf, withProperties } from './result-types.js';
import { isOrdered, nameOf, propertyOf } from './value-types.js';

const subject = '$apply';

type StructuredInstance = Instance & { readonly type: StructuredType };

/** What a sequence of transformations gives: itself, and what stands for its items. */
export interface BoundApply {
  readonly transformations: readonly BoundTransformation[];
  readonly output: StructuredInstance;
}

const methods: ReadonlySet<string> = new Set(['sum', 'min', 'max', 'average', 'countdistinct']);

/** Whether a sum of such integers, of as many rows as there may be, can leave 64 bits. */
function isLarge(value: BoundExpression): boolean {
  const { least, most } = integerRange(value);
  return value.type.item === Edm.Int64 && (least < -(2n ** 31n) || most > 2n ** 31n);
}

function isExact(item: ItemType): boolean {
  return item === Edm.Decimal || item === Edm.Duration;
}

/**
 * Data Aggregation 3.2.1.4: the service chooses a type that has all results. Sums of integers of 64 bits are decimals,
 * those of smaller ones never leave 64 bits.
 */
function typeOfAggregate(method: Aggregate['method'], value: BoundExpression): PrimitiveType | ItemType {
  const { item } = value.type;
  switch (method) {
    case 'count':
    case 'countdistinct':
      return Edm.Int64;
    case 'average':
      return isExact(item) ? item : item === undefined ? Edm.Decimal : Edm.Double;
    case 'sum':
      if (item === undefined || isLarge(value)) return Edm.Decimal;
      return item.kind === 'primitive' && item.family === 'integer' ? Edm.Int64 : item;
    default:
      return item;
  }
}

/** Binds one sequence of transformations, each to what the one before it gives. */
class ApplyBinder {
  readonly #done: BoundTransformation[] = [];
  /** How often each item that it began with may be there by now. */
  #copies = 1;

  constructor(
    private readonly context: OptionsContext,
    private item: StructuredInstance,
  ) {}

  bind(transformations: readonly Transformation[]): BoundApply {
    for (const transformation of transformations) {
      this.context.budget.transform(subject);
      this.#transform(transformation);
    }
    return { transformations: this.#done, output: this.item };
  }

  #expressions(): ExpressionBinder {
    return new ExpressionBinder({ ...this.context, subject, current: this.item, it: this.item, computed: new Map() });
  }

  #become(type: StructuredType): void {
    this.item = { kind: 'item', type };
  }

  #transform(node: Transformation): void {
    const { item } = this;
    switch (node.kind) {
      case 'identity':
        break;
      case 'filter':
        this.#done.push({
          kind: 'filter',
          item,
          filters: [this.#expressions().predicate(node.predicate)],
          search: undefined,
        });
        break;
      case 'search':
        this.#done.push({ kind: 'filter', item, filters: [], search: bindSearch(node.search, item) });
        break;
      case 'compute':
        this.#compute(node);
        break;
      case 'aggregate':
        this.#aggregate([[]], node.items);
        break;
      case 'groupby':
        this.#groupby(node);
        break;
      case 'orderby': {
        const order = node.items.flatMap(({ expression, descending }) =>
          orderTerms(this.#single(expression), descending),
        );
        this.#done.push({ kind: 'order', item, order });
        break;
      }
      case 'top':
      case 'skip':
        this.#done.push({ kind: 'limit', skip: undefined, top: undefined, [node.kind]: node.count });
        break;
      case 'topcount':
      case 'topsum':
      case 'toppercent':
      case 'bottomcount':
      case 'bottomsum':
      case 'bottompercent':
        this.#rank(node, []);
        break;
      case 'concat':
        this.#concat(node);
        break;
      default:
        throw notBuilt(subject, node, node.kind === 'function' ? `the function ${node.name}` : node.kind);
    }
  }

  /** An expression that is a single primitive value. */
  #single(node: Expression): BoundExpression {
    const bound = this.#expressions().expression(node);
    const { item, collection } = bound.type;
    if (!collection && item?.kind !== 'complex' && item?.kind !== 'entity') return bound;
    throw unbound(subject, node, `${nameOf(bound.type)} is no single primitive value`);
  }

  #free(name: string, node: Span): void {
    if (propertyOf(this.item.type, name) === undefined) return;
    throw unbound(subject, node, `the name '${name}' is taken`);
  }

  #compute({ items }: Transformation & { kind: 'compute' }): void {
    const computed: Computed[] = [];
    const added = new Map<string, Property>();
    for (const node of items) {
      this.#free(node.alias, node);
      if (added.has(node.alias)) throw unbound(subject, node, `the name '${node.alias}' is taken`);
      const expression = this.#single(node.expression);
      computed.push({ name: node.alias, expression });
      added.set(node.alias, dynamicProperty(node.alias, expression.type.item));
    }
    this.#done.push({ kind: 'compute', item: this.item, computed });
    this.#become(withProperties(this.item.type, added));
  }

  #aggregate(groupings: readonly (readonly GroupKey[])[], items: readonly AggregateItem[]): void {
    const aggregates = items.map((item) => this.#aggregateItem(item));
    const names = aggregates.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    const [node] = items;
    const key = groupings[0]?.map(({ path }) => path[0]).find((name) => name !== undefined && names.includes(name));
    const taken = twice ?? key;
    if (taken !== undefined && node !== undefined) throw unbound(subject, node, `the name '${taken}' is taken`);
    this.#done.push({ kind: 'aggregate', item: this.item, groupings, aggregates });
    this.#become(unionOf(groupings.map((keys) => typeOfGroups(keys, aggregates))));
  }

  #aggregateItem(node: AggregateItem): Aggregate {
    const { expression, alias, method } = node;
    if (node.from.length > 0) throw notBuilt(subject, node, "'from' in aggregate");
    if (alias === undefined) throw unbound(subject, node, "an aggregated value needs a name: 'as' and an alias");
    const isCount =
      expression.kind === 'path' && expression.root === undefined && expression.segments[0]?.kind === 'count';
    if (isCount) {
      if (method !== undefined) throw unbound(subject, node, '$count takes no method');
      return { name: alias, method: 'count', value: undefined, type: Edm.Int64 };
    }
    const given = this.#single(expression);
    // Of dynamic values only numbers are added.
    const value = method === 'sum' || method === 'average' ? dynamicAs(given, Edm.Decimal) : given;
    // A path that ends in $count is summed.
    const by = method ?? (value.kind === 'count' ? 'sum' : undefined);
    if (by === undefined)
      throw unbound(
        subject,
        node,
        "an aggregated value needs a method: 'with' sum, min, max, average or countdistinct",
      );
    if (!methods.has(by))
      throw by.includes('.')
        ? notBuilt(subject, node, `the method ${by}`)
        : unbound(subject, node, `there is no method '${by}'`);
    const known = by as Aggregate['method'];
    const { item } = value.type;
    const summable =
      item === undefined || (item.kind === 'primitive' && (isNumeric(item) || item.family === 'duration'));
    if ((known === 'sum' || known === 'average') && !summable)
      throw unbound(subject, node, `${nameOf(value.type)} has no ${known}`);
    return { name: alias, method: known, value, type: typeOfAggregate(known, value) };
  }

  #groupby(node: Transformation & { kind: 'groupby' }): void {
    const groupings = this.#groupings(node.elements);
    const [inner, ...others] = node.apply;
    if (inner === undefined) {
      this.#aggregate(groupings, []);
    } else if (others.length > 0) {
      throw notBuilt(subject, node, 'a sequence of transformations inside groupby');
    } else if (inner.kind === 'aggregate') {
      this.#aggregate(groupings, inner.items);
    } else if (/^(?:top|bottom)(?:count|sum|percent)$/.test(inner.kind) && groupings.length === 1) {
      this.#rank(inner as RankNode, groupings[0] ?? []);
    } else {
      throw notBuilt(subject, inner, `${inner.kind} inside groupby`);
    }
  }

  /** The sets of keys: for each rollup its levels, all of them first, then fewer. */
  #groupings(elements: readonly GroupbyElement[]): readonly (readonly GroupKey[])[] {
    let sets: readonly (readonly GroupKey[])[] = [[]];
    for (const element of elements) {
      if (element.kind === 'rolluprecursive') throw notBuilt(subject, element, 'rolluprecursive');
      const keys = (element.kind === 'rollup' ? element.levels : [element]).map((path) => this.#key(path));
      const least = element.kind === 'propertyPath' ? keys.length : element.all ? 0 : 1;
      const options = Array.from({ length: keys.length - least + 1 }, (_, left) => keys.slice(0, keys.length - left));
      sets = sets.flatMap((set) => options.map((option) => [...set, ...option]));
    }
    return sets;
  }

  #key(path: PropertyPath): GroupKey {
    const value = this.#single({ ...path, kind: 'path', root: undefined, segments: path.segments });
    const names = path.segments.filter(({ qualified }) => !qualified).map(({ name }) => name);
    return { path: names, value };
  }

  #rank(node: RankNode, within: readonly GroupKey[]): void {
    const quantity = this.#single(node.quantity);
    const by = dynamicAs(this.#single(node.by), Edm.Decimal);
    const byNumber = node.kind.endsWith('count') ? [quantity] : [quantity, by];
    for (const bound of byNumber) {
      const { item } = bound.type;
      if (item !== undefined && !(item.kind === 'primitive' && isNumeric(item)))
        throw unbound(subject, node, `${node.kind} takes numbers, not ${nameOf(bound.type)}`);
    }
    if (!isOrdered(by.type)) throw unbound(subject, node.by, `${nameOf(by.type)} has no order`);
    this.#checkQuantity(node, quantity);
    const keep = node.kind.replace(/^(?:top|bottom)/, '') as 'count' | 'sum' | 'percent';
    this.#done.push({
      kind: 'rank',
      item: this.item,
      keep,
      descending: node.kind.startsWith('top'),
      quantity,
      by,
      within,
    });
  }

  /** Data Aggregation 3.3.1: a positive integer; a positive number of at most 100; a number. */
  #checkQuantity({ kind, quantity: node }: RankNode, quantity: BoundExpression): void {
    const value = constantOf(quantity);
    if (value === undefined) throw unbound(subject, node, 'how much to keep must be a literal');
    if (kind.endsWith('count') && !(Number.isInteger(value) && value > 0))
      throw unbound(subject, node, `${kind} keeps a positive integer of items`);
    if (kind.endsWith('percent') && !(value > 0 && value <= 100))
      throw unbound(subject, node, `${kind} keeps more than 0 and at most 100 percent`);
    if (Number.isNaN(value)) throw unbound(subject, node, `${kind} keeps a number`);
  }

  #concat(node: Transformation & { kind: 'concat' }): void {
    const binders = node.sequences.map((sequence) => ({ sequence, binder: new ApplyBinder(this.context, this.item) }));
    const bound = binders.map(({ sequence, binder }) => binder.bind(sequence));
    this.#copies *= binders.reduce((sum, { binder }) => sum + binder.#copies, 0);
    this.context.budget.copy(this.#copies, subject);
    const types = bound.map(({ output }) => output.type);
    const areAlike = types.every((type) => type === types[0]);
    let count = 0;
    const sequences = bound.map(({ transformations, output }) => {
      const variants = variantsOf(output.type);
      const place = { variant: count, isUnion: variants[0] !== output.type };
      count += variants.length;
      return areAlike ? { transformations } : { transformations, ...place };
    });
    // Sequences behind each other would double them.
    if (!areAlike && count > mostVariants)
      throw unbound(subject, node, `at most ${mostVariants} different structures can come together`);
    this.#done.push({ kind: 'concat', sequences });
    this.#become(unionOf(types));
  }
}

/** How many structures the items of one collection can have. */
const mostVariants = 64;

/** The number that an expression is, whatever it is about; undefined of one that is none, or that looks at values. */
function constantOf(expression: BoundExpression): number | undefined {
  if (expression.kind === 'call' && expression.name === 'negate') {
    const [operand] = expression.arguments;
    const value = operand === undefined ? undefined : constantOf(operand);
    return value === undefined ? undefined : -value;
  }
  if (expression.kind !== 'literal') return undefined;
  const { value } = expression;
  if (value instanceof JsonNumber) return Number(value.text);
  if (value === 'INF' || value === '-INF') return value === 'INF' ? Infinity : -Infinity;
  return value === 'NaN' ? NaN : typeof value === 'number' ? value : undefined;
}

type RankNode = Extract<Transformation, { readonly quantity: Expression }>;

/**
 * Binds `$apply` (OData Data Aggregation 4.0) to the entities of a set.
 * @throws ODataError 400 for what the model gives no meaning to, 501 for transformations that are not built
 */
export function bindApply(
  context: OptionsContext,
  entity: StructuredInstance,
  transformations: readonly Transformation[],
): BoundApply {
  return new ApplyBinder(context, entity).bind(transformations);
}
