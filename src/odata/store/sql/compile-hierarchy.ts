import type { ItemType } from '../../protocol/edm/model.js';
import { Edm } from '../../protocol/edm/primitive-types.js';
import type {
  BoundExpression,
  BoundHierarchy,
  BoundOrder,
  CollectionQuery,
  HierarchyTest,
  Instance,
} from '../../protocol/query/bound.js';
import type { Dialect } from './dialect.js';
import { type NumberKind, widestKind } from './number-kind.js';
import type { RelatedRows } from './related-rows.js';
import type { InstanceSource } from './related-rows.js';

/** What hierarchies need of the compiler of expressions. */
export interface NodeExpressions {
  readonly related: RelatedRows;
  place(instance: Instance, source: InstanceSource): void;
  conditions(query: Pick<CollectionQuery, 'filters' | 'search'>): readonly string[];
  number(expression: BoundExpression, kind: NumberKind | undefined): string;
  ordered(expression: BoundExpression): string;
  alias(): string;
}

/** The identifiers that a test is about. */
export function identifiersOf(test: HierarchyTest): readonly BoundExpression[] {
  switch (test.kind) {
    case 'sibling':
      return [test.node, test.other];
    case 'below':
      return [test.lower, test.upper];
    default:
      return [test.node];
  }
}

/** Names of common table expressions that no table of a model has. */
const found = '"#found"';
export const nodes = '"#nodes"';
export const start = '"#start"';
export const reached = '"#reached"';

/** Where relatives of nodes are looked for, and how far. */
export interface Relatives {
  readonly direction: 'down' | 'up';
  readonly distance: number | undefined;
  /** Whether the nodes themselves are among them. */
  readonly includesSelf: boolean;
}

type Below = HierarchyTest & { readonly kind: 'below' };

/** Rows of the table of the nodes: a node each, or, with its links, a node and one that it refers to. */
interface NodeRows {
  readonly table: string;
  /** The table with the links. */
  readonly from: string;
  readonly id: string;
  readonly q: string;
  readonly up: string;
  readonly where: readonly string[];
}

/** A hierarchy in SQL: its links are read once in a statement, and walked from there. */
export class CompiledHierarchy {
  #tables: string | undefined;

  constructor(
    private readonly dialect: Dialect,
    /** The kind in which identifiers are compared, where they are numbers. */
    readonly kind: NumberKind | undefined,
    /** Nodes once more, by the key of their table: for what is asked of each row. */
    private readonly another: () => NodeRows,
    private readonly write: (rows: NodeRows) => string,
  ) {}

  /**
   * The tables `#found` and `#nodes`; a row of `#nodes` is a node and one of its parents: `id`, `q`, `up`, and `n`, its place
   * among its siblings, where they have an order.
   */
  get tables(): string {
    // What has parameters is written where it stands in the statement, and once.
    return (this.#tables ??= this.write(this.another()));
  }

  /**
   * The condition that a value identifies one of some nodes. Nobody shall make a join of it: the subquery is about no row, and
   * looked up by its hash.
   */
  #among(value: string, where: string, more = ''): string {
    const tables = more === '' ? `WITH ${this.tables}` : `WITH RECURSIVE ${this.tables}, ${more}`;
    return this.dialect.certain(`${value} IN (${tables} SELECT q FROM ${nodes} WHERE ${where})`);
  }

  /** The condition that a row of `#nodes` is a root. */
  isRoot(alias = nodes): string {
    return `${alias}.id NOT IN (SELECT id FROM ${nodes} WHERE up IS NOT NULL)`;
  }

  /** The condition that nodes are where a test has them. @param values of its identifiers, which are not null */
  test(test: HierarchyTest, [first = '', second = '']: readonly string[]): string {
    switch (test.kind) {
      case 'node':
        return this.#among(first, '(1 = 1)');
      case 'root':
        return this.#among(first, this.isRoot());
      case 'leaf':
        return this.#among(first, `id NOT IN (SELECT up FROM ${nodes} WHERE up IS NOT NULL)`);
      case 'sibling':
        return this.#areSiblings(test, first, second);
      case 'below': {
        const { lower, upper, distance, includesSelf } = test;
        if (lower.kind !== 'literal' && upper.kind !== 'literal') return this.#isAbove(test, first, second);
        const isDown = upper.kind === 'literal' && lower.kind !== 'literal';
        const [from, to] = isDown ? [second, first] : [first, second];
        const direction = isDown ? 'down' : 'up';
        const starts = `SELECT id FROM ${nodes} WHERE q = ${from}`;
        const { tables, condition } = this.relatives(starts, { direction, distance, includesSelf });
        return this.#among(to, condition, tables);
      }
    }
  }

