import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';

const json = { 'content-type': 'application/json' };

describe('what clients of Microsoft Graph are used to', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());
  const set = '/decoratedProfileConnections';

  it('[C17] [A40M-9] ConsistencyLevel is echoed, and never needed', async () => {
    const query = `${set}?$count=true&$filter=relevanceScore ge 0&$orderby=id`;
    const with_ = await app.get(query, { headers: { consistencylevel: 'eventual' } });
    const without = await app.get(query);
    expect([with_.status, with_.headers.get('consistencylevel')]).toEqual([200, 'eventual']);
    expect([without.status, without.headers.get('consistencylevel')]).toEqual([200, null]);
    expect(with_.body).toEqual(without.body);
  });

  it.each([
    ["id eq 'it''s'", "it's"],
    ["id eq 'a%2Bb'", 'a+b'],
    ["id eq 'a+b c'", 'a b c'],
    ["id eq '100%25'", '100%'],
  ])('[C19] in the query, %s means %j', async (filter, id) => {
    await app.post(set, { id });
    const { body } = await app.get(`${set}?$select=id&$filter=${filter}`);
    expect(body.value.map((item: { id: string }) => item.id)).toEqual([id]);
  });

  it('[C40] [J-12] the formats that its samples name are taken and given', async () => {
    const type = 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';
    const headers = { 'content-type': type, accept: type, 'odata-version': '4.0', 'odata-maxversion': '4.0' };
    const profile = await app.profile({});
    const answer = await app.patch(profile, { headline: 'h' }, { headers });
    expect([answer.status, answer.headers.get('odata-version')]).toEqual([200, '4.0']);
    expect(answer.headers.get('content-type')).toMatch(
      /^application\/json;odata\.metadata=minimal;odata\.streaming=true/,
    );
  });

  it('[C41] every object of an answer says its type', async () => {
    const profile = await app.profile({
      locale: { language: 'en' },
      phoneNumbers: [{ number: '1' }],
      bornOn: { day: 1 },
    });
    const { body } = await app.get(profile);
    expect(body['@odata.type']).toBe('#microsoft.graph.DecoratedProfile');
    expect(body.locale['@odata.type']).toBe('#microsoft.graph.Locale');
    expect(body.phoneNumbers[0]['@odata.type']).toBe('#microsoft.graph.PhoneNumber');
    expect(body.bornOn['@odata.type']).toBe('#microsoft.graph.Date');
  });

  it('[J-4] control information is read as the version of the body has it', async () => {
    const profile = await app.profile({});
    const send = async (version: string, name: string): Promise<number> => {
      const body = { [name]: '#microsoft.graph.Wrong', headline: version };
      return (await app.patch(profile, body, { headers: { ...json, 'odata-version': version } })).status;
    };
    expect(await send('4.01', '@type')).toBe(400);
    expect(await send('4.01', '@odata.type')).toBe(400);
    expect(await send('4.0', '@odata.type')).toBe(400);
    // In 4.0 a name without prefix is no control information: an annotation that nobody knows.
    expect(await send('4.0', '@type')).toBe(200);
  });
});
