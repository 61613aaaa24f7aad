import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Domain } from '../src/app.module.js';
import { buildModel } from '../src/odata/protocol/edm/build-model.js';
import { EntityType, Key, Property, References } from '../src/odata/protocol/edm/declarations.js';
import { Edm } from '../src/odata/protocol/edm/primitive-types.js';
import { Schema } from '../src/odata/protocol/edm/schema.js';
import { catalogue } from './models/catalogue.js';
import { library } from './models/library.js';
import { operated } from './models/operated.js';
import { openedToken, sealedToken } from './support/delta-tokens.js';
import { type Answer, TestApp } from './support/test-app.js';

const set = '/decoratedProfileConnections';
const newer = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };
const minute = 60_000;
const day = 1440 * minute;

describe('as many entities as one request may change, and not one more', () => {
  const bound = { MAX_CHANGES: '3' };
  const refused = [400, 'tooManyChanges'];
  const outcome = ({ status, body }: Answer) => (status < 300 ? status : [status, body.error.innerError.code]);

  it('are changed and deleted one by one inside another one', async () => {
    const app = await TestApp.start(bound, library);
    const chapters = (count: number) => Array.from({ length: count }, (_, number) => ({ number }));
    await app.post('/works', { code: 'w', chapters: chapters(3) });
    await app.post("/works('w')/chapters", { number: 9 });
    const each = "/works('w')/chapters/$each";
    const all = [await app.patch(each, { title: 'x' }), await app.delete(each)];
    expect(all.map(outcome)).toEqual([refused, refused]);
    await app.delete("/works('w')/chapters(9)");
    expect([await app.patch(each, { title: 'x' }), await app.delete(each)].map(outcome)).toEqual([200, 204]);
    await app.stop();
  });

  it('are deleted with another one', async () => {
    const app = await TestApp.start(bound, catalogue);
    await app.post('/suppliers', { id: 's' });
    for (const id of ['a', 'b', 'c', 'd']) await app.post('/offers', { id, 'by@odata.bind': "suppliers('s')" });
    expect(outcome(await app.delete("/suppliers('s')"))).toEqual(refused);
    expect((await app.get('/offers/$count')).text).toBe('4');
    await app.delete("/offers('d')");
    expect(outcome(await app.delete("/suppliers('s')"))).toBe(204);
    expect((await app.get('/offers/$count')).text).toBe('0');
    await app.stop();
  });

  it('are given to a handler that asks for all', async () => {
    const app = await TestApp.start(bound, operated);
    for (const code of ['a', 'b', 'c', 'd']) await app.post('/items', { code, lent: true });
    expect(outcome(await app.post('/items/giveBack', {}))).toEqual(refused);
    await app.delete("/items('d')");
    const done = await app.post('/items/giveBack', {});
    expect([done.status, done.body.value]).toEqual([200, 3]);
    await app.stop();
  });
});

describe('results that are kept', () => {
  it('are the hundred newest of a caller', async () => {
    const app = await TestApp.start();
    const { jobs } = app.store;
    const mine = { holder: 'me', until: Date.now() + 60 * minute };
    for (let at = 0; at < 101; at++) {
      const job = { id: `${at}`, tenant: 'contoso', caller: 'user:ann', request: {} };
      await jobs.add(job, mine);
      const now = jest.spyOn(Date, 'now').mockReturnValue(mine.until + at);
      await jobs.finish(job.id, 'me', {});
      now.mockRestore();
    }
    expect((await app.get(set, { headers: { prefer: 'respond-async' } })).status).toBe(202);
    expect([await jobs.find('0'), (await jobs.find('1'))?.id]).toEqual([undefined, '1']);
    await app.stop();
  });
});

