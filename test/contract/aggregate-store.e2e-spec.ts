import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EntityType } from '../../src/odata/protocol/edm/model.js';
import { Edm } from '../../src/odata/protocol/edm/primitive-types.js';
import type { BoundRead, OrderValue } from '../../src/odata/protocol/query/bound.js';
import { JsonNumber } from '../../src/odata/protocol/json/json-value.js';
import type { AggregateStore, Merge, Scope } from '../../src/odata/store/aggregate-store.js';
import { type TestDatabase, testDatabase } from '../support/databases.js';
import { openTestStore } from '../support/open-store.js';

const set = { name: 'things', key: 'id', contained: ['part'], indexes: [] };

/** The entity type of the set, as far as a read looks at it. */
const type = {
  kind: 'entity',
  name: 'Thing',
  qualifiedName: 'test.Thing',
  key: ['id'],
  properties: new Map([['id', { kind: 'property', name: 'id', type: Edm.String, collection: false }]]),
  navigation: new Map([['part', { kind: 'navigation', name: 'part', collection: false }]]),
  derived: [],
} as unknown as EntityType;

/** A page of the whole set, in the order of the ids. */
function pageBehind(after: readonly OrderValue[] | undefined, size: number): BoundRead {
  const entity = { kind: 'entity' as const, type };
  const query = { filters: [], search: undefined, order: [], skip: undefined, top: undefined, count: false };
  return {
    path: {
      root: { name: 'things', type },
      isSingleton: false,
      key: undefined,
      filters: [],
      entity,
      steps: [],
      type: { item: type, collection: true },
      suffix: undefined,
    },
    collection: { item: entity, ...query },
    shape: { select: undefined, expand: new Map(), computed: [], dynamic: [], instance: entity },
    page: { size, after },
  };
}
const scope: Scope = { tenant: 't', owner: 'o' };

