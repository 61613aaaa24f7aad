import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import type { AggregateStore } from '../../src/odata/store/aggregate-store.js';
import { bindRead, connections, owner } from '../support/bound-reads.js';
import { postgresDatabase, type TestDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';
import { settled } from '../support/settled.js';

const set = aggregateSet(profilesModel.entitySets.get(connections)!);
const read = bindRead(profilesModel, connections);

describe('the log of changes on PostgreSQL', () => {
  let database: TestDatabase;
  let store: AggregateStore;
  let slow: Client;
  beforeAll(async () => {
    database = await postgresDatabase();
    store = await openTestStore(database.url, [set]);
    slow = new Client({ connectionString: database.url });
    await slow.connect();
  });
  afterAll(async () => {
    await slow.end();
    await store.close();
    await database.discard();
  });
  const insert = (id: string) => store.insert({ set, ...owner, id, document: {} });
  const end = async () => (await store.endOfChanges(connections))!;
  const changed = async (after: Awaited<ReturnType<typeof end>>) => {
    const result = await store.readChanges(read, owner, after);
    if (result.kind === 'lost') throw new Error('lost');
    return { ids: result.rows.map(({ id }) => id), end: result.end };
  };

  it('misses no change that commits after one with a later number was read', async () => {
    const start = await end();
    await slow.query('BEGIN');
    await slow.query(
      `INSERT INTO "${connections}" (tenant, id, owner, version, created_at, modified_at, document)
      VALUES ('t', 'early', 'o', 1, now(), now(), '{}')`,
    );
    await insert('late');
    const first = await changed(start);
    const between = await end();
    await slow.query('COMMIT');
    await settled(store, connections);
    const second = await changed(first.end);
    expect([...first.ids, ...second.ids].sort()).toEqual(['early', 'late']);
    // A follower that began meanwhile learns of it as well.
    expect((await changed(between)).ids).toContain('early');
  });

  it('logs what is written past the service', async () => {
    await insert('a');
    await settled(store, connections);
    const start = await end();
    await slow.query(
      `UPDATE "${connections}" SET version = version + 1, document = '{"relevanceScore":1}' WHERE id = 'a'`,
    );
    await slow.query(`DELETE FROM "${connections}" WHERE id = 'a'`);
    await settled(store, connections);
    expect((await changed(start)).ids).toEqual(['a']);
    const log = await store.history(connections, { tenant: 't', id: 'a', limit: 10 });
    expect(log.map(({ kind, properties, actor }) => ({ kind, properties, actor }))).toEqual([
      { kind: 'created', properties: [], actor: undefined },
      { kind: 'updated', properties: ['relevanceScore'], actor: undefined },
      { kind: 'deleted', properties: [], actor: undefined },
    ]);
  });

  it('reads the changes by its indexes', async () => {
    const { rows } = await slow.query<{ definition: string }>(
      `SELECT indexdef AS definition FROM pg_indexes WHERE tablename = '${connections}_change'`,
    );
    const all = rows.map(({ definition }) => definition).join('\n');
    for (const columns of [
      'tenant, xid, sequence',
      'tenant, owner, xid, sequence',
      'tenant, id, xid, sequence',
      'at',
    ]) {
      expect(all).toContain(`(${columns})`);
    }
  });
});
