import { describe, expect, it } from '@jest/globals';
import {
  Allow,
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsDefined,
  IsEmail,
  IsOptional,
  MaxLength,
  Min,
  registerDecorator,
  Validate,
  ValidateIf,
  ValidateNested,
  ValidatePromise,
  type ValidationArguments,
  type ValidationOptions,
  ValidatorConstraint,
} from 'class-validator';
import { buildModel } from './build-model.js';
import { Collection, ComplexType, Contained, EntityType, Key, Property } from './declarations.js';
import { IsOfEdmType } from './edm-validators.js';
import type { Property as ModelProperty } from './model.js';
import { Edm } from './primitive-types.js';
import { Schema, type TypeClass } from './schema.js';

/** A rule of another's making, as applications write them. */
function custom(
  name: string,
  validate: (value: any, args: ValidationArguments) => any,
  options: ValidationOptions & { readonly async?: boolean } = {},
): PropertyDecorator {
  return (prototype, property) => {
    registerDecorator({
      name,
      target: prototype.constructor,
      propertyName: property as string,
      options,
      async: options.async === true,
      validator: { validate },
    });
  };
}

@ValidatorConstraint({ name: 'even' })
class Even {
  validate(value: unknown): boolean {
    return (value as number) % 2 === 0;
  }
}

@ValidatorConstraint({ name: 'afterA' })
class AfterA {
  validate(value: any, { object }: ValidationArguments): boolean {
    return value >= (object as any).a;
  }
  defaultMessage({ object }: ValidationArguments): string {
    return `$property must be after ${(object as any).a}`;
  }
}

@ValidatorConstraint({ name: 'spread' })
class Spread {
  validate(...all: any[]): boolean {
    return all.length > 0;
  }
}

@ValidatorConstraint({ name: 'sly' })
class Sly {
  validate(): boolean {
    return arguments.length > 0;
  }
}

@ValidatorConstraint({ name: 'later' })
class Later {
  async validate(value: unknown): Promise<boolean> {
    return Promise.resolve(value === 1);
  }
}

class Unregistered {
  validate(): boolean {
    return true;
  }
}

/** A class with one decorated property of a type, beside its key. */
function thing(
  schema: Schema,
  type: Parameters<typeof Property>[0],
  decorators: readonly PropertyDecorator[],
  options: { readonly nullable?: boolean } = {},
): TypeClass {
  @EntityType(schema)
  class Thing {
    @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  }
  for (const decorate of decorators) decorate(Thing.prototype, 'value');
  Property(type, undefined, options)(Thing.prototype, 'value');
  return Thing;
}

function propertyWith(
  type: Parameters<typeof Property>[0],
  decorators: readonly PropertyDecorator[],
  options: { readonly nullable?: boolean } = {},
): ModelProperty {
  const schema = new Schema('test');
  const { entitySets } = buildModel(schema, { things: thing(schema, type, decorators, options) });
  return entitySets.get('things')!.type.properties.get('value')!;
}

/** Which rules are run on values, and which on the object. */
function sorted(decorators: readonly PropertyDecorator[], type: Parameters<typeof Property>[0] = Edm.Int32): string {
  const { rules, objectRules } = propertyWith(type, decorators);
  return [...rules.map(({ name }) => `value ${name}`), ...objectRules.map(({ name }) => `object ${name}`)].join();
}

