import type { FastifyBaseLogger } from 'fastify';
import { ODataError } from '../protocol/odata-error.js';
import { AbandonedError } from '../work.js';

/** What keeps every request from being served; any other failure is one request's. */
const outages: ReadonlySet<string> = new Set(['storeUnavailable', 'keysUnavailable']);
/** An outage is over once no request has failed of it for so long, in milliseconds. */
const quiet = 60_000;
/** Causes that are told apart at one time. */
const mostCauses = 50;

function rootOf(error: Error): Error & { readonly code?: unknown } {
  return error.cause instanceof Error ? rootOf(error.cause) : error;
}

/** Whether nothing failed but that the client did not wait for its answer: the line of the request says so. */
function isLeaving(error: unknown): boolean {
  return (
    error instanceof AbandonedError || (error as { code?: unknown } | undefined)?.code === 'ERR_STREAM_PREMATURE_CLOSE'
  );
}

/**
 * Writes failures to the log: an outage once with its cause, and how many requests it failed when it is over. That a client
 * has left is no failure, and anybody could fill the log with it.
 */
export class FailureLog {
  readonly #outages = new Map<string, { failed: number; readonly end: NodeJS.Timeout }>();

  write(error: unknown, log: FastifyBaseLogger): void {
    if (isLeaving(error)) return;
    const name = this.#nameOf(error);
    const outage = name === undefined ? undefined : this.#outages.get(name);
    if (outage !== undefined) {
      outage.failed += 1;
      outage.end.refresh();
      return;
    }
    log.error({ err: error }, 'request failed');
    if (name === undefined) return;
    const end = setTimeout(() => {
      const { failed = 0 } = this.#outages.get(name) ?? {};
      this.#outages.delete(name);
      log.info({ failure: name, requests: failed }, 'no request has failed of this for a minute');
    }, quiet).unref();
    this.#outages.set(name, { failed: 1, end });
  }

  #nameOf(error: unknown): string | undefined {
    if (!(error instanceof ODataError) || !outages.has(error.code)) return undefined;
    const { code, message } = rootOf(error);
    const name = `${error.code}: ${typeof code === 'string' && code !== error.code ? code : message}`;
    return this.#outages.has(name) || this.#outages.size < mostCauses ? name : error.code;
  }
}

/** The log of failures of this process. */
export const failures = new FailureLog();
