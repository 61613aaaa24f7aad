import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { passportJwtSecret } from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { Environment, jwtAlgorithms } from '../config/environment.js';
import type { Caller } from './caller.js';
import { callerOf, type Claims } from './caller-of-token.js';

/** jsonwebtoken skips a check whose expectation is empty, so none of them may be. */
function required(environment: Environment, name: 'JWT_ISSUER' | 'JWT_AUDIENCE' | 'JWT_SECRET'): string {
  const value = environment[name] ?? '';
  if (value === '') throw new Error(`${name} is not set`);
  return value;
}

/** The key of a deployment: from a JWKS, a public key in PEM, or a shared secret; the algorithms fit its kind. */
function keyOptions(environment: Environment) {
  const { JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET, JWT_ALGORITHMS } = environment;
  const fitting = JWT_SECRET === undefined ? jwtAlgorithms.asymmetric : jwtAlgorithms.symmetric;
  const algorithms = [...(JWT_ALGORITHMS ?? fitting)];
  if (JWKS_URL === undefined) return { secretOrKey: JWT_PUBLIC_KEY ?? required(environment, 'JWT_SECRET'), algorithms };
  // Keys are kept for ten minutes; unknown key ids may ask for new ones ten times a minute, so that tokens with made-up
  // key ids cannot turn the service against its identity provider.
  const options = { jwksUri: JWKS_URL, cache: true, cacheMaxAge: 600_000, rateLimit: true, jwksRequestsPerMinute: 10 };
  return { secretOrKeyProvider: passportJwtSecret({ ...options, timeout: 5000 }), algorithms };
}

/** Verifies bearer tokens (RFC 6750, RFC 7519): signature, algorithm, issuer, audience, times; then reads the caller. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(private readonly environment: Environment) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      issuer: required(environment, 'JWT_ISSUER'),
      audience: required(environment, 'JWT_AUDIENCE'),
      ignoreExpiration: false,
      // The one way that passport-jwt passes a tolerance on to jsonwebtoken.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      jsonWebTokenOptions: { clockTolerance: environment.JWT_CLOCK_TOLERANCE },
      ...keyOptions(environment),
    });
  }

  validate(claims: Claims): Caller {
    return callerOf(claims, this.environment);
  }
}
