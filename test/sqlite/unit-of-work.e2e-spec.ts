import { describe, expect, it } from '@jest/globals';
import { SqliteStore } from '../../src/odata/store/sqlite/sqlite-store.js';
import { testDatabase } from '../support/databases.js';

const set = { name: 'things', key: 'id', contained: [], indexes: [] };

describe('a unit of work in SQLite', () => {
  it('is undone where it takes too long, so that other writes need not wait for it', async () => {
    const database = await testDatabase();
    const store = await SqliteStore.open({ path: database.url, readers: 1, sets: [set], transactionTimeout: 50 });
    const insert = (id: string) => store.insert({ set, tenant: 't', owner: 'o', id, document: {} });
    let written = (): void => undefined;
    const begun = new Promise<void>((resolve) => (written = resolve));
    const other = begun.then(() => insert('b'));
    const unit = store.atomically(async () => {
      await insert('a');
      written();
      await other;
      await insert('c');
    });
    await expect(unit).rejects.toMatchObject({ code: 'storeTimeout' });
    const found = await store.scan(set, undefined, 10);
    expect(found.map(({ id }) => id)).toEqual(['b']);
    await store.close();
    await database.discard();
  });
});
