import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from './postgres-server.ts';

declare global {
  // The set-up of jest hands it to the tear-down.
  var testServer: PostgresServer | undefined;
}

/** Starts the PostgreSQL of the tests, unless `DATABASE_URL` names one; the tests find it in `TEST_POSTGRES`. */
export default async function startPostgres(): Promise<void> {
  process.env.TEST_STATEMENTS = mkdtempSync(join(tmpdir(), 'statements-'));
  const given = process.env.DATABASE_URL;
  if (given?.startsWith('postgres') === true) {
    process.env.TEST_POSTGRES = given;
    return;
  }
  // What is lost with the machine is lost.
  globalThis.testServer = await PostgresServer.start(['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']);
  process.env.TEST_POSTGRES = globalThis.testServer.url;
}
