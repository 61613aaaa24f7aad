import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ODataError } from '../odata/protocol/odata-error.js';
import type { Caller } from '../odata/operations/caller.js';
import { invalidToken, realm } from './caller-of-token.js';
import { inheritedCaller } from '../odata/http/inherited-caller.js';
import { namesGranting, type Permission } from './permissions.js';

/** Opens a handler to everyone: health and the like. */
export const Public = Reflector.createDecorator<boolean>({ transform: () => true });

/** Names the permission that a handler needs; a handler that names none, and is not public, is closed to everyone. */
export const Requires = Reflector.createDecorator<Permission>();

/** Opens a handler to everyone with a valid token: what it does is for others to permit. */
export const Authenticated = Reflector.createDecorator<boolean>({ transform: () => true });

/** What jsonwebtoken and jwks-rsa say of a token, in words that tell a developer what to mend, and nobody a secret. */
function reasonOf(info: unknown): string {
  const { name, message } = (info ?? {}) as { name?: string; message?: string };
  if (name === 'TokenExpiredError') return 'it has expired';
  if (name === 'NotBeforeError') return 'it is not valid yet';
  if (message?.startsWith('jwt audience invalid')) return 'it is for another audience';
  if (message?.startsWith('jwt issuer invalid')) return 'it is from another issuer';
  return 'it is malformed or not signed by a trusted key';
}

/** Whether the key server does not answer, which is no fault of the token; in the words of jwks-rsa. */
function isKeyFault(info: unknown): boolean {
  const { name, isEndpointUnavailable } = (info ?? {}) as { name?: string; isEndpointUnavailable?: boolean };
  return isEndpointUnavailable === true || name === 'JwksError' || name === 'JwksRateLimitError';
}

function keysUnavailable(cause: unknown): ODataError {
  return new ODataError('keysUnavailable', 'The keys that sign tokens cannot be fetched now.', {
    headers: { 'retry-after': '5' },
    cause,
  });
}

/** Lets a request pass whose bearer token is valid and grants what the handler requires: 401 or 403 otherwise. */
@Injectable()
export class BearerAuthGuard extends AuthGuard('jwt') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets: Parameters<Reflector['getAllAndOverride']>[1] = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride(Public, targets)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user: Caller }>();
    const inherited = inheritedCaller(request);
    if (inherited === undefined) await super.canActivate(context);
    else request.user = inherited;
    const { user } = request;
    if (this.reflector.getAllAndOverride(Authenticated, targets)) return true;
    const required = this.reflector.getAllAndOverride(Requires, targets) as Permission | undefined;
    if (required !== undefined && user.permissions.has(required)) return true;
    const names = required === undefined ? [] : namesGranting(required);
    throw new ODataError('accessDenied', `The token must carry one of the permissions ${names.join(', ')}.`, {
      headers: { 'www-authenticate': `Bearer realm="${realm}", error="insufficient_scope"` },
    });
  }

  override handleRequest<User>(error: unknown, user: User | false, info: unknown, context: ExecutionContext): User {
    if (error instanceof Error) throw error;
    if (user !== false && user) return user;
    const { authorization } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    if (isKeyFault(info)) throw keysUnavailable(info);
    if (authorization !== undefined) throw invalidToken(reasonOf(info));
    throw new ODataError('missingAuthenticationToken', 'The request carries no bearer token.', {
      headers: { 'www-authenticate': `Bearer realm="${realm}"` },
    });
  }
}
