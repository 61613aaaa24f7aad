import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { StoreSetupError } from '../store-setup-error.js';
import { applicationId } from './migrations.js';
import { makePrivate } from './private-file.js';

/** Pages that are copied between two looks at how far it has come. */
const pagesAtOnce = 2000;
/** What the log of changes of a backup says of itself, until somebody serves it: no link leads into it. */
const ofBackup = 'backup';

/** How far a copy has come, of 1. */
export type OnProgress = (share: number) => void;

/** @throws StoreSetupError where a file is none of this service, or is damaged */
function checkIsOurs(database: DatabaseSync, path: string): void {
  const { application_id: mark } = database.prepare('PRAGMA application_id').get() as { application_id: number };
  if (mark !== applicationId) throw new StoreSetupError(`${path} is no database of this service.`);
}

function checkIsWhole(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    checkIsOurs(database, path);
    const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (found !== 'ok') throw new StoreSetupError(`${path} is damaged: ${found}`);
  } catch (cause) {
    if (cause instanceof StoreSetupError) throw cause;
    throw new StoreSetupError(`${path} is no database: ${(cause as Error).message}`, { cause });
  } finally {
    database.close();
  }
}

function hasLog(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'change_log'").get() !== undefined;
}

function markAsBackup(path: string): void {
  const database = new DatabaseSync(path);
  try {
    if (hasLog(database)) database.prepare('UPDATE change_log SET epoch = ?').run(ofBackup);
  } finally {
    database.close();
  }
}

/** Copies what is committed at one moment, while others read and write. */
async function copy(from: string, to: string, onProgress: OnProgress): Promise<void> {
  const source = new DatabaseSync(from, { timeout: 30_000 });
  try {
    checkIsOurs(source, from);
    // A transaction that reads holds the moment: without one every commit of others would begin the copy anew.
    source.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
    const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }): void =>
      onProgress(totalPages === 0 ? 1 : 1 - remainingPages / totalPages);
    await backup(source, to, { rate: pagesAtOnce, progress });
  } finally {
    source.close();
  }
}

/**
 * Puts a marked copy of a database file in a place, where it appears when it is whole.
 * @param ready is done with the copy before that
 */
async function place(
  from: string,
  to: string,
  { onProgress, ready }: { readonly onProgress: OnProgress; readonly ready: (draft: string) => void },
): Promise<void> {
  const draft = `${to}.part`;
  rmSync(draft, { force: true });
  try {
    makePrivate(draft);
    await copy(from, draft, onProgress);
    markAsBackup(draft);
    ready(draft);
    renameSync(draft, to);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Makes one file of a database, that every program of SQLite can open. */
function makeOneFile(path: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = DELETE');
  } finally {
    database.close();
  }
}

/**
 * Copies a database file into another one, which appears when it is whole, as of one moment; the service may go on. Links to
 * changes that were given before lead nowhere in it.
 * @throws StoreSetupError where the file is none of this service, or the other one is there
 */
export async function backUpFile(path: string, target: string, onProgress: OnProgress): Promise<void> {
  for (const [file, isWrong, why] of [
    [path, !existsSync(path), 'is not there'],
    [target, existsSync(target), 'is there already'],
  ] as const)
    if (isWrong) throw new StoreSetupError(`${file} ${why}.`);
  const ready = (draft: string): void => {
    makeOneFile(draft);
    checkIsWhole(draft);
  };
  await place(path, target, { onProgress, ready });
}

/** Moves a database aside that nobody has open. @throws StoreSetupError where somebody has */
function moveAside(path: string, aside: string): void {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Whoever has the file open keeps it from being locked; and the last one folds the log into it.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA journal_mode = DELETE');
  } catch (cause) {
    throw new StoreSetupError(`${path} is in use: stop the service first.`, { cause });
  } finally {
    database.close();
  }
  renameSync(path, aside);
}

/**
 * Puts a backup in the place of a database file.
 * @param aside where what is there goes
 * @throws StoreSetupError where the backup is none, or the file is in use
 */
export async function restoreFile(source: string, path: string, aside: string, onProgress: OnProgress): Promise<void> {
  if (!existsSync(source)) throw new StoreSetupError(`${source} is not there.`);
  checkIsWhole(source);
  const ready = (): void => {
    if (existsSync(path)) moveAside(path, aside);
  };
  await place(source, path, { onProgress, ready });
}

/** A backup that begins to serve, however it came to its place, begins a log of changes of its own. */
export function beginAnew(path: string): void {
  const database = new DatabaseSync(path, { timeout: 30_000 });
  try {
    // Whoever only looks is not kept waiting by who writes.
    const isBackup =
      hasLog(database) && database.prepare('SELECT 1 FROM change_log WHERE epoch = ?').get(ofBackup) !== undefined;
    if (isBackup) database.prepare('UPDATE change_log SET epoch = ? WHERE epoch = ?').run(randomUUID(), ofBackup);
  } finally {
    database.close();
  }
}
