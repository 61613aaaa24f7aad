/** How long something that writes may keep others waiting, in milliseconds. */
interface Longest {
  readonly statement: number;
  readonly transaction: number;
}

const longest: Longest = { statement: 2000, transaction: 5000 };
const longestAgain: Longest = { statement: 100, transaction: 500 };
/** For how long it is known who kept others waiting, in milliseconds. */
const remembered = 30_000;

/** The callers whose writes kept others waiting a while ago: who comes again with the like does not take the places from the others. */
export class Dawdlers {
  /** Until when each is known, in milliseconds since 1970. */
  readonly #until = new Map<string, number>();

  /** How long what a caller writes may keep others waiting. */
  longest(callerName: string): Longest {
    return (this.#until.get(callerName) ?? 0) > Date.now() ? longestAgain : longest;
  }

  /** The service itself is nobody. */
  add(callerName: string): void {
    const now = Date.now();
    for (const [name, until] of this.#until) if (until <= now) this.#until.delete(name);
    if (callerName !== '') this.#until.set(callerName, now + remembered);
  }
}
