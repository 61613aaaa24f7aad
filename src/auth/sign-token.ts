import jwt from 'jsonwebtoken';
import type { Environment } from '../config/environment.js';
import { permissionNames } from './permissions.js';

/** Whom a token of development speaks for, and what it grants. */
export interface TokenRequest {
  readonly tenant: string;
  /** Id of the user, or of the application. */
  readonly id: string;
  /** Delegated permissions, or those of an application: one of the two. */
  readonly scopes?: readonly string[];
  readonly roles?: readonly string[];
  readonly hours: number;
}

/** Who signs in on a machine without configuration. */
export const localCaller = { tenant: 'local', user: 'local-user', application: 'local-application' } as const;

/** The delegated permission that grants everything. */
export const widestScope = permissionNames.user.at(-1) ?? '';

/** Signs a token that a service of this configuration accepts; it must have a shared secret. */
export function signToken(request: TokenRequest, environment: Environment): string {
  const { JWT_SECRET = '', JWT_ISSUER = '', JWT_AUDIENCE = '', JWT_ALGORITHMS } = environment;
  const { tenant, id, scopes, roles, hours } = request;
  const granted = scopes === undefined ? { roles: roles ?? [] } : { scp: scopes.join(' ') };
  const claims = { [environment.TENANT_CLAIM]: tenant, [environment.USER_CLAIM]: id, ...granted };
  return jwt.sign(claims, JWT_SECRET, {
    algorithm: (JWT_ALGORITHMS?.[0] ?? 'HS256') as jwt.Algorithm,
    issuer: JWT_ISSUER,
    audience: JWT_AUDIENCE,
    expiresIn: Math.round(hours * 3600),
  });
}
