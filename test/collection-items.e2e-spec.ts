import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

/** OData 4.01 URL Conventions 4.10: items of ordered collections of values. */
describe('an item of a collection of values', () => {
  let app: TestApp;
  const work = "/works('w')";
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    const chapters = [{ number: 1, words: ['so', 'it', 'goes'] }];
    const places = [
      { city: 'Rome', floor: 1 },
      { '@odata.type': '#test.library.Archive', city: 'Oslo', vault: 'v' },
    ];
    const made = await app.post('/works', { code: 'w', numbers: [7, 8, 9], places, chapters });
    expect(made.status).toBe(201);
  });
  afterAll(() => app.stop());

  it.each<[path: string, value: unknown]>([
    ['numbers/0', 7],
    ['numbers/2', 9],
    ['numbers/-1', 9],
    ['numbers/-3', 7],
    ['chapters(1)/words/1', 'it'],
    ['chapters/1/words/-1', 'goes'],
    ['places/0/city', 'Rome'],
    ['places/-1/city', 'Oslo'],
    ['places/1/test.library.Archive/vault', 'v'],
  ])('%s is %j', async (path, value) => {
    const { status, body, text } = await app.get(`${work}/${path}`);
    expect([status, body?.value ?? text]).toEqual([200, value]);
    expect((await app.get(`${work}/${path}/$value`)).text).toBe(String(value));
  });

  it('a complex one is given as it is, with its type, and can be selected from', async () => {
    const { body } = await app.get(`${work}/places/-1`);
    expect(body).toEqual({
      '@odata.context': `${app.root}/$metadata#test.library.Place`,
      '@odata.type': '#test.library.Archive',
      city: 'Oslo',
      floor: null,
      vault: 'v',
    });
    const selected = await app.get(`${work}/places/0?$select=city&$compute=floor add 1 as next`);
    expect([selected.status, selected.body.city, selected.body.next]).toEqual([200, 'Rome', undefined]);
    expect((await app.get(`${work}/numbers/0`)).body['@odata.context']).toBe(`${app.root}/$metadata#Edm.Int32`);
  });

  it.each([
    'numbers/3',
    'numbers/-4',
    'places/2',
    'places/2/city',
    'places/0/test.library.Archive',
    'numbers/999999999',
  ])('there is no %s', async (path) => {
    expect((await app.get(`${work}/${path}`)).status).toBe(404);
  });

  it.each([
    'numbers/x',
    'numbers/0/0',
    'numbers/1.5',
    'numbers/0x',
    'numbers/9999999999',
    'numbers/0/$count',
    'places/0/nothing',
  ])('%s is no resource, or none that there is', async (path) => {
    expect([404, 501]).toContain((await app.get(`${work}/${path}`)).status);
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'POST'])(
    '%s of one does nothing, and says that it is not there yet',
    async (method) => {
      for (const path of ['numbers/0', 'places/0', 'places/0/city']) {
        const answer = await app.request(method, `${work}/${path}`, method === 'DELETE' ? {} : { body: { value: 1 } });
        expect([answer.status, answer.body.error.message]).toEqual([
          501,
          expect.stringContaining('one item of a collection'),
        ]);
      }
      expect((await app.get(`${work}?$select=numbers,places`)).body).toMatchObject({
        numbers: [7, 8, 9],
        places: [{ city: 'Rome' }, {}],
      });
    },
  );
});
