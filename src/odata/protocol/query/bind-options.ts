import type { ComplexType, EntityType, NavigationProperty, Property, StructuredType } from '../edm/model.js';
import { mayHaveMedia, streamIn } from '../edm/streams.js';
import { operationsOn, takes } from '../edm/operations.js';
import type {
  AnnotationSegment,
  ExpandItem,
  OperationsSegment,
  OverloadSegment,
  Query,
  SelectItem,
  Span,
} from '../uri/syntax-tree.js';
import { termName } from './expression/bind-annotation.js';
import { bindApply } from './bind-apply.js';
import type { BindingContext, ComputedExpression } from './expression/binding.js';
import { ExpressionBinder } from './expression/bind-expression.js';
import { orderTerms } from './expression/dynamic-values.js';
import { bindSearch } from './bind-search.js';
import { notBuilt, unbound } from './binding-error.js';
import type { OptionsContext } from './options-context.js';
import { plainShape, single, withExpanded } from './bound.js';
import type { BoundOrder, CollectionQuery, Computed, Expanded, Instance, Member, Shape, Shaped } from './bound.js';
import { didYouMean } from './nearest.js';
import {
  derivesFrom,
  findType,
  instanceOf,
  isOrdered,
  isStructured,
  nameOf,
  narrowed,
  propertyNames,
  propertyOf,
} from './value-types.js';

/** The depth to which `$levels=max` goes. */
const mostLevels = 5;

type StructuredInstance = Instance & { readonly type: StructuredType };

function hasProperties(instance: Instance): instance is StructuredInstance {
  return isStructured(instance.type);
}

interface MutableShape {
  select: Map<string, Shaped> | undefined;
  expand: Map<string, Expanded>;
  inside?: Map<string, Shaped>;
  computed: Computed[];
  dynamic: string[];
  operations?: string[];
  selected?: string[];
  instance: Instance;
}

/** Binds the options of one collection or structured value; those nested in it by binders of their own. */
class OptionsBinder {
  readonly #computed = new Map<string, ComputedExpression>();

