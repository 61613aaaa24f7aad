import type { ItemType } from '../../protocol/edm/model.js';
import { Edm } from '../../protocol/edm/primitive-types.js';
import { variantMember } from '../../protocol/payload/stored-entity.js';
import {
  type Aggregate,
  type BoundExpression,
  type BoundTransformation,
  type GroupKey,
  type Instance,
  type Member,
  ofMember,
} from '../../protocol/query/bound.js';
import { orderTerms } from '../../protocol/query/expression/dynamic-values.js';
import { isStructured } from '../../protocol/query/value-types.js';
import { wholeOf } from '../../protocol/query/expression/members.js';
import { type ExpressionCompiler, whereOf } from './compile-expression.js';
import type { Dialect, NamedJson } from './dialect.js';
import { noColumns } from './fragments.js';
import { HierarchyStepCompiler } from './compile-hierarchy-steps.js';
import { NestedStepCompiler } from './compile-nested-steps.js';
import type { OrderKey } from './compile-page.js';
import type { Parameters } from './parameters.js';
import {
  ascending,
  type BegunGroups,
  keyAs,
  type KeyColumn,
  owner,
  type Relation,
  type Relations,
  row,
} from './relation.js';

/** Whether values of two columns can stand in one. */
function alike(one: KeyColumn, other: KeyColumn): boolean {
  const kindOf = ({ type }: KeyColumn): string | undefined =>
    type?.kind === 'primitive' ? type.family : type === undefined ? undefined : 'string';
  return kindOf(one) === kindOf(other) && one.descending === other.descending;
}

/** The member of a row that is a value which a path leads to; no text of a client can be it. */
function reachedMember(part: number): string {
  return `#v${part}`;
}

/** The rows of the values of a path, and what stands for each. */
interface ReachedPart {
  readonly part: number;
  readonly instance: Instance;
  readonly value: BoundExpression;
}

/** The column of the key of a group. */
function keyColumn({ path: [name], value }: GroupKey): KeyColumn {
  return name === ofMember ? owner : ascending(value.type.item);
}

/** The columns in which the keys of several relations find room, and which of them each one's stand in, in their order. */
function sharedKeys(relations: readonly Relation[]) {
  const columns: KeyColumn[] = [];
  const places = relations.map(({ keys }) => {
    let next = 0;
    return keys.map((key) => {
      const found = columns.findIndex((column, index) => index >= next && alike(column, key));
      const place = found < 0 ? columns.push(key) - 1 : found;
      next = place + 1;
      return place;
    });
  });
  return { columns, places };
}

/**
 * Compiles `$apply` to common table expressions, one for each step: the text grows with the request and no faster. What
 * makes documents is materialized: databases would write the expression of each step into the next one, as often as that
 * names it, and so double it with every step.
 */
export class ApplyCompiler implements Relations {
  readonly #tables: string[] = [];
  /** The groups that are transformed, the innermost last: what they began with, and its keys. */
  readonly #begun: BegunGroups[] = [];

  readonly #nested: NestedStepCompiler;
  readonly #hierarchies: HierarchyStepCompiler;

  constructor(
    private readonly dialect: Dialect,
    private readonly parameters: Parameters,
    private readonly expressions: ExpressionCompiler,
    /** What names of tables begin with; another one inside of others. */
    private readonly prefix = 'r',
  ) {
    this.#nested = new NestedStepCompiler(dialect, expressions, this);
    this.#hierarchies = new HierarchyStepCompiler(dialect, parameters, expressions, this);
  }

  /**
   * @param source statement of the rows to begin with, of `document` and keys
   * @param keys types of those
   * @returns the `WITH` clause, the name of the last table, and its keys
   */
  compile(
    source: string,
    keys: readonly ItemType[],
    transformations: readonly BoundTransformation[],
  ): { readonly with: string } & Relation {
    const first = { name: this.table(source), isMade: false, keys: keys.map(ascending) };
    const last = this.sequence(first, transformations);
    return { ...last, with: `WITH ${this.#tables.join(', ')}` };
  }

  table(select: string): string {
    const name = `${this.prefix}${this.#tables.length + 1}`;
    this.#tables.push(`${name} AS (${select})`);
    return name;
  }

