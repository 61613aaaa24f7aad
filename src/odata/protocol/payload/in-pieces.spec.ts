import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inPieces, list } from './in-pieces.js';

/** Arrays inside each other, now and then many items, or long ones. */
type Tree = number | string | readonly Tree[];
const tree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.nat(9),
    fc.constantFrom('x'.repeat(10), 'y'.repeat(40_000)),
    fc.nat(1500).map((size) => Array.from({ length: size }, (_, index) => index)),
    fc.array(tie('tree'), { maxLength: 12 }),
  ),
})).tree;

function text(value: Tree): string {
  return typeof value === 'object' ? `[${list(value, text)}]` : JSON.stringify(value);
}

describe('a document in pieces', () => {
  it('is the same as in one', () => {
    fc.assert(
      fc.property(tree, (value) => {
        const pieces = inPieces(() => text(value));
        expect(typeof pieces === 'string' ? pieces : [...pieces].join('')).toBe(JSON.stringify(value));
      }),
    );
  });

  it('is one text where it is small, and none where there is none', () => {
    expect(inPieces(() => text([1, [2, 'a']]))).toBe('[1,[2,"a"]]');
    expect(inPieces(() => undefined)).toBeUndefined();
  });

  it.each([
    ['many items', Array.from({ length: 300_000 }, (_, index) => index), 100],
    ['many collections', Array.from({ length: 500 }, () => Array.from({ length: 500 }, () => 1)), 100],
    ['large items', Array.from({ length: 200 }, () => 'x'.repeat(50_000)), 200],
  ])('of %s is written a piece at a time, as it is asked for', (_, value: Tree, least) => {
    let written = 0;
    const counted = (inner: Tree): string => {
      written += 1;
      return typeof inner === 'object' ? `[${list(inner, counted)}]` : JSON.stringify(inner);
    };
    const pieces = [];
    const before: number[] = [];
    for (const piece of inPieces(() => counted(value))) {
      before.push(written);
      pieces.push(piece.length);
    }
    expect(pieces.length).toBeGreaterThan(least / 2);
    expect(Math.max(...pieces)).toBeLessThan(700_000);
    const steps = before.map((all, index) => all - (before[index - 1] ?? 0));
    expect(Math.max(...steps)).toBeLessThan(30_000);
  });

  it('leaves nothing behind where writing fails', () => {
    const many = Array.from({ length: 2000 }, (_, index) => index);
    expect(() =>
      inPieces(() => {
        list(many, String);
        throw new Error('broken');
      }),
    ).toThrow('broken');
    expect(list([1, 2], String)).toBe('1,2');
    expect(list(many, String)).toBe(many.join(','));
  });
});
