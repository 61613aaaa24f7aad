import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TestApp } from './support/test-app.js';
import { bob } from './support/tokens.js';

const json = { 'content-type': 'application/json' };
const plain = { 'content-type': 'text/plain' };

describe('properties by their own URL', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  const start = {
    firstName: 'Ann',
    headline: 'Bridges',
    totalPositionCount: 3,
    connected: true,
    connectionDegree: 'SELF',
    locale: { language: 'en', country: 'GB' },
    skills: ['a', 'b'],
    phoneNumbers: [{ number: '1' }],
    salesNavigatorInfo: { contractName: 'c', insights: [{ createdAt: 1 }] },
  };
  const put = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    app.request('PUT', path, { body, headers: { ...json, ...headers } });
  /** A value without control information. */
  const bare = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (name, inner: unknown) => (name.startsWith('@') ? undefined : inner)));

  it.each<[rows: string, method: string, property: string, body: unknown, answer: unknown]>([
    ['A40M-30] [B1.15', 'PUT', 'headline', { value: 'Towers' }, 'Towers'],
    ['A40M-30', 'PATCH', 'headline', { value: 'Towers' }, 'Towers'],
    ['B1.15', 'PUT', 'totalPositionCount', { '@odata.context': 'x', value: 4 }, 4],
    ['B1.15', 'PUT', 'connectionDegree', { value: 'DISTANCE_1' }, 'DISTANCE_1'],
    ['B1.13', 'PATCH', 'locale', { country: 'US' }, { language: 'en', country: 'US', variant: null }],
    ['B1.13', 'PUT', 'locale', { country: 'US' }, { language: null, country: 'US', variant: null }],
    ['B1.13', 'PUT', 'locale/country', { value: 'US' }, 'US'],
    ['B1.14', 'PUT', 'skills', { value: ['c'] }, ['c']],
    [
      'B1.14',
      'PUT',
      'phoneNumbers',
      { value: [{ number: '2', type: 'WORK' }, {}] },
      [
        { number: '2', extension: null, type: 'WORK' },
        { number: null, extension: null, type: null },
      ],
    ],
    ['B1.14] [A41M-23', 'POST', 'skills', { value: 'c' }, ['a', 'b', 'c']],
    ['A41M-23', 'POST', 'skills?$index=0', { value: 'c' }, ['c', 'a', 'b']],
    ['A41M-23', 'POST', 'skills?$index=-2', { value: 'c' }, ['a', 'c', 'b']],
    ['A41M-23', 'POST', 'emails', { value: 'a@example.com' }, ['a@example.com']],
    [
      'A41M-23',
      'POST',
      'phoneNumbers',
      { number: '2' },
      [
        { number: '1', extension: null, type: null },
        { number: '2', extension: null, type: null },
      ],
    ],
    ['B1.5', 'PUT', 'bornOn/year', { value: 1990 }, 1990],
    [
      'A41M-23',
      'POST',
      'salesNavigatorInfo/teamlinkInfo/topTeamlinks',
      { firstName: 'Ben' },
      [{ firstName: 'Ben', lastName: null, url: null, photoUrl: null }],
    ],
  ])(
    '[%s] %s %s with %j answers with the new value, and changes nothing else',
    async (_, method, property, body, expected) => {
      const profile = await app.profile(start);
      const before = (await app.get(profile)).body as Record<string, unknown>;
      const {
        status,
        body: answer,
        headers,
      } = await app.request(method, `${profile}/${property}`, { body, headers: json });
      const value = Array.isArray(expected) || typeof expected !== 'object' ? answer.value : bare(answer);
      expect([status, bare(value)]).toEqual([200, expected]);
      const path = property.split('?', 1)[0]!;
      expect(answer['@odata.context']).toMatch(
        new RegExp(`#decoratedProfileConnections\\('[^']+'\\)/profile/${path}$`),
      );
      const read = await app.get(`${profile}/${path}`);
      expect([read.status, read.body]).toEqual([200, answer]);
      const after = await app.get(profile);
      expect(headers.get('etag')).toBe(after.headers.get('etag'));
      const [changed = ''] = path.split('/');
      for (const [name, kept] of Object.entries(before)) {
        if (name !== changed && name !== '@odata.etag') expect([name, after.body[name]]).toEqual([name, kept]);
      }
      expect(after.body['@odata.etag']).not.toBe(before['@odata.etag']);
    },
  );

  it.each([
    ['headline', null],
    ['locale', null],
    ['locale/country', null],
    ['skills', []],
    ['headline/$value', null],
  ])('[A40M-31] [B1.14] DELETE %s sets it to null, or empties it', async (property, expected) => {
    const profile = await app.profile(start);
    const { status, text } = await app.delete(`${profile}/${property}`);
    expect([status, text]).toEqual([204, '']);
    const { status: found, body } = await app.get(`${profile}/${property}`);
    expect([found, body?.value ?? null]).toEqual([expected === null ? 204 : 200, expected]);
  });

  it.each([
    ['headline', 'Towers', 'Towers'],
    ['headline', '7', '7'],
    ['headline', ' "quoted" ', ' "quoted" '],
    ['totalPositionCount', '7', 7],
    ['totalPositionCount', '007', 7],
    ['totalPositionCount', '+7', 7],
    ['connected', 'false', false],
    ['connectionDegree', 'DISTANCE_2', 'DISTANCE_2'],
  ])('[B1.15] PUT %s/$value takes the text %j', async (property, text, expected) => {
    const profile = await app.profile(start);
    const { status } = await app.request('PUT', `${profile}/${property}/$value`, { body: text, headers: plain });
    expect([status, (await app.get(`${profile}/${property}`)).body.value]).toEqual([204, expected]);
  });

  it.each<[what: string, method: string, property: string, body: unknown, status: number, fault: unknown]>([
    ['a value of another type', 'PUT', 'headline', { value: 1 }, 400, ['typeMismatch', 'value']],
    ['a value that is too long', 'PUT', 'firstName', { value: 'x'.repeat(257) }, 400, ['valueTooLong', 'value']],
    ['no value', 'PUT', 'headline', {}, 400, ['bodyRequired', 'value']],
    ['more than a value', 'PUT', 'headline', { value: 'x', more: 1 }, 400, ['propertyNotFound', 'more']],
    ['a property that the type does not have', 'PATCH', 'locale', { nope: 1 }, 400, ['propertyNotFound', 'nope']],
    ['a complex value for a collection', 'PUT', 'phoneNumbers', { number: '1' }, 400, ['invalidBody', undefined]],
    ['null for a collection', 'PUT', 'skills', { value: null }, 400, ['nullNotAllowed', 'value']],
    ['null for an item', 'POST', 'skills', { value: null }, 400, ['nullNotAllowed', 'value']],
    ['a fault inside an item', 'POST', 'phoneNumbers', { type: 'NONE' }, 400, ['unknownEnumMember', 'type']],
    ['a raw value of another type', 'PUT', 'totalPositionCount/$value', 'many', 400, ['typeMismatch', 'value']],
    ['a number that is out of range', 'PUT', 'totalPositionCount/$value', '-1', 400, ['valueOutOfRange', 'value']],
    [
      'an option without meaning',
      'PUT',
      'headline?$index=1',
      { value: 'x' },
      400,
      ['queryOptionNotApplicable', '$index'],
    ],
    ['JSON for a raw value', 'PUT', 'headline/$value', { value: 'x' }, 415, ['mediaTypeNotSupported', 'Content-Type']],
    ['another type of content', 'PUT', 'headline', 'x', 415, ['mediaTypeNotSupported', 'Content-Type']],
  ])('[B1.17] %s is refused, and changes nothing', async (_, method, property, body, status, fault) => {
    const profile = await app.profile(start);
    const before = await app.get(profile);
    const isText = typeof body === 'string';
    const answer = await app.request(method, `${profile}/${property}`, { body, headers: isText ? plain : json });
    const { innerError, target } = answer.body.error as { innerError: { code: string }; target: string };
    expect([answer.status, [innerError.code, target]]).toEqual([status, fault]);
    expect((await app.get(profile)).text).toBe(before.text);
  });

  it('of what does not exist, or is another’s, are not there', async () => {
    const profile = await app.profile(start);
    const { body } = await app.post('/decoratedProfileConnections', {});
    const bare = `/decoratedProfileConnections/${body.id as string}/profile/headline`;
    expect((await put(bare, { value: 'x' })).status).toBe(404);
    expect((await app.get(bare.replace('/headline', ''))).status).toBe(204);
    expect((await put('/decoratedProfileConnections/nobody/relevanceScore', { value: 1 })).status).toBe(404);
    const others = await app.request('PUT', `${profile}/headline`, { as: bob, body: { value: 'x' }, headers: json });
    expect(others.status).toBe(404);
    expect((await app.get(profile)).body.headline).toBe('Bridges');
  });

  it('the ETag of the entity guards its properties', async () => {
    const profile = await app.profile(start);
    const etag = (await app.get(profile)).headers.get('etag')!;
    const first = await put(`${profile}/headline`, { value: 'one' }, { 'if-match': etag });
    expect(first.status).toBe(200);
    for (const method of ['PUT', 'DELETE']) {
      const stale = await app.request(method, `${profile}/headline`, {
        body: { value: 'two' },
        headers: { ...json, 'if-match': etag },
      });
      expect(stale.status).toBe(412);
    }
    const next = { 'if-match': first.headers.get('etag')!, prefer: 'return=minimal' };
    const minimal = await put(`${profile}/headline`, { value: 'three' }, next);
    expect([minimal.status, minimal.text, minimal.headers.get('preference-applied')]).toEqual([
      204,
      '',
      'return=minimal',
    ]);
    expect(minimal.headers.get('etag')).toBe((await app.get(profile)).headers.get('etag'));
    const strict = await TestApp.start({ REQUIRE_IF_MATCH: 'true' });
    const guarded = await strict.profile(start);
    for (const [method, property, body] of [
      ['PUT', 'headline', { value: 'x' }],
      ['POST', 'skills', { value: 'x' }],
      ['DELETE', 'headline', undefined],
    ] as const) {
      expect((await strict.request(method, `${guarded}/${property}`, { body })).status).toBe(428);
    }
    await strict.stop();
  });

  it('of a connection change it, and leave its profile alone', async () => {
    const profile = await app.profile(start);
    const before = (await app.get(profile)).text;
    const connection = profile.replace('/profile', '');
    expect((await put(`${connection}/relevanceScore`, { value: 'INF' })).body.value).toBe('INF');
    expect((await app.get(profile)).text).toBe(before);
  });

  it('writers of different properties never undo each other', async () => {
    const profile = await app.profile({ skills: [] });
    const names = ['firstName', 'lastName', 'headline', 'summary', 'location', 'industryName'];
    await Promise.all([
      ...names.map((name) => put(`${profile}/${name}`, { value: name })),
      ...Array.from({ length: 12 }, (_, at) => app.post(`${profile}/skills`, { value: `s${at}` })),
      ...['language', 'country', 'variant'].map((name) => put(`${profile}/locale/${name}`, { value: name })),
    ]);
    const { body } = await app.get(profile);
    for (const name of names) expect(body[name]).toBe(name);
    expect([...body.skills].sort()).toEqual(Array.from({ length: 12 }, (_, at) => `s${at}`).sort());
    expect(bare(body.locale)).toEqual({ language: 'language', country: 'country', variant: 'variant' });
  });

  it('any sequence of changes leaves what a list of them leaves in memory', async () => {
    interface State {
      headline: string | null;
      skills: string[];
      locale: Record<string, string | null> | null;
    }
    interface Step {
      method: string;
      path: string;
      body?: unknown;
      apply: (state: State) => void;
    }
    const word = fc.string({ maxLength: 5, unit: 'grapheme-ascii' });
    const step: fc.Arbitrary<Step> = fc.oneof(
      word.map((value) => ({
        method: 'PUT',
        path: 'headline',
        body: { value },
        apply: (state: State) => void (state.headline = value),
      })),
      fc.constant({ method: 'DELETE', path: 'headline', apply: (state: State) => void (state.headline = null) }),
      fc.array(word, { maxLength: 3 }).map((value) => ({
        method: 'PUT',
        path: 'skills',
        body: { value },
        apply: (state: State) => void (state.skills = value),
      })),
      fc.tuple(word, fc.integer({ min: -4, max: 4 })).map(([value, index]) => ({
        method: 'POST',
        path: `skills?$index=${index}`,
        body: { value },
        apply: ({ skills }: State) =>
          void skills.splice(index < 0 ? Math.max(0, skills.length + index + 1) : index, 0, value),
      })),
      fc.dictionary(fc.constantFrom('language', 'country', 'variant'), fc.option(word)).map((value) => ({
        method: 'PATCH',
        path: 'locale',
        body: value,
        apply: (state: State) =>
          void (state.locale = { language: null, country: null, variant: null, ...state.locale, ...value }),
      })),
      fc.dictionary(fc.constantFrom('language', 'country', 'variant'), fc.option(word)).map((value) => ({
        method: 'PUT',
        path: 'locale',
        body: value,
        apply: (state: State) => void (state.locale = { language: null, country: null, variant: null, ...value }),
      })),
      fc.constant({ method: 'DELETE', path: 'locale', apply: (state: State) => void (state.locale = null) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const profile = await app.profile({});
        const state: State = { headline: null, skills: [], locale: null };
        for (const { method, path, body, apply } of steps) {
          const { status } = await app.request(method, `${profile}/${path}`, { body, headers: json });
          expect([200, 204]).toContain(status);
          apply(state);
        }
        const { headline, skills, locale } = bare((await app.get(profile)).body) as State;
        expect({ headline, skills, locale }).toEqual(state);
      }),
      { numRuns: 40 },
    );
  });
});

