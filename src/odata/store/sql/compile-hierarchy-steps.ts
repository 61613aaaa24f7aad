import { Edm } from '../../protocol/edm/primitive-types.js';
import {
  type BoundHierarchy,
  type BoundOrder,
  type BoundTransformation,
  nodeMember,
  type NodePath,
  ofMember,
} from '../../protocol/query/bound.js';
import { type ExpressionCompiler, whereOf } from './compile-expression.js';
import { type CompiledHierarchy, HierarchyCompiler, nodes, reached, start } from './compile-hierarchy.js';
import type { Dialect, NamedJson } from './dialect.js';
import { type NumberKind, typeOfKind } from './number-kind.js';
import type { Parameters } from './parameters.js';
import { ascending, keyAs, owner, place, type Relation, type Relations, row, withoutOwners } from './relation.js';

type Relatives = BoundTransformation & { readonly kind: 'relatives' };
type Traverse = BoundTransformation & { readonly kind: 'traverse' };
type RollUp = BoundTransformation & { readonly kind: 'rollUp' };

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
    const { hierarchy, value, upPath, injected, siblings } = traverse;
    const started = traverse.start && this.#nodes(hierarchy, traverse.start, siblings);
    const tree = this.#hierarchies.of(hierarchy, [value.type.item], siblings);
    const walked = this.relations.madeTable(this.#walk(tree, traverse, started));
    const keys = relation.keys.map((_, index) => `${row}.k${index}`);
    const items = this.#identified(relation, traverse, tree);
    const document = this.#said(hierarchy, upPath, injected?.path);
    const select = [`${document.json} AS document`, ...[`w.n`, ...keys].map(keyAs)];
    const from = `${walked} AS w JOIN ${items} AS ${row} ON ${row}.q = w.q${document.join}`;
    const where = whereOf(this.dialect.watched('result', row));
    return this.relations.made(`SELECT ${select.join(', ')} FROM ${from}${where}`, [place, ...relation.keys]);
  }

  /** The items with the identifier of the node that each is related to, `q`. */
  #identified(
    relation: Relation,
    { item, value }: Pick<Traverse, 'item' | 'value'>,
    { kind }: CompiledHierarchy,
  ): string {
    this.relations.place(item);
    const keys = relation.keys.map((_, index) => `${row}.k${index}`);
    const select = [`${row}.document`, ...keys.map(keyAs), `${this.expressions.number(value, kind)} AS q`];
    return this.relations.madeTable(`SELECT ${select.join(', ')} ${this.relations.from(relation)}`);
  }

  // Data Aggregation 6.3

  /** The items once for each node that is above theirs, or is it; what is made of those of each, and the node in it. */
  rollUp(relation: Relation, rollUp: RollUp): Relation {
    const { dialect } = this;
    const { hierarchy, value, below, keys, transformations } = rollUp;
    const wanted = this.relations.madeTable(this.#nodes(hierarchy, rollUp.start ?? []));
    const tree = this.#hierarchies.of(hierarchy, [value.type.item]);
    const above = this.relations.madeTable(this.#above(tree, wanted));
    const items = this.#identified(relation, rollUp, tree);
    const hidden = (node: string): readonly NamedJson[] => [
      [ofMember, dialect.toJson(`${node}.n`, Edm.Int64)],
      [nodeMember, dialect.toJson(`${node}.id`, Edm.String)],
    ];
    const own = relation.keys.map((_, index) => `${row}.k${index}`);
    const document = `${dialect.withMembers(`${row}.document`, hidden('w'))} AS document`;
    const from = `FROM ${above} AS w JOIN ${items} AS ${row} ON ${row}.q = w.q${whereOf(dialect.watched('result', row))}`;
    const source = this.relations.made(`SELECT ${[document, ...['w.n', ...own].map(keyAs)].join(', ')} ${from}`, [
      owner,
      ...relation.keys,
    ]);
    const nodes_ = this.relations.madeTable(`SELECT ${dialect.object(hidden('w'))} AS document FROM ${wanted} AS w`);
    const begun = { relation: { name: nodes_, isMade: true, keys: [] }, item: below, keys };
    const last = this.relations.grouped(source, transformations, begun);
    return this.#withNodes(last, rollUp, { wanted, kind: tree.kind });
  }

  /** Statement of what is below each of some nodes, itself too: its number `n`, its `id`, and the identifier `q` of each. */
  #above(tree: CompiledHierarchy, wanted: string): string {
    const where = whereOf(this.dialect.watched('items', 'n'));
    const next = `SELECT ${reached}.n, ${reached}.top, n.id FROM ${reached} JOIN ${nodes} AS n ON n.up = ${reached}.id${where}`;
    return (
      `WITH RECURSIVE ${tree.tables}, ${reached}(n, top, id) AS (SELECT n, id, id FROM ${wanted} UNION ${next}) ` +
      `SELECT DISTINCT r.n, r.top AS id, n.q FROM ${reached} AS r JOIN ${nodes} AS n ON n.id = r.id`
    );
  }

  /** What was made for each node, with that node in it, in the order of the nodes. */
  #withNodes(
    last: Relation,
    { hierarchy, injected }: RollUp,
    { wanted, kind }: { readonly wanted: string; readonly kind: NumberKind | undefined },
  ): Relation {
    const { dialect } = this;
    const own = last.keys.map((_, index) => `${row}.k${index}`);
    const n = dialect.scalar({ json: `${row}.document`, path: [ofMember] }, Edm.Int64);
    const numbered = [`${row}.document`, `${n} AS n`, ...own.map(keyAs)].join(', ');
    const found = this.relations.madeTable(`SELECT ${numbered} ${this.relations.from(last)}`);
    const node = { set: hierarchy.target, alias: this.expressions.alias() };
    const { related } = this.expressions;
    const source = related.source(node);
    this.expressions.place(hierarchy.item, source);
    const part =
      injected.isIdentifier === true
        ? dialect.toJson(this.expressions.number(hierarchy.node, kind), hierarchy.node.type.item)
        : related.identified(node, source.source.json);
    const on = [...related.inScope(node), `${node.alias}.id = w.id`].join(' AND ');
    const from = `FROM ${found} AS ${row} JOIN ${wanted} AS w ON w.n = ${row}.n JOIN ${related.table(node)} ON ${on}`;
    const document = this.#put(`${row}.document`, injected.path, part);
    const inside = withoutOwners(last.keys);
    const columns = [`${row}.n`, ...inside.map(([, index]) => `${row}.k${index}`)];
    const select = [`${document} AS document`, ...columns.map(keyAs)].join(', ');
    const where = whereOf(dialect.watched('result', row));
    return this.relations.made(`SELECT ${select} ${from}${where}`, [place, ...inside.map(([key]) => key)]);
  }

  /** The nodes that a traversal begins at, in their order: of `id` and `n`. */
  #nodes(
    hierarchy: BoundHierarchy,
    some: readonly BoundTransformation[],
    siblings: readonly BoundOrder[] = [],
  ): string {
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
    // The key of an entity is the last of what tells it from others.
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
    const type = item?.kind === 'primitive' ? item : Edm.String;
    const from = kind === undefined ? type : typeOfKind[kind];
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
