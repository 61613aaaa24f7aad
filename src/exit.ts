import { EnvironmentError } from './config/read-environment.js';
import { ArchiveLineError, StoreSetupError, StoreUnavailableError } from './odata/index.js';

/** Exit codes of sysexits.h; any other failure is 1. */
export const exitCodes = { usage: 64, data: 65, noInput: 66, unavailable: 69, store: 74, configuration: 78 } as const;

/** What a command was given is not what it takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The exit code of what ended a process, and what to print of it: a message where it explains itself. */
export function explain(error: unknown): { readonly code: number; readonly text: string } {
  const { message, stack, cause } = error as Error;
  if (error instanceof EnvironmentError) return { code: exitCodes.configuration, text: message };
  if (error instanceof StoreSetupError) return { code: exitCodes.store, text: message };
  if (error instanceof UsageError) return { code: exitCodes.usage, text: message };
  if (error instanceof ArchiveLineError) return { code: exitCodes.data, text: message };
  // A file that is not there, or that this user may not read.
  if ('syscall' in (error as object) && 'path' in (error as object)) return { code: exitCodes.noInput, text: message };
  if (error instanceof StoreUnavailableError) {
    const reason =
      cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
    return { code: exitCodes.unavailable, text: `The database cannot be reached: ${reason}` };
  }
  return { code: 1, text: stack ?? message };
}
