import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Domain } from '../src/app.module.js';
import { exportArchive, importArchive, openStore, Progress } from '../src/odata/index.js';
import { library, libraryModel } from './models/library.js';
import { testDatabase } from './support/databases.js';
import { TestApp } from './support/test-app.js';
import { ann } from './support/tokens.js';

const event = '00000000-0000-0000-0000-000000000001';
const reader = { ...ann, scp: 'DecoratedProfile.Read' };
const quiet = new Progress({ isTTY: false, write: () => true } as never);

/** A library that is read only, but for works, which can be changed and neither made nor deleted. */
const guarded: Domain = {
  ...library,
  sets: {
    works: {
      allows: ['read', 'update'],
      seed: { tenant: 'contoso', owner: 'ann', entities: [{ code: 'w', chapters: [{ number: 1 }] }] },
    },
    authors: {
      permissions: { read: ['Nobody.Has.It'] },
      seed: { tenant: 'contoso', owner: 'ann', entities: [{ id: 'a', name: 'Ada' }] },
    },
    bookings: {
      allows: ['read'],
      seed: { tenant: 'contoso', owner: 'ann', entities: [{ room: 'r', day: '2020-01-01', seats: 1 }] },
    },
    events: { allows: ['read'], seed: { tenant: 'contoso', owner: 'ann', entities: [{ token: event, name: 'e' }] } },
    notes: { allows: ['create'] },
    settings: { seed: { tenant: 'contoso', owner: 'ann', entities: [{ name: 's', lendingTime: 'PT1H' }] } },
  },
};

describe('what a set allows', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, guarded);
  });
  afterAll(() => app.stop());

  it.each<[method: string, path: string, allow: string]>([
    ['POST', '/works', 'GET, HEAD, PATCH'],
    ['DELETE', "/works('w')", 'GET, HEAD, PATCH, PUT'],
    ['DELETE', '/works/w', 'GET, HEAD, PATCH, PUT'],
    ['DELETE', "/works(code='w')", 'GET, HEAD, PATCH, PUT'],
    ['DELETE', '/works/$each', 'PATCH'],
    ['PATCH', "/bookings(room='r',day=2020-01-01)", 'GET, HEAD'],
    ['DELETE', "/bookings(room='r',day=2020-01-01)", 'GET, HEAD'],
    ['PUT', "/bookings(room='r',day=2020-01-01)/by", 'GET, HEAD'],
    ['POST', '/bookings', 'GET, HEAD'],
    ['PATCH', '/bookings', 'GET, HEAD'],
    ['PATCH', '/bookings/$each', ''],
    ['PATCH', `/events(${event})`, 'GET, HEAD'],
    ['DELETE', `/events/${event}`, 'GET, HEAD'],
    ['PUT', `/events(${event})/name/$value`, 'GET, HEAD'],
    ['GET', '/notes', 'PATCH, POST'],
    ['POST', "/works('w')", 'GET, HEAD, PATCH, PUT'],
    ['POST', '/settings', 'GET, HEAD, PATCH, PUT'],
    ['DELETE', '/settings', 'GET, HEAD, PATCH, PUT'],
  ])('is all that can be done: %s %s is 405, whatever the key and its style', async (method, path, allow) => {
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: {} };
    const answer = await app.request(method, path, body);
    expect([answer.status, answer.headers.get('allow'), answer.body.error.innerError.code]).toEqual([
      405,
      allow,
      'methodNotAllowed',
    ]);
  });

  it('holds for what a body carries, too', async () => {
    const made = await app.patch(
      "/works('w')",
      { writer: { id: 'n', name: 'N' } },
      { headers: { 'odata-version': '4.01' } },
    );
    // Authors can be made; to read them in the answer needs what nobody has.
    expect([made.status, made.body.error.innerError.code]).toEqual([403, 'accessDenied']);
    const delta = { '@context': '#$delta', value: [{ code: 'n' }] };
    const added = await app.patch('/works', delta);
    expect([added.status, added.body.error.innerError.code]).toEqual([404, 'resourceNotFound']);
    const gone = { '@context': '#$delta', value: [{ '@removed': { reason: 'deleted' }, code: 'w' }] };
    const removed = await app.patch('/works', gone);
    expect([removed.status, removed.body.error.innerError.code]).toEqual([403, 'operationNotAllowed']);
    expect((await app.get('/works/$count')).text).toBe('1');
  });

  it('lets do what it allows', async () => {
    expect((await app.patch("/works('w')", { title: 'x' })).status).toBe(200);
    expect((await app.patch("/works('w')/chapters(1)", { title: 'x' })).status).toBe(200);
    expect((await app.post('/notes', { text: 'x' })).status).toBe(201);
  });

  it('is what the metadata and the description of the API say', async () => {
    const { body } = await app.get('/$metadata?$format=json');
    const { works, bookings, notes } = body['test.library'].Container;
    const said = (set: any) => [
      set['@Capabilities.ReadRestrictions'].Readable,
      set['@Capabilities.InsertRestrictions'].Insertable,
      set['@Capabilities.UpdateRestrictions'].Updatable,
      set['@Capabilities.DeleteRestrictions'].Deletable,
    ];
    expect([works, bookings, notes].map(said)).toEqual([
      [true, false, true, false],
      [true, false, false, false],
      [false, true, false, false],
    ]);
    const { paths } = (await app.get('/openapi.json')).body;
    const methods = (path: string) => Object.keys(paths[path]).filter((key) => key !== 'parameters');
    expect(methods('/bookings')).toEqual(['get']);
    expect(methods('/notes').sort()).toEqual(['patch', 'post']);
  });
});

