import { keyPath } from '../../protocol/edm/key-parts.js';
import type { EntitySet, StructuredType } from '../../protocol/edm/model.js';
import { mayHaveMedia, mediaName } from '../../protocol/edm/streams.js';
import { Edm } from '../../protocol/edm/primitive-types.js';
import type {
  AppliedItems,
  BoundExpression,
  CollectionQuery,
  Expanded,
  Instance,
  Member,
  Shape,
  Shaped,
} from '../../protocol/query/bound.js';
import { variantMember } from '../../protocol/payload/stored-entity.js';
import { type ExpressionCompiler, whereOf } from './compile-expression.js';
import type { Dialect, JsonSource, NamedJson } from './dialect.js';
import { ApplyCompiler } from './compile-apply.js';
import type { Parameters } from './parameters.js';

/** What is asked of a collection inside a document. */
export interface CollectionShape {
  readonly query: CollectionQuery;
  readonly shape: Shape | undefined;
  readonly onlyCount?: boolean;
  /** The entity set of its items, where they are referred to. */
  readonly target?: EntitySet | undefined;
}

/** Behind the name of a collection: how many items satisfy its filters. */
export const countSuffix = '@count';

/** Whether all items are asked for, in the order in which they are there. */
function isWhole({ filters, search, order, skip, top }: CollectionQuery): boolean {
  return filters.length === 0 && order.length === 0 && (search ?? skip ?? top) === undefined;
}

/** Compiles what an answer carries: JSON is built by the database, so that a statement fetches what is asked for. */
export class ShapeCompiler {
  constructor(
    private readonly dialect: Dialect,
    private readonly parameters: Parameters,
    private readonly expressions: ExpressionCompiler,
  ) {}

  /** The JSON of a structured value in its shape. @param within paths of parts of keys, which are always there */
  structured(source: JsonSource, type: StructuredType, shape: Shape, within?: KeyPaths): string {
    const { dialect } = this;
    const document = dialect.json(source);
    const inner = (name: string): JsonSource => ({ json: source.json, path: [...source.path, name] });
    const computed = this.computed(shape);
    const expanded = [...shape.expand.values()].flatMap((expand) =>
      this.#expanded(inner(expand.navigation.name), expand),
    );
    if (shape.select !== undefined) {
      const keys = within ?? keyPathsOf(type);
      const selected = [...shape.select.values()].flatMap((shaped) =>
        this.#selected(inner(shaped.property.name), shaped, inside(keys, shaped.property.name)),
      );
      const key = new Set(keys.map(([name = '']) => name).filter((name) => shape.select?.has(name) !== true));
      const mark = type.kind === 'complex' && type.variants !== undefined ? [variantMember] : [];
      const media = mayHaveMedia(type) ? [mediaName] : [];
      const kept = [
        '$version',
        '$type',
        ...mark,
        ...media,
        ...key,
        ...carriedBy(type),
        ...(shape.annotations ?? []),
        ...shape.dynamic,
      ].map((name): NamedJson => [name, dialect.json(inner(name))]);
      return dialect.object([...kept, ...selected, ...computed, ...expanded]);
    }
    const complex = [...(shape.inside?.values() ?? [])].flatMap((shaped) =>
      this.#selected(inner(shaped.property.name), shaped, []),
    );
    const contained = [...(type.navigation?.keys() ?? [])];
    const left = contained.filter((name) => !expanded.some(([present]) => present === name));
    // What is in the answer as it is in the document stays where it is.
    const set = expanded.filter(([name, json]) => json !== dialect.json(inner(name)));
    return dialect.withMembers(dialect.withoutMembers(document, left), [...computed, ...complex, ...set]);
  }

  /** The values that `$compute` adds. */
  computed({ computed }: Shape): readonly NamedJson[] {
    const json = (expression: BoundExpression): string =>
      this.dialect.toJson(this.expressions.value(expression), expression.type.item);
    return computed.map(({ name, expression }): NamedJson => [name, json(expression)]);
  }

