import { createPublicKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import jwks from 'jwks-rsa';

/** Takes the key of a token: none where the token names one that is not known. */
type OnKey = (error: unknown, key?: KeyObject) => void;

/** The keys that sign the tokens of a deployment. */
export interface VerificationKeys {
  /** Gives the key that a token names. */
  find(token: string, done: OnKey): void;
  /** Whether a key that was given is trusted still. */
  trusts(key: KeyObject): boolean;
}

/** How long the keys of a key set are trusted before they are fetched again, in milliseconds. */
const keyLife = 600_000;

/** A client of a key set that knows what it has fetched, and when. */
class FetchedKeys extends jwks.JwksClient {
  /** By their text. What was fetched before may still be kept by the client, each for its own time. */
  #keys = new Map<string, KeyObject>();
  #trusted: ReadonlySet<KeyObject> = new Set();
  #fetchedAt = 0;

  override async getSigningKeys() {
    const keys = await super.getSigningKeys();
    const [known, texts] = [this.#keys, keys.map((key) => key.getPublicKey())];
    this.#keys = new Map(texts.map((text) => [text, known.get(text) ?? createPublicKey(text)]));
    this.#trusted = new Set(this.#keys.values());
    this.#fetchedAt = Date.now();
    return keys;
  }

  /** The key of a text; one object as long as it is fetched again and again. */
  parsed(text: string): KeyObject {
    return this.#keys.get(text) ?? createPublicKey(text);
  }

  /** Whether the last answer had the key, and is not too old to say so. */
  has(key: KeyObject): boolean {
    return this.#trusted.has(key) && Date.now() - this.#fetchedAt < keyLife;
  }
}

/**
 * The keys of a key set (RFC 7517), fetched when a token names one that is not known. They are kept for ten minutes;
 * unknown key ids may ask for new ones ten times a minute, so that tokens with made-up ids cannot turn the service
 * against its identity provider.
 */
export function keySet(url: string): VerificationKeys {
  const options = { jwksUri: url, cache: true, cacheMaxAge: keyLife, rateLimit: true, jwksRequestsPerMinute: 10 };
  const client = new FetchedKeys({ ...options, timeout: 5000 });
  return {
    find(token, done) {
      client.getSigningKey(jwt.decode(token, { complete: true })?.header.kid).then(
        (key) => {
          done(null, client.parsed(key.getPublicKey()));
        },
        (error: unknown) => {
          if (error instanceof jwks.SigningKeyNotFoundError) done(null);
          else done(error);
        },
      );
    },
    trusts: (key) => client.has(key),
  };
}
