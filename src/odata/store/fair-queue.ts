/** What waits in turn, by whom it is for. */
export interface Waits {
  readonly callerName: string;
}

const anybody = (): boolean => true;

/**
 * A queue in which callers take turns: who has much to do waits behind itself, and not before others. Adding, taking and
 * counting cost the same however much waits.
 */
export class FairQueue<T extends Waits> {
  /** The callers in the order of their turns. */
  readonly #turns = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(item: T): void {
    const own = this.#turns.get(item.callerName);
    if (own === undefined) this.#turns.set(item.callerName, [item]);
    else own.push(item);
    this.#size += 1;
  }

  /** The next one of those whose callers may have a turn; its caller is the last to have one again. */
  take(may: (callerName: string) => boolean = anybody): T | undefined {
    for (const [caller, own] of this.#turns) {
      if (!may(caller)) continue;
      const item = own.shift();
      this.#turns.delete(caller);
      if (own.length > 0) this.#turns.set(caller, own);
      if (item === undefined) continue;
      this.#size -= 1;
      return item;
    }
    return undefined;
  }

  /** Whether somebody else waits. */
  hasOthersThan(callerName: string): boolean {
    return this.#turns.size > (this.#turns.has(callerName) ? 1 : 0);
  }

  /** Takes out everything that a test names. */
  remove(test: (item: T) => boolean): readonly T[] {
    const removed: T[] = [];
    for (const [caller, own] of this.#turns) {
      const kept = own.filter((item) => !test(item));
      if (kept.length === own.length) continue;
      removed.push(...own.filter(test));
      if (kept.length === 0) this.#turns.delete(caller);
      else this.#turns.set(caller, kept);
    }
    this.#size -= removed.length;
    return removed;
  }
}
