import { Edm } from '../../protocol/edm/primitive-types.js';
import type { BoundHierarchy, BoundTransformation, NodePath } from '../../protocol/query/bound.js';
import { type ExpressionCompiler, whereOf } from './compile-expression.js';
import { type CompiledHierarchy, HierarchyCompiler, nodes, reached, start } from './compile-hierarchy.js';
import type { Dialect } from './dialect.js';
import type { NumberKind } from './number-kind.js';
import type { Parameters } from './parameters.js';
import { ascending, keyAs, type Relation, type Relations, row } from './relation.js';

type Relatives = BoundTransformation & { readonly kind: 'relatives' };
type Traverse = BoundTransformation & { readonly kind: 'traverse' };

/** A number as text that has its order, and as many digits as every other one. */
function step(number: string, base = 1_000_000_000): string {
  return `'/' || CAST(${base} + ${number} AS text)`;
}

/** Compiles the transformations of recursive hierarchies (Data Aggregation 6). */
export class HierarchyStepCompiler {
  readonly #hierarchies: HierarchyCompiler;

  constructor(
    private readonly dialect: Dialect,
    private readonly parameters: Parameters,
    private readonly expressions: ExpressionCompiler,
    private readonly relations: Relations,
  ) {
    this.#hierarchies = new HierarchyCompiler(dialect, expressions);
  }

  /** 6.2.1: of nodes that some items are related to the relatives, and of those the items that are related to them. */
  relatives(relation: Relation, { item, hierarchy, path, start: some, ...about }: Relatives): Relation {
    const started = this.relations.sequence(relation, some);
    const tree = this.#hierarchies.of(hierarchy, [path.value.type.item]);
    this.relations.place(item);
    const { from, where, value } = this.#identifiers(path, tree.kind);
    const begun = `SELECT ${value} FROM ${[`${started.name} AS ${row}`, ...from].join(', ')}${whereOf([...this.#watched(started), ...where])}`;
    const isBegun = this.dialect.certain(`q IN (${begun})`);
    const { tables, condition } = tree.relatives(`SELECT id FROM ${nodes} WHERE ${isBegun}`, about);
    const found = this.relations.madeTable(
      `WITH RECURSIVE ${tree.tables}, ${tables} SELECT DISTINCT q FROM ${nodes} WHERE ${condition}`,
    );
    this.relations.place(item);
    const among = this.#among(path, tree.kind, found);
    const select = [`${row}.document`, ...relation.keys.map((_, index) => `${row}.k${index}`)].join(', ');
    return {
      ...relation,
      name: this.relations.table(`SELECT ${select} ${this.relations.from(relation, [among])}`),
    };
  }

