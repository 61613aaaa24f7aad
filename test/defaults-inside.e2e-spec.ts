import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogue } from './models/catalogue.js';
import { operated } from './models/operated.js';
import { TestApp } from './support/test-app.js';

const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };

describe('what is meant in complex values', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, operated);
  });
  afterAll(() => app.stop());
  const card = async (number: string) => (await app.get(`/cards('${number}')`)).body;

  it.each<[what: string, method: string, body: object, expected: object]>([
    ['made with its owner', 'POST', { days: 3 }, { days: 3, grace: 'PT1H' }],
    ['made with its owner, which says null', 'POST', { grace: null }, { days: 28, grace: null }],
    ['made by a merge', 'PATCH', { days: 3 }, { days: 3, grace: 'PT1H' }],
    ['made by a merge that says null', 'PATCH', { grace: null }, { days: 28, grace: null }],
    ['replaced', 'PUT', { days: 3 }, { days: 3, grace: 'PT1H' }],
  ])('is in a complex value that is %s', async (_, method, terms, expected) => {
    if (method !== 'POST') await app.post('/cards', { number: '5' });
    const [path, body] = method === 'POST' ? ['/cards', { number: '5', terms }] : ["/cards('5')", { terms }];
    expect((await app.request(method, path, { body })).status).toBeLessThan(300);
    expect((await card('5')).terms).toMatchObject(expected);
    await app.patch("/cards('5')", { terms: { grace: null } });
    await app.patch("/cards('5')/terms", { days: 4 });
    expect((await card('5')).terms).toMatchObject({ days: 4, grace: null });
    await app.delete("/cards('5')");
  });

  it('is in a complex value that a merge makes at its own URL', async () => {
    await app.post('/cards', { number: '6' });
    await app.patch("/cards('6')/terms", { days: 4 });
    expect((await card('6')).terms).toMatchObject({ days: 4, grace: 'PT1H' });
    await app.delete("/cards('6')");
  });
});

describe('what is meant in contained entities', () => {
  let app: TestApp;
  const screw = (number: number, body: object = {}) => ({ '@type': '#test.catalogue.Screw', number, ...body });
  beforeAll(async () => {
    app = await TestApp.start({}, catalogue);
    await app.post('/suppliers', { id: 's' });
    await app.post('/products', { id: 'p', supplierId: 's', label: { text: 'x' }, parts: [screw(1, { metal: null })] });
  });
  afterAll(() => app.stop());
  const parts = async () => {
    const { body } = await app.get("/products('p')/parts", { headers: { accept: 'application/json;metadata=none' } });
    return Object.fromEntries(body.value.map((one: any) => [one.number, [one.count, one.metal]]));
  };

  it('is what a merge makes them with, and nothing to those that are there', async () => {
    const delta = [
      screw(1, { length: 2 }),
      screw(2, { length: 3 }),
      screw(3, { metal: null }),
      screw(4, { metal: 'tin' }),
    ];
    expect((await app.patch("/products('p')", { 'parts@delta': delta }, { headers: v401 })).status).toBe(200);
    const all = { 1: [1, null], 2: [1, 'steel'], 3: [1, null], 4: [1, 'tin'] };
    expect(await parts()).toEqual(all);
    const again = [1, 2, 3, 4].map((number) => screw(number, { length: 5 }));
    expect((await app.patch("/products('p')", { 'parts@delta': again }, { headers: v401 })).status).toBe(200);
    expect(await parts()).toEqual(all);
    await app.patch("/products('p')", { parts: [screw(3), screw(5), screw(6, { metal: 'gold' })] }, { headers: v401 });
    expect(await parts()).toEqual({ 3: [1, null], 5: [1, 'steel'], 6: [1, 'gold'] });
    const made = { id: 'q', supplierId: 's', label: { text: 'x' }, 'parts@delta': [screw(1)] };
    const put = await app.patch("/products('q')", made, { headers: { ...v401, prefer: 'create-if-missing' } });
    expect(put.status).toBe(201);
    const { body } = await app.get("/products('q')/parts(1)/test.catalogue.Screw/metal");
    expect(body.value).toBe('steel');
  });
});
