import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from './support/test-app.js';
import { ann, bob } from './support/tokens.js';

const everything = {
  firstName: 'Ann',
  lastName: 'Lee',
  headline: 'Builds bridges',
  picture: 'https://example.com/ann.png',
  industryName: 'Construction',
  location: 'Leeds',
  summary: 'Bridges.',
  recentPositions: [{ title: 'Engineer' }],
  recentEducations: [{ degreeName: 'MSc' }],
  skills: ['bridges'],
};

describe('what a profile lacks to be complete', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());
  const missing = async (profile: object): Promise<unknown> => {
    const path = await app.profile(profile);
    return (await app.get(`${path}/missingProperties()`)).body.value;
  };

  it.each<[profile: object, names: readonly string[]]>([
    [{}, [...Object.keys(everything), 'emails']],
    [{ ...everything, emails: ['ann@example.com'] }, []],
    [everything, ['emails']],
    [{ ...everything, websites: [{ url: 'https://example.com' }] }, []],
    [{ ...everything, headline: ' ', skills: [], picture: null, emails: ['a@b.c'] }, ['headline', 'picture', 'skills']],
  ])('of %j is %j', async (profile, names) => {
    const { status, text } = await app.post('/decoratedProfileConnections', { profile });
    expect([status, text]).toEqual([201, text]);
    expect(await missing(profile)).toEqual(names);
  });

  it('is asked for by its name in either form, and by who may see the profile', async () => {
    const path = await app.profile(everything);
    for (const name of ['missingProperties', 'missingProperties()', 'microsoft.graph.missingProperties()']) {
      const { status, body } = await app.get(`${path}/${name}`);
      expect([name, status, body]).toEqual([
        name,
        200,
        { '@odata.context': `${app.root}/$metadata#Collection(Edm.String)`, value: ['emails'] },
      ]);
    }
    expect((await app.get(`${path}/missingProperties`, { as: bob })).status).toBe(404);
    expect((await app.get(`${path}/missingProperties`, { as: { ...ann, scp: 'None' } })).status).toBe(403);
    expect((await app.get(`${path}/missingProperties`, { as: null })).status).toBe(401);
    expect((await app.post(`${path}/missingProperties`, {})).status).toBe(405);
  });
});
