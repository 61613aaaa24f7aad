/** A file that somebody has named cannot be read or written, or is not there, or is there already; the message names it. */
export class FileAccessError extends Error {
  override readonly name = 'FileAccessError';
}

/** A file is no backup: no database, none of this service, or a damaged one. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/**
 * Works on a file; of what the system says only that it cannot be opened names it by itself.
 * @throws FileAccessError in the place of what names no file
 */
export async function naming<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { syscall, path, message } = cause as NodeJS.ErrnoException;
    if (syscall === undefined || path !== undefined) throw cause;
    throw new FileAccessError(`${file}: ${message}`, { cause });
  }
}
