import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogue, catalogueWith } from '../models/catalogue.js';
import { operated } from '../models/operated.js';
import { TestApp } from '../support/test-app.js';

const all = { limit: 5, fee: 0.5, look: 'plain', condition: 'Good', terms: null };
const v401 = { 'odata-version': '4.01', 'content-type': 'application/json' };

describe('what is meant where nothing is said', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, operated);
  });
  afterAll(() => app.stop());
  const card = async (number: string) => (await app.get(`/cards('${number}')`)).body as object;

  it.each<
    [what: string, method: string, path: string, body: object, headers: Record<string, string>, expected: object]
  >([
    ['POST', 'POST', '/cards', { number: '1' }, {}, all],
    [
      'POST that says some of it',
      'POST',
      '/cards',
      { number: '1', limit: 7, look: null },
      {},
      { limit: 7, look: null, fee: 0.5 },
    ],
    [
      'an upsert by PATCH',
      'PATCH',
      "/cards('1')",
      { fee: null },
      { prefer: 'create-if-missing' },
      { ...all, fee: null },
    ],
    ['an upsert by PUT', 'PUT', "/cards('1')", { look: 'red' }, { 'if-none-match': '*' }, { ...all, look: 'red' }],
    ['a delta payload', 'PATCH', '/cards', { '@context': '#$delta', value: [{ number: '1' }] }, v401, all],
  ])('is what an entity has that %s makes', async (_, method, path, body, headers, expected) => {
    const { status, text } = await app.request(method, path, {
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    expect([status < 300, text]).toEqual([true, text]);
    expect(await card('1')).toMatchObject(expected);
    await app.delete("/cards('1')");
  });

  it('is what a replacement does not name, and nothing that a merge would touch', async () => {
    await app.post('/cards', { number: '2', limit: 9, fee: 3, look: 'red', condition: 'Worn' });
    await app.patch("/cards('2')", { terms: {} });
    expect(await card('2')).toMatchObject({ limit: 9, fee: 3, look: 'red', condition: 'Worn' });
    await app.patch("/cards('2')", { fee: null });
    expect(await card('2')).toMatchObject({ fee: null });
    await app.request('PUT', "/cards('2')", { body: {} });
    expect(await card('2')).toMatchObject(all);
  });

  it('is in complex values too, and nothing but what the rules allow can take its place', async () => {
    await app.post('/cards', { number: '3', terms: {} });
    expect(await card('3')).toMatchObject({ terms: { days: 28, grace: 'PT1H' } });
    const { body } = await app.post('/cards', { number: '4', limit: null, condition: 'Nope', terms: { days: 0 } });
    expect(body.error.details.map(({ target }: any) => target)).toEqual(['limit', 'condition', 'terms/days']);
  });

  it('is said in the metadata, as a literal, and in the description of the API', async () => {
    const { text } = await app.get('/$metadata', { as: null });
    const values = Object.fromEntries(
      [...text.matchAll(/<Property Name="(\w+)"[^>]* DefaultValue="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    expect(values).toEqual({ days: '28', grace: 'PT1H', limit: '5', fee: '0.5', look: 'plain', condition: 'Good' });
    const { schemas } = (await app.get('/openapi.json', { as: null })).body.components;
    expect(schemas['test.lending.Card-create'].properties.fee.default).toBe(0.5);
  });
});

describe('a singleton that is something by default', () => {
  let app: TestApp;
  const of = (tid: string) => ({ as: { tid, oid: 'x', roles: ['DecoratedProfile.ReadWrite.All'] } });
  beforeAll(async () => {
    app = await TestApp.start({}, catalogue);
  });
  afterAll(() => app.stop());
  const byDefault = { name: 'main', currency: 'EUR', most: 9, window: { width: 2, height: null } };

  it.each<[path: string, expected: unknown]>([
    ['/shop', byDefault],
    ['/shop/currency', { value: 'EUR' }],
    ['/shop/window', byDefault.window],
    ['/shop?$select=most', { most: 9 }],
    ['/suppliers?$filter=$root/shop/most eq 9&$count=true', { '@odata.count': 1 }],
  ])('is there for a tenant of its own, whoever asks first: GET %s', async (path, expected) => {
    await app.post('/suppliers', { id: 's' }, of(path));
    const { status, body } = await app.get(path, of(path));
    expect(status).toBe(200);
    expect(body).toMatchObject(expected as object);
  });

  it('changes from there, for its tenant', async () => {
    const { status, body } = await app.patch('/shop', { currency: 'NOK' }, of('one'));
    expect([status, body]).toMatchObject([200, { ...byDefault, currency: 'NOK' }]);
    expect((await app.get('/shop', of('one'))).body).toMatchObject({ currency: 'NOK', most: 9 });
    expect((await app.get('/shop', of('another'))).body).toMatchObject(byDefault);
  });

  it('has an ETag, keeps what it was given, and is one entity', async () => {
    const first = await app.get('/shop');
    const again = await app.get('/shop', { headers: { 'if-none-match': first.headers.get('etag')! } });
    expect(again.status).toBe(304);
    const changed = await app.request('PUT', '/shop/currency', { body: { value: null } });
    expect(changed.status).toBeLessThan(300);
    expect((await app.get('/shop')).body).toMatchObject({ ...byDefault, currency: null });
    expect((await app.get('/branch')).status).toBe(404);
  });

  it.each([
    [{ currency: 'EURO', most: null }, "The default of shop is not allowed: 'currency': currency must be shorter"],
    [{ currency: 'EURO', most: null }, "'most' cannot be null"],
    [{ colour: 'red' }, "has no property 'colour'"],
  ])('is refused at the start where the model does not allow it: %j', async (value, message) => {
    const model = catalogueWith(value);
    await expect(TestApp.start({}, { model, modules: [] })).rejects.toThrow(message);
  });
});
