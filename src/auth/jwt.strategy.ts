import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { passportJwtSecret } from 'jwks-rsa';
import { ExtractJwt, Strategy, type StrategyOptionsWithoutRequest } from 'passport-jwt';
import { Environment, jwtAlgorithms } from '../config/environment.js';
import type { Caller } from './caller.js';
import { callerOf, type Claims } from './caller-of-token.js';

/** The key of a deployment: from a JWKS, a public key in PEM, or a shared secret; the algorithms fit its kind. */
function keyOptions({ JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET, JWT_ALGORITHMS }: Environment) {
  const fitting = JWT_SECRET === undefined ? jwtAlgorithms.asymmetric : jwtAlgorithms.symmetric;
  const algorithms = [...(JWT_ALGORITHMS ?? fitting)];
  if (JWKS_URL === undefined) return { secretOrKey: JWT_PUBLIC_KEY ?? JWT_SECRET ?? '', algorithms };
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
      issuer: environment.JWT_ISSUER ?? '',
      audience: environment.JWT_AUDIENCE ?? '',
      ignoreExpiration: false,
      jsonWebTokenOptions: { clockTolerance: environment.JWT_CLOCK_TOLERANCE },
      ...keyOptions(environment),
    } as StrategyOptionsWithoutRequest);
  }

  validate(claims: Claims): Caller {
    return callerOf(claims, this.environment);
  }
}