describe('the contract of a store', () => {
  let database: TestDatabase;
  let store: AggregateStore;
  let id = '';
  let count = 0;
  beforeAll(async () => {
    database = await testDatabase();
    store = await openTestStore(database.url, [set]);
  });
  afterAll(async () => {
    await store.close();
    await database.discard();
  });
  beforeEach(async () => {
    id = `id ${++count}`;
    await store.insert({
      set,
      tenant: 't',
      owner: 'o',
      id,
      document: { a: 1, part: { id: 'p', b: 2 } },
      inside: [['part']],
    });
  });

  it('has a secret that every store on the database has, and no other database', async () => {
    const again = await openTestStore(database.url, [set]);
    const other = await testDatabase();
    const elsewhere = await openTestStore(other.url, [set]);
    const [one, same, another] = await Promise.all([store, again, elsewhere].map((each) => each.secret()));
    expect(one).toHaveLength(32);
    expect(same).toEqual(one);
    expect(another).not.toEqual(one);
    await Promise.all([again.close(), elsewhere.close()]);
    await other.discard();
  });
  const key = (over: Partial<Scope> = {}) => ({ set, scope: { ...scope, ...over }, id });
  const part = (patch: object, precondition = {}) => ({ at: [{ name: 'part' }], patch: patch as never, precondition });
  const find = () => store.find(key(), ['part']);

  it('gives back what was inserted, the contained entity where it is asked for', async () => {
    const found = (await find())!;
    expect(found).toMatchObject({ id, a: 1, part: { id: 'p', b: 2 } });
    expect(found.$version).toBe((found.part as any).$version);
    expect(await store.find(key(), [])).toEqual({ id, a: 1, $version: found.$version });
    expect(await store.findContained(key(), [{ name: 'part' }])).toEqual(found.part);
  });

  it('does not insert where the tenant has the id, whoever owns it', async () => {
    expect(await store.insert({ set, tenant: 't', owner: 'x', id, document: {} })).toBeUndefined();
    expect(await store.insert({ set, tenant: 'u', owner: 'o', id, document: {} })).toMatchObject({ id });
  });

  it.each([{ owner: 'other' }, { tenant: 'other' }, { tenant: 'other', owner: 'other' }])(
    'finds and changes nothing outside of its scope: %j',
    async (other) => {
      const before = await find();
      expect(await store.find(key(other), [])).toBeUndefined();
      expect(await store.findContained(key(other), [{ name: 'part' }])).toBeUndefined();
      expect(await store.merge(key(other), { patch: { a: 2 }, precondition: {} })).toEqual({ kind: 'missing' });
      expect(await store.merge(key(other), { ...part({}), orCreate: { id: 'q' } })).toEqual({ kind: 'missing' });
      expect(await store.delete(key(other), { at: [{ name: 'part' }], precondition: {} })).toBe('missing');
      expect(await store.delete(key(other), { precondition: {} })).toBe('missing');
      expect(await store.read(pageBehind(undefined, 9), { ...scope, ...other })).toMatchObject({ rows: [] });
      expect(await find()).toEqual(before);
    },
  );

  it('a scope without owner reaches the tenant', async () => {
    const whole = { set, scope: { tenant: 't' }, id };
    expect(await store.find(whole, [])).toMatchObject({ id });
    expect(await store.merge(whole, { patch: { a: 3 }, precondition: {} })).toMatchObject({ kind: 'done' });
  });

  it('merges into the aggregate, and leaves the contained entity with its version', async () => {
    const before = (await find())!;
    const outcome = await store.merge(key(), { patch: { a: null, c: { d: 1 } }, precondition: {} });
    expect(outcome).toMatchObject({ kind: 'done', entity: { id, c: { d: 1 }, part: before.part } });
    expect((outcome as any).entity).not.toHaveProperty('a');
    expect((outcome as any).entity.$version).toBeGreaterThan(before.$version);
    expect(await find()).toEqual((outcome as any).entity);
  });

  it('merges into the contained entity, and gives the aggregate the same new version', async () => {
    const outcome = await store.merge(key(), part({ b: null, c: [1, { d: 2 }] }));
    const found = (await find())!;
    expect((outcome as any).entity).toEqual(found.part);
    expect(found).toMatchObject({ a: 1, part: { id: 'p', c: [1, { d: 2 }] } });
    expect((found.part as any).$version).toBe(found.$version);
  });

  it('what a merge leaves as it was keeps its version', async () => {
    const before = await find();
    for (const patch of [{}, { a: 1 }, { z: null }]) await store.merge(key(), { patch, precondition: {} });
    for (const patch of [{}, { b: 2 }, { z: null }]) await store.merge(key(), part(patch));
    expect(await find()).toEqual(before);
  });

  it('makes a contained entity only where it may', async () => {
    await store.delete(key(), { at: [{ name: 'part' }], precondition: {} });
    expect(await store.findContained(key(), [{ name: 'part' }])).toBeNull();
    expect(await store.merge(key(), part({ b: 1 }))).toEqual({ kind: 'missing' });
    expect(await store.merge(key(), { ...part({ b: 1 }, { ifMatch: '*' }), orCreate: { id: 'q' } })).toEqual({
      kind: 'refused',
    });
    const made = await store.merge(key(), { ...part({ b: 1 }, { ifNoneMatch: '*' }), orCreate: { id: 'q' } });
    expect(made).toMatchObject({ kind: 'done', entity: { id: 'q', b: 1 } });
    expect(await store.merge(key(), { ...part({ b: 2 }, { ifNoneMatch: '*' }), orCreate: { id: 'r' } })).toEqual({
      kind: 'refused',
    });
    expect(await store.merge(key(), { ...part({ b: 2 }), orCreate: { id: 'r' } })).toMatchObject({
      entity: { id: 'q', b: 2 },
    });
  });

  it('tests conditions on the version of what is changed', async () => {
    const { $version, part: stored } = ((await store.merge(key(), { patch: { a: 5 }, precondition: {} })) as any)
      .entity;
    expect(stored.$version).not.toBe($version);
    const refused = { kind: 'refused' };
    expect(await store.merge(key(), { patch: { a: 6 }, precondition: { ifMatch: [1, 2] } })).toEqual(refused);
    expect(await store.merge(key(), { patch: { a: 6 }, precondition: { ifMatch: [] } })).toEqual(refused);
    expect(await store.merge(key(), { patch: { a: 6 }, precondition: { ifMatch: [stored.$version] } })).toEqual(
      refused,
    );
    expect(await store.merge(key(), { patch: { a: 6 }, precondition: { ifNoneMatch: [1, $version] } })).toEqual(
      refused,
    );
    expect(await store.merge(key(), part({ b: 6 }, { ifMatch: [$version] }))).toEqual(refused);
    expect(await store.delete(key(), { precondition: { ifMatch: [stored.$version] } })).toBe('refused');
    expect(await store.delete(key(), { at: [{ name: 'part' }], precondition: { ifMatch: [$version] } })).toBe(
      'refused',
    );
    expect(await find()).toMatchObject({ a: 5, part: { b: 2 } });
    expect(await store.delete(key(), { at: [{ name: 'part' }], precondition: { ifMatch: [7, stored.$version] } })).toBe(
      'done',
    );
    expect(await store.delete(key(), { precondition: { ifMatch: '*', ifNoneMatch: [1] } })).toBe('done');
    expect(await find()).toBeUndefined();
  });

  it('lists in the order of ids, page after page', async () => {
    const owner = `lister ${id}`;
    for (const name of ['b', 'B', 'a', 'ä', '10', '9', '🚇', 'z']) {
      await store.insert({ set, tenant: 't', owner, id: `${id}${name}`, document: {} });
    }
    const seen: string[] = [];
    for (let after: readonly OrderValue[] | undefined; ;) {
      const { rows } = (await store.read(pageBehind(after, 3), { tenant: 't', owner })) as any;
      expect(rows.length).toBeLessThanOrEqual(4);
      seen.push(...rows.slice(0, 3).map(({ entity }: any) => entity.id.slice(id.length)));
      if (rows.length < 4) break;
      after = rows[2].order;
    }
    expect(seen).toEqual(['10', '9', 'B', 'a', 'b', 'z', 'ä', '🚇']);
  });

  it('keeps numbers to the last digit, and names and text of every kind', async () => {
    const odd = { big: new JsonNumber('9223372036854775807'), '"$.a[0]\'': "it's \u2028 🚇", list: [[], {}, [null]] };
    await store.merge(key(), part({ odd }));
    const found = (await store.findContained(key(), [{ name: 'part' }])) as any;
    expect(found.odd.big).toEqual(new JsonNumber('9223372036854775807'));
    expect({ ...found.odd, big: odd.big }).toEqual(odd);
  });

  it('of many inserts of one id at one time one is done', async () => {
    for (let round = 0; round < 20; round++) {
      const aggregate = { set, tenant: 't', owner: 'o', id: `${id} ${round}`, document: {} };
      const inserted = await Promise.all(Array.from({ length: 10 }, () => store.insert(aggregate)));
      expect(inserted.filter((entity) => entity !== undefined)).toHaveLength(1);
    }
  });

  it('many merges at one time lose nothing, and each gets a version of its own', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `p${index}`);
    const outcomes = await Promise.all(names.map((name) => store.merge(key(), part({ [name]: name }))));
    const versions = outcomes.map((outcome) => (outcome as any).entity.$version as number);
    expect(new Set(versions).size).toBe(200);
    expect(await store.findContained(key(), [{ name: 'part' }])).toMatchObject(
      Object.fromEntries(names.map((name) => [name, name])),
    );
  });

  it('of many merges on one version one is done', async () => {
    const { $version } = (await find())!;
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        // One that changed nothing would leave the version as it is.
        store.merge(key(), { patch: { a: 1000 + index }, precondition: { ifMatch: [$version] } }),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(1);
  });

  it('keeps everything when it is closed and opened again, and finishes what it was given', async () => {
    const write = store.merge(key(), { patch: { last: true }, precondition: {} });
    await store.close();
    expect(await write).toMatchObject({ kind: 'done' });
    await expect(store.find(key(), [])).rejects.toMatchObject({ code: 'storeUnavailable' });
    await expect(store.ping()).rejects.toMatchObject({ code: 'storeUnavailable' });
    store = await openTestStore(database.url, [set]);
    await store.ping();
    expect(await find()).toMatchObject({ last: true });
  });

  describe.each([undefined, 'part'])('a change of more than a merge, of the entity %s', (contained) => {
    const start = {
      id: 'p',
      a: 1,
      c: { x: 1, y: { z: 1, w: 2 } },
      list: [1, { k: 'a' }, 'text'],
      deep: { list: ['x'] },
    };
    const place = contained === undefined ? {} : { at: [{ name: contained }] };
    beforeEach(async () => {
      const { id: inner, ...own } = start;
      const document = contained === undefined ? own : { [contained]: { id: inner, ...own } };
      await store.delete({ set, scope, id }, { precondition: {} });
      await store.insert({ set, tenant: 't', owner: 'o', id, document });
    });
    const change = async (merge: Omit<Merge, 'precondition'>) => {
      const outcome = await store.merge({ set, scope, id }, { ...place, precondition: {}, ...merge });
      if (outcome.kind !== 'done') throw new Error(outcome.kind);
      const entity = Object.fromEntries(
        Object.entries(outcome.entity).filter(([name]) => name !== 'id' && name !== '$version'),
      );
      const key = { set, scope, id };
      const found =
        contained === undefined ? await store.find(key, []) : await store.findContained(key, [{ name: contained }]);
      expect(found).toEqual(outcome.entity);
      return entity;
    };
    const own = { a: start.a, c: start.c, list: start.list, deep: start.deep };

    it.each<[what: string, merge: Omit<Merge, 'precondition'>, expected: object]>([
      [
        'removes values, then merges',
        { clear: [['a'], ['list'], ['nope']], patch: { b: 2 } },
        { b: 2, c: own.c, deep: own.deep },
      ],
      [
        'replaces a value inside',
        { clear: [['c', 'y']], patch: { c: { y: { v: 3 } } } },
        { ...own, c: { x: 1, y: { v: 3 } } },
      ],
      ['replaces a value', { clear: [['c']], patch: { c: { n: null, v: 3 } } }, { ...own, c: { v: 3 } }],
      [
        'inserts at the beginning',
        { patch: {}, insert: { path: ['list'], item: 'new', index: 0 } },
        { ...own, list: ['new', ...own.list] },
      ],
      [
        'inserts between',
        { patch: {}, insert: { path: ['list'], item: { k: 'b' }, index: 1 } },
        { ...own, list: [1, { k: 'b' }, { k: 'a' }, 'text'] },
      ],
      [
        'inserts behind the last',
        { patch: {}, insert: { path: ['list'], item: 2, index: -1 } },
        { ...own, list: [...own.list, 2] },
      ],
      [
        'inserts before the last',
        { patch: {}, insert: { path: ['list'], item: 2, index: -2 } },
        { ...own, list: [1, { k: 'a' }, 2, 'text'] },
      ],
      [
        'inserts at the end where the index is beyond',
        { patch: {}, insert: { path: ['list'], item: 2, index: 9 } },
        { ...own, list: [...own.list, 2] },
      ],
      [
        'inserts at the beginning where it is before',
        { patch: {}, insert: { path: ['list'], item: 2, index: -9 } },
        { ...own, list: [2, ...own.list] },
      ],
      [
        'inserts into a collection that is empty',
        { patch: {}, insert: { path: ['more'], item: true, index: -1 } },
        { ...own, more: [true] },
      ],
      [
        'inserts into a collection inside',
        { patch: { deep: {} }, insert: { path: ['deep', 'list'], item: 'y', index: -1 } },
        { ...own, deep: { list: ['x', 'y'] } },
      ],
      [
        'inserts into what the patch makes',
        { patch: { fresh: { in: {} } }, insert: { path: ['fresh', 'in', 'list'], item: null, index: 0 } },
        { ...own, fresh: { in: { list: [null] } } },
      ],
      [
        'inserts an exact number',
        { patch: {}, insert: { path: ['more'], item: new JsonNumber('9007199254740993'), index: 0 } },
        { ...own, more: [new JsonNumber('9007199254740993')] },
      ],
    ])('%s', async (_, merge, expected) => {
      expect(await change(merge)).toEqual(expected);
    });

    it('gives a new version where it changes something', async () => {
      const key = { set, scope, id };
      const version = async () => (await store.find(key, []))?.$version;
      const before = await version();
      await change({ patch: {} });
      expect(await version()).toBe(before);
      await change({ patch: {}, insert: { path: ['list'], item: 3, index: -1 } });
      expect(await version()).toBeGreaterThan(before!);
    });
  });
});
