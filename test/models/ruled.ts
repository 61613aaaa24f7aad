import { Transform } from 'class-transformer';
import { ArrayNotEmpty, ArrayUnique, IsEmail, MaxLength, Min, registerDecorator, ValidateIf } from 'class-validator';
import type { ValidationArguments, ValidationOptions } from 'class-validator';
import { buildModel } from '../../src/odata/protocol/edm/build-model.js';
import { Collection, ComplexType, Contained, EntityType, enumType } from '../../src/odata/protocol/edm/declarations.js';
import { Key, Property, References } from '../../src/odata/protocol/edm/declarations.js';
import { Edm } from '../../src/odata/protocol/edm/primitive-types.js';
import { Schema } from '../../src/odata/protocol/edm/schema.js';
import type { JsonValue } from '../../src/odata/protocol/json/json-value.js';
import { ODataError } from '../../src/odata/protocol/odata-error.js';
import type { BodyFormat } from '../../src/odata/protocol/payload/body-format.js';
import { type PropertyPlace, readNewEntity } from '../../src/odata/protocol/payload/read-body.js';

/** A model whose classes have rules over several properties, conditions, and transforms. */
const schema = new Schema('test');

function AtLeast(other: string, options?: ValidationOptions): PropertyDecorator {
  return (prototype, name) => {
    registerDecorator({
      name: 'atLeast',
      target: prototype.constructor,
      propertyName: name as string,
      constraints: [other],
      ...(options === undefined ? {} : { options }),
      validator: {
        validate: (value: any, args?: ValidationArguments) => {
          const least = (args!.object as any)[other];
          return least === undefined || least === null || value >= least;
        },
        defaultMessage: () => `$property must be at least ${other}`,
      },
    });
  };
}

/** It has the name of one of class-validator's, and looks at the object only when the value is 7. */
function Sly(): PropertyDecorator {
  return (prototype, name) => {
    registerDecorator({
      name: 'max',
      target: prototype.constructor,
      propertyName: name as string,
      validator: {
        validate: (value: any, args?: ValidationArguments) => value !== 7 || (args!.object as any).from === 7,
      },
    });
  };
}

/** A rule that counts what its entity contains, and fails on what is no list of it. */
function Fits(): PropertyDecorator {
  return (prototype, name) => {
    registerDecorator({
      name: 'fits',
      target: prototype.constructor,
      propertyName: name as string,
      validator: {
        validate: (value: any, args?: ValidationArguments) => {
          const { parts, numbers } = args!.object as { parts: unknown[]; numbers: unknown[] };
          return numbers.map(Number).length + parts.length <= value;
        },
      },
    });
  };
}

const normalised = ({ value }: { value: any }): any => (typeof value === 'string' ? value.trim().toLowerCase() : value);
const eachNormalised = ({ value }: { value: any }): any =>
  Array.isArray(value) ? value.map((item) => normalised({ value: item })) : value;

const Level = enumType(schema, 'Level', ['LOW', 'HIGH']);

@ComplexType(schema)
export class Span {
  @Property(Edm.Int32) from?: number | null;
  @Property(Edm.Int32) @AtLeast('from') to?: number | null;
  @Property(Edm.Int32) @Sly() odd?: number | null;
}

@ComplexType(schema)
export class NamedSpan extends Span {
  @Property(Edm.String) @Transform(normalised) name?: string | null;
}

@EntityType(schema)
export class Author {
  @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
}

@ComplexType(schema)
class Base {
  @Property(Edm.Int32) from?: number | null;
}

@ComplexType(schema)
class Derived extends Base {
  @Property(Edm.Int32) @AtLeast('from') to?: number | null;
}

@EntityType(schema)
export class Part {
  @Key() @Property(Edm.Int32, 'Its place.', { nullable: false }) number!: number;
  @Property(Edm.Int32) first?: number | null;
  @Property(Edm.Int32) @AtLeast('first') last?: number | null;
}

@EntityType(schema, { open: true })
export class Thing {
  @Key()
  @Property(Edm.String, 'Names it.', { nullable: false })
  @Transform(normalised, { toClassOnly: true })
  id!: string;
  @Property(Edm.Int32, 'Must be given.', { nullable: false }) a!: number;
  @Property(Edm.Int32) @AtLeast('a') @Min(0) b?: number | null;
  @Property(Edm.String) @ValidateIf(({ a }) => a > 2) @MaxLength(3) code?: string | null;
  @Property(Edm.String) @MaxLength(2, { validateIf: (object) => object.a === 1 }) short?: string | null;
  @Property(Edm.String) @Transform(normalised) @IsEmail() email?: string | null;
  @Property(Collection(Edm.String)) @Transform(eachNormalised) @IsEmail({}, { each: true }) emails?: string[];
  @Property(Collection(Edm.Int32)) @AtLeast('a', { each: true }) @ArrayUnique() @ArrayNotEmpty() numbers?: number[];
  @Property(() => Span) span?: Span | null;
  @Property(Collection(() => Span)) spans?: Span[];
  @Property(Level) level?: string | null;
  @Property(Edm.Duration) takes?: string | null;
  @Property(Edm.DateTimeOffset) at?: string | null;
  @Property(Edm.Int64) big?: number | null;
  @Property(Edm.Double) ratio?: number | null;
  @Property(Edm.Int32) @Fits() size?: number | null;
  @Contained(() => Part, 'Its first part.') head?: Part | null;
  @Contained(() => Part, 'Its parts.', { collection: true }) parts?: Part[];
  @References(() => Author) writer?: Author | null;
  @References(() => Author, 'All of them.', { collection: true }) writers?: Author[];
}

@EntityType(schema)
class Shelf {
  @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  @Contained(() => Part) part?: Part | null;
}

@EntityType(schema)
class Failing {
  @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
  @Property(Edm.Int32)
  @ValidateIf(() => {
    throw new Error('It is broken.');
  })
  @Min(0)
  size?: number | null;
}

export const model = buildModel(schema, { things: Thing, authors: Author, shelves: Shelf, failing: Failing });
export const failing = model.entityTypes.get('Failing')!;
// Declared for what it derives from; nothing else names it.
export const derived = [Derived];
export const set = model.entitySets.get('things')!;
export const { type } = set;
export const partType = model.entityTypes.get('Part')!;
export const format: BodyFormat = { version: '4.01', ieee754Compatible: false };
export const body = (value: unknown) => ({ value: value as JsonValue, duplicates: [] });

export function faultsOf(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof ODataError)) throw error;
    return error.details.map(({ code, target }) => `${code} ${target}`);
  }
}
export const created = (value: object, more: Partial<BodyFormat> = {}) =>
  readNewEntity(type, body({ id: 'x', a: 1, ...value }), { ...format, ...more });
export const faultsOfNew = (value: object, more: Partial<BodyFormat> = {}) => faultsOf(() => created(value, more));
export const place = (...names: readonly [string, ...string[]]): PropertyPlace => {
  const [first, second] = names;
  const property = type.properties.get(first)!;
  if (second === undefined || property.type.kind !== 'complex') return { property, names };
  return { property: property.type.properties.get(second)!, names };
};
