import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

/** The stores that there are; jest runs every test of the application on each. */
export type StoreName = 'sqlite' | 'postgres';

declare global {
  /** The one that this run is about. */
  var testStore: StoreName;
}

/** A database that is there for one test. */
export interface TestDatabase {
  /** What `DATABASE_URL` says. */
  readonly url: string;
  discard(): Promise<void>;
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: process.env.TEST_POSTGRES });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** A new PostgreSQL database on the server of the tests. */
export async function postgresDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(`CREATE DATABASE ${name}`);
  const url = new URL(process.env.TEST_POSTGRES ?? '');
  url.pathname = name;
  return {
    url: url.href,
    discard: () => administer(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

/** The path of a new SQLite file. */
export function sqliteDatabase(): TestDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'profiles-'));
  return {
    url: join(folder, 'deep', 'profiles.sqlite'),
    discard: () => {
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    },
  };
}

/** A new database of the store that this run is about. */
export function testDatabase(): Promise<TestDatabase> {
  return globalThis.testStore === 'postgres' ? postgresDatabase() : Promise.resolve(sqliteDatabase());
}
