/**
 * Has writes come together that one commit carries, by waiting for as many as were under way the last time.
 *
 * Where threads share one processor, the writer takes it from the thread that sends it writes as soon as the first one is
 * there, while that has read the next ones half. A commit costs the same for a few as for many, and each of those that
 * follow soon would need one more. Who writes alone is never kept waiting.
 */
export class Gathering {
  /** How many were under way together the last time: what was committed, and what had come meanwhile. */
  #usual = 1;

  readonly #longest: number;

  /** @param longest milliseconds that a commit may be put off; 0 for never */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /**
   * Waits for others.
   * @param waiting takes in what has come, and says how many wait
   * @param pause waits until something has come; false where nothing has in so many milliseconds
   */
  gather(waiting: () => number, pause: (milliseconds: number) => boolean): void {
    if (this.#longest === 0) return;
    const until = performance.now() + this.#longest;
    for (let left = this.#longest; waiting() < this.#usual && left > 0; left = until - performance.now())
      if (!pause(left)) return;
  }

  /** After a commit. @param come how many wait that came meanwhile */
  committed(size: number, come: number): void {
    this.#usual = size + come;
  }
}
