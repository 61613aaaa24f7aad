import type { ItemType } from '../../protocol/edm/model.js';
import { Edm } from '../../protocol/edm/primitive-types.js';
import type { BoundExpression, BoundTransformation, GroupKey, Instance } from '../../protocol/query/bound.js';
import type { NamedJson } from './dialect.js';

/** A column by which rows are ordered: what an `orderby` asked for, or a part of what tells one row from the others. */
export interface KeyColumn {
  readonly type: ItemType;
  readonly descending: boolean;
  /**
   * `place`: a place among other rows, which shifts as those come and go; the columns behind it tell the row. `owner`: the
   * number of what a row is inside of, which tells nothing beside that, and shifts too.
   */
  readonly counts?: 'place' | 'owner';
}

/**
 * Rows of a column `document`, by the name of their common table expression, and of columns `k0`, `k1` and so on: values
 * of the order, then the key. Together they are an order of all rows in which each has its own place, whoever else comes
 * and goes (Data Aggregation 3.3: stable across requests).
 */
export interface Relation {
  readonly name: string;
  /** Whether its documents are made once, and go to the next step as rows. */
  readonly isMade: boolean;
  readonly keys: readonly KeyColumn[];
}

/** The alias of the row of a relation. */
export const row = 't';

/** A key by which rows go up. */
export function ascending(type: ItemType): KeyColumn {
  return { type, descending: false };
}

/** A place among other rows. */
export const place: KeyColumn = { type: Edm.Int64, descending: false, counts: 'place' };

/** The number of what rows are inside of. */
export const owner: KeyColumn = { type: Edm.Int64, descending: false, counts: 'owner' };

/** The columns but those that only number what rows are inside of. */
export function withoutOwners(keys: readonly KeyColumn[]): readonly (readonly [key: KeyColumn, index: number])[] {
  return keys.map((key, index) => [key, index] as const).filter(([{ counts }]) => counts !== 'owner');
}

/** A key column as it is selected. */
export function keyAs(sql: string, index: number): string {
  return `${sql} AS k${index}`;
}

/** The groups that there were when they began to be transformed: what tells them, and its keys. */
export interface BegunGroups {
  readonly relation: Relation;
  readonly item: Instance;
  readonly keys: readonly GroupKey[];
}

/** What gives relations, for steps that are compiled by others. */
export interface Relations {
  /** A table of rows that are read where they are needed; gives its name. */
  table(select: string): string;
  /** A table that is made once; gives its name. */
  madeTable(select: string): string;
  made(select: string, keys: readonly KeyColumn[]): Relation;
  /** The rows of a relation as a source, with conditions on them. */
  from(relation: Relation, conditions?: readonly string[]): string;
  sequence(source: Relation, transformations: readonly BoundTransformation[]): Relation;
  /** The same of each group of items. @param begun a row for each group that there is, the same instance with the same keys */
  grouped(source: Relation, transformations: readonly BoundTransformation[], begun: BegunGroups): Relation;
  /** The groups that are transformed, as they were when they began. */
  begun(): BegunGroups;
  /** Says that an instance is a row of a table. */
  place(item: Instance, alias?: string): void;
  /** The value of a key of groups as a column by which rows are ordered. */
  keyOf(value: BoundExpression, written: string): string;
  /** The keys of a group as members of a document. @param written the value of each */
  keyMembers(keys: readonly GroupKey[], written: ReadonlyMap<BoundExpression, string>): readonly NamedJson[];
  /** The order of the rows of a relation. */
  ordered(relation: Relation): string;
}
