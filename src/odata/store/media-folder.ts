import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { MediaPlace } from './media-store.js';

/** Contents as files of a folder, which every process on the database must see. */
export class MediaFolder implements MediaPlace {
  /** @param folder is made where there is none */
  constructor(private readonly folder: string) {}

  /** No folder has too many. */
  #file(content: string): string {
    return join(this.folder, content.slice(0, 2), content);
  }

  async write(content: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const file = this.#file(content);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await pipeline(bytes, createWriteStream(file, { flush: true, mode: 0o600 }));
    // The name must survive a power cut too.
    const folder = await open(dirname(file));
    await folder.sync().finally(() => folder.close());
  }

  async *read(content: string, from: number, end: number): AsyncGenerator<Uint8Array, void> {
    if (from < end)
      yield* createReadStream(this.#file(content), { start: from, end: end - 1 }) as AsyncIterable<Buffer>;
  }

  async remove(content: string): Promise<void> {
    await rm(this.#file(content), { force: true });
  }
}
