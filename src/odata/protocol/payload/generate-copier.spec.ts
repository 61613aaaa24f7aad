import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { buildModel } from '../edm/build-model.js';
import { Collection, ComplexType, Contained, EntityType, enumType, Key, Property } from '../edm/declarations.js';
import type { StructuredType } from '../edm/model.js';
import { Edm } from '../edm/primitive-types.js';
import { Schema } from '../edm/schema.js';
import type { JsonObject } from '../json/json-value.js';
import { parseOwnJson } from '../json/parse-json.js';
import { stringifyJson } from '../json/stringify-json.js';
import { type CopiedObject, copierSource, generateCopier } from './generate-copier.js';
import type { PayloadFormat } from './payload-format.js';
import type { Selection } from './selection.js';
import { storedText } from './stored-entity.js';
import { PayloadWriter } from './write-entity.js';
import { ValueWriters } from './write-values.js';

const schema = new Schema('test');
const Color = enumType(schema, 'Color', ['Red', 'Green']);

@ComplexType(schema)
class Screw {
  @Property(Edm.String) name?: string | null;
  @Property(Collection(Edm.Int64)) sizes?: number[];
}

@ComplexType(schema)
class Part {
  @Property(Edm.String) name?: string | null;
  @Property(Edm.Int64) size?: number | null;
  @Property(() => Screw, 'What holds it.') screw?: Screw | null;
  @Property(Collection(() => Screw)) screws?: Screw[];
}

@EntityType(schema)
class Note {
  @Key() @Property(Edm.String, 'Names the note.', { nullable: false }) id!: string;
  @Property(Edm.String) text?: string | null;
  @Property(() => Part) part?: Part | null;
}

@EntityType(schema)
class Thing {
  @Property(Edm.String) before?: string | null;
  @Key() @Property(Edm.String, 'Names the thing.', { nullable: false }) id!: string;
  @Property(Edm.Boolean) flag?: boolean | null;
  @Property(Edm.Int32) whole?: number | null;
  @Property(Edm.Int64) long?: number | null;
  @Property(Edm.Decimal) exact?: number | null;
  @Property(Edm.Double) real?: number | null;
  @Property(Edm.DateTimeOffset) moment?: string | null;
  @Property(Edm.Duration) span?: string | null;
  @Property(Color) color?: string | null;
  @Property(Collection(Edm.String)) texts?: string[];
  @Property(Collection(Edm.Double)) reals?: number[];
  @Property(Collection(Edm.Boolean)) flags?: boolean[];
  @Property(() => Part) part?: Part | null;
  @Property(Collection(() => Part)) parts?: Part[];
  @Contained(() => Note, 'Said of it.') note?: Note | null;
  @Contained(() => Note, 'Said too.') other?: Note | null;
}

// A name that every object of JavaScript seems to have.
Property(Edm.String)(Thing.prototype, 'valueOf');

const { type } = buildModel(schema, { things: Thing }).entitySets.get('things')!;
const path = { url: "things('k')", text: "things('k')" };

// --------------------------------------------------------------------------------------------------------- Stored texts

/** JSON texts of values by their types: those that are printed as they are, and others. */
const texts = fc.constantFrom(
  '""',
  '"a"',
  '"é"',
  '"a\\"b"',
  '"\\\\"',
  '"\\\\\\""',
  '"}],:{"',
  '"a\\n"',
  '"$version\\":7}"',
);
const byName: Readonly<Record<string, readonly [fc.Arbitrary<string>, fc.Arbitrary<string>]>> = {
  'Edm.String': [texts, fc.constantFrom('"\\u00e9"', '"\\/"', '1')],
  'Edm.Boolean': [fc.constantFrom('true', 'false'), fc.constant('1')],
  'Edm.Int32': [fc.constantFrom('0', '-1', '2147483647'), fc.constantFrom('-0', '1.0', '1e2')],
  'Edm.Int64': [fc.constantFrom('0', '-12', '9007199254740993'), fc.constantFrom('-0', '1E2')],
  'Edm.Decimal': [
    fc.constantFrom('0.5', '-7', '12345678901234567890'),
    fc.constantFrom('1.50', '1e30', '0.12345678901234567890'),
  ],
  'Edm.Double': [
    fc.constantFrom('0.5', '1', '-0.001'),
    fc.constantFrom('1e300', '9e999', '12345678901234567890', '1.0', '"NaN"'),
  ],
  'Edm.DateTimeOffset': [fc.constant('"2000-01-01T00:00:00"'), fc.constant('"2000-01-01T00:00:00.001"')],
  'Edm.Duration': [fc.constantFrom('0', '90061.5'), fc.constant('1.0')],
};

