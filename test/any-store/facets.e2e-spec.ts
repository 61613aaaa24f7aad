import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { validateSync } from 'class-validator';
import { Edm, EntityType, Key, Property, Schema } from '../../src/odata/model.js';
import { Card, operated } from '../models/operated.js';
import { TestApp } from '../support/test-app.js';

describe('facets of properties', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, operated);
    await app.post('/cards', { number: '1' });
  });
  afterAll(() => app.stop());

  it.each<[text: string, faults: readonly string[]]>([
    ['{"credit":999.99}', []],
    ['{"credit":-999.99}', []],
    ['{"credit":0.01}', []],
    ['{"credit":1.10}', []],
    ['{"credit":1e2}', []],
    ['{"credit":1000}', ['credit']],
    ['{"credit":1.001}', ['credit']],
    ['{"credit":1e-3}', ['credit']],
    ['{"credit":99999.00000000000000000000000000001}', ['credit']],
    ['{"weight":0.001}', []],
    ['{"weight":123}', []],
    ['{"weight":1.23}', []],
    ['{"weight":12.34}', ['weight']],
    ['{"weight":1000}', ['weight']],
    ['{"since":"2020-02-29T00:00:00.123Z"}', []],
    ['{"since":"2020-02-29T00:00:00.123000Z"}', []],
    ['{"since":"2020-02-29T00:00:00.1234+01:00"}', ['since']],
    ['{"reading":"PT1H30S"}', []],
    ['{"reading":"PT1.5S"}', ['reading']],
    ['{"times":["08:30:00.5","08:30"]}', []],
    ['{"times":["08:30:00.5","08:30:00.25"]}', ['times/1']],
    ['{"chip":"A-1~"}', []],
    ['{"chip":"A-é"}', ['chip']],
    ['{"chip":"A-😀","credit":0.125}', ['chip', 'credit']],
  ])('hold %s to them: %j', async (text, faults) => {
    const headers = { 'content-type': 'application/json' };
    const { status, body } = await app.request('PATCH', "/cards('1')", { body: text, headers });
    const { details = [], target } = (body?.error ?? {}) as { details?: { target: string }[]; target?: string };
    const found = details.length > 0 ? details.map((one) => one.target) : target === undefined ? [] : [target];
    expect([[...found].sort(), status]).toEqual([faults, faults.length === 0 ? 200 : 400]);
  });

  it('are rules of class-validator too', () => {
    const faults = (values: object): string[] =>
      validateSync(Object.assign(new Card(), { number: '1', limit: 1, times: [], ...values })).map(
        (one) => one.property,
      );
    expect(faults({ credit: 1.5, weight: 1, chip: 'x', since: '2020-02-29T00:00:00.123Z' })).toEqual([]);
    expect(faults({ credit: 1.555, chip: 'é', times: ['08:30:00.25'] }).sort()).toEqual(['chip', 'credit', 'times']);
  });

  it('are said in the metadata', async () => {
    const { text } = await app.get('/$metadata', { as: null });
    const said = [
      ...text.matchAll(/<Property Name="(credit|weight|since|reading|times|chip)"[^>]*?Type="[^"]*"([^>]*?)\/?>/g),
    ];
    expect(Object.fromEntries(said.map(([, name, facets = '']) => [name, facets.trim()]))).toEqual({
      credit: 'Precision="5" Scale="2"',
      weight: 'Precision="3" Scale="variable"',
      since: 'Precision="3"',
      reading: 'Precision="0"',
      times: 'Nullable="false" Precision="1"',
      chip: 'Unicode="false"',
    });
  });

  it.each<[declare: () => PropertyDecorator, message: string]>([
    [
      () => Property(Edm.String, 'x', { precision: 1 }) as PropertyDecorator,
      'only Edm.Decimal and times have a precision',
    ],
    [
      () => Property(Edm.Date, 'x', { precision: 1 }) as PropertyDecorator,
      'only Edm.Decimal and times have a precision',
    ],
    [() => Property(Edm.DateTimeOffset, 'x', { scale: 1 }) as PropertyDecorator, 'only Edm.Decimal has a scale'],
    [() => Property(Edm.DateTimeOffset, 'x', { precision: 13 }) as PropertyDecorator, 'seconds have twelve digits'],
    [
      () => Property(Edm.Decimal, 'x', { precision: 1, scale: 2 }) as PropertyDecorator,
      'not larger than the precision',
    ],
    [() => Property(Edm.Decimal, 'x', { precision: 0 }) as PropertyDecorator, 'whole numbers'],
    [() => Property(Edm.Decimal, 'x', { scale: 1.5 }) as PropertyDecorator, 'whole numbers'],
    [() => Property(Edm.Int32, 'x', { unicode: false }) as PropertyDecorator, 'only Edm.String has the facet unicode'],
    [() => Property(() => Card, 'x', { unicode: false }) as PropertyDecorator, 'its type has no facets'],
  ])('that have no meaning are refused where they are declared', (declare, message) => {
    const schema = new Schema('test');
    expect(() => {
      @EntityType(schema)
      class Wrong {
        @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
        @declare() one?: unknown;
      }
      return Wrong;
    }).toThrow(new RegExp(`^Wrong\\.one: .*${message}`));
  });
});
