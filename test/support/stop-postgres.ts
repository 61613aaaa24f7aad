import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkPortable } from './portable-sql.ts';

/** Every statement that the tests had the service send. */
function sentStatements(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string),
  );
}

/** Stops the PostgreSQL that was started for the tests, and looks at all that the service asked of it. */
export default async function stopPostgres(): Promise<void> {
  await globalThis.testServer?.discard();
  const folder = process.env.TEST_STATEMENTS ?? '';
  const statements = sentStatements(folder);
  rmSync(folder, { recursive: true });
  await checkPortable(statements);
}
