import type { EntitySet, ItemType, Property, StructuredType } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import { JsonNumber } from '../json/json-value.js';
import type {
  AggregateItem,
  Expression,
  GroupbyElement,
  NestTransformation,
  OrderbyItem,
  PathExpression,
  PropertyPath,
  RecursiveRollup,
  Rollup,
  Span,
  Transformation,
  TraverseTransformation,
} from '../uri/syntax-tree.js';
import { freshItem } from './expression/members.js';
import { groupable } from './expression/groupable.js';
import { ExpressionBinder } from './expression/bind-expression.js';
import { addend, bindAggregated } from './expression/bind-aggregated.js';
import { propertyNamesOf } from './property-names.js';
import type { OptionsContext } from './options-context.js';
import { orderTerms } from './expression/dynamic-values.js';
import { bindSearch } from './bind-search.js';
import { notBuilt, unbound } from './binding-error.js';
import { hiddenPath, type NestedStep, NestedSteps, withHidden } from './bind-nested-steps.js';
import { HierarchySteps } from './bind-hierarchy-steps.js';
import { nodeMember, ofMember, single } from './bound.js';
import type {
  Aggregate,
  AggregatedValue,
  BoundExpression,
  BoundOrder,
  BoundTransformation,
  Computed,
  GroupKey,
  Instance,
  Member,
} from './bound.js';
import { isNumeric } from './expression/functions.js';
import {
  dynamicProperty,
  nestedProperty,
  structureWith,
  typeOfGroups,
  unionOf,
  variantsOf,
  withPart,
  withProperties,
} from './result-types.js';
import { leveledHierarchy } from '../edm/hierarchies.js';
import { isOrdered, isStructured, nameOf, propertyOf } from './value-types.js';
import { selecting } from './transformation-kinds.js';

const subject = '$apply';

type StructuredInstance = Instance & { readonly type: StructuredType };

function hasProperties(instance: Instance): instance is StructuredInstance {
  return isStructured(instance.type);
}

/** What a sequence of transformations gives: itself, and what stands for its items. */
export interface BoundApply {
  readonly transformations: readonly BoundTransformation[];
  readonly output: Instance;
  /** Paths of what is expanded where the query does not say what is (3.1). */
  readonly expanded: readonly (readonly string[])[];
  /** Names of annotations that it says of its items. */
  readonly annotations: readonly string[];
}

/** Where the items of a sequence come from. */
interface ItemsPlace {
  /** The entity set of those that it begins with; undefined of what is inside of others. */
  readonly root: EntitySet | undefined;
  /** The keys of the groups, each of which is transformed by itself. */
  readonly within?: readonly PropertyPath[];
  /** The set of the nodes that the items are rolled up to. */
  readonly node?: EntitySet;
  /** Whether the same item may be among them several times. */
  readonly repeats?: boolean;
}

/** Binds one sequence of transformations, each to what the one before it gives. */
class ApplyBinder {
  readonly #done: BoundTransformation[] = [];
  #expanded: readonly (readonly string[])[] = [];
  #annotations: readonly string[] = [];
  /** How often each item that it began with may be there by now. */
  #copies = 1;

  /** Whether the same item may be there several times by now. */
  #repeats: boolean;

  /** Whether items of a group may be gone by now. */
  #isReduced = false;
  /** Whether it must be known which groups there were. */
  #needsGroups = false;

  constructor(
    private readonly context: OptionsContext,
    private item: Instance,
    private readonly place: ItemsPlace,
  ) {
    this.#repeats = place.repeats ?? false;
  }

