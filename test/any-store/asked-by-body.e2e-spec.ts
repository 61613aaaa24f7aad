import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sendJson, sendMultipart, multipartAnswers, statuses } from '../support/batches.js';
import { createPeople } from '../support/query-data.js';
import { type Answer, type RequestOptions, TestApp } from '../support/test-app.js';
import { ann } from '../support/tokens.js';

const set = '/decoratedProfileConnections';

/** OData 4.01 URL Conventions 4.17: query options in the body of a POST. */
describe('what is asked by a body', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ PAGE_SIZE: '2' });
    await createPeople(app);
  });
  afterAll(() => app.stop());

  const ask = (path: string, body: string, { headers = {}, ...options }: RequestOptions = {}): Promise<Answer> =>
    app.request('POST', path, { body, headers: { 'content-type': 'text/plain', ...headers }, ...options });
  const said = ({ status, body, text }: Answer): unknown => {
    const { '@odata.nextLink': next, ...rest } = body ?? {};
    return [status, body === undefined ? text : rest, next?.replace(/skiptoken=.*/, '')];
  };

  it.each([
    [set, '$filter=relevanceScore%20ge%200.5&$orderby=id%20desc'],
    [set, '%24filter=contains(profile%2Fheadline,%27ngin%27)&%24count=true'],
    [set, 'filter=id+eq+@x&@x=%27a%27'],
    [set, '$apply=groupby((relevanceScore),aggregate($count%20as%20n))'],
    [set, ''],
    [`${set}('a')`, '$select=id&$expand=profile($select=firstName)'],
    [`${set}/a/profile`, '$select=skills'],
    [`${set}/a/profile/skills`, '$filter=length($it)%20gt%201'],
    [`${set}/$count`, '$filter=relevanceScore%20ge%200.5'],
    [`${set}/$filter(@x)`, "@x=id%20eq%20'a'"],
    ['/$entity', `$id=${set.slice(1)}('a')`],
    [`${set}/nobody`, ''],
    [set, '$filter=nothing%20eq%201'],
  ])('%s asked %s is answered as by GET', async (path, query) => {
    const expected = said(await app.get(`${path}?${query}`));
    const withoutIds = (one: unknown): unknown =>
      JSON.parse(JSON.stringify(one).replaceAll(/"(?:request-id|date)":"[^"]*"/g, '"said":""'));
    for (const segment of ['$query', '%24query', '$query/'])
      expect(withoutIds(said(await ask(`${path}/${segment}`, query)))).toEqual(withoutIds(expected));
  });

  it('options of the URL and of the body are processed together', async () => {
    const { body } = await ask(
      `${set}/$query?$select=id&$top=2`,
      '$orderby=id%20desc&$filter=relevanceScore%20ge%200.5',
    );
    expect(body.value.map(({ id }: { id: string }) => id)).toEqual(['e', 'c']);
    const twice = await ask(`${set}/$query?$top=1`, '$top=2');
    expect([twice.status, twice.body.error.message]).toEqual([400, expect.stringContaining('stands twice')]);
  });

  it('its pages are followed by GET', async () => {
    const found: string[] = [];
    let { body } = await ask(`${set}/$query`, '$select=id&$orderby=relevanceScore%20desc,id');
    for (;;) {
      found.push(...body.value.map(({ id }: { id: string }) => id));
      if (body['@odata.nextLink'] === undefined) break;
      expect(body['@odata.nextLink']).not.toContain('$query');
      ({ body } = await app.get(body['@odata.nextLink'] as string));
    }
    const whole = await app.get(`${set}?$select=id&$orderby=relevanceScore%20desc,id`, {
      headers: { prefer: 'maxpagesize=99' },
    });
    expect(found).toEqual(whole.body.value.map(({ id }: { id: string }) => id));
  });

  it('a query that no URL holds is answered, and where a link to its next page would be needed, it is said', async () => {
    const names = ['a', 'b', 'c', ...Array.from({ length: 190 }, (_, index) => `${index}`.padEnd(150, '-'))];
    const filter = `$filter=id%20in%20(${names.map((name) => `'${name}'`).join(',')})&$select=id`;
    expect(filter.length).toBeGreaterThan(20_000);
    expect((await ask(`${set}/$query`, `${filter}&$top=2`)).body.value).toHaveLength(2);
    expect((await ask(`${set}/$query`, filter, { headers: { prefer: 'maxpagesize=9' } })).body.value).toHaveLength(3);
    const { status, body } = await ask(`${set}/$query`, filter);
    expect([status, body.error.innerError.code]).toEqual([414, 'urlTooLong']);
  });

  it('reading permission suffices, and is needed', async () => {
    const reader = { ...ann, scp: 'DecoratedProfile.Read' };
    expect((await ask(`${set}/$query`, '$top=1', { as: reader })).status).toBe(200);
    expect((await ask(`${set}/$query`, '$top=1', { as: { ...ann, scp: 'Other' } })).status).toBe(403);
    expect((await ask(`${set}/$query`, '$top=1', { as: null })).status).toBe(401);
  });

  it('the body is plain text', async () => {
    const type = (value: string) => ({ headers: { 'content-type': value } });
    expect((await ask(`${set}/$query`, '$top=1', type('text/plain;charset=utf-8'))).status).toBe(200);
    expect((await app.request('POST', `${set}/$query?$top=1`)).body.value).toHaveLength(1);
    const { status, body } = await ask(`${set}/$query`, '{"$top":1}', type('application/json'));
    expect([status, body.error.innerError.code]).toEqual([415, 'mediaTypeNotSupported']);
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s of $query is refused, and does nothing', async (method) => {
    const { status, headers } = await app.request(method, `${set}/a/$query`, method === 'GET' ? {} : { body: '{}' });
    expect([status, headers.get('allow')]).toEqual([405, 'POST']);
    expect((await app.get(`${set}/a`)).status).toBe(200);
  });

  it('conditions are those of a read', async () => {
    const etag = (await app.get(`${set}/a`)).headers.get('etag')!;
    const asked = await ask(`${set}/a/$query`, '$select=id', { headers: { 'if-match': etag } });
    expect([asked.status, asked.headers.get('etag')]).toEqual([200, etag]);
    expect((await ask(`${set}/a/$query`, '', { headers: { 'if-none-match': etag } })).status).toBe(412);
    expect((await ask(`${set}/a/$query`, '', { headers: { 'if-match': 'W/"1"' } })).status).toBe(412);
  });

  it('in batches of either format, and later', async () => {
    const headers = { 'content-type': 'text/plain' };
    const url = `${set}/$query`;
    const { body } = await sendJson(app, [{ id: '1', method: 'POST', url, headers, body: '$top=1&$select=id' }]);
    expect([body.responses[0].status, body.responses[0].body.value.length]).toEqual([200, 1]);
    const parts = multipartAnswers(
      await sendMultipart(app, [{ method: 'POST', url, headers, body: '$top=1&$select=id' }]),
    );
    expect(statuses(parts)).toEqual([200]);
    const later = await ask(`${set}/$query`, '$top=1&$select=id', { headers: { prefer: 'respond-async' } });
    expect(later.status).toBe(202);
    for (;;) {
      const answer = await app.get(later.headers.get('location')!);
      if (answer.status === 202) continue;
      expect(answer.body.value).toHaveLength(1);
      break;
    }
  });
});
