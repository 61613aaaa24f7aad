import { describe, expect, it } from '@jest/globals';
import { IsIn, Matches } from 'class-validator';
import { buildModel } from '../edm/build-model.js';
import { Computed, EntityType, Immutable, Key, Property } from '../edm/declarations.js';
import { Edm } from '../edm/primitive-types.js';
import { Schema } from '../edm/schema.js';
import { parseJson } from '../json/parse-json.js';
import { readChange, readNewEntity } from '../payload/read-body.js';
import { annotationsOf, annotationsOfProperty } from './element-annotations.js';

const schema = new Schema('test');

@EntityType(schema, { description: 'Something to sell.', longDescription: 'It lies on a shelf.' })
class Thing {
  @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  @Property(Edm.String, 'Its size.') @IsIn(['S', 'L']) size?: string | null;
  @Property(Edm.String, 'Its code.') @Matches(/^[A-Z]+$/) code?: string | null;
  @Property(Edm.Int32, 'Times it was seen.') @Computed() views?: number | null;
  @Property(Edm.String, 'Who made it.') @Immutable() maker?: string | null;
}

const type = buildModel(schema, { things: Thing }).entitySets.get('things')!.type;
const annotated = (name: string) =>
  Object.fromEntries(annotationsOfProperty(type.properties.get(name)!).map(({ term, value }) => [term, value]));
const format = { version: '4.01', ieee754Compatible: false } as const;
const create = (body: string) => readNewEntity(type, parseJson(body, 9), format).properties;
const change = (body: string) => readChange(type, parseJson(body, 9), format, { entityUrl: '/things/1' }).patch;

describe('the annotations of properties and types', () => {
  it('say what the declarations make so', () => {
    expect(annotationsOf(type)).toEqual([
      { term: 'Core.Description', value: 'Something to sell.' },
      { term: 'Core.LongDescription', value: 'It lies on a shelf.' },
    ]);
    expect(annotated('id')).toEqual({ 'Core.Description': 'Names it.' });
    expect(annotated('size')['Validation.AllowedValues']).toEqual(
      ['S', 'L'].map((Value) => ({ kind: 'record', type: undefined, values: { Value } })),
    );
    expect(annotated('code')['Validation.Pattern']).toBe('^[A-Z]+$');
    expect(annotated('views')).toEqual({ 'Core.Description': 'Times it was seen.', 'Core.Computed': true });
    expect(annotated('maker')).toEqual({ 'Core.Description': 'Who made it.', 'Core.Immutable': true });
  });

  it('are held: allowed values and pattern', () => {
    expect(create('{"size":"S","code":"AB"}')).toEqual({ size: 'S', code: 'AB' });
    for (const body of ['{"size":"M"}', '{"code":"a"}']) {
      expect(() => create(body)).toThrow();
      expect(() => change(body)).toThrow();
    }
  });

  it('[B2.2] are held: what a client sends for computed and immutable properties is ignored, whatever it is', () => {
    expect(create('{"views":"many","maker":"Ann"}')).toEqual({ maker: 'Ann' });
    expect(change('{"views":7,"maker":1,"id":9,"size":"L"}')).toEqual({ size: 'L' });
  });
});
