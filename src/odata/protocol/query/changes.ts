import type { StoredEntity } from '../payload/stored-entity.js';

/** A position in the log of changes of an entity set: behind a change, or behind all that are settled. */
export interface LogPosition {
  /** The life of the log. Positions of another one mean nothing: changes in between may be missing. */
  readonly epoch: string;
  readonly transaction: bigint;
  readonly sequence: bigint;
  /** Milliseconds since 1970; what is logged behind the position is not much older. */
  readonly at: number;
}

/**
 * The state of an entity that changed. `removed`: it is `deleted`, or it `changed` so that the query does not give it
 * any more.
 */
export type ChangedEntity = { readonly id: string; readonly position: LogPosition } & (
  | { readonly kind: 'present'; readonly entity: StoredEntity }
  | { readonly kind: 'removed'; readonly reason: 'deleted' | 'changed' }
);

/** What changed behind a position. */
export type ChangesResult =
  /**
   * In the order of the log, each entity once, one more than the page holds where another page follows; and the end of
   * what is settled.
   */
  | {
      readonly kind: 'changes';
      readonly rows: readonly ChangedEntity[];
      /** Whether the page ended by its bytes: others follow the last row. */
      readonly isCut: boolean;
      readonly end: LogPosition;
      /** How many changed, where only that is asked for: there are no rows then. */
      readonly count?: number;
    }
  /** The position is not one of this log. */
  | { readonly kind: 'lost' };
