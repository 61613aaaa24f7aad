import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StoredStream } from '../protocol/payload/stored-stream.js';
import type { AggregateStore } from '../store/aggregate-store.js';
import { naming } from '../store/file-errors.js';
import { ArchiveLineError } from './archive-line.js';

/** The contents of the streams of an archive: files in a folder beside it, each under the name of its content. */
export class ArchiveContents {
  readonly #folder: string;

  constructor(
    private readonly store: AggregateStore,
    archive: string,
  ) {
    this.#folder = `${archive}.streams`;
  }

  #file({ content }: StoredStream): string {
    return join(this.#folder, content);
  }

  /** Bytes of the file of a content; undefined where there is none. */
  async #sizeOf(stream: StoredStream): Promise<number | undefined> {
    return stat(this.#file(stream)).then(
      ({ size }) => size,
      () => undefined,
    );
  }

  /** Writes the content of a stream into its file, unless an export before has. */
  async write(stream: StoredStream): Promise<void> {
    if ((await this.#sizeOf(stream)) === stream.length) return;
    await mkdir(this.#folder, { recursive: true });
    const file = this.#file(stream);
    // A file of the name is whole.
    const unfinished = `${file}.part`;
    const bytes = Readable.from(this.store.media.read(stream.content, 0, stream.length), { objectMode: false });
    await naming(file, () => pipeline(bytes, createWriteStream(unfinished, { flush: true })));
    await rename(unfinished, file);
  }

  /** @throws ArchiveLineError where the file is not there, or has another length than the line says */
  async restore(stream: StoredStream, tenant: string): Promise<void> {
    const size = await this.#sizeOf(stream);
    if (size !== stream.length)
      throw new ArchiveLineError(`the content ${stream.content} is not in ${this.#folder}, or not as long as it was`);
    const bytes = bytesIn(this.#file(stream));
    await this.store.media.restore(stream.content, { tenant, bytes, declared: size });
  }
}

/** The bytes of a file, which is opened when they are wanted. */
async function* bytesIn(file: string): AsyncGenerator<Uint8Array, void> {
  yield* createReadStream(file) as AsyncIterable<Uint8Array>;
}
