import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Authenticated, inheritedCaller, ODataError, Public, Requires } from '../odata/index.js';
import { invalidToken, realm } from './caller-of-token.js';
import { Environment } from '../config/environment.js';
import { JwtStrategy } from './jwt.strategy.js';
import { RateLimits } from './rate-limits.js';
import { tokenFault } from './token-faults.js';

function keysUnavailable(cause: unknown): ODataError {
  return new ODataError('keysUnavailable', 'The keys that sign tokens cannot be fetched now.', {
    headers: { 'retry-after': '5' },
    cause,
  });
}

/**
 * Lets a request pass whose bearer token is valid, and leaves its caller on it: 401 otherwise. What the caller may do, the
 * engine asks of it.
 */
@Injectable()
export class BearerAuthGuard extends AuthGuard('jwt') {
  readonly #isPublic = new WeakMap<object, boolean>();

  constructor(
    private readonly reflector: Reflector,
    private readonly strategy: JwtStrategy,
    private readonly limits: RateLimits,
    private readonly environment: Environment,
  ) {
    super();
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.limits.areOn ? this.#counted(context) : this.#known(context);
  }

  /** Whoever is refused counts as nobody. */
  async #counted(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    try {
      return await this.#known(context);
    } finally {
      await this.limits.count(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
    }
  }

  #known(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.#lets(context)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { authorization = '' } = request.headers;
    const known = inheritedCaller(request) ?? this.strategy.verified.callerOf(authorization);
    if (known === undefined) return super.canActivate(context) as Promise<boolean>;
    request.user = known;
    return true;
  }

  /**
   * Whether everyone may call a handler.
   * @throws ODataError 403 where the handler does not say who may
   */
  #lets(context: ExecutionContext): boolean {
    const handler = context.getHandler();
    let isPublic = this.#isPublic.get(handler);
    if (isPublic === undefined) {
      const targets: Parameters<Reflector['getAllAndOverride']>[1] = [handler, context.getClass()];
      const says = (decorator: Parameters<Reflector['getAllAndOverride']>[0]): boolean =>
        (this.reflector.getAllAndOverride<unknown>(decorator, targets) ?? undefined) !== undefined;
      isPublic = says(Public);
      if (!isPublic && !says(Requires) && !says(Authenticated))
        throw new ODataError('accessDenied', 'The handler does not say who may call it.');
      this.#isPublic.set(handler, isPublic);
    }
    return isPublic;
  }

  override handleRequest<User>(error: unknown, user: User | false, info: unknown, context: ExecutionContext): User {
    if (error instanceof Error) throw error;
    if (user !== false && user) return user;
    const { authorization } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    if ((info as Error | undefined)?.name === 'KeysUnavailableError') throw keysUnavailable(info);
    if (authorization !== undefined) {
      const { reason, details } = tokenFault(info, authorization, this.environment);
      throw invalidToken(reason, { details, areTold: this.environment.NODE_ENV === 'development' });
    }
    throw new ODataError('missingAuthenticationToken', 'The request carries no bearer token.', {
      headers: { 'www-authenticate': `Bearer realm="${realm}"` },
    });
  }
}
