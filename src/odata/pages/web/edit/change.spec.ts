import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bothValues, changeOf } from './change.js';

/** What a merge patch of a change makes of an object: RFC 7396 without removal, which OData does not have. */
function merged(before: any, change: any): any {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change;
  const base = typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {};
  const changed = Object.entries(change).map(([name, value]) => [name, merged(base[name], value)]);
  return { ...base, ...Object.fromEntries(changed) };
}

describe('a change', () => {
  it.each([
    [{ a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, { a: { c: 3 } }],
    [{ a: { b: 1 } }, { a: null }, { a: null }],
    [{ a: null }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{ a: [1, 2] }, { a: [2] }, { a: [2] }],
    [{ a: 1 }, { a: 1 }, {}],
    [{ a: { b: 1 } }, { a: { b: 1 } }, {}],
  ])('from %j to %j is %j', (before, after, change) => {
    expect(changeOf(before, after)).toEqual(change);
  });

  it('makes of what was what shall be', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const leaf = fc.oneof(fc.constant(null), fc.integer(), fc.array(fc.integer(), { maxLength: 2 }));
    const object = fc.dictionary(name, fc.oneof(leaf, fc.dictionary(name, leaf, { minKeys: 1 })));
    fc.assert(
      fc.property(object, object, (before, touched) => {
        // What a form gives: the whole value of what was touched, inside objects with what was not.
        const after = Object.fromEntries(
          Object.entries(touched).map(([key, value]) => [key, merged(before[key], value)]),
        );
        expect(merged(before, changeOf(before, after))).toEqual({ ...before, ...after });
      }),
    );
  });

  it('stands beside what is there', () => {
    expect(bothValues({ a: 1, b: { c: 2 }, d: { e: 1 } }, { a: 3, b: { c: 4, x: 1 }, d: null })).toEqual([
      { path: 'a', mine: 1, theirs: 3 },
      { path: 'b/c', mine: 2, theirs: 4 },
      { path: 'd', mine: { e: 1 }, theirs: null },
    ]);
  });
});
