import type { ItemType } from '../../protocol/edm/model.js';
import type { BoundTransformation, GroupKey, Instance } from '../../protocol/query/bound.js';

/** A column by which rows are ordered: what an `orderby` asked for, or a part of what tells one row from the others. */
export interface KeyColumn {
  readonly type: ItemType;
  readonly descending: boolean;
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
  /** Says that an instance is a row of a table. */
  place(item: Instance, alias?: string): void;
  /** The order of the rows of a relation. */
  ordered(relation: Relation): string;
}
