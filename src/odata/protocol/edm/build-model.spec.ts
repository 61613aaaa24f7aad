import { describe, expect, it } from '@jest/globals';
import { IsOptional, MaxLength, Min } from 'class-validator';
import { buildModel } from './build-model.js';
import { Collection, ComplexType, Contained, EntityType, enumType, Key, Property, Stream } from './declarations.js';
import { Edm } from './primitive-types.js';
import { Schema } from './schema.js';
import { aggregateSet } from '../../store/aggregate-set.js';

/** Declares types in a schema of their own; gives what building them says. */
function faultOf(declare: (schema: Schema) => new () => object): string {
  const schema = new Schema('test');
  const target = declare(schema);
  try {
    buildModel(schema, { things: target });
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('buildModel', () => {
  it('takes facets from class-validator, and rules for each item of a collection', () => {
    const schema = new Schema('test');
    const Colour = enumType(schema, 'Colour', ['RED', 'BLUE']);
    @EntityType(schema)
    class Thing {
      @Key() @Property(Edm.String, 'Names it.', { nullable: false }) @MaxLength(7) id!: string;
      @Property(Edm.Int32) @Min(3) size?: number;
      @Property(Collection(Edm.String)) @MaxLength(5, { each: true }) tags?: string[];
      @Property(Colour) colour?: string;
    }
    const { type } = buildModel(schema, { things: Thing }).entitySets.get('things')!;
    const summary = [...type.properties.values()].map(({ name, facets, nullable, collection }) => ({
      name,
      facets,
      nullable,
      collection,
    }));
    expect(type.key).toEqual(['id']);
    expect(summary).toEqual([
      { name: 'id', facets: { maxLength: 7 }, nullable: false, collection: false },
      { name: 'size', facets: { minimum: 3 }, nullable: true, collection: false },
      { name: 'tags', facets: { maxLength: 5 }, nullable: false, collection: true },
      { name: 'colour', facets: {}, nullable: true, collection: false },
    ]);
  });

  it.each<[message: string, declare: (schema: Schema) => new () => object]>([
    [
      'Thing: an entity type needs a @Key',
      (schema) => {
        @EntityType(schema)
        class Thing {
          @Property(Edm.String) id?: string;
        }
        return Thing;
      },
    ],
    [
      'Thing.name: has validation rules but no @Property',
      (schema) => {
        @EntityType(schema)
        class Thing {
          @Key() @Property(Edm.String) id?: string;
          @MaxLength(3) name?: string;
        }
        return Thing;
      },
    ],
    [
      'Thing.tags: maxLength needs each: true, as the property is declared',
      (schema) => {
        @EntityType(schema)
        class Thing {
          @Key() @Property(Edm.String) id?: string;
          @Property(Collection(Edm.String)) @MaxLength(3) tags?: string[];
        }
        return Thing;
      },
    ],
    [
      'Undeclared is not a type of schema test',
      (schema) => {
        class Undeclared {
          @IsOptional() a?: string;
        }
        @EntityType(schema)
        class Thing {
          @Key() @Property(Edm.String) id?: string;
          @Property(() => Undeclared) other?: Undeclared;
        }
        return Thing;
      },
    ],
    [
      'Thing.other: only an entity type can be navigated to',
      (schema) => {
        @ComplexType(schema)
        class Other {}
        @EntityType(schema)
        class Thing {
          @Key() @Property(Edm.String) id?: string;
          @Contained(() => Other) other?: Other;
        }
        return Thing;
      },
    ],
    [
      'Node: a type cannot contain itself',
      (schema) => {
        @ComplexType(schema)
        class Node {
          @Property(() => Node) next?: object;
        }
        @EntityType(schema)
        class Thing {
          @Key() @Property(Edm.String) id?: string;
          @Property(() => Node) node?: Node;
        }
        return Thing;
      },
    ],
    [
      'things: an entity set or singleton needs an entity type that is not abstract',
      (schema) => {
        @ComplexType(schema)
        class Thing {}
        return Thing;
      },
    ],
  ])('refuses at start: %s', (message, declare) => {
    expect(faultOf(declare)).toBe(message);
  });

  describe('streams', () => {
    const keyed = (schema: Schema, options: object = {}) => {
      @EntityType(schema, options)
      class Thing {
        @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
      }
      return Thing;
    };

    it('are those of the base type too, and the media of its entities', () => {
      const schema = new Schema('test');
      @EntityType(schema, { media: { accepts: ['Image/*'] } })
      class Photo {
        @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
        @Stream('Small.', { maxLength: 9 }) small?: never;
      }
      @EntityType(schema)
      class Portrait extends Photo {
        @Stream() release?: never;
      }
      const model = buildModel(schema, { photos: Photo, plain: keyed(schema) });
      const streams = [...model.entityTypes.get(Portrait.name)!.streams!.values()];
      expect(streams).toEqual([
        { kind: 'stream', name: '$value', description: undefined, accepts: ['image/*'], maxLength: undefined },
        { kind: 'stream', name: 'small', description: 'Small.', accepts: undefined, maxLength: 9 },
        { kind: 'stream', name: 'release', description: undefined, accepts: undefined, maxLength: undefined },
      ]);
      expect(model.streams).toEqual({
        properties: new Set(['small', 'release']),
        media: new Set(['Photo', 'test.Photo', 'Portrait', 'test.Portrait', 'photos']),
      });
      expect(model.entityTypes.get('Thing')).not.toHaveProperty('streams');
      expect(buildModel(new Schema('none'), {})).not.toHaveProperty('streams');
    });

    it.each<[message: string, declare: (schema: Schema) => new () => object]>([
      [
        'Place.plan: only entity types have streams',
        (schema) => {
          @ComplexType(schema)
          class Place {
            @Stream() plan?: never;
          }
          return Place.name === '' ? Place : keyed(schema);
        },
      ],
      [
        'Place: only entity types have streams',
        (schema) => {
          @ComplexType(schema, { media: true })
          class Place {}
          return Place.name === '' ? Place : keyed(schema);
        },
      ],
      [
        'Thing.id: the name is that of a stream, and taken',
        (schema) => {
          @EntityType(schema)
          class Thing {
            @Stream() @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
          }
          return Thing;
        },
      ],
      [
        'Part.it: the name is that of a stream, and taken',
        (schema) => {
          @EntityType(schema)
          class Whole {
            @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
            @Stream() it?: string;
          }
          @EntityType(schema)
          class Part extends Whole {
            @Property(Edm.String) override it?: string = 'x';
          }
          return Part;
        },
      ],
      [
        'Part: its base class is a media entity already',
        (schema) => {
          const Thing = keyed(schema, { media: true });
          @EntityType(schema, { media: true })
          class Part extends Thing {}
          return Part;
        },
      ],
      [
        "Thing: 'image' is no media type, and no range of them",
        (schema) => keyed(schema, { media: { accepts: ['image'] } }),
      ],
      ['Thing: nothing would be accepted', (schema) => keyed(schema, { media: { accepts: [] } })],
      ['Thing: maxLength must be a positive number of bytes', (schema) => keyed(schema, { media: { maxLength: 0 } })],
    ])('are refused: %s', (message, declare) => {
      expect(faultOf(declare)).toBe(message);
    });

    it('inside what contains itself have no end, and are refused', () => {
      const schema = new Schema('test');
      @EntityType(schema)
      class Box {
        @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
        @Stream() label?: never;
      }
      @EntityType(schema)
      class LargeBox extends Box {
        @Contained(() => Box, 'What is in it.', { collection: true }) boxes?: Box[];
      }
      const { entitySets } = buildModel(schema, { boxes: Box });
      expect(LargeBox.prototype).toBeInstanceOf(Box);
      expect(() => aggregateSet(entitySets.get('boxes')!)).toThrow(
        'boxes: entities with streams inside cannot contain entities of their own type',
      );
    });
  });
});
