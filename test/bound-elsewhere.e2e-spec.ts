import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { warehouse } from './models/warehouse.js';
import { type Answer, TestApp } from './support/test-app.js';
import { asking } from './support/asking.js';

describe('navigation properties that are bound elsewhere in another set of the type', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, warehouse);
  });
  afterAll(() => app.stop());
  const { ask, does } = asking(() => app);
  const faults = ({ status, body }: Answer) => [status, ...(body.error.details ?? []).map(({ target }: any) => target)];
  beforeEach(async () => {
    for (const set of ['depots', 'formerDepots']) expect((await app.delete(`/${set}/$each`)).status).toBe(204);
    for (const [set, name] of [
      ['countries', 'Germany'],
      ['formerCountries', 'Prussia'],
    ] as const)
      await does('PATCH', `/${set}`, { '@context': '#$delta', value: [{ code: 'de', name }] });
    for (const [set, countries] of [
      ['depots', 'countries'],
      ['formerDepots', 'formerCountries'],
    ] as const) {
      await does('POST', `/${set}`, { id: 'n' });
      await does('POST', `/${set}`, {
        id: 'd',
        'owner@bind': `${countries}('de')`,
        address: { country: { '@id': `${countries}('de')` }, 'near@bind': ["countries('de')"] },
        gates: [{ number: 1, address: { 'near@bind': [`${countries}('de')`], 'country@bind': "countries('de')" } }],
        'next@bind': [`${set}('n')`],
      });
    }
  });

  const names: readonly (readonly [set: string, here: string])[] = [
    ['depots', 'Germany'],
    ['formerDepots', 'Prussia'],
  ];

  it.each(names)('lead to its own: %s to %s', async (set, here) => {
    const { body } = await app.get(
      `/${set}('d')?$expand=owner,next($expand=owner),address/country,address/near,gates($expand=address/near,address/country)`,
    );
    expect(body.owner.name).toBe(here);
    expect([body.address.country.name, body.address.near[0].name]).toEqual([here, 'Germany']);
    const [gate] = body.gates;
    expect([gate.address.near[0].name, gate.address.country.name]).toEqual([here, 'Germany']);
    expect(body.next[0]).toMatchObject({ id: 'n', owner: null });
    const full = await app.get(`/${set}('d')/next?$format=application/json;odata.metadata=full`);
    expect(full.body.value[0]['@odata.id']).toBe(`${app.url}/v1.0/${set}('n')`);
    expect((await app.get(`/${set}('d')/owner/name`)).body.value).toBe(here);
    expect((await app.get(`/${set}('d')/address/country/name`)).body.value).toBe(here);
    expect((await app.get(`/${set}('d')/gates(1)/address/near`)).body.value[0].name).toBe(here);
    for (const filter of [
      `owner/name eq '${here}'`,
      `address/country/name eq '${here}'`,
      `gates/any(g:g/address/near/any(n:n/name eq '${here}'))`,
      "next/any(n:n/id eq 'n')",
    ])
      expect((await app.get(`/${set}?$filter=${encodeURIComponent(filter)}`)).body.value).toHaveLength(1);
  });

  it('lead on from there as they do there', async () => {
    await does('PATCH', "/formerDepots('n')", { 'next@bind': ["formerDepots('d')"] });
    const { body } = await app.get("/formerDepots('d')?$expand=next($expand=next($expand=owner))");
    expect(body.next[0].next[0].owner.name).toBe('Prussia');
    expect((await app.get("/formerDepots('d')/next('n')/next('d')/owner/name")).body.value).toBe('Prussia');
  });

  it('are written as they are read', async () => {
    const code = 'fr';
    await does('POST', '/formerCountries', { code });
    await does('PATCH', "/formerDepots('d')", { owner: { '@id': "formerCountries('fr')" } });
    await does('PUT', "/formerDepots('d')/address/country/$ref", { '@id': "formerCountries('fr')" });
    await does('PATCH', "/formerDepots('d')", {
      address: { '@type': '#test.warehouse.Post', carrier: { code: 'nl', name: 'Orange' } },
    });
    expect((await app.get("/formerCountries('nl')/name")).body.value).toBe('Orange');
    expect((await app.get("/countries('nl')")).status).toBe(404);
    const { body } = await app.get(
      "/formerDepots('d')?$expand=owner,address/country,address/test.warehouse.Post/carrier",
    );
    expect([body.owner.code, body.address.country.code, body.address.carrier.code]).toEqual(['fr', 'fr', 'nl']);
    await does('POST', "/formerDepots('d')/next", { id: 'new' });
    expect((await app.get("/formerDepots('new')")).status).toBe(200);
    expect((await app.get("/depots('new')")).status).toBe(404);
  });

  it.each<[method: string, path: string, body: object, expected: unknown[]]>([
    ['PATCH', "/formerDepots('d')", { 'owner@bind': "countries('de')" }, [400, 'owner@bind']],
    ['PATCH', "/depots('d')", { 'owner@bind': "formerCountries('de')" }, [400, 'owner@bind']],
    [
      'PATCH',
      "/formerDepots('d')",
      { address: { country: { '@id': "countries('de')" } } },
      [400, 'address/country/@id'],
    ],
    ['PATCH', "/formerDepots('d')", { 'next@bind': ["depots('n')"] }, [400, 'next@bind/0']],
    [
      'PATCH',
      "/formerDepots('d')",
      { 'gates@delta': [{ number: 1, address: { 'near@bind': ["countries('de')"] } }] },
      [400, 'gates@delta/0/address/near@bind/0'],
    ],
  ])('refuse members of other sets: %s %s %j', async (method, path, body, expected) => {
    expect(faults(await ask(method, path, body))).toEqual(expected);
  });

  it('are cleared when what they lead to is gone, and only then', async () => {
    await does('DELETE', "/formerCountries('de')");
    const of = async (set: string) => {
      const { body } = await app.get(`/${set}('d')?$expand=owner,address/country,address/near`);
      return [body.owner?.name, body.address.country?.name, body.address.near.length];
    };
    expect(await of('depots')).toEqual(['Germany', 'Germany', 1]);
    expect(await of('formerDepots')).toEqual([undefined, undefined, 1]);
    await does('POST', '/formerCountries', { code: 'de' });
    expect(await of('formerDepots')).toEqual([undefined, undefined, 1]);
    await does('DELETE', "/countries('de')");
    expect(await of('depots')).toEqual([undefined, undefined, 0]);
    expect(await of('formerDepots')).toEqual([undefined, undefined, 0]);
  });

  it('lead to nothing that the caller may not read', async () => {
    const sets = { formerCountries: { permissions: { read: ['Nobody'] } } };
    const guarded = await TestApp.start({}, { ...warehouse, sets });
    for (const option of [
      '$expand=owner',
      "$filter=address/country/name eq 'x'",
      '$expand=gates($expand=address/near)',
    ]) {
      expect((await guarded.get(`/formerDepots?${option}`)).status).toBe(403);
      expect((await guarded.get(`/depots?${option}`)).status).toBe(200);
    }
    await guarded.stop();
  });

  it('are described', async () => {
    const container = (await app.get('/$metadata?$format=json')).body['test.warehouse'].Container;
    expect(container.formerDepots.$NavigationPropertyBinding).toMatchObject({
      next: 'formerDepots',
      owner: 'formerCountries',
      'address/country': 'formerCountries',
      'address/near': 'countries',
      'address/test.warehouse.Post/carrier': 'formerCountries',
      'gates/address/near': 'formerCountries',
      'gates/address/country': 'countries',
    });
    expect(container.depots.$NavigationPropertyBinding).toMatchObject({
      next: 'depots',
      'address/country': 'countries',
    });
  });
});
