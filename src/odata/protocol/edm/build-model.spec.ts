import { describe, expect, it } from '@jest/globals';
import { IsOptional, MaxLength, Min } from 'class-validator';
import { buildModel } from './build-model.js';
import { Collection, ComplexType, Contained, EntityType, enumType, Key, Property } from './declarations.js';
import { Edm } from './primitive-types.js';
import { Schema } from './schema.js';

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
});
