import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Issuer and audience of tokens in development, where the configuration names none. */
export const localName = 'urn:decorated-profiles:local';

/** Where the secret of development is kept, from where the process was started. */
export const localSecretFile = 'data/development-secret';

const leastLength = 32;

/** @returns undefined where there is none, or none that could be used */
function readSecret(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return text.length >= leastLength ? text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The secret that signs tokens where no key is configured: made once and kept, so that tokens outlive a restart. Where it
 * cannot be kept, it is this process's alone. Processes that start together come to the same one.
 */
export function localSecret(file = localSecretFile): string {
  const kept = readSecret(file);
  if (kept !== undefined) return kept;
  const made = randomBytes(32).toString('base64url');
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, `${made}\n`, { mode: 0o600 });
    try {
      // A name appears with its whole content, and only where there is none.
      linkSync(draft, file);
    } finally {
      rmSync(draft);
    }
    return made;
  } catch {
    return readSecret(file) ?? made;
  }
}
