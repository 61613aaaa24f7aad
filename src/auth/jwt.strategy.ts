import type { KeyObject } from 'node:crypto';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { type Environment, type JwtAlgorithm, jwtAlgorithms } from '../config/environment.js';
import type { Caller } from '../odata/index.js';
import { callerOf, type Claims } from './caller-of-token.js';
import type { VerificationKeys } from './key-set.js';
import { keyNameOf } from './verification-keys.js';
import { VerifiedTokens } from './verified-tokens.js';

/** jsonwebtoken skips a check whose expectation is empty, so none of them may be. */
function required(environment: Environment, name: 'JWT_ISSUER' | 'JWT_AUDIENCE'): string {
  const value = environment[name] ?? '';
  if (value === '') throw new Error(`${name} is not set`);
  return value;
}

/** The algorithms that are accepted: never those of another kind of key (RFC 8725, 3.1). */
function algorithmsOf({ JWT_SECRET, JWT_ALGORITHMS }: Environment): JwtAlgorithm[] {
  return [...(JWT_ALGORITHMS ?? (JWT_SECRET === undefined ? jwtAlgorithms.asymmetric : jwtAlgorithms.symmetric))];
}

/** jsonwebtoken takes parsed keys, which saves it a parse a token; the types of passport-jwt do not know that. */
function asDeclared(key: KeyObject | undefined): Buffer | undefined {
  return key as unknown as Buffer | undefined;
}

/**
 * Verifies bearer tokens (RFC 6750, RFC 7519): signature, algorithm, issuer, audience, times; then reads the caller, and
 * remembers whom the token proved.
 */
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  readonly verified: VerifiedTokens;
  readonly keys: VerificationKeys;
  readonly #keys: WeakMap<FastifyRequest, KeyObject>;

  constructor(
    private readonly environment: Environment,
    keys: VerificationKeys,
  ) {
    // The key that a request's token is held to, until that is done.
    const keyOf = new WeakMap<FastifyRequest, KeyObject>();
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      issuer: required(environment, 'JWT_ISSUER'),
      audience: required(environment, 'JWT_AUDIENCE'),
      algorithms: algorithmsOf(environment),
      ignoreExpiration: false,
      // The one way that passport-jwt passes a tolerance on to jsonwebtoken.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      jsonWebTokenOptions: { clockTolerance: environment.JWT_CLOCK_TOLERANCE },
      passReqToCallback: true,
      secretOrKeyProvider: (request: FastifyRequest, token: string, done) => {
        const name = keyNameOf(token);
        if (name === undefined) return done(new Error('The header of the token is not understood'));
        keys.find(name, (error, key) => {
          if (key !== undefined) keyOf.set(request, key);
          done(error, asDeclared(key));
        });
      },
    });
    this.#keys = keyOf;
    this.verified = new VerifiedTokens(keys);
    this.keys = keys;
  }

  validate(request: FastifyRequest, claims: Claims): Caller {
    const caller = callerOf(claims, this.environment);
    const key = this.#keys.get(request);
    const { authorization } = request.headers;
    // `callerOf` has seen that there is an end.
    const end = (claims.exp as number) + this.environment.JWT_CLOCK_TOLERANCE;
    if (key !== undefined && authorization !== undefined) this.verified.remember(authorization, { caller, key, end });
    return caller;
  }
}
