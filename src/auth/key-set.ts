import { context, propagation } from '@opentelemetry/api';
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** What a token says of the key that signed it. */
export interface KeyName {
  readonly kid: string | undefined;
  readonly alg: string;
}

/** Takes the key of a token: none where the token names one that is not known. */
type OnKey = (error: unknown, key?: KeyObject) => void;

/** The keys that sign the tokens of a deployment. */
export interface VerificationKeys {
  /** Gives the key that a token names. */
  find(name: KeyName, done: OnKey): void;
  /** Whether a key that was given is trusted still. */
  trusts(key: KeyObject): boolean;
  /** Of a key set, how many seconds ago it was fetched, and whether the last attempt failed; undefined of a fixed key. */
  readonly state?: KeySetState;
}

/** How fresh a key set is. */
export interface KeySetState {
  /** Seconds; undefined before the first one was fetched. */
  readonly age: number | undefined;
  readonly isFailing: boolean;
}

/** A fresh set is asked for in the background once that which is there is older, in milliseconds. */
const fresh = 600_000;
/** One that is older is used only where no fresh one can be had: the process was idle, and a key may have been withdrawn. */
const old = 3_600_000;
/** The set is asked for so often, whatever tokens name: a key that is new is known after so long, in milliseconds. */
const interval = 5000;
/** So many times in a row sooner, where it was not asked for in a while. */
const burst = 3;
/** What a set may take: time in milliseconds, bytes. */
const timeout = 5000;
const mostBytes = 262_144;
/** RFC 7518, 3.3: RSA keys are that large, or larger. */
export const leastModulus = 2048;

/** The set cannot be fetched, so that nobody knows whether a key is in it. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

interface Key {
  readonly object: KeyObject;
  readonly alg: unknown;
  /** What was read: the same text again is the same key, so that what was verified with it stays so. */
  readonly text: string;
}

/** Whether a key may verify tokens at all. */
export function isStrong({ type, asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  const isRsa = asymmetricKeyType === 'rsa' || asymmetricKeyType === 'rsa-pss';
  if (isRsa) return (asymmetricKeyDetails?.modulusLength ?? 0) >= leastModulus;
  return type === 'public' && asymmetricKeyType === 'ec';
}

function keyOf(jwk: JsonWebKey): Key | undefined {
  if (jwk.use !== undefined && jwk.use !== 'sig') return undefined;
  try {
    const object = createPublicKey({ key: jwk, format: 'jwk' });
    return isStrong(object) ? { object, alg: jwk.alg, text: JSON.stringify(jwk) } : undefined;
  } catch {
    // RFC 7517, 5: keys that are not understood are passed over.
    return undefined;
  }
}

/** @throws Error where it is no key set with a key that can be used */
function keysOf(text: string): ReadonlyMap<string | undefined, Key> {
  const { keys } = (JSON.parse(text) ?? {}) as { readonly keys?: readonly JsonWebKey[] };
  const found = new Map<string | undefined, Key>();
  for (const jwk of Array.isArray(keys) ? (keys as JsonWebKey[]) : []) {
    const key = keyOf(jwk);
    const { kid } = jwk as { readonly kid?: string };
    if (key !== undefined && !found.has(kid)) found.set(kid, key);
  }
  if (found.size === 0) throw new Error('The answer has no key that could verify a token');
  // A token need not say which where there is one only.
  const [only] = found.values();
  if (found.size === 1 && only !== undefined) found.set(undefined, only);
  return found;
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > mostBytes) throw new Error(`The answer has more than ${mostBytes} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString();
}

async function fetchKeys(url: string): Promise<ReadonlyMap<string | undefined, Key>> {
  const headers: Record<string, string> = { accept: 'application/json' };
  // Where nobody traces this does nothing.
  propagation.inject(context.active(), headers);
  const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(timeout) });
  if (response.status !== 200) throw new Error(`The answer has the status ${response.status}`);
  return keysOf(await textOf(response));
}

/**
 * Fetches a key set once.
 * @returns how many of its keys verify tokens
 * @throws Error where it cannot be fetched, or has none
 */
export async function countKeys(url: string): Promise<number> {
  return new Set((await fetchKeys(url)).values()).size;
}

/**
 * The keys of a key set (RFC 7517). A key that is known verifies without the network: the last good set is kept while
 * another is fetched, and when none can be. Tokens that name unknown keys have the set fetched at a bounded rate, together.
 */
export class KeySet {
  #keys: ReadonlyMap<string | undefined, Key> = new Map();
  #objects: ReadonlySet<KeyObject> = new Set();
  #fetched = -Infinity;
  /** When the set may be asked for, had it been asked for no sooner than it is to be. */
  #due = -Infinity;
  #fetching: Promise<void> | undefined;
  #failure: unknown;

  constructor(private readonly url: string) {}

  get state(): KeySetState {
    const age = (performance.now() - this.#fetched) / 1000;
    return { age: Number.isFinite(age) ? age : undefined, isFailing: this.#failure !== undefined };
  }

  /** The key of this name where it can be told without waiting. */
  known(name: KeyName): KeyObject | undefined {
    const age = performance.now() - this.#fetched;
    if (age > fresh) void this.#refresh();
    const isAsked = age > old && this.#fetching !== undefined && this.#failure === undefined;
    return isAsked ? undefined : this.#key(name);
  }

  /** Whether a key that was given is in the set still; one that is too old is asked for again. */
  has(key: KeyObject): boolean {
    const age = performance.now() - this.#fetched;
    if (age > fresh) void this.#refresh();
    return this.#objects.has(key) && (age <= old || this.#failure !== undefined);
  }

  /**
   * The same, once the set has been asked for where that may be done; undefined where it has no such key.
   * @throws KeysUnavailableError where the set cannot be fetched
   */
  async find(name: KeyName): Promise<KeyObject | undefined> {
    await this.#refresh();
    const key = this.#key(name);
    if (key === undefined && this.#failure !== undefined)
      throw new KeysUnavailableError('The key set cannot be fetched', { cause: this.#failure });
    return key;
  }

  #key({ kid, alg }: KeyName): KeyObject | undefined {
    const key = this.#keys.get(kid);
    return key === undefined || (key.alg !== undefined && key.alg !== alg) ? undefined : key.object;
  }

  /** Fetches the set, or waits for who does, or does nothing where it was asked for a moment ago. */
  async #refresh(): Promise<void> {
    if (this.#fetching === undefined) {
      const now = performance.now();
      if (now < this.#due - (burst - 1) * interval) return;
      this.#due = Math.max(this.#due, now) + interval;
    }
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    await this.#fetching;
  }

  async #fetch(): Promise<void> {
    try {
      const before = this.#keys;
      const fetched = [...(await fetchKeys(this.url))].map(([kid, key]): [string | undefined, Key] => {
        const same = before.get(kid);
        return [kid, same?.text === key.text ? same : key];
      });
      this.#keys = new Map(fetched);
      this.#objects = new Set(fetched.map(([, { object }]) => object));
      this.#fetched = performance.now();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
    }
  }
}

/** The keys of the set at a URL, as tokens are held to them. */
export function keySet(url: string): VerificationKeys {
  const keys = new KeySet(url);
  return {
    find(name, done) {
      const known = keys.known(name);
      if (known !== undefined) return done(null, known);
      keys.find(name).then((key) => done(null, key), done);
    },
    trusts: (key) => keys.has(key),
    get state() {
      return keys.state;
    },
  };
}
