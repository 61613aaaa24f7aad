import type {
  Aggregate,
  BoundExpression,
  BoundOrder,
  BoundTransformation,
  GroupKey,
  Instance,
} from '../../protocol/query/bound.js';
import { type ExpressionCompiler, whereOf } from './compile-expression.js';
import type { Dialect, NamedJson } from './dialect.js';
import type { Parameters } from './parameters.js';

/** Rows of one column `document`, by the name of their common table expression, and how they are ordered. */
interface Relation {
  readonly name: string;
  /** Whether its documents are made once, and go to the next step as rows. */
  readonly isMade: boolean;
  readonly order: readonly BoundOrder[];
  readonly ordered: Instance | undefined;
}

const row = 't';

/**
 * Compiles `$apply` to common table expressions, one for each step: the text grows with the request and no faster. What
 * makes documents is materialized: databases would write the expression of each step into the next one, as often as that
 * names it, and so double it with every step.
 */
export class ApplyCompiler {
  readonly #tables: string[] = [];

  constructor(
    private readonly dialect: Dialect,
    private readonly parameters: Parameters,
    private readonly expressions: ExpressionCompiler,
  ) {}

  /**
   * @param source statement of the rows to begin with, of one column `document`
   * @returns the `WITH` clause, the name of the last table, and the order that it was given
   */
  compile(source: string, transformations: readonly BoundTransformation[]): { readonly with: string } & Relation {
    const first = { name: this.#table(source), isMade: false, order: [], ordered: undefined };
    const last = this.#sequence(first, transformations);
    return { ...last, with: `WITH ${this.#tables.join(', ')}` };
  }

  #table(select: string): string {
    const name = `r${this.#tables.length + 1}`;
    this.#tables.push(`${name} AS (${select})`);
    return name;
  }