  /**
   * Up from each row, link by link: what is above a node is little, and all links would be read for each. SQLite keeps the order
   * of a cross join, and so begins at what is reached.
   */
  #isAbove({ distance, includesSelf }: Omit<Below, 'kind'>, lower: string, upper: string): string {
    const [first, one, other, above] = [this.another(), this.another(), this.another(), this.another()];
    const [columns, begins, further, bound] =
      distance === undefined
        ? ['id, q', '', '', []]
        : ['id, q, distance', ', 1', ', r.distance + 1', [`r.distance < ${distance}`]];
    const step = (from: NodeRows, to: NodeRows, where: readonly string[]): string =>
      `${from.from} CROSS JOIN ${to.table} WHERE ${[...where, ...from.where, ...to.where, `${to.id} = ${from.up}`].join(' AND ')}`;
    const begun = `SELECT ${one.id}, ${one.q}${begins} FROM ${step(first, one, [`${first.q} = ${lower}`])}`;
    const next = `SELECT ${above.id}, ${above.q}${further} FROM ${reached} AS r CROSS JOIN ${step(other, above, [`${other.id} = r.id`, ...bound])}`;
    const isReached = `${upper} IN (WITH RECURSIVE ${reached}(${columns}) AS (${begun} UNION ${next}) SELECT q FROM ${reached})`;
    if (!includesSelf) return this.dialect.certain(isReached);
    const self = this.another();
    const isNode = `EXISTS (SELECT 1 FROM ${self.table} WHERE ${[...self.where, `${self.q} = ${lower}`].join(' AND ')})`;
    return this.dialect.certain(`(${isReached} OR (${upper} = ${lower} AND ${isNode}))`);
  }

  #areSiblings({ node, other }: HierarchyTest & { readonly kind: 'sibling' }, first: string, second: string): string {
    const haveParent = `(a.up = b.up OR (${this.isRoot('a')} AND ${this.isRoot('b')}))`;
    const pair = `FROM ${nodes} AS a, ${nodes} AS b WHERE a.id <> b.id AND ${haveParent}`;
    // The siblings of one that is known are found once.
    if (node.kind !== 'literal' && other.kind !== 'literal')
      return `EXISTS (WITH ${this.tables} SELECT 1 ${pair} AND a.q = ${first} AND b.q = ${second})`;
    const [sought, known] = other.kind === 'literal' ? [first, second] : [second, first];
    return this.dialect.certain(`${sought} IN (WITH ${this.tables} SELECT a.q ${pair} AND b.q = ${known})`);
  }

  /**
   * The relatives of nodes: tables behind those of the hierarchy, and the condition that a row of `#nodes` is one of them. A
   * node is reached once, or once at each distance where that is bounded, so that a cycle in the data ends.
   * @param starts statement of the `id` of the nodes to begin with
   */
  relatives(
    starts: string,
    { direction, distance, includesSelf }: Relatives,
  ): { readonly tables: string; readonly condition: string } {
    const isUp = direction === 'up';
    const next = (from: string, isBounded: string): string => {
      const link = isUp ? `n.id = ${from}.id AND n.up IS NOT NULL` : `n.up = ${from}.id`;
      const where = [...this.dialect.watched('items', 'n'), ...(isBounded === '' ? [] : [isBounded])];
      return `FROM ${from} JOIN ${nodes} AS n ON ${link}${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}`;
    };
    const id = isUp ? 'n.up' : 'n.id';
    const [columns, one, further, bound] =
      distance === undefined
        ? ['id', '', '', '']
        : ['id, distance', ', 1', `, ${reached}.distance + 1`, `${reached}.distance < ${distance}`];
    const tables = [
      `${start} AS MATERIALIZED (${starts})`,
      `${reached}(${columns}) AS (SELECT ${id}${one} ${next(start, '')} UNION SELECT ${id}${further} ${next(reached, bound)})`,
    ];
    const among = (table: string): string => `id IN (SELECT id FROM ${table})`;
    const condition = includesSelf ? `(${among(reached)} OR ${among(start)})` : among(reached);
    return { tables: tables.join(', '), condition };
  }
}

