import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonNumber, type JsonValue } from './json-value.js';
import { parseOwnJson } from './parse-json.js';
import { isSameJson } from './same-json.js';

/** The same value with the members of its objects the other way round. */
function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, reversed(member)] as const)
      .reverse(),
  );
}

describe('isSameJson', () => {
  it('finds values the same whose members stand in another order, and none that were changed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const [a, b] = [parseOwnJson(JSON.stringify(one)), parseOwnJson(JSON.stringify(other))];
        const sorted = (value: unknown): string =>
          JSON.stringify(value, (_, member: unknown) =>
            typeof member === 'object' && member !== null && !Array.isArray(member)
              ? Object.fromEntries(Object.entries(member).sort(([x], [y]) => (x < y ? -1 : 1)))
              : member,
          );
        expect(isSameJson(a, reversed(a))).toBe(true);
        expect(isSameJson(a, b)).toBe(sorted(a) === sorted(b));
      }),
    );
  });

  it.each<[JsonValue | undefined, JsonValue | undefined, boolean]>([
    [new JsonNumber('12345678901234567890'), new JsonNumber('12345678901234567890'), true],
    [new JsonNumber('12345678901234567890'), new JsonNumber('12345678901234567891'), false],
    [new JsonNumber('12345678901234567890'), Number('12345678901234567890'), false],
    [{ a: null }, { b: null }, false],
    [{ a: 1 }, { a: 1, b: 1 }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [{ toString: 1 }, { valueOf: 1 }, false],
    [undefined, null, false],
    ['1', 1, false],
  ])('%j and %j: %s', (one, other, same) => {
    expect(isSameJson(one, other)).toBe(same);
    expect(isSameJson(other, one)).toBe(same);
  });
});
