import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { type EntityChange, EntityRules, RulesFor } from '../src/odata/index.js';
import { Depot, warehouse, warehouseModel } from './models/warehouse.js';
import { readArchiveLine, writeArchiveLine } from '../src/odata/transfer/archive-line.js';
import { settled } from './support/settled.js';
import { type Answer, TestApp } from './support/test-app.js';
import { asking, v401 } from './support/asking.js';

const country = (code: string): object => ({ '@id': `countries('${code}')` });

/** A value without control information. */
const plain = (value: unknown): any =>
  JSON.parse(JSON.stringify(value), (name, inner: unknown) => (name.includes('@') ? undefined : inner));

/** What rules are told of changes, as JSON. */
const told: unknown[] = [];

@Injectable()
@RulesFor(Depot)
class Told extends EntityRules<Depot> {
  override readonly readsEntity = true;

  override beforeChange({ changes, current }: EntityChange<Depot>): void {
    told.push(JSON.parse(JSON.stringify({ changes, current: current?.address?.country })));
  }
}

@Module({ providers: [Told] })
class TellingModule {}

describe('rules of entities whose complex values refer to others', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, { ...warehouse, modules: [...warehouse.modules, TellingModule] });
    for (const code of ['nl', 'de']) await app.post('/countries', { code });
    await app.post('/depots', { id: 'd', address: { 'country@odata.bind': "countries('nl')" } });
  });
  afterAll(() => app.stop());

  it.each<[method: string, path: string, body: object | undefined, changes: object]>([
    ['PATCH', "/depots('d')", { address: { country: country('de') } }, { address: { country: country('de') } }],
    ['PUT', "/depots('d')/address/country/$ref", country('nl'), { address: { country: country('nl') } }],
    ['POST', "/depots('d')/address/near/$ref", country('de'), { address: { 'near@delta': [country('de')] } }],
    [
      'DELETE',
      "/depots('d')/address/near('de')/$ref",
      undefined,
      { address: { 'near@delta': [{ ...country('de'), '@removed': { reason: 'changed' } }] } },
    ],
    [
      'PATCH',
      "/depots('d')/address",
      { near: [country('nl')], 'carrier@odata.bind': "countries('nl')", '@type': '#test.warehouse.Post' },
      {
        address: { near: [country('nl')], carrier: country('nl'), '@odata.type': '#test.warehouse.Post' },
      },
    ],
  ])('are told of them as a body would say it: %s %s', async (method, path, body, changes) => {
    const answer = await app.request(method, path, { ...(body === undefined ? {} : { body }), headers: v401 });
    expect([answer.status < 300, answer.text]).toEqual([true, answer.text]);
    expect(told.pop()).toMatchObject({ changes });
  });
});

