/** Bytes that arrive in chunks and are taken from the front. Grows by doubling, so that many small chunks stay cheap. */
export class ByteQueue {
  #store = Buffer.allocUnsafe(16_384);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#store.length) {
      const size = this.length + chunk.length;
      const target = size > this.#store.length / 2 ? Buffer.allocUnsafe(size * 2) : this.#store;
      this.#store.copy(target, 0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
      this.#store = target;
    }
    this.#store.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** @returns offset from the front, -1 where the bytes are not there */
  indexOf(bytes: Buffer, from: number): number {
    return this.#store.subarray(this.#start, this.#end).indexOf(bytes, from);
  }

  /** The byte at an offset from the front. */
  at(offset: number): number | undefined {
    return offset < this.length ? this.#store[this.#start + offset] : undefined;
  }

  /** A copy of bytes from the front. */
  copy(length: number): Buffer {
    return Buffer.from(this.#store.subarray(this.#start, this.#start + length));
  }

  drop(length: number): void {
    this.#start = Math.min(this.#start + length, this.#end);
  }
}
