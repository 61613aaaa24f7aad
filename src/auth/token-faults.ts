import jwt from 'jsonwebtoken';
import type { Environment } from '../config/environment.js';

/** Why a token is refused. */
export interface TokenFault {
  /** What tells a developer what to mend, and nobody a secret: it stands in the header of the answer too. */
  readonly reason: string;
  /** What was compared, for those who develop; from the token and from the configuration. */
  readonly details?: string;
}

/** What jsonwebtoken, or what looks for the key, says of a token that is refused. */
type Info = Partial<Error> & { readonly expiredAt?: Date; readonly date?: Date };

type Expected = Pick<Environment, 'JWT_ISSUER' | 'JWT_AUDIENCE' | 'JWKS_URL'>;

interface Header {
  readonly alg?: unknown;
  readonly kid?: unknown;
}

/** What a token says of itself, believed by nobody. */
function decoded(token: string): { readonly header: Header; readonly payload: Record<string, unknown> } | undefined {
  const whole = jwt.decode(token, { complete: true });
  if (whole === null || typeof whole.payload === 'string') return undefined;
  return { header: whole.header, payload: whole.payload };
}

const shown = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value).slice(0, 200));

/** What is wrong with the signature, or with the key that it is held to. */
function signatureFault(message: string, token: string, { JWKS_URL }: Expected): TokenFault {
  const reason = 'it is malformed or not signed by a trusted key';
  const parts = decoded(token);
  if (parts === undefined) return { reason, details: 'it is no JWT of three parts in base64url' };
  const { alg, kid } = parts.header;
  if (message === 'invalid algorithm')
    return { reason, details: `its alg ${shown(alg)} is none that JWT_ALGORITHMS and the kind of key allow` };
  if (message === 'invalid signature')
    return { reason, details: `its signature was made with another key than the one that is configured` };
  const where = JWKS_URL === undefined ? 'the configured key' : `the key set at ${JWKS_URL}`;
  return { reason, details: `no key of ${where} fits its kid ${shown(kid)} and alg ${shown(alg)} (${message})` };
}

/**
 * Which check of a token failed.
 * @param info what the check said
 * @param authorization the header that carried the token
 */
export function tokenFault(info: unknown, authorization: string, expected: Expected): TokenFault {
  const { name = '', message = '', expiredAt, date } = (info ?? {}) as Info;
  const [, token] = /^bearer\s+(\S+)$/i.exec(authorization) ?? [];
  if (token === undefined)
    return { reason: 'it is malformed or not signed by a trusted key', details: 'the header must be: Bearer <token>' };
  if (name === 'TokenExpiredError')
    return { reason: 'it has expired', details: `it ended ${expiredAt?.toISOString()}` };
  if (name === 'NotBeforeError')
    return { reason: 'it is not valid yet', details: `it begins ${date?.toISOString()}; are the clocks right?` };
  const claims = decoded(token)?.payload;
  if (message.startsWith('jwt audience invalid')) {
    const details = `its aud is ${shown(claims?.aud)}, and JWT_AUDIENCE is ${shown(expected.JWT_AUDIENCE)}`;
    return { reason: 'it is for another audience', details };
  }
  if (message.startsWith('jwt issuer invalid')) {
    const details = `its iss is ${shown(claims?.iss)}, and JWT_ISSUER is ${shown(expected.JWT_ISSUER)}`;
    return { reason: 'it is from another issuer', details };
  }
  return signatureFault(message, token, expected);
}