describe('bounds, on both of their sides', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ MAX_CHANGES: '3' });
  });
  afterAll(() => app.stop());
  const count = async (): Promise<number> => Number((await app.get(`${set}/$count`)).text);

  it('a delta payload has as many items as it may, and not one more', async () => {
    const delta = (items: number) => ({ '@context': '#$delta', value: Array.from({ length: items }, () => ({})) });
    const before = await count();
    const refused = await app.patch(set, delta(4), { headers: newer });
    expect([refused.status, refused.body.error.innerError.code]).toEqual([400, 'tooManyChanges']);
    expect(await count()).toBe(before);
    expect((await app.patch(set, delta(3), { headers: newer })).status).toBe(200);
    expect(await count()).toBe(before + 3);
  });

  it('a change of each member is of as many as it may be, and not of one more', async () => {
    for (const id of ['each1', 'each2', 'each3', 'each4']) await app.post(set, { id, relevanceScore: 1 });
    const of = (last: string) => `${set}/$filter(startswith(id,'each') and id le '${last}')/$each`;
    const change = { relevanceScore: 2 };
    expect((await app.patch(of('each4'), change)).body.error.innerError.code).toBe('tooManyChanges');
    expect((await app.delete(of('each4'))).body.error.innerError.code).toBe('tooManyChanges');
    expect((await app.get(`${set}?$filter=startswith(id,'each')&$select=relevanceScore`)).body.value).toEqual(
      ['each1', 'each2', 'each3', 'each4'].map(() => expect.objectContaining({ relevanceScore: 1 })),
    );
    expect((await app.patch(of('each3'), change)).body.value).toHaveLength(3);
    expect((await app.delete(of('each3'))).status).toBe(204);
    expect((await app.get(`${set}?$filter=startswith(id,'each')&$select=id`)).body.value).toHaveLength(1);
  });

  it('a change of each member is undone where they have become too many since they were counted', async () => {
    for (const id of ['late1', 'late2', 'late3', 'late4']) await app.post(set, { id, relevanceScore: 1 });
    const path = `${set}/$filter(startswith(id,'late'))/$each`;
    for (const change of [() => app.patch(path, { relevanceScore: 2 }), () => app.delete(path)]) {
      const counted = jest.spyOn(app.store, 'countMembers').mockResolvedValueOnce(3);
      const { status, body } = await change();
      expect([status, body?.error.innerError.code, counted.mock.calls.length]).toEqual([400, 'tooManyChanges', 1]);
      counted.mockRestore();
    }
    const { body } = await app.get(`${set}?$filter=startswith(id,'late') and relevanceScore eq 1&$select=id`);
    expect(body.value).toHaveLength(4);
  });

  it('a token is good half a day longer than changes are kept, and no longer', async () => {
    const link = (await app.get(`${set}/delta?$select=id`)).body['@odata.deltaLink'] as string;
    const [form, query, epoch, transaction, sequence, at, page] = await openedToken(app, link);
    const aged = async (by: number): Promise<string> => {
      const parts = [form, query, epoch, transaction, sequence, Number(at) - by, page] as const;
      return `${set}/delta?$deltatoken=${await sealedToken(app, `${set.slice(1)}/delta`, parts)}`;
    };
    // A test of a minute's precision: the token was made a moment ago.
    expect((await app.get(await aged(30.5 * day - minute))).status).toBe(200);
    expect((await app.get(await aged(30.5 * day))).status).toBe(410);
  });

  it('a query whose changes are tracked is as long as it may be, and no longer', async () => {
    const query = (length: number): string => `${'$filter=id%20ne%20%27'.padEnd(length - 3, 'x')}%27`;
    const headers = { prefer: 'track-changes' };
    expect((await app.get(`${set}?${query(5000)}`, { headers })).status).toBe(200);
    expect((await app.get(`${set}?${query(5001)}`, { headers })).status).toBe(414);
    expect((await app.get(`${set}?${query(5001)}`)).status).toBe(200);
  });
});

describe('bounds of entities inside', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ MAX_CHANGES: '3' }, library);
  });
  afterAll(() => app.stop());

  it('a body carries as many entities as it may, and not one more', async () => {
    const work = (code: string, chapters: number) => ({
      code,
      chapters: Array.from({ length: chapters }, (_, number) => ({ number })),
    });
    const refused = await app.post('/works', work('w4', 4));
    expect([refused.status, refused.body.error.innerError.code]).toEqual([400, 'tooManyChanges']);
    expect((await app.get("/works('w4')")).status).toBe(404);
    expect((await app.post('/works', work('w3', 3))).status).toBe(201);
  });
});

const people = new Schema('test.people');

@EntityType(people)
class Person {
  @Key() @Property(Edm.String, 'Names the person.', { nullable: false }) id!: string;
  @References(() => Person, 'Who is asked for holidays.') manager?: Person | null;
}

describe('bounds of what is inside itself', () => {
  let app: TestApp;
  beforeAll(async () => {
    const domain: Domain = { model: buildModel(people, { people: Person }), modules: [] };
    app = await TestApp.start({}, domain);
    await app.post('/people', { id: 'p0' });
    for (let n = 1; n <= 8; n++) await app.post('/people', { id: `p${n}`, 'manager@odata.bind': `people/p${n - 1}` });
  });
  afterAll(() => app.stop());

  it.each([
    ['1', 1],
    ['2', 2],
    ['4', 4],
    ['5', 5],
    ['6', 5],
    ['max', 5],
  ])('$levels=%s leads %i levels down', async (levels, depth) => {
    const { body } = await app.get(`/people('p8')?$expand=manager($levels=${levels})`);
    let reached = 0;
    for (let person = body.manager; person !== undefined && person !== null; person = person.manager) reached++;
    expect(reached).toBe(depth);
  });
});