  madeTable(select: string): string {
    const name = `${this.prefix}${this.#tables.length + 1}`;
    this.#tables.push(`${name} AS MATERIALIZED (${select})`);
    return name;
  }

  made(select: string, keys: readonly KeyColumn[]): Relation {
    return { name: this.madeTable(select), isMade: true, keys };
  }

  /** The rows of a step as a source, with conditions on them, those first by which it can be ended. */
  from({ name, isMade }: Relation, conditions: readonly string[] = []): string {
    return `FROM ${name} AS ${row}${whereOf([...this.watched({ isMade }), ...conditions])}`;
  }

  /** What ends a statement while it goes through the rows of a step. */
  watched({ isMade }: Pick<Relation, 'isMade'>): readonly string[] {
    return isMade ? this.dialect.watched('result', row) : [];
  }

  sequence(source: Relation, transformations: readonly BoundTransformation[]): Relation {
    return transformations.reduce((relation, transformation) => this.#step(relation, transformation), source);
  }

  /** The instance is a row of the table before. */
  place(item: Instance, alias = row): void {
    const source = { json: `${alias}.document`, path: [] };
    const { type } = item;
    const isPrimitive = type?.kind === 'primitive' || type?.kind === 'enum';
    const scalar = isPrimitive ? this.dialect.scalar(source, type) : undefined;
    this.expressions.place(item, { source, columns: noColumns, scalar });
    for (const [name, one] of item.joined ?? [])
      this.expressions.placeDocument(one, { json: source.json, path: [name] });
  }

  /** What gives the rows of a step once more, for whoever asks for all of them. */
  rowsOf(relation: Pick<Relation, 'name' | 'isMade'>) {
    return (item: Instance) => {
      const alias = this.expressions.alias();
      this.place(item, alias);
      return {
        from: `${relation.name} AS ${alias}`,
        where: relation.isMade ? this.dialect.watched('result', alias) : [],
      };
    };
  }

  #step(relation: Relation, transformation: BoundTransformation): Relation {
    this.expressions.these = this.rowsOf(relation);
    switch (transformation.kind) {
      case 'filter': {
        this.place(transformation.item);
        return this.#some(relation, { where: this.expressions.conditions(transformation) });
      }
      case 'compute': {
        this.place(transformation.item);
        const members = transformation.computed.map(
          ({ name, expression }) => [name, this.expressions.json(expression)] as const,
        );
        const document = this.dialect.withMembers(`${row}.document`, members);
        const select = [`${document} AS document`, ...this.#keyNames(relation.keys)];
        return this.made(`SELECT ${select.join(', ')} ${this.from(relation)}`, relation.keys);
      }
      case 'aggregate':
        return this.#aggregate(relation, transformation);
      case 'together':
        return this.#together(relation, transformation);
      case 'nestGroups':
        return this.#nested.nestGroups(relation, transformation);
      case 'order':
        return this.#order(relation, transformation);
      case 'join':
        return this.#nested.join(relation, transformation);
      case 'addNested':
        return this.#nested.addNested(relation, transformation);
      case 'nest':
        return this.#nested.nest(relation, transformation);
      case 'relatives':
        return this.#hierarchies.relatives(relation, transformation);
      case 'rollUp':
        return this.#hierarchies.rollUp(relation, transformation);
      case 'traverse':
        return this.#hierarchies.traverse(relation, transformation);
      case 'limit':
        if (transformation.within.length > 0)
          return { ...relation, name: this.table(this.#limitWithin(relation, transformation)) };
        return this.#some(relation, { tail: this.#limit(relation, transformation) });
      case 'groups':
        return this.grouped(relation, transformation.transformations, { relation, ...transformation });
      case 'rank':
        return { ...relation, name: this.table(this.#rank(relation, transformation)) };
      case 'concat':
        return this.#concat(relation, transformation);
    }
  }

  /** Some of the rows, with the same keys. */
  #some(relation: Relation, { where, tail = '' }: { where?: readonly string[]; tail?: string }): Relation {
    const select = [`${row}.document`, ...this.#keyNames(relation.keys)];
    return { ...relation, name: this.table(`SELECT ${select.join(', ')} ${this.from(relation, where)}${tail}`) };
  }

  #keyNames(keys: readonly KeyColumn[], alias = row): readonly string[] {
    return keys.map((_, index) => `${alias}.k${index}`);
  }

  /** The keys as terms of an order. */
  terms({ keys, name }: Pick<Relation, 'keys' | 'name'>, alias = row): readonly OrderKey[] {
    return keys.map(({ descending, counts }, index): OrderKey => {
      const column = `k${index}`;
      const term = { sql: `${alias}.${column}`, descending, column };
      return counts === 'place' ? { ...term, shifts: name } : term;
    });
  }

  ordered(relation: Relation): string {
    return this.terms(relation)
      .map(({ sql, descending }) => this.dialect.order(sql, descending))
      .join(', ');
  }

  /** A stable sort: what an earlier order says decides where this one does not (Data Aggregation 3.3.3). */
  #order(relation: Relation, { item, order }: BoundTransformation & { readonly kind: 'order' }): Relation {
    this.place(item);
    const values = order.map(({ expression }) => this.expressions.ordered(expression));
    const columns = [...values, ...this.#keyNames(relation.keys)].map(keyAs);
    const by = order.map(({ expression: { type }, descending }) => ({
      type: type.item?.kind === 'enum' ? Edm.Int64 : type.item,
      descending,
    }));
    return {
      ...relation,
      name: this.table(`SELECT ${row}.document, ${columns.join(', ')} ${this.from(relation)}`),
      keys: [...by, ...relation.keys],
    };
  }

  #limit(relation: Relation, { skip, top }: BoundTransformation & { readonly kind: 'limit' }): string {
    const limit = this.parameters.limit(top ?? Number.MAX_SAFE_INTEGER);
    const offset = skip === undefined ? '' : ` OFFSET ${this.parameters.add(skip)}`;
    const order = relation.keys.length === 0 ? '' : ` ORDER BY ${this.ordered(relation)}`;
    return `${order} LIMIT ${limit}${offset}`;
  }

  /** The same inside groups. */
  #limitWithin(
    relation: Relation,
    { item, skip = 0, top, within }: BoundTransformation & { readonly kind: 'limit' },
  ): string {
    this.place(item);
    const by = within.map(({ value }) => this.expressions.value(value)).join(', ');
    const order = relation.keys.length === 0 ? '' : ` ORDER BY ${this.ordered(relation)}`;
    const select = [`${row}.document`, ...this.#keyNames(relation.keys)];
    const ranked = `SELECT ${select.join(', ')}, row_number() OVER (PARTITION BY ${by}${order}) AS n ${this.from(relation)}`;
    const least = `n > ${this.parameters.add(skip)}`;
    const bounds = top === undefined ? least : `${least} AND n <= ${this.parameters.add(skip + top)}`;
    const kept = ['document', ...relation.keys.map((_, index) => `k${index}`)];
    return `SELECT ${kept.join(', ')} FROM (${ranked}) AS ranked WHERE ${bounds}`;
  }

  /** Transformations of each group by itself: each of them knows the keys; the groups that there are are known here. */
  grouped(source: Relation, transformations: readonly BoundTransformation[], begun: BegunGroups): Relation {
    this.#begun.push(begun);
    const last = this.sequence(source, transformations);
    this.#begun.pop();
    return last;
  }

  /**
   * The rows that groups are made of, and what is aggregated of them: the items; the values that paths lead to, which are more
   * or fewer than those; and one of each group that there was, without a document. They have the keys of their group in columns
   * `g0`, `g1` …, and are read once.
   */
  #parts(
    relation: Relation,
    item: Instance,
    { keys, aggregates }: { readonly keys: readonly GroupKey[]; readonly aggregates: readonly Aggregate[] },
    begun?: BegunGroups,
  ) {
    const { dialect, expressions } = this;
    const written = (of: readonly GroupKey[]): readonly string[] =>
      of.map(({ value }, index) => `${expressions.value(value)} AS g${index}`);
    const select = (part: number, document: string, columns: readonly string[], from: string): string =>
      `SELECT ${[`${document} AS document`, `${part} AS part`, ...columns].join(', ')} ${from}`;
    this.place(item);
    // To carry documents along is dear.
    const isRead = aggregates.some(({ value, reached }) => value !== undefined && reached === undefined);
    const rows = [select(0, isRead ? `${row}.document` : 'NULL', written(keys), this.from(relation))];
    const names = keys.map((_, index) => `g${index}`);
    const isPart = (part: number): string => `${row}.part = ${part}`;
    const reachedValues = aggregates.map((aggregate, index): ReachedPart | undefined => {
      const { value, reached } = aggregate;
      if (reached === undefined || value === undefined) return undefined;
      const part = index + 1;
      const source = { from: `${relation.name} AS ${row}`, where: this.watched(relation) };
      const found = expressions.reached(value, reached, source, written(keys));
      const document = dialect.object([[reachedMember(part), dialect.toJson('d.v', value.type.item)]]);
      rows.push(select(part, document, names, `FROM (${found}) AS d`));
      const instance: Instance = { kind: 'item', type: undefined };
      const member: Member = { kind: 'member', instance, path: [reachedMember(part)], type: value.type };
      return { part, instance, value: isStructured(value.type.item) ? wholeOf(member) : member };
    });
    if (begun !== undefined) {
      this.place(begun.item);
      rows.push(select(-1, 'NULL', written(begun.keys), this.from(begun.relation)));
    }
    const all = this.made(rows.join(' UNION ALL '), []);
    this.place(item);
    const values = aggregates.map((aggregate, index) => {
      const found = reachedValues[index];
      if (found === undefined) return [aggregate.name, this.#aggregated(aggregate, isPart(0))] as const;
      this.place(found.instance);
      return [aggregate.name, this.#aggregated({ ...aggregate, value: found.value }, isPart(found.part))] as const;
    });
    return { all, by: new Map(keys.map(({ value }, index) => [value, `${row}.g${index}`])), values };
  }

  /** What is made of the same groups, each of which has the same keys in each. */
  #together(relation: Relation, { sequences }: BoundTransformation & { readonly kind: 'together' }): Relation {
    const { dialect } = this;
    const [first, ...others] = sequences.map(({ transformations, names }) => ({
      made: this.sequence(relation, transformations),
      names,
    }));
    if (first === undefined) return relation;
    const joins: string[] = [];
    const members = others.flatMap(({ made, names }): readonly NamedJson[] => {
      const alias = this.expressions.alias();
      const on = made.keys.map((_, index) => dialect.same(`${alias}.k${index}`, `${row}.k${index}`));
      joins.push(` JOIN ${made.name} AS ${alias} ON ${on.length === 0 ? '1 = 1' : on.join(' AND ')}`);
      return names.map((name) => [name, dialect.json({ json: `${alias}.document`, path: [name] })]);
    });
    const { keys, name } = first.made;
    const document = dialect.withMembers(`${row}.document`, members);
    const select = [`${document} AS document`, ...this.#keyNames(keys)].join(', ');
    const where = whereOf(dialect.watched('result', row));
    return this.made(`SELECT ${select} FROM ${name} AS ${row}${joins.join('')}${where}`, keys);
  }

  /** The groups that there were when they began. */
  begun(): BegunGroups {
    const begun = this.#begun.at(-1);
    if (begun === undefined) throw new Error('Groups are begun before they are aggregated');
    return begun;
  }

  /** The rows of one sequence after those of the other, each in its own order (Data Aggregation 3.2.2). */
  #concat(relation: Relation, { sequences }: BoundTransformation & { readonly kind: 'concat' }): Relation {
    const parts = sequences.map(({ transformations }) => this.sequence(relation, transformations));
    const { columns, places } = sharedKeys(parts);
    const selects = sequences.map((sequence, part) => {
      const own = places[part] ?? [];
      const keys = columns.map(({ type }, column) => {
        const at = own.indexOf(column);
        return at < 0 ? this.dialect.absent(type) : `${row}.k${at}`;
      });
      const select = [`${this.#marked(sequence)} AS document`, ...[String(part), ...keys].map(keyAs)];
      return `SELECT ${select.join(', ')} ${this.from(parts[part] ?? relation)}`;
    });
    return this.made(selects.join(' UNION ALL '), [ascending(Edm.Int64), ...columns]);
  }

  /** The document of a row, with the number of the structure that it has among others. */
  #marked({ variant, isUnion = false }: { readonly variant?: number; readonly isUnion?: boolean }): string {
    const document = `${row}.document`;
    if (variant === undefined || (isUnion && variant === 0)) return document;
    const own = this.dialect.scalar({ json: document, path: [variantMember] }, Edm.Int64);
    const number = isUnion ? `(${own} + ${variant})` : String(variant);
    return this.dialect.withMembers(document, [[variantMember, this.dialect.toJson(number, Edm.Int64)]]);
  }

  /** One group for each combination of keys, for each set of keys: the finest first (Data Aggregation 3.2.3.2). */
  #aggregate(
    relation: Relation,
    { item, groupings, aggregates, keepsEmpty = false }: BoundTransformation & { readonly kind: 'aggregate' },
  ): Relation {
    if (keepsEmpty) return this.#aggregateAll(relation, item, { keys: groupings[0] ?? [], aggregates });
    const isReached = aggregates.some(({ reached }) => reached !== undefined);
    const all = groupings[0] ?? [];
    const isUnion = groupings.length > 1;
    const selects = groupings.map((keys, variant) => {
      const parts = isReached ? this.#parts(relation, item, { keys, aggregates }) : undefined;
      this.place(item);
      const values = parts?.values ?? aggregates.map((one) => [one.name, this.#aggregated(one)] as const);
      // Written once: what is selected must be what is grouped by, to the letter.
      const by = parts?.by ?? new Map(keys.map(({ value }) => [value, this.expressions.value(value)]));
      const mark = isUnion ? [[variantMember, this.dialect.toJson(String(variant), Edm.Int64)] as const] : [];
      const document = this.dialect.object([...mark, ...this.keyMembers(keys, by), ...values]);
      const group =
        by.size === 0 ? (aggregates.length === 0 ? ' LIMIT 1' : '') : ` GROUP BY ${[...by.values()].join(', ')}`;
      const key = all.map(({ value }) => {
        const written = by.get(value);
        return written === undefined ? this.dialect.absent(value.type.item) : this.keyOf(value, written);
      });
      const columns = (isUnion ? [String(variant), ...key] : key).map(keyAs);
      return `SELECT ${[`${document} AS document`, ...columns].join(', ')} ${this.from(parts?.all ?? relation)}${group}`;
    });
    const keys = all.map(keyColumn);
    return this.made(selects.join(' UNION ALL '), isUnion ? [ascending(Edm.Int64), ...keys] : keys);
  }

  /** The same of the groups that there were when they began. */
  #aggregateAll(
    relation: Relation,
    item: Instance,
    { keys, aggregates }: { readonly keys: readonly GroupKey[]; readonly aggregates: readonly Aggregate[] },
  ): Relation {
    const { all, by, values } = this.#parts(relation, item, { keys, aggregates }, this.begun());
    const document = this.dialect.object([...this.keyMembers(keys, by), ...values]);
    const columns = [...by].map(([value, written]) => this.keyOf(value, written));
    const select = [`${document} AS document`, ...columns.map(keyAs)];
    const made = `SELECT ${select.join(', ')} ${this.from(all)} GROUP BY ${[...by.values()].join(', ')}`;
    return this.made(made, keys.map(keyColumn));
  }

  /** An aggregated value as JSON. @param isThere the condition of the rows that it is one of; all, where there is none */
  #aggregated({ method, value, type }: Aggregate, isThere?: string): string {
    const { dialect, expressions } = this;
    const isDynamic = type === undefined && value !== undefined;
    if (!isDynamic) return dialect.toJson(expressions.aggregated({ method, value, type }, isThere), type);
    const terms = orderTerms(value, method === 'max').map(({ expression, descending }) =>
      dialect.order(expressions.value(expression), descending),
    );
    return dialect.first(expressions.json(value), terms.join(', '));
  }

  /** The value of a key as a column by which rows are ordered. */
  keyOf({ type }: BoundExpression, written: string): string {
    return isStructured(type.item) ? this.dialect.wholeText(written) : written;
  }

  /** The keys of a group as members: at the paths where the source has them. */
  keyMembers(keys: readonly GroupKey[], written: ReadonlyMap<BoundExpression, string>): NamedJson[] {
    const members = new Map<string, GroupKey[]>();
    for (const key of keys) {
      const [name = ''] = key.path;
      members.set(name, [...(members.get(name) ?? []), key]);
    }
    return [...members].map(([name, inside]) => {
      const [first] = inside;
      const nested = inside.filter(({ path }) => path.length > 1).map((key) => ({ ...key, path: key.path.slice(1) }));
      if (nested.length > 0 || first === undefined)
        return [name, this.dialect.object(this.keyMembers(nested, written))];
      return [name, this.dialect.toJson(written.get(first.value) ?? 'NULL', first.value.type.item)];
    });
  }

  /** Data Aggregation 3.3.1: what is kept keeps its order; among equals it is the first in it that counts. */
  #rank(
    relation: Relation,
    { item, keep, descending, quantity, by, within }: BoundTransformation & { readonly kind: 'rank' },
  ): string {
    this.place(item);
    const partition =
      within.length === 0 ? '' : `PARTITION BY ${within.map(({ value }) => this.expressions.value(value)).join(', ')} `;
    const value = this.expressions.ordered(by);
    const order = [
      `${value}${descending ? ' DESC' : ''}`,
      ...(relation.keys.length === 0 ? [] : [this.ordered(relation)]),
    ];
    const window = `${partition}ORDER BY ${order.join(', ')}`;
    const columns = this.#keyNames(relation.keys);
    const ranks =
      keep === 'count' ? [`row_number() OVER (${window}) AS n`] : this.#sums(by, { window, partition }, keep);
    const select = [`${row}.document`, ...columns, ...ranks];
    const quota = this.expressions.number(quantity, keep === 'count' ? 'integer' : 'decimal');
    // What is said of a group is known where its items are.
    const isOfGroup = quantity.kind !== 'literal' && within.length > 0;
    const bound = isOfGroup ? 'quota' : quota;
    const all = isOfGroup ? [...select, `${quota} AS quota`] : select;
    const ranked = `SELECT ${all.join(', ')} ${this.from(relation, [`${value} IS NOT NULL`])}`;
    const enough = keep === 'count' ? `n <= ${bound}` : this.#isUnder(bound, keep);
    const kept = ['document', ...relation.keys.map((_, index) => `k${index}`)];
    return `SELECT ${kept.join(', ')} FROM (${ranked}) AS ranked WHERE ${enough}`;
  }

