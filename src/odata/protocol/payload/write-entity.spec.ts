import { describe, expect, it } from '@jest/globals';
import { Transform } from 'class-transformer';
import fc from 'fast-check';
import { PlainWriter } from '../../../../test/oracle/plain-writer.js';
import { buildModel } from '../edm/build-model.js';
import { Collection, ComplexType, Contained, EntityType, enumType, Key, Property } from '../edm/declarations.js';
import type { EntityType as Entity, ItemType, StructuredType } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import { Schema } from '../edm/schema.js';
import { JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.js';
import type { PayloadFormat } from './payload-format.js';
import type { Selection } from './selection.js';
import { type StoredEntity, typeMember } from './stored-entity.js';
import { PayloadWriter } from './write-entity.js';

const schema = new Schema('test');
const Color = enumType(schema, 'Color', ['Red', 'Green']);

@ComplexType(schema)
class Screw {
  @Property(Edm.String) size?: string | null;
  @Property(Edm.Date) made?: string | null;
}

@ComplexType(schema)
class Part {
  @Property(Edm.String) name?: string | null;
  @Property(Collection(Edm.Int64)) sizes?: number[];
  @Property(() => Screw, 'What holds it.') screw?: Screw | null;
  @Property(Collection(() => Screw)) screws?: Screw[];
}

@ComplexType(schema)
class Wheel extends Part {
  @Property(Edm.Double) radius?: number | null;
}

@ComplexType(schema, { open: true })
class Facts {
  @Property(Edm.String) source?: string | null;
}

@EntityType(schema)
class Note {
  @Key() @Property(Edm.String, 'Names the note.', { nullable: false }) id!: string;
  @Property(() => Facts) facts?: Facts | null;
}

@EntityType(schema, { open: true })
class Thing {
  @Key() @Property(Edm.String, 'Names the thing.', { nullable: false }) id!: string;
  @Property(Edm.String) text?: string | null;
  @Property(Edm.Boolean) flag?: boolean | null;
  @Property(Edm.Int32) whole?: number | null;
  @Property(Edm.Int64) long?: number | null;
  @Property(Edm.Decimal) exact?: number | null;
  @Property(Edm.Single) real?: number | null;
  @Property(Edm.DateTimeOffset) moment?: string | null;
  @Property(Edm.Duration) span?: string | null;
  @Property(Edm.GeographyPoint) place?: object | null;
  @Property(Color) color?: string | null;
  @Property(Collection(Color)) colors?: string[];
  @Property(Edm.String) @Transform(({ value }) => `${value}!`, { toPlainOnly: true }) loud?: string | null;
  @Property(Collection(Edm.DateTimeOffset)) moments?: string[];
  @Property(() => Part) part?: Part | null;
  @Property(Collection(() => Part)) parts?: Part[];
  @Property(() => Wheel) wheel?: Wheel | null;
  @Property(() => Facts) facts?: Facts | null;
  @Contained(() => Note, 'Said of it.') note?: Note | null;
  @Contained(() => Note, 'Others say.', { collection: true }) notes?: Note[];
}

// A name that every object of JavaScript seems to have.
Property(Edm.String)(Thing.prototype, 'valueOf');

const { type } = buildModel(schema, { things: Thing }).entitySets.get('things')!;

// ------------------------------------------------------------------------------------------------------- Stored values

const texts = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('a"b', '\\', '\n', '\u2028', ''));
const exact = fc.constantFrom<JsonValue>(
  0,
  -1,
  1.5,
  1e21,
  1e-7,
  new JsonNumber('9007199254740993'),
  new JsonNumber('0.10000000000000000001'),
);
const dynamic: fc.Arbitrary<JsonValue> = fc.oneof(texts, exact, fc.constant(null), fc.array(texts, { maxLength: 2 }));
const byName: Readonly<Record<string, fc.Arbitrary<JsonValue>>> = {
  'Edm.String': texts,
  'Edm.Boolean': fc.boolean(),
  'Edm.Int32': fc.integer(),
  'Edm.Single': fc.constantFrom<JsonValue>(0.5, -0, 'NaN', Infinity, new JsonNumber('-9e999')),
  'Edm.Double': fc.constantFrom<JsonValue>(0.5, 1e300, 'NaN', -Infinity, new JsonNumber('9e999')),
  'Edm.DateTimeOffset': fc.constantFrom('2000-01-01T00:00:00', '2000-01-01T00:00:00.001'),
  'Edm.Duration': fc.constantFrom(0, 90061.5),
  'Edm.GeographyPoint': fc.constant({ type: 'Point', coordinates: [new JsonNumber('1.00000000000000000001'), 2] }),
};

function item(of: ItemType, depth: number): fc.Arbitrary<JsonValue> {
  if (of?.kind === 'enum') return fc.constantFrom(...of.members);
  if (of?.kind === 'primitive') return byName[of.name] ?? exact;
  const complex: StructuredType = of!;
  const types = [complex, ...(complex.derived as readonly StructuredType[])];
  return fc.constantFrom(...types).chain((one) => object(one, depth - 1, one === complex ? undefined : one));
}

