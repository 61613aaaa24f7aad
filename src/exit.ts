import { isIPv6 } from 'node:net';
import { EnvironmentError } from './config/read-environment.js';
import {
  ArchiveLineError,
  BackupError,
  FileAccessError,
  StoreSetupError,
  StoreUnavailableError,
} from './odata/tools.js';

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

/** Calls of the system that fail where an address cannot be served on. */
const addressCalls: ReadonlySet<string | undefined> = new Set(['listen', 'bind', 'getaddrinfo']);

/** Why an address cannot be served on, by the code of the system. */
const addressFaults: Readonly<Record<string, (portVariable: string) => string>> = {
  EADDRINUSE: (port) => `another process serves there; ${port} may name another one, 0 any that is free`,
  EADDRNOTAVAIL: () => 'this machine has no such address; HOST names it',
  ENOTFOUND: () => 'there is no address of that name; HOST names it',
  EAI_AGAIN: () => 'the address of that name cannot be looked up now; HOST names it',
  EACCES: (port) => `this user may not serve on that port; ${port} may name one from 1024`,
};

/** The service cannot listen where it is to; says which variable names that. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

/**
 * Begins to listen.
 * @param portVariable the variable that names the port
 * @throws AddressError where the system has no such address, or does not give it
 */
export async function listenAt<T>(
  { host, port, portVariable }: { readonly host: string; readonly port: number; readonly portVariable: string },
  listen: (port: number, host: string) => Promise<T>,
): Promise<T> {
  try {
    return await listen(port, host);
  } catch (cause) {
    const { syscall, code = '' } = cause as NodeJS.ErrnoException;
    if (!addressCalls.has(syscall)) throw cause;
    const address = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
    const why = addressFaults[code]?.(portVariable) ?? `${code}; HOST and ${portVariable} name it`;
    throw new AddressError(`Cannot serve on ${address}: ${why}.`, { cause });
  }
}

/** The exit code of what ended a process, and what to print of it: a message where it explains itself. */
export function explain(error: unknown): { readonly code: number; readonly text: string } {
  const { message, stack, cause } = error as Error;
  if (error instanceof EnvironmentError) return { code: exitCodes.configuration, text: message };
  if (error instanceof StoreSetupError) return { code: exitCodes.store, text: message };
  if (error instanceof UsageError) return { code: exitCodes.usage, text: message };
  if (error instanceof ArchiveLineError || error instanceof BackupError) return { code: exitCodes.data, text: message };
  if (error instanceof FileAccessError) return { code: exitCodes.noInput, text: message };
  if (error instanceof AddressError) return { code: exitCodes.address, text: message };
  // A file that is not there, or that this user may not read or write.
  if ('syscall' in (error as object) && 'path' in (error as object)) return { code: exitCodes.noInput, text: message };
  if (error instanceof StoreUnavailableError) {
    const reason =
      cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
    return { code: exitCodes.unavailable, text: `The database cannot be reached: ${reason}` };
  }
  return { code: 1, text: stack ?? message };
}
