import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

const set = '/decoratedProfileConnections';
/** The text of a member of an answer, which `JSON.parse` would round. */
const member = (text: string, name: string): string | undefined =>
  new RegExp(`"${name}":("?[^,}\\]]*)`).exec(text)?.[1];

describe('a number that is stored comes back to the last digit', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it.each(['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740992', '1000000000000000000'])(
    '[B2.15] Edm.Int64 %s, as a number, as a string, and in the answer that is sent again',
    async (digits) => {
      const { body } = await app.post(set, { profile: {} });
      const profile = `${set}/${body.id}/profile`;
      const insights = (value: string) => `{"salesNavigatorInfo":{"insights":[{"createdAt":${value}}]}}`;
      for (const sent of [digits, `"${digits}"`]) {
        const format = `application/json;IEEE754Compatible=${sent.startsWith('"')}`;
        const headers = { 'content-type': format, accept: format };
        const changed = await app.request('PATCH', profile, { body: insights(sent), headers });
        expect([changed.status, member(changed.text, 'createdAt')]).toEqual([200, sent]);
        const again = await app.request('PUT', profile, { body: changed.text, headers });
        expect([again.status, member(again.text, 'createdAt')]).toEqual([200, sent]);
      }
    },
  );
});

describe('numbers, dates and durations of another model', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
  });
  afterAll(() => app.stop());
  const create = async (code: string, members: string): Promise<void> => {
    const { status, text } = await app.request('POST', '/works', { body: `{"code":"${code}",${members}}` });
    if (status !== 201) throw new Error(text);
  };

  it('orders by Edm.Int64 beyond 2^53, page by page', async () => {
    const values = ['9007199254740993', '9007199254740992', '9223372036854775807', '-9223372036854775808', '5'];
    for (const [index, value] of values.entries()) await create(`o${index}`, `"title":"order","barcode":${value}`);
    const found: (string | undefined)[] = [];
    let next: string | undefined = `/works?$filter=title eq 'order'&$orderby=barcode&$select=barcode`;
    while (next !== undefined) {
      const { text, body } = await app.get(next, { headers: { prefer: 'maxpagesize=2' } });
      found.push(...[...text.matchAll(/"barcode":(-?\d+)/g)].map(([, digits]) => digits));
      next = body['@odata.nextLink'] ?? body['@nextLink'];
    }
    expect(found).toEqual([values[3], '5', values[1], values[0], values[2]]);
    const sum = `/works?$filter=title eq 'order' and barcode lt 6&$orderby=barcode add 9007199254740993 desc`;
    expect((await app.get(sum)).body.value.map(({ code }: { code: string }) => code)).toEqual(['o4', 'o3']);
  });

  it.each<[member: string, sent: string, written: string]>([
    ['price', '1e-7', '0.0000001'],
    ['price', '12345678901234567890.1', '12345678901234567890.1'],
    ['price', '1.50', '1.5'],
    ['price', '1e22', '10000000000000000000000'],
    ['lendingTime', '"P10000DT0.123456S"', '"P10000DT0.123456S"'],
    ['lendingTime', '"P12DT23H59M59.999999999999S"', '"P12DT23H59M59.999999999999S"'],
    ['lendingTime', '"-PT0.0000001S"', '"-PT0.0000001S"'],
    ['acquired', '"9999-12-31T23:59:59.999999999999Z"', '"9999-12-31T23:59:59.999999999999Z"'],
    ['opensAt', '"23:59:59.000000000001"', '"23:59:59.000000000001"'],
  ])('[B2.15] [J-9.4] %s: %s is written %s', async (name, sent, written) => {
    const code = `${name}${Buffer.from(sent).toString('hex')}`;
    await create(code, `"${name}":${sent}`);
    expect(member((await app.get(`/works/${code}`)).text, name)).toBe(written);
    const found = await app.get(
      `/works?$filter=${name} eq ${written.replaceAll('"', name === 'lendingTime' ? "'" : '')}&$select=code`,
    );
    expect(found.body.value).toContainEqual(expect.objectContaining({ code }));
  });

  it.each([
    ['published', '"0000-01-01"'],
    ['published', '"-0001-01-01"'],
    ['acquired', '"0000-12-31T23:59:59Z"'],
    ['acquired', '"0001-01-01T00:00:00+01:00"'],
  ])('%s: %s is before what can be counted with, in a body and in a filter', async (name, value) => {
    const { status } = await app.request('POST', '/works', { body: `{"code":"early","${name}":${value}}` });
    const filter = `/works?$filter=${name} eq ${value.replaceAll('"', '').replace('+', '%2B')}`;
    expect([status, (await app.get(filter)).status]).toEqual([400, 400]);
  });

  it('takes no moment as later than maxdatetime()', async () => {
    await create('last', '"acquired":"9999-12-31T23:59:59.999999999999Z"');
    const of = (operator: string) =>
      `/works?$filter=acquired ${operator} maxdatetime() and code eq 'last'&$select=code`;
    expect((await app.get(of('gt'))).body.value).toEqual([]);
    expect((await app.get(of('eq'))).body.value).toHaveLength(1);
  });
});
