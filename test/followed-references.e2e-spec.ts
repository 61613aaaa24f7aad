import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { warehouse } from './models/warehouse.js';
import { TestApp } from './support/test-app.js';

const create = { prefer: 'create-if-missing' };

describe('references that properties follow', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, warehouse);
    for (const [plant, run] of [
      ['Delft', 1],
      ['Delft', 2],
      ['Gouda', 1],
    ])
      await app.post('/batches', { origin: { plant, run: { number: run } } });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    for (const { number } of (await app.get('/freights')).body.value) await app.delete(`/freights(${number})`);
    for (const id of ['post', 'ship']) {
      await app.delete(`/carriers('${id}')`);
      await app.post('/carriers', { id });
    }
  });
  const freights = async () => {
    const { body } = await app.get('/freights?$expand=carrier,batch&$orderby=number');
    return body.value.map(({ number, carrierId, carrier, plant, batch }: any) =>
      [number, carrierId, carrier.id, plant, batch?.origin.run.number].filter((one) => one != null).join(' '),
    );
  };
  const carried = async (id: string) => {
    const { body } = await app.get(`/carriers('${id}')/freights?$orderby=number`);
    return body.value.map(({ number }: any) => number);
  };

  describe('where the one that they lead to is deleted (SetDefault)', () => {
    it('lead to what their properties say by default, on both sides', async () => {
      await app.post('/freights', { number: 1, carrierId: 'ship' });
      await app.post('/freights', { number: 2, 'carrier@odata.bind': "carriers('ship')" });
      await app.post('/freights', { number: 3 });
      expect([await carried('post'), await carried('ship')]).toEqual([[3], [1, 2]]);
      const before = (await app.get('/freights(1)')).body['@odata.etag'];
      expect((await app.delete("/carriers('ship')")).status).toBe(204);
      expect(await freights()).toEqual(['1 post post', '2 post post', '3 post post']);
      expect(await carried('post')).toEqual([1, 2, 3]);
      expect((await app.get('/freights(1)')).body['@odata.etag']).not.toBe(before);
    });

    it('each of several that are deleted together too', async () => {
      await app.post('/freights', { number: 1, carrierId: 'ship' });
      const answer = await app.request('DELETE', "/carriers/$filter(@f)/$each?@f=id eq 'ship'");
      expect(answer.status).toBeLessThan(300);
      expect([await freights(), await carried('post')]).toEqual([['1 post post'], [1]]);
    });

    it('forbid it where that is not there', async () => {
      await app.post('/freights', { number: 1 });
      const { status, body } = await app.delete("/carriers('post')");
      expect([status, body.error.code]).toEqual([409, 'conflict']);
      expect([await freights(), await carried('post')]).toEqual([['1 post post'], [1]]);
    });

    it('are made with their defaults by whatever makes them', async () => {
      await app.patch('/freights(4)', {}, { headers: create });
      await app.request('PUT', '/freights(5)', { body: {}, headers: create });
      await app.post('/freights', { number: 6, carrierId: 'ship' });
      await app.request('PUT', '/freights(6)', { body: {} });
      expect(await freights()).toEqual(['4 post post', '5 post post', '6 post post']);
      expect(await carried('post')).toEqual([4, 5, 6]);
      await app.request('DELETE', '/freights/$filter(@f)/$each?@f=number gt 0');
      await app.delete("/carriers('post')");
      const { status, body } = await app.post('/freights', { number: 7 });
      expect([status, body.error.details?.[0]?.target ?? body.error.target]).toEqual([400, 'carrierId']);
    });
  });

  describe('with a part of the key', () => {
    const to = (plant: string, run: number) => ({ 'batch@odata.bind': `batches(plant='${plant}',run=${run})` });

    it('are told by the reference, whatever a body says', async () => {
      await app.post('/freights', { number: 1, plant: 'Delft', ...to('Delft', 2) });
      await app.post('/freights', { number: 2, plant: 'Nowhere', ...to('Gouda', 1) });
      await app.post('/freights', { number: 3, plant: 'Nowhere' });
      expect(await freights()).toEqual(['1 post post Delft 2', '2 post post Gouda 1', '3 post post']);
      await app.patch('/freights(1)', to('Gouda', 1));
      await app.patch('/freights(2)', { plant: 'Nowhere' });
      await app.patch('/freights(3)', to('Delft', 1));
      expect(await freights()).toEqual(['1 post post Gouda 1', '2 post post Gouda 1', '3 post post Delft 1']);
      await app.request('PUT', '/freights(3)/batch/$ref', { body: { '@odata.id': "batches(plant='Delft',run=2)" } });
      await app.patch('/freights(1)', { batch: null });
      // A replacement says nothing of references that it does not name (OData 4.01 Protocol 11.4.3).
      await app.request('PUT', '/freights(2)', { body: { plant: 'Delft' } });
      expect(await freights()).toEqual(['1 post post', '2 post post Gouda 1', '3 post post Delft 2']);
      expect((await app.request('PUT', '/freights(3)/plant', { body: { value: 'x' } })).status).toBe(405);
    });

    it('go with it', async () => {
      await app.post('/batches', { origin: { plant: 'Zwolle', run: { number: 1 } } });
      await app.post('/freights', { number: 1, ...to('Zwolle', 1) });
      expect(await freights()).toEqual(['1 post post Zwolle 1']);
      await app.delete("/batches(plant='Zwolle',run=1)");
      expect(await freights()).toEqual(['1 post post']);
    });
  });

  it('are described', async () => {
    const xml = (await app.get('/$metadata', { as: null })).text;
    expect(xml).toContain('<OnDelete Action="SetDefault"/>');
    expect(xml).toContain('<ReferentialConstraint Property="plant" ReferencedProperty="origin/plant"/>');
    const json = (await app.get('/$metadata?$format=json', { as: null })).body['test.warehouse'];
    expect(json.Carrier.freights).toMatchObject({ $OnDelete: 'SetDefault', $Partner: 'carrier' });
    expect(json.Freight.batch).toMatchObject({ $ReferentialConstraint: { plant: 'origin/plant' } });
  });
});
