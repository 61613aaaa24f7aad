import { EnvironmentError } from './config/read-environment.js';
import { ArchiveLineError, StoreSetupError, StoreUnavailableError } from './odata/tools.js';

/** Exit codes of sysexits.h; any other failure is 1. */
export const exitCodes = {
  usage: 64,
  data: 65,
  noInput: 66,
  unavailable: 69,
  address: 71,
  store: 74,
  configuration: 78,
} as const;

/** What a command was given is not what it takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Why an address cannot be served on, by the code of the system. */
const addressFaults: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process serves there; PORT or METRICS_PORT may name another one, 0 any that is free',
  EADDRNOTAVAIL: 'this machine has no such address; HOST names it',
  EACCES: 'this user may not serve on that port; PORT may name one from 1024',
};

/** What to print where a server could not listen; undefined for any other failure. */
function addressFault(error: unknown): string | undefined {
  const { syscall, code = '', address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (syscall !== 'listen' && syscall !== 'bind') return undefined;
  return `Cannot serve on ${address}:${port}: ${addressFaults[code] ?? code}.`;
}

/** The exit code of what ended a process, and what to print of it: a message where it explains itself. */
export function explain(error: unknown): { readonly code: number; readonly text: string } {
  const { message, stack, cause } = error as Error;
  if (error instanceof EnvironmentError) return { code: exitCodes.configuration, text: message };
  if (error instanceof StoreSetupError) return { code: exitCodes.store, text: message };
  if (error instanceof UsageError) return { code: exitCodes.usage, text: message };
  if (error instanceof ArchiveLineError) return { code: exitCodes.data, text: message };
  const address = addressFault(error);
  if (address !== undefined) return { code: exitCodes.address, text: address };
  // A file that is not there, or that this user may not read.
  if ('syscall' in (error as object) && 'path' in (error as object)) return { code: exitCodes.noInput, text: message };
  if (error instanceof StoreUnavailableError) {
    const reason =
      cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
    return { code: exitCodes.unavailable, text: `The database cannot be reached: ${reason}` };
  }
  return { code: 1, text: stack ?? message };
}
