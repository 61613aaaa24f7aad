import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What a request of the service to itself is made of. */
export interface InsideMessage {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly remoteAddress: string;
}

/** A request that came over no connection: all of it is there. */
export class InsideRequest extends IncomingMessage {
  constructor({ method, url, headers, body, remoteAddress }: InsideMessage) {
    // Of a socket it has what tells who asks, and what says that nothing more comes.
    super({ remoteAddress, readable: false, destroyed: true } as Socket);
    this.method = method;
    this.url = url;
    [this.httpVersion, this.httpVersionMajor, this.httpVersionMinor] = ['1.1', 1, 1];
    const fields = { ...headers };
    if (body !== undefined) {
      fields['content-length'] = String(body.length);
      if (body.length > 0) this.push(body);
    }
    this.headers = fields;
    this.rawHeaders.push(...Object.entries(fields).flat());
    this.push(null);
    this.complete = true;
  }
}

/** What a handler may write: text in an encoding, or bytes. */
type Chunk = string | Uint8Array | null | undefined;

/** An answer that goes over no connection: it is gathered. */
export class InsideResponse extends ServerResponse {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  /** Resolves with the body once all of it was written. */
  readonly whole: Promise<Buffer>;
  #settle!: { readonly done: (body: Buffer) => void; readonly failed: (error: Error) => void };

  /** @param onGathered is told how large it has become; what it throws ends it */
  constructor(
    request: InsideRequest,
    private readonly onGathered?: (bytes: number) => void,
  ) {
    super(request);
    this.sendDate = false;
    this.whole = new Promise((done, failed) => {
      this.#settle = { done, failed };
    });
  }

  override writeHead(status: number, ...rest: readonly unknown[]): this {
    const headers = rest.at(-1) as OutgoingHttpHeaders | undefined;
    // Node would not keep those that it can write at once.
    for (const [name, value] of Object.entries(headers ?? {})) {
      if (value !== undefined) this.setHeader(name, value);
    }
    return super.writeHead(status);
  }

  override write(chunk: Chunk, ...rest: readonly unknown[]): true {
    this.#take(chunk, rest[0]);
    const written = rest.at(-1);
    if (typeof written === 'function') process.nextTick(written);
    return true;
  }

  override end(...given: readonly unknown[]): this {
    if (this.writableEnded) return this;
    if (typeof given[0] !== 'function') this.#take(given[0] as Chunk, given[1]);
    if (!this.headersSent) this.writeHead(this.statusCode);
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- what Node has `writableEnded` from
    this.finished = true;
    const [chunk] = this.#chunks;
    this.#settle.done(this.#chunks.length === 1 && chunk !== undefined ? chunk : Buffer.concat(this.#chunks));
    process.nextTick(() => {
      this.emit('finish');
      this.emit('close');
    });
    return this;
  }

  override destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#settle.failed(error ?? new Error('the answer was not written to its end'));
    if (!this.writableEnded) process.nextTick(() => this.emit('close'));
    return this;
  }

  #take(chunk: Chunk, encoding: unknown): void {
    if (chunk === null || chunk === undefined || chunk.length === 0) return;
    if (this.destroyed) return;
    if (!this.headersSent) this.writeHead(this.statusCode);
    const bytes =
      typeof chunk !== 'string'
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
    this.#bytes += bytes.length;
    try {
      this.onGathered?.(this.#bytes);
      this.#chunks.push(bytes);
    } catch (error) {
      this.#chunks.length = 0;
      this.destroy(error as Error);
    }
  }
}
