import { Edm } from '../../protocol/edm/primitive-types.js';
import type { EntitySet, Singleton } from '../../protocol/edm/model.js';
import { memberName } from '../../protocol/payload/stored-entity.js';
import { aggregateSet, textKeyOf } from '../aggregate-set.js';
import type { Scope } from '../aggregate-store.js';
import type { Dialect, JsonSource, NamedJson } from './dialect.js';
import { type Columns, columnsOf, inScope } from './fragments.js';
import type { Parameters } from './parameters.js';

/** Where the values of an instance are, in the statement. */
export interface InstanceSource {
  /** The JSON of the instance, and the steps to it. */
  readonly source: JsonSource;
  readonly columns: Columns;
  /** The instance as a primitive value: a variable over a collection of primitive values. */
  readonly scalar: string | undefined;
}

/** The row of an entity that another one refers to. */
export interface RelatedRow {
  readonly set: EntitySet | Singleton;
  readonly alias: string;
}

/**
 * The SQL of references: an entity keeps the key texts of those that it refers to, one as it is, several as the members of
 * an object. What is not there, or not in the scope, is no entity: every reference leads through the table of its target.
 */
export class RelatedRows {
  constructor(
    private readonly dialect: Dialect,
    private readonly parameters: Parameters,
    private readonly scope: Scope,
  ) {}

  table({ set, alias }: RelatedRow): string {
    return `${this.dialect.name(set.name)} AS ${alias}`;
  }

  /** The conditions that the row exists for who asks. */
  inScope({ alias }: RelatedRow): readonly string[] {
    return inScope(this.scope, this.parameters, `${alias}.`);
  }

  /** The conditions that the row is that of the one entity that a link refers to. */
  isTarget({ alias }: RelatedRow, link: JsonSource): readonly string[] {
    return [
      ...inScope(this.scope, this.parameters, `${alias}.`),
      `${alias}.id = ${this.dialect.scalar(link, Edm.String)}`,
    ];
  }

  /** The conditions that the row is that of one entity among those that a link refers to. @param key its text */
  isAmong({ alias }: RelatedRow, link: JsonSource, key: string): readonly string[] {
    const isLinked = `${this.dialect.jsonAt(link.json, [...link.path, memberName(key)], this.parameters)} IS NOT NULL`;
    return [
      ...inScope(this.scope, this.parameters, `${alias}.`),
      `${alias}.id = ${this.parameters.add(key)}`,
      isLinked,
    ];
  }

  /** The rows of all entities that a link refers to. @param position alias of the links, whose order is theirs */
  all(row: RelatedRow, link: JsonSource, position: string): string {
    const { dialect } = this;
    const on = [
      ...inScope(this.scope, this.parameters, `${row.alias}.`),
      `${row.alias}.id = ${dialect.member(position).scalar}`,
    ];
    return `${dialect.members(link, position)} JOIN ${this.table(row)} ON ${on.join(' AND ')}`;
  }

  /** Where the values of the entity are. */
  source({ set, alias }: RelatedRow): InstanceSource {
    const columns = columnsOf(this.dialect, aggregateSet(set), alias);
    return { source: { json: `${alias}.document`, path: [] }, columns, scalar: undefined };
  }

  /** The JSON of the entity, or of a part of it, with what identifies it. */
  identified({ set, alias }: RelatedRow, json: string): string {
    const { dialect } = this;
    const key = textKeyOf(set.type);
    const document = `${alias}.document`;
    // What is in a document, complex values with parts of keys too, is in every shape of it.
    const keys: readonly NamedJson[] =
      key === undefined
        ? (set.type.keyPaths === undefined ? set.type.key : []).map((name) => [
            name,
            dialect.json({ json: document, path: [name] }),
          ])
        : [[key, dialect.toJson(`${alias}.id`, Edm.String)]];
    return dialect.withMembers(json, [...keys, ['$version', dialect.toJson(`${alias}.version`, Edm.Int64)]]);
  }

  /** The JSON of the whole entity that a link refers to; NULL where there is none. */
  document(row: RelatedRow, link: JsonSource): string {
    const json = this.identified(row, `${row.alias}.document`);
    return `(SELECT ${json} FROM ${this.table(row)} WHERE ${this.isTarget(row, link).join(' AND ')})`;
  }

  /** The JSON of one entity, whichever row asks for it; NULL where there is none. @param key its text */
  fixed(row: RelatedRow, key: string): string {
    const json = this.identified(row, `${row.alias}.document`);
    const where = [
      ...inScope(this.scope, this.parameters, `${row.alias}.`),
      `${row.alias}.id = ${this.parameters.add(key)}`,
    ];
    return `(SELECT ${json} FROM ${this.table(row)} WHERE ${where.join(' AND ')})`;
  }
}
