import { describe, expect, it } from '@jest/globals';
import { plainToInstance, Transform } from 'class-transformer';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsEmail,
  MaxLength,
  Min,
  registerDecorator,
  ValidateIf,
  validateSync,
  type ValidationArguments,
  type ValidationOptions,
} from 'class-validator';
import fc from 'fast-check';
import { buildModel } from '../edm/build-model.js';
import {
  Collection,
  ComplexType,
  Contained,
  EntityType,
  enumType,
  Key,
  Property,
  References,
} from '../edm/declarations.js';
import type { PropertyPlace } from './read-body.js';
import { Edm } from '../edm/primitive-types.js';
import { Schema } from '../edm/schema.js';
import { JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.js';
import { ODataError } from '../odata-error.js';
import { dtoOf, hasObjectRules, objectFaults } from './dto.js';
import { readChange, readInsertion, readNewEntity, readPropertyChange, readRawValue } from './read-body.js';
import { readDelta } from './read-delta.js';
import type { BodyFormat } from './body-format.js';

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

const normalised = ({ value }: { value: any }): any => (typeof value === 'string' ? value.trim().toLowerCase() : value);
const eachNormalised = ({ value }: { value: any }): any =>
  Array.isArray(value) ? value.map((item) => normalised({ value: item })) : value;

const Level = enumType(schema, 'Level', ['LOW', 'HIGH']);

@ComplexType(schema)
class Span {
  @Property(Edm.Int32) from?: number | null;
  @Property(Edm.Int32) @AtLeast('from') to?: number | null;
  @Property(Edm.Int32) @Sly() odd?: number | null;
}

@ComplexType(schema)
class NamedSpan extends Span {
  @Property(Edm.String) @Transform(normalised) name?: string | null;
}

@EntityType(schema)
class Author {
  @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
}

@EntityType(schema)
class Part {
  @Key() @Property(Edm.Int32, 'Its place.', { nullable: false }) number!: number;
  @Property(Edm.Int32) first?: number | null;
  @Property(Edm.Int32) @AtLeast('first') last?: number | null;
}

@EntityType(schema, { open: true })
class Thing {
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
  @Contained(() => Part, 'Its first part.') head?: Part | null;
  @Contained(() => Part, 'Its parts.', { collection: true }) parts?: Part[];
  @References(() => Author) writer?: Author | null;
  @References(() => Author, 'All of them.', { collection: true }) writers?: Author[];
}

const model = buildModel(schema, { things: Thing, authors: Author });
const set = model.entitySets.get('things')!;
const { type } = set;
const partType = model.entityTypes.get('Part')!;
const format: BodyFormat = { version: '4.01', ieee754Compatible: false };
const body = (value: unknown) => ({ value: value as JsonValue, duplicates: [] });

function faultsOf(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (!(error instanceof ODataError)) throw error;
    return error.details.map(({ code, target }) => `${code} ${target}`);
  }
}
const created = (value: object, more: Partial<BodyFormat> = {}) =>
  readNewEntity(type, body({ id: 'x', a: 1, ...value }), { ...format, ...more });
const faultsOfNew = (value: object, more: Partial<BodyFormat> = {}) => faultsOf(() => created(value, more));
const place = (...names: readonly [string, ...string[]]): PropertyPlace => {
  const [first, second] = names;
  const property = type.properties.get(first)!;
  if (second === undefined || property.type.kind !== 'complex') return { property, names };
  return { property: property.type.properties.get(second)!, names };
};

