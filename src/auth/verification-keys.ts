import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { Environment } from '../config/environment.js';
import { type KeyName, keySet, type VerificationKeys } from './key-set.js';

/**
 * What the header of a token (RFC 7515, 4) says of its key; undefined where it is no header, or one with critical
 * extensions: who does not understand all of them must refuse the token (4.1.11), and none is understood here.
 */
export function keyNameOf(token: string): KeyName | undefined {
  try {
    const text = Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString();
    const { kid, alg, crit } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (crit !== undefined || (kid !== undefined && typeof kid !== 'string')) return undefined;
    return { kid, alg: String(alg) };
  } catch {
    return undefined;
  }
}

/** One key, for as long as the process runs. */
function oneKey(key: KeyObject): VerificationKeys {
  return {
    find: (_, done) => {
      done(null, key);
    },
    trusts: (one) => one === key,
  };
}

/**
 * The keys of a deployment.
 * @throws Error where a key is not well-formed
 */
export function verificationKeys({ JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET }: Environment): VerificationKeys {
  if (JWKS_URL !== undefined) return keySet(JWKS_URL);
  if (JWT_PUBLIC_KEY !== undefined) return oneKey(createPublicKey(JWT_PUBLIC_KEY));
  if (JWT_SECRET === undefined) throw new Error('No key is configured');
  return oneKey(createSecretKey(JWT_SECRET, 'utf8'));
}
