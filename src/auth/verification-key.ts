import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { passportJwtSecret } from 'jwks-rsa';
import type { SecretOrKeyProvider } from 'passport-jwt';
import type { Environment } from '../config/environment.js';

/** A key set has few keys; more than this in a row are made up, and not worth keeping. */
const keptKeys = 32;

/**
 * The keys of a key set (RFC 7517), fetched when a token names one that is not known. They are kept for ten minutes;
 * unknown key ids may ask for new ones ten times a minute, so that tokens with made-up ids cannot turn the service
 * against its identity provider.
 */
function keySet(url: string): SecretOrKeyProvider {
  const options = { jwksUri: url, cache: true, cacheMaxAge: 600_000, rateLimit: true, jwksRequestsPerMinute: 10 };
  const provide = passportJwtSecret({ ...options, timeout: 5000 }) as SecretOrKeyProvider;
  const parsed = new Map<string, KeyObject>();
  const parse = (pem: string): KeyObject => {
    const known = parsed.get(pem);
    if (known !== undefined) return known;
    const key = createPublicKey(pem);
    if (parsed.size >= keptKeys) parsed.clear();
    parsed.set(pem, key);
    return key;
  };
  return (request, token, done) => {
    provide(request, token, (error: unknown, pem?: string | Buffer) => {
      done(error, typeof pem === 'string' ? asDeclared(parse(pem)) : pem);
    });
  };
}

/** jsonwebtoken takes parsed keys, which saves it a parse a token; the types of passport-jwt do not know that. */
function asDeclared(key: KeyObject): Buffer {
  return key as unknown as Buffer;
}

/**
 * The key of a deployment, in the options of passport-jwt.
 * @throws Error where the key is not well-formed
 */
export function verificationKey({ JWKS_URL, JWT_PUBLIC_KEY, JWT_SECRET }: Environment) {
  if (JWKS_URL !== undefined) return { secretOrKeyProvider: keySet(JWKS_URL) };
  if (JWT_PUBLIC_KEY !== undefined) return { secretOrKey: asDeclared(createPublicKey(JWT_PUBLIC_KEY)) };
  if (JWT_SECRET === undefined) throw new Error('No key is configured');
  return { secretOrKey: asDeclared(createSecretKey(JWT_SECRET, 'utf8')) };
}