  #selected(source: JsonSource, { property, shape, query }: Shaped, keys: KeyPaths): readonly NamedJson[] {
    const { name, type, collection } = property;
    if ((property.kind as string) === 'navigation') return [];
    if (query !== undefined || (collection && shape !== undefined && isNontrivial(shape))) {
      const asked = query ?? all(shape?.instance ?? { kind: 'item', type });
      return this.collection(source, name, { query: asked, shape });
    }
    if (shape === undefined || type.kind !== 'complex' || collection || !isNontrivial(shape))
      return [[name, this.dialect.json(source)]];
    this.expressions.placeDocument(shape.instance, source);
    return [[name, this.#unlessNull(source, this.structured(source, type, shape, keys))]];
  }

  #expanded(source: JsonSource, expanded: Expanded): readonly NamedJson[] {
    const { navigation, shape, query, only } = expanded;
    const { name, type, collection, target } = navigation;
    if (collection) {
      const asked = { query: query ?? all(shape.instance), shape, onlyCount: only === 'count', target };
      return this.collection(source, name, asked);
    }
    if (target !== undefined) return [[name, this.#referred(source, target, expanded)]];
    this.expressions.placeDocument(shape.instance, source);
    const json = this.#unlessNull(source, this.structured(source, type, shape));
    const conditions = query === undefined ? [] : this.expressions.conditions(query);
    return [[name, conditions.length === 0 ? json : `CASE WHEN ${conditions.join(' AND ')} THEN ${json} END`]];
  }

  /** The entity that a link refers to, in its shape. */
  #referred(link: JsonSource, set: EntitySet, { navigation: { type }, shape, query }: Expanded): string {
    const { related } = this.expressions;
    const row = { set, alias: this.expressions.alias() };
    const place = related.source(row);
    this.expressions.place(shape.instance, place);
    const where = [...related.isTarget(row, link), ...(query === undefined ? [] : this.expressions.conditions(query))];
    const json = related.identified(row, this.structured(place.source, type, shape));
    return `(SELECT ${this.dialect.column(json)} FROM ${related.table(row)}${whereOf(where)})`;
  }

  #unlessNull(source: JsonSource, json: string): string {
    return json === this.dialect.json(source) ? json : `CASE WHEN ${this.dialect.isThere(source)} THEN ${json} END`;
  }

  /** A collection inside a document, with its own filters, order and bounds; its count beside it. */
  collection(
    source: JsonSource,
    name: string,
    { query, shape, onlyCount = false, target }: CollectionShape,
  ): readonly NamedJson[] {
    const { dialect, expressions } = this;
    const { applied, item: instance } = query;
    if (applied !== undefined)
      return this.#applied(this.#member(source, applied.item, target), name, { applied, query, shape, onlyCount });
    // The items of filters and of shape are the same.
    const member = this.#member(source, instance, target);
    const outer = expressions.these;
    expressions.these = (other) => expressions.rows({ member, item: other, filters: [], search: undefined });
    const { from, where, item, row } = expressions.rows({
      member,
      item: instance,
      filters: query.filters,
      search: query.search,
    });
    const count: NamedJson = [`${name}${countSuffix}`, `(SELECT count(*) FROM ${from}${whereOf(where)})`];
    if (onlyCount) {
      expressions.these = outer;
      return [count];
    }
    const { type } = instance;
    const isStructured = type?.kind === 'entity' || type?.kind === 'complex';
    const itemSource = { json: item.document, path: [] };
    const shaped = shape !== undefined && isStructured;
    if (shaped && row === undefined) this.expressions.placeDocument(shape.instance, itemSource);
    else if (shaped && row !== undefined) this.expressions.place(shape.instance, this.expressions.related.source(row));
    const plain = shaped ? this.structured(itemSource, type, shape) : item.json;
    const isAsStored = row === undefined && (plain === item.json || plain === dialect.json(itemSource));
    const json = row === undefined ? plain : this.expressions.related.identified(row, plain);
    const order = [
      ...query.order.map(({ expression, descending }) => dialect.order(expressions.ordered(expression), descending)),
      item.position,
    ];
    const rows = `SELECT ${dialect.column(json)} AS j, row_number() OVER (ORDER BY ${order.join(', ')}) AS n FROM ${from}${whereOf(where)}`;
    expressions.these = outer;
    // To take it apart and to put it together again would be much work for nothing.
    const value =
      isAsStored && type?.kind !== 'entity' && isWhole(query)
        ? dialect.collection(source)
        : `(SELECT ${dialect.array('j', 'n')} FROM (${rows}${this.#bounds(query)}) AS items)`;
    return query.count ? [[name, value], count] : [[name, value]];
  }