describe('rules of properties', () => {
  it.each<[kind: string, decorators: readonly PropertyDecorator[]]>([
    ['value min', [Min(3)]],
    ['value isEmail', [IsEmail({}, { message: 'no' })]],
    ['value even', [Validate(Even)]],
    ['object afterA', [Validate(AfterA)]],
    ['object spread', [Validate(Spread)]],
    ['object sly', [Validate(Sly)]],
    ['object near', [custom('near', (value, { object }) => value > (object as any).a)]],
    ['object min', [custom('min', (value, { object }) => value > (object as any).a)]],
    ['object min', [Min(3, { validateIf: () => true })]],
    ['value max,object min', [custom('max', () => true), Min(3, { validateIf: () => true })]],
    ['object min,object even', [Min(3), Validate(Even), ValidateIf(() => true)]],
    ['', [IsOptional()]],
  ])('runs as %s', (kind, decorators) => {
    expect(sorted(decorators)).toBe(kind);
  });

  it('runs what is about a whole collection on the whole', () => {
    const decorators = [ArrayMaxSize(2), ArrayUnique(), MaxLength(2, { each: true }), Validate(AfterA, { each: true })];
    const type = Collection(Edm.String);
    expect(sorted([IsArray(), ...decorators], type)).toBe(
      'value maxLength,object arrayMaxSize,object arrayUnique,object afterA',
    );
    const { objectRules } = propertyWith(type, decorators);
    expect(objectRules.map(({ each, isLocal }) => [each, isLocal])).toEqual([
      [false, true],
      [false, true],
      [true, false],
    ]);
  });

  it('a rule with a condition is no facet: it does not hold for every value', () => {
    expect(propertyWith(Edm.Int32, [Min(3, { validateIf: () => false })]).facets).toEqual({});
    expect(propertyWith(Edm.Int32, [Min(3)]).facets).toEqual({ minimum: 3 });
  });

  it('asks an object rule with the object, its conditions first', () => {
    const { objectRules } = propertyWith(Edm.Int32, [Validate(AfterA), ValidateIf(({ a }) => a !== 7)]);
    const [rule] = objectRules;
    expect(rule!.property).toBe('value');
    expect(rule!.accepts(1, { a: 5, value: 1 })).toBe(false);
    expect(rule!.accepts(6, { a: 5, value: 6 })).toBe(true);
    expect(rule!.accepts(6, { a: 7, value: 6 })).toBe(true);
    expect(rule!.explain(1, { a: 5, value: 1 })).toBe('value must be after 5');
  });

  it('what looks at the object only now and then gets it, or fails', () => {
    const now = custom('min', (value, args) => value !== 99 || (args.object as any).a === 1);
    const [rule] = propertyWith(Edm.Int32, [now]).rules;
    expect(rule!.accepts(99, () => ({ a: 1 }))).toBe(true);
    expect(rule!.accepts(99, () => ({ a: 2 }))).toBe(false);
    expect(rule!.accepts(1)).toBe(true);
    expect(() => rule!.accepts(99)).toThrow('Thing.value: min looks at the object where there is none');
  });

  it('what turns out to be asynchronous fails', () => {
    const [rule] = propertyWith(Edm.Int32, [custom('later', () => Promise.resolve(true))]).objectRules;
    expect(() => rule!.accepts(1, { value: 1 })).toThrow('Thing.value: later is asynchronous');
  });

  it('fills placeholders of messages', () => {
    const [rule] = propertyWith(Edm.Int32, [Min(3, { message: '$target.$property: $value < $constraint1' })]).rules;
    expect(rule!.explain(2)).toBe('Thing.value: 2 < 3');
    const [silent] = propertyWith(Edm.Int32, [custom('odd', () => false)]).objectRules;
    expect(silent!.explain(2, { value: 2 })).toBe('value is not allowed');
  });

  it.each<[reason: string, decorators: readonly PropertyDecorator[], nullable?: boolean]>([
    ['groups have no meaning in a payload; use @ValidateIf, or remove them', [Min(3, { groups: ['a'] })]],
    ['groups have no meaning in a payload; use @ValidateIf, or remove them', [IsOptional({ groups: ['a'] })]],
    [
      'the condition of @ValidateIf concerns no rule: that a value is of its type always holds',
      [ValidateIf(() => false)],
    ],
    ['the option validateIf is for rules; nothing asks for it here', [IsOptional({ validateIf: () => true })]],
    [
      'remove @IsOptional, or nullable: false of @Property, so that both say whether value may be null',
      [IsOptional()],
      false,
    ],
    ['@IsDefined never fires beside @Property; declare nullable: false instead', [IsDefined()]],
    ['@Property allows it already; remove @Allow', [Allow()]],
    ['a payload has no promises; remove @ValidatePromise', [ValidatePromise()]],
    ['@ValidateNested is for complex and navigation properties; remove it', [ValidateNested()]],
    ['@IsOfEdmType names another type than @Property; remove it', [IsOfEdmType(Edm.Date)]],
    ['@IsArray never holds for a single value or an item; declare Collection(…), or remove it', [IsArray()]],
    ['min needs each: false, as the property is declared', [Min(3, { each: true })]],
    [
      'the asynchronous validator later cannot guard a payload; test it in the service, or make it synchronous',
      [Validate(Later)],
    ],
    [
      'the asynchronous validator slow cannot guard a payload; test it in the service, or make it synchronous',
      [custom('slow', () => true, { async: true })],
    ],
    ['its validator is not registered once; decorate its class @ValidatorConstraint', [Validate(Unregistered)]],
  ])('refuses at start: %s', (reason, decorators, ...[nullable]) => {
    const options = nullable === undefined ? {} : { nullable };
    expect(() => propertyWith(Edm.Int32, decorators, options)).toThrow(new Error(`Thing.value: ${reason}`));
  });

  it.each<[reason: string, decorators: readonly PropertyDecorator[]]>([
    ['a collection is never null; remove @IsOptional', [IsOptional()]],
    ['maxLength needs each: true, as the property is declared', [MaxLength(3)]],
    [
      '@IsArray never holds for a single value or an item; declare Collection(…), or remove it',
      [IsArray({ each: true })],
    ],
    ['arrayMaxSize is about the collection, not about each item; remove each: true', [ArrayMaxSize(3, { each: true })]],
  ])('refuses of a collection: %s', (reason, decorators) => {
    expect(() => propertyWith(Collection(Edm.String), decorators)).toThrow(new Error(`Thing.value: ${reason}`));
  });

  it('refuses rules on what is no property of the class itself', () => {
    const build = (declare: (schema: Schema) => TypeClass) => () => {
      const schema = new Schema('test');
      return buildModel(schema, { things: declare(schema) });
    };
    const inherited = build((schema) => {
      const Thing = thing(schema, Edm.Int32, [Min(3)]) as new () => object;
      @EntityType(schema)
      class Book extends Thing {
        @MaxLength(3) id!: string;
      }
      return Book;
    });
    expect(inherited).toThrow('Book.id: rules on an inherited property are not run; declare it again with @Property');
    const navigation = build((schema) => {
      const Part = thing(schema, Edm.Int32, []) as new () => object;
      @EntityType(schema)
      class Whole {
        @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
        @ArrayMaxSize(3) @Contained(() => Part, 'Parts.', { collection: true }) parts?: object[];
      }
      return Whole;
    });
    expect(navigation).toThrow('Whole.parts: a rule on a navigation property is not run');
    const undeclared = build((schema) => {
      const Thing = thing(schema, Edm.Int32, []);
      IsOptional()(Thing.prototype as object, 'other');
      return Thing;
    });
    expect(undeclared).toThrow('Thing.other: has validation rules but no @Property');
  });

  it('takes what a class says of a property that it declares again', () => {
    const schema = new Schema('test');
    @ComplexType(schema)
    class Base {
      @Property(Edm.String) @MaxLength(9) name?: string | undefined;
      @Property(Edm.Int32) @Min(1) size?: number;
    }
    @ComplexType(schema)
    class Small extends Base {
      @Property(Edm.String) @MaxLength(3) override name?: string | undefined = undefined;
    }
    const { complexTypes } = buildModel(schema, {});
    const facets = (type: TypeClass): unknown =>
      [...complexTypes.get(type.name)!.properties.values()].map((property) => property.facets);
    expect(facets(Base)).toEqual([{ maxLength: 9 }, { minimum: 1 }]);
    expect(facets(Small)).toEqual([{ maxLength: 3 }, { minimum: 1 }]);
  });
});
