import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { type EntityChange, EntityRules, RulesFor } from '../src/odata/index.js';
import { aggregateSet } from '../src/odata/store/aggregate-set.js';
import { readArchiveLine, writeArchiveLine } from '../src/odata/transfer/archive-line.js';
import { Shipment, warehouse, warehouseModel } from './models/warehouse.js';
import { type Answer, TestApp } from './support/test-app.js';
import { asking, v401 } from './support/asking.js';

@Injectable()
@RulesFor(Shipment)
class Wraps extends EntityRules<Shipment> {
  override beforeChange({ changes }: EntityChange<Shipment>): void {
    if (changes.title === 'wrap') (changes as Record<string, unknown>)['lines@delta'] = [{ number: 99, text: 'paper' }];
  }
}

@Module({ providers: [Wraps] })
class WrappingModule {}

describe.each(Object.entries({ 'as the model says': [], 'with rules': [WrappingModule] }))(
  'keys from what contains an entity, %s',
  (_, modules) => {
    let app: TestApp;
    beforeAll(async () => {
      app = await TestApp.start({}, { ...warehouse, modules: [...warehouse.modules, ...modules] });
    });
    afterAll(() => app.stop());
    const { ask, does } = asking(() => app);
    const faults = ({ status, body }: Answer) => [
      status,
      ...(body.error.details ?? [{ code: body.error.innerError?.code, target: body.error.target }]).map(
        ({ code, target }: any) => `${code} ${target}`,
      ),
    ];
    /** Of each line of a shipment what it has of it, and the key of what it leads back to. */
    const lines = async (id = 1): Promise<unknown[]> => {
      const { body } = await app.get(`/shipments(${id})/lines?$expand=shipment($select=id)&$orderby=number`);
      return body.value.map((one: any) => [one.shipmentId, one.number, one.shipment.id]);
    };
    beforeEach(async () => {
      for (const { id } of (await app.get('/shipments?$select=id')).body.value) {
        await does('PUT', `/shipments(${id})`, { seals: [] });
        await does('DELETE', `/shipments(${id})`);
      }
      await does('POST', '/shipments', {
        id: 1,
        title: 'One',
        lines: [{ number: 2, text: 'two' }],
        bill: { total: 5 },
      });
      await does('POST', '/shipments', { id: 2, lines: [{ number: 2 }, { number: 3 }] });
    });

    it('are set by the service', async () => {
      expect(await lines()).toEqual([[1, 2, 1]]);
      expect(await lines(2)).toEqual([
        [2, 2, 2],
        [2, 3, 2],
      ]);
      const { body } = await app.get('/shipments(1)?$expand=bill($expand=of)');
      expect(body.bill).toMatchObject({ total: 5, of: { id: 1, title: 'One' } });
      expect((await app.get('/shipments(1)/bill/of/title')).body.value).toBe('One');
    });

    it.each<[path: string, status: number]>([
      ['lines(2)', 200],
      ['lines/2', 200],
      ['lines(number=2)', 200],
      ['lines(shipmentId=1,number=2)', 200],
      ['lines(number=2,shipmentId=1)/text', 200],
      ['lines(shipmentId=2,number=2)', 404],
      ['lines(shipmentId=2,number=2)/text', 404],
      ['lines(3)', 404],
      ['lines(shipmentId=1)', 400],
      ["lines(shipmentId='1',number=2)", 400],
      ['lines(shipmentId=1,number=2,more=3)', 400],
    ])('may be left out of URLs: %s', async (path, status) => {
      expect((await ask('GET', `/shipments(1)/${path}`)).status).toBe(status);
      if (status === 200) expect((await ask('GET', `/shipments/1/${path}`)).status).toBe(200);
    });

    it('are left out of the URLs that the service writes', async () => {
      const { body } = await app.get('/shipments(1)/lines(shipmentId=1,number=2)');
      expect(body['@odata.context']).toBe(`${app.url}/v1.0/$metadata#shipments(1)/lines/$entity`);
      const full = await app.get('/shipments(1)/lines?$format=application/json;odata.metadata=full');
      expect(full.body.value[0]).toMatchObject({
        '@odata.id': `${app.url}/v1.0/shipments(1)/lines(2)`,
        'shipment@odata.navigationLink': `${app.url}/v1.0/shipments(1)/lines(2)/shipment`,
      });
      const made = await does('POST', '/shipments(1)/lines', { number: 7 });
      expect(made.headers.get('location')).toBe(`${app.url}/v1.0/shipments(1)/lines(7)`);
      expect(made.body).toMatchObject({ shipmentId: 1, number: 7 });
    });

    it.each<[method: string, path: string, body: object, expected: unknown]>([
      [
        'POST',
        'shipments(1)/lines',
        { number: 4 },
        [
          [1, 2, 1],
          [1, 4, 1],
        ],
      ],
      [
        'POST',
        'shipments(1)/lines',
        { shipmentId: 9, number: 4 },
        [
          [1, 2, 1],
          [1, 4, 1],
        ],
      ],
      ['PATCH', 'shipments(1)', { lines: [{ number: 5 }] }, [[1, 5, 1]]],
      [
        'PATCH',
        'shipments(1)',
        { 'lines@delta': [{ number: 5, shipmentId: 9 }] },
        [
          [1, 2, 1],
          [1, 5, 1],
        ],
      ],
      ['PATCH', 'shipments(1)', { 'lines@delta': [{ number: 2, '@removed': {} }, { number: 6 }] }, [[1, 6, 1]]],
      [
        'PATCH',
        'shipments(1)',
        { 'lines@delta': [{ '@id': 'shipments(1)/lines(shipmentId=1,number=2)', text: 'x' }] },
        [[1, 2, 1]],
      ],
      [
        'PUT',
        'shipments(1)',
        { lines: [{ number: 2 }, { number: 8 }] },
        [
          [1, 2, 1],
          [1, 8, 1],
        ],
      ],
      ['PUT', 'shipments(1)/lines', { value: [{ number: 6 }] }, [[1, 6, 1]]],
      [
        'PATCH',
        'shipments(1)/lines',
        { '@context': '#$delta', value: [{ number: 6 }] },
        [
          [1, 2, 1],
          [1, 6, 1],
        ],
      ],
      ['PUT', 'shipments(1)/lines(2)', { text: 'y' }, [[1, 2, 1]]],
      ['PATCH', 'shipments(1)/lines(2)', { shipmentId: 7, text: 'y' }, [[1, 2, 1]]],
      ['PATCH', 'shipments(1)/lines(shipmentId=1,number=2)', { text: 'y' }, [[1, 2, 1]]],
      [
        'PATCH',
        'shipments(1)/lines(9)',
        { text: 'made' },
        [
          [1, 2, 1],
          [1, 9, 1],
        ],
      ],
      ['PATCH', 'shipments', { '@context': '#$delta', value: [{ id: 1, lines: [{ number: 5 }] }] }, [[1, 5, 1]]],
      [
        'PATCH',
        'shipments/$each',
        { 'lines@delta': [{ number: 5 }] },
        [
          [1, 2, 1],
          [1, 5, 1],
        ],
      ],
      [
        'PATCH',
        'shipments(1)',
        { lines: [{ '@type': '#test.warehouse.Gift', number: 5, ribbon: 'red' }] },
        [[1, 5, 1]],
      ],
    ])('are right whatever makes it: %s %s %j', async (method, path, body, expected) => {
      await does(method, `/${path}`, body, { ...v401, prefer: 'create-if-missing' });
      expect(await lines()).toEqual(expected);
      expect((await lines(2)).slice(0, 2)).toEqual([
        [2, 2, 2],
        [2, 3, 2],
      ]);
    });

    it('are right of what is contained and single', async () => {
      const of = async () => (await app.get('/shipments(2)/bill?$expand=of($select=id)')).body.of?.id;
      await does('PATCH', '/shipments(2)/bill', { total: 1 });
      expect(await of()).toBe(2);
      await does('DELETE', '/shipments(2)/bill');
      await does('PATCH', '/shipments(2)', { bill: { total: 2 } });
      expect(await of()).toBe(2);
      await does('PATCH', '/shipments(2)', { bill: null });
      expect((await app.get('/shipments(2)/bill')).status).toBe(204);
    });

    it('are right of what rules make', async () => {
      await does('PATCH', '/shipments(1)', { title: 'wrap' });
      expect(await lines()).toEqual(
        modules.length === 0
          ? [[1, 2, 1]]
          : [
              [1, 2, 1],
              [1, 99, 1],
            ],
      );
    });

    it('are filtered, ordered and expanded by', async () => {
      const ids = async (filter: string) =>
        (await app.get(`/shipments?$filter=${encodeURIComponent(filter)}`)).body.value.map(({ id }: any) => id);
      expect(await ids('lines/any(l:l/shipmentId eq 2)')).toEqual([2]);
      expect(await ids("lines/any(l:l/shipment/title eq 'One')")).toEqual([1]);
      expect((await app.get("/shipments(1)/lines?$filter=shipment/title eq 'One'")).body.value).toHaveLength(1);
      const { body } = await app.get(
        '/shipments(2)?$expand=lines($select=number;$filter=shipmentId eq 2;$orderby=shipmentId,number desc)',
      );
      expect(body.lines.map(({ number }: any) => number)).toEqual([3, 2]);
    });

    it.each<[method: string, path: string, body: object | undefined, expected: unknown[] | number]>([
      [
        'POST',
        'shipments(1)/lines',
        { number: 4, 'shipment@bind': 'shipments(2)' },
        [400, 'bindNotAllowed shipment@bind'],
      ],
      ['PATCH', 'shipments(1)/lines(2)', { shipment: { '@id': 'shipments(2)' } }, [400, 'bindNotAllowed shipment']],
      [
        'PATCH',
        'shipments(1)',
        { 'lines@delta': [{ shipment: { id: 3 }, number: 1 }] },
        [400, 'bindNotAllowed lines@delta/0/shipment'],
      ],
      [
        'PATCH',
        'shipments(1)',
        { 'lines@delta': [{ '@id': 'shipments(1)/lines(shipmentId=2,number=2)' }] },
        [400, 'entityIdMismatch lines@delta/0/@id'],
      ],
      ['POST', 'shipments(1)/lines', { shipmentId: 1 }, [400, 'nullNotAllowed number']],
      ['PUT', 'shipments(1)/lines(2)/shipment/$ref', { '@id': 'shipments(2)' }, 405],
      ['DELETE', 'shipments(1)/lines(2)/shipment/$ref', undefined, 405],
      ['PUT', 'shipments(1)/lines(2)/shipmentId', { value: 2 }, 405],
      ['PATCH', 'shipments(1)/lines(shipmentId=2,number=2)', { text: 'x' }, 404],
      ['DELETE', 'shipments(1)/lines(shipmentId=2,number=2)', undefined, 404],
    ])('cannot be set: %s %s %j', async (method, path, body, expected) => {
      const answer = await ask(method, `/${path}`, body);
      expect(typeof expected === 'number' ? answer.status : faults(answer)).toEqual(expected);
      expect(await lines()).toEqual([[1, 2, 1]]);
    });

    it('keep nothing alive: what is contained goes with what contains it, or forbids that', async () => {
      await does('DELETE', '/shipments(1)');
      await does('POST', '/shipments(2)/seals', { code: 's' });
      expect((await ask('DELETE', '/shipments(2)')).status).toBe(409);
      expect((await ask('DELETE', '/shipments/$each')).status).toBe(409);
      await does('DELETE', "/shipments(2)/seals('s')");
      await does('DELETE', '/shipments(2)');
    });

    it('work in batches', async () => {
      const { body } = await does('POST', '/$batch', {
        requests: [
          { id: '1', atomicityGroup: 'g', method: 'POST', url: '/shipments', body: { id: 5 } },
          { id: '2', atomicityGroup: 'g', dependsOn: ['1'], method: 'POST', url: '$1/lines', body: { number: 1 } },
          { id: '3', atomicityGroup: 'g', dependsOn: ['2'], method: 'PATCH', url: '$2', body: { text: 'x' } },
        ],
      });
      expect(body.responses.map(({ status }: any) => status)).toEqual([201, 201, 200]);
      expect(await lines(5)).toEqual([[5, 1, 5]]);
    });

    it('travel in archives', async () => {
      const set = warehouseModel.entitySets.get('shipments')!;
      const kept = await app.store.find({ set: aggregateSet(set), scope: { tenant: 'contoso' }, id: '[2]' }, ['lines']);
      expect(Object.keys(kept!.lines as object)).toEqual(['[2]', '[3]']);
      const { $version: version, ...document } = JSON.parse(JSON.stringify(kept)) as Record<string, any>;
      const aggregate = { tenant: 't', owner: 'o', id: '[2]', version, createdAt: 1000, modifiedAt: 2000, document };
      const read = readArchiveLine(writeArchiveLine(set, aggregate), warehouseModel);
      expect(JSON.parse(JSON.stringify(read.aggregate))).toEqual(aggregate);
    });

    it('are described', async () => {
      const xml = (await app.get('/$metadata')).text;
      expect(xml).toContain('<Key><PropertyRef Name="shipmentId"/><PropertyRef Name="number"/></Key>');
      expect(xml).toContain(
        '<NavigationProperty Name="shipment" Type="test.warehouse.Shipment" Nullable="false" Partner="lines"><ReferentialConstraint Property="shipmentId" ReferencedProperty="id"/>',
      );
      expect(xml).toMatch(
        /<NavigationProperty Name="lines" Type="Collection\(test.warehouse.Line\)" Partner="shipment" ContainsTarget="true">/,
      );
      expect(xml).toContain('<NavigationPropertyBinding Path="lines/shipment" Target="shipments"/>');
      const json = (await app.get('/$metadata?$format=json')).body['test.warehouse'];
      expect([json.Line.$Key, json.Line.shipmentId['@Core.Computed']]).toEqual([['shipmentId', 'number'], true]);
      expect([json.Shipment.lines.$Partner, json.Shipment.seals.$OnDelete]).toEqual(['shipment', 'None']);
      const { paths, components } = (await app.get('/openapi.json')).body;
      expect(Object.keys(paths)).toContain('/shipments/{id}/lines/{number}');
      const { properties } = components.schemas['test.warehouse.Line-create'];
      expect([properties.shipment, properties.shipmentId, properties.number.type]).toEqual([
        undefined,
        undefined,
        'integer',
      ]);
    });
  },
);
