import { Edm } from '../../protocol/edm/primitive-types.js';
import { memberName } from '../../protocol/payload/stored-entity.js';
import type {
  BoundExpression,
  BoundRead,
  BoundTransformation,
  Instance,
  PathStep,
  UnitedRead,
} from '../../protocol/query/bound.js';
import { aggregateSet, textKeyOf } from '../aggregate-set.js';
import type { Scope } from '../aggregate-store.js';
import { ApplyCompiler } from './compile-apply.js';
import { ExpressionCompiler, whereOf } from './compile-expression.js';
import { compileCrossJoin } from './compile-cross-join.js';
import { type OrderKey, PageCompiler } from './compile-page.js';
import { countSuffix, ShapeCompiler } from './compile-shape.js';
import { compileUnion, type SetRows } from './compile-union.js';
import type { Dialect, JsonSource } from './dialect.js';
import { columnsOf, inScope } from './fragments.js';
import type { CompiledRead } from './compiled-read.js';
import { Parameters } from './parameters.js';
import type { RelatedRow } from './related-rows.js';
import { isSimpleRead } from './simple-read.js';

/** The alias of the row of an aggregate. */
export const row = 'e';
const entityId = `${row}.id`;
const idKey: OrderKey = { sql: entityId, descending: false, isId: true };
export const entityDocument: JsonSource = { json: `${row}.document`, path: [] };

/** The entity of the path, and what the query says of it where the path ends there, are the row. */
export function placeEntity(
  dialect: Dialect,
  expressions: ExpressionCompiler,
  { path, collection, shape }: BoundRead,
): void {
  const columns = columnsOf(dialect, aggregateSet(path.root), row);
  const source = { source: entityDocument, columns, scalar: undefined };
  expressions.place(path.entity, source);
  if (path.steps.length > 0) return;
  expressions.place(collection.item, source);
  expressions.place(shape.instance, source);
}

/** Where a path has come to. */
interface End {
  readonly source: JsonSource;
  /** Version of the entity that it is in, and the condition that that is there; undefined of the one that it begins at. */
  readonly version: string;
  readonly present: string | undefined;
  /** The row of that entity, where another one refers to it. */
  readonly row: RelatedRow | undefined;
  /** The row of the last entity on the way that another one refers to. */
  readonly anchor: RelatedRow | undefined;
}

/** Compiles a whole read to one statement. */
class ReadCompiler implements SetRows {
  readonly #expressions: ExpressionCompiler;
  readonly #shapes: ShapeCompiler;
  readonly #pages: PageCompiler;

  constructor(
    private readonly dialect: Dialect,
    private readonly read: BoundRead,
    private readonly scope: Scope,
    private readonly parameters = new Parameters(dialect),
  ) {
    this.#expressions = new ExpressionCompiler(dialect, this.parameters, scope);
    this.#shapes = new ShapeCompiler(dialect, this.parameters, this.#expressions);
    this.#pages = new PageCompiler(dialect, this.parameters, read);
  }

  compile(): CompiledRead {
    const { path } = this.read;
    this.#begin();
    const ofSet = path.key === undefined && !path.isSingleton;
    const kind = !ofSet ? 'one' : path.suffix === 'count' ? 'count' : 'page';
    const { apply } = this.read;
    const text =
      apply !== undefined
        ? this.#applied(apply, kind)
        : kind === 'one'
          ? this.#one()
          : kind === 'count'
            ? this.#countOfSet()
            : this.#page();
    const page = kind === 'page' ? this.#pages.ofBytes : undefined;
    const ofOne = isSimpleRead(this.read) ? entityDocument.json : undefined;
    return { kind, text, parameters: this.parameters.values, ofOne, page, mayBeOld: true };
  }

  #begin(): void {
    placeEntity(this.dialect, this.#expressions, this.read);
    this.#expressions.these = (item) => this.#members(item);
  }

