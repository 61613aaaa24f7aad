import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../operations/caller.js';
import { inheritedCaller } from './inherited-caller.js';

/**
 * A guard that says who sends a request; what the caller may do, the engine asks of it. Provide a class of yours as
 * `APP_GUARD`. An application that has a guard already lets it leave a `Caller` on the request as `user`, and take that of
 * `inheritedCaller` first: parts of batches and asynchronous requests carry no token.
 */
@Injectable()
export abstract class CallerGuard implements CanActivate {
  /**
   * The caller that the credentials of a request prove; undefined where it has none: then it may do what everyone may.
   * @throws ODataError 401 for credentials that are not valid
   */
  abstract callerOf(request: FastifyRequest): Caller | undefined | Promise<Caller | undefined>;

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.user = inheritedCaller(request) ?? (await this.callerOf(request));
    return true;
  }
}
