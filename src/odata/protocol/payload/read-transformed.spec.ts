import { describe, expect, it } from '@jest/globals';
import { Transform } from 'class-transformer';
import { body, created, faultsOf, faultsOfNew, format, place, set, type } from '../../../../test/models/ruled.js';
import { buildModel } from '../edm/build-model.js';
import { Collection, EntityType, Key, Property } from '../edm/declarations.js';
import { Edm } from '../edm/primitive-types.js';
import { Schema } from '../edm/schema.js';
import { JsonNumber } from '../json/json-value.js';
import {
  type PropertyPlace,
  readChange,
  readInsertion,
  readNewEntity,
  readPropertyChange,
  readRawValue,
} from './read-body.js';
import { readDelta } from './read-delta.js';

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
    const [item] = readDelta(set, body(delta), format, { mode: 'merge', continueOnError: false });
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
