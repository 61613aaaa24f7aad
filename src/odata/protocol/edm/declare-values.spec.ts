import { describe, expect, it } from '@jest/globals';
import { buildModel } from './build-model.js';
import { ComplexType, EntityType, enumType, Key, Property, typeDefinition } from './declarations.js';
import { Edm } from './primitive-types.js';
import { Schema } from './schema.js';

const schema = new Schema('test');

describe('a type definition', () => {
  it('gives its facets to the properties that are of it, beside their own', () => {
    const Money = typeDefinition(schema, 'Money', Edm.Decimal, { scale: 2 });
    @EntityType(schema)
    class Thing {
      @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
      @Property(Money, 'What it costs.', { precision: 4 }) price?: number | null;
    }
    const model = buildModel(schema, { things: Thing });
    const { type, definition, facets } = model.entityTypes.get('Thing')!.properties.get('price')!;
    expect([type, definition, facets]).toEqual([Edm.Decimal, Money, { precision: 4, scale: 2 }]);
    expect(model.typeDefinitions.get('Money')).toBe(Money);
  });

  it.each<[fault: string, declare: () => unknown]>([
    ['Name: only Edm.String has a maxLength', () => typeDefinition(schema, 'Name', Edm.Int32, { maxLength: 3 })],
    ['Name: only Edm.Decimal has a scale', () => typeDefinition(schema, 'Name', Edm.String, { scale: 3 })],
    ['Name: only geography and geometry have a srid', () => typeDefinition(schema, 'Name', Edm.String, { srid: 3 })],
    [
      "Name: a srid is a whole number, or 'variable'",
      () => typeDefinition(schema, 'Name', Edm.GeometryPoint, { srid: -1 }),
    ],
    [
      'Place.cost: Cost says its scale already',
      () => {
        const Cost = typeDefinition(schema, 'Cost', Edm.Decimal, { scale: 2 });
        class Place {
          @Property(Cost, 'What it costs.', { scale: 1 }) cost?: number | null;
        }
        return Place;
      },
    ],
    [
      'Two types of one schema have the same name: Twice',
      () => {
        const own = new Schema('test');
        enumType(own, 'Twice', ['A']);
        typeDefinition(own, 'Twice', Edm.String);
        return buildModel(own, {});
      },
    ],
    [
      'Two types of one schema have the same name: Twice',
      () => {
        const own = new Schema('test');
        enumType(own, 'Twice', ['A']);
        @ComplexType(own)
        class Twice {
          @Property(Edm.String) a?: string | null;
        }
        return [Twice, buildModel(own, {})];
      },
    ],
  ])('%s', (fault, declare) => {
    expect(declare).toThrow(fault);
  });
});
