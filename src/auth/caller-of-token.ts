import type { Environment } from '../config/environment.js';
import { type Caller, ODataError } from '../odata/index.js';
import { permissionNames } from './permissions.js';

/** The claims of a verified token. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * The answer to a token that is refused.
 * @param details what was compared: for the log, and for those who develop
 */
export function invalidToken(
  reason: string,
  { details, areTold = false }: { readonly details?: string | undefined; readonly areTold?: boolean } = {},
): ODataError {
  const why = details === undefined || !areTold ? reason : `${reason}: ${details}`;
  return new ODataError('invalidAuthenticationToken', `The bearer token is not valid: ${why}.`, {
    ...(details === undefined || areTold ? {} : { cause: new Error(details) }),
    headers: { 'www-authenticate': `Bearer realm="${realm}", error="invalid_token", error_description="${reason}"` },
  });
}

/** The protection space that `WWW-Authenticate` names (RFC 9110, 11.5). */
export const realm = 'decorated-profiles';

function text(claims: Claims, name: string): string | undefined {
  const value = claims[name];
  if (typeof value !== 'string' || value === '') return undefined;
  // No store keeps such text as it is, so that one caller could be taken for another.
  if (value.includes('\0') || !value.isWellFormed())
    throw invalidToken(`the claim ${name} holds characters that none may`);
  return value;
}

/**
 * The names of a claim `scp`: separated by spaces, or a list as some providers write one.
 * @throws ODataError 401 where it is neither
 */
function scopesOf(scp: unknown): readonly unknown[] {
  if (typeof scp === 'string') return scp.split(' ');
  if (Array.isArray(scp) && scp.every((name) => typeof name === 'string')) return scp;
  throw invalidToken('the claim scp is malformed');
}

/** Names that a token of one kind can grant: those of the other kind mean nothing in it. */
function granted(kind: Caller['kind'], names: readonly unknown[]): ReadonlySet<string> {
  const known: readonly unknown[] = permissionNames[kind];
  return new Set(names.filter((name): name is string => known.includes(name)));
}

/**
 * Who a verified token speaks for. A token with `scp`, whatever its value, is delegated and never judged by its `roles`,
 * which are then those of the user: it reaches less than an application.
 * @throws ODataError 401 where a claim that the service needs is missing
 */
export function callerOf(claims: Claims, environment: Environment): Caller {
  // A token without an end could be used for ever.
  if (typeof claims.exp !== 'number') throw invalidToken('it has no expiry');
  const tenant = environment.SINGLE_TENANT ?? text(claims, environment.TENANT_CLAIM);
  if (tenant === undefined) throw invalidToken(`the claim ${environment.TENANT_CLAIM} is missing`);
  const id = text(claims, environment.USER_CLAIM) ?? text(claims, 'sub');
  if (id === undefined) throw invalidToken(`the claims ${environment.USER_CLAIM} and sub are missing`);
  if (claims.scp !== undefined) return { tenant, id, kind: 'user', permissions: granted('user', scopesOf(claims.scp)) };
  const roles: readonly unknown[] = Array.isArray(claims.roles) ? claims.roles : [];
  return { tenant, id, kind: 'application', permissions: granted('application', roles) };
}
