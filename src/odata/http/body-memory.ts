import { ODataError } from '../protocol/odata-error.js';

/** One caller may hold this part of the memory, so that no one of them keeps others from sending. */
const share = 1 / 4;

/** The memory that bodies of requests may take at one time while they arrive and are worked on. */
export class BodyMemory {
  #held = 0;
  readonly #byCaller = new Map<string, number>();

  /** @param bytes of all bodies together */
  constructor(private readonly bytes: number) {}

  /**
   * Takes memory for a body; gives what returns it.
   * @param caller whose body it is: any text that tells callers apart
   * @throws ODataError 429 where the caller holds too much already, 503 where all of them do
   */
  take(size: number, caller: string): () => void {
    const own = (this.#byCaller.get(caller) ?? 0) + size;
    const headers = { 'retry-after': '1' };
    if (own > this.bytes * share)
      throw new ODataError('tooManyBodies', 'The caller has too many large bodies under way.', { headers });
    if (this.#held + size > this.bytes)
      throw new ODataError('tooBusy', 'Too many large bodies are under way; try again later.', { headers });
    this.#byCaller.set(caller, own);
    this.#held += size;
    return () => {
      this.#held -= size;
      const left = (this.#byCaller.get(caller) ?? size) - size;
      if (left === 0) this.#byCaller.delete(caller);
      else this.#byCaller.set(caller, left);
    };
  }
}
