import { Edm } from '../../protocol/edm/primitive-types.js';
import {
  type BoundTransformation,
  idMember,
  type Instance,
  type NestedItems,
  ofMember,
} from '../../protocol/query/bound.js';
import { type ExpressionCompiler, whereOf } from './compile-expression.js';
import type { Dialect, NamedJson } from './dialect.js';
import { ascending, keyAs, type KeyColumn, type Relation, type Relations, row } from './relation.js';

type Join = BoundTransformation & { readonly kind: 'join' };
type AddNested = BoundTransformation & { readonly kind: 'addNested' };
type Nest = BoundTransformation & { readonly kind: 'nest' };

/** Items inside others, found: a table of `document`, the number `n` of the item that each is of, and keys. */
interface FoundItems {
  readonly name: string;
  readonly keys: readonly KeyColumn[];
}

/** Compiles what takes collections out of items, or puts some into them (Data Aggregation 3.4.3, 3.5.1 and 3.5.2). */
export class NestedStepCompiler {
  constructor(
    private readonly dialect: Dialect,
    private readonly expressions: ExpressionCompiler,
    private readonly relations: Relations,
  ) {}

  /** 3.5.1: each item once with each of the others that are in it, both in their order. */
  join(relation: Relation, { item, nested, alias, isOuter, isReference }: Join): Relation {
    const { dialect } = this;
    const all = this.#numbered(relation);
    const found = this.#found(all, item, nested);
    const own = this.#keys(relation.keys);
    const others = this.#keys(found.keys, 'f');
    const value = isReference
      ? dialect.toJson(dialect.scalar({ json: 'f.document', path: [idMember] }, Edm.String), Edm.String)
      : dialect.column('f.document');
    const document = dialect.withMembers(`${row}.document`, [[alias, value]]);
    const select = [`${document} AS document`, ...[...own, ...others].map(keyAs)].join(', ');
    const watched = this.dialect.watched('result', row);
    const inner = `SELECT ${select} FROM ${all} AS ${row} JOIN ${found.name} AS f ON f.n = ${row}.n${whereOf(watched)}`;
    const absent = found.keys.map(({ type }) => dialect.absent(type));
    const alone = [`${row}.document AS document`, ...[...own, ...absent].map(keyAs)].join(', ');
    const without = `SELECT ${alone} FROM ${all} AS ${row}${whereOf([...watched, `${row}.n NOT IN (SELECT n FROM ${found.name})`])}`;
    const keys = [...relation.keys, ...found.keys];
    return this.relations.made(isOuter ? `${inner} UNION ALL ${without}` : inner, keys);
  }

  /** 3.4.3: each item with what is made of others in it, in their order. */
  addNested(relation: Relation, { item, nested }: AddNested): Relation {
    const { dialect } = this;
    const all = this.#numbered(relation);
    const lists = nested.map(({ alias, items }) => {
      const found = this.#found(all, item, items);
      const order = this.#order(found.keys, 'f');
      const rows = `SELECT f.n, ${dialect.column('f.document')} AS j, row_number() OVER (ORDER BY ${order}) AS place FROM ${found.name} AS f`;
      const grouped = `SELECT n, ${dialect.array('j', 'place')} AS list FROM (${rows}) AS items GROUP BY n`;
      return { alias, name: this.relations.madeTable(grouped), table: this.expressions.alias() };
    });
    const members = lists.map(({ alias, table }): NamedJson => {
      const list = dialect.collection({ json: `${table}.list`, path: [] });
      return [alias, dialect.column(list)];
    });
    const joined = lists.map(({ name, table }) => ` LEFT JOIN ${name} AS ${table} ON ${table}.n = ${row}.n`);
    const document = dialect.withMembers(`${row}.document`, members);
    const select = [`${document} AS document`, ...this.#keys(relation.keys).map(keyAs)].join(', ');
    const where = whereOf(dialect.watched('result', row));
    return this.relations.made(`SELECT ${select} FROM ${all} AS ${row}${joined.join('')}${where}`, relation.keys);
  }

  /** 3.5.2: one item. */
  nest(relation: Relation, { sequences }: Nest): Relation {
    const { dialect } = this;
    const members = sequences.map(({ alias, transformations }): NamedJson => {
      const last = this.relations.sequence(relation, transformations);
      const order = last.keys.length === 0 ? '1' : this.#order(last.keys, row);
      const rows = `SELECT ${dialect.column(`${row}.document`)} AS j, row_number() OVER (ORDER BY ${order}) AS n ${this.relations.from(last)}`;
      return [alias, dialect.column(`(SELECT ${dialect.array('j', 'n')} FROM (${rows}) AS items)`)];
    });
    return this.relations.made(`SELECT ${dialect.object(members)} AS document`, []);
  }

  #keys(keys: readonly KeyColumn[], alias = row): readonly string[] {
    return keys.map((_, index) => `${alias}.k${index}`);
  }

