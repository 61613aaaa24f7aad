import { randomBytes } from 'node:crypto';

/** Under this name the schema notes the version of the tables that are of no entity set. */
export const serviceSchema = '$service';

/** Name of the one table of what only the processes on a database know. */
export const secretTable = 'service_secret';

/**
 * The table of the secret, and a new one in it.
 * @param text type of a text
 */
export function createSecret(text: string, suffix: string): string {
  return `
    CREATE TABLE ${secretTable} (secret ${text} NOT NULL)${suffix};
    INSERT INTO ${secretTable} (secret) VALUES ('${randomBytes(32).toString('hex')}');`;
}