type Members = readonly (readonly [name: string, json: string])[];

/** @param odd how many values of a hundred are of other forms, null, or in another order */
function object(of: StructuredType, depth: number, odd: number): fc.Arbitrary<string> {
  const weights = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
    fc.oneof({ weight: 100 - odd, arbitrary: usual }, { weight: odd, arbitrary: other });
  const members: fc.Arbitrary<Members>[] = [];
  const add = (name: string, json: fc.Arbitrary<string>): void => {
    members.push(fc.option(json, { nil: undefined }).map((one) => (one === undefined ? [] : [[name, one]])));
  };
  for (const { name, type: inner, collection } of of.properties.values()) {
    if (inner.kind === 'complex' && depth === 0) continue;
    if (name === 'id') {
      // That of a member of a set is not in its document.
      if (of !== type) members.push(texts.map((json) => [[name, json]]));
      continue;
    }
    const [usual, other] =
      inner.kind === 'primitive'
        ? (byName[inner.name] ?? [texts, texts])
        : inner.kind === 'enum'
          ? [fc.constantFrom('"Red"', '"Green"'), fc.constant('7')]
          : [object(inner, depth - 1, odd), fc.constant('{"unknown":1}')];
    const one = weights(usual, fc.oneof(other, fc.constant('null')));
    add(name, collection ? fc.array(one, { maxLength: 3 }).map((items) => `[${items.join(',')}]`) : one);
  }
  if (of.kind === 'entity') {
    const note = of.navigation.get('note')?.type;
    if (note !== undefined)
      for (const name of ['note', 'other']) add(name, weights(object(note, 1, odd), fc.constant('null')));
    if (of !== type) add('$version', fc.constantFrom('8', '179590794012500'));
  }
  const unknown = fc.constantFrom<Members>([['unknown', '1']], [['@Core.ContentID', '"1"']]);
  const inOrder = fc.tuple(...members).map((all) => all.flat());
  return weights(
    inOrder,
    fc.oneof(
      inOrder.chain((all) => fc.shuffledSubarray([...all], { minLength: all.length })),
      fc.tuple(inOrder, unknown).map(([all, more]) => [...all, ...more]),
    ),
  ).map((all: Members) => `{${all.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`);
}

const formats: fc.Arbitrary<PayloadFormat> = fc.record({
  version: fc.constantFrom('4.0' as const, '4.01' as const),
  metadata: fc.constantFrom('none' as const, 'minimal' as const, 'full' as const),
  ieee754Compatible: fc.boolean(),
  omitNulls: fc.boolean(),
  serviceRoot: fc.constant('http://x/'),
});
const one: Selection = { expand: new Map([['note', {}]]) };
const both: Selection = {
  expand: new Map([
    ['note', {}],
    ['other', {}],
  ]),
};
const selections = fc.constantFrom<Selection>({}, one, both, { select: new Map([['flag', {}]]) });
/** Without what is not expanded, as a store gives it. */
function expandedOnly(text: string, { expand }: Selection): string {
  const { note, other, ...own } = JSON.parse(text) as JsonObject;
  if (expand?.has('other') === true || (note === undefined && other === undefined)) return text;
  if (other === undefined && expand !== undefined) return text;
  // Only ever left out: their texts stand at the end, or the order is another one.
  return stringifyJson({ ...own, ...(expand === undefined || note === undefined ? {} : { note }) });
}

/** The same value in one form: what is escaped may be escaped otherwise. */
const inOneForm = (text: string): string => stringifyJson(parseOwnJson(text));

