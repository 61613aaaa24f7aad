import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aggregateSet } from '../../src/odata/store/aggregate-set.js';
import type { EntityType, NavigationProperty } from '../../src/odata/protocol/edm/model.js';
import { library, libraryModel } from '../models/library.js';
import { TestApp } from '../support/test-app.js';

type Node = Record<string, any>;

/** A body that makes an entity of each type, by the number of the one that it is; and that key in a URL. */
const samples: Readonly<Record<string, (n: number) => readonly [body: object, key: string]>> = {
  Work: (n) => [{ code: `w${n}` }, `'w${n}'`],
  Author: (n) => [{ id: `a${n}` }, `'a${n}'`],
  Booking: (n) => [{ room: `r${n}`, day: '2024-05-01', seats: 1 }, `room='r${n}',day=2024-05-01`],
  Event: (n) => {
    const token = `00000000-0000-0000-0000-${`${n}`.padStart(12, '0')}`;
    return [{ token }, token];
  },
  Note: () => [{ text: 'x' }, ''],
  Chapter: (n) => [{ number: n }, `${n}`],
  Remark: (n) => [{ id: `r${n}` }, `'r${n}'`],
  Summary: () => [{}, ''],
};

describe('what the metadata of a model claims that no module modifies', () => {
  let app: TestApp;
  let container: Node;
  let next = 0;
  beforeAll(async () => {
    app = await TestApp.start({ MAX_CHANGES: '100' }, library);
    const json = { headers: { accept: 'application/json', 'odata-maxversion': '4.01' } };
    container = (await app.get('/$metadata', json)).body['test.library'].Container as Node;
    const set = aggregateSet(libraryModel.singletons.get('settings')!);
    await app.store.insert({ set, tenant: 'contoso', owner: 'ann', id: '', document: { name: 'main' } });
  });
  afterAll(() => app.stop());

  const v401 = { 'odata-version': '4.01', 'content-type': 'application/json' };
  const succeeds = async (method: string, path: string, body?: unknown, headers: Record<string, string> = v401) => {
    const { status, text } = await app.request(method, path, body === undefined ? {} : { body, headers });
    if (status >= 500 && status !== 501) throw new Error(`${method} ${path}: ${status} ${text}`);
    return status < 300;
  };
  /** Makes an entity in a collection; gives its path. */
  const make = async (collection: string, type: EntityType): Promise<string> => {
    const [body] = samples[type.name]!(++next);
    const { status, text, headers } = await app.post(collection, body);
    if (status !== 201) throw new Error(`${collection}: ${status} ${text}`);
    return headers.get('location')!.slice(app.root.length);
  };
  const methodsOf = async (path: string): Promise<string> => {
    const methods: string[] = [];
    for (const method of ['PATCH', 'PUT']) if (await succeeds(method, path, bodyOf(path))) methods.push(method);
    return methods.join(',');
  };
  const bodyOf = (path: string): object => (path.includes('bookings') ? { seats: 2 } : {});

  it.each([...libraryModel.entitySets.values()].map((set) => [set.name, set] as const))(
    '[A41M-13] of the set %s holds',
    async (name, { type }) => {
      const claims = container[name] as Node;
      const collection = `/${name}`;
      const [body] = samples[type.name]!(++next);
      const claim = (term: string): Node => claims[`@Capabilities.${term}`] as Node;
      const insert = claim('InsertRestrictions');
      const update = claim('UpdateRestrictions');
      const removal = claim('DeleteRestrictions');
      expect(insert.Insertable).toBe(await succeeds('POST', collection, body));
      const cast = `${collection}/${(type.derived[0] ?? type).qualifiedName}`;
      const [another] = samples[type.name]!(++next);
      expect(insert.TypecastSegmentSupported).toBe(await succeeds('POST', cast, another));
      const one = await make(collection, type);
      expect([update.Updatable, update.UpdateMethod ?? 'PATCH,PUT']).toEqual([true, await methodsOf(one)]);
      expect(update.DeltaUpdateSupported).toBe(
        await succeeds('PATCH', collection, { '@context': '#$delta', value: [] }),
      );
      const absent = `${collection}(${samples[type.name]!(++next)[1] || '00000000-0000-0000-0000-000000000000'})`;
      expect(update.Upsertable).toBe(await succeeds('PATCH', absent, bodyOf(absent)));
      const each = `${collection}/$filter(false)/$each`;
      expect([update.FilterSegmentSupported, removal.FilterSegmentSupported]).toEqual([
        await succeeds('PATCH', each, bodyOf(each)),
        await succeeds('DELETE', each),
      ]);
      expect(removal.Deletable).toBe(await succeeds('DELETE', one));
    },
  );

  it('[A41M-21] of what works carry inline holds, content ids too', async () => {
    const chapter = { '@Core.ContentID': 'c', number: 1 };
    for (const [term, answer] of [
      ['DeepInsertSupport', await app.post('/works', { code: 'deep', chapters: [chapter] }, { headers: v401 })],
      ['DeepUpdateSupport', await app.patch("/works('deep')", { chapters: [chapter] }, { headers: v401 })],
    ] as const) {
      expect(container.works[`@Capabilities.${term}`]).toEqual({
        Supported: answer.status < 300,
        ContentIDSupported: answer.body.chapters[0]['@Core.ContentID'] === 'c',
      });
    }
  });

  const works = libraryModel.entitySets.get('works')!;
  const chapterType = libraryModel.entityTypes.get('Chapter')!;
  const navigations: readonly (readonly [string, NavigationProperty])[] = [...works.type.navigation.values()].map(
    (property) => [property.name, property] as const,
  );

  it.each(navigations)(
    '[A41M-13] of the navigation property %s of works holds',
    async (name, { type, collection, target }) => {
      const restricted = container.works['@Capabilities.NavigationRestrictions'].RestrictedProperties as Node[];
      const claim = restricted.find(({ NavigationProperty: path }) => path === name)!;
      const owner = await make('/works', works.type);
      const path = `${owner}/${name}`;
      expect(claim.ReadRestrictions.Readable).toBe(await succeeds('GET', path));
      const [body] = samples[type.name]!(++next);
      expect(claim.InsertRestrictions.Insertable).toBe(await succeeds('POST', path, body));
      expect(claim.UpdateRestrictions.Upsertable ?? false).toBe(!collection && (await succeeds('PATCH', path, {})));
      if (!collection && target !== undefined) {
        const linked = await make(`/${target.name}`, target.type);
        await app.request('PUT', `${path}/$ref`, { body: { '@odata.id': linked.slice(1) } });
      }
      const one = collection ? `${path}${(await make(path, type)).replace(/^.*(?=\()/, '')}` : path;
      expect([claim.UpdateRestrictions.Updatable, claim.UpdateRestrictions.UpdateMethod ?? 'PATCH,PUT']).toEqual([
        true,
        await methodsOf(one),
      ]);
      const each = `${path}/$filter(false)/$each`;
      const { UpdateRestrictions: update, DeleteRestrictions: removal } = claim;
      expect([update.DeltaUpdateSupported, update.FilterSegmentSupported, removal.FilterSegmentSupported]).toEqual([
        await succeeds('PATCH', path, { '@context': '#$delta', value: [] }),
        await succeeds('PATCH', each, {}),
        await succeeds('DELETE', each),
      ]);
      expect(claim.DeleteRestrictions.Deletable).toBe(await succeeds('DELETE', one));
    },
  );

  it('of keys holds: which of them the service makes', async () => {
    const made = (app.root && (await app.get('/$metadata?$format=json')).body['test.library'].$Annotations) as Node;
    const claimed = Object.fromEntries(
      Object.entries(made).map(([path, annotations]) => [
        path.replace('test.library.Container/', ''),
        Object.keys(annotations as Node),
      ]),
    );
    expect(claimed).toEqual({
      'works/code': ['@Core.ComputedDefaultValue'],
      'works/chapters/summary/id': ['@Core.Computed'],
      'works/chapters/remarks/id': ['@Core.ComputedDefaultValue'],
      'authors/id': ['@Core.ComputedDefaultValue'],
      'bookings/guests/id': ['@Core.ComputedDefaultValue'],
      'events/token': ['@Core.ComputedDefaultValue'],
    });
    expect((await app.post('/works', {})).body.code).toMatch(/-/);
    expect((await app.post('/bookings', { seats: 1 })).status).toBe(400);
    const owner = await make('/works', works.type);
    expect((await app.post(`${owner}/chapters`, {})).status).toBe(400);
    const chapter = await make(`${owner}/chapters`, chapterType);
    expect((await app.post(`${chapter}/remarks`, {})).body.id).toMatch(/-/);
    const given = '01234567-89ab-cdef-0123-456789abcdef';
    expect((await app.patch(`${chapter}/summary`, { id: given })).body.id).not.toBe(given);
  });

  it('is known at the start: nothing can be said of what is not in the model', async () => {
    const served = { ...library, sets: { works: {}, nope: { allows: ['read' as const] } } };
    await expect(TestApp.start({}, served)).rejects.toThrow('singleton nope');
  });

  it('of the singleton holds', async () => {
    const { Updatable, UpdateMethod, Upsertable } = container.settings['@Capabilities.UpdateRestrictions'] as Node;
    expect([Updatable, UpdateMethod ?? 'PATCH,PUT', Upsertable]).toEqual([true, await methodsOf('/settings'), false]);
  });
});