  #order(keys: readonly KeyColumn[], alias: string): string {
    return keys.map(({ descending }, index) => this.dialect.order(`${alias}.k${index}`, descending)).join(', ');
  }

  /** The items, each with a number of its own, `n`. */
  #numbered(relation: Relation): string {
    const order = relation.keys.length === 0 ? '' : `ORDER BY ${this.relations.ordered(relation)}`;
    const select = [`${row}.document`, ...this.#keys(relation.keys).map(keyAs), `row_number() OVER (${order}) AS n`];
    return this.relations.madeTable(`SELECT ${select.join(', ')} ${this.relations.from(relation)}`);
  }

  /** What transformations give of the items that are in those of a table. */
  #found(all: string, item: Instance, nested: NestedItems): FoundItems {
    const source = this.#items(all, item, nested);
    const begun = this.#begun(all, nested);
    const last = this.relations.grouped(source, nested.transformations, begun);
    const n = this.dialect.scalar({ json: `${row}.document`, path: [ofMember] }, Edm.Int64);
    const select = [`${row}.document`, `${n} AS n`, ...this.#keys(last.keys).map(keyAs)];
    return {
      name: this.relations.madeTable(`SELECT ${select.join(', ')} ${this.relations.from(last)}`),
      keys: last.keys,
    };
  }

  /** The items inside others, in the order in which those have them. */
  #items(all: string, item: Instance, { collection }: NestedItems): Relation {
    const { dialect } = this;
    this.relations.place(item);
    const { from, where, item: one, row: entity } = this.expressions.rows(collection);
    const id = entity === undefined ? [] : [[idMember, dialect.toJson(`${entity.alias}.id`, Edm.String)] as const];
    const json = entity === undefined ? one.json : this.expressions.related.identified(entity, one.json);
    const said: readonly NamedJson[] = [[ofMember, dialect.toJson(`${row}.n`, Edm.Int64)], ...id];
    const place = `row_number() OVER (PARTITION BY ${row}.n ORDER BY ${one.position})`;
    const select = [`${dialect.withMembers(json, said)} AS document`, ...[`${row}.n`, place].map(keyAs)];
    const rows = `SELECT ${select.join(', ')} FROM ${all} AS ${row}, ${from}${whereOf(where)}`;
    return this.relations.made(rows, [ascending(Edm.Int64), ascending(Edm.Int64)]);
  }

  /** A row for each item that others may be in: their group. */
  #begun(all: string, { item, keys, keepsEmpty }: NestedItems) {
    const document = this.dialect.object([[ofMember, this.dialect.toJson(`${row}.n`, Edm.Int64)]]);
    const name = keepsEmpty ? this.relations.madeTable(`SELECT ${document} AS document FROM ${all} AS ${row}`) : all;
    return { relation: { name, isMade: true, keys: [] }, item, keys };
  }
}
