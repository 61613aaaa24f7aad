import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AggregateStore } from '../store/aggregate-store.js';

const day = 86_400_000;
const interval = 3_600_000;
/**
 * Rows outlive what tokens ask for by a day: clocks differ, a transaction logs what it began long before it commits, and
 * whoever follows links from page to page is given half a day.
 */
const grace = day;
/** Changes that are forgotten in one statement, so that none keeps others waiting. */
const batchSize = 1000;
const pause = 50;

/** What keeps a log of changes as long as it is told to. */
export interface RetentionOptions {
  readonly store: AggregateStore;
  /** Names of the entity sets. */
  readonly sets: readonly string[];
  /** In days. */
  readonly retention: number;
}

/**
 * Forgets the changes that nobody can ask for any more, in small steps. Several processes may do it at one time: each
 * passes over what another one has in hand.
 * @returns how many
 */
export async function forgetOldChanges(
  { store, sets, retention }: RetentionOptions,
  now: number,
  signal?: AbortSignal,
): Promise<number> {
  const before = now - retention * day - grace;
  let count = 0;
  for (const set of sets) {
    for (let forgotten = batchSize; forgotten === batchSize && signal?.aborted !== true;) {
      forgotten = await store.forgetChanges(set, before, batchSize);
      count += forgotten;
      if (forgotten === batchSize) await sleep(pause);
    }
  }
  return count;
}

/** Forgets old changes now and then, as long as the process serves. */
export class ChangeRetention {
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: RetentionOptions,
    private readonly logger: Logger,
  ) {}

  /** Processes that start together do not meet again. */
  start(): void {
    const wait = interval * Math.random();
    this.#timer = setTimeout(() => {
      this.#work = this.#forget().finally(() => {
        if (!this.#stop.signal.aborted) this.start();
      });
    }, wait);
    this.#timer.unref();
  }

  async #forget(): Promise<void> {
    try {
      const count = await forgetOldChanges(this.options, Date.now(), this.#stop.signal);
      if (count > 0) this.logger.info({ count }, 'old changes forgotten');
    } catch (error) {
      this.logger.warn({ err: error }, 'old changes could not be forgotten; tried again later');
    }
  }

  /** Resolves when nothing is underway. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stop.abort();
    await this.#work;
  }
}
