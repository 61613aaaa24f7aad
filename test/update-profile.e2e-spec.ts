import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { seedProfile, withHashes, withoutControl } from './support/seed-profile.js';
import { TestApp } from './support/test-app.js';

/** A copy in which members that are null are absent. */
function withoutNulls(value: object): object {
  return JSON.parse(JSON.stringify(value, (_, member: unknown) => member ?? undefined)) as object;
}

describe('PATCH /decoratedProfileConnections/{id}/profile', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it('[C45] [B2.5] [A40M-23] answers the first body with 200 and every value that was sent', async () => {
    const path = await app.profile({ headline: 'before' });
    const { status, headers, body } = await app.patch(path, seedProfile);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json;odata.metadata=minimal');
    const { '@odata.context': context, '@odata.etag': etag, id, ...properties } = body;
    expect(properties).toEqual(withHashes(seedProfile));
    expect(context).toMatch(/\/v1\.0\/\$metadata#decoratedProfileConnections\('[0-9a-f-]{36}'\)\/profile$/);
    expect(headers.get('etag')).toBe(etag);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Object.keys(withoutControl(body))).toHaveLength(30);
  });

  it('[B5.6] [A40M-2] answers with what a following GET answers', async () => {
    const path = await app.profile();
    const updated = await app.patch(path, seedProfile);
    const read = await app.get(path);
    expect(read.text).toBe(updated.text);
    expect(read.headers.get('etag')).toBe(updated.headers.get('etag'));
    expect(read.text).toMatch(/^\{"@odata\.context":/);
  });

  it.each(["('{id}')/profile", "(id='{id}')/profile", '(%27{id}%27)/profile', '/{id}/profile'])(
    '[A41M-9l] [A41M-9l.a] [C25] reaches the same profile at decoratedProfileConnections%s',
    async (form) => {
      const path = await app.profile({ headline: 'before' });
      const id = path.split('/')[2]!;
      const { status } = await app.patch(`/decoratedProfileConnections${form.replace('{id}', id)}`, { headline: form });
      expect(status).toBe(200);
      expect((await app.get(path)).body.headline).toBe(form);
    },
  );

  it('[B1.1] [B1.2] changes the named properties only; a primitive replaces', async () => {
    const path = await app.profile(seedProfile);
    const before = (await app.get(path)).body;
    const after = (await app.patch(path, { firstName: 'Zoë' })).body;
    expect({ ...after, '@odata.etag': '' }).toEqual({ ...before, '@odata.etag': '', firstName: 'Zoë' });
  });

  it.each([
    ['skills', ['b'], ['b']],
    ['skills', [], []],
    ['phoneNumbers', [{ number: '2' }], [{ number: '2', extension: null, type: null }]],
  ])('[B1.3] replaces the whole collection %s, never by position', async (name, sent, stored) => {
    const path = await app.profile(seedProfile);
    const { body } = await app.patch(path, { [name]: sent });
    expect(withoutControl(body[name])).toEqual(stored);
  });

  it('[B1.4] merges complex values at every depth', async () => {
    const path = await app.profile(seedProfile);
    const { body } = await app.patch(path, {
      locale: { country: 'IE' },
      salesNavigatorInfo: { teamlinkInfo: { teamlinkSearchUrl: null }, savedAccount: { location: 'York' } },
    });
    expect(withoutControl(body.locale)).toEqual({ language: 'en', country: 'IE', variant: 'oed' });
    expect(body.salesNavigatorInfo.teamlinkInfo).toMatchObject({
      countOfTotalTeamlinkConnections: 2,
      teamlinkSearchUrl: null,
      topTeamlinks: [{ firstName: 'Bob' }],
    });
    expect(body.salesNavigatorInfo.savedAccount).toMatchObject({ name: 'Contoso', location: 'York' });
    expect(body.salesNavigatorInfo.contractName).toBe('Contract 1');
  });

  it('[B1.5] makes a complex value that was null from its named parts', async () => {
    const path = await app.profile();
    const { body } = await app.patch(path, { bornOn: { day: 3 }, locale: {} });
    expect(withoutControl(body.bornOn)).toEqual({ day: 3, month: null, year: null });
    expect(withoutControl(body.locale)).toEqual({ language: null, country: null, variant: null });
  });

  it('[B1.6] clears what is null, leaves what is absent', async () => {
    const path = await app.profile(seedProfile);
    const { body } = await app.patch(path, { headline: null, locale: null });
    expect(body).toMatchObject({ headline: null, locale: null, firstName: 'Ann' });
  });

  it.each([
    ['an empty object', {}],
    ['only ignored members', { id: 'zzz', '@odata.type': '#microsoft.graph.DecoratedProfile', '@x.y': 1 }],
    [
      'the values that are there already',
      { headline: seedProfile.headline, locale: { country: 'GB' }, summary: 'Bridges.' },
    ],
    ['null where null is already', { bornOn: { year: null } }],
    [
      'items of a collection without the nulls that they had',
      { recentPositions: withoutNulls(seedProfile.recentPositions) },
    ],
  ])('[B1.9] changes nothing and keeps the ETag for %s', async (_, body) => {
    const path = await app.profile(seedProfile);
    const before = await app.get(path);
    const after = await app.patch(path, body);
    expect(after.status).toBe(200);
    expect(after.text).toBe(before.text);
  });

  it('[B2.1] [B2.4] ignores an id in the body, whatever its value', async () => {
    const path = await app.profile({ headline: 'before' });
    const { id } = (await app.get(path)).body;
    for (const sent of ['zzz', null, 5, { a: 1 }]) {
      const { status, body } = await app.patch(path, { id: sent, headline: `with ${JSON.stringify(sent)}` });
      expect(status).toBe(200);
      expect(body).toMatchObject({ id, headline: `with ${JSON.stringify(sent)}` });
    }
  });

  it('[J-2] [B2.10] takes back a body with all its control information', async () => {
    const path = await app.profile(seedProfile);
    const full = { headers: { accept: 'application/json;odata.metadata=full' } };
    const { body } = await app.get(path, full);
    const again = await app.patch(path, { ...body, headline: 'again', 'headline@x.y': 2, '@unknown.thing': [1] }, full);
    expect(again.status).toBe(200);
    expect({ ...again.body, '@odata.etag': '' }).toEqual({ ...body, '@odata.etag': '', headline: 'again' });
  });

  it.each(['-9223372036854775808', '9223372036854775807', '9007199254740993'])(
    '[B2.15] [J-3] keeps the Int64 %s to the last digit, as number and as string',
    async (digits) => {
      const path = await app.profile();
      const insight = (value: string): string => `{"salesNavigatorInfo":{"insights":[{"createdAt":${value}}]}}`;
      expect((await app.patch(path, insight(digits))).text).toContain(`"createdAt":${digits},`);
      const json = 'application/json;IEEE754Compatible=true';
      const headers = { 'content-type': json, accept: json };
      const { text, headers: answered } = await app.patch(path, insight(`"${digits}"`), { headers });
      expect(text).toContain(`"createdAt":"${digits}",`);
      expect(answered.get('content-type')).toBe('application/json;odata.metadata=minimal;IEEE754Compatible=true');
    },
  );

  it.each([0, -0.5, 1e300, 5e-324, 'INF', '-INF', 'NaN'])('[J-3] keeps the Double %s', async (relevanceScore) => {
    const { body } = await app.post('/decoratedProfileConnections', { relevanceScore });
    expect((await app.get(`/decoratedProfileConnections/${body.id}`)).body.relevanceScore).toBe(relevanceScore);
  });

  it('[B2.14] takes an enumeration value by name or by number in a string', async () => {
    const path = await app.profile();
    expect((await app.patch(path, { connectionDegree: '1' })).body.connectionDegree).toBe('SELF');
    expect((await app.patch(path, { connectionDegree: 'DISTANCE_3' })).body.connectionDegree).toBe('DISTANCE_3');
  });

  it('[B4.16] two updates of different properties at one time never undo each other', async () => {
    const path = await app.profile();
    const names = ['firstName', 'lastName', 'headline', 'summary', 'location', 'industryName'];
    const sent = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
    await Promise.all(Object.entries(sent).map(([name, value]) => app.patch(path, { [name]: value })));
    expect((await app.get(path)).body).toMatchObject(sent);
  });

  it('keeps text of every kind as it is', async () => {
    const path = await app.profile();
    const texts = ['', ' ', '"\\/\b\f\n\r\t', '\u2028\u2029', '🚇 é é', '</script>', '{"a":1}', "it's", '\u007f'];
    const { body } = await app.patch(path, { skills: texts });
    expect(body.skills).toEqual(texts);
  });
});
