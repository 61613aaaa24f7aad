import { describe, expect, it } from '@jest/globals';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsIn, Matches, Max, MaxLength, Min, MinLength, ValidateIf } from 'class-validator';
import fc from 'fast-check';
import { buildModel } from '../edm/build-model.js';
import {
  Collection,
  ComplexType,
  Computed,
  Contained,
  EntityType,
  enumType,
  Immutable,
  Key,
  Property,
} from '../edm/declarations.js';
import type { Property as ModelProperty, StructuredType } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import { Schema } from '../edm/schema.js';
import { JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.js';
import { ODataError } from '../odata-error.js';
import type { BodyFormat } from './body-format.js';
import { EntityBodyReader } from './read-entities.js';
import type { SoundProperties } from './read-sound.js';

const schema = new Schema('test');
const Color = enumType(schema, 'Color', ['Red', 'Green']);
const Access = enumType(schema, 'Access', ['Read', 'Lend'], { flags: true });

@ComplexType(schema)
class Screw {
  @Property(Edm.Int32, 'How wide.', { nullable: false }) @Min(0) @Max(9) width!: number;
  @Property(Edm.String) @Immutable() made?: string | null;
  @Property(Edm.String) @MaxLength(3) @MinLength(1) name?: string | null;
}

@ComplexType(schema)
class Part {
  @Property(Edm.String) @MaxLength(4) name?: string | null;
  @Property(Collection(Edm.Int64)) sizes?: number[];
  @Property(() => Screw) screw?: Screw | null;
  @Property(Collection(() => Screw)) screws?: Screw[];
  @Property(Edm.Boolean) @Computed() seen?: boolean | null;
}

@ComplexType(schema)
class Plate {
  @Property(Edm.String) name?: string | null;
}

@ComplexType(schema)
class ThickPlate extends Plate {
  @Property(Edm.Double) thickness?: number | null;
}

@ComplexType(schema, { open: true })
class Facts {
  @Property(Edm.String) source?: string | null;
}

@ComplexType(schema)
class Ruled {
  @Property(Edm.Int32) low?: number | null;
  @Property(Edm.Int32) @ValidateIf(({ low }: Ruled) => low === 1) @Max(1) high?: number | null;
}

@EntityType(schema)
class Note {
  @Key() @Property(Edm.Int32, 'Names the note.', { nullable: false }) id!: number;
  @Property(Edm.String) @MaxLength(4) text?: string | null;
}

@EntityType(schema)
class Thing {
  @Key() @Property(Edm.String, 'Names the thing.', { nullable: false }) id!: string;
  @Property(Edm.String, 'Must be there.', { nullable: false }) @MaxLength(4) must!: string;
  @Property(Edm.String) @Matches(/^a/) letter?: string | null;
  @Property(Collection(Edm.String)) @ArrayMaxSize(2) few?: string[];
  @Property(Edm.String) @IsIn(['a', 'b']) choice?: string | null;
  @Property(Edm.Byte) byte?: number | null;
  @Property(Edm.Int64) @Min(-5) long?: number | null;
  @Property(Edm.Decimal) exact?: number | null;
  @Property(Edm.Double) real?: number | null;
  @Property(Edm.DateTimeOffset) moment?: string | null;
  @Property(Edm.Guid) guid?: string | null;
  @Property(Color) color?: string | null;
  @Property(Access) access?: string | null;
  @Property(Collection(Color)) colors?: string[];
  @Property(Edm.String) @Transform(({ value }) => `${value}!`) loud?: string | null;
  @Property(Edm.String) @Computed() stamp?: string | null;
  @Property(Edm.String) @Immutable() born?: string | null;
  @Property(() => Part) part?: Part | null;
  @Property(Collection(() => Part)) parts?: Part[];
  @Property(() => Plate) plate?: Plate | null;
  @Property(() => ThickPlate) thick?: ThickPlate | null;
  @Property(() => Facts) facts?: Facts | null;
  @Property(() => Ruled) ruled?: Ruled | null;
  @Property(Collection(() => Ruled)) many?: Ruled[];
  @Contained(() => Note, 'Said of it.') note?: Note | null;
  @Contained(() => Note, 'Others say.', { collection: true }) notes?: Note[];
}

const { type } = buildModel(schema, { things: Thing }).entitySets.get('things')!;

/** Reads everything step by step: what the service's reader is held to. */
class StepByStep extends EntityBodyReader {
  protected override sound(): SoundProperties {
    return new Map();
  }

  protected override another(): EntityBodyReader {
    return new StepByStep(this.format, undefined);
  }
}

const stray = fc.constantFrom<JsonValue>(
  null,
  0,
  -0,
  1,
  300,
  2 ** 53,
  -1.5,
  'a',
  'ab',
  'a\0',
  '\ud800',
  '😀😀',
  true,
  {},
  [],
  [null],
);
const byFamily: Readonly<Record<string, fc.Arbitrary<JsonValue>>> = {
  string: fc.constantFrom('', 'a', 'abc', 'abcde', 'b', '😀😀', 'a\ufe0fb'),
  boolean: fc.boolean(),
  integer: fc.constantFrom<JsonValue>(
    0,
    -0,
    1,
    9,
    -6,
    255,
    256,
    '5',
    '9007199254740993',
    new JsonNumber('9007199254740993'),
  ),
  decimal: fc.constantFrom<JsonValue>(0.5, '0.10', new JsonNumber('1.00000000000000000001')),
  double: fc.constantFrom<JsonValue>(0.5, 'INF', new JsonNumber('1e400')),
  dateTimeOffset: fc.constantFrom('2000-01-01T00:00:00+01:00', '2000-01-01'),
  guid: fc.constantFrom('00000000-0000-0000-0000-00000000000A', 'x'),
};

function value({ type: of, collection }: ModelProperty): fc.Arbitrary<JsonValue> {
  const item =
    of.kind === 'complex'
      ? object(of)
      : of.kind === 'enum'
        ? fc.constantFrom('Red', 'Green', 'Read,Lend', 'Lend,Read', '1', 'Other')
        : byFamily[of.family]!;
  const one = fc.oneof({ weight: 15, arbitrary: item }, { weight: 1, arbitrary: stray });
  return fc.oneof(
    { weight: 9, arbitrary: collection ? fc.array(one, { maxLength: 3 }) : one },
    { weight: 1, arbitrary: stray },
  );
}

function object(of: StructuredType): fc.Arbitrary<JsonObject> {
  const members: Record<string, fc.Arbitrary<JsonValue>> = {};
  for (const property of of.properties.values()) members[property.name] = value(property);
  if (of.kind === 'entity')
    for (const { name, type: inner, collection } of of.navigation.values())
      members[name] = collection ? fc.array(object(inner), { maxLength: 2 }) : object(inner);
  const said = fc.constantFrom(...Array<string>(9).fill(`#${of.qualifiedName}`), of.qualifiedName, '#test.ThickPlate');
  const odd = fc.constantFrom('nope', '@note', 'name@odata.type', '@type', 'toString');
  return fc
    .tuple(
      fc.subarray(Object.entries(members), { maxLength: Math.min(4, Object.keys(members).length) }),
      fc.option(said, { freq: 2 }),
      fc.option(odd, { freq: 20, nil: undefined }),
    )
    .chain(([chosen, name, other]) =>
      fc.record(Object.fromEntries(chosen)).map((all) => ({
        ...(name === null ? {} : { '@odata.type': name }),
        ...all,
        ...(other === undefined ? {} : { [other]: 'a' }),
      })),
    );
}

/** What a reader makes of a body: its result in the order of its members, or its faults. */
function outcome(reader: EntityBodyReader, body: JsonObject, mode: 'merge' | 'replace' | 'create'): unknown {
  try {
    const read = mode === 'create' ? reader.newEntity(type, body) : reader.change(type, body, mode);
    reader.finish();
    return read;
  } catch (error) {
    if (!(error instanceof ODataError)) throw error;
    return { message: error.message, details: error.details };
  }
}

describe('what is read at once', () => {
  it('is what is read step by step, and so are its faults', () => {
    let [sound, faulty] = [0, 0];
    const formats: fc.Arbitrary<BodyFormat> = fc.record({
      version: fc.constantFrom('4.0' as const, '4.01' as const),
      ieee754Compatible: fc.boolean(),
    });
    const modes = fc.constantFrom('merge' as const, 'replace' as const, 'create' as const);
    fc.assert(
      fc.property(object(type), fc.boolean(), formats, modes, (given, isWhole, format, mode) => {
        const body = { ...(isWhole ? { id: 'k', must: 'm' } : {}), ...given };
        const expected = outcome(new StepByStep(format, 'things'), body, mode);
        if (typeof expected === 'object' && expected !== null && 'message' in expected) faulty += 1;
        else sound += 1;
        expect(outcome(new EntityBodyReader(format, 'things'), body, mode)).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(sound, faulty)).toBeGreaterThan(100);
  });

  it('is read into the order of the model, whatever that of the body', () => {
    const part = { screw: { width: 1 }, '@odata.type': '#test.Part', sizes: [1], name: 'n' };
    const body = { parts: [part], part, long: 2, must: 'm', byte: 1 };
    const namesOf = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(namesOf)
        : typeof value === 'object' && value !== null
          ? Object.entries(value).map(([name, member]) => [name, namesOf(member)])
          : null;
    const inner = [
      ['name', null],
      ['sizes', [null]],
      ['screw', [['width', null]]],
    ];
    const { patch } = new EntityBodyReader({ version: '4.01', ieee754Compatible: false }, 'x').change(
      type,
      body,
      'merge',
    );
    const names = [...type.properties.keys()].filter((name) => name in body);
    expect(Object.keys(patch)).toEqual(names);
    expect(namesOf(patch.part)).toEqual(inner);
    expect(namesOf(patch.parts)).toEqual([inner]);
  });

  it('is nearly everything of a body as it should be', () => {
    const taken = new Set<string>();
    class Counting extends EntityBodyReader {
      protected override sound(...at: Parameters<EntityBodyReader['sound']>): SoundProperties {
        const all = super.sound(...at);
        return new Map(
          [...all].map(([name, { at: place, take }]) => [
            name,
            { at: place, take: (...given) => take(...given) && Boolean(taken.add(name)) },
          ]),
        );
      }
    }
    const part = { name: 'n', sizes: [1], screw: { width: 1 }, screws: [{ '@odata.type': '#test.Screw', width: 2 }] };
    const body = {
      must: 'm',
      letter: 'a',
      choice: 'b',
      byte: 1,
      long: 2,
      real: 0.5,
      color: 'Red',
      colors: ['Red'],
      part,
      parts: [part],
    };
    for (const mode of ['merge', 'replace'] as const) {
      taken.clear();
      new Counting({ version: '4.01', ieee754Compatible: false }, 'x').change(type, body, mode);
      expect([...taken].sort()).toEqual(Object.keys(body).sort());
    }
  });
});
