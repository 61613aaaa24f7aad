import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import {
  body,
  created,
  failing,
  faultsOf,
  faultsOfNew,
  format,
  partType,
  place,
  Thing,
  type,
} from '../../../../test/models/ruled.js';
import { JsonNumber } from '../json/json-value.js';
import type { BodyFormat } from './body-format.js';
import { dtoOf, objectFaults } from './dto.js';
import { readChange, readInsertion, readNewEntity, readPropertyChange, removal } from './read-body.js';

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

  it('see what is contained', () => {
    expect(faultsOfNew({ size: 1, parts: [{ number: 1 }, { number: 2 }] })).toEqual(['valueNotAllowed size']);
    expect(faultsOfNew({ size: 2, parts: [{ number: 1 }, { number: 2 }] })).toEqual([]);
  });

  it('that fail on a value with other faults do not hide them; elsewhere the service is at fault', () => {
    expect(faultsOfNew({ size: 1, numbers: 7 })).toEqual(['typeMismatch numbers']);
    expect(() => readNewEntity(failing, body({ id: 'x', size: 1 }), format)).toThrow('It is broken.');
  });

  it('are not run where the rest is not known', () => {
    expect(faultsOf(() => readChange(type, body({ b: 1, numbers: [0] }), format))).toEqual([]);
    expect(faultsOf(() => readChange(type, body({ a: 5, b: 1 }), format, { mode: 'replace' }))).toEqual([]);
    expect(faultsOf(() => readPropertyChange(place('span'), body({ from: 3, to: 1 }), format, 'replace'))).toEqual([]);
  });

  it('that look at nothing but a collection are run whenever it is given', () => {
    expect(faultsOf(() => readChange(type, body({ numbers: [] }), format))).toEqual(['valueNotAllowed numbers']);
    expect(faultsOf(() => removal(place('numbers')))).toEqual(['valueNotAllowed numbers']);
    expect(removal(place('emails')).patch).toEqual({ emails: null });
    const twice = () => readPropertyChange(place('numbers'), body({ value: [1, 1] }), format, 'replace');
    expect(faultsOf(twice)).toEqual(['valueNotAllowed value']);
  });

  it('get the object where a rule looks at it only now and then', () => {
    expect(faultsOfNew({ span: { odd: 7, from: 7 } })).toEqual([]);
    expect(faultsOfNew({ span: { odd: 7, from: 6 } })).toEqual(['valueOutOfRange span/odd']);
    expect(() => readChange(type, body({ span: { odd: 7 } }), format)).toThrow('Span.odd: max looks at the object');
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