  get #within(): readonly PropertyPath[] {
    return this.place.within ?? [];
  }

  bind(transformations: readonly Transformation[]): BoundApply {
    for (const transformation of transformations) {
      this.context.budget.transform(subject);
      this.#transform(transformation);
    }
    return { transformations: this.#done, output: this.item, expanded: this.#expanded, annotations: this.#annotations };
  }

  /** @param within the keys of the group that `$these` is */
  #expressions(item: Instance = this.item, within = this.#within): ExpressionBinder {
    const rollupNodes = item === this.item ? this.#rollupNodes() : [];
    const about = { subject, current: item, it: this.context.outer ?? item, computed: new Map(), rollupNodes };
    const keys = item === this.item ? within.map((path) => this.#keyPath(path)) : [];
    return new ExpressionBinder({ ...this.context, ...about, these: { kind: 'all', item, keys } });
  }

  #become(type: ItemType): void {
    // A row of a cross join stays one, whatever is added to it.
    const isRow = type?.kind === 'entity' && this.item.joined !== undefined;
    this.item = isRow ? { ...freshItem(this.item), type } : { kind: 'item', type };
  }

  /** The items, where they have properties. */
  #structured(node: Span): StructuredInstance {
    if (hasProperties(this.item)) return this.item;
    throw unbound(subject, node, `${nameOf(single(this.item.type))} has no properties`);
  }

  #transform(node: Transformation): void {
    this.#transformOne(node);
    this.#isReduced ||= reducing.has(node.kind);
    this.#repeats ||= repeating.has(node.kind);
  }

  #transformOne(node: Transformation): void {
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
        this.#aggregate([this.#within], node.items, this.#isReduced);
        break;
      case 'groupby':
        this.#groupby(node);
        break;
      case 'orderby':
        this.#order(node);
        break;
      case 'top':
      case 'skip':
        this.#done.push({
          kind: 'limit',
          item,
          skip: node.kind === 'skip' ? node.count : undefined,
          top: node.kind === 'top' ? node.count : undefined,
          within: this.#keys(),
        });
        break;
      case 'topcount':
      case 'topsum':
      case 'toppercent':
      case 'bottomcount':
      case 'bottomsum':
      case 'bottompercent':
        this.#rank(node, this.#keys());
        break;
      case 'concat':
        this.#concat(node);
        break;
      default:
        this.#transformFurther(node);
    }
  }

  /** The transformations that look at other entities than those that there are. */
  #transformFurther(node: Transformation): void {
    switch (node.kind) {
      case 'ancestors':
      case 'descendants':
        this.#ungrouped(node);
        this.#done.push(this.#hierarchies(node).relatives(node));
        break;
      case 'traverse':
        this.#traverse(node);
        break;
      case 'join':
      case 'outerjoin':
        this.#ofOneStructure(node);
        this.#nested(this.#nestedSteps(node).join(node));
        break;
      case 'nest':
        this.#nest(node);
        break;
      default:
        throw notBuilt(subject, node, node.kind === 'function' ? `the function ${node.name}` : node.kind);
    }
  }

  #hierarchies(node: Span): HierarchySteps {
    const item = this.#structured(node);
    const { root } = this.place;
    return new HierarchySteps({
      item,
      root,
      expressions: (of) => this.#expressions(of),
      order: (of, items) => this.#ordered(items, of),
      sequence: (of, transformations, set) =>
        new ApplyBinder(this.context, of, { root: set }).bind(transformations).transformations,
    });
  }

  #nestedSteps(node: Span): NestedSteps {
    return new NestedSteps({
      item: this.#structured(node),
      expressions: (of) => this.#expressions(of),
      grouped: (of, transformations, { key, root }) => {
        const binder = new ApplyBinder(this.context, of, { root, within: [key], repeats: this.#repeats });
        // Of a group without items too there is what an aggregate gives.
        binder.#isReduced = true;
        const bound = binder.bind(transformations);
        const output = binder.#structured(key);
        if (output.type.kind === 'complex' && output.type.variants !== undefined)
          throw notBuilt(subject, key, 'several structures inside of another');
        refuseReferences(bound, key);
        return { transformations: bound.transformations, output, keepsEmpty: binder.#needsGroups };
      },
    });
  }

  #nested({ step, type }: NestedStep): void {
    this.#done.push(step);
    this.#become(type);
  }

  #ofOneStructure(node: Span & { readonly kind: string }): void {
    const { type } = this.item;
    if (type?.kind === 'complex' && type.variants !== undefined)
      throw notBuilt(subject, node, `${node.kind} of items of several structures`);
  }

  // Data Aggregation 3.4.3 and 3.5.2
  #nest(node: NestTransformation): void {
    if (node.path !== undefined) {
      this.#ofOneStructure(node);
      this.#nested(this.#nestedSteps(node).addNested(node, node.path));
      return;
    }
    if (this.#within.length > 0) return this.#nestGroups(node);
    const properties = new Map<string, Property>();
    const sequences = node.items.map(({ alias, apply, ...place }) => {
      this.#free(alias, place);
      if (properties.has(alias)) throw unbound(subject, place, `the name '${alias}' is taken`);
      const { root } = this.place;
      const inner = new ApplyBinder(this.context, this.item, { root, repeats: this.#repeats }).bind(apply);
      const { transformations, output } = inner;
      refuseReferences(inner, place);
      properties.set(alias, nestedProperty(alias, output.type, true));
      return { alias, transformations };
    });
    this.#nested({ step: { kind: 'nest', sequences }, type: structureWith(properties) });
  }

  #nestGroups(node: NestTransformation): void {
    const keys = this.#keys();
    const keepsEmpty = this.#isReduced;
    this.#needsGroups ||= keepsEmpty;
    const { nested, properties } = this.#nestedSteps(node).ofGroups(node, this.place.root);
    const { item } = this;
    this.#expand(keys, node);
    this.#done.push({ kind: 'nestGroups', item, keys, nested, keepsEmpty });
    this.#become(withProperties(typeOfGroups(keys, [], item.type), properties));
  }

  #ungrouped(node: Span & { readonly kind: string }): void {
    if (this.#within.length > 0) throw notBuilt(subject, node, `${node.kind} of each group`);
  }

  #traverse(node: TraverseTransformation): void {
    this.#ungrouped(node);
    this.#ofOneStructure(node);
    const { type } = this.#structured(node);
    const hierarchies = this.#hierarchies(node);
    const step = hierarchies.traverse(node);
    this.#done.push(step);
    if (step.upPath !== undefined) this.#annotations = [...this.#annotations, step.upPath];
    const relation = hierarchies.relation(step.hierarchy, node.hierarchy.property);
    if (type.kind === 'entity' && relation.kind === 'referred') this.#expanded = [...this.#expanded, relation.path];
    const { injected, hierarchy } = step;
    if (type.kind === 'complex' && injected !== undefined)
      this.#become(withPart(type, injected.path, hierarchy.target.type.properties));
  }

  #order({ items }: Transformation & { kind: 'orderby' }): void {
    this.#done.push({ kind: 'order', item: this.item, order: this.#ordered(items) });
  }

  #ordered(items: readonly OrderbyItem[], of: Instance = this.item): readonly BoundOrder[] {
    return items.flatMap(({ expression, descending }) => orderTerms(this.#single(expression, of), descending));
  }

  /** An expression that is a single primitive value. */
  #single(node: Expression, of: Instance = this.item, within = this.#within): BoundExpression {
    const bound = this.#expressions(of, within).expression(node);
    const { item, collection } = bound.type;
    if (!collection && item?.kind !== 'complex' && item?.kind !== 'entity') return bound;
    throw unbound(subject, node, `${nameOf(bound.type)} is no single primitive value`);
  }

  #free(name: string, node: Span): void {
    if (!isStructured(this.item.type) || propertyOf(this.item.type, name) === undefined) return;
    throw unbound(subject, node, `the name '${name}' is taken`);
  }

  #compute({ items, ...node }: Transformation & { kind: 'compute' }): void {
    const { type } = this.#structured(node);
    const computed: Computed[] = [];
    const added = new Map<string, Property>();
    for (const one of items) {
      this.#free(one.alias, one);
      if (added.has(one.alias)) throw unbound(subject, one, `the name '${one.alias}' is taken`);
      const expression = this.#single(one.expression);
      computed.push({ name: one.alias, expression });
      added.set(one.alias, dynamicProperty(one.alias, expression.type.item));
    }
    this.#done.push({ kind: 'compute', item: this.item, computed });
    this.#become(withProperties(type, added));
  }

  /** The keys of the groups, of the items as they are now. */
  #keys(): readonly GroupKey[] {
    return this.#within.map((path) => this.#key(path));
  }

  /** 3.2.1.5: values that are aggregated by different groups on the way, each kind by itself. */
  #together(keys: readonly PropertyPath[], items: readonly AggregateItem[], isReduced: boolean): void {
    const kinds = new Map<string, AggregateItem[]>();
    for (const item of items) kinds.set(namesOf(item.from), [...(kinds.get(namesOf(item.from)) ?? []), item]);
    const added = new Map<string, Property>();
    let first: ItemType;
    const sequences = [...kinds.values()].map((some) => {
      const binder = new ApplyBinder(this.context, this.item, { ...this.place, repeats: this.#repeats });
      binder.#aggregate([keys], some, isReduced);
      const { type } = binder.#structured(some[0] ?? { start: 0, end: 0 });
      const names = some.flatMap(({ alias }) => alias ?? []);
      for (const [at, name] of names.entries()) {
        if (added.has(name)) throw unbound(subject, some[at] ?? { start: 0, end: 0 }, `the name '${name}' is taken`);
        const property = type.properties.get(name);
        if (property !== undefined) added.set(name, property);
      }
      first ??= type;
      this.#needsGroups ||= binder.#needsGroups;
      return { transformations: binder.#done, names };
    });
    this.#expand(
      keys.map((path) => this.#key(path)),
      keys[0],
    );
    this.#done.push({ kind: 'together', sequences });
    this.#become(isStructured(first) ? withProperties(first, added) : first);
  }

  /** @param sets of keys, for each of which there are groups */
  #aggregate(sets: readonly (readonly PropertyPath[])[], items: readonly AggregateItem[], isReduced = false): void {
    const [keys = []] = sets;
    const from = items[0]?.from ?? [];
    if (items.some((item) => namesOf(item.from) !== namesOf(from))) return this.#together(keys, items, isReduced);
    let aggregates = items.map((item, index): Aggregate => {
      if (item.alias === undefined) throw unbound(subject, item, "an aggregated value needs a name: 'as' and an alias");
      const name = from.length === 0 ? item.alias : between(index);
      return { name, ...this.#aggregated(item, keys) };
    });
    // 3.2.1.5: what is aggregated first is grouped by all, then by fewer.
    for (const [level] of from.entries()) {
      this.#group([[...keys, ...from.slice(level).flatMap(({ properties }) => properties)]], aggregates, items[0]);
      aggregates = items.map((item, index): Aggregate => {
        const name = level === from.length - 1 ? (item.alias ?? '') : between(index);
        return { name, ...this.#aggregated(ofBetween(item, level, index), keys) };
      });
    }
    this.#group(sets, aggregates, items[0], isReduced);
  }

  #aggregated(node: AggregateItem, keys: readonly PropertyPath[]): AggregatedValue {
    const { item } = this;
    const bind = (expression: Expression): BoundExpression => this.#single(expression, item, keys);
    return bindAggregated(node, { binder: this.#expressions(item, keys), item, repeats: this.#repeats, bind });
  }

  #group(
    sets: readonly (readonly PropertyPath[])[],
    aggregates: readonly Aggregate[],
    node: Span | undefined,
    isReduced = false,
  ): void {
    // The same key is the same in each set.
    const bound = new Map([...new Set(sets.flat())].map((path) => [path, this.#key(path)]));
    const groupings = sets.map((paths) => paths.flatMap((path) => bound.get(path) ?? []));
    this.#expand([...bound.values()], sets[0]?.[0]);
    const followed = aggregates.filter(({ reached }) => reached !== undefined);
    this.context.budget.follow(followed.length * (groupings.length - 1), subject);
    const names = aggregates.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    const key = groupings[0]?.map(({ path }) => path[0]).find((name) => name !== undefined && names.includes(name));
    const taken = twice ?? key;
    if (taken !== undefined && node !== undefined) throw unbound(subject, node, `the name '${taken}' is taken`);
    const keepsEmpty = isReduced && this.#within.length > 0 ? { keepsEmpty: true } : {};
    this.#needsGroups ||= 'keepsEmpty' in keepsEmpty;
    const { item } = this;
    this.#done.push({ kind: 'aggregate', item, groupings, aggregates, ...keepsEmpty });
    this.#become(unionOf(groupings.map((keys) => typeOfGroups(keys, aggregates, item.type))));
  }

  /** 3.2.3.1: what items are grouped by is expanded where nothing else is, if it is what they refer to. */
  #expand(keys: readonly GroupKey[], node: Span | undefined): void {
    const references = keys.filter(({ reference }) => reference !== undefined);
    if (references.length > 0 && node !== undefined && this.item.joined !== undefined)
      throw notBuilt(subject, node, 'to group rows of a cross join by a reference');
    this.#expanded = [...this.#expanded, ...references.map(({ path }) => path)];
  }

  /** The node that the items are below, where they are rolled up. */
  #rollupNodes(): readonly Member[] {
    const { item } = this;
    const { node } = this.place;
    if (node === undefined || !hasProperties(item) || propertyOf(item.type, nodeMember) === undefined) return [];
    const type = single(node.type);
    const link: Member = { kind: 'member', instance: item, path: [nodeMember], type };
    const instance: Instance = { kind: 'item', type: node.type, reference: { link, target: node } };
    return [{ kind: 'member', instance, path: [], type }];
  }

  /** 6.3: what is transformed are the items at each node and below, by the node and the other keys. */
  #rollUp(element: RecursiveRollup, { elements, apply }: Transformation & { kind: 'groupby' }): void {
    this.#ungrouped(element);
    this.#ofOneStructure(element);
    const others = elements.filter((one) => one !== element);
    const again = others.find(({ kind }) => kind === 'rolluprecursive');
    if (again !== undefined) throw notBuilt(subject, again, 'a second rolluprecursive');
    const item = this.#structured(element);
    const hierarchies = this.#hierarchies(element);
    const hierarchy = hierarchies.hierarchy(element.hierarchy);
    const value = hierarchies.value(hierarchy, element.hierarchy.property);
    const start = element.apply.length === 0 ? undefined : hierarchies.nodes(hierarchy, element.apply);
    const below: StructuredInstance = { kind: 'item', type: withHidden(item.type, [ofMember, nodeMember]) };
    const hidden = [ofMember, nodeMember].map((name) => hiddenPath(name, element));
    const binder = new ApplyBinder(this.context, below, {
      root: this.place.root,
      within: hidden,
      node: hierarchy.target,
      repeats: this.#repeats,
    });
    // A node is there whether items are or not, unless they are grouped by something else, too.
    binder.#isReduced = others.length === 0;
    if (others.length > 0)
      binder.#groupby({ kind: 'groupby', elements: others, apply, start: element.start, end: element.end });
    else if (apply.length === 0) binder.#aggregate([hidden], []);
    const { transformations, output } = binder.bind(others.length > 0 ? [] : apply);
    this.#expanded = [...this.#expanded, ...binder.#expanded];
    if (output.type?.kind !== 'complex')
      throw notBuilt(subject, element, 'rolluprecursive without an aggregation of what is below each node');
    const injected = hierarchies.injected(hierarchy, element.hierarchy.property);
    const keepsEmpty = others.length === 0 && binder.#needsGroups;
    const keys = hidden.map(({ segments: [segment] }, at): GroupKey => {
      const type = single(at === 0 ? Edm.Int64 : Edm.String);
      const name = segment?.name ?? '';
      return { path: [name], value: { kind: 'member', instance: below, path: [name], type } };
    });
    this.#done.push({
      kind: 'rollUp',
      ...{ item, hierarchy, value, start, below, keys, transformations, keepsEmpty, injected },
    });
    this.#become(hierarchies.withNode(output.type, hierarchy, injected));
  }

  #groupby(node: Transformation & { kind: 'groupby' }): void {
    const { elements, apply } = node;
    const recursive = elements.find((one) => one.kind === 'rolluprecursive');
    if (recursive !== undefined) return this.#rollUp(recursive, node);
    const sets = this.#groupings(elements);
    const [inner, ...others] = apply;
    const isOne = inner?.kind === 'aggregate' && others.length === 0;
    const isNested = isOne && inner.items.some(({ from }) => from.length > 0);
    if (inner === undefined) this.#aggregate(sets, []);
    else if (isOne && (sets.length === 1 || !(isNested || speaksOfThese(inner.items))))
      this.#aggregate(sets, inner.items);
    else {
      const keys = [...new Set(sets.flat())].map((path) => this.#key(path));
      this.#expand(keys, node);
      this.#sequences(sets.map((within) => ({ sequence: apply, within })));
    }
  }

  /** The sets of keys: for each rollup its levels, all of them first, then fewer. */
  #groupings(elements: readonly GroupbyElement[]): readonly (readonly PropertyPath[])[] {
    let sets: readonly (readonly PropertyPath[])[] = [this.#within];
    for (const element of elements) {
      if (element.kind === 'rolluprecursive') continue;
      const keys = element.kind === 'rollup' ? this.#levels(element) : [element];
      const least = element.kind === 'propertyPath' ? keys.length : element.all ? 0 : 1;
      const options = Array.from({ length: keys.length - least + 1 }, (_, left) => keys.slice(0, keys.length - left));
      sets = sets.flatMap((set) => options.map((option) => [...set, ...option]));
    }
    return sets.map(withoutParts);
  }

  /** The levels of a rollup: 5.5.1 and 3.2.3.2, those of a hierarchy of the type where it is named. */
  #levels({ levels, all, ...node }: Rollup): readonly PropertyPath[] {
    const [only, ...others] = levels;
    const [name, ...rest] = only?.segments ?? [];
    const isName = !all && others.length === 0 && rest.length === 0 && name?.qualified === false;
    const paths =
      isName && this.place.root !== undefined ? leveledHierarchy(this.place.root.type, name.name) : undefined;
    if (paths === undefined) return levels;
    const { start, end } = node;
    return paths.map((path) => {
      const segments = path.split('/').map((one) => ({
        kind: 'name' as const,
        ...{ name: one, qualified: one.includes('.'), start, end },
      }));
      return { kind: 'propertyPath', segments, start, end };
    });
  }

  #key(path: PropertyPath): GroupKey {
    return { path: propertyNamesOf(path), ...this.#groupable(path) };
  }

  /** 3.2.3.1: grouping properties are single. */
  #groupable(path: PropertyPath): Omit<GroupKey, 'path'> {
    const node = this.#keyPath(path);
    const bound = this.#expressions().expression(node);
    const { item, collection } = bound.type;
    if (collection || !isStructured(item)) return { value: this.#single(node) };
    const value = groupable(bound);
    if (value === undefined) throw notBuilt(subject, path, 'to group by an entity that is inside of another');
    return value;
  }

  #keyPath(path: PropertyPath): PathExpression {
    const { type } = this.item;
    // What a query made has no casts any more.
    const isMade =
      isStructured(type) && type.qualifiedName === '' && type.navigation?.has(path.segments[0]?.name ?? '') !== true;
    const segments = isMade ? path.segments.filter(({ qualified }) => !qualified) : path.segments;
    return { ...path, kind: 'path', root: undefined, segments };
  }

  #rank(node: RankNode, within: readonly GroupKey[]): void {
    const quantity = this.#single(node.quantity);
    const by = addend(this.#single(node.by));
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
    if (value === undefined) {
      if (isOfAll(quantity, this.item) === true) return;
      throw unbound(subject, node, 'how much to keep must be a literal, or said of $these');
    }
    if (kind.endsWith('count') && !(Number.isInteger(value) && value > 0))
      throw unbound(subject, node, `${kind} keeps a positive integer of items`);
    if (kind.endsWith('percent') && !(value > 0 && value <= 100))
      throw unbound(subject, node, `${kind} keeps more than 0 and at most 100 percent`);
    if (Number.isNaN(value)) throw unbound(subject, node, `${kind} keeps a number`);
  }

  #concat(node: Transformation & { kind: 'concat' }): void {
    this.#sequences(
      node.sequences.map((sequence) => ({ sequence, within: this.#within })),
      node,
    );
  }

  /** What each of some sequences gives, one after the other; those of other groups than these by their groups. */
  #sequences(
    given: readonly { readonly sequence: readonly Transformation[]; readonly within: readonly PropertyPath[] }[],
    node?: Span,
  ): void {
    const binders = given.map(({ sequence, within }) => ({
      sequence,
      binder: new ApplyBinder(this.context, this.item, { ...this.place, within, repeats: this.#repeats }),
    }));
    const bound = binders.map(({ sequence, binder }) => this.#grouped(binder, sequence));
    this.#copies *= binders.reduce((sum, { binder }) => sum + binder.#copies, 0);
    this.context.budget.copy(this.#copies, subject);
    const [first, ...types] = bound.map(({ output }) => output.type);
    const areAlike = types.every((type) => type === first);
    const structures = [first, ...types].filter(isStructured);
    const where = node ?? { start: 0, end: 0 };
    if (!areAlike && structures.length < bound.length)
      throw unbound(subject, where, 'primitive values and structures cannot come together');
    let count = 0;
    const sequences = bound.map(({ transformations }, at) => {
      const type = structures[at];
      if (areAlike || type === undefined) return { transformations };
      const variants = variantsOf(type);
      const place = { variant: count, isUnion: variants[0] !== type };
      count += variants.length;
      return { transformations, ...place };
    });
    // Sequences behind each other would double them.
    if (!areAlike && count > mostVariants)
      throw unbound(subject, where, `at most ${mostVariants} different structures can come together`);
    const [only, ...others] = bound;
    if (only !== undefined && others.length === 0) this.#done.push(...only.transformations);
    else this.#done.push({ kind: 'concat', sequences });
    this.#expanded = [...this.#expanded, ...bound.flatMap(({ expanded }) => expanded)];
    this.#annotations = [...this.#annotations, ...bound.flatMap(({ annotations }) => annotations)];
    this.#become(areAlike ? first : unionOf(structures));
  }

  #grouped(binder: ApplyBinder, sequence: readonly Transformation[]): BoundApply {
    const { item } = binder;
    const keys = binder.#keys();
    const isSame = binder.#within === this.#within;
    binder.#isReduced = isSame && this.#isReduced;
    const bound = binder.bind(sequence);
    if (isSame) this.#needsGroups ||= binder.#needsGroups;
    if (isSame || !binder.#needsGroups) return bound;
    return { ...bound, transformations: [{ kind: 'groups', item, keys, transformations: bound.transformations }] };
  }
}

/**
 * Whether a value says something of all items and nothing of one (Data Aggregation 3.3.1); undefined where it says nothing
 * of either.
 */
function isOfAll(value: unknown, item: Instance): boolean | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { kind, instance } = value as Readonly<Record<string, unknown>>;
  if (kind === 'these') return true;
  const own: readonly unknown[] = [item, ...(item.joined?.values() ?? [])];
  if (kind === 'member') return own.includes(instance) ? false : undefined;
  // Types lead into the model, which has cycles.
  const inner = Object.entries(value).filter(([name]) => name !== 'type');
  const parts = inner.map(([, one]) => isOfAll(one, item));
  return parts.includes(false) ? false : parts.includes(true) ? true : undefined;
}

/** Whether expressions say something of their group as a whole. */
function speaksOfThese(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return (value as { kind?: unknown }).kind === 'these' || Object.values(value).some(speaksOfThese);
}

/** What a value is called that is aggregated once more: no text of a client can be it. */
function between(index: number): string {
  return `#${index}`;
}

/** 3.2.3.1: what groups inside of something refer to would be expanded there. */
function refuseReferences({ output, expanded }: BoundApply, node: Span): void {
  if (output.type?.kind === 'complex' && expanded.length > 0)
    throw notBuilt(subject, node, 'to group by a reference inside of something');
}

/** Paths but those to what is inside of others of them, which say nothing more (3.2.3.1). */
function withoutParts(paths: readonly PropertyPath[]): readonly PropertyPath[] {
  const all = paths.map(propertyNamesOf);
  const isPart = (names: readonly string[]): boolean =>
    all.some((one) => one.length < names.length && one.every((name, at) => name === names[at]));
  return paths.filter((_, at) => !isPart(all[at] ?? []));
}

/** The paths of a list of `from`, for comparison. */
function namesOf(from: AggregateItem['from']): string {
  return JSON.stringify(
    from.map(({ properties }) => properties.map(({ segments }) => segments.map(({ name }) => name))),
  );
}

/** The value that one level of `from` has given, as the next one aggregates it. */
function ofBetween(item: AggregateItem, level: number, index: number): AggregateItem {
  const { start, end } = item;
  const segment = { kind: 'name' as const, name: between(index), qualified: false, start, end };
  const expression = { kind: 'path' as const, root: undefined, segments: [segment], start, end };
  return { ...item, expression, method: item.from[level]?.method };
}

/** Transformations that may leave no item of those that there were. */
const reducing: ReadonlySet<Transformation['kind']> = new Set([...selecting, 'traverse', 'join', 'groupby']);

/** Transformations after which the same item may be there several times. */
const repeating: ReadonlySet<Transformation['kind']> = new Set(['concat', 'join', 'outerjoin', 'traverse']);

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
 * Binds `$apply` (OData Data Aggregation 4.0) to the entities of a set, or to the items of a collection.
 * @param root the set of those; undefined of what is inside of something
 * @throws ODataError 400 for what the model gives no meaning to, 501 for transformations that are not built
 */
export function bindApply(
  context: OptionsContext,
  { root, item }: { readonly root: EntitySet | undefined; readonly item: Instance },
  transformations: readonly Transformation[],
): BoundApply {
  return new ApplyBinder(context, item, { root }).bind(transformations);
}
