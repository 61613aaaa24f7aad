import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Model } from '../protocol/edm/model.js';
import { ODataError } from '../protocol/odata-error.js';
import { type AggregateStore, type RestoreOutcome, StoreUnavailableError } from '../store/aggregate-store.js';
import { naming } from '../store/file-errors.js';
import { ArchiveContents } from './archive-contents.js';
import { readArchiveLine } from './archive-line.js';
import type { Progress } from './progress.js';

/** Lines that are restored at one time. */
const batchSize = 200;

/** What became of the lines of an archive. */
export interface ImportResult {
  readonly restored: number;
  /** Were there already, in the same version. */
  readonly present: number;
  readonly refused: number;
  /** Lines that are done with. Less than the file has where the import was stopped. */
  readonly lines: number;
}

/** What an import is told. */
export interface ImportOptions {
  /** Lines at the beginning that an earlier import has done. */
  readonly skip: number;
  /** Stops it after the batch that is underway. */
  readonly signal: AbortSignal;
  /** Called for every line that is refused. */
  readonly onRefused: (line: number, reason: string) => void;
}

const different = 'the store has another version of it, or one of another owner';

function reasonOf(error: unknown): string {
  if (error instanceof StoreUnavailableError) throw error;
  if (error instanceof ODataError && error.details.length > 1) {
    return error.details.map(({ message }) => message).join(' ');
  }
  return (error as Error).message;
}

/** Restores the lines of archives; counts what became of them. */
class Importer {
  #counts = { restored: 0, present: 0, refused: 0, lines: 0 };

  constructor(
    private readonly store: AggregateStore,
    private readonly model: Model,
    private readonly contents: ArchiveContents,
    private readonly onRefused: ImportOptions['onRefused'],
  ) {}

  get result(): ImportResult {
    return this.#counts;
  }

  skip(): void {
    this.#counts.lines += 1;
  }

  async batch(lines: readonly string[]): Promise<void> {
    const first = this.#counts.lines + 1;
    const outcomes = await Promise.all(lines.map((line) => this.#line(line)));
    for (const [index, { outcome, reason }] of outcomes.entries()) {
      if (outcome === 'restored' || outcome === 'present') this.#counts[outcome] += 1;
      else {
        this.#counts.refused += 1;
        this.onRefused(first + index, reason);
      }
    }
    this.#counts.lines += lines.length;
  }

  async #line(text: string): Promise<{ outcome: RestoreOutcome | 'refused'; reason: string }> {
    try {
      const { set, aggregate, streams } = readArchiveLine(text, this.model);
      for (const stream of streams) await this.contents.restore(stream, aggregate.tenant);
      return { outcome: await this.store.restore(set, aggregate), reason: different };
    } catch (error) {
      return { outcome: 'refused', reason: reasonOf(error) };
    }
  }
}

/**
 * Restores the aggregates of a file. Doing it again changes nothing: what is there is passed over, what differs is refused.
 * @throws StoreUnavailableError where the store stops answering; the lines before are done
 * @throws Error of the system, with `syscall` and `path`, where the file cannot be opened
 * @throws FileAccessError where it cannot be read
 */
export async function importArchive(
  { store, model }: { readonly store: AggregateStore; readonly model: Model },
  path: string,
  { skip, signal, onRefused, progress }: ImportOptions & { readonly progress: Progress },
): Promise<ImportResult> {
  const importer = new Importer(store, model, new ArchiveContents(store, path), onRefused);
  // Opened first: a stream that cannot be would end the process.
  const file = await open(path);
  try {
    await naming(path, () => importLines(importer, file, { skip, signal, progress }));
    return importer.result;
  } finally {
    await file.close();
  }
}

async function importLines(
  importer: Importer,
  file: FileHandle,
  { skip, signal, progress }: Pick<ImportOptions, 'skip' | 'signal'> & { readonly progress: Progress },
): Promise<void> {
  // What a pipe has nobody knows.
  const size = (await file.stat()).size || Infinity;
  const input = file.createReadStream({ autoClose: false });
  let batch: string[] = [];
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (importer.result.lines < skip) {
      importer.skip();
      continue;
    }
    batch.push(line);
    if (batch.length < batchSize) continue;
    await importer.batch(batch);
    batch = [];
    progress.report(importer.result.lines, 'lines imported', input.bytesRead / size);
    if (signal.aborted) return;
  }
  await importer.batch(batch);
}