describe('references out of complex values', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, warehouse);
  });
  afterAll(() => app.stop());
  const { ask, does } = asking(() => app);
  const at = "/depots('d')";
  beforeEach(async () => {
    expect((await app.delete('/depots/$each')).status).toBe(204);
    await ask('DELETE', '/countries/be');
    const names = { nl: 'Netherlands', de: 'Germany', fr: 'France' };
    const value = Object.entries(names).map(([code, name]) => ({ code, name }));
    await does('PATCH', '/countries', { '@context': '#$delta', value });
    await does('POST', '/depots', {
      id: 'd',
      name: 'Depot',
      address: { street: 'Kade', country: country('nl'), 'near@bind': ["countries('de')", "countries('fr')"] },
      others: [
        { street: 'a', 'country@bind': "countries('de')" },
        { street: 'b', near: [country('nl')] },
        { street: 'c' },
      ],
      gates: [{ number: 1, address: { street: 'Poort', country: country('fr') } }],
    });
    await does('POST', '/depots', { id: 'e' });
  });
  const faults = ({ status, body }: Answer) => [
    status,
    ...(
      body.error.details ?? [{ code: body.error.innerError?.code ?? body.error.code, target: body.error.target }]
    ).map(({ code, target }: any) => `${code} ${target}`),
  ];
  /** What the address of the depot refers to. */
  const address = async (path = at) => {
    const { body } = await app.get(
      `${path}?$select=address&$expand=address/country($select=code),address/near($select=code)`,
    );
    if (body.address === null) return null;
    return [body.address.country?.code ?? null, ...body.address.near.map(({ code }: any) => code).sort()];
  };

  it('are made by changes of one item, and are of those that are there', async () => {
    await does('PUT', `${at}/others/0`, { street: 'x', country: country('fr') });
    await does('PATCH', `${at}/others/1`, { 'near@odata.bind': ["countries('de')"] });
    await does('PATCH', `${at}/others/$filter(street eq 'c')/$each`, { 'country@odata.bind': "countries('nl')" });
    const { body } = await app.get(`${at}/others?$expand=country($select=code),near($select=code)`);
    expect(plain(body.value)).toMatchObject([
      { street: 'x', country: { code: 'fr' }, near: [] },
      { street: 'b', country: null, near: [{ code: 'de' }, { code: 'nl' }] },
      { street: 'c', country: { code: 'nl' } },
    ]);
    expect(faults(await ask('PUT', `${at}/others/0`, { country: country('xx') }))).toEqual([
      400,
      'referenceNotFound country',
    ]);
    await does('DELETE', "/countries('fr')");
    expect((await app.get(`${at}/others/0?$expand=country`)).body.country).toBeNull();
    await does('PATCH', `${at}/others/1/near/$each`, { name: 'Changed' });
    expect((await app.get("/countries('de')")).body.name).toBe('Changed');
    expect((await app.get("/countries('nl')")).body.name).toBe('Changed');
  });

  it('are expanded', async () => {
    const { body } = await app.get(`${at}?$expand=address/country`);
    expect(body.address.country).toMatchObject({ '@odata.type': '#test.warehouse.Country', code: 'nl' });
    expect(plain(body)).toMatchObject({
      name: 'Depot',
      address: { street: 'Kade', country: { code: 'nl', name: 'Netherlands' } },
    });
    expect(body.address.near).toBeUndefined();
    expect((await app.get(at)).body.address.country).toBeUndefined();
  });

  it.each<[options: string, expected: object]>([
    [
      '$select=address&$expand=address/country($select=name)',
      { address: { street: 'Kade', country: { name: 'Netherlands' } } },
    ],
    ['$select=id&$expand=address/country', { id: 'd', address: { country: { code: 'nl', name: 'Netherlands' } } }],
    [
      '$select=address/street&$expand=address/near($orderby=code;$select=code)',
      { address: { street: 'Kade', near: [{ code: 'de' }, { code: 'fr' }] } },
    ],
    [
      "$select=id&$expand=address/near($filter=code gt 'e';$select=code)",
      { id: 'd', address: { near: [{ code: 'fr' }] } },
    ],
    [
      '$select=address($select=street;$expand=country($select=code))',
      { address: { street: 'Kade', country: { code: 'nl' } } },
    ],
    [
      '$select=id&$expand=others/country($select=code)',
      { id: 'd', others: [{ country: { code: 'de' } }, { country: null }, { country: null }] },
    ],
    [
      '$select=id&$expand=gates($select=number;$expand=address/country($select=code))',
      { id: 'd', gates: [{ number: 1, address: { country: { code: 'fr' } } }] },
    ],
    ['$select=id&$expand=route/by/country', { id: 'd', route: null }],
    ['$select=id&$expand=address/test.warehouse.Post/carrier', { id: 'd', address: {} }],
  ])('are expanded beside what is selected: %s', async (options, expected) => {
    const answer = await ask('GET', `${at}?${options}`);
    expect([answer.status, plain(answer.body)]).toEqual([200, expected]);
    const listed = await ask('GET', `/depots?$filter=id eq 'd'&${options}`);
    expect(plain(listed.body.value)).toEqual([expected]);
  });

  it('are references, or counted', async () => {
    const { body } = await app.get(`${at}?$select=id&$expand=address/country/$ref,address/near/$count`);
    expect(body.address).toEqual({
      '@odata.type': '#test.warehouse.Address',
      country: { '@odata.id': `${app.url}/v1.0/countries('nl')` },
      'near@odata.count': 2,
    });
  });

  it('have links where everything is said', async () => {
    const full = (path: string) =>
      app.get(`${path}${path.includes('?') ? '&' : '?'}$format=application/json;odata.metadata=full`);
    const url = `${app.url}/v1.0/depots('d')/address`;
    const links = {
      'country@odata.navigationLink': `${url}/country`,
      'country@odata.associationLink': `${url}/country/$ref`,
      'near@odata.navigationLink': `${url}/near`,
      street: 'Kade',
    };
    expect((await full(at)).body.address).toMatchObject(links);
    expect((await full("/depots?$filter=id eq 'd'")).body.value[0].address).toMatchObject(links);
    const { body } = await full(`${at}?$select=address&$expand=address/country`);
    expect(body.address).toMatchObject({ ...links, country: { code: 'nl' } });
    expect((await full(`${at}?$select=address/street`)).body.address).not.toHaveProperty(
      'country@odata.navigationLink',
    );
    expect((await full(`${at}/gates(1)`)).body.address).toMatchObject({
      'country@odata.navigationLink': `${app.url}/v1.0/depots('d')/gates(1)/address/country`,
    });
    await does('PATCH', at, { route: { to: country('de'), by: { street: 'x' } } });
    expect((await full(at)).body.route.by).toMatchObject({
      'country@odata.navigationLink': `${app.url}/v1.0/depots('d')/route/by/country`,
    });
    expect(JSON.stringify((await full(at)).body)).not.toContain('$path');
    expect(JSON.stringify((await app.get(at)).body)).not.toContain('navigationLink');
  });

  it.each<[filter: string, ids: string[]]>([
    ["address/country/name eq 'Netherlands'", ['d']],
    ["address/country/code ne 'nl'", ['e']],
    ['address/country eq null', ['e']],
    ["address/near/any(n:n/name eq 'France')", ['d']],
    ['address/near/$count eq 2', ['d']],
    ["others/any(o:o/country/code eq 'de')", ['d']],
    ["others/any(o:o/near/any(n:n/code eq 'nl'))", ['d']],
    ["gates/any(g:g/address/country/code eq 'fr')", ['d']],
    ["address/test.warehouse.Post/carrier/code eq 'nl'", []],
  ])('are filtered by: %s', async (filter, ids) => {
    const answer = await ask('GET', `/depots?$filter=${encodeURIComponent(filter)}`);
    expect([answer.status, answer.body.value?.map(({ id }: any) => id)]).toEqual([200, ids]);
  });

  it('are ordered, computed and grouped by', async () => {
    await does('PATCH', "/depots('e')", { address: { country: country('de') } });
    const ordered = await app.get('/depots?$orderby=address/country/name');
    expect(ordered.body.value.map(({ id }: any) => id)).toEqual(['e', 'd']);
    const computed = await app.get('/depots?$compute=length(address/country/name) as long&$select=id,long&$orderby=id');
    expect(computed.body.value.map(({ long }: any) => long)).toEqual([11, 7]);
    const grouped = await app.get('/depots?$apply=groupby((address/country/code),aggregate($count as n))');
    expect(grouped.body.value).toHaveLength(2);
  });

  it('are paths', async () => {
    const one = await app.get(`${at}/address/country`);
    expect(one.body).toMatchObject({ '@odata.context': `${app.url}/v1.0/$metadata#countries/$entity`, code: 'nl' });
    expect((await app.get(`${at}/address/country/name`)).body.value).toBe('Netherlands');
    expect((await app.get(`${at}/address/near?$orderby=code`)).body.value.map(({ code }: any) => code)).toEqual([
      'de',
      'fr',
    ]);
    expect((await app.get(`${at}/address/near/$count`)).text).toBe('2');
    expect((await app.get(`${at}/address/near('de')/name`)).body.value).toBe('Germany');
    expect((await app.get(`${at}/address/near('nl')`)).status).toBe(404);
    expect((await app.get(`${at}/address/country/$ref`)).body['@odata.id']).toBe(`${app.url}/v1.0/countries('nl')`);
    expect((await app.get(`${at}/gates(1)/address/country`)).body.code).toBe('fr');
    expect((await app.get("/depots('e')/address/country")).status).toBe(204);
    expect((await app.get(`${at}/address?$expand=country`)).body.country).toMatchObject({ code: 'nl' });
    await does('PATCH', `${at}/address/country`, { name: 'Holland' });
    expect((await app.get("/countries('nl')/name")).body.value).toBe('Holland');
  });

  it.each<[method: string, path: string, body: object, expected: unknown]>([
    ['PATCH', at, { address: { country: country('de') } }, ['de', 'de', 'fr']],
    ['PATCH', at, { address: { 'country@bind': "countries('de')" } }, ['de', 'de', 'fr']],
    ['PATCH', at, { address: { street: 'x' } }, ['nl', 'de', 'fr']],
    ['PATCH', at, { address: { country: null } }, [null, 'de', 'fr']],
    ['PATCH', at, { address: { near: [country('nl')] } }, ['nl', 'nl']],
    ['PATCH', at, { address: { 'near@bind': ["countries('nl')"] } }, ['nl', 'de', 'fr', 'nl']],
    [
      'PATCH',
      at,
      { address: { 'near@delta': [{ '@id': "countries('fr')", '@removed': {} }, country('nl')] } },
      ['nl', 'de', 'nl'],
    ],
    ['PATCH', at, { address: { country: { code: 'be', name: 'made with it' } } }, ['be', 'de', 'fr']],
    ['PATCH', at, { address: null }, null],
    ['PUT', at, { name: 'x', address: { street: 'y', country: country('fr') } }, ['fr', 'de', 'fr']],
    ['PATCH', `${at}/address`, { country: country('de') }, ['de', 'de', 'fr']],
    ['PUT', `${at}/address`, { street: 'z', 'country@bind': "countries('de')" }, ['de', 'de', 'fr']],
    ['PATCH', '/depots/$each', { address: { country: country('de') } }, ['de', 'de', 'fr']],
    [
      'PATCH',
      '/depots',
      { '@context': '#$delta', value: [{ id: 'd', address: { country: country('de') } }] },
      ['de', 'de', 'fr'],
    ],
    ['PUT', `${at}/address/country/$ref`, country('de'), ['de', 'de', 'fr']],
    ['POST', `${at}/address/near/$ref`, country('nl'), ['nl', 'de', 'fr', 'nl']],
    ['PUT', `${at}/address/near/$ref`, { value: [country('nl')] }, ['nl', 'nl']],
  ])('are changed: %s %s %j', async (method, path, body, expected) => {
    await does(method, path, body);
    const found = await address();
    expect(found && [found[0], ...found.slice(1).sort()]).toEqual(expected);
  });

  it.each<[path: string, expected: unknown]>([
    [`${at}/address/country/$ref`, [null, 'de', 'fr']],
    [`${at}/address/near('de')/$ref`, ['nl', 'fr']],
    [`${at}/address/near/$ref?$id=countries('fr')`, ['nl', 'de']],
    ["/countries('nl')", [null, 'de', 'fr']],
    ["/countries('fr')", ['nl', 'de']],
  ])('are removed: DELETE %s', async (path, expected) => {
    await does('DELETE', path);
    expect(await address()).toEqual(expected);
  });

  it('never lead to what was made again', async () => {
    const whole = async () =>
      plain((await app.get(`${at}?$select=id&$expand=others/country,others/near,gates($expand=address/country)`)).body);
    for (const code of ['nl', 'de', 'fr']) {
      await does('DELETE', `/countries('${code}')`);
      await does('POST', '/countries', { code });
    }
    expect(await address()).toEqual([null]);
    expect(await whole()).toEqual({
      id: 'd',
      others: [
        { country: null, near: [] },
        { country: null, near: [] },
        { country: null, near: [] },
      ],
      gates: [{ number: 1, address: { street: 'Poort', country: null } }],
    });
    expect((await app.get(`${at}/others`)).body.value.map(({ street }: any) => street)).toEqual(['a', 'b', 'c']);
  });

  it.each<[method: string, path: string, body: object, expected: unknown[]]>([
    ['PATCH', at, { address: { country: country('xx') } }, [400, 'referenceNotFound address/country']],
    ['PATCH', at, { address: { 'country@bind': 'depots/d' } }, [400, 'referenceNotFound address/country@bind']],
    ['PATCH', at, { others: [{ country: country('xx') }] }, [400, 'referenceNotFound others/0/country']],
    [
      'PATCH',
      at,
      { others: [{ country: 1 }, { 'near@bind': 1 }] },
      [400, 'typeMismatch others/0/country', 'typeMismatch others/1/near@bind'],
    ],
    ['PATCH', `${at}/address`, { country: country('xx') }, [400, 'referenceNotFound country']],
    [
      'PATCH',
      at,
      { address: { country: country('nl'), 'country@bind': "countries('nl')" } },
      [400, 'valueNotAllowed address/country@bind'],
    ],
    ['POST', '/depots', { id: 'n', route: {} }, [400, 'nullNotAllowed route/to']],
    ['POST', '/depots', { id: 'n', route: { to: null } }, [400, 'nullNotAllowed route/to']],
    ['PATCH', at, { address: { carrier: country('nl') } }, [400, 'propertyNotFound address/carrier']],
  ])('are refused with their places: %s %s %j', async (method, path, body, expected) => {
    expect(faults(await ask(method, path, body))).toEqual(expected);
    expect(await address()).toEqual(['nl', 'de', 'fr']);
  });

  it('are refused by URLs that lead to nothing', async () => {
    expect((await ask('PUT', "/depots('e')/address/country/$ref", country('de'))).status).toBe(404);
    expect((await ask('DELETE', `${at}/address/near('nl')/$ref`)).status).toBe(404);
    expect((await app.request('PUT', `${at}/others/0/country/$ref`, { body: country('de') })).status).toBe(405);
    for (const method of ['PUT', 'PATCH'])
      expect((await ask(method, `${at}/others/0/near`, { value: [] })).status).toBe(405);
    expect((await ask('GET', `${at}?$expand=address/street`)).status).toBe(400);
    expect((await ask('GET', `${at}?$expand=address/nothing`)).status).toBe(400);
    expect((await ask('GET', `${at}?$expand=address/country,address/country`)).status).toBe(400);
  });

  describe('that are several are changed together', () => {
    const near = `${at}/address/near`;
    const codes = async (path = near) => (await app.get(path)).body.value.map(({ code }: any) => code as string).sort();
    const id = (code: string) => ({ '@id': `countries('${code}')` });

    it('by PUT, which is all of them', async () => {
      const { status, body } = await ask('PUT', near, { value: [id('nl'), { code: 'be', name: 'B' }] });
      expect([status, body.value.map(({ code }: any) => code).sort()]).toEqual([200, ['be', 'nl']]);
      expect(await codes()).toEqual(['be', 'nl']);
      expect((await app.get("/countries('be')")).body.name).toBe('B');
      expect((await ask('PUT', near, { value: [] })).status).toBe(200);
      expect([await codes(), await address()]).toEqual([[], ['nl']]);
      await ask('DELETE', '/countries/be');
    });

    it('by a delta payload, which adds and removes', async () => {
      const removed = { reason: 'changed' };
      const before = await codes();
      const value = [id('nl'), { '@removed': removed, ...id(before[0]) }];
      const { status, body } = await ask('PATCH', near, { '@context': '#$delta', value });
      expect([status, body.value.length]).toEqual([200, 2]);
      expect(await codes()).toEqual([...before.slice(1), 'nl'].sort());
    });

    it('of complex values inside of what is contained too', async () => {
      await does('POST', `${at}/gates`, { number: 7, address: { street: 'x' } });
      expect((await ask('PUT', `${at}/gates(7)/address/near`, { value: [id('fr')] })).status).toBe(200);
      expect(await codes(`${at}/gates(7)/address/near`)).toEqual(['fr']);
    });

    it('where the value is there, and the entities are', async () => {
      expect((await ask('PUT', near, { value: [id('xx')] })).status).toBe(400);
      await app.patch(at, { address: null });
      expect((await ask('PUT', near, { value: [id('nl')] })).status).toBe(404);
      expect((await ask('PATCH', near, { '@context': '#$delta', value: [id('nl')] })).status).toBe(404);
      expect((await app.get(at)).body.address).toBe(null);
    });
  });

  it('are no collections of the entity, which may have one of the name', async () => {
    await does('POST', `${at}/near`, { code: 'be' });
    expect(await address()).toEqual(['nl', 'de', 'fr']);
    const near = async () => (await app.get(`${at}/near`)).body.value.map(({ code }: any) => code);
    expect(await near()).toEqual(['be']);
    await ask('DELETE', '/countries/be');
    const made = await does('POST', `${at}/address/near`, { code: 'be', name: 'Belgium' });
    expect(made.headers.get('location')).toBe(`${app.url}/v1.0/countries('be')`);
    expect([await address(), await near()]).toEqual([['nl', 'be', 'de', 'fr'], []]);
    expect((await ask('POST', "/depots('e')/address/near", { code: 'xx' })).status).toBe(404);
    expect((await app.get('/countries/xx')).status).toBe(404);
  });

  it('that there must be keep what they lead to', async () => {
    await does('PATCH', at, { route: { to: country('de'), by: { country: country('fr') }, via: 'x' } });
    expect((await ask('DELETE', "/countries('de')")).status).toBe(409);
    const { body } = await app.get(`${at}?$select=route&$expand=route/to,route/by/country`);
    expect(plain(body.route)).toMatchObject({ to: { code: 'de' }, via: 'x', by: { country: { code: 'fr' } } });
    await does('PUT', `${at}/route`, { 'to@bind': "countries('nl')" });
    expect(plain((await app.get(`${at}/route?$expand=to`)).body)).toEqual({
      by: null,
      to: { code: 'nl', name: 'Netherlands' },
    });
    await does('DELETE', "/countries('de')");
  });

  it('of derived types come and go with the type', async () => {
    await does('PATCH', at, { address: { '@type': '#test.warehouse.Post', carrier: country('fr') } });
    const carrier = async () =>
      plain((await app.get(`${at}?$select=id&$expand=address/test.warehouse.Post/carrier`)).body);
    expect(await carrier()).toEqual({ id: 'd', address: { carrier: { code: 'fr', name: 'France' } } });
    expect((await app.get(`/depots?$filter=address/test.warehouse.Post/carrier/code eq 'fr'`)).body.value).toHaveLength(
      1,
    );
    await does('DELETE', "/countries('fr')");
    expect(await carrier()).toEqual({ id: 'd', address: { carrier: null } });
    await does('PATCH', at, { address: { 'carrier@bind': "countries('de')" } });
    await does('PATCH', at, { address: { '@type': '#test.warehouse.Address' } });
    expect(await address()).toEqual(['nl', 'de']);
    expect(await carrier()).toEqual({ id: 'd', address: {} });
  });

  it('are answered by modifications, and in batches', async () => {
    const patched = await does('PATCH', `${at}?$select=id&$expand=address/country($select=code)`, {
      address: { country: country('fr') },
    });
    expect(plain(patched.body)).toEqual({ id: 'd', address: { country: { code: 'fr' } } });
    const { body } = await does('POST', '/$batch', {
      requests: [
        { id: '1', atomicityGroup: 'g', method: 'POST', url: '/countries', body: { code: 'be' } },
        {
          id: '2',
          atomicityGroup: 'g',
          dependsOn: ['1'],
          method: 'PATCH',
          url: at,
          body: { address: { 'country@bind': '$1' } },
        },
      ],
    });
    expect(body.responses.map(({ status }: any) => status)).toEqual([201, 200]);
    expect(await address()).toEqual(['be', 'de', 'fr']);
  });

  it('are told of changes, and travel in archives', async () => {
    const set = warehouseModel.entitySets.get('depots')!;
    const document = {
      id: 'x',
      address: { street: 's', country: 'nl', near: { de: 'de', fr: 'fr' } },
      others: [{ country: 'de' }, { street: 't' }],
      gates: { '[1]': { number: 1, $version: 7, address: { country: 'fr' } } },
    };
    const { id, ...rest } = document;
    const aggregate = { tenant: 't', owner: 'o', id, version: 20, createdAt: 1000, modifiedAt: 2000, document: rest };
    const read = readArchiveLine(writeArchiveLine(set, aggregate), warehouseModel);
    expect(JSON.parse(JSON.stringify(read.aggregate))).toEqual(aggregate);
    await settled(app.store, 'depots');
    const tracked = await app.request('GET', '/depots', { headers: { ...v401, prefer: 'track-changes' } });
    await does('PUT', `${at}/address/country/$ref`, country('de'));
    await settled(app.store, 'depots');
    const { body } = await ask('GET', tracked.body['@deltaLink'].slice(`${app.url}/v1.0`.length));
    expect(body.value.map((one: any) => one.id)).toEqual(['d']);
  });

  it('lead to nothing that the caller may not read', async () => {
    const guarded = await TestApp.start(
      {},
      { ...warehouse, sets: { countries: { permissions: { read: ['Nobody'] } } } },
    );
    for (const path of ['?$expand=address/country', '/d/address/country', "?$filter=address/country/name eq 'x'"])
      expect((await guarded.get(`/depots${path}`)).status).toBe(403);
    await guarded.stop();
  });

  it('are described', async () => {
    const xml = (await app.get('/$metadata')).text;
    for (const path of [
      'address/country',
      'route/by/country',
      'others/near',
      'gates/address/country',
      'address/test.warehouse.Post/carrier',
    ])
      expect(xml).toContain(`<NavigationPropertyBinding Path="${path}" Target="countries"/>`);
    const json = (await app.get('/$metadata?$format=json')).body['test.warehouse'];
    expect(json.Address.country).toMatchObject({
      $Kind: 'NavigationProperty',
      $Type: 'test.warehouse.Country',
      $Nullable: true,
    });
    const { schemas } = (await app.get('/openapi.json')).body.components;
    expect(Object.keys(schemas['test.warehouse.Address'].properties)).toEqual(
      expect.arrayContaining(['country', 'near']),
    );
  });
});
