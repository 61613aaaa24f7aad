import type { Permission } from '../../auth/permissions.js';

/** Who sent a request, as the verified token says. */
export interface Caller {
  readonly tenant: string;
  /** Object id of the user, or of the application itself. */
  readonly id: string;
  /** An application acts for itself and reaches its whole tenant; a user reaches what the user owns. */
  readonly kind: 'user' | 'application';
  readonly permissions: ReadonlySet<Permission>;
}

/** What exists for a caller, part of every statement; and who acts, for the log of changes. */
export function scopeOf({ tenant, id: actor, kind }: Caller): {
  readonly tenant: string;
  readonly owner?: string;
  readonly actor: string;
} {
  return kind === 'application' ? { tenant, actor } : { tenant, owner: actor, actor };
}
