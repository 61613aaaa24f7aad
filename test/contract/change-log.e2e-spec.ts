import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Client } from 'pg';
import { JsonNumber } from '../../src/odata/protocol/json/json-value.js';
import type { LogPosition } from '../../src/odata/protocol/query/changes.js';
import { profilesModel } from '../../src/profiles/profiles.model.js';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import type { AggregateStore, Scope } from '../../src/odata/store/aggregate-store.js';
import { bindRead, connections } from '../support/bound-reads.js';
import { type TestDatabase, testDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';
import { settled } from '../support/settled.js';

const set = aggregateSet(profilesModel.entitySets.get(connections)!);
const everything = bindRead(profilesModel, connections);
const tenant: Scope = { tenant: 't' };
const scope: Scope = { tenant: 't', owner: 'o', actor: 'ann' };
const key = (id: string, over: Partial<Scope> = {}) => ({ set, scope: { ...scope, ...over }, id });

/** Runs SQL past the store, as an operator may. */
async function execute(url: string, text: string): Promise<void> {
  if (!url.startsWith('postgres:')) {
    const file = new DatabaseSync(url);
    file.exec(text);
    file.close();
    return;
  }
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(text);
  await client.end();
}

describe('the log of changes', () => {
  let database: TestDatabase;
  let store: AggregateStore;
  beforeEach(async () => {
    database = await testDatabase();
    store = await openTestStore(database.url, [set]);
  });
  afterEach(async () => {
    await store.close();
    await database.discard();
  });
  const insert = (id: string, document: object = {}, over: Partial<Scope> = {}) => {
    const by = { tenant: 't', owner: 'o', actor: 'ann', ...over };
    return store.insert({ set, ...by, id, document: document as never, inside: [['profile']] });
  };
  const end = async () => {
    await settled(store, connections);
    return (await store.endOfChanges(connections))!;
  };
  const history = async () =>
    (await store.history(connections, { limit: 100 })).map(({ id, kind, properties, actor }) => ({
      id,
      kind,
      properties,
      actor,
    }));
  const changes = async (after: LogPosition, read = everything, of: Scope = scope) => {
    await settled(store, connections);
    const result = await store.readChanges(read, of, after);
    if (result.kind === 'lost') return result.kind;
    return result.rows.map((row) => (row.kind === 'present' ? row.entity : `${row.id} ${row.reason}`));
  };

  it('has every change with its actor and the properties that it touched, those of the profile by their paths', async () => {
    await insert('a', { relevanceScore: 1, profile: { id: 'p', firstName: 'A', lastName: 'B' } });
    await store.merge(key('a', { actor: 'bob' }), { patch: { relevanceScore: 2 }, precondition: {} });
    const profile = { at: [{ name: 'profile' }], precondition: {}, orCreate: { id: 'q' } };
    await store.merge(key('a'), { ...profile, patch: { firstName: null, lastName: 'C', locale: { language: 'en' } } });
    await store.delete(key('a'), { at: [{ name: 'profile' }], precondition: {} });
    await store.merge(key('a'), { ...profile, patch: { firstName: 'D' } });
    await store.delete(key('a', { actor: 'cy' }), { precondition: {} });
    expect(await history()).toEqual([
      { id: 'a', kind: 'created', properties: ['profile', 'relevanceScore'], actor: 'ann' },
      { id: 'a', kind: 'updated', properties: ['relevanceScore'], actor: 'bob' },
      {
        id: 'a',
        kind: 'updated',
        properties: ['profile/firstName', 'profile/lastName', 'profile/locale'],
        actor: 'ann',
      },
      { id: 'a', kind: 'updated', properties: ['profile'], actor: 'ann' },
      { id: 'a', kind: 'updated', properties: ['profile'], actor: 'ann' },
      { id: 'a', kind: 'deleted', properties: [], actor: 'cy' },
    ]);
  });

  it('tells numbers apart by their last digit', async () => {
    const number = (text: string) => ({ relevanceScore: new JsonNumber(text) }) as never;
    await insert('a', number('0.12345678901234567890'));
    await store.merge(key('a'), { patch: number('0.12345678901234567891'), precondition: {} });
    expect((await history()).map(({ properties }) => properties)).toEqual([['relevanceScore'], ['relevanceScore']]);
  });

  it('has the version that a change gave, who owned the entity, and when it was', async () => {
    const before = Date.now();
    const { $version } = (await insert('a'))!;
    const [change] = await store.history(connections, { limit: 1 });
    expect(change).toMatchObject({ tenant: 't', owner: 'o', version: $version });
    expect(Math.abs(change!.at - before)).toBeLessThan(60_000);
  });

  it('logs nothing of what changed nothing, was refused, or was undone', async () => {
    await insert('a', { relevanceScore: 1 });
    await store.merge(key('a'), { patch: { relevanceScore: 1 }, precondition: {} });
    await store.merge(key('a'), { patch: { relevanceScore: 2 }, precondition: { ifMatch: [1] } });
    await store.delete(key('a', { owner: 'x' }), { precondition: {} });
    await insert('a');
    const undone = store.atomically(async () => {
      await store.delete(key('a'), { precondition: {} });
      await insert('b');
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await history()).toHaveLength(1);
  });

  it('forgets who acted with the transaction, and tells the actors of one transaction apart', async () => {
    await store.atomically(async () => {
      await insert('a', {}, { actor: 'ann' });
      await insert('b', {}, { actor: 'bob' });
    });
    await store.insert({ set, tenant: 't', owner: 'o', id: 'c', document: {} });
    expect((await history()).map(({ actor }) => actor)).toEqual(['ann', 'bob', undefined]);
  });

  it('logs what is taken from an archive as done by the import', async () => {
    const aggregate = {
      tenant: 't',
      owner: 'o',
      id: 'a',
      version: 7,
      createdAt: 1,
      modifiedAt: 2,
      document: { relevanceScore: 1 },
    };
    await store.restore(set, aggregate);
    expect(await history()).toEqual([{ id: 'a', kind: 'created', properties: ['relevanceScore'], actor: 'import' }]);
  });

  it('gives what changed behind a position, each entity once and as it is, in the order of the last changes', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await insert(id, { relevanceScore: 1 });
    const start = await end();
    expect(await changes(start)).toEqual([]);
    await store.merge(key('c'), { patch: { relevanceScore: 2 }, precondition: {} });
    await store.merge(key('a'), { patch: { relevanceScore: 3 }, precondition: {} });
    await store.delete(key('b'), { precondition: {} });
    await store.merge(key('c'), { patch: { relevanceScore: 4 }, precondition: {} });
    await insert('e');
    await store.delete(key('e'), { precondition: {} });
    const found = await changes(start);
    expect(found).toMatchObject([
      { id: 'a', relevanceScore: 3 },
      'b deleted',
      { id: 'c', relevanceScore: 4 },
      'e deleted',
    ]);
    expect(await changes(await end())).toEqual([]);
  });

  it('says that an entity changed so that the query does not give it, and gives it again when it does', async () => {
    const read = bindRead(profilesModel, `${connections}?$filter=relevanceScore gt 1&$select=id`);
    await insert('a', { relevanceScore: 5 });
    const start = await end();
    await store.merge(key('a'), { patch: { relevanceScore: 0 }, precondition: {} });
    expect(await changes(start, read)).toEqual(['a changed']);
    await store.merge(key('a'), { patch: { relevanceScore: 6 }, precondition: {} });
    expect(await changes(start, read)).toMatchObject([{ id: 'a' }]);
    expect((await changes(start, read))[0]).not.toHaveProperty('relevanceScore');
  });

  it('gives a caller nothing of another owner or tenant', async () => {
    const start = await end();
    await insert('a', {}, { owner: 'x' });
    await insert('a', {}, { tenant: 'u' });
    expect(await changes(start)).toEqual([]);
    expect(await changes(start, everything, tenant)).toMatchObject([{ id: 'a' }]);
    expect(await changes(start, everything, { tenant: 'v' })).toEqual([]);
  });

  it('tells the former owner that an entity is deleted where another owner has its id now', async () => {
    await insert('a');
    const start = await end();
    await store.delete(key('a'), { precondition: {} });
    await insert('a', { relevanceScore: 1 }, { owner: 'x' });
    expect(await changes(start)).toEqual(['a deleted']);
    expect(await changes(start, everything, { tenant: 't', owner: 'x' })).toMatchObject([{ relevanceScore: 1 }]);
    expect(await changes(start, everything, tenant)).toMatchObject([{ relevanceScore: 1 }]);
  });

  it('tells an entity once that came and went again and again', async () => {
    const archived = { tenant: 't', owner: 'o', id: 'b', version: 7, createdAt: 1, modifiedAt: 2 };
    await insert('a');
    await store.restore(set, { ...archived, document: {} });
    const start = await end();
    await store.delete(key('a'), { precondition: {} });
    await insert('a');
    await store.delete(key('b'), { precondition: {} });
    await store.restore(set, { ...archived, document: { relevanceScore: 1 } });
    expect(await changes(start)).toMatchObject([{ id: 'a' }, { id: 'b', $version: 7, relevanceScore: 1 }]);
    await store.delete(key('a'), { precondition: {} });
    await store.merge(key('b'), { patch: { relevanceScore: 2 }, precondition: {} });
    await store.delete(key('b'), { precondition: {} });
    await store.restore(set, { ...archived, document: { relevanceScore: 3 } });
    expect(await changes(start)).toMatchObject(['a deleted', { id: 'b', $version: 7, relevanceScore: 3 }]);
  });

  it('tells of each entity what its last change says, whatever came before', async () => {
    const step = fc.record({
      kind: fc.constantFrom('insert', 'insert', 'merge', 'merge', 'merge', 'delete', 'restore', 'move'),
      id: fc.constantFrom('a', 'b'),
      owner: fc.constantFrom('o', 'o', 'x'),
    });
    let round = 0;
    const run = async (steps: readonly { kind: string; id: string; owner: string }[], from: number) => {
      const of = { tenant: `t${(round += 1)}` };
      let start = await end();
      for (const [at, { kind, id, owner }] of steps.entries()) {
        if (at === from) start = await end();
        const one = { set, scope: { ...of, owner }, id };
        if (kind === 'insert') await insert(id, {}, { ...of, owner });
        if (kind === 'merge') await store.merge(one, { patch: { relevanceScore: at }, precondition: {} });
        if (kind === 'delete') await store.delete(one, { precondition: {} });
        const moves = `UPDATE "${connections}" SET owner = '${owner}' WHERE tenant = '${of.tenant}' AND id = '${id}'`;
        if (kind === 'move') await execute(database.url, moves);
        if (kind !== 'restore') continue;
        await store.restore(set, { ...of, owner, id, version: 7, createdAt: 1, modifiedAt: 2, document: {} });
      }
      const after = (await store.history(connections, { ...of, limit: 100 })).filter(
        ({ transaction, sequence }) =>
          transaction > start.transaction || (transaction === start.transaction && sequence > start.sequence),
      );
      for (const owner of ['o', 'x', undefined]) {
        const own = after.filter((change) => owner === undefined || change.owner === owner);
        const last = own.filter(({ id }, at) => own.findLastIndex((other) => other.id === id) === at);
        const told = (await changes(start, everything, {
          ...of,
          ...(owner === undefined ? {} : { owner }),
        })) as unknown[];
        expect(told.map((one) => (typeof one === 'string' ? one : (one as { id: string }).id))).toEqual(
          last.map(({ id, kind }) => (kind === 'deleted' ? `${id} deleted` : id)),
        );
      }
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), fc.nat({ max: 5 }), run), {
      numRuns: 25,
    });
  });

  it('goes on behind the last row of a page', async () => {
    const start = await end();
    for (let n = 0; n < 10; n++) await insert(`id${n}`);
    const read = { ...everything, page: { size: 4, after: undefined } };
    const ids: string[] = [];
    let after = start;
    await settled(store, connections);
    for (;;) {
      const result = await store.readChanges(read, scope, after);
      if (result.kind === 'lost') throw new Error('lost');
      const page = result.rows.slice(0, 4);
      ids.push(...page.map(({ id }) => id));
      if (result.rows.length <= 4) break;
      after = page.at(-1)!.position;
    }
    expect(ids).toEqual(Array.from({ length: 10 }, (_, n) => `id${n}`));
  });

  it('knows the positions of another life of the log, and those behind its end', async () => {
    await insert('a');
    const position = await end();
    expect(await changes({ ...position, epoch: 'other' })).toBe('lost');
    expect(await changes({ ...position, transaction: position.transaction + 1_000_000n })).toBe('lost');
  });

  it('keeps neither actor nor properties where it is to keep positions only', async () => {
    await store.close();
    store = await openTestStore(database.url, [set], { changeLog: 'positions' });
    const start = await end();
    await insert('a', { relevanceScore: 1 });
    expect(await history()).toEqual([{ id: 'a', kind: 'created', properties: undefined, actor: undefined }]);
    expect(await changes(start)).toMatchObject([{ id: 'a' }]);
  });

  it('keeps nothing where it is off, and begins another life when it is on again', async () => {
    const start = await end();
    await store.close();
    store = await openTestStore(database.url, [set], { changeLog: 'off' });
    await insert('a');
    expect(await store.endOfChanges(connections)).toBeUndefined();
    expect(await changes(start)).toBe('lost');
    await store.close();
    store = await openTestStore(database.url, [set], { changeLog: 'positions' });
    expect(await history()).toEqual([]);
    expect(await changes(start)).toBe('lost');
    const again = await end();
    await store.close();
    store = await openTestStore(database.url, [set], { changeLog: 'full' });
    expect(await changes(again)).toEqual([]);
  });

  it('begins on a database of the release before it, and keeps what is there', async () => {
    await store.close();
    store = await openTestStore(database.url, [set], { changeLog: 'off' });
    await insert('a', { relevanceScore: 1 });
    await store.close();
    const trigger = database.url.startsWith('postgres:') ? '' : `DROP TRIGGER "${connections}_indexes_update";`;
    await execute(
      database.url,
      `${trigger} ALTER TABLE "${connections}" DROP COLUMN logged_version; DROP TABLE "${connections}_change"; DROP TABLE change_log;
      DELETE FROM schema_migration WHERE version >= 2 AND entity_set = '${connections}'`,
    );
    await expect(openTestStore(database.url, [set], { migrate: false })).rejects.toThrow('npm run migrate');
    store = await openTestStore(database.url, [set]);
    const start = await end();
    await store.merge(key('a'), { patch: { relevanceScore: 2 }, precondition: {} });
    expect(await changes(start)).toMatchObject([{ id: 'a', relevanceScore: 2 }]);
  });

  it('is not opened on a database that logs otherwise, where it may not change that', async () => {
    await expect(openTestStore(database.url, [set], { changeLog: 'off', migrate: false })).rejects.toThrow(
      'CHANGE_LOG=off',
    );
    await (await openTestStore(database.url, [set], { migrate: false })).close();
  });

  it('logs what is written past the service, without an actor', async () => {
    await insert('a', { relevanceScore: 1 });
    const start = await end();
    await execute(database.url, `UPDATE "${connections}" SET version = version + 1; DELETE FROM "${connections}"`);
    expect(await changes(start)).toEqual(['a deleted']);
    expect((await history()).slice(1)).toEqual([
      { id: 'a', kind: 'updated', properties: [], actor: undefined },
      { id: 'a', kind: 'deleted', properties: [], actor: undefined },
    ]);
  });

  it.each([
    ['another owner', "owner = 'x', version = version + 1"],
    ['another owner, in the same version', "owner = 'x'"],
    ['another owner and id', "owner = 'x', id = 'b', version = version + 1"],
  ])('tells who had an entity that it is gone when it is given %s past the service', async (_, past) => {
    await insert('a');
    const start = await end();
    await execute(database.url, `UPDATE "${connections}" SET ${past}`);
    expect(await changes(start)).toEqual(['a deleted']);
    expect(await changes(start, everything, { tenant: 't', owner: 'x' })).toHaveLength(1);
    expect(await changes(start, everything, tenant)).toHaveLength(past.includes('id') ? 2 : 1);
    expect((await history()).slice(1).map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      'a deleted',
      past.includes('id') ? 'b updated' : 'a updated',
    ]);
  });

  it('tells who had an entity once that it is gone where nothing logged that', async () => {
    await insert('a');
    const start = await end();
    await store.merge(key('a'), { patch: { relevanceScore: 1 }, precondition: {} });
    await insert('b');
    await store.merge(key('a'), { patch: { relevanceScore: 2 }, precondition: {} });
    const trigger = `"${connections}_logs_update"${database.url.startsWith('postgres:') ? ` ON "${connections}"` : ''}`;
    await execute(
      database.url,
      `DROP TRIGGER ${trigger}; UPDATE "${connections}" SET owner = 'x', version = version + 1 WHERE id = 'a'`,
    );
    expect(await changes(start)).toMatchObject([{ id: 'b' }, 'a deleted']);
  });

  it('begins another life when an operator says that a backup was put back', async () => {
    const start = await end();
    await execute(database.url, "UPDATE change_log SET epoch = 'restored 2026-05-01'");
    expect(await changes(start)).toBe('lost');
    expect(await changes(await end())).toEqual([]);
  });

  it('forgets the oldest changes, and goes on with the numbers', async () => {
    for (const id of ['a', 'b', 'c']) await insert(id);
    const position = await end();
    const later = Date.now() + 60_000;
    expect(await store.forgetChanges(connections, later - 120_000, 10)).toBe(0);
    expect(await store.forgetChanges(connections, later, 2)).toBe(2);
    expect((await history()).map(({ id }) => id)).toEqual(['c']);
    expect(await store.forgetChanges(connections, later, 2)).toBe(1);
    expect(await changes(position)).toEqual([]);
    await insert('d');
    expect(await changes(position)).toMatchObject([{ id: 'd' }]);
  });

  it('forgets what is old behind changes of a clock that was ahead', async () => {
    for (const id of ['a', 'b', 'c']) await insert(id);
    const ahead = database.url.startsWith('postgres:') ? "at + interval '1 year'" : 'at + 31536000000';
    await execute(database.url, `UPDATE "${connections}_change" SET at = ${ahead} WHERE id < 'c'`);
    expect(await store.forgetChanges(connections, Date.now() + 60_000, 1)).toBe(1);
    expect((await history()).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('has what it has of an entity whose end was not logged', async () => {
    await insert('a');
    await store.merge(key('a'), { patch: { relevanceScore: 1 }, precondition: {} });
    await store.close();
    store = await openTestStore(database.url, [set], { changeLog: 'off' });
    await store.delete(key('a'), { precondition: {} });
    await store.close();
    store = await openTestStore(database.url, [set]);
    await insert('a', {}, { owner: 'x' });
    const lives = await store.history(connections, { tenant: 't', id: 'a', limit: 100 });
    expect(lives.map(({ owner, kind }) => `${owner} ${kind}`)).toEqual(['o created', 'o updated', 'x created']);
  });

  it('has every life of an entity, whoever owned it', async () => {
    for (const owner of ['o', 'x', 'y']) {
      await insert('a', {}, { owner });
      await store.merge(key('a', { owner }), { patch: { relevanceScore: 1 }, precondition: {} });
      await insert('b', {}, { owner: 'o' });
      if (owner !== 'y') await store.delete(key('a', { owner }), { precondition: {} });
    }
    const lives = await store.history(connections, { tenant: 't', id: 'a', limit: 100 });
    expect(lives.map(({ owner, kind }) => `${owner} ${kind}`)).toEqual([
      ...['o created', 'o updated', 'o deleted', 'x created', 'x updated', 'x deleted', 'y created', 'y updated'],
    ]);
    const [, second] = lives;
    const rest = await store.history(connections, { tenant: 't', id: 'a', after: second, limit: 2 });
    expect(rest.map(({ owner, kind }) => `${owner} ${kind}`)).toEqual(['o deleted', 'x created']);
  });

  it('is read by tenant, id and time, page by page', async () => {
    for (const id of ['a', 'b']) await insert(id);
    await insert('a', {}, { tenant: 'u' });
    const all = await store.history(connections, { limit: 10 });
    const ids = (rows: typeof all) => rows.map(({ tenant: of, id }) => `${of}/${id}`);
    expect(ids(all)).toEqual(['t/a', 't/b', 'u/a']);
    expect(ids(await store.history(connections, { after: all[0], limit: 1 }))).toEqual(['t/b']);
    expect(ids(await store.history(connections, { tenant: 't', id: 'a', limit: 10 }))).toEqual(['t/a']);
    expect(ids(await store.history(connections, { tenant: 'u', since: Date.now() - 60_000, limit: 10 }))).toEqual([
      'u/a',
    ]);
    expect(await store.history(connections, { since: Date.now() + 60_000, limit: 10 })).toEqual([]);
  });
});