describe('the permissions of a set', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, guarded);
  });
  afterAll(() => app.stop());

  it.each([
    '/authors',
    "/authors('a')/name",
    '/%61uthors',
    '/authors/$count',
    '/works?$expand=writer',
    "/works?$filter=writer/name eq 'Ada'",
    '/works?$filter=writers/any()',
    '/works?$orderby=writer/name',
    '/works?$apply=aggregate(writer/name with max as m)',
    '/works?$compute=writer/name as n&$select=n',
    "/works('w')/writer",
    "/works('w')/writers",
    "/works('w')/writers/$ref",
    "/works('w')/chapters(1)/editor",
    '/works?$expand=chapters($expand=editor/$ref)',
    '/works/$count?$filter=writers/$count gt 0',
  ])('are asked wherever its members are looked at: %s', async (path) => {
    const { status, body } = await app.get(path.includes('%') ? path : encodeURI(path));
    expect([path, status, body.error?.innerError.code]).toEqual([path, 403, 'accessDenied']);
    expect(body.error.message).toContain('Nobody.Has.It');
  });

  it('leave others alone', async () => {
    expect((await app.get('/works')).status).toBe(200);
    expect((await app.get('/works', { as: reader })).status).toBe(200);
    expect((await app.patch("/works('w')", {}, { as: reader })).status).toBe(403);
  });

  it('are what the metadata says', async () => {
    const { body } = await app.get('/$metadata?$format=json');
    expect(JSON.stringify(body['test.library'].Container.authors['@Capabilities.ReadRestrictions'])).toContain(
      'Nobody',
    );
  });
});

describe('a set that everyone may read', () => {
  let app: TestApp;
  beforeAll(async () => {
    const seed = { tenant: 'open', owner: 'o', entities: [{ id: 'a', name: 'Ada' }] };
    const sets = { authors: { anonymous: true, seed } };
    app = await TestApp.start({}, { ...library, anonymous: { tenant: 'open' }, sets });
  });
  afterAll(() => app.stop());

  it('is read by whoever has a token too, and needs no permission', async () => {
    expect((await app.get('/authors', { as: { ...ann, scp: 'Other' } })).status).toBe(200);
    const { body } = await app.get('/$metadata?$format=json');
    expect(body['test.library'].Container.authors['@Capabilities.ReadRestrictions']).not.toHaveProperty('Permissions');
    const { paths } = (await app.get('/openapi.json')).body;
    expect(paths['/authors'].get.security).toEqual([]);
  });

  it('cannot be said without whose entities it has', async () => {
    const domain = { ...library, sets: { authors: { anonymous: true } } };
    await expect(TestApp.start({}, domain)).rejects.toThrow('anonymous.tenant');
  });
});