  #member(source: JsonSource, { type }: Instance, target: EntitySet | undefined): Member {
    const holder: Instance = { kind: 'item', type: undefined };
    this.expressions.placeDocument(holder, source);
    const collection: Member = { kind: 'member', instance: holder, path: [], type: { item: type, collection: true } };
    return target === undefined ? collection : { ...collection, target };
  }

  /** What transformations make of a collection, of each that there is by itself, and what is asked of that. */
  #applied(
    member: Member,
    name: string,
    {
      applied,
      query,
      shape,
      onlyCount,
    }: {
      readonly applied: AppliedItems;
      readonly query: CollectionQuery;
      readonly shape: Shape | undefined;
      readonly onlyCount: boolean;
    },
  ): readonly NamedJson[] {
    const { dialect, expressions } = this;
    const outer = expressions.these;
    const apply = new ApplyCompiler(dialect, this.parameters, expressions, `${expressions.alias()}_`);
    const made = apply.compile(this.#begun(member, applied), [Edm.Int64], applied.transformations);
    const alias = expressions.alias();
    const { item: instance } = query;
    for (const one of shape === undefined ? [instance] : [instance, shape.instance]) apply.place(one, alias);
    expressions.these = apply.rowsOf(made);
    const watched = made.isMade ? dialect.watched('result', alias) : [];
    const from = `${made.name} AS ${alias}${whereOf([...watched, ...expressions.conditions(query)])}`;
    const count: NamedJson = [`${name}${countSuffix}`, `(${made.with} SELECT count(*) FROM ${from})`];
    const value = onlyCount ? [] : [this.#listed({ made, alias, from, order: apply.terms(made, alias) }, query, shape)];
    expressions.these = outer;
    return [...value.map((json): NamedJson => [name, json]), ...(onlyCount || query.count ? [count] : [])];
  }

  /** A statement of the items, in their order. */
  #begun(member: Member, { item, filters }: AppliedItems): string {
    const found = this.expressions.rows({ member, item, filters, search: undefined });
    const { json, position } = found.item;
    const document = found.row === undefined ? json : this.expressions.related.identified(found.row, json);
    const place = `row_number() OVER (ORDER BY ${position})`;
    return `SELECT ${document} AS document, ${place} AS k0 FROM ${found.from}${whereOf(found.where)}`;
  }

  /** The rows of a table in their shape, as one array. */
  #listed(
    {
      made,
      alias,
      from,
      order,
    }: {
      readonly made: { readonly with: string };
      readonly alias: string;
      readonly from: string;
      readonly order: readonly { readonly sql: string; readonly descending: boolean }[];
    },
    query: CollectionQuery,
    shape: Shape | undefined,
  ): string {
    const { dialect, expressions } = this;
    const { type } = query.item;
    const isStructured = type?.kind === 'entity' || type?.kind === 'complex';
    const document = { json: `${alias}.document`, path: [] };
    const json = shape !== undefined && isStructured ? this.structured(document, type, shape) : document.json;
    const asked = query.order.map(({ expression, descending }) => ({
      sql: expressions.ordered(expression),
      descending,
    }));
    const by = [...asked, ...order].map(({ sql, descending }) => dialect.order(sql, descending)).join(', ');
    const place = `row_number() OVER (${by === '' ? '' : `ORDER BY ${by}`}) AS n`;
    const rows = `SELECT ${dialect.column(json)} AS j, ${place} FROM ${from}${this.#bounds(query)}`;
    return `(${made.with} SELECT ${dialect.array('j', 'n')} FROM (${rows}) AS items)`;
  }

  #bounds({ skip, top }: CollectionQuery): string {
    if (skip === undefined && top === undefined) return '';
    const limit = this.parameters.limit(top ?? Number.MAX_SAFE_INTEGER);
    return ` ORDER BY n LIMIT ${limit}${skip === undefined ? '' : ` OFFSET ${this.parameters.add(skip)}`}`;
  }
}

/** Names on the way to each part of a key. */
type KeyPaths = readonly (readonly string[])[];

function keyPathsOf(type: StructuredType): KeyPaths {
  return type.kind === 'entity' ? type.key.map((part) => keyPath(type, part)) : [];
}

/** What of paths leads on inside one of their first steps. */
function inside(paths: KeyPaths, step: string): KeyPaths {
  return paths.filter(([name, next]) => name === step && next !== undefined).map((path) => path.slice(1));
}

/** Names of the annotations that values of a type, or of one derived from it, may carry. */
function carriedBy(type: StructuredType): readonly string[] {
  const all = [type, ...type.derived].flatMap(({ carries }) => (carries === undefined ? [] : [...carries.keys()]));
  return [...new Set(all)];
}

/** Every item, in the order in which they are stored. */
function all(item: Instance): CollectionQuery {
  return { item, filters: [], search: undefined, order: [], skip: undefined, top: undefined, count: false };
}

function isNontrivial({ select, expand, inside, computed }: Shape): boolean {
  if (computed.length > 0 || expand.size > 0 || inside !== undefined) return true;
  return [...(select?.values() ?? [])].some(
    ({ query, shape }) => query !== undefined || (shape !== undefined && isNontrivial(shape)),
  );
}