describe('PUT of an entity', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it('[B1.10] [B1.12] sets what the body does not name to null, keeps the ids and the profile', async () => {
    const { body: created } = await app.post('/decoratedProfileConnections', {
      relevanceScore: 0.5,
      profile: { headline: 'h', locale: { language: 'en', country: 'GB' }, skills: ['a'] },
    });
    const connection = `/decoratedProfileConnections/${created.id as string}`;
    const replaced = await app.request('PUT', `${connection}/profile`, {
      body: { id: 'other', firstName: 'Ann', locale: { country: 'US' } },
    });
    expect([
      replaced.status,
      replaced.body.id,
      replaced.body.firstName,
      replaced.body.headline,
      replaced.body.skills,
    ]).toEqual([200, created.profile.id, 'Ann', null, []]);
    expect(replaced.body.locale).toMatchObject({ language: null, country: 'US', variant: null });
    expect((await app.get(`${connection}/profile`)).body).toEqual(replaced.body);
    const emptied = await app.request('PUT', connection, { body: {} });
    expect([emptied.status, emptied.body.id, emptied.body.relevanceScore]).toEqual([200, created.id, null]);
    expect((await app.get(`${connection}/profile`)).body.firstName).toBe('Ann');
  });

  it('that changes nothing keeps the version', async () => {
    const profile = await app.profile({ firstName: 'Ann', locale: { language: 'en' }, skills: ['a'] });
    const { body } = await app.get(profile);
    const again = await app.request('PUT', profile, { body });
    expect([again.status, again.body]).toEqual([200, body]);
  });

  it('[B3.3] makes a profile where there is none, and heeds conditions', async () => {
    const { body } = await app.post('/decoratedProfileConnections', {});
    const profile = `/decoratedProfileConnections/${body.id as string}/profile`;
    const ifMatch = await app.request('PUT', profile, { body: {}, headers: { ...json, 'if-match': '*' } });
    expect(ifMatch.status).toBe(412);
    const made = await app.request('PUT', profile, {
      body: { firstName: 'Ann' },
      headers: { ...json, 'if-none-match': '*' },
    });
    expect([made.status, made.headers.get('location')]).toEqual([201, expect.stringContaining('/profile')]);
    const again = await app.request('PUT', profile, { body: {}, headers: { ...json, 'if-none-match': '*' } });
    expect(again.status).toBe(412);
    expect((await app.get(profile)).body.firstName).toBe('Ann');
  });

  it('names every fault of its body, and changes nothing', async () => {
    const profile = await app.profile({ headline: 'h' });
    const { status, body } = await app.request('PUT', profile, { body: { nope: 1, headline: 2, locale: { x: 1 } } });
    const targets = (body.error.details as { target: string }[]).map(({ target }) => target);
    expect([status, targets]).toEqual([400, ['nope', 'headline', 'locale/x']]);
    expect((await app.get(profile)).body.headline).toBe('h');
  });
});
