import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AggregateStore } from '../../src/odata/store/aggregate-store.js';
import type { Lease } from '../../src/odata/store/job-store.js';
import { type TestDatabase, testDatabase } from '../support/databases.js';
import { at } from '../support/held-call.js';
import { openTestStore } from '../support/open-store.js';

const set = { name: 'things', key: 'id', contained: [], indexes: [] };
const hour = 3_600_000;

describe('the jobs of a store', () => {
  let database: TestDatabase;
  let store: AggregateStore;
  beforeAll(async () => {
    database = await testDatabase();
    store = await openTestStore(database.url, [set]);
  });
  afterAll(async () => {
    await store.close();
    await database.discard();
  });
  let count = 0;
  let id = '';
  beforeEach(() => {
    id = `job ${++count}`;
  });
  const mine = { holder: 'me', until: Date.now() + 1000 * hour };
  const jobOf = (job: string, over: object = {}) => ({
    id: job,
    tenant: 't',
    caller: 'user:ann',
    request: { a: 1 },
    ...over,
  });
  const add = (over: object = {}, lease: Lease = mine) => store.jobs.add(jobOf(id, over), lease);
  const answer = { status: 200 };

  it('are begun by their holder only, attempt after attempt', async () => {
    await add();
    expect(await store.jobs.begin(id, 'stranger')).toBeUndefined();
    expect([await store.jobs.begin(id, 'me'), await store.jobs.begin(id, 'me')]).toEqual([1, 2]);
    expect(await store.jobs.begin('nothing', 'me')).toBeUndefined();
  });

  it('are finished once, by their holder only, and then their request is forgotten', async () => {
    await add();
    expect(await store.jobs.find(id)).toEqual({ ...jobOf(id), answer: undefined });
    expect(await store.jobs.finish(id, 'stranger', answer)).toBe(false);
    expect(await store.jobs.find(id)).toMatchObject({ request: { a: 1 }, answer: undefined });
    expect(await store.jobs.finish(id, 'me', answer)).toBe(true);
    expect(await store.jobs.find(id)).toEqual({ ...jobOf(id, { request: {} }), answer });
    expect(await store.jobs.finish(id, 'me', { status: 500 })).toBe(false);
    expect(await store.jobs.begin(id, 'me')).toBeUndefined();
    expect((await store.jobs.find(id))?.answer).toEqual(answer);
  });

  it('that were canceled are neither begun nor finished', async () => {
    await add();
    expect(await store.jobs.cancel(id, false)).toBe(true);
    expect(await store.jobs.find(id)).toBeUndefined();
    expect([await store.jobs.begin(id, 'me'), await store.jobs.finish(id, 'me', answer)]).toEqual([undefined, false]);
    expect(await store.jobs.cancel(id, true)).toBe(false);
  });

  it('are canceled after they were begun only where that is said, and never after they were finished', async () => {
    await add();
    await store.jobs.begin(id, 'me');
    expect(await store.jobs.cancel(id, false)).toBe(false);
    expect(await store.jobs.cancel(id, true)).toBe(true);
    id += ' finished';
    await add();
    await store.jobs.finish(id, 'me', answer);
    expect([await store.jobs.cancel(id, false), await store.jobs.cancel(id, true)]).toEqual([false, false]);
    expect(await store.jobs.find(id)).toBeDefined();
  });

  it('are taken when their lease has ended, the oldest first, by one of several that ask at one time', async () => {
    const ended = { holder: 'gone', until: 0 };
    for (let round = 0; round < 5; round++) {
      await add({}, ended);
      const claims = await Promise.all(['x', 'y', 'z'].map((holder) => store.jobs.claim({ ...mine, holder })));
      const taken = claims.filter((claim) => claim !== undefined);
      expect(taken).toEqual([{ ...jobOf(id), answer: undefined }]);
      id = `job ${++count}`;
    }
    const [first, second] = [`${id} b`, `${id} a`];
    await at(1, () => store.jobs.add(jobOf(first), ended));
    await at(2, () => store.jobs.add(jobOf(second), ended));
    expect((await store.jobs.claim(mine))?.id).toBe(first);
    expect((await store.jobs.claim(mine))?.id).toBe(second);
    expect(await store.jobs.claim(mine)).toBeUndefined();
    // It is the new holder's now.
    expect([await store.jobs.begin(first, 'gone'), await store.jobs.begin(first, 'me')]).toEqual([undefined, 1]);
  });

  it('are not taken while they are held, nor after they were finished', async () => {
    const now = Date.now();
    await add({}, { holder: 'other', until: now + 1000 });
    expect(await at(now + 1000, () => store.jobs.claim(mine))).toBeUndefined();
    await store.jobs.renew([id], { holder: 'stranger', until: 0 });
    expect(await at(now + 1000, () => store.jobs.claim(mine))).toBeUndefined();
    await store.jobs.renew([id], { holder: 'other', until: now + 2000 });
    expect(await at(now + 1001, () => store.jobs.claim(mine))).toBeUndefined();
    expect((await at(now + 2001, () => store.jobs.claim(mine)))?.id).toBe(id);
    await store.jobs.finish(id, 'me', answer);
    expect(await at(now + 2 * hour, () => store.jobs.claim(mine))).toBeUndefined();
  });

  it('are counted for one caller of one tenant, as long as they are not finished', async () => {
    const theirs = { tenant: 'counted', caller: 'user:ann' };
    for (const [name, over] of [
      ['one', {}],
      ['two', {}],
      ['three', {}],
      ['elsewhere', { tenant: 'elsewhere' }],
      ['bob', { caller: 'user:bob' }],
    ] as const) {
      await store.jobs.add(jobOf(`${id} ${name}`, { ...theirs, ...over }), mine);
    }
    await store.jobs.finish(`${id} three`, 'me', answer);
    expect(await store.jobs.countUnfinished(theirs.tenant, theirs.caller)).toBe(2);
    expect(await store.jobs.countUnfinished('elsewhere', theirs.caller)).toBe(1);
    expect(await store.jobs.countUnfinished(theirs.tenant, 'user:bob')).toBe(1);
  });

  it('keep the newest results of a caller, and all of others', async () => {
    const theirs = { tenant: 'kept', caller: 'user:ann' };
    const others = [
      { tenant: 'elsewhere', caller: 'user:ann' },
      { tenant: 'kept', caller: 'user:bob' },
    ];
    const names: string[] = [];
    for (const [index, over] of [...others, ...Array.from({ length: 6 }, () => theirs)].entries()) {
      names.push(`${id} ${index}`);
      await store.jobs.add(jobOf(names[index]!, over), mine);
      await at(1000 + index, () => store.jobs.finish(names[index]!, 'me', answer));
    }
    await store.jobs.add(jobOf(`${id} unfinished`, theirs), mine);
    const kept = async (): Promise<boolean[]> =>
      Promise.all(names.map(async (name) => (await store.jobs.find(name)) !== undefined));
    await store.jobs.keepResults(theirs.tenant, theirs.caller, 6);
    expect(await kept()).toEqual(names.map(() => true));
    await store.jobs.keepResults(theirs.tenant, theirs.caller, 2);
    const after = await kept();
    expect(after).toEqual([true, true, false, false, false, false, true, true]);
    expect(await store.jobs.find(`${id} unfinished`)).toBeDefined();
  });

  it('have their results counted in bytes, those of one caller of one tenant, and of all', async () => {
    const before = (await store.jobs.resultBytes('bytes', 'user:ann')).all;
    for (const [name, over] of [
      ['one', {}],
      ['two', {}],
      ['elsewhere', { tenant: 'elsewhere' }],
      ['bob', { caller: 'user:bob' }],
    ] as const) {
      await store.jobs.add(jobOf(`${id} ${name}`, { tenant: 'bytes', ...over }), mine);
      await store.jobs.finish(`${id} ${name}`, 'me', { body: 'ä' });
    }
    await store.jobs.add(jobOf(`${id} unfinished`, { tenant: 'bytes' }), mine);
    const bytes = Buffer.byteLength('{"body":"ä"}');
    expect(await store.jobs.resultBytes('bytes', 'user:ann')).toEqual({ own: 2 * bytes, all: before + 4 * bytes });
    expect(await store.jobs.resultBytes('nobody', 'user:ann')).toEqual({ own: 0, all: before + 4 * bytes });
  });

  it('are forgotten when they were finished before a time, and not before they are finished', async () => {
    const [old, young, unfinished] = [`${id} old`, `${id} young`, `${id} unfinished`];
    for (const name of [old, young, unfinished]) await at(10, () => store.jobs.add(jobOf(name), mine));
    await at(100, () => store.jobs.finish(old, 'me', answer));
    await at(101, () => store.jobs.finish(young, 'me', answer));
    await store.jobs.purge(101);
    const found = await Promise.all([old, young, unfinished].map((name) => store.jobs.find(name)));
    expect(found.map((job) => job?.id)).toEqual([undefined, young, unfinished]);
  });
});