describe('rules about the whole', () => {
  it('are run on what is new, and told with all other faults', () => {
    expect(faultsOfNew({ a: 5, b: 1, nope: new JsonNumber('1e999'), level: 3 })).toEqual([
      'valueOutOfRange nope',
      'typeMismatch level',
      'valueNotAllowed b',
    ]);
    expect(faultsOfNew({ a: 5, b: 5 })).toEqual([]);
    expect(faultsOfNew({ b: 1, a: 5 })).toEqual(['valueNotAllowed b']);
    expect(faultsOfNew({ a: 5, b: null })).toEqual([]);
    expect(() => created({ a: 5, b: 1 })).toThrow("'b': b must be at least a.");
  });

  it('of items have the path of the item; of a collection that of the collection', () => {
    expect(faultsOfNew({ a: 5, numbers: [5, 1, 6] })).toEqual(['valueNotAllowed numbers/1']);
    expect(faultsOfNew({ a: 1, numbers: [5, 5] })).toEqual(['valueNotAllowed numbers']);
    expect(faultsOfNew({ numbers: [] })).toEqual(['valueNotAllowed numbers']);
  });

  it('have conditions', () => {
    expect(faultsOfNew({ a: 3, code: 'long' })).toEqual(['valueTooLong code']);
    expect(faultsOfNew({ a: 2, code: 'long' })).toEqual([]);
    expect(faultsOfNew({ a: 1, short: 'abc' })).toEqual(['valueTooLong short']);
    expect(faultsOfNew({ a: 2, short: 'abc' })).toEqual([]);
  });

  it('are run inside complex values, items and contained entities', () => {
    const bad = { from: 3, to: 1 };
    const part = { number: 1, first: 3, last: 1 };
    expect(faultsOfNew({ span: bad, spans: [{}, bad], head: part, parts: [part] })).toEqual([
      'valueNotAllowed span/to',
      'valueNotAllowed spans/1/to',
      'valueNotAllowed head/last',
      'valueNotAllowed parts/0/last',
    ]);
    const insertion = () => readInsertion(place('spans'), body(bad), format, -1);
    expect(faultsOf(insertion)).toEqual(['valueNotAllowed to']);
  });

  it('are not run where the rest is not known', () => {
    expect(faultsOf(() => readChange(type, body({ b: 1, numbers: [0] }), format))).toEqual([]);
    expect(faultsOf(() => readChange(type, body({ a: 5, b: 1 }), format, { mode: 'replace' }))).toEqual([]);
    expect(faultsOf(() => readPropertyChange(place('span'), body({ from: 3, to: 1 }), format, 'replace'))).toEqual([]);
  });

  it('that look at nothing but a collection are run whenever it is given', () => {
    expect(faultsOf(() => readChange(type, body({ numbers: [] }), format))).toEqual(['valueNotAllowed numbers']);
    const twice = () => readPropertyChange(place('numbers'), body({ value: [1, 1] }), format, 'replace');
    expect(faultsOf(twice)).toEqual(['valueNotAllowed value']);
  });

  it('get the object where a rule looks at it only now and then', () => {
    expect(faultsOfNew({ span: { odd: 7, from: 7 } })).toEqual([]);
    expect(faultsOfNew({ span: { odd: 7, from: 6 } })).toEqual(['valueOutOfRange span/odd']);
    expect(() => readChange(type, body({ span: { odd: 7 } }), format)).toThrow('Span.odd: max looks at the object');
  });
});

const stored: JsonObject = {
  id: 'x',
  $version: 3,
  a: 1,
  numbers: [1, 2],
  span: { $type: 'test.NamedSpan', from: 1, name: 'n' },
  spans: [{ from: 2 }, { $type: 'test.NamedSpan', to: 1 }],
  level: 'LOW',
  takes: 93_600,
  at: '2020-02-29T23:30:00.5',
  big: new JsonNumber('9007199254740993'),
  ratio: new JsonNumber('9e999'),
  head: { $version: 3, number: 1, last: 2 },
  parts: { '[10]': { number: 10, $version: 3 }, '[2]': { number: 2, first: 4, last: 3, $version: 3 } },
  writer: "o'c",
  writers: { b: 'b', a: 'a' },
  more: { weight: new JsonNumber('1.50') },
};

describe('the object that a class has of a stored value', () => {
  it('has values as they travel, and what is inside', () => {
    const dto = dtoOf(type, stored) as Thing;
    expect(JSON.parse(JSON.stringify(dto))).toEqual({
      id: 'x',
      a: 1,
      emails: [],
      numbers: [1, 2],
      span: { '@odata.type': '#test.NamedSpan', from: 1, name: 'n' },
      spans: [{ from: 2 }, { '@odata.type': '#test.NamedSpan', to: 1 }],
      level: 'LOW',
      takes: 'P1DT2H',
      at: '2020-02-29T23:30:00.5Z',
      big: 9007199254740992,
      ratio: 'INF',
      head: { number: 1, last: 2 },
      parts: [{ number: 2, first: 4, last: 3 }, { number: 10 }],
      writer: { '@id': "authors('o''c')" },
      writers: [{ '@id': "authors('a')" }, { '@id': "authors('b')" }],
      more: { weight: 1.5 },
    });
    expect(dto).toBeInstanceOf(Thing);
    expect(dto.span).toBeInstanceOf(NamedSpan);
    expect(dto.spans![0]).toBeInstanceOf(Span);
    expect(dto.parts![0]).toBeInstanceOf(Part);
    expect(Object.keys(dto)).not.toContain('code');
  });

  it('is held to its rules, with what is inside', () => {
    const faulty = {
      ...stored,
      a: 2,
      b: 1,
      span: { from: 3, to: 1 },
      spans: [{ from: 1 }, { from: 3, to: 1 }],
      head: { number: 1, first: 3, last: 2 },
    };
    expect(objectFaults(type, faulty)).toEqual(
      ['b', 'numbers/0', 'span/to', 'spans/1/to', 'head/last', 'parts(2)/last'].map((target) => ({
        code: 'valueNotAllowed',
        target,
        message: expect.stringContaining(`'${target}': `),
      })),
    );
    expect(objectFaults(partType, { number: 1, first: 1, last: 1 })).toEqual([]);
    expect(objectFaults(type, { a: 3 })).toEqual([]);
  });

  it('tells which types have such rules anywhere inside', () => {
    expect(hasObjectRules(type)).toBe(true);
    expect(hasObjectRules(partType)).toBe(true);
    expect(hasObjectRules(model.entityTypes.get('Author')!)).toBe(false);
  });
});

