import { Injectable, Module } from '@nestjs/common';
import type { Domain } from '../../src/app.module.js';
import { type Call, Handles, type LiveEntity } from '../../src/odata/index.js';
import {
  buildModel,
  Default,
  Edm,
  EntityType,
  enumType,
  Key,
  ODataAction,
  ODataFunction,
  Property,
  Schema,
  typeDefinition,
} from '../../src/odata/model.js';

/** A model of values that other models lack: keys of enumerations, defaults that no double holds, definitions with facets. */
const schema = new Schema('test.kinds');

const Size = enumType(schema, 'Size', { Small: 10, Large: 40, Folio: 40 }, { underlying: Edm.Byte });
const Access = enumType(schema, 'Access', { None: 0, Read: 1, Lend: 2, Copy: 4 }, { flags: true });
const Money = typeDefinition(schema, 'Money', Edm.Decimal, { precision: 6, scale: 2 });
const Digits = typeDefinition(schema, 'Digits', Edm.Decimal, { precision: 4 });
const Short = typeDefinition(schema, 'Short', Edm.String, { maxLength: 4 });
const Plain = typeDefinition(schema, 'Plain', Edm.String, { unicode: false });
const Milli = typeDefinition(schema, 'Milli', Edm.DateTimeOffset, { precision: 3 });
const Clock = typeDefinition(schema, 'Clock', Edm.TimeOfDay, { precision: 0 });
const Whole = typeDefinition(schema, 'Whole', Edm.Duration, { precision: 0 });

@EntityType(schema, { open: true })
export class Thing {
  @Key() @Property(Edm.String, 'Names the thing.', { nullable: false }) id!: string;
  @Property(Edm.Int64) @Default(9_007_199_254_740_993n) big?: number | null;
  @Property(Edm.Decimal) @Default('12345678901234567890.1') exact?: number | null;
  @Property(Edm.Single) single?: number | null;
  @Property(Edm.Double) double?: number | null;
  @Property(Edm.GeographyPoint) place?: object | null;
  @Property(Access) access?: string | null;
  @Property(Size) size?: string | null;
  @Property(Money) money?: number | null;
  @Property(Digits) digits?: number | null;
  @Property(Short) short?: string | null;
  @Property(Plain) plain?: string | null;
  @Property(Milli) milli?: string | null;
  @Property(Clock) clock?: string | null;
  @Property(Whole) whole?: string | null;
}

@EntityType(schema)
class Shelf {
  @Key() @Property(Size, 'What fits.', { nullable: false }) size!: string;
  @Key() @Property(Access, 'For whom.', { nullable: false }) access!: string;
  @Property(Edm.String) text?: string | null;
}

@EntityType(schema)
class Format {
  @Key() @Property(Size, 'Which one.', { nullable: false }) size!: string;
  @Property(Edm.String) text?: string | null;
}

@ODataFunction(schema, { returns: Edm.Int64 })
class SameInteger {
  @Property(Edm.Int64, 'What is given back.', { nullable: false }) value!: number;
}

@ODataAction(schema, { returns: Edm.Decimal })
class SameDecimal {
  @Property(Edm.Decimal, 'What is given back.', { nullable: false }) value!: number;
}

@ODataAction(schema, { on: () => Thing, returns: () => Thing, from: '' })
class Copy {
  @Property(Edm.String, 'Of the copy.', { nullable: false }) id!: string;
}

@Injectable()
class Handlers {
  @Handles(SameInteger)
  integer({ parameters: { value } }: Call<SameInteger>) {
    return value;
  }

  @Handles(SameDecimal)
  decimal({ parameters: { value } }: Call<SameDecimal>) {
    return value;
  }

  @Handles(Copy)
  async copy({ bound, parameters: { id }, set }: Call<Copy, LiveEntity<Thing>>) {
    const { big, exact } = await bound.value();
    return set(Thing).create({ id, big: big ?? null, exact: exact ?? null });
  }
}

@Module({ providers: [Handlers] })
class KindsModule {}

export const kindsModel = buildModel(schema, { things: Thing, shelves: Shelf, formats: Format });

/** The same as a service. */
export const kinds: Domain = { model: kindsModel, modules: [KindsModule] };
