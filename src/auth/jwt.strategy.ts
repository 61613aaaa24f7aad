import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { Environment, type JwtAlgorithm, jwtAlgorithms } from '../config/environment.js';
import type { Caller } from '../odata/index.js';
import { callerOf, type Claims } from './caller-of-token.js';
import { verificationKey } from './verification-key.js';

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

/** Verifies bearer tokens (RFC 6750, RFC 7519): signature, algorithm, issuer, audience, times; then reads the caller. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(private readonly environment: Environment) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      issuer: required(environment, 'JWT_ISSUER'),
      audience: required(environment, 'JWT_AUDIENCE'),
      algorithms: algorithmsOf(environment),
      ignoreExpiration: false,
      // The one way that passport-jwt passes a tolerance on to jsonwebtoken.
      // eslint-disable-next-line @typescript-eslint/no-deprecated
      jsonWebTokenOptions: { clockTolerance: environment.JWT_CLOCK_TOLERANCE },
      ...verificationKey(environment),
    });
  }

  validate(claims: Claims): Caller {
    return callerOf(claims, this.environment);
  }
}
