import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonNumber } from './json-value.js';
import { JsonDepthError, JsonSyntaxError, parseJson, parseOwnJson, parseWithFaults } from './parse-json.js';
import { stringifyJson } from './stringify-json.js';

const parse = (text: string) => parseJson(text, 100).value;
/** A text as `JSON.parse` reads it, or undefined where it refuses. */
const native = (text: string): { value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};
/** What `JSON.parse` would have made of a value. */
const rounded = (value: unknown): unknown => {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, rounded(member)]));
};

describe('parseJson', () => {
  it('reads every JSON text as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), fc.constantFrom(undefined, 1, '\t\r\n '), (json, space) => {
        const text = JSON.stringify(JSON.parse(json), null, space);
        expect(JSON.stringify(rounded(parse(text)))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('refuses exactly the texts that JSON.parse refuses', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      'a',
      '\\',
      '\\u00',
      'e1',
      '0',
      '-',
      '.',
      '1',
      'true',
      'nul',
      ' ',
      '\n',
    );
    const damaged = fc
      .tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.nat(3), piece)
      .map(
        ([text, at, length, insert]) =>
          text.slice(0, at % (text.length + 1)) + insert + text.slice((at % (text.length + 1)) + length),
      );
    fc.assert(
      fc.property(
        fc.oneof(
          damaged,
          fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
        ),
        (text) => {
          const expected = native(text);
          if (expected === undefined) expect(() => parse(text)).toThrow(JsonSyntaxError);
          else expect(JSON.stringify(rounded(parse(text)))).toBe(JSON.stringify(expected.value));
        },
      ),
      { numRuns: 3000 },
    );
  });

  describe('where the native parser is trusted', () => {
    const blank = fc.constantFrom('', '', '', ' ', '\n\t');
    const name = fc.constantFrom(
      '"a"',
      '"b"',
      '"\\u0061"',
      '":"',
      '"a\\":"',
      '"c:"',
      '" :"',
      '"__proto__"',
      '"constructor"',
    );
    const number = fc.constantFrom(
      ...[
        '0',
        '-0',
        '1.5',
        '1e400',
        '-1E-7',
        '123456789012345',
        '1234567890123456',
        '-123456789012345',
        '9007199254740993',
      ],
      ...[
        '0.1000000000000001',
        '-0.00000000000001',
        '1.000000000000e10',
        '1E+0000000000000',
        '100000000000000000000000',
      ],
    );
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.oneof(number, name, fc.constantFrom('null', 'true')),
        fc
          .array(fc.tuple(blank, name, blank, blank, tie('tree'), blank), { maxLength: 3 })
          .map((all) => `{${all.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(',')}}`),
        fc
          .array(
            fc.tuple(blank, tie('tree'), blank).map((all) => all.join('')),
            { maxLength: 3 },
          )
          .map((all) => `[${all.join(',')}]`),
      ),
    }));

    it('it says what the own one does: duplicates, digits, depth', () => {
      fc.assert(
        fc.property(tree, fc.integer({ min: 1, max: 5 }), (text, depth) => {
          const outcome = (parser: typeof parseJson): unknown => {
            try {
              const { value, duplicates } = parser(text, depth);
              return { text: JSON.stringify(value), duplicates, numbers: JSON.stringify(rounded(value)) };
            } catch (error) {
              return (error as Error).message;
            }
          };
          expect(outcome(parseJson)).toEqual(outcome(parseWithFaults));
        }),
        { numRuns: 2000 },
      );
    });

    it.each([
      ['{"a":1,"b":[{"a":"x"}],"c":"1234567890123456"}', true],
      ['{"a":1,"a":2}', false],
      ['{"a":1,"a" :2}', false],
      ['{"a" :1}', false],
      ['{"a":":"}', false],
      ['{"a":1234567890123456}', false],
      ['{"a":1.000000000000e10}', false],
      ['{"__proto__":1}', false],
    ])('%s: %s', (text, isNative) => {
      const { value } = parseJson(text, 9);
      expect(Object.getPrototypeOf(value)).toBe(isNative ? Object.prototype : null);
    });
  });

  it('[B2.15] writes every number back to the last digit', () => {
    const digits = fc.stringMatching(/^-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?$/);
    fc.assert(
      fc.property(digits, (number) => {
        const text = `{"a":[${number}]}`;
        const value = parse(text) as { a: [number | JsonNumber] };
        if (value.a[0] instanceof JsonNumber) expect(stringifyJson(value)).toBe(text);
        else
          expect(BigInt(number.replace('.', ''))).toBe(
            BigInt(
              Number(number)
                .toFixed(number.split('.')[1]?.length ?? 0)
                .replace('.', ''),
            ),
          );
        expect(JSON.stringify(rounded(parseOwnJson(text)))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it.each([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', new JsonNumber('9007199254740992')],
    ['-9007199254740992', new JsonNumber('-9007199254740992')],
    ['1000000000000000000', new JsonNumber('1000000000000000000')],
    ['1e18', new JsonNumber('1e18')],
    ['1e400', new JsonNumber('1e400')],
    ['-1e-400', new JsonNumber('-1e-400')],
    ['0e-400', 0],
    ['1e-7', 1e-7],
    ['1.5e3', 1500],
    ['0.1', 0.1],
  ])('keeps %s as a double only where that says the same number', (text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each<[text: string, duplicates: string[]]>([
    ['{"a":1,"b":2}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"x":[{},{"a":1,"b":{"c":1,"c":2},"a":3}]}', ['x/1/b/c', 'x/1/a']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['{"toString":1}', []],
  ])('[B2.17] finds the names that stand twice in %s', (text, duplicates) => {
    expect(parseJson(text, 9).duplicates).toEqual(duplicates);
  });

  it('[B2.22] __proto__ is a name like any other', () => {
    const value = parse('{"__proto__":{"a":1}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBeNull();
  });

  it('follows the depth it is told, and no deeper', () => {
    expect(parseJson('[[[1]]]', 3).value).toEqual([[[1]]]);
    expect(() => parseJson('[[[[1]]]]', 3)).toThrow(JsonDepthError);
    expect(() => parseJson('['.repeat(1_000_000), 64)).toThrow(JsonDepthError);
  });

  it.each([
    ['', 1, 1],
    ['{\n  "a": x}', 2, 8],
    ['{"a":1\n\n,}', 3, 2],
    ['"abc', 1, 5],
    ['{"a":1}}', 1, 8],
  ])('%j is refused at line %i, column %i', (text, line, column) => {
    let error: unknown;
    try {
      parse(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ line, column });
  });
});
