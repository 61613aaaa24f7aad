/** Who sent a request, as the verified token says; a guard of the service leaves it on the request as `user`. */
export interface Caller {
  readonly tenant: string;
  /** Object id of the user, or of the application itself. */
  readonly id: string;
  /** An application acts for itself and reaches its whole tenant; a user reaches what the user owns. */
  readonly kind: 'user' | 'application';
  /** Names of permissions that the token grants. */
  readonly permissions: ReadonlySet<string>;
  /** There is no token: only what is open to everyone can be read. */
  readonly isAnonymous?: boolean;
  /** Id of the user whose the entities are that the request makes; the caller's own where undefined. */
  readonly makesFor?: string;
  /** Reaches the whole tenant, whoever asks: what follows from a change is done to what anyone owns. */
  readonly reachesAll?: boolean;
}

/** The same caller, for what follows from a change: rules are told who has asked for that. */
export function reachingAll(caller: Caller): Caller {
  return { ...caller, reachesAll: true };
}

/** What exists for a caller, part of every statement; and who acts, for the log of changes. */
export function scopeOf({ tenant, id: actor, kind, reachesAll }: Caller): {
  readonly tenant: string;
  readonly owner?: string;
  readonly actor: string;
} {
  return kind === 'application' || reachesAll === true ? { tenant, actor } : { tenant, owner: actor, actor };
}

/** The caller of a request without a token. */
export function anonymousCaller(tenant: string): Caller {
  return { tenant, id: 'anonymous', kind: 'application', permissions: new Set(), isAnonymous: true };
}
