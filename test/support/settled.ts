import { setTimeout as sleep } from 'node:timers/promises';
import type { AggregateStore } from '../../src/odata/store/aggregate-store.js';

/**
 * Waits until every change that is logged is settled: on PostgreSQL the transactions of other tests, in other databases of
 * its server, may be older.
 */
export async function settled(store: AggregateStore, set: string): Promise<void> {
  const changes = await store.history(set, { limit: 100_000 });
  for (;;) {
    const end = await store.endOfChanges(set);
    if (end === undefined) return;
    const isBefore = ({ transaction, sequence }: (typeof changes)[number]): boolean =>
      transaction < end.transaction || (transaction === end.transaction && sequence <= end.sequence);
    if (changes.every(isBefore)) return;
    await sleep(5);
  }
}
