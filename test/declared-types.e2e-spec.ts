import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { catalogue } from './models/catalogue.js';
import { type Answer, TestApp } from './support/test-app.js';

const full = { headers: { accept: 'application/json;odata.metadata=full' } };
const point = (...coordinates: number[]) => ({ type: 'Point', coordinates });
const crs = (number: string) => ({ crs: { type: 'name', properties: { name: `EPSG:${number}` } } });
const ring = {
  type: 'Polygon',
  coordinates: [
    [
      [0, 0],
      [0, 1],
      [1, 1],
      [0, 0],
    ],
  ],
};
const size = (width: number) => ({ '@odata.type': '#test.catalogue.Size', width, height: null });

describe('what a model can say of values', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, catalogue);
    await app.post('/samples', { id: 'one' });
  });
  afterAll(() => app.stop());
  const faults = ({ status, body }: Answer) => [
    status,
    ...body.error.details.map(({ code, target }: any) => `${code} ${target}`),
  ];

  it.each<[name: string, given: unknown, kept?: unknown]>([
    ['mood', 'Glad'],
    ['mood', '7', 'Glad'],
    ['mood', '0', 'Calm'],
    ['mood', '-5', 'Cross'],
    ['rights', 'None'],
    ['rights', '0', 'None'],
    ['rights', 'None,Buy', 'Buy'],
    ['rights', 'Trade', 'Buy,Sell'],
    ['rights', '1099511627779', 'See,Buy,Sell'],
    ['price', 12.5],
    ['code', 'abcd'],
    ['place', point(4.4, 52)],
    ['place', { ...point(4.4, 52), ...crs('4326') }],
    ['spot', { ...point(1, 2), ...crs('0') }],
    ['area', { ...ring, ...crs('3857') }],
    ['area', ring],
    ['moods', ['Glad', '0', 'Glad'], ['Glad', 'Calm', 'Glad']],
    ['allRights', ['See,Buy', '0', 'Trade'], ['See,Buy', 'None', 'Buy,Sell']],
    ['prices', [1.25, 9999.99, -3]],
    ['codes', ['a', '']],
    ['places', [point(1, 2), point(3, 4)]],
    ['sizes', [{ width: 1 }, {}], [size(1), { ...size(1), width: null }]],
    ['times', ['PT1M', 'P1D']],
    ['parts', ['AAEC', '']],
    ['someMoods', ['Glad', null, '0'], ['Glad', null, 'Calm']],
    ['someCodes', [null, 'a', null]],
    ['someNumbers', [null, 1]],
    ['someDays', ['2024-02-29', null]],
    ['someSizes', [null, { width: 2 }], [null, size(2)]],
    ['someSizes', []],
  ])('%s is %j', async (name, given, ...[kept = given]: unknown[]) => {
    const patched = await app.patch("/samples('one')", { [name]: given });
    expect([patched.status, patched.text]).toEqual([200, patched.text]);
    expect(patched.body[name]).toEqual(kept);
    expect((await app.get("/samples('one')")).body[name]).toEqual(kept);
    const { status } = await app.request('PUT', `/samples('one')/${name}`, { body: { value: given } });
    expect(status).toBe(200);
    expect((await app.get(`/samples('one')/${name}`)).body.value).toEqual(kept);
  });

  it.each<[body: object, fault: string]>([
    [{ mood: '1' }, 'unknownEnumMember mood'],
    [{ mood: 7 }, 'typeMismatch mood'],
    [{ rights: '4' }, 'unknownEnumMember rights'],
    [{ rights: 'See,None,Nope' }, 'unknownEnumMember rights'],
    [{ price: 12.345 }, 'valueOutOfRange price'],
    [{ price: 12345 }, 'valueOutOfRange price'],
    [{ prices: [1, 0.001] }, 'valueOutOfRange prices/1'],
    [{ code: 'abcde' }, 'valueTooLong code'],
    [{ code: 'é' }, 'valueOutOfRange code'],
    [{ codes: ['a', 'é'] }, 'valueOutOfRange codes/1'],
    [{ place: { ...point(1, 2), ...crs('3857') } }, 'valueOutOfRange place'],
    [{ places: [{ ...point(1, 2), ...crs('x') }] }, 'valueOutOfRange places/0'],
    [{ area: { ...ring, crs: { type: 'link' } } }, 'valueOutOfRange area'],
    [{ moods: ['Glad', null] }, 'nullNotAllowed moods/1'],
    [{ someMoods: null }, 'nullNotAllowed someMoods'],
    [{ someMoods: [null, 'Sad'] }, 'unknownEnumMember someMoods/1'],
    [{ someCodes: [null, 'abcde'] }, 'valueTooLong someCodes/1'],
    [{ someCodes: [null, null, null, null] }, 'valueNotAllowed someCodes'],
    [{ someSizes: [null, { depth: 1 }] }, 'propertyNotFound someSizes/1/depth'],
    [{ 'price@odata.type': '#Decimal', price: 1 }, 'odataTypeMismatch price@odata.type'],
  ])('%j is refused: %s', async (body, fault) => {
    expect(faults(await app.patch("/samples('one')", body))).toEqual([400, fault]);
  });

  it.each([
    ["mood eq 'Glad'", 'g'],
    ["mood gt test.catalogue.Mood'Cross'", 'gc'],
    ["mood lt 'Glad'", 'c'],
    ["rights has 'Trade'", 'g'],
    ["rights has 'None'", 'gc'],
    ["rights eq '0'", 'c'],
    ["rights gt 'Buy'", 'g'],
    ['price eq cast(2.5,test.catalogue.Money)', 'g'],
    ['isof(price,test.catalogue.Money)', 'g'],
    ['someMoods/any(m:m eq null)', 'g'],
    ['someMoods/all(m:m ne null)', 'c'],
    ["someMoods/any(m:m eq 'Calm')", 'gc'],
    ['someNumbers/$count eq 3', 'g'],
    ['someNumbers/any(n:n gt 1)', 'g'],
    ['someNumbers/$filter($this eq null)/$count eq 1', 'g'],
    ['someSizes/any(s:s/width eq 1)', 'g'],
    ["allRights/any(r:r has 'Buy')", 'g'],
    ["moods/any(m:m gt 'Calm')", 'g'],
  ])('$filter=%s finds %s', async (filter, expected) => {
    const g = { mood: 'Glad', rights: 'Trade', price: 2.5, moods: ['Cross', 'Glad'], allRights: ['Trade', 'None'] };
    const some = { someMoods: ['Calm', null], someNumbers: [1, null, 5], someSizes: [null, { width: 1 }] };
    await app.post('/samples', { id: 'g', ...g, ...some });
    await app.post('/samples', { id: 'c', mood: 'Calm', rights: '0', someMoods: ['Calm'], someNumbers: [1] });
    const path = `/samples?$filter=(${encodeURIComponent(filter)}) and id ne 'one'&$select=id`;
    const { status, text, body } = await app.get(path);
    expect([status, text]).toEqual([200, text]);
    expect(
      body.value
        .map(({ id }: any) => id)
        .sort()
        .reverse()
        .join(''),
    ).toBe(expected);
  });

  it('types are said by their names', async () => {
    await app.patch("/samples('one')", {
      price: 1,
      'price@odata.type': '#test.catalogue.Money',
      mood: 'Glad',
      codes: ['a'],
    });
    const { body } = await app.get("/samples('one')?$select=price,mood,codes,place,someNumbers", full);
    expect(body).toMatchObject({
      'price@odata.type': '#test.catalogue.Money',
      'mood@odata.type': '#test.catalogue.Mood',
      'codes@odata.type': '#Collection(test.catalogue.Code)',
      'someNumbers@odata.type': '#Collection(Int64)',
    });
  });

  it('what nobody updates, and what only a rule sets, stays as it is', async () => {
    const made = '2024-01-01T00:00:00Z';
    expect((await app.post('/samples', { id: 'two', made, changes: 7 })).body).toMatchObject({ made, changes: 0 });
    const said = { made: '2025-01-01T00:00:00Z', changes: 9, code: 'x' };
    expect((await app.patch("/samples('two')", said)).body).toMatchObject({ made, changes: 1, code: 'x' });
    expect((await app.request('PUT', "/samples('two')", { body: said })).body).toMatchObject({ made, changes: 2 });
    expect((await app.request('PUT', "/samples('two')/changes", { body: { value: 5 } })).status).toBe(405);
    expect((await app.request('PUT', "/samples('two')/code", { body: { value: 'y' } })).status).toBe(200);
    expect((await app.get("/samples('two')")).body).toMatchObject({ made, changes: 3, code: 'y' });
  });

  it('is in the description of the API', async () => {
    const { body } = await app.get('/openapi.json');
    const { properties } = body.components.schemas['test.catalogue.Sample'];
    expect(properties).toMatchObject({
      price: { multipleOf: 0.01, description: 'What it costs.' },
      code: { maxLength: 4, pattern: '^[\\u0000-\\u007f]*$' },
      someMoods: {
        type: 'array',
        items: { anyOf: [{ $ref: '#/components/schemas/test.catalogue.Mood' }, { type: 'null' }] },
      },
      someCodes: { type: 'array', items: { type: ['string', 'null'], maxLength: 4 } },
    });
  });
});