describe('the copier of stored texts', () => {
  const member = (name: string, value: 'text' | 'number') => ({ name, value, collection: false });

  it('copies what is stored, and inserts what is said of it and what is not there', () => {
    const inner: CopiedObject = { typeText: '"@type":"#a.B"', members: [member('x', 'text'), member('y', 'number')] };
    const root: CopiedObject = {
      typeText: '"@type":"#a.A"',
      members: [member('id', 'text'), { name: 'in', value: inner, collection: false }, member('n', 'number')],
      entity: { expanded: [], etag: [',"@etag":"', '"'] },
    };
    const copy = generateCopier(root, { omitNulls: false, key: 'id' });
    const head = '{"@type":"#a.A"';
    expect(copy('{"in":{"y":1},"n":2}', head, '"k"')).toBe(
      `${head},"id":"k","in":{"@type":"#a.B","x":null,"y":1},"n":2}`,
    );
    expect(copy('{"in":{},"$version":7}', head, '"k"')).toBe(
      `${head},"id":"k","in":{"@type":"#a.B","x":null,"y":null},"n":null}`,
    );
    expect(copy('{}', head, undefined)).toBe(`${head},"id":null,"in":null,"n":null}`);
    expect(copy('{"$version":7,"id":"a\\\\"}', head, undefined)).toBe(`${head},"id":"a\\\\","in":null,"n":null}`);
    const unknown = ['{"n":2,"in":{}}', '{"n":1.0}', '{"n":"1"}', '{"m":1}', '{"in":[]}', '{"in":{"z":1}}', '{"n":-0}'];
    for (const text of unknown) expect([text, copy(text, head, undefined)]).toEqual([text, undefined]);
  });

  it('gives up where there are so many objects that they are written in pieces', () => {
    const root: CopiedObject = {
      typeText: '',
      members: [{ name: 'a', collection: true, value: { typeText: '"t":1', members: [] } }],
      entity: { expanded: [], etag: undefined },
    };
    const copy = generateCopier(root, { omitNulls: false, key: undefined });
    const of = (objects: number): string => `{"a":[${Array.from({ length: objects }, () => '{}').join(',')}]}`;
    expect(copy(of(2), '{', undefined)).toBe('{"a":[{"t":1},{"t":1}]}');
    expect(copy(of(499), '{', undefined)?.length).toBeGreaterThan(3000);
    expect(copy(of(500), '{', undefined)).toBeUndefined();
  });

  it('quotes what a name could do to the code', () => {
    const name = `"];throw new Error('ran');//\\\u2028`;
    const root: CopiedObject = {
      typeText: '',
      members: [member(name, 'text')],
      entity: { expanded: [], etag: undefined },
    };
    const copy = generateCopier(root, { omitNulls: false, key: name });
    const quoted = JSON.stringify(name);
    expect(copy(`{${quoted}:"v"}`, '{', undefined)).toBe(`{${quoted}:"v"}`);
    expect(copy('{}', '{', '"k"')).toBe(`{${quoted}:"k"}`);
    expect(copy('{}', '{', undefined)).toBe(`{${quoted}:null}`);
    expect(copierSource(root, { omitNulls: false, key: undefined }).writes).toEqual([]);
  });

  it('writes what a parsed entity is written as, whatever the text, the format and the selection', () => {
    fc.assert(
      fc.property(object(type, 2, 8), formats, selections, fc.boolean(), (stored, format, selection, isKeyed) => {
        const text = expandedOnly(stored, selection);
        const key: JsonObject = isKeyed ? { id: 'k"' } : {};
        const write = (value: object): string =>
          new PayloadWriter(format).entityDocument(
            { type, path, selection, value: { $version: 7, ...value } },
            'things/$entity',
          );
        const copied = write({ ...key, [storedText]: text });
        expect(inOneForm(copied)).toBe(inOneForm(write({ ...(parseOwnJson(text) as JsonObject), ...key })));
      }),
      { numRuns: 3000 },
    );
  });

  it('copies every text that is as this service stores it', () => {
    fc.assert(
      fc.property(object(type, 2, 0), formats, fc.constantFrom<Selection>({}, both), (stored, format, selection) => {
        const { metadata, ieee754Compatible } = format;
        const copier = new ValueWriters(format).copier(type, selection);
        expect(copier === undefined).toBe(metadata === 'full' || ieee754Compatible);
        const text = expandedOnly(stored, selection);
        if (copier !== undefined) expect(copier(text, metadata === 'none' ? '{' : '{"t":1', '"k"')).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('is made for so many expansions of a type, which clients choose, and no more', () => {
    const values = new ValueWriters({
      version: '4.0',
      metadata: 'minimal',
      ieee754Compatible: false,
      omitNulls: false,
    });
    const made = Array.from({ length: 40 }, (_, n) => {
      const expand = new Map(Array.from({ length: n }, (__, at) => [`n${at}`, {}] as const));
      return values.copier(type, { expand });
    });
    expect(made.filter((copier) => copier !== undefined).length).toBeLessThanOrEqual(16);
  });
});
