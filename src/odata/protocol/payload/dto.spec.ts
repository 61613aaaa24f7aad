import { describe, expect, it } from '@jest/globals';
import { model, NamedSpan, Part, partType, Span, Thing, type } from '../../../../test/models/ruled.js';
import { JsonNumber, type JsonObject } from '../json/json-value.js';
import { dtoOf, hasObjectRules, objectFaults } from './dto.js';

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
    expect(hasObjectRules(model.entityTypes.get('Shelf')!)).toBe(true);
    expect(hasObjectRules(model.complexTypes.get('Base')!)).toBe(true);
    expect(hasObjectRules(partType)).toBe(true);
    expect(hasObjectRules(model.entityTypes.get('Author')!)).toBe(false);
  });
});
