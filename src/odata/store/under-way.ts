interface Box<T> {
  item: T | undefined;
}

/**
 * What is under way, by number. Each item stands in a box that is emptied when it is taken out, since V8 gives the table of a
 * `Map` up for a new one whenever enough has come and gone: the old one keeps what was in it and refers to its successor, so
 * that these tables, once one of them is old, keep each other, and with them all that was under way at each of these times,
 * until everything is collected. Of a change that was a tenth of what it allocates.
 */
export class UnderWay<T> {
  readonly #boxes = new Map<number, Box<T>>();

  get size(): number {
    return this.#boxes.size;
  }

  add(id: number, item: T): void {
    this.#boxes.set(id, { item });
  }

  get(id: number): T | undefined {
    return this.#boxes.get(id)?.item;
  }

  /** Takes an item out; undefined where there is none of that number. */
  take(id: number): T | undefined {
    const box = this.#boxes.get(id);
    if (box === undefined) return undefined;
    const { item } = box;
    box.item = undefined;
    this.#boxes.delete(id);
    return item;
  }

  /** Takes everything out. */
  takeAll(): readonly T[] {
    const items = [...this].map(([, item]) => item);
    for (const id of this.#boxes.keys()) this.take(id);
    return items;
  }

  /** Whether there is one that a test names. */
  some(test: (item: T) => boolean): boolean {
    for (const { item } of this.#boxes.values()) if (item !== undefined && test(item)) return true;
    return false;
  }

  /** The items and their numbers, in the order in which they came. */
  *[Symbol.iterator](): IterableIterator<readonly [id: number, item: T]> {
    for (const [id, { item }] of this.#boxes) if (item !== undefined) yield [id, item];
  }
}