  /** What rows before one have together, and all: decimals, whatever numbers they are, so that no digit is lost. */
  #sums(
    by: BoundExpression,
    { window, partition }: { readonly window: string; readonly partition: string },
    keep: 'sum' | 'percent',
  ): readonly string[] {
    const sum = (): string => this.dialect.aggregate('sum', this.expressions.number(by, 'decimal'), Edm.Decimal);
    const earlier = `${sum()} OVER (${window} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier`;
    return keep === 'sum' ? [earlier] : [earlier, `${sum()} OVER (${partition.trim()}) AS total`];
  }

  /** The fewest items that reach a sum: what is before each of them does not, as nothing does that is no number. */
  #isUnder(bound: string, keep: 'sum' | 'percent'): string {
    const { dialect } = this;
    const times = (a: string, b: string): string => dialect.arithmetic('multiply', 'decimal', [a, b]);
    const [earlier, most] =
      keep === 'sum'
        ? ['earlier', bound]
        : [times('earlier', dialect.literal(100, Edm.Decimal, this.parameters)), times('total', bound)];
    const sums = { a: earlier, b: most };
    const isReached = `q.a >= q.b AND ${dialect.isNumber('q.a', 'decimal')} AND ${dialect.isNumber('q.b', 'decimal')}`;
    return `NOT ${dialect.certain(dialect.once(sums, isReached))}`;
  }
}
