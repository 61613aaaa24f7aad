import { Edm } from '../../protocol/edm/primitive-types.js';
import {
  type BoundTransformation,
  type GroupKey,
  idMember,
  type Instance,
  type NestedItems,
  ofMember,
} from '../../protocol/query/bound.js';
import { type ExpressionCompiler, whereOf } from './compile-expression.js';
import type { Dialect, NamedJson } from './dialect.js';
import {
  ascending,
  type BegunGroups,
  keyAs,
  type KeyColumn,
  owner,
  type Relation,
  type Relations,
  row,
  withoutOwners,
} from './relation.js';

type Join = BoundTransformation & { readonly kind: 'join' };
type AddNested = BoundTransformation & { readonly kind: 'addNested' };
type Nest = BoundTransformation & { readonly kind: 'nest' };
type NestGroups = BoundTransformation & { readonly kind: 'nestGroups' };

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
    const found = this.#found(this.#items(all, item, nested), this.#begun(all, nested), nested);
    const own = this.#keys(relation.keys);
    const inside = withoutOwners(found.keys);
    const others = inside.map(([, index]) => `f.k${index}`);
    const value = isReference
      ? dialect.toJson(dialect.scalar({ json: 'f.document', path: [idMember] }, Edm.String), Edm.String)
      : dialect.column('f.document');
    const document = dialect.withMembers(`${row}.document`, [[alias, value]]);
    const select = [`${document} AS document`, ...[...own, ...others].map(keyAs)].join(', ');
    const watched = this.dialect.watched('result', row);
    const inner = `SELECT ${select} FROM ${all} AS ${row} JOIN ${found.name} AS f ON f.n = ${row}.n${whereOf(watched)}`;
    const absent = inside.map(([{ type }]) => dialect.absent(type));
    const alone = [`${row}.document AS document`, ...[...own, ...absent].map(keyAs)].join(', ');
    const without = `SELECT ${alone} FROM ${all} AS ${row}${whereOf([...watched, `${row}.n NOT IN (SELECT n FROM ${found.name})`])}`;
    const keys = [...relation.keys, ...inside.map(([key]) => key)];
    return this.relations.made(isOuter ? `${inner} UNION ALL ${without}` : inner, keys);
  }

  /** 3.4.3: each item with what is made of others in it, in their order. */
  addNested(relation: Relation, { item, nested }: AddNested): Relation {
    const { dialect } = this;
    const all = this.#numbered(relation);
    const lists = nested.map(({ alias, items, isSingle }) =>
      this.#list(this.#found(this.#items(all, item, items), this.#begun(all, items), items), { alias, isSingle }),
    );
    const joined = lists.map(({ join }) => join);
    const document = dialect.withMembers(
      `${row}.document`,
      lists.map(({ member }) => member),
    );
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

  /** The same of each group: one item, with the keys. */
  nestGroups(relation: Relation, { item, keys, nested, keepsEmpty }: NestGroups): Relation {
    const { dialect, relations } = this;
    const groups = this.#groups(keepsEmpty ? relations.begun() : { relation, item, keys });
    const lists = nested.map(({ alias, items }) =>
      this.#list(this.#found(this.#itemsOf(relation, { item, keys, groups }), this.#begun(groups, items), items), {
        alias,
        isSingle: false,
      }),
    );
    const document = dialect.withMembers(
      `${row}.document`,
      lists.map(({ member }) => member),
    );
    const columns = keys.map(({ value }, index) => relations.keyOf(value, `${row}.g${index}`));
    const joined = lists.map(({ join }) => join).join('');
    const where = whereOf(dialect.watched('result', row));
    return relations.made(
      `SELECT ${[`${document} AS document`, ...columns.map(keyAs)].join(', ')} FROM ${groups} AS ${row}${joined}${where}`,
      keys.map(({ value }) => ascending(value.type.item)),
    );
  }

  /** A table of groups: a document of the keys, those as `g0`, `g1` and so on, and a number, `n`. */
  #groups({ relation, item, keys }: BegunGroups): string {
    const { dialect, relations } = this;
    relations.place(item);
    const values = keys.map(({ value }) => this.expressions.value(value));
    const written = new Map(keys.map(({ value }, index) => [value, values[index] ?? 'NULL']));
    const document = dialect.object(relations.keyMembers(keys, written));
    const columns = values.map((value, index) => `${value} AS g${index}`);
    const number = `row_number() OVER (ORDER BY ${values.map((value) => dialect.order(value, false)).join(', ')}) AS n`;
    const select = [`${document} AS document`, ...columns, number].join(', ');
    return relations.madeTable(`SELECT ${select} ${relations.from(relation)} GROUP BY ${values.join(', ')}`);
  }

  /** The items of groups, each with the number of its group. */
  #itemsOf(
    relation: Relation,
    { item, keys, groups }: { readonly item: Instance; readonly keys: readonly GroupKey[]; readonly groups: string },
  ): Relation {
    const { dialect, relations } = this;
    relations.place(item);
    const on = keys.map(({ value }, index) => dialect.same(this.expressions.value(value), `g.g${index}`)).join(' AND ');
    const document = dialect.withMembers(`${row}.document`, [[ofMember, dialect.toJson('g.n', Edm.Int64)]]);
    const select = [`${document} AS document`, ...['g.n', ...this.#keys(relation.keys)].map(keyAs)].join(', ');
    const watched = relation.isMade ? dialect.watched('result', row) : [];
    const from = `FROM ${relation.name} AS ${row} JOIN ${groups} AS g ON ${on}${whereOf(watched)}`;
    return relations.made(`SELECT ${select} ${from}`, [owner, ...relation.keys]);
  }

  /** What was found as lists, by the number of what they are of: how they are joined, and a member that is one of them. */
  #list(
    { name, keys }: FoundItems,
    { alias, isSingle }: { readonly alias: string; readonly isSingle: boolean },
  ): { readonly join: string; readonly member: NamedJson } {
    const { dialect } = this;
    const order = this.#order(keys, 'f');
    const rows = `SELECT f.n, ${dialect.column('f.document')} AS j, row_number() OVER (ORDER BY ${order}) AS place FROM ${name} AS f`;
    const grouped = `SELECT n, ${dialect.array('j', 'place')} AS list FROM (${rows}) AS items GROUP BY n`;
    const table = this.expressions.alias();
    const list = { json: `${table}.list`, path: [] };
    const json = isSingle ? dialect.itemAt(list, 0) : dialect.collection(list);
    const join = ` LEFT JOIN ${this.relations.madeTable(grouped)} AS ${table} ON ${table}.n = ${row}.n`;
    return { join, member: [alias, dialect.column(json)] };
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

  /** What transformations give of items that say what they are of. */
  #found(source: Relation, begun: BegunGroups, { transformations }: Pick<NestedItems, 'transformations'>): FoundItems {
    const last = this.relations.grouped(source, transformations, begun);
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
    return this.relations.made(rows, [owner, ascending(Edm.Int64)]);
  }

  /** A row for each item that others may be in: their group. */
  #begun(all: string, { item, keys, keepsEmpty }: Omit<NestedItems, 'collection'>): BegunGroups {
    const document = this.dialect.object([[ofMember, this.dialect.toJson(`${row}.n`, Edm.Int64)]]);
    const name = keepsEmpty ? this.relations.madeTable(`SELECT ${document} AS document FROM ${all} AS ${row}`) : all;
    return { relation: { name, isMade: true, keys: [] }, item, keys };
  }
}