describe('what is there from the start', () => {
  it('is made once, stays as it is changed, and is in archives, singletons too', async () => {
    const database = await testDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'seed-'));
    const variables = { DATABASE_URL: database.url };
    const first = await TestApp.start(variables, guarded);
    expect((await first.get('/settings')).body).toMatchObject({ name: 's', lendingTime: 'PT1H' });
    await first.patch('/settings', { lendingTime: 'PT2H' });
    await first.stop();
    const second = await TestApp.start(variables, guarded);
    expect((await second.get('/settings/lendingTime')).body.value).toBe('PT2H');
    expect((await second.get('/works/$count')).text).toBe('1');
    const file = join(folder, 'archive.ndjson');
    await exportArchive({ store: second.store, model: libraryModel }, file, quiet);
    await second.stop();
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ set }) => set)).toContain('settings');
    const other = await testDatabase();
    const store = await openStore(libraryModel, { url: other.url });
    const signal = new AbortController().signal;
    const refused: string[] = [];
    const onRefused = (_: number, reason: string) => refused.push(reason);
    const options = { skip: 0, signal, onRefused, progress: quiet };
    const { restored } = await importArchive({ store, model: libraryModel }, file, options);
    expect([restored, refused]).toEqual([lines.length, []]);
    await store.close();
    const third = await TestApp.start({ DATABASE_URL: other.url }, guarded);
    expect((await third.get('/settings/lendingTime')).body.value).toBe('PT2H');
    await third.stop();
    await database.discard();
    await other.discard();
    rmSync(folder, { recursive: true });
  });

  it('cannot be what the model does not have', async () => {
    const seed = { tenant: 't', owner: 'o', entities: [{ id: 'a', nope: 1 }] };
    const domain = { ...library, sets: { authors: { seed } } };
    await expect(TestApp.start({}, domain)).rejects.toThrow('seed of authors has a fault in entity 0');
  });

  it('need not be: a singleton that is not there is made by its first update, where it may be created', async () => {
    const free = await TestApp.start({}, library);
    expect((await free.get('/settings')).status).toBe(404);
    const made = await free.patch('/settings', { lendingTime: 'PT1H' });
    expect([made.status, made.body.lendingTime]).toEqual([201, 'PT1H']);
    expect((await free.request('PUT', '/settings', { body: {} })).status).toBe(200);
    await free.stop();
    const bound = await TestApp.start({}, { ...library, sets: { settings: { allows: ['read', 'update'] } } });
    expect((await bound.patch('/settings', {})).status).toBe(404);
    await bound.stop();
  });
});

describe('a set that upserts', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start(
      {},
      {
        ...library,
        sets: {
          works: { upserts: true },
          bookings: { upserts: true, allows: ['read', 'update'] },
          notes: { upserts: true },
        },
      },
    );
  });
  afterAll(() => app.stop());

  it.each(['PATCH', 'PUT'])('[A40M-29] [B3.7] makes what is not there, by %s alone', async (method) => {
    const path = `/works('${method}')`;
    const made = await app.request(method, path, { body: { title: 'x', code: 'other' } });
    expect([made.status, made.body.code, made.headers.get('location')]).toEqual([201, method, `${app.root}${path}`]);
    expect(made.headers.get('preference-applied')).toBeNull();
    expect((await app.request(method, path, { body: { loans: 1 } })).status).toBe(200);
    const inside = await app.request(method, `${path}/chapters(1)`, { body: { title: 'y' } });
    expect([inside.status, inside.body.number]).toEqual([201, 1]);
    const deep = await app.request(method, `${path}/chapters(1)/remarks('r')`, { body: { text: 'z' } });
    expect([deep.status, deep.body.id]).toEqual([201, 'r']);
    expect((await app.request(method, `${path}/chapters(2)/remarks('r')`, { body: {} })).status).toBe(404);
    const minimal = { headers: { prefer: 'return=minimal' }, body: {} };
    const { status, headers } = await app.request(method, `/works('${method} minimal')`, minimal);
    expect([status, headers.get('odata-entityid')]).toEqual([204, `${app.root}/works('${method}%20minimal')`]);
  });

  it('makes none where the request says that one is there, the set has none made, or the key is not the client’s', async () => {
    const one = await app.patch("/works('none')", {}, { headers: { 'if-match': '*' } });
    expect(one.status).toBe(412);
    expect((await app.get("/works('none')")).status).toBe(404);
    expect((await app.patch("/bookings(room='r',day=2020-01-01)", { seats: 1 })).status).toBe(404);
    expect((await app.patch('/notes(01234567-89ab-cdef-0123-456789abcdef)', {})).status).toBe(404);
    expect((await app.patch("/authors('none')", {})).status).toBe(404);
    const reader = await app.patch("/works('none')", {}, { as: { ...ann, scp: 'DecoratedProfile.Read' } });
    expect(reader.status).toBe(403);
    expect((await app.patch("/works('none')/title", { value: 'x' })).status).toBe(404);
  });

  it('says so', async () => {
    const { body } = await app.get('/$metadata?$format=json');
    const sets = body['test.library'].Container;
    const claims = ['works', 'bookings', 'notes', 'authors'].map(
      (name) => sets[name]['@Capabilities.UpdateRestrictions'].Upsertable,
    );
    expect(claims).toEqual([true, false, false, false]);
    const inside = sets.works['@Capabilities.NavigationRestrictions'].RestrictedProperties as any[];
    const upsertable = inside.filter(({ UpdateRestrictions: update }) => update.Upsertable);
    expect(upsertable.map(({ NavigationProperty: name }) => name)).toEqual(['chapters']);
  });
});
