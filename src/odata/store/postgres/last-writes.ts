/** Callers whose last writes are remembered one by one. */
const mostCallers = 10_000;

/**
 * When callers wrote last, in milliseconds of the process, for as long as a standby may not show it. Of those that are too
 * many to be remembered every caller is taken for the one that wrote last.
 */
export class LastWrites {
  /** In the order of their times. */
  readonly #times = new Map<string, number>();
  #ofOthers = -Infinity;

  /** @param lag how old what standbys show may be, in milliseconds: older writes need no memory */
  constructor(
    private readonly lag: number,
    private readonly most = mostCallers,
  ) {}

  note(caller: string, now = performance.now()): void {
    this.#times.delete(caller);
    this.#times.set(caller, now);
    for (const [oldest, time] of this.#times) {
      if (now - time <= this.lag && this.#times.size <= this.most) return;
      if (now - time <= this.lag) this.#ofOthers = time;
      this.#times.delete(oldest);
    }
  }

  /** When a caller wrote last; a moment after it, or long ago, where that is not remembered. */
  of(caller: string): number {
    return this.#times.get(caller) ?? this.#ofOthers;
  }
}