  rowsOfSet(pages: PageCompiler, places: readonly OrderKey[]) {
    this.#begin();
    const where = this.#setConditions();
    const keys = [...pages.asked(this.#expressions), ...places, idKey];
    return { text: pages.rows({ select: this.#selected(), from: this.#from, where, keys }), keys };
  }

  membersOfSet(): string {
    this.#begin();
    return `${this.#from}${whereOf(this.#setConditions())}`;
  }

  get #from(): string {
    return `${this.dialect.name(this.read.path.root.name)} AS ${row}`;
  }

  #inScope(): readonly string[] {
    return inScope(this.scope, this.parameters, `${row}.`);
  }

  #conditionsOf(filters: readonly BoundExpression[]): readonly string[] {
    return filters.map((filter) => this.#expressions.condition(filter));
  }

  #setConditions(): readonly string[] {
    const { path, collection } = this.read;
    return [
      ...this.dialect.watched('table', row),
      ...this.#inScope(),
      ...this.#conditionsOf(path.filters),
      ...this.#expressions.conditions(collection),
    ];
  }

  /** Every member of the set that the path leads to, whatever the query says of them. */
  #members(item: Instance): { readonly from: string; readonly where: readonly string[] } {
    const { root, entity, filters } = this.read.path;
    const alias = this.#expressions.alias();
    const found = { set: root, alias };
    const place = this.#expressions.related.source(found);
    this.#expressions.place(item, place);
    this.#expressions.place(entity, place);
    const where = [
      ...this.dialect.watched('table', alias),
      ...inScope(this.scope, this.parameters, `${alias}.`),
      ...this.#conditionsOf(filters),
    ];
    placeEntity(this.dialect, this.#expressions, this.read);
    return { from: this.#expressions.related.table(found), where };
  }

  #countOfSet(): string {
    return `SELECT count(*) AS count FROM ${this.#from}${whereOf(this.#setConditions())}`;
  }

  // ----------------------------------------------------------------------------------------------------- Pages

  #page(): string {
    const where = this.#setConditions();
    const keys = [...this.#pages.asked(this.#expressions), idKey];
    return this.#pages.listed({ select: this.#selected(), from: this.#from, where, keys });
  }

  #selected(): readonly string[] {
    const { path, shape } = this.read;
    const document = this.#shapes.structured(entityDocument, path.entity.type, shape);
    return [`${row}.id AS id`, `${row}.version AS version`, `${this.dialect.fetched(document)} AS document`];
  }

  // --------------------------------------------------------------------------------------------------- $apply

  /** The result of `$apply`, and what the other options make of it. */
  #applied(transformations: readonly BoundTransformation[], kind: CompiledRead['kind']): string {
    const { path, collection, shape } = this.read;
    const { dialect } = this;
    const key = textKeyOf(path.root.type);
    const keyMember = key === undefined ? [] : [[key, dialect.toJson(entityId, Edm.String)] as const];
    const document = dialect.withMembers(`${row}.document`, [
      ...keyMember,
      ['$version', dialect.toJson(`${row}.version`, Edm.Int64)],
    ]);
    const where = [...dialect.watched('table', row), ...this.#inScope(), ...this.#conditionsOf(path.filters)];
    const apply = new ApplyCompiler(dialect, this.parameters, this.#expressions);
    const source = `SELECT ${document} AS document, ${entityId} AS k0 FROM ${this.#from}${whereOf(where)}`;
    const applied = apply.compile(source, [Edm.String], transformations);
    for (const item of [collection.item, shape.instance]) apply.place(item, row);
    this.#expressions.these = apply.rowsOf(applied);
    const from = `${applied.name} AS ${row}`;
    const watched = applied.isMade ? dialect.watched('result', row) : [];
    const conditions = [...watched, ...this.#expressions.conditions(collection)];
    if (kind === 'count') return `${applied.with} SELECT count(*) AS count FROM ${from}${whereOf(conditions)}`;
    const { type } = shape.instance;
    const isStructured = type?.kind === 'entity' || type?.kind === 'complex';
    const shaped = isStructured ? this.#shapes.structured(entityDocument, type, shape) : `${row}.document`;
    const keys = [...this.#pages.asked(this.#expressions), ...apply.terms(applied, row)];
    const select = ["'' AS id", `${dialect.fetched(shaped)} AS document`];
    return `${applied.with} ${this.#pages.listed({ select, from, where: conditions, keys })}`;
  }

  // ------------------------------------------------------------------------------------------- Into an entity

  #one(): string {
    const { path } = this.read;
    const where = [
      ...this.#inScope(),
      `${row}.id = ${this.parameters.named('id', path.isSingleton ? '' : (path.key ?? ''))}`,
      ...this.#conditionsOf(path.filters),
    ];
    const joins: string[] = [];
    let end: End = {
      source: entityDocument,
      version: `${row}.version`,
      present: undefined,
      row: undefined,
      anchor: undefined,
    };
    let owner = end;
    for (const step of path.steps) {
      owner = end;
      end = this.#step(step, end, joins);
      const isOne = !step.property.collection || (step.key ?? step.index) !== undefined;
      if (isOne) where.push(...this.#conditionsOf(step.filters));
    }
    const { present, anchor } = end;
    const { item, collection } = path.type;
    // The value that is an entity says itself whether it is there, and its version.
    const isEntity = item?.kind === 'entity' && !collection;
    // A reference is a part of the entity that has it.
    const isReference = path.suffix === 'ref';
    const { version } = isReference ? owner : end;
    const select = [
      ...(path.steps.length === 0 ? [`${row}.id AS id`] : []),
      ...(anchor === undefined ? [] : [`${anchor.alias}.id AS anchor`]),
      ...(isEntity && path.steps.length > 0 && !isReference ? [] : [`${version} AS version`]),
      ...(isEntity ? [] : [`${present === undefined ? '1' : `CASE WHEN ${present} THEN 1 ELSE 0 END`} AS present`]),
      ...this.#value(end),
    ];
    return `SELECT ${select.join(', ')} FROM ${this.#from}${joins.join('')}${whereOf(where)}`;
  }

  /** One step further. An entity that is not there has no properties. */
  #step({ property, key, index, item }: PathStep, before: End, joins: string[]): End {
    const { dialect } = this;
    const { source } = before;
    const inner = { json: source.json, path: [...source.path, property.name] };
    const isOne = !property.collection || key !== undefined;
    if (index !== undefined) {
      const at = { json: dialect.itemAt(inner, index), path: [] };
      this.#expressions.placeDocument(item, at);
      return { ...before, source: at, present: dialect.isThere(at) };
    }
    if (property.kind === 'property') {
      if (isOne) this.#expressions.placeDocument(item, inner);
      return { ...before, source: inner };
    }
    if (!isOne) return { ...before, source: inner };
    if (property.target !== undefined) {
      const { related } = this.#expressions;
      const found = { set: property.target, alias: this.#expressions.alias() };
      const on = key === undefined ? related.isTarget(found, inner) : related.isAmong(found, inner, key);
      joins.push(` LEFT JOIN ${related.table(found)} ON ${on.join(' AND ')}`);
      const place = related.source(found);
      this.#expressions.place(item, place);
      const { alias } = found;
      return {
        source: place.source,
        version: `${alias}.version`,
        present: `${alias}.id IS NOT NULL`,
        row: found,
        anchor: found,
      };
    }
    const at = key === undefined ? inner : this.#member(inner, key);
    this.#expressions.placeDocument(item, at);
    const version = dialect.scalar({ json: at.json, path: [...at.path, '$version'] }, Edm.Int64);
    return { source: at, version, present: dialect.isThere(at), row: undefined, anchor: before.anchor };
  }

  /** A member of a stored collection. Its name is a parameter: it comes from a client. */
  #member({ json, path }: JsonSource, key: string): JsonSource {
    return { json: this.dialect.jsonAt(json, [...path, memberName(key)], this.parameters), path: [] };
  }

  #value({ source, row: related }: End): readonly string[] {
    const { path, collection, shape } = this.read;
    const { dialect } = this;
    const { item, collection: isCollection } = path.type;
    const last = path.steps.at(-1);
    if (isCollection) {
      // Filters of the path and of the query speak of the same items; transformations begin with what the path leaves.
      const filters = last?.filters ?? [];
      const { applied } = collection;
      const query =
        applied === undefined
          ? { ...collection, filters: [...filters, ...collection.filters] }
          : { ...collection, applied: { ...applied, filters } };
      const target = last?.property.kind === 'navigation' ? last.property.target : undefined;
      const asked = { query, shape, onlyCount: path.suffix === 'count', target };
      const pairs = this.#shapes.collection(source, 'value', asked);
      return pairs.map(([name, json]) =>
        name === `value${countSuffix}` ? `${json} AS count` : `${dialect.fetched(json)} AS value`,
      );
    }
    if (item?.kind === 'entity' || item?.kind === 'complex') {
      const isRow = related !== undefined && source.path.length === 0;
      if (isRow) this.#expressions.place(shape.instance, this.#expressions.related.source(related));
      else if (path.steps.length > 0) this.#expressions.placeDocument(shape.instance, source);
      const shaped = this.#shapes.structured(source, item, shape);
      // As it is stored: what is not there is NULL by itself.
      if (!isRow && source.path.length > 0 && shaped === dialect.json(source)) return [`${shaped} AS value`];
      const json = isRow ? this.#expressions.related.identified(related, shaped) : shaped;
      const value = path.steps.length === 0 ? json : `CASE WHEN ${dialect.isThere(source)} THEN ${json} END`;
      return [`${dialect.fetched(value)} AS value`];
    }
    const id = this.#idAt(source, related);
    if (id !== undefined) return [`${dialect.fetched(dialect.toJson(id, item))} AS value`];
    return [`${dialect.fetched(dialect.json(source))} AS value`];
  }

  /** The column of the key of an entity that has a row, where a path ends at it. */
  #idAt({ path: [name, ...others] }: JsonSource, related: RelatedRow | undefined): string | undefined {
    const { path } = this.read;
    const isOwn = path.steps.every(({ property, index }) => property.kind === 'property' && index === undefined);
    if (others.length > 0 || (related === undefined && !isOwn)) return undefined;
    const own = path.isSingleton ? undefined : textKeyOf(path.root.type);
    const key = related === undefined ? own : textKeyOf(related.set.type);
    return key === undefined || name !== key ? undefined : `${related?.alias ?? row}.id`;
  }
}

/**
 * Compiles a read to one statement: filters, search, order, page, count, and the shape of the answer.
 * @param scope which rows exist for the caller
 */
export function compileRead(dialect: Dialect, read: BoundRead, scope: Scope): CompiledRead {
  const { join, union, page } = read;
  if (join !== undefined) return compileCrossJoin(dialect, { ...read, join }, scope);
  if (union === undefined) return new ReadCompiler(dialect, read, scope).compile();
  const rowsOf = (part: UnitedRead, parameters: Parameters): SetRows =>
    new ReadCompiler(dialect, { ...part, page }, scope, parameters);
  return compileUnion(dialect, { ...read, union }, rowsOf);
}
