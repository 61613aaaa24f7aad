import { describe, expect, it } from '@jest/globals';
import { Transform } from 'class-transformer';
import { IsEmail } from 'class-validator';
import { writeArchiveLine, readArchiveLine } from '../../transfer/archive-line.js';
import { buildModel } from '../edm/build-model.js';
import { Collection, ComplexType, EntityType, Key, Property } from '../edm/declarations.js';
import { Edm } from '../edm/primitive-types.js';
import { Schema } from '../edm/schema.js';
import { JsonNumber, type JsonObject } from '../json/json-value.js';
import { ODataError } from '../odata-error.js';
import { PayloadWriter } from './write-entity.js';

const schema = new Schema('test');
const outwards = { toPlainOnly: true };
const masked = ({ value }: { value: any }): any => value.replace(/.*@/, '***@');

@ComplexType(schema)
class Contact {
  @Property(Edm.String) @Transform(masked, outwards) phone?: string | null;
}

@EntityType(schema)
class Person {
  @Key() @Property(Edm.String, 'Names the person.', { nullable: false }) id!: string;
  @Property(Edm.String) @IsEmail() @Transform(masked, outwards) email?: string | null;
  @Property(Collection(Edm.String)) @Transform(({ value }) => value.map(String).sort(), outwards) tags?: string[];
  @Property(Edm.Int64) @Transform(({ value }) => value, outwards) big?: number | null;
  @Property(Edm.Duration) @Transform(({ value }) => `${value}1S`, outwards) takes?: string | null;
  @Property(Edm.String) @Transform(({ value, obj }) => `${value} of ${obj.id}`, outwards) title?: string | null;
  @Property(Edm.String) @Transform(() => undefined, outwards) secret?: string | null;
  @Property(Edm.Int32) @Transform(() => 'text', outwards) wrong?: number | null;
  @Property(Edm.Int32)
  @Transform(() => {
    throw new ODataError('valueNotAllowed', 'It fails.');
  }, outwards)
  failing?: number | null;
  @Property(() => Contact) contact?: Contact | null;
  @Property(Collection(() => Contact)) contacts?: Contact[];
  @Property(Edm.String)
  @Transform(({ value }) => `${value}>`, { toClassOnly: true })
  inwards?: string | null;
}

const model = buildModel(schema, { people: Person });
const set = model.entitySets.get('people')!;
const { type } = set;
const format = {
  version: '4.01',
  metadata: 'none',
  ieee754Compatible: false,
  omitNulls: true,
  serviceRoot: '',
} as const;
const writer = new PayloadWriter(format);
const path = { url: 'people', text: 'people' };
const written = (value: JsonObject, by = writer): unknown =>
  JSON.parse(by.entityDocument({ type, path, value: { id: 'x', $version: 1, ...value } }, ''));

describe('@Transform of what is written', () => {
  it('is applied to entities and what is inside them', () => {
    const contact = { phone: '1@home' };
    const value = {
      email: 'ann@x',
      tags: ['b', 'a'],
      takes: 60,
      title: 'Queen',
      contact,
      contacts: [contact],
      inwards: 'a',
    };
    expect(written(value)).toEqual({
      id: 'x',
      email: '***@x',
      tags: ['a', 'b'],
      takes: 'PT1M1S',
      title: 'Queen of x',
      contact: { phone: '***@home' },
      contacts: [{ phone: '***@home' }],
      inwards: 'a',
    });
  });

  it('is not asked about null, and may make null of a value', () => {
    expect(written({})).toEqual({ id: 'x', tags: [], contacts: [] });
    expect(written({ secret: 'x' })).toEqual({ id: 'x', tags: [], contacts: [] });
    const all = new PayloadWriter({ ...format, omitNulls: false });
    expect(written({ secret: 'x' }, all)).toMatchObject({ secret: null, email: null });
  });

  it('loses no digit that it does not change', () => {
    const big = new JsonNumber('9007199254740993');
    const value = { id: 'x', $version: 1, big };
    expect(writer.entityDocument({ type, path, value }, '')).toContain('"big":9007199254740993');
    const exact = new PayloadWriter({ ...format, ieee754Compatible: true });
    expect(exact.entityDocument({ type, path, value }, '')).toContain('"big":"9007199254740993"');
  });

  it('fails with an error of the service, never with a wrong body', () => {
    expect(() => written({ wrong: 1 })).toThrow('Person.wrong: its @Transform cannot be written');
    expect(() => written({ failing: 1 })).toThrow('Person.failing: its @Transform cannot be written: It fails.');
    expect(() => written({ failing: 1 })).not.toThrow(ODataError);
  });

  it('is applied to properties by themselves', () => {
    const property = type.properties.get('email')!;
    const document = { type: property.type, collection: false, property };
    expect(JSON.parse(writer.propertyDocument(document, 'ann@x', { contextFragment: '' }))).toEqual({ value: '***@x' });
    expect(writer.rawValue(Edm.String, 'ann@x', property)).toBe('***@x');
    const tags = type.properties.get('tags')!;
    const collection = { type: tags.type, collection: true, property: tags };
    expect(JSON.parse(writer.propertyDocument(collection, ['b', 'a'], { contextFragment: '' }))).toEqual({
      value: ['a', 'b'],
    });
  });

  it('is not applied to archives, neither when they are written nor when they are read', () => {
    const document = { id: 'x', email: 'ann@x.example', tags: ['b', 'a'], wrong: 1, inwards: 'a' };
    const times = { createdAt: 1, modifiedAt: 1 };
    const aggregate = { tenant: 't', owner: 'o', id: 'x', version: 1, ...times, document };
    const line = writeArchiveLine(set, aggregate);
    expect(JSON.parse(line).entity).toMatchObject(document);
    const { email, tags, inwards } = document;
    expect(readArchiveLine(line, model).aggregate.document).toMatchObject({ email, tags, inwards });
  });
});
