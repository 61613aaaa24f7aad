/**
 * What a statement that merges into one row does, for who can do the same without it. The values are the statement's
 * parameters.
 */
export interface RowMerge {
  /** Name of the entity set. */
  readonly set: string;
  /** The path of the entity in the document; empty for the aggregate's own. */
  readonly at: readonly string[];
  /** How long the paths of the entities are that it is in, the aggregate's own left out. */
  readonly owners: readonly number[];
  /** Whether it is only to be made. */
  readonly onlyNew: boolean;
}