  #watched({ isMade }: Relation): readonly string[] {
    return isMade ? this.dialect.watched('result', row) : [];
  }

  /** The identifiers of nodes that an item is related to: more sources of rows, their conditions, and the value. */
  #identifiers({ collections, value }: NodePath, kind: NumberKind | undefined) {
    const rows = collections.map((collection) => this.expressions.rows(collection));
    return {
      from: rows.map(({ from }) => from),
      where: rows.flatMap(({ where }) => where),
      value: this.expressions.number(value, kind),
    };
  }

  /** The condition that an item is related to a node whose identifier is in a table. */
  #among(path: NodePath, kind: NumberKind | undefined, table: string): string {
    const { from, where, value } = this.#identifiers(path, kind);
    const among = this.dialect.certain(`${value} IN (SELECT q FROM ${table})`);
    return from.length === 0 ? among : `EXISTS (SELECT 1 FROM ${from.join(', ')}${whereOf([...where, among])})`;
  }

  // Data Aggregation 6.2.2

  /**
   * The items in the order of the nodes. A node has a text of the places of those above it among their siblings, and of its own:
   * by it what is below a node comes after it, or, where something greater stands behind each, before it.
   */
  traverse(relation: Relation, traverse: Traverse): Relation {
    const { item, hierarchy, value, upPath, injected } = traverse;
    const started = traverse.start && this.#nodes(hierarchy, traverse);
    const tree = this.#hierarchies.of(hierarchy, [value.type.item], traverse.siblings);
    const walked = this.relations.madeTable(this.#walk(tree, traverse, started));
    this.relations.place(item);
    const keys = relation.keys.map((_, index) => `${row}.k${index}`);
    const identified = [`${row}.document`, ...keys.map(keyAs), `${this.expressions.number(value, tree.kind)} AS q`];
    const items = this.relations.madeTable(`SELECT ${identified.join(', ')} ${this.relations.from(relation)}`);
    const document = this.#said(hierarchy, upPath, injected?.path);
    const select = [`${document.json} AS document`, ...[`w.n`, ...keys].map(keyAs)];
    const from = `${walked} AS w JOIN ${items} AS ${row} ON ${row}.q = w.q${document.join}`;
    const where = whereOf(this.dialect.watched('result', row));
    return this.relations.made(`SELECT ${select.join(', ')} FROM ${from}${where}`, [
      ascending(Edm.Int64),
      ...relation.keys,
    ]);
  }

  /** The nodes that a traversal begins at, in their order: of `id` and `n`. */
  #nodes(hierarchy: BoundHierarchy, { start: some = [], siblings }: Traverse): string {
    const whole: Relation = {
      name: this.relations.table(this.#hierarchies.source(hierarchy)),
      isMade: false,
      keys: [ascending(Edm.String)],
    };
    const begun = this.relations.sequence(whole, some);
    this.relations.place(hierarchy.item);
    const asked = siblings.map(({ expression, descending }) =>
      this.dialect.order(this.expressions.ordered(expression), descending),
    );
    const order = [...asked, this.relations.ordered(begun)].join(', ');
    const id = `${row}.k${begun.keys.length - 1}`;
    return `SELECT ${id} AS id, row_number() OVER (ORDER BY ${order}) AS n ${this.relations.from(begun)}`;
  }

  /** Statement of the nodes as they are met: of `id`, `q`, `n`, their place, and `ups`, what is above them. */
  #walk(tree: CompiledHierarchy, { order, upPath, hierarchy }: Traverse, started: string | undefined): string {
    const { dialect } = this;
    const says = upPath !== undefined;
    const [none, ups, further] = says
      ? [
          `, ${dialect.jsonLiteral([], this.parameters)}`,
          ', ups',
          `, ${dialect.prepended(this.#identifierText(hierarchy, `${reached}.q`, tree.kind), `${reached}.ups`)}`,
        ]
      : ['', '', ''];
    const roots =
      started === undefined
        ? `SELECT DISTINCT id, q, ${step('n')}${none} FROM ${nodes} WHERE ${tree.isRoot()}`
        : `SELECT n.id, n.q, ${step('s.n', 2_000_000_000)} || ${step('n.n')}${none} FROM (${started}) AS s ` +
          `JOIN (SELECT DISTINCT id, q, n FROM ${nodes}) AS n ON n.id = s.id`;
    // Whoever is above a node already does not come below it.
    const isNew = `${reached}.path NOT LIKE '%' || ${step('n.n')} || '%'`;
    const where = whereOf([...dialect.watched('items', 'n'), isNew]);
    const below = `SELECT n.id, n.q, ${reached}.path || ${step('n.n')}${further} FROM ${reached} JOIN ${nodes} AS n ON n.up = ${reached}.id${where}`;
    const path = dialect.collated(order === 'postorder' ? `(path || '~')` : 'path');
    return (
      `WITH RECURSIVE ${tree.tables}, ${start}(id, q, path${ups}) AS (${roots}), ` +
      `${reached}(id, q, path${ups}) AS (SELECT * FROM ${start} UNION ALL ${below}) ` +
      `SELECT id, q, row_number() OVER (ORDER BY ${path}) AS n${ups} FROM ${reached}`
    );
  }

  /** The identifier of a node as text, in JSON. */
  #identifierText({ node }: BoundHierarchy, q: string, kind: NumberKind | undefined): string {
    const { item } = node.type;
    const type = kind === undefined ? (item?.kind === 'primitive' ? item : Edm.String) : undefined;
    const numbers = { integer: Edm.Int64, decimal: Edm.Decimal, double: Edm.Double };
    const from = kind === undefined ? type : numbers[kind];
    return this.dialect.toJson(this.dialect.cast(q, from, Edm.String), Edm.String);
  }

  /** The document of an item, with what is above its node, and with that itself where it becomes a part of it. */
  #said(hierarchy: BoundHierarchy, upPath: string | undefined, path: readonly string[] | undefined) {
    const document = `${row}.document`;
    const said: readonly (readonly [string, string])[] =
      upPath === undefined ? [] : [[upPath, this.dialect.column('w.ups')]];
    if (path === undefined) return { json: this.dialect.withMembers(document, said), join: '' };
    const node = { set: hierarchy.target, alias: this.expressions.alias() };
    const { related } = this.expressions;
    const json = related.identified(node, `${node.alias}.document`);
    const on = [...related.inScope(node), `${node.alias}.id = w.id`].join(' AND ');
    return {
      json: this.dialect.withMembers(this.#put(document, path, json), said),
      join: ` JOIN ${related.table(node)} ON ${on}`,
    };
  }

  /** A document with JSON at a path in it. */
  #put(document: string, [name, ...rest]: readonly string[], json: string): string {
    const { dialect } = this;
    if (name === undefined) return dialect.merged(json, document);
    if (rest.length === 0) return dialect.withMembers(document, [[name, json]]);
    const inner = `coalesce(${dialect.json({ json: document, path: [name] })}, ${dialect.object([])})`;
    return dialect.withMembers(document, [[name, this.#put(inner, rest, json)]]);
  }
}
