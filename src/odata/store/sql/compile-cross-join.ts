import type { BoundRead, Expanded, JoinedRow } from '../../protocol/query/bound.js';
import type { Scope } from '../aggregate-store.js';
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
  }

  compile(): CompiledRead {
    const { dialect, read } = this;
    const pages = new PageCompiler(dialect, this.#parameters, read);
    const where = [...this.#sources.flatMap(({ row }) => this.#conditions(row)), ...this.#filters()];
    const ids = this.#sources.map(({ row }) => ({ sql: `${row.alias}.id`, descending: false, isId: true }));
    const keys = [...pages.asked(this.#expressions), ...ids];
    const computed = this.#shapes.computed(read.shape);
    const document = dialect.object([...this.#sources.flatMap((source) => this.#expanded(source)), ...computed]);
    const from = this.#sources.map(({ row }) => this.#expressions.related.table(row)).join(', ');
    const select = ["'' AS id", `${dialect.fetched(document)} AS document`];
    const rows = pages.rows({ select, from, where, keys });
    const total = `SELECT count(*) AS count FROM ${from}${whereOf(where)}`;
    const text = read.collection.count ? pages.counted(rows, total, keys) : rows;
    return { kind: 'page', text, parameters: this.#parameters.values, page: pages.ofBytes, mayBeOld: true };
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
    const conditions = query === undefined ? [] : this.#expressions.conditions(query);
    return [[set.name, conditions.length === 0 ? json : `CASE WHEN ${conditions.join(' AND ')} THEN ${json} END`]];
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
