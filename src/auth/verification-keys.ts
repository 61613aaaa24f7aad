import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { Environment } from '../config/environment.js';
import type { VerificationKeys } from './key-set.js';

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
export async function verificationKeys({
  JWKS_URL,
  JWT_PUBLIC_KEY,
  JWT_SECRET,
}: Environment): Promise<VerificationKeys> {
  // What fetches keys takes a tenth of a second to load.
  if (JWKS_URL !== undefined) return (await import('./key-set.js')).keySet(JWKS_URL);
  if (JWT_PUBLIC_KEY !== undefined) return oneKey(createPublicKey(JWT_PUBLIC_KEY));
  if (JWT_SECRET === undefined) throw new Error('No key is configured');
  return oneKey(createSecretKey(JWT_SECRET, 'utf8'));
}
