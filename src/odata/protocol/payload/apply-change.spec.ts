import { describe, expect, it } from '@jest/globals';
import { applied, type ValueChange } from './apply-change.js';

describe('a change of a value', () => {
  it.each<[what: string, before: object, change: Partial<ValueChange>, after: object]>([
    ['merges', { a: 1, b: { c: 2, d: 3 } }, { patch: { b: { c: 4 } } }, { a: 1, b: { c: 4, d: 3 } }],
    ['removes what is null', { a: 1, b: { c: 2 } }, { patch: { a: null, b: { c: null } } }, { b: {} }],
    ['replaces lists', { a: [1, 2] }, { patch: { a: [3] } }, { a: [3] }],
    ['makes what is not there, without nulls', {}, { patch: { a: { b: 1, c: null } } }, { a: { b: 1 } }],
    ['replaces what is no object', { a: 1 }, { patch: { a: { b: 2 } } }, { a: { b: 2 } }],
    ['clears first', { a: { x: 1 }, b: 2 }, { clear: [['a']], patch: { a: { y: 2 } } }, { a: { y: 2 }, b: 2 }],
    ['clears all', { a: 1 }, { clear: [[]], patch: { b: 2 } }, { b: 2 }],
    ['clears nothing inside what is not there', { b: 2 }, { clear: [['a', 'x']] }, { b: 2 }],
    ['keeps some', { a: { x: 1, y: 2 }, b: 1 }, { retain: [{ path: ['a'], names: ['y'] }] }, { a: { y: 2 }, b: 1 }],
    ['keeps some of all', { a: 1, b: 2 }, { retain: [{ path: [], names: ['b'] }] }, { b: 2 }],
    ['inserts', { a: [1, 3] }, { insert: { path: ['a'], item: 2, index: 1 } }, { a: [1, 2, 3] }],
    ['appends', { a: [1] }, { insert: { path: ['a'], item: 2, index: -1 } }, { a: [1, 2] }],
    ['makes a list', { b: {} }, { insert: { path: ['b', 'a'], item: 2, index: -1 } }, { b: { a: [2] } }],
    ['knows no inherited names', {}, { patch: { constructor: { a: 1 } } }, { constructor: { a: 1 } }],
  ])('%s', (_, before, change, after) => {
    const copy = structuredClone(before);
    expect(applied(before as never, { patch: {}, ...change })).toEqual(after);
    expect(before).toEqual(copy);
  });
});
