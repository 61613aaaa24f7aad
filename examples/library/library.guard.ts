import type { FastifyRequest } from 'fastify';
import jwt from 'jsonwebtoken';
// With the package: from 'decorated-profiles/odata'.
import { type Caller, CallerGuard, ODataError } from '../../src/odata/index.js';

/** Whose everything in the library is. */
export const tenant = 'library';

/** Knows callers by bearer tokens with the claims `sub` and `scope`. */
export class LibraryGuard extends CallerGuard {
  constructor(private readonly secret: string) {
    super();
  }

  callerOf({ headers: { authorization } }: FastifyRequest): Caller | undefined {
    if (authorization === undefined) return undefined;
    try {
      const token = authorization.replace(/^Bearer /i, '');
      const { sub: id = '', scope } = jwt.verify(token, this.secret, { algorithms: ['HS256'] }) as jwt.JwtPayload;
      // Works belong to the library, not to who enters them: each caller reaches the whole of it.
      return { tenant, id, kind: 'application', permissions: new Set(String(scope).split(' ')) };
    } catch (cause) {
      throw new ODataError('invalidAuthenticationToken', 'The bearer token is not valid.', { cause });
    }
  }
}
