import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonSizeError, parseInSlices, type SliceBounds } from './parse-in-slices.js';
import { JsonDepthError, JsonSyntaxError, parseJson, parseWithFaults } from './parse-json.js';

function finished<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

function sliced(text: string, bounds: Partial<SliceBounds> = {}) {
  return finished(parseInSlices(text, { depth: 64, slice: 16, ...bounds }));
}

/** JSON with blanks, names that stand twice, numbers that no double holds and escaped quotes. */
const blanks = fc.constantFrom('', '', '', ' ', '\n', '\t\r ');
const names = fc.constantFrom('"a"', '"b"', '"c"', '"\\"d\\\\"', '"__proto__"', '"a,b"');
const json = fc.letrec<{ value: string }>((tie) => {
  const spaced = fc.tuple(blanks, tie('value'), blanks).map((parts) => parts.join(''));
  return {
    value: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.constantFrom('1', '-1.5e3', '123456789012345678901', 'true', 'null', '""', '"[{"', '"}]\\\\"', '"\\u0041"'),
      fc.array(spaced, { maxLength: 8 }).map((items) => `[${items.join(',')}]`),
      fc
        .array(fc.tuple(names, blanks, spaced), { maxLength: 8 })
        .map((members) => `{${members.map(([name, blank, value]) => `${name}${blank}:${value}`).join(',')}}`),
    ),
  };
}).value;
const slice = fc.integer({ min: 1, max: 60 });

describe('parsing in slices', () => {
  it('gives what parsing at once gives, and finds the same names twice', () => {
    fc.assert(
      fc.property(json, blanks, slice, (text, blank, size) => {
        const spaced = `${blank}${text}${blank}`;
        const [found, expected] = [sliced(spaced, { slice: size }), parseJson(spaced, 64)];
        expect(JSON.stringify(found.value)).toBe(JSON.stringify(expected.value));
        expect([...found.duplicates].sort()).toEqual([...expected.duplicates].sort());
      }),
      { numRuns: 400 },
    );
  });

  it('refuses what is no JSON, whatever is wrong with it', () => {
    const broken = fc
      .tuple(json, fc.nat(), fc.constantFrom('', ',', ':', '"', ']', '}', '[', '{', 'x', '\\'), fc.nat(1))
      .map(([text, place, sign, removed]) => {
        const at = place % (text.length + 1);
        return `${text.slice(0, at)}${sign}${text.slice(at + removed)}`;
      });
    const outcome = (parse: () => unknown): string => {
      try {
        return JSON.stringify(parse());
      } catch (error) {
        return (error as Error).constructor.name;
      }
    };
    fc.assert(
      fc.property(broken, slice, (text, size) => {
        const found = outcome(() => sliced(text, { slice: size }).value);
        expect(found).toBe(outcome(() => parseWithFaults(text, 64).value));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['[1,2,3,4,5,6,7,8,9,10,11,\n12,x]', 2, 4],
    ['{"a":1,"b":2,"c":3,\n"d":4,"e"5}', 2, 10],
    ['[[1,2,3,4,5,6,7,8,9],\n[1,2,3,4,5,6,7,8,9},3]', 2, 19],
    ['[1,2,3,4,5,6,7,8,9,10,]', 1, 23],
    ['{"a":"bcdefghijklmnopqrst",}', 1, 28],
    ['[1,2,3,4,5,6,7,8,9,10', 1, 22],
  ])('says where %j is none', (text, line, column) => {
    expect(() => sliced(text)).toThrow(expect.objectContaining({ line, column }));
    expect(() => parseWithFaults(text, 64)).toThrow(expect.objectContaining({ line, column }));
  });

  it('bounds depth and size', () => {
    const deep = `${'[1,2,3,4,5,6,7,8,9,'.repeat(10)}${']'.repeat(10)}`.replaceAll(',]', ']');
    expect(sliced(deep, { depth: 10 }).value).toEqual(JSON.parse(deep));
    expect(() => sliced(deep, { depth: 9 })).toThrow(JsonDepthError);
    expect(() => sliced(`[${'[],'.repeat(50)}1]`, { depth: 1 })).toThrow(JsonSyntaxError);
    const many = `[${'1,'.repeat(99)}1]`;
    expect(sliced(many, { values: 100 }).value).toHaveLength(100);
    expect(() => sliced(many, { values: 60 })).toThrow(JsonSizeError);
  });

  it('takes small steps, however the text nests', () => {
    const items = Array.from({ length: 2000 }, (_, index) => ({ index, text: 'x'.repeat(30) }));
    const text = JSON.stringify({ a: { b: [items, items] }, c: 'y'.repeat(100) });
    let parsed = 0;
    const parse: NonNullable<SliceBounds['parse']> = (part, depth) => {
      parsed = Math.max(parsed, part.length);
      return parseJson(part, depth);
    };
    const steps = parseInSlices(text, { depth: 64, slice: 1000, parse });
    let taken = 0;
    for (let step = steps.next(); step.done !== true; step = steps.next()) taken += 1;
    expect(taken).toBeGreaterThan(text.length / 1500);
    expect(parsed).toBeLessThan(1200);
  });
});
