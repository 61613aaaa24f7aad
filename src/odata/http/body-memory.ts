import { ODataError } from '../protocol/odata-error.js';

/** One caller may hold this part of the memory, so that no one of them keeps others from sending. */
const share = 1 / 4;

const [comma, openBracket, openBrace] = [44, 91, 123];

/** Values of a JSON text, about: its commas, arrays and objects. */
function valuesIn(bytes: Uint8Array): number {
  let values = 0;
  // By index: an iterator takes five times as long.
  // eslint-disable-next-line @typescript-eslint/prefer-for-of
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === comma || byte === openBracket || byte === openBrace) values += 1;
  }
  return values;
}

/** A value that was read, in bytes, where it is expensive: an object with a member of a name of its own. */
const valueBytes = 128;

/** What a body of so many bytes takes, whatever it is made of: itself, its text, and the texts that are read of it. */
export function memoryOf(bytes: number): number {
  return 3 * bytes;
}

/** What a JSON body takes with all that is read of it: three bytes can become an object. */
export function memoryOfJson(body: Uint8Array): number {
  return memoryOf(body.length) + valueBytes * valuesIn(body);
}

/** What of requests or answers takes memory, and what is said where there is none. */
interface Kind {
  readonly what: string;
  readonly ofCaller: 'tooManyBodies' | 'callerBusy';
}

/** What one body or answer has of a memory. */
export class HeldMemory {
  #release: (() => void) | undefined;

  constructor(
    private readonly memory: BodyMemory,
    private readonly caller: string,
  ) {}

  /** Has so many bytes from now on, in place of those that it had. @throws ODataError 429, 503: it has none then */
  hold(bytes: number): void {
    this.release();
    this.#release = this.memory.take(bytes, this.caller);
  }

  /** Gives all of it back; once, however often it is called. */
  release(): void {
    this.#release?.();
    this.#release = undefined;
  }
}

/** The memory that bodies of requests may take at one time while they arrive and are worked on, or that of answers. */
export class BodyMemory {
  #held = 0;
  readonly #byCaller = new Map<string, number>();

  /** @param bytes of all of them together */
  constructor(
    private readonly bytes: number,
    private readonly kind: Kind = { what: 'large bodies', ofCaller: 'tooManyBodies' },
  ) {}

  /** Bytes that are taken now. */
  get held(): number {
    return this.#held;
  }

  /**
   * Takes memory; gives what returns it. Who has none may take any: it is bounded otherwise.
   * @param caller whose body it is: any text that tells callers apart
   * @throws ODataError 429 where the caller holds too much already, 503 where all of them do
   */
  take(size: number, caller: string): () => void {
    const held = this.#byCaller.get(caller) ?? 0;
    const own = held + size;
    const headers = { 'retry-after': '1' };
    const { what, ofCaller } = this.kind;
    if (own > this.bytes * share && held > 0)
      throw new ODataError(ofCaller, `The caller has too many ${what} under way.`, { headers });
    if (this.#held + size > this.bytes && this.#held > 0)
      throw new ODataError('tooBusy', `Too many ${what} are under way; try again later.`, { headers });
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
