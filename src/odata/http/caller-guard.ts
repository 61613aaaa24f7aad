import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../operations/caller.js';
import { ODataError } from '../protocol/odata-error.js';
import { exchangeOf } from './exchange.js';
import { inheritedCaller } from './inherited-caller.js';

/** A 401 names what would be a credential (RFC 9110, 15.5.2); one that does so already stays as it is. */
function challenged(error: ODataError, request: FastifyRequest): ODataError {
  if (Object.keys(error.headers).some((name) => name.toLowerCase() === 'www-authenticate')) return error;
  const { code, status, message } = error;
  const challenge = `Bearer realm="${exchangeOf(request).settings.realm}", error="invalid_token"`;
  return new ODataError({ code, status }, message, { headers: { 'www-authenticate': challenge }, cause: error });
}

/**
 * A guard that says who sends a request; what the caller may do, the engine asks of it. Provide a class of yours as
 * `APP_GUARD`. An application that has a guard already lets it leave a `Caller` on the request as `user`, and take that of
 * `inheritedCaller` first: parts of batches and asynchronous requests carry no token.
 */
@Injectable()
export abstract class CallerGuard implements CanActivate {
  /**
   * The caller that the credentials of a request prove; undefined where it has none: then it may do what everyone may.
   * @throws ODataError `invalidAuthenticationToken` for credentials that are not valid; the challenge is added to it
   */
  abstract callerOf(request: FastifyRequest): Caller | undefined | Promise<Caller | undefined>;

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    try {
      request.user = inheritedCaller(request) ?? (await this.callerOf(request));
    } catch (error) {
      throw error instanceof ODataError && error.status === 401 ? challenged(error, request) : error;
    }
    return true;
  }
}
