import { readDatabaseUrl } from '../../src/odata/store/postgres/connection-target.js';
import type { AggregateSet, AggregateStore } from '../../src/odata/store/aggregate-store.js';
import type { ChangeLogMode } from '../../src/odata/store/change-log.js';
import type { MediaPlace } from '../../src/odata/store/media-store.js';
import { PostgresStore } from '../../src/odata/store/postgres/postgres-store.js';
import { SqliteStore } from '../../src/odata/store/sqlite/sqlite-store.js';

/** Bounds of the store of a test, in milliseconds. */
export const testLimits = {
  connections: 5,
  connectTimeout: 2000,
  statementTimeout: 10_000,
  transactionTimeout: 10_000,
};

/** Opens a store on what `DATABASE_URL` would say. */
export function openTestStore(
  url: string,
  sets: readonly AggregateSet[],
  {
    changeLog = 'full',
    migrate = true,
    mediaPlace,
  }: {
    readonly changeLog?: ChangeLogMode;
    readonly migrate?: boolean;
    readonly mediaPlace?: MediaPlace | undefined;
  } = {},
): Promise<AggregateStore> {
  return url.startsWith('postgres:')
    ? PostgresStore.open({ target: readDatabaseUrl(url), sets, migrate, changeLog, mediaPlace, ...testLimits })
    : // Nobody is in the way of one reader here, and each is a thread that has to start.
      SqliteStore.open({ path: url, sets, readers: 1, migrate, changeLog, mediaPlace });
}
