import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isObject, isRawNumber, parseJson, textOf } from './json.js';

describe('JSON of answers', () => {
  it.each(['{"a":9007199254740993}', '[0.12345678901234567890,1e400]', '{"a":[{"b":12345678901234567890.5}]}'])(
    '%s keeps its digits',
    (text) => {
      expect(textOf(parseJson(text))).toBe(text);
    },
  );

  it('is what JSON.parse gives, for everything that a double can say', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        expect(parseJson(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('has objects, lists and numbers apart', () => {
    const [large] = parseJson('[9007199254740993]') as unknown[];
    expect([isRawNumber(large), isObject(large), isObject({}), isObject([]), isObject(null)]).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
  });
});
