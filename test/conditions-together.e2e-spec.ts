import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { StoreUnavailableError } from '../src/odata/store/aggregate-store.js';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

const set = '/decoratedProfileConnections';

describe('conditions in several places', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it.each([
    ['stale', 'fresh', 412],
    ['fresh', 'stale', 412],
    ['stale', 'stale', 412],
    ['fresh', 'fresh', 200],
    ['*', 'fresh', 200],
    ['*', 'stale', 412],
  ] as const)('[B4.4] If-Match %s and the ETag of the body %s must both hold: %i', async (header, inBody, status) => {
    const profile = await app.profile({ headline: 'before' });
    for (const path of [profile, profile.replace('/profile', '')]) {
      const isProfile = path === profile;
      const change = (value: number) => (isProfile ? { headline: String(value) } : { relevanceScore: value });
      const stale = (await app.get(path)).headers.get('etag')!;
      const fresh = (await app.patch(path, change(1))).headers.get('etag')!;
      const etags = { stale, fresh, '*': '*' };
      const body = { ...change(2), '@odata.etag': etags[inBody] };
      const answer = await app.patch(path, body, { headers: { 'if-match': etags[header], 'odata-version': '4.01' } });
      expect([path, answer.status]).toEqual([path, status]);
      const now = (await app.get(path)).body;
      expect(now).toMatchObject(change(status === 200 ? 2 : 1));
    }
  });

  it('If-Match and If-None-Match must both hold', async () => {
    const path = (await app.profile()).replace('/profile', '');
    const stale = (await app.get(path)).headers.get('etag')!;
    const fresh = (await app.patch(path, { relevanceScore: 1 })).headers.get('etag')!;
    for (const [match, noneMatch, status] of [
      [fresh, stale, 200],
      [stale, stale, 412],
      [stale, '"1"', 412],
    ] as const) {
      const headers = { 'if-match': match, 'if-none-match': noneMatch };
      expect([headers, (await app.patch(path, { relevanceScore: 1 }, { headers })).status]).toEqual([headers, status]);
      const read = await app.get(path, { headers: { 'if-match': match, 'if-none-match': '"1"' } });
      expect([match, read.status]).toEqual([match, match === fresh ? 200 : 412]);
    }
    const both = { 'if-match': fresh, 'if-none-match': fresh };
    expect((await app.patch(path, { relevanceScore: 2 }, { headers: both })).status).toBe(412);
    expect((await app.get(path)).body.relevanceScore).toBe(1);
  });

  it('a singleton that is not there is not made where it must have been', async () => {
    const other = await TestApp.start({}, library);
    for (const headers of [{ 'if-match': '*' }, { 'if-match': 'W/"1"' }]) {
      expect((await other.patch('/settings', { lendingTime: 'PT1H' }, { headers })).status).toBe(404);
      expect((await other.get('/settings')).status).toBe(404);
    }
    await other.stop();
  });

  it('a profile that is not there is not made where it must have been: 412 for its condition, 404 without a parent', async () => {
    const { body } = await app.post(set, {});
    const path = `${set}/${body.id as string}/profile`;
    for (const ifMatch of ['*', 'W/"1"']) {
      for (const prefer of ['create-if-missing', 'return=representation']) {
        const answer = await app.patch(path, { headline: 'x' }, { headers: { 'if-match': ifMatch, prefer } });
        expect([ifMatch, prefer, answer.status]).toEqual([ifMatch, prefer, 412]);
        expect((await app.get(path)).status).toBe(204);
      }
    }
    const nowhere = await app.patch(`${set}/none/profile`, { headline: 'x' }, { headers: { 'if-match': '*' } });
    expect(nowhere.status).toBe(404);
  });
});

describe('conditions in a library', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    await app.post('/authors', { id: 'ada', name: 'Ada' });
    await app.post('/works', {
      code: 'w1',
      title: 'One',
      'writer@odata.bind': 'authors/ada',
      chapters: [{ number: 1 }],
    });
  });
  afterAll(() => app.stop());

  it('a single entity inside another is not made where If-Match says that it must be there', async () => {
    const path = "/works('w1')/chapters(1)/summary";
    for (const [ifMatch, prefer] of [
      ['*', 'return=representation'],
      ['*', 'create-if-missing'],
      ['W/"1"', 'return=representation'],
      ['W/"1"', 'create-if-missing'],
    ] as const) {
      const answer = await app.patch(path, { text: 'x' }, { headers: { 'if-match': ifMatch, prefer } });
      expect([ifMatch, prefer, answer.status, (await app.get(path)).status]).toEqual([ifMatch, prefer, 412, 204]);
    }
  });

  it('a change that is answered with what it refers to has the ETag that a read gives', async () => {
    const changed = await app.patch("/works('w1')?$expand=writer", { title: 'Two' });
    expect([changed.status, changed.body.writer.id]).toEqual([200, 'ada']);
    const read = await app.get("/works('w1')?$expand=writer");
    expect([changed.headers.get('etag'), changed.body['@odata.etag']]).toEqual([
      read.headers.get('etag'),
      read.body['@odata.etag'],
    ]);
    expect(changed.body.writer['@odata.etag']).toBe(read.body.writer['@odata.etag']);
    const again = await app.patch(
      "/works('w1')?$expand=writer",
      { title: 'Three' },
      {
        headers: { 'if-match': changed.headers.get('etag')! },
      },
    );
    expect(again.status).toBe(200);
  });

  it('an entity stays where the links to it could not be removed', async () => {
    const removal = jest.spyOn(app.store, 'mergeMembers').mockRejectedValue(new StoreUnavailableError('cut'));
    const answers = [await app.delete("/authors('ada')"), await app.delete("/authors/$filter(id eq 'ada')/$each")];
    const calls = removal.mock.calls.length;
    removal.mockRestore();
    expect([answers.map(({ status }) => status), calls > 0]).toEqual([[503, 503], true]);
    expect((await app.get("/authors('ada')")).status).toBe(200);
    expect((await app.get("/works('w1')?$expand=writer")).body.writer.id).toBe('ada');
    expect((await app.delete("/authors('ada')")).status).toBe(204);
    expect((await app.get("/works('w1')?$expand=writer")).body.writer).toBeNull();
  });
});