  #made(select: string): Relation {
    const name = `r${this.#tables.length + 1}`;
    this.#tables.push(`${name} AS MATERIALIZED (${select})`);
    return { name, isMade: true, order: [], ordered: undefined };
  }

  /** The conditions on the rows of a step, those first by which it can be ended. */
  #where({ isMade }: Relation, conditions: readonly string[]): string {
    return whereOf([...(isMade ? this.dialect.watched('result', row) : []), ...conditions]);
  }

  #sequence(source: Relation, transformations: readonly BoundTransformation[]): Relation {
    return transformations.reduce((relation, transformation) => this.#step(relation, transformation), source);
  }

  /** The instance is a row of the table before. */
  place(item: Instance, alias = row): void {
    this.expressions.place(item, {
      source: { json: `${alias}.document`, path: [] },
      columns: new Map(),
      scalar: undefined,
    });
  }

  #step(relation: Relation, transformation: BoundTransformation): Relation {
    const from = `${relation.name} AS ${row}`;
    switch (transformation.kind) {
      case 'filter': {
        this.place(transformation.item);
        const where = this.expressions.conditions(transformation);
        return { ...relation, name: this.#table(`SELECT ${row}.document FROM ${from}${this.#where(relation, where)}`) };
      }
      case 'compute': {
        this.place(transformation.item);
        const members = transformation.computed.map(
          ({ name, expression }) =>
            [name, this.dialect.toJson(this.expressions.value(expression), expression.type.item)] as const,
        );
        const document = this.dialect.withMembers(`${row}.document`, members);
        const made = this.#made(`SELECT ${document} AS document FROM ${from}${this.#where(relation, [])}`);
        return { ...relation, ...made, order: relation.order, ordered: relation.ordered };
      }
      case 'aggregate':
        return this.#aggregate(relation, transformation);
      case 'order':
        return { ...relation, order: transformation.order, ordered: transformation.item };
      case 'limit':
        return {
          ...relation,
          name: this.#table(
            `SELECT ${row}.document FROM ${from}${this.#where(relation, [])}${this.#limit(relation, transformation)}`,
          ),
        };
      case 'rank':
        return { ...relation, name: this.#table(this.#rank(relation, transformation)) };
      case 'concat': {
        const parts = transformation.sequences.map((sequence) => this.#sequence(relation, sequence).name);
        return this.#made(parts.map((part) => `SELECT document FROM ${part}`).join(' UNION ALL '));
      }
    }
  }

  /** The terms of an order, of rows with an alias; documents break ties. */
  orderBy({ order, ordered }: Pick<Relation, 'order' | 'ordered'>, alias = row): string {
    if (ordered !== undefined) this.place(ordered, alias);
    const terms = order.map(({ expression, descending }) =>
      this.dialect.order(this.expressions.ordered(expression), descending),
    );
    return [...terms, this.dialect.fetched(`${alias}.document`)].join(', ');
  }

  #limit(relation: Relation, { skip, top }: BoundTransformation & { readonly kind: 'limit' }): string {
    const limit = this.parameters.add(top ?? Number.MAX_SAFE_INTEGER);
    const offset = skip === undefined ? '' : ` OFFSET ${this.parameters.add(skip)}`;
    return ` ORDER BY ${this.orderBy(relation)} LIMIT ${limit}${offset}`;
  }

  #aggregate(
    relation: Relation,
    { item, groupings, aggregates }: BoundTransformation & { readonly kind: 'aggregate' },
  ): Relation {
    const from = `${relation.name} AS ${row}${this.#where(relation, [])}`;
    const selects = groupings.map((keys) => {
      this.place(item);
      const values = aggregates.map(({ name, method, value, type }) => {
        const aggregated = this.#method(method, value);
        return [name, this.dialect.toJson(aggregated, type)] as const;
      });
      // Written once: what is selected must be what is grouped by, to the letter.
      const by = new Map(keys.map(({ value }) => [value, this.expressions.value(value)]));
      const document = this.dialect.object([...this.#keys(keys, by), ...values]);
      const group =
        by.size === 0 ? (aggregates.length === 0 ? ' LIMIT 1' : '') : ` GROUP BY ${[...by.values()].join(', ')}`;
      return `SELECT ${document} AS document FROM ${from}${group}`;
    });
    return this.#made(selects.join(' UNION ALL '));
  }

  #method(method: Aggregate['method'], value: BoundExpression | undefined): string {
    if (value === undefined || method === 'count') return 'count(*)';
    const sql = this.expressions.ordered(value);
    if (method === 'countdistinct') return `count(DISTINCT ${sql})`;
    return this.dialect.aggregate(method, sql, value.type.item);
  }

  /** The keys of a group as members: at the paths where the source has them. */
  #keys(keys: readonly GroupKey[], written: ReadonlyMap<BoundExpression, string>): NamedJson[] {
    const members = new Map<string, GroupKey[]>();
    for (const key of keys) {
      const [name = ''] = key.path;
      members.set(name, [...(members.get(name) ?? []), key]);
    }
    return [...members].map(([name, inside]) => {
      const [first] = inside;
      const nested = inside.filter(({ path }) => path.length > 1).map((key) => ({ ...key, path: key.path.slice(1) }));
      if (nested.length > 0 || first === undefined) return [name, this.dialect.object(this.#keys(nested, written))];
      return [name, this.dialect.toJson(written.get(first.value) ?? 'NULL', first.value.type.item)];
    });
  }

  #rank(
    relation: Relation,
    { item, keep, descending, quantity, by, within }: BoundTransformation & { readonly kind: 'rank' },
  ): string {
    this.place(item);
    const keys = within.map(({ value }) => this.expressions.value(value));
    const partition = keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')} `;
    const value = this.expressions.value(by);
    const order = `${partition}ORDER BY ${value}${descending ? ' DESC' : ''}, ${this.dialect.fetched(`${row}.document`)}`;
    const bound = this.expressions.value(quantity);
    const ranked = `SELECT ${row}.document, ${value} AS v, row_number() OVER (${order}) AS n, sum(${value} * 1.0) OVER (${order} ROWS UNBOUNDED PRECEDING) AS running, sum(${value} * 1.0) OVER (${partition.trim()}) AS total FROM ${relation.name} AS ${row}${this.#where(relation, [`${value} IS NOT NULL`])}`;
    const enough = {
      count: `n <= ${bound}`,
      // The fewest items that reach the sum: what comes before them does not.
      sum: `running - v < ${bound}`,
      percent: `running - v < ${bound} * total / 100.0`,
    }[keep];
    return `SELECT document FROM (${ranked}) AS ranked WHERE ${enough}`;
  }
}