  constructor(
    private readonly context: OptionsContext,
    private readonly instance: Instance,
    private readonly query: Query,
    /** Option that these stand in, for messages; absent at the top. */
    private readonly inside?: string,
  ) {
    for (const { expression, alias, ...node } of query.compute ?? []) {
      const before = context.budget.spent;
      const bound = this.#expressions('$compute').expression(expression);
      if (bound.type.collection || bound.type.item?.kind === 'complex' || bound.type.item?.kind === 'entity') {
        throw unbound(this.#subject('$compute'), node, 'only single primitive values can be computed');
      }
      const taken = hasProperties(instance) && propertyOf(instance.type, alias) !== undefined;
      if (taken || this.#computed.has(alias))
        throw unbound(this.#subject('$compute'), node, `the name '${alias}' is taken`);
      this.#computed.set(alias, { expression: bound, cost: context.budget.spent - before });
    }
  }

  #subject(option: string): string {
    return this.inside ?? option;
  }

  #expressions(option: string): ExpressionBinder {
    const context: BindingContext = {
      ...this.context,
      aliases: new Map([...this.context.aliases, ...(this.query.aliases ?? [])]),
      subject: this.#subject(option),
      current: this.instance,
      computed: this.#computed,
      these: this.context.hasThese === true ? { kind: 'all', item: this.instance, keys: [] } : undefined,
    };
    return new ExpressionBinder(context);
  }

  collection(): CollectionQuery {
    const { filter, search, orderby, skip, top, count } = this.query;
    return {
      item: this.instance,
      filters: filter === undefined ? [] : [this.#expressions('$filter').predicate(filter)],
      search: search === undefined ? undefined : bindSearch(search, this.instance),
      order: (orderby ?? []).flatMap((item): readonly BoundOrder[] => {
        const expression = this.#expressions('$orderby').expression(item.expression);
        if (!isOrdered(expression.type)) {
          throw unbound(this.#subject('$orderby'), item, `${nameOf(expression.type)} has no order`);
        }
        return orderTerms(expression, item.descending);
      }),
      skip,
      top,
      count: count ?? false,
    };
  }

  shape(): Shape {
    const { select, expand } = this.query;
    const computed = [...this.#computed].map(([name, { expression }]) => ({ name, expression }));
    const shape: MutableShape = {
      select: undefined,
      expand: new Map(),
      computed,
      dynamic: [],
      instance: this.instance,
    };
    if (hasProperties(this.instance)) {
      if (select !== undefined) this.#select(select, shape, this.instance);
      for (const item of expand ?? []) this.#expand(item, shape, this.instance);
    } else if (select !== undefined || expand !== undefined) {
      const [node] = [...(select ?? []), ...(expand ?? [])];
      throw unbound(this.#subject('$select'), node ?? { start: 0, end: 0 }, 'a primitive value has no properties');
    }
    return shape;
  }

  // ---------------------------------------------------------------------------------------------------- $select

  #select(items: readonly SelectItem[], shape: MutableShape, instance: StructuredInstance): void {
    const selected = new Map<string, Shaped>();
    const names = new Set<string>();
    let all = false;
    for (const item of items) {
      const [first] = item.path;
      if (first?.kind === 'star') all = true;
      else if (first?.kind === 'operations' || first?.kind === 'overload') {
        (shape.operations ??= []).push(...this.#operations(first, instance.type));
      } else this.#selectPath(item, { selected, names, instance, shape });
    }
    shape.computed = shape.computed.filter(({ name }) => all || names.has(name));
    if (!all) shape.select = selected;
  }

  /** 5.1.4: operations that are bound to the type, or an overload of one. */
  #operations(segment: OperationsSegment | OverloadSegment, type: StructuredType): readonly string[] {
    const { model } = this.context;
    const all = operationsOn(model, { type, collection: false });
    const names =
      segment.kind === 'operations'
        ? all.filter(() => segment.namespace === model.namespace)
        : all.filter(
            (one) =>
              (one.qualifiedName === segment.name || one.name === segment.name) &&
              takes(one, new Set(segment.parameters)),
          );
    if (names.length > 0) return names.map(({ qualifiedName }) => qualifiedName);
    const what = segment.kind === 'operations' ? `${segment.namespace}.*` : segment.name;
    throw unbound(this.#subject('$select'), segment, `no operation '${what}' is bound to ${type.qualifiedName}`);
  }

  #selectPath(
    item: SelectItem,
    {
      selected,
      names,
      instance,
      shape,
    }: { selected: Map<string, Shaped>; names: Set<string>; instance: StructuredInstance; shape: MutableShape },
  ): void {
    let { type }: { type: StructuredType } = instance;
    const path = [...item.path];
    let [segment] = path;
    if (path.length === 1 && this.#selectOperation(segment, type, shape)) return;
    if (segment?.kind === 'name' && segment.qualified) {
      type = this.#cast(type, segment.name, segment, '$select');
      path.shift();
      [segment] = path;
    }
    if (segment === undefined) return;
    if (segment.kind === 'annotation') {
      (shape.selected ??= []).push(this.#carried(segment, type, item));
      return;
    }
    if (segment.kind !== 'name') throw unbound(this.#subject('$select'), segment, "'*' stands alone");
    const { name } = segment;
    if (this.#computed.has(name) && path.length === 1) {
      names.add(name);
      return;
    }
    const property = propertyOf(type, name);
    const stream = streamIn(type, name);
    if (stream !== undefined) {
      if (path.length > 1) throw unbound(this.#subject('$select'), item, `'${name}' is a stream: it has no properties`);
      // What is known of it, and where it is (Protocol 11.2.5.1).
      selected.set(name, { property: stream as never, shape: undefined, query: undefined });
      return;
    }
    if (property === undefined) {
      if (!type.open) throw this.#noProperty(segment, type, name, '$select');
      shape.dynamic.push(name);
      return;
    }
    if (property.kind === 'navigation') {
      if (path.length > 1)
        throw unbound(this.#subject('$select'), item, `use $expand to select properties of '${name}'`);
      // 5.1.4: the navigation link.
      selected.set(name, { property: property as never, shape: undefined, query: undefined });
      return;
    }
    selected.set(name, this.#merged(selected.get(name), this.#shaped(property, path.slice(1), item)));
  }

  /** Whether the name of an operation is selected, where no property has it. */
  #selectOperation(
    segment: SelectItem['path'][number] | undefined,
    type: StructuredType,
    shape: MutableShape,
  ): boolean {
    if (segment?.kind !== 'name' || propertyOf(type, segment.name) !== undefined) return false;
    const { name } = segment;
    const called = operationsOn(this.context.model, { type, collection: false }).filter(
      (one) => one.qualifiedName === name || one.name === name,
    );
    if (called.length > 0) (shape.operations ??= []).push(...called.map(({ qualifiedName }) => qualifiedName));
    return called.length > 0;
  }

  /** The name of an annotation that entities of a type, or of one derived from it, may carry. */
  #carried(segment: AnnotationSegment, type: StructuredType, { path, options }: SelectItem): string {
    const name = `@${termName(this.context.model, segment)}`;
    const names = [type, ...type.derived].flatMap((one) =>
      one.kind === 'entity' ? [...(one.carries?.keys() ?? [])] : [],
    );
    if (path.at(-1) !== segment || Object.keys(options).length > 0)
      throw unbound(this.#subject('$select'), segment, 'an annotation is selected as a whole');
    if (names.includes(name)) return name;
    const what = `entities of ${type.qualifiedName} carry no annotation '${name}'`;
    throw unbound(this.#subject('$select'), segment, `${what}${didYouMean(name, names)}`);
  }

  /** `a,a/b` selects all of `a`, whatever the order; `a/b,a/c` both of its parts. */
  #merged(known: Shaped | undefined, next: Shaped): Shaped {
    if (known === undefined) return next;
    if (known.shape?.select === undefined || next.shape?.select === undefined) {
      return known.shape?.select === undefined ? known : next;
    }
    const select = new Map(known.shape.select);
    for (const [name, shaped] of next.shape.select) select.set(name, this.#merged(select.get(name), shaped));
    return { ...known, shape: { ...known.shape, select } };
  }

  #shaped(property: Property, rest: SelectItem['path'], item: SelectItem): Shaped {
    if (rest.length === 0) {
      if (Object.keys(item.options).length === 0) return { property, shape: undefined, query: undefined };
      const filtered = ['filter', 'search'].find((name) => Object.hasOwn(item.options, name));
      if (!property.collection && filtered !== undefined) {
        throw unbound(
          this.#subject('$select'),
          item,
          `'${property.name}' is no collection: $${filtered} has no meaning for it`,
        );
      }
      const isCollection = this.#collectionOptions(item.options, property, item);
      const { collection, shape } = this.#nested(property, item.options, { type: property.type, option: '$select' });
      const isShaped = hasProperties(collection.item);
      return { property, shape: isShaped ? shape() : undefined, query: isCollection ? collection : undefined };
    }
    if (property.type.kind !== 'complex') {
      throw unbound(this.#subject('$select'), item, `'${property.name}' has no properties to select`);
    }
    const inner: Query = { select: [{ ...item, path: rest }] };
    const instance: Instance = { kind: 'item', type: property.type };
    const shape = new OptionsBinder(this.context, instance, inner, '$select').shape();
    return { property, shape, query: undefined };
  }

  /**
   * The options of a collection, or of a single value, in it. Data Aggregation 3.8: `$apply` is evaluated first, and the
   * others on what it gives.
   */
  #nested(
    property: Property | NavigationProperty,
    { apply, ...others }: Query,
    { type, option }: { readonly type: Property['type'] | NavigationProperty['type']; readonly option: string },
  ): { readonly collection: CollectionQuery; readonly shape: () => Shape } {
    const context = this.#inside(property);
    const item: Instance = { kind: 'item', type };
    const isCast = type !== property.type && isStructured(type);
    const whole: Member = { kind: 'member', instance: item, path: [], type: single(property.type) };
    const filters = isCast ? [instanceOf(whole, type)] : [];
    if (apply === undefined) {
      const binder = new OptionsBinder(context, item, others, option);
      const collection = binder.collection();
      return {
        collection: { ...collection, filters: [...filters, ...collection.filters] },
        shape: () => binder.shape(),
      };
    }
    const root = property.kind === 'navigation' ? property.target : undefined;
    const aliases = new Map([...context.aliases, ...(others.aliases ?? [])]);
    const { transformations, output, expanded, annotations } = bindApply(
      { ...context, aliases, outer: context.it },
      { root, item },
      apply,
    );
    const binder = new OptionsBinder(context, output, others, option);
    const isShown = others.expand !== undefined || expanded.length === 0;
    const shape = (): Shape => {
      const asked = binder.shape();
      return { ...(isShown ? asked : withExpanded(asked, expanded)), annotations };
    };
    return { collection: { ...binder.collection(), applied: { item, filters, transformations } }, shape };
  }

  // ---------------------------------------------------------------------------------------------------- $expand

  #expand(item: ExpandItem, shape: MutableShape, instance: StructuredInstance): void {
    const { path, suffix } = item;
    let { type }: { type: StructuredType } = instance;
    if (suffix === '$value') {
      if (mayHaveMedia(type)) throw notBuilt(this.#subject('$expand'), item, 'the content of a stream in JSON');
      throw unbound(this.#subject('$expand'), item, `${type.qualifiedName} is no media entity`);
    }
    const segments = [...path];
    while (segments[0]?.kind === 'name' && segments[0].qualified) {
      type = this.#cast(type, segments[0].name, segments[0], '$expand');
      segments.shift();
    }
    const [first, ...others] = segments;
    if (first?.kind === 'annotation')
      throw unbound(this.#subject('$expand'), first, `'@${first.name}' has no entities to expand`);
    const complex = first?.kind === 'name' ? type.properties.get(first.name) : undefined;
    if (complex?.type.kind === 'complex' && others.length > 0) {
      this.#expandInside(complex, { ...item, path: others }, shape);
      return;
    }
    const [cast, ...beyond] = others;
    if (cast !== undefined && (beyond.length > 0 || cast.kind !== 'name' || !cast.qualified))
      throw notBuilt(this.#subject('$expand'), item, 'a path behind a navigation property in $expand');
    if (first?.kind === 'star') {
      if (cast !== undefined) throw unbound(this.#subject('$expand'), cast, "'*' cannot be cast");
      if (suffix === '$count') throw unbound(this.#subject('$expand'), item, "'*' cannot be counted");
      for (const navigation of type.navigation?.values() ?? []) {
        if (!shape.expand.has(navigation.name)) this.#expandOne(navigation, item, { shape, type: navigation.type });
      }
      return;
    }
    if (first === undefined) return;
    if (streamIn(type, first.name) !== undefined)
      throw notBuilt(this.#subject('$expand'), first, 'the content of a stream in JSON');
    const navigation = type.navigation?.get(first.name);
    if (navigation === undefined) {
      const known = type.navigation?.keys() ?? [];
      throw unbound(
        this.#subject('$expand'),
        first,
        `the type ${type.qualifiedName} has no navigation property '${first.name}'${didYouMean(first.name, known)}`,
      );
    }
    if (shape.expand.has(navigation.name))
      throw unbound(this.#subject('$expand'), first, `'${first.name}' stands twice`);
    const narrow = cast?.kind === 'name' ? this.#cast(navigation.type, cast.name, cast, '$expand') : undefined;
    this.#expandOne(navigation, item, { shape, type: narrow ?? navigation.type });
  }

  /**
   * 5.1.3: what a complex value refers to. Where only some properties are selected, and not that one, it carries nothing
   * else.
   */
  #expandInside(property: Property, item: ExpandItem, shape: MutableShape): void {
    const { name } = property;
    const places = shape.select ?? (shape.inside ??= new Map<string, Shaped>());
    const known = places.get(name);
    const instance: Instance = known?.shape?.instance ?? { kind: 'item', type: property.type };
    const isAlone = known === undefined && shape.select !== undefined;
    const bare: Shape = { ...plainShape(instance), ...(isAlone ? { select: new Map() } : {}) };
    const { select, expand, inside, computed, dynamic, operations } = known?.shape ?? bare;
    const inner: MutableShape = {
      select: select && new Map(select),
      expand: new Map(expand),
      ...(inside && { inside: new Map(inside) }),
      computed: [...computed],
      dynamic: [...dynamic],
      ...(operations && { operations: [...operations] }),
      instance,
    };
    if (hasProperties(instance)) this.#expand(item, inner, instance);
    places.set(name, { property, shape: inner, query: known?.query });
  }

  /** @param type of the entities that are expanded: that of the property, or one derived from it, and no others (5.1.3) */
  #expandOne(
    navigation: NavigationProperty,
    item: ExpandItem,
    { shape, type }: { readonly shape: MutableShape; readonly type: StructuredType },
  ): void {
    const { suffix, options } = item;
    const only = suffix === '$ref' ? 'ref' : suffix === '$count' ? 'count' : undefined;
    if (only === 'count' && !navigation.collection)
      throw unbound(this.#subject('$expand'), item, `'${navigation.name}' is no collection`);
    const shaping = ['select', 'expand', 'compute', 'levels', 'apply'].find((name) => Object.hasOwn(options, name));
    const ordering = ['orderby', 'skip', 'top', 'count'].find((name) => Object.hasOwn(options, name));
    if (only !== undefined && shaping !== undefined) {
      throw unbound(this.#subject('$expand'), item, `$${shaping} has no meaning behind ${suffix ?? ''}`);
    }
    if (only === 'count' && ordering !== undefined)
      throw unbound(this.#subject('$expand'), item, `$${ordering} has no meaning behind $count`);
    const isCollection = this.#collectionOptions(options, navigation, item) || type !== navigation.type;
    const nested = this.#nested(navigation, this.#withLevels(navigation, item), { type, option: '$expand' });
    const query = isCollection ? nested.collection : undefined;
    shape.expand.set(navigation.name, { navigation, shape: nested.shape(), query, only });
  }

  /** `$these` is the collection that options are about, and nothing where that is none. */
  #inside({ collection }: Property | NavigationProperty): OptionsContext {
    return { ...this.context, hasThese: collection };
  }

  /** `$levels=n` is the same expand inside itself, n - 1 times (OData 4.01 URL Conventions 5.1.3). */
  #withLevels(navigation: NavigationProperty, item: ExpandItem): Query {
    const { levels, ...options } = item.options;
    if (levels === undefined) return options;
    const left = Math.min(levels === Infinity ? mostLevels : levels, mostLevels) - 1;
    if (left <= 0 || !navigation.type.navigation.has(navigation.name)) return options;
    return { ...options, expand: [...(options.expand ?? []), { ...item, options: { ...options, levels: left } }] };
  }

  /** Whether there are options of collections; a single value has no order and no count. */
  #collectionOptions(options: Query, { collection, name, kind }: Property | NavigationProperty, node: Span): boolean {
    const misplaced = collection
      ? undefined
      : ['apply', 'orderby', 'skip', 'top', 'count'].find((option) => Object.hasOwn(options, option));
    if (misplaced !== undefined) {
      const option = kind === 'navigation' ? '$expand' : '$select';
      throw unbound(this.#subject(option), node, `'${name}' is no collection: $${misplaced} has no meaning for it`);
    }
    return ['apply', 'filter', 'search', 'orderby', 'skip', 'top', 'count'].some((option) =>
      Object.hasOwn(options, option),
    );
  }

  #cast(type: StructuredType, name: string, node: Span, option: string): StructuredType {
    const found = findType(this.context.model, name);
    if (found !== undefined && derivesFrom(found, type)) return narrowed(type, found);
    throw unbound(this.#subject(option), node, `'${name}' is no type derived from ${type.qualifiedName}`);
  }

  #noProperty(node: Span, type: EntityType | ComplexType, name: string, option: string) {
    const known = [...propertyNames(type), ...this.#computed.keys()];
    return unbound(
      this.#subject(option),
      node,
      `the type ${type.qualifiedName} has no property '${name}'${didYouMean(name, known)}`,
    );
  }
}

/** The query options of one collection or value, bound. */
export interface BoundOptions {
  readonly collection: CollectionQuery;
  readonly shape: Shape;
}

/**
 * Binds query options to what they are about (OData 4.01 Protocol 11.2.5 and 11.2.6).
 * @param instance stands for the value, or for each item of the collection
 * @throws ODataError 400 for what the model does not have, 501 for what is not built, with the position
 */
export function bindOptions(context: OptionsContext, instance: Instance, query: Query): BoundOptions {
  const binder = new OptionsBinder(context, instance, query);
  return { collection: binder.collection(), shape: binder.shape() };
}
