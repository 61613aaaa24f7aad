import { describe, expect, it } from '@jest/globals';
import { Exclude, Expose, plainToInstance, Transform, Type } from 'class-transformer';
import { buildModel } from './build-model.js';
import { ComplexType, Computed, Contained, EntityType, Key, Property } from './declarations.js';
import type { Property as ModelProperty } from './model.js';
import { Edm } from './primitive-types.js';
import { Schema, type TypeClass } from './schema.js';

/** What building a type with decorated members says. */
function build(decorate: (prototype: object, target: TypeClass) => void): ReadonlyMap<string, ModelProperty> {
  const schema = new Schema('test');
  @ComplexType(schema)
  class Place {
    @Property(Edm.String) city?: string;
  }
  @EntityType(schema)
  class Part {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  }
  @EntityType(schema)
  class Thing {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
    @Property(Edm.String) name?: string;
    @Property(Edm.String) @Computed() made?: string;
    @Property(() => Place) place?: Place;
    @Contained(() => Part) part?: Part;
  }
  @EntityType(schema)
  class Book extends Thing {}
  decorate(Thing.prototype, Thing);
  expect(Book).toBeDefined();
  return buildModel(schema, { things: Thing }).entitySets.get('things')!.type.properties;
}

const on = (name: string, ...decorators: readonly PropertyDecorator[]) => {
  return (prototype: object): void => {
    for (const decorate of decorators) decorate(prototype, name);
  };
};
const upper = ({ value }: { value: any }): any => value.toUpperCase();

describe('class-transformer beside the declarations', () => {
  it('tells what is applied to what is read from what is applied to what is written', () => {
    const kinds = (...decorators: readonly PropertyDecorator[]): string => {
      const { onRead, onWrite } = build(on('name', ...decorators)).get('name')!;
      return `${onRead === undefined ? '' : 'read'} ${onWrite === undefined ? '' : 'write'}`;
    };
    expect(kinds()).toBe(' ');
    expect(kinds(Transform(upper))).toBe('read write');
    expect(kinds(Transform(upper, { toClassOnly: true }))).toBe('read ');
    expect(kinds(Transform(upper, { toPlainOnly: true }))).toBe(' write');
    expect(kinds(Transform(upper, { toClassOnly: true, toPlainOnly: true }))).toBe('read write');
  });

  it('applies several in the order of class-transformer, with what it tells them', () => {
    class Plain {
      @Transform(({ value }) => `${value}a`) @Transform(({ value }) => `${value}b`) name?: string;
    }
    const decorators = [Transform(({ value }) => `${value}b`), Transform(({ value }) => `${value}a`)];
    const { onRead } = build(on('name', ...decorators)).get('name')!;
    expect(onRead!('x', () => ({}))).toBe(plainToInstance(Plain, { name: 'x' }).name);
    let told: any;
    let expected: any;
    class Told {
      @Transform((params) => (expected = params)) name?: string;
    }
    plainToInstance(Told, { name: 'x' });
    const { onRead: tell } = build(
      on(
        'name',
        Transform((params) => (told = params)),
      ),
    ).get('name')!;
    tell!('x', () => ({ name: 'x' }));
    const { value, key, obj, type, options } = told;
    expect({ value, key, obj, type }).toEqual({ value: 'x', key: 'name', obj: { name: 'x' }, type: expected.type });
    expect(expected.options).toMatchObject(options);
  });

  it('lets @Type say again what is declared', () => {
    expect(() => {
      const schema = new Schema('test');
      @ComplexType(schema)
      class Place {}
      @ComplexType(schema)
      class Other {
        @Type(() => Place) @Property(() => Place) place?: Place;
      }
      expect(Other).toBeDefined();
      buildModel(schema, {});
    }).not.toThrow();
  });

  it.each<[reason: string, decorate: (prototype: object, target: TypeClass) => void]>([
    ['Thing.name: groups have no meaning in a payload; remove them', on('name', Transform(upper, { groups: ['a'] }))],
    [
      'Thing.name: a payload has no version for since and until; remove them',
      on('name', Transform(upper, { since: 1 })),
    ],
    [
      'Thing.name: an asynchronous @Transform cannot be applied; make it synchronous',
      on(
        'name',
        Transform(async () => Promise.resolve('x')),
      ),
    ],
    [
      'Thing.id: a key is written as it stands in URLs; give @Transform { toClassOnly: true }',
      on('id', Transform(upper)),
    ],
    [
      'Thing.made: what a body says of a computed property is ignored; remove toClassOnly of @Transform',
      on('made', Transform(upper, { toClassOnly: true })),
    ],
    [
      'Thing.part: @Transform is not applied to navigation; put it on properties of the entities',
      on('part', Transform(upper)),
    ],
    ['Thing.other: @Transform is not applied: it has no @Property', on('other', Transform(upper))],
    [
      'Thing.name: @Type is not applied: @Property says what its values are; remove it',
      on(
        'name',
        Type(() => String),
      ),
    ],
    [
      'Thing.place: @Type names another class than the declaration of the property; remove it',
      on(
        'place',
        Type(() => Date),
      ),
    ],
    [
      'Thing.part: @Type names another class than the declaration of the property; remove it',
      on(
        'part',
        Type(() => Date),
      ),
    ],
    [
      'Thing.place: a discriminator is not asked: values say their type by @odata.type; remove it',
      on(
        'place',
        Type(() => Date, { discriminator: { property: 'kind', subTypes: [] } }),
      ),
    ],
    [
      'Thing.name: @Expose is not applied: every declared property is exposed, by its name; remove it',
      on('name', Expose({ name: 'title' })),
    ],
    [
      'Thing: @Expose is not applied: every declared property is exposed, by its name; remove it',
      (_prototype, target) => Expose()(target),
    ],
    [
      'Thing.name: @Exclude is not applied; leave the property out of the model, or @Transform what is written',
      on('name', Exclude()),
    ],
    [
      'Thing: @Exclude is not applied; leave the property out of the model, or @Transform what is written',
      (_prototype, target) => Exclude()(target),
    ],
  ])('refuses at start: %s', (reason, decorate) => {
    expect(() => build(decorate)).toThrow(new Error(reason));
  });

  it('refuses a transform of an inherited property that is not declared again', () => {
    const schema = new Schema('test');
    @ComplexType(schema)
    class Base {
      @Property(Edm.String) name?: string | undefined;
    }
    @ComplexType(schema)
    class Derived extends Base {
      @Transform(upper) override name?: string | undefined = undefined;
    }
    expect(Derived).toBeDefined();
    const advice = 'declare the inherited property again beside it, or put it on the base class';
    expect(() => buildModel(schema, {})).toThrow(new Error(`Derived.name: @Transform is not applied: ${advice}`));
  });
});
