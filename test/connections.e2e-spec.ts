import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { memberPath } from '../src/odata/protocol/uri/entity-path.js';
import { seedProfile, withHashes } from './support/seed-profile.js';
import { TestApp } from './support/test-app.js';
import { bob, daemon } from './support/tokens.js';

const set = '/decoratedProfileConnections';

describe('connections', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ PAGE_SIZE: '3', MAX_PAGE_SIZE: '5' });
  });
  afterAll(() => app.stop());
  afterEach(async () => {
    const { body } = await app.get(set, { as: daemon, headers: { prefer: 'maxpagesize=5' } });
    for (const { id } of body.value)
      await app.delete(`/${memberPath('decoratedProfileConnections', id).url}`, { as: daemon });
  });

  describe('POST', () => {
    it('[A40M-19] [A40M-27] [C24] creates a connection; Location is its edit URL', async () => {
      const { status, headers, body } = await app.post(set, { relevanceScore: 0.5 });
      expect(status).toBe(201);
      expect(body).toMatchObject({ '@odata.type': '#microsoft.graph.DecoratedProfileConnection', relevanceScore: 0.5 });
      expect(body.id).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get('location')).toBe(`${app.root}${set}('${body.id}')`);
      expect((await app.get(headers.get('location')!)).text).toBe(JSON.stringify(body));
    });

    it('[A40M-32] [B5.15] with an inline profile answers expanded as deep', async () => {
      const { status, body } = await app.post(set, { id: 'deep', relevanceScore: 1, profile: seedProfile });
      expect(status).toBe(201);
      expect(body['@odata.context']).toBe(`${app.root}/$metadata#decoratedProfileConnections/$entity`);
      expect(body.profile).toMatchObject(withHashes(seedProfile));
      expect(body.profile.id).toMatch(/^[0-9a-f-]{36}$/);
      expect((await app.get(`${set}/deep/profile`)).body).toMatchObject(body.profile);
    });

    it('[A40M-28] [B3.8] with return=minimal answers 204 that says where the connection is', async () => {
      const { status, headers, text } = await app.post(set, { id: 'm' }, { headers: { prefer: 'return=minimal' } });
      expect([status, text]).toEqual([204, '']);
      expect(headers.get('odata-entityid')).toBe(`${app.root}${set}('m')`);
      expect(headers.get('location')).toBe(`${app.root}${set}('m')`);
    });

    it.each(["it's", 'a/b', 'a b', '%', 'ü🚇', "'", '(x)', '[x', '[1]', '?#&=+', '..', 'x'.repeat(128)])(
      '[A40M-18] keeps the id %j, which its URL addresses in either style',
      async (id) => {
        const { status, headers } = await app.post(set, { id, profile: { headline: id } });
        expect(status).toBe(201);
        expect((await app.get(headers.get('location')!)).body.id).toBe(id);
        expect((await app.get(`${headers.get('location')!}/profile`)).body.headline).toBe(id);
        if (id !== '..') expect((await app.get(`${set}/${encodeURIComponent(id)}`)).body.id).toBe(id);
      },
    );

    it('[B7.409] an id that is taken answers 409 and leaves the first as it was', async () => {
      await app.post(set, { id: 'taken', relevanceScore: 1 });
      const answer = await app.post(set, { id: 'taken', relevanceScore: 2 });
      expect(answer.status).toBe(409);
      expect(answer.body.error).toMatchObject({
        code: 'conflict',
        target: 'id',
        innerError: { code: 'keyAlreadyExists' },
      });
      expect((await app.get(`${set}/taken`)).body.relevanceScore).toBe(1);
    });

    it.each([
      ['B1.7', 'nullNotAllowed id', { id: null }],
      ['B2.11', 'typeMismatch id', { id: 5 }],
      ['B2.13', 'valueNotAllowed id', { id: '' }],
      ['B2.13', 'valueTooLong id', { id: 'x'.repeat(129) }],
      ['B2.11', 'typeMismatch profile', { profile: 'x' }],
      ['B2.21', 'typeMismatch profile/headline', { profile: { headline: 1 } }],
      [
        'B3.10',
        'bindNotAllowed profile@odata.bind',
        { 'profile@odata.bind': "decoratedProfileConnections('x')/profile" },
      ],
      ['B3.10', 'bindNotAllowed profile', { profile: { '@odata.id': "decoratedProfileConnections('x')/profile" } }],
    ])('[%s] refuses %s', async (_, fault, body) => {
      const { status, body: answer } = await app.post(set, body);
      expect(status).toBe(400);
      expect(answer.error.details.map((d: any) => `${d.code} ${d.target}`)).toEqual([fault]);
      expect((await app.get(set)).body.value).toEqual([]);
    });

    it('a profile that is null is none', async () => {
      await app.post(set, { id: 'n', profile: null });
      expect((await app.get(`${set}/n/profile`)).status).toBe(204);
    });
  });

  describe('GET of the list', () => {
    it('[A40M-3] [B5.11] [C20] [J-15] is paged by the server; walking it gives each connection once', async () => {
      for (const id of ['c', 'a', 'e', 'b', 'd']) await app.post(set, { id });
      const seen: string[] = [];
      const sizes: number[] = [];
      for (let url: string | undefined = set; url !== undefined;) {
        const { body } = await app.get(url);
        seen.push(...body.value.map(({ id }: any) => id));
        sizes.push(body.value.length);
        url = body['@odata.nextLink'];
        if (url !== undefined) expect(url).toMatch(/^http:.*\?\$skiptoken=[\w-]+$/);
      }
      expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(sizes).toEqual([3, 2]);
    });

    it('a page that ends with the last connection has no next link', async () => {
      for (const id of ['a', 'b', 'c']) await app.post(set, { id });
      expect((await app.get(set)).body).not.toHaveProperty('@odata.nextLink');
    });

    it('stays in place when connections come and go between pages', async () => {
      for (const id of ['b', 'd', 'f', 'h']) await app.post(set, { id });
      const next = (await app.get(set)).body['@odata.nextLink'];
      await app.delete(`${set}/f`);
      await app.post(set, { id: 'a' });
      await app.post(set, { id: 'g' });
      expect((await app.get(next)).body.value.map(({ id }: any) => id)).toEqual(['g', 'h']);
    });

    it.each([
      ['maxpagesize=2', 2, 'maxpagesize=2'],
      ['odata.maxpagesize=4', 4, 'odata.maxpagesize=4'],
      ['odata.maxpagesize=1, maxpagesize=2', 2, 'maxpagesize=2'],
      ['maxpagesize=99', 5, 'maxpagesize=5'],
      ['maxpagesize=0', 3, null],
      ['maxpagesize=x', 3, null],
    ])('[A40M-14] [A41M-4] [B5.11] Prefer: %s gives pages of %i', async (prefer, size, applied) => {
      for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) await app.post(set, { id });
      const { body, headers } = await app.get(set, { headers: { prefer } });
      expect(body.value).toHaveLength(size);
      expect(headers.get('preference-applied')).toBe(applied);
      await app.delete(`${set}/f`);
    });

    it('[C22] an empty one is an empty array', async () => {
      const { status, body } = await app.get(set);
      expect(status).toBe(200);
      expect(body).toEqual({ '@odata.context': `${app.root}/$metadata#decoratedProfileConnections`, value: [] });
    });

    it('keeps $select and $expand on the next page', async () => {
      for (const id of ['a', 'b', 'c', 'd']) await app.post(set, { id, profile: { headline: id } });
      const first = await app.get(`${set}?$select=id&$expand=profile($select=headline)`);
      const { body } = await app.get(first.body['@odata.nextLink']);
      expect(body.value).toEqual([
        {
          '@odata.type': '#microsoft.graph.DecoratedProfileConnection',
          '@odata.etag': expect.any(String),
          id: 'd',
          profile: {
            '@odata.type': '#microsoft.graph.DecoratedProfile',
            '@odata.id': `${app.root}${set}('d')/profile`,
            '@odata.etag': expect.any(String),
            headline: 'd',
          },
        },
      ]);
    });

    it.each(['x', 'MQ', '!!!!', 'MmE'])('a $skiptoken that was not made here is refused: %j', async (token) => {
      const answer = await app.get(`${set}?$skiptoken=${token}`);
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({ target: '$skiptoken', innerError: { code: 'invalidSkipToken' } });
    });
  });

  describe('PATCH and DELETE of a connection', () => {
    it('[B1.1] [A40M-23] changes its properties and leaves its profile alone', async () => {
      await app.post(set, { id: 'p', relevanceScore: 1, profile: { headline: 'h' } });
      const profile = (await app.get(`${set}/p/profile`)).text;
      const { status, body } = await app.patch(`${set}('p')`, { relevanceScore: 2.5, id: 'other' });
      expect(status).toBe(200);
      expect(body).toMatchObject({ id: 'p', relevanceScore: 2.5 });
      expect(body).not.toHaveProperty('profile');
      expect((await app.get(`${set}/p/profile`)).text).toBe(profile);
      expect((await app.patch(`${set}/p?$expand=profile`, { relevanceScore: null })).body).toMatchObject({
        relevanceScore: null,
        profile: { headline: 'h' },
      });
    });

    it('[B3.10] with an inline profile is refused in 4.0, and done in 4.01', async () => {
      await app.post(set, { id: 'p', relevanceScore: 1 });
      const of = (version: string) =>
        app.patch(`${set}/p`, { relevanceScore: 2, profile: {} }, { headers: { 'odata-version': version } });
      expect((await of('4.0')).status).toBe(400);
      expect((await app.get(`${set}/p`)).body.relevanceScore).toBe(1);
      expect((await of('4.01')).status).toBe(200);
    });

    it('[A40M-24] DELETE removes the connection with its profile', async () => {
      await app.post(set, { id: 'gone', profile: {} });
      const answer = await app.delete(`${set}('gone')`);
      expect([answer.status, answer.text]).toEqual([204, '']);
      for (const path of [`${set}/gone`, `${set}/gone/profile`]) expect((await app.get(path)).status).toBe(404);
      expect((await app.delete(`${set}/gone`)).status).toBe(404);
      expect((await app.patch(`${set}/gone`, {})).status).toBe(404);
    });

    it('DELETE with a content type and no body is no broken JSON', async () => {
      await app.post(set, { id: 'sap' });
      const headers = { 'content-type': 'application/json' };
      expect((await app.delete(`${set}/sap`, { headers })).status).toBe(204);
    });
  });

  describe('the profile of a connection that has none', () => {
    it('[B3.1] reads as 204, of an unknown connection as 404', async () => {
      await app.post(set, { id: 'bare' });
      const answer = await app.get(`${set}/bare/profile`);
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(answer.headers.get('content-type')).toBeNull();
      expect((await app.get(`${set}/unknown/profile`)).status).toBe(404);
    });

    it('expands as null', async () => {
      await app.post(set, { id: 'bare' });
      expect((await app.get(`${set}/bare?$expand=profile`)).body).toHaveProperty('profile', null);
    });

    it('[B3.3] [B3.7] [B3.8] [A40M-29] is made by PATCH: 201, Location, an id of the server', async () => {
      await app.post(set, { id: 'bare' });
      const { status, headers, body } = await app.patch(`${set}/bare/profile`, { id: 'mine', headline: 'new' });
      expect(status).toBe(201);
      expect(headers.get('location')).toBe(`${app.root}${set}('bare')/profile`);
      expect(body.headline).toBe('new');
      expect(body.id).toMatch(/^[0-9a-f-]{36}$/);
      expect((await app.get(headers.get('location')!)).text).toBe(JSON.stringify(body));
      expect((await app.patch(`${set}/bare/profile`, { headline: 'newer' })).status).toBe(200);
    });

    it('[B3.8] is made by PATCH with return=minimal: 204, Location, OData-EntityId', async () => {
      await app.post(set, { id: 'bare' });
      const answer = await app.patch(`${set}/bare/profile`, {}, { headers: { prefer: 'return=minimal' } });
      expect(answer.status).toBe(204);
      expect(answer.headers.get('location')).toBe(`${app.root}${set}('bare')/profile`);
      expect(answer.headers.get('odata-entityid')).toBe(`${app.root}${set}('bare')/profile`);
    });

    it.each(['*', 'W/"1"'])('[B3.4] If-Match: %s forbids to make it', async (tag) => {
      await app.post(set, { id: 'bare' });
      expect((await app.patch(`${set}/bare/profile`, {}, { headers: { 'if-match': tag } })).status).toBe(412);
      expect((await app.get(`${set}/bare/profile`)).status).toBe(204);
    });

    it('[B3.5] If-None-Match: * makes it, and forbids to change it', async () => {
      await app.post(set, { id: 'bare' });
      const headers = { 'if-none-match': '*' };
      expect((await app.patch(`${set}/bare/profile`, { headline: 'a' }, { headers })).status).toBe(201);
      expect((await app.patch(`${set}/bare/profile`, { headline: 'b' }, { headers })).status).toBe(412);
      expect((await app.get(`${set}/bare/profile`)).body.headline).toBe('a');
    });

    it('is made once by many at one time', async () => {
      await app.post(set, { id: 'bare' });
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => app.patch(`${set}/bare/profile`, { skills: [`${index}`] })),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    });

    it('[A40M-24] DELETE removes a profile and leaves the connection; without one it answers 404', async () => {
      await app.post(set, { id: 'bare', relevanceScore: 3, profile: {} });
      expect((await app.delete(`${set}/bare/profile`)).status).toBe(204);
      expect((await app.get(`${set}/bare/profile`)).status).toBe(204);
      expect((await app.delete(`${set}/bare/profile`)).status).toBe(404);
      expect((await app.get(`${set}/bare`)).body.relevanceScore).toBe(3);
    });
  });

  describe('the owner', () => {
    it('is who creates the connection; an application may name another user', async () => {
      await app.post(set, { id: 'of-bob' }, { as: daemon, headers: { 'x-owner-id': 'bob' } });
      expect((await app.get(`${set}/of-bob`, { as: bob })).status).toBe(200);
      expect((await app.get(`${set}/of-bob`)).status).toBe(404);
    });

    it('cannot be another user when a user creates it', async () => {
      const answer = await app.post(set, { id: 'x' }, { headers: { 'x-owner-id': 'bob' } });
      expect(answer.status).toBe(403);
      expect((await app.post(set, { id: 'x' }, { headers: { 'x-owner-id': 'ann' } })).status).toBe(201);
    });
  });

  describe('an update that may make what is not there', () => {
    const wanted = { 'content-type': 'application/json', prefer: 'create-if-missing' };
    const set = '/decoratedProfileConnections';

    it.each(['PATCH', 'PUT'])('[C42] [B3.9] %s with Prefer: create-if-missing makes the connection', async (method) => {
      const path = `${set}/made-by-${method}`;
      const body = { relevanceScore: 0.5, id: 'ignored' };
      expect((await app.request(method, path, { body })).status).toBe(404);
      const made = await app.request(method, path, { body, headers: wanted });
      expect([made.status, made.body.id, made.headers.get('preference-applied')]).toEqual([
        201,
        `made-by-${method}`,
        'create-if-missing',
      ]);
      expect(made.headers.get('location')).toContain(`('made-by-${method}')`);
      const again = await app.request(method, path, { body: { relevanceScore: null }, headers: wanted });
      expect([again.status, again.body.relevanceScore, again.headers.get('location')]).toEqual([200, null, null]);
    });

    it('[C42] [B3.4] [B3.5] heeds If-Match and If-None-Match', async () => {
      const path = `${set}/conditional`;
      const send = (headers: Record<string, string>) =>
        app.patch(path, { relevanceScore: 1 }, { headers: { ...wanted, ...headers } });
      expect((await send({ 'if-match': '*' })).status).toBe(412);
      expect((await send({ 'if-match': 'W/"1"' })).status).toBe(412);
      expect((await app.get(path)).status).toBe(404);
      const made = await send({ prefer: 'return=minimal', 'if-none-match': '*' });
      expect([made.status, made.headers.get('odata-entityid')]).toEqual([
        204,
        expect.stringContaining("('conditional')"),
      ]);
      expect((await send({ 'if-none-match': '*' })).status).toBe(412);
      expect((await send({ 'if-match': '*' })).status).toBe(200);
    });

    it('does not reach what the caller does not see', async () => {
      const path = `${set}/of-ann`;
      await app.post(set, { id: 'of-ann', relevanceScore: 1 });
      const { status, body } = await app.patch(path, { relevanceScore: 2 }, { as: bob, headers: wanted });
      expect([status, body.error.innerError.code]).toEqual([409, 'keyAlreadyExists']);
      expect((await app.get(path)).body.relevanceScore).toBe(1);
      const owned = await app.patch(`${set}/for-bob`, {}, { as: daemon, headers: { ...wanted, 'x-owner-id': 'bob' } });
      expect(owned.status).toBe(201);
      expect((await app.get(`${set}/for-bob`, { as: bob })).status).toBe(200);
      const theft = await app.patch(`${set}/for-ann`, {}, { as: bob, headers: { ...wanted, 'x-owner-id': 'ann' } });
      expect(theft.status).toBe(403);
    });

    it('refuses an id that no connection can have', async () => {
      const { status, body } = await app.patch(`${set}/${'x'.repeat(129)}`, {}, { headers: wanted });
      expect([status, body.error.innerError.code, body.error.target]).toEqual([400, 'valueTooLong', 'id']);
    });

    it('of many at one time makes one, and loses none', async () => {
      const path = `${set}/together`;
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => app.patch(path, { relevanceScore: 1 }, { headers: wanted })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    });
  });

  describe('an update of a connection that carries its profile', () => {
    const newer = { 'content-type': 'application/json', 'odata-version': '4.01', 'odata-maxversion': '4.01' };
    const set = '/decoratedProfileConnections';
    const fresh = async (profile?: object): Promise<string> => {
      const { body } = await app.post(set, { relevanceScore: 1, ...(profile === undefined ? {} : { profile }) });
      return `${set}/${body.id as string}`;
    };
    const etags = async (path: string) =>
      Promise.all([path, `${path}/profile`].map(async (one) => (await app.get(one)).headers.get('etag')));

    it('[A41M-21] [B3.13] merges into both, in one step, and answers with both', async () => {
      const path = await fresh({ firstName: 'Ann', locale: { language: 'en' } });
      const { id } = (await app.get(`${path}/profile`)).body as { id: string };
      const body = { relevanceScore: 2, profile: { id: 'ignored', headline: 'h', locale: { country: 'GB' } } };
      const answer = await app.patch(path, body, { headers: newer });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({
        relevanceScore: 2,
        profile: { id, firstName: 'Ann', headline: 'h', locale: { language: 'en', country: 'GB' } },
      });
      expect((await app.get(`${path}?$expand=profile`, { headers: newer })).body.profile).toEqual(answer.body.profile);
    });

    it('changes the version of what it changes, and of the connection', async () => {
      const path = await fresh({ firstName: 'Ann' });
      const before = await etags(path);
      expect((await app.patch(path, { profile: { firstName: 'Ann' } }, { headers: newer })).status).toBe(200);
      expect(await etags(path)).toEqual(before);
      await app.patch(path, { relevanceScore: 3, profile: { firstName: 'Ann' } }, { headers: newer });
      const [connection, profile] = await etags(path);
      expect([connection === before[0], profile]).toEqual([false, before[1]]);
      await app.patch(path, { profile: { firstName: 'Ben' } }, { headers: newer });
      const last = await etags(path);
      expect([last[0] === connection, last[1] === profile, last[0]]).toEqual([false, false, last[1]]);
      expect(
        (await app.patch(path, { profile: { firstName: 'No' } }, { headers: { ...newer, 'if-match': before[0]! } }))
          .status,
      ).toBe(412);
      expect((await app.get(`${path}/profile`)).body.firstName).toBe('Ben');
    });

    it('makes the profile where there is none, and removes it with null', async () => {
      const path = await fresh();
      const made = await app.patch(path, { profile: { firstName: 'Ann' } }, { headers: newer });
      expect([made.status, made.body.profile.id]).toEqual([200, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
      expect((await app.get(`${path}/profile`)).body.firstName).toBe('Ann');
      expect((await app.patch(path, { profile: null }, { headers: newer })).status).toBe(200);
      expect((await app.get(`${path}/profile`)).status).toBe(204);
    });

    it('[B3.20] replaces both with PUT, and leaves alone what it does not name', async () => {
      const path = await fresh({ firstName: 'Ann', headline: 'h' });
      const { body } = await app.request('PUT', path, { body: { profile: { headline: 'new' } }, headers: newer });
      expect([body.relevanceScore, body.profile.firstName, body.profile.headline]).toEqual([null, null, 'new']);
      await app.request('PUT', path, { body: { relevanceScore: 1 }, headers: newer });
      expect((await app.get(`${path}/profile`)).body.headline).toBe('new');
    });

    it.each(['PATCH', 'PUT'])(
      '[B3.10] refuses a reference in the place of the profile, which stays: %s',
      async (method) => {
        const path = await fresh({ firstName: 'Ann', headline: 'h' });
        const other = await fresh({ firstName: 'Ben' });
        const before = (await app.get(`${path}?$expand=profile`)).text;
        for (const [profile, fault] of [
          [{ '@id': `${other.slice(1)}/profile` }, 'bindNotAllowed profile'],
          [{ '@id': `${path.slice(1)}/profile` }, 'bindNotAllowed profile'],
          [{ '@odata.id': `${app.root}${other}/profile` }, 'bindNotAllowed profile'],
          [{ '@id': `${other.slice(1)}/profile`, headline: 'new' }, 'entityIdMismatch profile/@id'],
        ] as const) {
          const answer = await app.request(method, path, { body: { profile }, headers: newer });
          const faults = answer.body.error?.details.map((d: any) => `${d.code} ${d.target}`);
          expect([answer.status, faults]).toEqual([400, [fault]]);
          expect((await app.get(`${path}?$expand=profile`)).text).toBe(before);
        }
      },
    );

    it('[B2.4] takes the id of the profile that it changes', async () => {
      const path = await fresh({ firstName: 'Ann' });
      for (const id of [`${app.root}${path}/profile`, `${path.slice(1)}/profile`]) {
        const body = { profile: { '@id': id, headline: id } };
        expect((await app.patch(path, body, { headers: newer })).body.profile.headline).toBe(id);
      }
    });

    describe.each(['4.0', '4.01', undefined])('as it was read, with OData-Version %s', (version) => {
      const reading = (level: string): Record<string, string> => ({
        'content-type': 'application/json',
        accept: `application/json;odata.metadata=${level}`,
        'odata-maxversion': version ?? '4.0',
      });
      const headers = (level: string): Record<string, string> => ({
        ...reading(level),
        ...(version === undefined ? {} : { 'odata-version': version }),
      });

      it.each([
        ['PATCH', 'minimal'],
        ['PATCH', 'full'],
        ['PUT', 'minimal'],
        ['PUT', 'full'],
      ])('%s with metadata=%s is taken, and changes nothing but what was changed', async (method, level) => {
        for (const profile of [{ firstName: 'Ann', locale: { language: 'en' } }, undefined]) {
          const path = await fresh(profile);
          const row = await app.get(`${path}?$expand=profile`, { headers: reading(level) });
          const again = await app.request(method, path, { body: row.text, headers: headers(level) });
          expect([again.status, again.headers.get('etag')]).toEqual([200, row.headers.get('etag')]);
          const edited = { ...row.body, relevanceScore: 7, profile: row.body.profile && { ...row.body.profile } };
          if (profile !== undefined) edited.profile.headline = 'new';
          const answer = await app.request(method, path, { body: edited, headers: headers(level) });
          expect([answer.status, answer.body.relevanceScore]).toEqual([200, 7]);
          const { body } = await app.get(`${path}?$expand=profile`);
          expect(body.profile?.headline).toBe(profile && 'new');
          expect(body.profile?.locale.language).toBe(profile?.locale.language);
        }
      });

      it(`its profile has changed meanwhile: ${version === '4.01' ? 'refused' : 'the last one wins'}`, async () => {
        const path = await fresh({ firstName: 'Ann' });
        const { body: others } = await app.get(`${path}?$expand=profile`, { headers: reading('minimal') });
        delete others['@odata.etag'];
        delete others['@etag'];
        await app.patch(`${path}/profile`, { firstName: 'Ben' });
        const isRefused = version === '4.01';
        const status = (await app.patch(path, others, { headers: headers('minimal') })).status;
        expect(status).toBe(isRefused ? 412 : 200);
        expect((await app.get(`${path}/profile`)).body.firstName).toBe(isRefused ? 'Ben' : 'Ann');
        await app.delete(`${path}/profile`);
        const gone = await app.patch(path, others, { headers: headers('minimal') });
        expect([gone.status, (await app.get(`${path}/profile`)).status]).toEqual(isRefused ? [412, 204] : [200, 200]);
      });
    });

    it.each<[tag: unknown, status: number]>([
      ['*', 200],
      ['W/"1", "2"', 412],
      ['"x"', 412],
      ['x', 400],
      [1, 400],
    ])('compares the tag of the profile: %j gives %s', async (tag, status) => {
      const path = await fresh({ firstName: 'Ann' });
      const answer = await app.patch(path, { profile: { '@etag': tag, firstName: 'Ben' } }, { headers: newer });
      expect(answer.status).toBe(status);
      if (status === 400)
        expect(answer.body.error.details[0]?.target ?? answer.body.error.target).toBe('profile/@etag');
      expect((await app.get(`${path}/profile`)).body.firstName).toBe(status === 200 ? 'Ben' : 'Ann');
      const upsert = { ...newer, prefer: 'create-if-missing' };
      const made = await app.patch(`${set}/none-${status}`, { profile: { '@etag': tag } }, { headers: upsert });
      expect([made.status, (await app.get(`${set}/none-${status}`)).status]).toEqual([
        status === 200 ? 412 : status,
        404,
      ]);
    });

    it('makes both where the client prefers it', async () => {
      const path = `${set}/deep-upsert`;
      const headers = { ...newer, prefer: 'create-if-missing' };
      const { status, body } = await app.patch(path, { profile: { firstName: 'Ann', headline: null } }, { headers });
      expect([status, body.profile.firstName, body.profile.headline]).toEqual([201, 'Ann', null]);
    });

    it('[B3.15] names every fault of both, and changes neither', async () => {
      const path = await fresh({ firstName: 'Ann' });
      const before = (await app.get(`${path}?$expand=profile`)).text;
      const body = { relevanceScore: 'much', profile: { firstName: 1, locale: { nope: 1 } } };
      const answer = await app.patch(path, body, { headers: newer });
      const targets = (answer.body.error.details as { target: string }[]).map(({ target }) => target);
      expect([answer.status, targets]).toEqual([400, ['relevanceScore', 'profile/firstName', 'profile/locale/nope']]);
      const older = await app.patch(path, { profile: {} }, { headers: { ...newer, 'odata-version': '4.0' } });
      expect([older.status, older.body.error.innerError.code]).toEqual([400, 'inlineEntityNotAllowed']);
      expect((await app.get(`${path}?$expand=profile`)).text).toBe(before);
    });
  });
});
