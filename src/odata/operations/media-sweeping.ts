import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Settings } from '../options.js';
import { AggregateStore } from '../store/aggregate-store.js';

const minute = 60_000;

/**
 * Removes contents of streams now and then that no entity refers to: what was replaced or deleted, and what is left of
 * requests that were cut off. They stay for a while, so that whoever reads one reads it to its end. A model without streams
 * has none.
 */
@Injectable()
export class MediaSweeping implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(MediaSweeping.name);
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #isEnding = false;

  constructor(
    private readonly settings: Settings,
    private readonly store: AggregateStore,
  ) {}

  onApplicationBootstrap(): void {
    if (this.settings.model.streams !== undefined) this.#wait();
  }

  /** Processes that start together do not meet again. */
  #wait(): void {
    this.#timer = setTimeout(
      () => {
        this.#work = this.#sweep().finally(() => {
          if (!this.#isEnding) this.#wait();
        });
      },
      minute * (0.5 + Math.random()),
    );
    this.#timer.unref();
  }

  async #sweep(): Promise<void> {
    try {
      const count = await this.store.media.sweep(Date.now() - this.settings.media.retention * minute);
      if (count > 0) this.#logger.log(`${count} contents of streams removed that nothing refers to`);
    } catch (error) {
      this.#logger.warn(`Contents of streams could not be removed; tried again later: ${(error as Error).message}`);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    await this.#work;
  }
}
