import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Settings } from '../options.js';
import { AggregateStore } from '../store/aggregate-store.js';

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
@Injectable()
export class ChangeRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(ChangeRetention.name);
  readonly #stop = new AbortController();
  readonly #options: RetentionOptions;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor({ model, changes }: Settings, store: AggregateStore) {
    const sets = [...model.entitySets.keys(), ...model.singletons.keys()];
    this.#options = { store, sets, retention: changes.retention };
  }

  onApplicationBootstrap(): void {
    this.#wait();
  }

  /** Processes that start together do not meet again. */
  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#work = this.#forget().finally(() => {
        if (!this.#stop.signal.aborted) this.#wait();
      });
    }, interval * Math.random());
    this.#timer.unref();
  }

  async #forget(): Promise<void> {
    try {
      const count = await forgetOldChanges(this.#options, Date.now(), this.#stop.signal);
      if (count > 0) this.#logger.log(`${count} old changes forgotten`);
    } catch (error) {
      this.#logger.warn(`Old changes could not be forgotten; tried again later: ${(error as Error).message}`);
    }
  }

  /** Resolves when nothing is underway. */
  async beforeApplicationShutdown(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stop.abort();
    await this.#work;
  }
}