describe('@Transform of what is read', () => {
  const sent = '  Ann@X.example ';
  const email = 'ann@x.example';

  it('is applied on every way in', () => {
    expect(created({ id: ' X ', email: sent, emails: [sent, 'B@x.example'] })).toMatchObject({
      key: { id: 'x' },
      properties: { email, emails: [email, 'b@x.example'] },
    });
    for (const mode of ['merge', 'replace'] as const)
      expect(readChange(type, body({ a: 1, email: sent, emails: [sent] }), format, { mode }).patch).toMatchObject({
        email,
        emails: [email],
      });
    const change = (at: PropertyPlace, value: unknown) =>
      readPropertyChange(at, body({ value }), format, 'replace').patch;
    expect(change(place('email'), sent)).toEqual({ email });
    expect(change(place('emails'), [sent])).toEqual({ emails: [email] });
    expect(readRawValue(place('email'), sent).patch).toEqual({ email });
    expect(readInsertion(place('emails'), body({ value: sent }), format, -1).insert).toMatchObject({ item: email });
    const span = { '@odata.type': '#test.NamedSpan', name: ' N ' };
    expect(created({ span, spans: [span] }).properties).toMatchObject({ span: { name: 'n' }, spans: [{ name: 'n' }] });
    const delta = { value: [{ id: ' X ', a: 1, email: sent }] };
    const [item] = readDelta(set, body(delta), { ...format, continueOnError: false });
    expect(item).toMatchObject({ kind: 'upsert', key: { id: 'x' }, change: { patch: { email } } });
  });

  it('comes before types and rules, whose faults have the path of the value', () => {
    expect(faultsOfNew({ email: ' nobody ', emails: [sent, 7] })).toEqual([
      'valueNotAllowed email',
      'typeMismatch emails/1',
    ]);
    expect(faultsOfNew({ email: 7 })).toEqual(['typeMismatch email']);
    expect(created({ email: null }).properties).not.toHaveProperty('email');
  });

  it('is not applied to what the service has written itself', () => {
    expect(faultsOfNew({ email: sent }, { isOwn: true })).toEqual(['valueNotAllowed email']);
  });

  it('leaves alone what is not named', () => {
    expect(readChange(type, body({ a: 1 }), format).patch).toEqual({ a: 1 });
  });

  const { odd, oddType } = (() => {
    const own = new Schema('odd');
    @EntityType(own)
    class Odd {
      @Key() @Property(Edm.String, 'Names it.', { nullable: false }) id!: string;
      @Property(Edm.String, 'Must be given.', { nullable: false })
      @Transform(({ value }) => (value === '' ? undefined : value))
      name!: string;
      @Property(Edm.String)
      @Transform(({ value }) => (value === '' ? undefined : value))
      nick?: string | null;
      @Property(Edm.String)
      @Transform(({ value }) => {
        if (value === null) return 'none';
        if (value === 'bad') throw new Error('It is bad.');
        return value === 'function' ? () => 1 : value;
      })
      text?: string | null;
      @Property(Edm.Int64) @Transform(({ value }) => value) big?: number | null;
      @Property(Edm.Int32)
      @Transform(({ value, obj, key }) => Number(value) + Number(obj.plus) + Number(obj[key]))
      sum?: number | null;
      @Property(Edm.Int32) plus?: number | null;
      @Property(Collection(Edm.Int32))
      @Transform(({ value }) => value.filter((item: number) => item > 0))
      some?: number[];
      @Property(Edm.Decimal) @Transform(() => Infinity) endless?: number | null;
    }
    const { entitySets } = buildModel(own, { odd: Odd });
    return { odd: (value: object) => body({ id: 'x', name: 'n', ...value }), oddType: entitySets.get('odd')!.type };
  })();
  const oddEntity = (value: object) => readNewEntity(oddType, odd(value), format).properties;
  const oddChange = (value: object, mode: 'merge' | 'replace' = 'merge') =>
    readChange(oddType, body(value), format, { mode }).patch;

  it('is called with null, and may give nothing: then the value is as good as absent', () => {
    expect(oddEntity({ text: null })).toEqual({ name: 'n', text: 'none' });
    expect(oddEntity({ nick: '' })).toEqual({ name: 'n' });
    expect(faultsOf(() => oddEntity({ name: '' }))).toEqual(['nullNotAllowed name']);
    expect(oddChange({ name: '', nick: '' })).toEqual({});
    expect(oddChange({ name: 'n', nick: '' }, 'replace')).toMatchObject({ name: 'n', nick: null });
    expect(faultsOf(() => oddChange({ name: '' }, 'replace'))).toEqual(['nullNotAllowed name']);
  });

  it('that fails is a fault of the value', () => {
    expect(faultsOf(() => oddEntity({ text: 'bad' }))).toEqual(['valueNotAllowed text']);
    expect(() => oddEntity({ text: 'bad' })).toThrow("'text': It is bad.");
    expect(faultsOf(() => oddEntity({ text: 'function' }))).toEqual(['typeMismatch text']);
    expect(faultsOf(() => oddEntity({ endless: 1 }))).toEqual(['typeMismatch endless']);
  });

  it('loses no digit that it does not change, and sees the whole body', () => {
    const big = new JsonNumber('9007199254740993');
    expect(oddEntity({ big })).toMatchObject({ big });
    expect(oddEntity({ sum: 1, plus: 2 })).toMatchObject({ sum: 4 });
  });

  it('must give one item for an item', () => {
    const some = { property: oddType.properties.get('some')!, names: ['some'] };
    expect(readInsertion(some, body({ value: 3 }), format, -1).insert).toMatchObject({ item: 3 });
    const none = () => readInsertion(some, body({ value: -3 }), format, -1);
    expect(faultsOf(none)).toEqual(['valueNotAllowed value']);
  });
});

