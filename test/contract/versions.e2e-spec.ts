import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import type { Instance } from '../../src/odata/protocol/query/bound.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import type { AggregateStore, WriteOutcome } from '../../src/odata/store/aggregate-store.js';
import { type TestDatabase, testDatabase } from '../support/databases.js';
import { at } from '../support/held-call.js';
import { openTestStore } from '../support/open-store.js';

const entitySet = profilesModel.entitySets.get('decoratedProfileConnections')!;
const set = aggregateSet(entitySet);
const scope = { tenant: 't', owner: 'o' };
const key = { set, scope, id: 'a' };

describe('versions of a store whose clock was set back', () => {
  let database: TestDatabase;
  let store: AggregateStore;
  beforeAll(async () => {
    database = await testDatabase();
    const before = await openTestStore(database.url, [set]);
    await before.insert({ ...scope, set, id: 'a', document: { n: 0, profile: { id: 'p' } }, inside: [['profile']] });
    await before.close();
    store = await openTestStore(database.url, [set]);
  });
  afterAll(async () => {
    await store.close();
    await database.discard();
  });
  const dayBefore = <T>(work: () => T): T => at(Date.now() - 86_400_000, work);
  const version = async (): Promise<number> => (await store.find(key, []))!.$version;
  const profileVersion = async (): Promise<number> => (await store.findContained(key, [{ name: 'profile' }]))!.$version;
  let value = 0;
  const item: Instance = { kind: 'entity', type: entitySet.type };
  const profile = { at: [{ name: 'profile' }], precondition: {} };

  it.each<[change: string, make: (n: number) => Promise<unknown>, of: () => Promise<number>]>([
    ['a change', (n) => store.merge(key, { patch: { n }, precondition: {} }), version],
    ['a change of what it contains', (n) => store.merge(key, { ...profile, patch: { n } }), version],
    ['a change of what it contains, there', (n) => store.merge(key, { ...profile, patch: { n } }), profileVersion],
    ['a change of several', (n) => store.mergeMembers({ set, scope, item, filters: [] }, { patch: { n } }), version],
    [
      'a change of several entities inside',
      (n) =>
        store.mergeMembers(
          { set, scope, item, filters: [] },
          { patch: { profile: { n } }, inside: [{ path: ['profile'] }] },
        ),
      profileVersion,
    ],
    ['the removal of what it contains', () => store.delete(key, profile), version],
  ])('grow with %s', async (_, make, of) => {
    for (let time = 1; time <= 2; time++) {
      const last = await of();
      // Another value each time: what changes nothing keeps its version.
      const outcome = await dayBefore(() => make(++value));
      if (outcome === 'missing') return;
      expect(await of().catch(() => Infinity)).toBeGreaterThan(last);
      const { entity } = outcome as WriteOutcome & { entity?: { $version: number } };
      if (entity !== undefined) expect(entity.$version).toBeGreaterThan(last);
    }
  });
});
