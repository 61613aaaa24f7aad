import { type FileHandle, open } from 'node:fs/promises';
import type { Model } from '../protocol/edm/model.js';
import { aggregateSet } from '../store/aggregate-set.js';
import type { AggregateStore, StoredAggregate } from '../store/aggregate-store.js';
import { naming } from '../store/file-errors.js';
import { ArchiveContents } from './archive-contents.js';
import { ArchiveLineError, beginsLine, readArchiveLine, streamsInside, writeArchiveLine } from './archive-line.js';
import type { Progress } from './progress.js';

const pageSize = 500;
/** How much of the end of a file is looked at for its last line; no line is longer than what a client can send. */
const longestLine = 64 * 1024 * 1024;

/** Where an export goes on: behind this member of this set. */
interface Position {
  readonly set: string;
  readonly after: Pick<StoredAggregate, 'tenant' | 'id'>;
}

/** As much of a line as tells it from everything else. */
const longestOpening = 1024;

/**
 * Looks for the last whole line of a file, and cuts off what was written of another one behind it.
 * @returns undefined where nothing is written yet, or not a whole line
 * @throws ArchiveLineError where it is no line of an archive
 */
async function resume(file: FileHandle, model: Model): Promise<Position | undefined> {
  const { size } = await file.stat();
  const length = Math.min(size, longestLine);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
  const end = buffer.lastIndexOf('\n');
  if (size === 0) return undefined;
  if (end < 0) {
    const isBegun = size === length && beginsLine(buffer.toString('utf8', 0, longestOpening), model);
    if (!isBegun)
      throw new ArchiveLineError(
        'The file is there, and is no archive: it has no whole line, and does not begin as one',
      );
    await file.truncate(0);
    return undefined;
  }
  const start = buffer.lastIndexOf('\n', end - 1) + 1;
  try {
    const { set, aggregate } = readArchiveLine(buffer.toString('utf8', start, end), model);
    await file.truncate(size - length + end + 1);
    return { set: set.name, after: aggregate };
  } catch (cause) {
    throw new ArchiveLineError(`The file is there, and is no archive: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Writes every aggregate of a store to a file, a line each, in the order of sets, tenants and ids; the contents of their
 * streams are files in a folder beside it. A file that an export
 * before this one left unfinished is continued. Changes that are made meanwhile may be in it or not.
 * @returns how many were written
 * @throws ArchiveLineError where the file is there, and is no archive
 * @throws Error of the system, with `syscall` and `path`, where it cannot be opened
 * @throws FileAccessError where it cannot be read or written
 */
export async function exportArchive(
  { store, model }: { readonly store: AggregateStore; readonly model: Model },
  path: string,
  progress: Progress,
): Promise<number> {
  const contents = new ArchiveContents(store, path);
  const file = await open(path, 'a+');
  try {
    const position = await naming(path, () => resume(file, model));
    const sets = [...model.entitySets.values(), ...model.singletons.values()];
    const first = position === undefined ? 0 : sets.findIndex(({ name }) => name === position.set);
    let count = 0;
    for (const [index, entitySet] of sets.slice(first).entries()) {
      let after = index === 0 ? position?.after : undefined;
      for (;;) {
        const page = await store.scan(aggregateSet(entitySet), after, pageSize);
        for (const { document } of page)
          for (const stream of streamsInside(entitySet.type, document).values()) await contents.write(stream);
        const lines = page.map((aggregate) => `${writeArchiveLine(entitySet, aggregate)}\n`);
        await naming(path, () => file.appendFile(lines.join('')));
        count += page.length;
        progress.report(count, 'exported');
        after = page.at(-1);
        if (page.length < pageSize) break;
      }
    }
    await naming(path, () => file.sync());
    return count;
  } finally {
    await file.close();
  }
}
