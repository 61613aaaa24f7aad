import { Edm } from '../../protocol/edm/primitive-types.js';
import type {
  BoundRead,
  BoundTransformation,
  CollectionQuery,
  Expanded,
  Instance,
  JoinedRow,
} from '../../protocol/query/bound.js';
import type { Scope } from '../aggregate-store.js';
import { ApplyCompiler } from './compile-apply.js';
import { ExpressionCompiler, whereOf } from './compile-expression.js';
import { PageCompiler } from './compile-page.js';
import { ShapeCompiler } from './compile-shape.js';
import type { CompiledRead } from './compiled-read.js';
import type { Dialect, NamedJson } from './dialect.js';
import { inScope } from './fragments.js';
import { Parameters } from './parameters.js';
import type { RelatedRow } from './related-rows.js';

/** The row of a set in the statement. */
interface Source extends JoinedRow {
  readonly row: RelatedRow;
}

/** Compiles a cross join to one statement: each set a table, all in the scope of the caller. */
class CrossJoinCompiler {
  readonly #parameters: Parameters;
  readonly #expressions: ExpressionCompiler;
  readonly #shapes: ShapeCompiler;
  readonly #sources: readonly Source[];

  constructor(
    private readonly dialect: Dialect,
    private readonly read: BoundRead & { readonly join: readonly JoinedRow[] },
    private readonly scope: Scope,
  ) {
    this.#parameters = new Parameters(dialect);
    this.#expressions = new ExpressionCompiler(dialect, this.#parameters, scope);
    this.#shapes = new ShapeCompiler(dialect, this.#parameters, this.#expressions);
    this.#sources = read.join.map((one): Source => {
      const row = { set: one.set, alias: this.#expressions.alias() };
      this.#expressions.place(one.item, this.#expressions.related.source(row));
      return { ...one, row };
    });
    this.#expressions.these = (item) => this.#rows(item);
  }

  /** All rows once more, for each of which an instance stands. */
  #rows(item: Instance) {
    const { related } = this.#expressions;
    const rows = this.#sources.map(({ set }): RelatedRow => ({ set, alias: this.#expressions.alias() }));
    for (const row of rows) {
      const one = item.joined?.get(row.set.name);
      if (one !== undefined) this.#expressions.place(one, related.source(row));
    }
    return {
      from: rows.map((row) => related.table(row)).join(', '),
      where: rows.flatMap((row) => this.#conditions(row)),
    };
  }

  compile(): CompiledRead {
    const { dialect, read } = this;
    const pages = new PageCompiler(dialect, this.#parameters, read);
    if (read.apply !== undefined) return this.#read(this.#applied(read.apply, pages), pages);
    const where = [...this.#sources.flatMap(({ row }) => this.#conditions(row)), ...this.#filters()];
    const ids = this.#sources.map(({ row }) => ({ sql: `${row.alias}.id`, descending: false, isId: true }));
    const keys = [...pages.asked(this.#expressions), ...ids];
    const computed = this.#shapes.computed(read.shape);
    const document = dialect.object([...this.#sources.flatMap((source) => this.#expanded(source)), ...computed]);
    const from = this.#sources.map(({ row }) => this.#expressions.related.table(row)).join(', ');
    const select = ["'' AS id", `${dialect.fetched(document)} AS document`];
    return this.#read(pages.listed({ select, from, where, keys }), pages);
  }

  #read(text: string, pages: PageCompiler): CompiledRead {
    return { kind: 'page', text, parameters: this.#parameters.values, page: pages.ofBytes, mayBeOld: true };
  }

  /** Data Aggregation 4: what transformations make of the rows, each a document of its entities. */
  #applied(transformations: readonly BoundTransformation[], pages: PageCompiler): string {
    const { dialect, read } = this;
    const { related } = this.#expressions;
    const entities = this.#sources.map(({ set, row }): NamedJson => [
      set.name,
      related.identified(row, `${row.alias}.document`),
    ]);
    const ids = this.#sources.map(({ row }, index) => `${row.alias}.id AS k${index}`);
    const tables = this.#sources.map(({ row }) => related.table(row)).join(', ');
    const where = whereOf(this.#sources.flatMap(({ row }) => this.#conditions(row)));
    const source = `SELECT ${[`${dialect.object(entities)} AS document`, ...ids].join(', ')} FROM ${tables}${where}`;
    const apply = new ApplyCompiler(dialect, this.#parameters, this.#expressions);
    const made = apply.compile(
      source,
      this.#sources.map(() => Edm.String),
      transformations,
    );
    const alias = this.#expressions.alias();
    for (const item of [read.collection.item, read.shape.instance]) apply.place(item, alias);
    this.#expressions.these = apply.rowsOf(made);
    const conditions = [...(made.isMade ? dialect.watched('result', alias) : []), ...this.#filters()];
    const from = `${made.name} AS ${alias}`;
    const keys = [...pages.asked(this.#expressions), ...apply.terms(made, alias)];
    const select = ["'' AS id", `${dialect.fetched(this.#made(alias))} AS document`];
    return `${made.with} ${pages.listed({ select, from, where: conditions, keys })}`;
  }

  /** What is shown of a row that transformations have made: those of the join know their entities. */
  #made(alias: string): string {
    const { dialect, read } = this;
    const { shape } = read;
    const { type } = shape.instance;
    const document = { json: `${alias}.document`, path: [] };
    if (type?.kind === 'complex') return this.#shapes.structured(document, type, shape);
    const shaped = [...shape.expand.values()].map(({ navigation, ...expanded }): NamedJson => {
      const at = { json: document.json, path: [navigation.name] };
      this.#expressions.placeDocument(expanded.shape.instance, at);
      const json = this.#shapes.structured(at, navigation.type, expanded.shape);
      return [navigation.name, this.#unlessRefused(json, expanded.query)];
    });
    return dialect.withMembers(document.json, [...this.#shapes.computed(shape), ...shaped]);
  }

  /** Null where an entity does not fit what is asked of it. */
  #unlessRefused(json: string, query: CollectionQuery | undefined): string {
    const conditions = query === undefined ? [] : this.#expressions.conditions(query);
    return conditions.length === 0 ? json : `CASE WHEN ${conditions.join(' AND ')} THEN ${json} END`;
  }

  #conditions({ alias }: RelatedRow): readonly string[] {
    return [...this.dialect.watched('table', alias), ...inScope(this.scope, this.#parameters, `${alias}.`)];
  }

  #filters(): readonly string[] {
    return this.#expressions.conditions(this.read.collection);
  }

  /** The entity of a set in its shape, where it is asked for; null where it does not fit what is asked of it. */
  #expanded({ set, row }: Source): readonly NamedJson[] {
    const expanded: Expanded | undefined = this.read.shape.expand.get(set.name);
    if (expanded === undefined) return [];
    const { related } = this.#expressions;
    const { shape, query } = expanded;
    const place = related.source(row);
    this.#expressions.place(shape.instance, place);
    const json = related.identified(row, this.#shapes.structured(place.source, set.type, shape));
    return [[set.name, this.#unlessRefused(json, query)]];
  }
}

/** Compiles the page of a cross join (OData 4.01 URL Conventions 4.15). @param scope which rows exist for the caller */
export function compileCrossJoin(
  dialect: Dialect,
  read: BoundRead & { readonly join: readonly JoinedRow[] },
  scope: Scope,
): CompiledRead {
  return new CrossJoinCompiler(dialect, read, scope).compile();
}
