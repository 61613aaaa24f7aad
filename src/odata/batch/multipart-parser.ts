import { ODataError } from '../protocol/odata-error.js';
import { ByteQueue } from './byte-queue.js';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const dash = 0x2d;
const blanks: ReadonlySet<number | undefined> = new Set([0x20, 0x09]);
/** How many blanks may stand behind a boundary. */
const mostPadding = 1024;

/** What RFC 2046 lets a boundary be made of, as far as it can stand in a header. */
const boundaryText = /^[\x20-\x7e]{1,70}$/;

function malformed(message: string): ODataError {
  return new ODataError('malformedBatch', message);
}

/**
 * The boundary that a media type names.
 * @throws ODataError 400 where it names none
 */
export function boundaryOf(parameters: ReadonlyMap<string, string>): string {
  const boundary = parameters.get('boundary') ?? '';
  if (boundaryText.test(boundary) && !boundary.endsWith(' ')) return boundary;
  throw malformed('The Content-Type multipart/mixed needs a boundary of 1 to 70 characters.');
}

/**
 * Splits a multipart body (RFC 2046, 5.1) into its parts, headers and contents still together, chunk by chunk. Preamble
 * and epilogue are passed over; lines may end with a line feed alone.
 */
export class MultipartParser {
  readonly #queue = new ByteQueue();
  readonly #delimiter: Buffer;
  #state: 'preamble' | 'part' | 'epilogue' = 'preamble';
  #searched = 0;

  /** @param limit bytes of one part */
  constructor(
    private readonly boundary: string,
    private readonly limit: number,
  ) {
    this.#delimiter = Buffer.from(`\n--${boundary}`);
    // A delimiter begins a line; so does the body.
    this.#queue.append(Buffer.from('\n'));
  }

  /**
   * Takes a chunk.
   * @returns the parts that end in it
   * @throws ODataError 413 for a part that is too large
   */
  push(chunk: Uint8Array): readonly Buffer[] {
    const parts: Buffer[] = [];
    if (this.#state === 'epilogue') return parts;
    this.#queue.append(chunk);
    for (let found = this.#nextDelimiter(); found !== undefined; found = this.#nextDelimiter()) {
      if (this.#state === 'part') parts.push(this.#partBefore(found.at));
      this.#queue.drop(found.end);
      this.#searched = 0;
      this.#state = found.closes ? 'epilogue' : 'part';
      if (found.closes) return parts;
    }
    this.#bound();
    return parts;
  }

  /** @throws ODataError 400 where the body ends too early */
  end(): void {
    if (this.#state === 'epilogue') return;
    throw malformed(
      this.#state === 'preamble'
        ? `The body has no boundary delimiter '--${this.boundary}'.`
        : `The body ends without its closing delimiter '--${this.boundary}--'.`,
    );
  }

  /** Between the line end of the delimiter before and the one that belongs to the delimiter behind (RFC 2046, 5.1.1). */
  #partBefore(at: number): Buffer {
    const end = at > 0 && this.#queue.at(at - 1) === carriageReturn ? at - 1 : at;
    if (end - 1 > this.limit) throw this.#tooLarge();
    return this.#queue.copy(end).subarray(1);
  }

  /** The next delimiter that has arrived as a whole: where its line begins, and where what belongs to it ends. */
  #nextDelimiter(): { readonly at: number; readonly end: number; readonly closes: boolean } | undefined {
    for (;;) {
      const at = this.#queue.indexOf(this.#delimiter, this.#searched);
      this.#searched = at < 0 ? Math.max(0, this.#queue.length - this.#delimiter.length) : at;
      if (at < 0) return undefined;
      const behind = at + this.#delimiter.length;
      const [first, second] = [this.#queue.at(behind), this.#queue.at(behind + 1)];
      if (first === dash && second === dash) return { at, end: behind + 2, closes: true };
      let end = behind;
      while (blanks.has(this.#queue.at(end)) && end - behind < mostPadding) end += 1;
      if (this.#queue.at(end) === carriageReturn) end += 1;
      // Its line feed stays: the next delimiter may begin with it.
      if (this.#queue.at(end) === lineFeed) return { at, end, closes: false };
      if (end >= this.#queue.length || (first === dash && second === undefined)) return undefined;
      // A longer line begins like the delimiter.
      this.#searched = behind;
    }
  }

  #bound(): void {
    if (this.#state === 'preamble') {
      const kept = Math.min(this.#queue.length, this.#delimiter.length + mostPadding + 2);
      this.#queue.drop(this.#queue.length - kept);
      this.#searched = 0;
      // Beside a part of that size the line ends around it, and a delimiter that has not arrived as a whole.
    } else if (this.#queue.length > this.limit + this.#delimiter.length + mostPadding + 3) {
      throw this.#tooLarge();
    }
  }

  #tooLarge(): ODataError {
    return new ODataError('bodyTooLarge', `A part of the batch has more than ${this.limit} bytes.`);
  }
}
