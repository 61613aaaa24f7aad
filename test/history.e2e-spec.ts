import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tmpdir } from 'node:os';
import { forgetOldChanges } from '../src/odata/operations/change-retention.js';
import { profilesModel } from '../src/profiles/profiles.model.js';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import type { AggregateStore } from '../src/odata/store/aggregate-store.js';
import { connections } from './support/bound-reads.js';
import { type TestDatabase, testDatabase } from './support/databases.js';
import { openTestStore } from './support/open-store.js';
import { buildService, Process } from './support/process.js';
import { ann, daemon } from './support/tokens.js';
import { TestApp } from './support/test-app.js';

const set = aggregateSet(profilesModel.entitySets.get(connections)!);
const day = 86_400_000;

describe('the history of changes', () => {
  let database: TestDatabase;
  let app: TestApp;
  beforeAll(async () => {
    buildService();
    database = await testDatabase();
    app = await TestApp.start({ DATABASE_URL: database.url });
    await app.post(
      `/${connections}`,
      { id: 'c1', relevanceScore: 1 },
      { as: daemon, headers: { 'x-owner-id': ann.oid } },
    );
    await app.patch(`/${connections}/c1/profile`, { firstName: 'Ann' });
    await app.patch(`/${connections}/c1/profile`, { firstName: 'Anna', locale: { language: 'en' } });
    await app.request('PUT', `/${connections}/c1/profile/headline`, { body: { value: 'x' } });
    await app.delete(`/${connections}/c1`);
    await app.post(`/${connections}`, { id: 'c2' });
  });
  afterAll(async () => {
    await app.stop();
    await database.discard();
  });
  const history = async (...parameters: string[]) => {
    const command = Process.run(['commands/history.js', ...parameters], { DATABASE_URL: database.url }, tmpdir());
    return { code: await command.exit, lines: command.output.split('\n').slice(0, -1), errors: command.errors };
  };

  it('is printed for an operator: who changed which properties when, a line each', async () => {
    const { code, lines, errors } = await history('--tenant', 'contoso', '--id', 'c1');
    expect([code, errors]).toEqual([0, '']);
    const changes = lines.map((line) => JSON.parse(line));
    expect(changes.map(({ actor, kind, properties }: any) => [actor, kind, properties])).toEqual([
      ['daemon', 'created', ['relevanceScore']],
      ['ann', 'updated', ['profile']],
      ['ann', 'updated', ['profile/firstName', 'profile/locale']],
      ['ann', 'updated', ['profile/headline']],
      ['ann', 'deleted', []],
    ]);
    for (const change of changes) {
      expect(change).toMatchObject({ set: connections, tenant: 'contoso', id: 'c1', owner: 'ann' });
      expect(Math.abs(Date.parse(change.at) - Date.now())).toBeLessThan(600_000);
    }
  });

  it('is narrowed, and says what it does not understand', async () => {
    expect((await history()).lines).toHaveLength(6);
    expect((await history('--tenant', 'fabrikam')).lines).toEqual([]);
    expect((await history('--since', new Date(Date.now() + day).toISOString())).lines).toEqual([]);
    expect((await history('--since', '2026-01-01', '--set', connections)).lines).toHaveLength(6);
    for (const wrong of [['--since', 'yesterday'], ['--nope'], ['--set', 'nope']]) {
      expect((await history(...wrong)).code).toBe(64);
    }
  });

  it('is kept as long as it is told to, and a day longer', async () => {
    const other = await testDatabase();
    const store: AggregateStore = await openTestStore(other.url, [set]);
    const retained = { store, sets: [connections], retention: 30 };
    for (let n = 0; n < 1100; n += 100) {
      const some = Array.from({ length: 100 }, (_, at) => `id${n + at}`);
      await Promise.all(some.map((id) => store.insert({ set, tenant: 't', owner: 'o', id, document: {} })));
    }
    expect(await forgetOldChanges(retained, Date.now() + 30.9 * day)).toBe(0);
    // More than one step takes; two at one time share the work.
    const forgotten = await Promise.all([1, 2].map(() => forgetOldChanges(retained, Date.now() + 31.1 * day)));
    expect(forgotten.reduce((sum, count) => sum + count)).toBe(1100);
    expect(await store.history(connections, { limit: 1 })).toEqual([]);
    await store.close();
    await other.discard();
  });
});
