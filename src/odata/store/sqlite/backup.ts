import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { BackupError, FileAccessError } from '../file-errors.js';
import { StoreSetupError } from '../store-setup-error.js';
import { checkIsNoOthers, isMarked } from './migrations.js';
import { makeFile, makePrivate } from './private-file.js';

/** Pages that are copied between two looks at how far it has come. */
const pagesAtOnce = 2000;
/** What the log of changes of a backup says of itself, until somebody serves it: no link leads into it. */
const ofBackup = 'backup';

/** How far a copy has come, of 1. */
export type OnProgress = (share: number) => void;

/** What an error of SQLite is about, https://www.sqlite.org/rescode.html: the lower byte of its code. */
const codes = { busy: 5, locked: 6, ioError: 10, cannotOpen: 14 } as const;

function codeOf(error: unknown): number {
  return Number((error as { errcode?: number }).errcode) & 0xff;
}

/**
 * Looks through a database file.
 * @returns what is wrong with it, as the end of a sentence; undefined where it is a whole one of this service
 * @throws FileAccessError where it cannot be read
 */
function faultOf(path: string): string | undefined {
  if (statSync(path).isDirectory()) throw new FileAccessError(`${path} is a folder.`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    if (!isMarked(database)) return 'is no database of this service.';
    const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    return found === 'ok' ? undefined : `is damaged: ${found.replaceAll('\n', ' ')}`;
  } catch (cause) {
    const { message } = cause as Error;
    if (codeOf(cause) === codes.ioError || codeOf(cause) === codes.cannotOpen)
      throw new FileAccessError(`${path} cannot be read: ${message}`, { cause });
    return `is no database: ${message}`;
  } finally {
    database?.close();
  }
}

/** @throws StoreSetupError where a file is no database of this service */
function checkIsOurs(path: string): void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 30_000 });
    if (!isMarked(database)) throw new StoreSetupError(`${path} is no database of this service.`);
  } catch (cause) {
    if (cause instanceof StoreSetupError) throw cause;
    throw new StoreSetupError(`${path} cannot be opened as a database: ${(cause as Error).message}`, { cause });
  } finally {
    database?.close();
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
    // A transaction that reads holds the moment: without one every commit of others would begin the copy anew.
    source.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
    const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }): void =>
      onProgress(totalPages === 0 ? 1 : 1 - remainingPages / totalPages);
    await backup(source, to, { rate: pagesAtOnce, progress });
  } finally {
    source.close();
  }
}

/** What is done with a copy before it has its name. */
type Ready = (draft: string) => void;

/**
 * Puts a marked copy of a database file in a place, where it appears when it is whole.
 * @param make makes an empty file to copy into
 * @throws FileAccessError where it cannot be copied
 */
async function place(
  [from, to]: readonly [string, string],
  { make, ready, onProgress }: { readonly make: Ready; readonly ready: Ready; readonly onProgress: OnProgress },
): Promise<void> {
  const draft = `${to}.part`;
  try {
    if (existsSync(draft)) rmSync(draft);
    make(draft);
    await copy(from, draft, onProgress);
    markAsBackup(draft);
    ready(draft);
    renameSync(draft, to);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'ERR_SQLITE_ERROR') throw cause;
    throw new FileAccessError(`${from} cannot be copied to ${to}: ${message}`, { cause });
  } finally {
    if (existsSync(draft)) rmSync(draft);
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
 * @throws StoreSetupError where the file is not there, none of this service, or damaged
 * @throws FileAccessError where the other one is there, or cannot be written
 * @throws Error of the system, with `syscall` and `path`, where the other one cannot be made
 */
export async function backUpFile(path: string, target: string, onProgress: OnProgress): Promise<void> {
  if (!existsSync(path)) throw new StoreSetupError(`${path} is not there.`);
  if (existsSync(target)) throw new FileAccessError(`${target} is there already.`);
  checkIsOurs(path);
  const ready = (draft: string): void => {
    makeOneFile(draft);
    const fault = faultOf(draft);
    if (fault !== undefined) throw new StoreSetupError(`${path} ${fault}`);
  };
  await place([path, target], { make: makePrivate, ready, onProgress });
}

/** Moves a database aside that nobody has open. @throws StoreSetupError where somebody has, or it is none of this service */
function moveAside(path: string, aside: string): void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    checkIsNoOthers(database, path);
    // Whoever has the file open keeps it from being locked; and the last one folds the log into it.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA journal_mode = DELETE');
  } catch (cause) {
    if (cause instanceof StoreSetupError) throw cause;
    const isInUse = codeOf(cause) === codes.busy || codeOf(cause) === codes.locked;
    const why = isInUse
      ? 'is in use: stop the service first.'
      : `cannot be opened as a database: ${(cause as Error).message}. Move it, and what is beside it, away first.`;
    throw new StoreSetupError(`${path} ${why}`, { cause });
  } finally {
    database?.close();
  }
  renameSync(path, aside);
}

/**
 * Puts a backup in the place of a database file; folders that it is in are made.
 * @param aside where what is there goes
 * @throws BackupError where the backup is none
 * @throws FileAccessError where the backup is not there, or cannot be read or copied
 * @throws StoreSetupError where the database is in use, none of this service, or cannot be made
 */
export async function restoreFile(source: string, path: string, aside: string, onProgress: OnProgress): Promise<void> {
  if (!existsSync(source)) throw new FileAccessError(`${source} is not there.`);
  const fault = faultOf(source);
  if (fault !== undefined) throw new BackupError(`${source} ${fault}`);
  const make = (draft: string): void => makeFile(path, draft);
  const ready = (): void => {
    if (existsSync(path)) moveAside(path, aside);
  };
  await place([source, path], { make, ready, onProgress });
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
