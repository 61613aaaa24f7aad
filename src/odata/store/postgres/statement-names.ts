import { randomBytes } from 'node:crypto';

/** Texts that are remembered in one generation, and names that are given; a connection keeps a statement for each name. */
const mostTexts = 2000;
const mostNames = 500;

/**
 * Names of prepared statements. A text gets one when it comes for the second time: texts are as many as the shapes of
 * queries that clients think of, and every prepared one costs memory on both sides of every connection. When there are
 * too many, a new generation begins, and connections of the one before are to be renewed. No other process has these names:
 * where sessions are shared, a name of one must not be found with the text of another.
 */
export class StatementNames {
  /** The names of one generation are never those of another. */
  generation = 0;
  readonly #texts = new Map<string, string | undefined>();
  #named = 0;
  readonly #own = randomBytes(6).toString('hex');

  /** @param isPreparing whether any gets a name */
  constructor(private isPreparing = true) {}

  /** From now on none gets a name. @returns whether they did before */
  stop(): boolean {
    const was = this.isPreparing;
    this.isPreparing = false;
    return was;
  }

  /** Name of the statement; undefined where it is not to be prepared. */
  nameOf(text: string): string | undefined {
    if (!this.isPreparing) return undefined;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (!this.#texts.has(text)) {
      this.#texts.set(text, undefined);
      if (this.#texts.size > mostTexts) this.#forgetOne();
      return undefined;
    }
    if (this.#named === mostNames) {
      this.#texts.clear();
      this.#named = 0;
      this.generation += 1;
    }
    const name = `${this.#own}g${this.generation}s${++this.#named}`;
    this.#texts.set(text, name);
    return name;
  }

  /** Forgets the oldest text that came once only. */
  #forgetOne(): void {
    for (const [text, name] of this.#texts) {
      if (name !== undefined) continue;
      this.#texts.delete(text);
      return;
    }
  }
}