/** What a store keeps: null is absent, or is there. */
function object(of: StructuredType, depth: number, said?: StructuredType): fc.Arbitrary<JsonObject> {
  const members: Record<string, fc.Arbitrary<JsonValue>> = {};
  for (const { name, type: inner, collection } of of.properties.values()) {
    if (inner.kind === 'complex' && depth < 1) continue;
    const one = fc.oneof({ weight: 4, arbitrary: item(inner, depth) }, { weight: 1, arbitrary: fc.constant(null) });
    members[name] = collection ? fc.array(one, { maxLength: 2 }) : one;
    if (collection) members[`${name}@count`] = fc.nat(3);
  }
  if (of.open) members.extra = dynamic;
  if (of.kind === 'entity') {
    members['@Core.ContentID'] = texts;
    for (const { name, type: inner, collection } of of.navigation.values()) {
      members[`${name}@count`] = fc.nat(3);
      members[name] = collection
        ? fc.array(entity(inner, depth - 1), { maxLength: 2 })
        : fc.option(entity(inner, depth - 1));
    }
  }
  return fc
    .record(members, { requiredKeys: [] })
    .map((value) => ({ ...value, ...(said === undefined ? {} : { [typeMember]: said.qualifiedName }) }));
}

function entity(of: Entity, depth: number): fc.Arbitrary<StoredEntity> {
  return object(of, depth).map((value) => ({ ...value, id: 'k', $version: 7 }));
}

// ------------------------------------------------------------------------------------------------------------ Selections

function selection(of: StructuredType, depth: number): fc.Arbitrary<Selection> {
  const nested = (inner: ItemType): fc.Arbitrary<Selection> =>
    inner?.kind === 'complex' && depth > 0 ? fc.oneof(fc.constant({}), selection(inner, depth - 1)) : fc.constant({});
  const properties = [...of.properties.values()];
  const select = fc
    .record(Object.fromEntries(properties.map(({ name, type: inner }) => [name, nested(inner)])), { requiredKeys: [] })
    .map((all) => new Map(Object.entries(all) as [string, Selection][]));
  const navigation = of.kind === 'entity' ? [...of.navigation.values()] : [];
  const expand = fc
    .record(Object.fromEntries(navigation.map(({ name, type: inner }) => [name, selection(inner, depth - 1)])), {
      requiredKeys: [],
    })
    .map((all) => new Map(Object.entries(all) as [string, Selection][]));
  const computed = fc.constant(
    new Map<string, ItemType>([
      ['made', Edm.Int64],
      ['text2', Edm.String],
    ]),
  );
  return fc.record(
    {
      select,
      ...(navigation.length === 0 ? {} : { expand }),
      ...(of.kind === 'entity' ? { computed } : {}),
      dynamic: fc.constantFrom<readonly string[]>([], ['extra', 'gone']),
    },
    { requiredKeys: [] },
  );
}

const formats: fc.Arbitrary<PayloadFormat> = fc.record({
  version: fc.constantFrom('4.0' as const, '4.01' as const),
  metadata: fc.constantFrom('none' as const, 'minimal' as const, 'full' as const),
  ieee754Compatible: fc.boolean(),
  omitNulls: fc.boolean(),
  asStored: fc.boolean(),
  serviceRoot: fc.constant('http://x/'),
});

describe('the writer of entities', () => {
  const path = { url: "things('k')", text: "things('k')" };

  it('writes byte for byte what a plain writer does, whatever the format, the selection and the values', () => {
    const changes = fc.option(object(type, 1), { nil: undefined });
    fc.assert(
      fc.property(entity(type, 2), formats, selection(type, 2), changes, (value, format, selected, changed) => {
        const written = { type, path, value: { ...value, made: 1 }, selection: selected, ...(changed && { changed }) };
        const text = new PayloadWriter(format).entityDocument(written, 'things/$entity');
        expect(text).toBe(new PlainWriter(format).document(written, 'things/$entity'));
        expect(() => JSON.parse(text) as unknown).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('tells formats, types and selections apart, in whatever order they come', () => {
    const cases = fc.array(fc.tuple(formats, fc.option(selection(type, 1), { nil: undefined })), { minLength: 2 });
    fc.assert(
      fc.property(entity(type, 2), cases, (value, all) => {
        const entities = all.map(([format, selected]) => ({
          format,
          one: { type, path, value, selection: selected ?? {} },
        }));
        const write = () => entities.map(({ format, one }) => new PayloadWriter(format).entityDocument(one, 'x'));
        expect(write()).toEqual(entities.map(({ format, one }) => new PlainWriter(format).document(one, 'x')));
        expect(write().reverse()).toEqual(write().reverse());
      }),
    );
  });
});