/** Compiles recursive hierarchies (Data Aggregation 5.5.2). */
export class HierarchyCompiler {
  constructor(
    private readonly dialect: Dialect,
    private readonly expressions: NodeExpressions,
  ) {}

  /**
   * @param beside types of the values that identifiers are compared with
   * @param siblings their order, where they need one; what it leaves open the keys decide
   */
  of(hierarchy: BoundHierarchy, beside: readonly ItemType[], siblings?: readonly BoundOrder[]): CompiledHierarchy {
    const kind = widestKind([hierarchy.node.type.item, ...beside]);
    const another = (): NodeRows => this.#rows(hierarchy, kind);
    return new CompiledHierarchy(this.dialect, kind, another, (rows) => this.#tables(rows, siblings));
  }

  #tables({ from, id, q, up, where }: NodeRows, siblings: readonly BoundOrder[] | undefined): string {
    const rank = siblings === undefined ? '' : `, dense_rank() OVER (ORDER BY ${this.#order(siblings, id)}) AS n`;
    const columns = `${id} AS id, ${q} AS q, ${up} AS up${rank}`;
    const own = `n.id, n.q${siblings === undefined ? '' : ', n.n'}`;
    // A parent that is no node is none. A join would go through all for each where the database expects few.
    const parent = `CAST(CASE WHEN n.up IN (SELECT id FROM ${found}) THEN n.up END AS text)`;
    return (
      `${found} AS MATERIALIZED (SELECT ${columns} FROM ${from} WHERE ${where.join(' AND ')}), ` +
      `${nodes} AS MATERIALIZED (SELECT ${own}, ${parent} AS up FROM ${found} AS n)`
    );
  }

  /** The rows of the nodes; what is said of them speaks of these from here on. */
  #rows({ target, item, filters, node, parent }: BoundHierarchy, kind: NumberKind | undefined): NodeRows {
    const { dialect, expressions } = this;
    const row = { set: target, alias: expressions.alias() };
    const source = expressions.related.source(row);
    expressions.place(item, source);
    const link = { json: source.source.json, path: [parent.name] };
    const links = expressions.alias();
    const q = expressions.number(node, kind);
    const table = expressions.related.table(row);
    const where = [
      ...dialect.watched('table', row.alias),
      ...expressions.related.inScope(row),
      ...expressions.conditions({ filters, search: undefined }),
      `${q} IS NOT NULL`,
    ];
    return {
      table,
      from: parent.collection ? `${table} LEFT JOIN ${dialect.members(link, links)} ON (1 = 1)` : table,
      id: `${row.alias}.id`,
      q,
      up: parent.collection ? dialect.member(links).scalar : dialect.scalar(link, Edm.String),
      where,
    };
  }

  #order(siblings: readonly BoundOrder[], id: string): string {
    const asked = siblings.map(({ expression, descending }) =>
      this.dialect.order(this.expressions.ordered(expression), descending),
    );
    return [...asked, id].join(', ');
  }

  /** Statement of the nodes: of `document`, and of the id as `k0`. */
  source({ target, item, filters }: BoundHierarchy): string {
    const { dialect, expressions } = this;
    const row = { set: target, alias: expressions.alias() };
    const source = expressions.related.source(row);
    expressions.place(item, source);
    const where = [
      ...dialect.watched('table', row.alias),
      ...expressions.related.inScope(row),
      ...expressions.conditions({ filters, search: undefined }),
    ];
    const document = expressions.related.identified(row, source.source.json);
    const select = `${document} AS document, ${row.alias}.id AS k0`;
    return `SELECT ${select} FROM ${expressions.related.table(row)} WHERE ${where.join(' AND ')}`;
  }
}
