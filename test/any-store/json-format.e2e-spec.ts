import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPeople } from '../support/query-data.js';
import { TestApp } from '../support/test-app.js';

const set = '/decoratedProfileConnections';
const v401 = { 'odata-maxversion': '4.01' };

describe('the JSON format', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    await createPeople(app);
  });
  afterAll(() => app.stop());

  describe('in request bodies', () => {
    it.each<[rows: string, body: object, expected: object, version: string]>([
      [
        'J-5',
        { '@my.term': 1, 'headline@my.term': [2], '@odata.unknown': {}, headline: 'h' },
        { headline: 'h' },
        '4.0',
      ],
      [
        'J-6',
        { headline: 'x', '@odata.type': '#microsoft.graph.DecoratedProfile', firstName: 'y' },
        { firstName: 'y' },
        '4.0',
      ],
      [
        'J-7] [J-7.1] [J-7.2',
        {
          '@odata.type': '#microsoft.graph.DecoratedProfile',
          'skills@odata.type': '#Collection(String)',
          skills: ['s'],
        },
        { skills: ['s'] },
        '4.0',
      ],
      ['J-7.6', { headline: 'after', 'headline@odata.type': '#String' }, { headline: 'after' }, '4.0'],
      ['J-7.6', { 'headline@odata.type': '#String', headline: 'before' }, { headline: 'before' }, '4.0'],
      [
        'J-8] [J-8.1',
        { '@type': '#microsoft.graph.DecoratedProfile', '@odata.context': 'x', headline: 'p' },
        { headline: 'p' },
        '4.01',
      ],
      ['J-8.2', { 'totalPositionCount@type': 'Int32', totalPositionCount: 4 }, { totalPositionCount: 4 }, '4.01'],
      ['J-8.2', { 'totalPositionCount@type': '#Int32', totalPositionCount: 5 }, { totalPositionCount: 5 }, '4.01'],
    ])('[%s] %j is read', async (_, body, expected, version) => {
      const path = await app.profile();
      const answer = await app.patch(path, body, { headers: { 'odata-version': version } });
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject(expected);
    });

    it.each(['INF', '-INF', 'NaN'])('[J-7.5] %s is a number of the type Edm.Double', async (relevanceScore) => {
      const { body } = await app.post(set, { relevanceScore });
      expect(body.relevanceScore).toBe(relevanceScore);
      expect((await app.get(`${set}/${body.id as string}`)).body.relevanceScore).toBe(relevanceScore);
      await app.delete(`${set}/${body.id as string}`);
    });
  });

  describe('in answers', () => {
    it('[J-9] [J-11] [A40I-9] [A40A-3] is that of 4.0 unless 4.01 is asked for', async () => {
      const { body, headers } = await app.get(`${set}/a?$expand=profile`);
      expect(headers.get('odata-version')).toBe('4.0');
      expect(Object.keys(body)).toEqual([
        '@odata.context',
        '@odata.type',
        '@odata.etag',
        'id',
        'relevanceScore',
        'profile',
      ]);
      expect(JSON.stringify(body)).not.toMatch(/"@(?!odata\.)/);
    });

    it('[J-10] [A41M-2] is that of 4.01 where it is asked for', async () => {
      const { body, headers } = await app.get(`${set}?$count=true&$top=1`, { headers: v401 });
      expect(headers.get('odata-version')).toBe('4.01');
      expect(Object.keys(body)).toEqual(['@context', '@count', 'value']);
      expect(Object.keys(body.value[0])).toEqual(['@type', '@etag', 'id', 'relevanceScore']);
    });

    it('[J-10.1] puts annotations directly before their property', async () => {
      const url = `${set}/a/profile?$select=headline,phoneNumbers($count=true),totalPositionCount`;
      const { text } = await app.get(url, { headers: { ...v401, accept: 'application/json;metadata=full' } });
      expect(text).toContain('"totalPositionCount@type":"Int32","totalPositionCount":3');
      expect(text).toMatch(/"phoneNumbers@type":"[^"]*","phoneNumbers@count":3,"phoneNumbers":\[/);
    });

    it('[J-9.4] has no exponents in Int64, and [J-13] is well-formed', async () => {
      const { text, body } = await app.get(`${set}/a/profile/salesNavigatorInfo`);
      expect(text).toContain('"createdAt":1700000000000');
      expect(body.insights[0].createdAt).toBe(1_700_000_000_000);
    });
  });

  it.each([
    "$filter=profile/totalPositionCount%20eq%20'3'",
    "$filter=profile/connectionDegree%20eq%20'DISTANCE_1'",
    "$filter=id%20in%20('a')",
    'filter=PROFILE%20ne%20null',
    "FILTER=startswith(id,'a')%20EQ%20TRUE%20AND%20LENGTH(id)%20eq%201",
    "$filter=profile/phoneNumbers/$filter(type%20eq%20'HOME')/$count%20eq%201",
    '$filter=profile/totalPositionCount%20divby%202%20eq%201.5',
    "$compute=length(id)%20as%20n&$filter=n%20eq%201%20and%20id%20eq%20'a'",
  ])('[A41M-9] %s means the same whatever version the client asks for', async (query) => {
    const answers = await Promise.all(
      ['4.0', '4.01'].map((version) =>
        app.get(`${set}?${query}&$select=id`, { headers: { 'odata-maxversion': version } }),
      ),
    );
    const [older, newer] = answers.map(({ status, body }) => [status, body.value?.map(({ id }: any) => id)]);
    expect(older).toEqual(newer);
    if (!query.includes('PROFILE')) expect(older).toEqual([200, ['a']]);
  });
});
