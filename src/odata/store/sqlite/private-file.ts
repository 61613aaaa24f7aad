import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreSetupError } from '../store-setup-error.js';

/** Read and written by its owner only. */
const mode = 0o600;

/** Makes the file of a database where there is none, so that its log and index, which have its mode, are private too. */
export function makePrivate(path: string): void {
  closeSync(openSync(path, 'a', mode));
}

/**
 * Makes the file of a database where there is none, and the folders that it is in.
 * @param file another name than its own, for as long as it is not whole
 * @throws StoreSetupError where that cannot be
 */
export function makeFile(path: string, file = path): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    makePrivate(file);
  } catch (cause) {
    throw new StoreSetupError(`${path} cannot be made: ${(cause as Error).message}`, { cause });
  }
}

/** Takes from others what an earlier release, or a hand, has given them; a file of another user is left as it is. */
export function keepPrivate(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, mode);
    } catch (error) {
      if (!['ENOENT', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}
