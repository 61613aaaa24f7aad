import type { KeyObject } from 'node:crypto';
import { type Caller, RecentlyUsed } from '../odata/index.js';
import type { VerificationKeys } from './key-set.js';

/** How many tokens are remembered: each stands for a caller who is at work. */
export const mostTokens = 4096;

/** Longer credentials than this, in characters, are verified at every use: the memory must not grow with them. */
const longestCredentials = 4096;

/** What a valid token proved. */
interface Verified {
  readonly caller: Caller;
  readonly key: KeyObject;
  /** From this second since 1970 on the token is not valid, the tolerance included. */
  readonly end: number;
}

/**
 * Callers by the credentials that proved them, so that a token is verified once. Nothing gets in that was not verified.
 * What is remembered is not true any more when the token has ended (RFC 7519, 4.1.4) or its key is not trusted: both are
 * asked at each use.
 */
export class VerifiedTokens {
  readonly #known = new RecentlyUsed<string, Verified>(mostTokens);

  constructor(private readonly keys: Pick<VerificationKeys, 'trusts'>) {}

  /** How many are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /**
   * The caller whom such credentials proved before, and still do.
   * @param credentials the whole header `Authorization`
   */
  callerOf(credentials: string): Caller | undefined {
    const verified = this.#known.get(credentials);
    if (verified === undefined) return undefined;
    // Whole seconds, as the verification itself counts.
    if (Math.floor(Date.now() / 1000) < verified.end && this.keys.trusts(verified.key)) return verified.caller;
    this.#known.delete(credentials);
    return undefined;
  }

  /** Remembers what credentials prove that have just been verified. */
  remember(credentials: string, verified: Verified): void {
    if (credentials.length <= longestCredentials) this.#known.set(credentials, verified);
  }
}
