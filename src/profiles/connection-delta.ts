import type { NewEntity } from '../odata/payload/change.js';
import type { ODataError } from '../odata/odata-error.js';
import type { StoredEntity } from '../odata/payload/stored-entity.js';
import type { Precondition } from '../odata/precondition.js';
import type { ConditionalPatch } from './profiles.repository.js';

/** One change among several connections. */
export type ConnectionDelta = { readonly target: string } & (
  | { readonly kind: 'upsert'; readonly key: string; readonly change: ConditionalPatch }
  | { readonly kind: 'insert'; readonly entity: NewEntity }
  | { readonly kind: 'delete'; readonly key: string; readonly precondition: Precondition }
);

/** What became of one change: the connection as it is now; gone; or what was wrong, where the others go on. */
export type DeltaOutcome =
  | { readonly kind: 'done'; readonly connection: StoredEntity; readonly created: boolean }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'failed'; readonly operation: 'insert' | 'update' | 'delete'; readonly error: ODataError };

/** How several changes are applied. */
export interface DeltaRules {
  /** Whose connections are that the changes make; the caller's own where undefined. */
  readonly owner: string | undefined;
  /** Whether what can be done is done; else everything or nothing. */
  readonly continueOnError: boolean;
}