describe('a body of which only some members are given', () => {
  it('misses nothing, and is not whole', () => {
    const read = (value: object, more: Partial<BodyFormat>) =>
      readNewEntity(partType, body(value), { ...format, isOwn: true, ...more });
    expect(faultsOf(() => read({ first: 1 }, {}))).toEqual(['nullNotAllowed number']);
    expect(read({ first: 5, last: 1 }, { isPartial: true })).toMatchObject({
      key: {},
      properties: { first: 5, last: 1 },
    });
    expect(faultsOf(() => readNewEntity(type, body({ head: { last: 1 } }), { ...format, isPartial: true }))).toEqual(
      [],
    );
    expect(faultsOf(() => readNewEntity(type, body({ a: 'x' }), { ...format, isPartial: true }))).toEqual([
      'typeMismatch a',
    ]);
  });
});

describe('class-validator and class-transformer', () => {
  const small = fc.integer({ min: -1, max: 5 });
  const span = fc.record({ from: fc.option(small), to: fc.option(small) }, { requiredKeys: [] });
  const address = fc.constantFrom(' A@x.example', 'b@X.example ', 'nobody', 'c@x.example');
  const part = (number: number) => fc.record({ number: fc.constant(number), first: small, last: small });
  // The type of a value always holds, so that under a condition only values of the type are compared.
  const optional = {
    b: fc.option(fc.oneof({ weight: 5, arbitrary: small }, { weight: 1, arbitrary: fc.constant('x') })),
    code: fc.option(fc.string({ maxLength: 5 })),
    short: fc.option(fc.string({ maxLength: 3 })),
    email: fc.option(fc.oneof(address, fc.constant(7))),
    emails: fc.array(address, { maxLength: 2 }),
    numbers: fc.array(small, { maxLength: 3 }),
    span: fc.option(span),
    spans: fc.array(span, { maxLength: 2 }),
    head: fc.option(part(1)),
    parts: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }).chain((all) => fc.tuple(...all.map(part))),
  };
  const bodies = fc.subarray(Object.keys(optional) as (keyof typeof optional)[], { maxLength: 4 }).chain((names) => {
    const chosen = names.map((name) => [name, optional[name] as fc.Arbitrary<unknown>]);
    return fc.record<Record<string, unknown>>({ id: fc.constant(' X'), a: small, ...Object.fromEntries(chosen) });
  });

  it('accept the new bodies that the reader accepts, and make the same of them', () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(bodies, (value) => {
        const instance = plainToInstance(Thing, value);
        const expected = validateSync(instance, { whitelist: true, forbidNonWhitelisted: true }).length === 0;
        if (expected) accepted += 1;
        else refused += 1;
        expect(faultsOf(() => readNewEntity(type, body(value), format)).length === 0).toBe(expected);
        if (!expected) return;
        const { key, properties } = readNewEntity(type, body(value), format);
        expect(dtoOf(type, { ...key, ...properties })).toMatchObject({ id: 'x', emails: instance.emails ?? [] });
        expect(objectFaults(type, { ...key, ...properties })).toEqual([]);
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(100);
  });
});
