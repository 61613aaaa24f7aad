import { describe, expect, it } from '@jest/globals';
import { didYouMean } from './nearest.js';

describe('the names that may have been meant', () => {
  it.each<[name: string, candidates: string[], expected: string]>([
    ['headlin', ['headline', 'summary'], "; did you mean 'headline'?"],
    ['haedline', ['headline'], "; did you mean 'headline'?"],
    ['summary', ['headline', 'skills'], ''],
    ['x', [], ''],
    // The case of letters is no difference.
    ['HEADLINE', ['headline'], "; did you mean 'headline'?"],
    ['headline', ['HeadLine'], "; did you mean 'HeadLine'?"],
    // One edit of any kind is near, however short the name is.
    ['ab', ['abc'], "; did you mean 'abc'?"],
    ['ab', ['a'], "; did you mean 'a'?"],
    ['ab', ['ac'], "; did you mean 'ac'?"],
    ['a', ['b'], "; did you mean 'b'?"],
    ['', ['a'], "; did you mean 'a'?"],
    ['ab', ['cd'], ''],
    ['ab', ['abcd'], ''],
  ])('of %j among %j: %s', (name, candidates, expected) => {
    expect(didYouMean(name, candidates)).toBe(expected);
  });

  it.each([
    // A third of the letters may differ.
    ['abcde', 'abcdX', true],
    ['abcde', 'abcXX', false],
    ['abcdef', 'abcdXX', true],
    ['abcdef', 'abcXXX', false],
    ['abcdefgh', 'abcdefXX', true],
    ['abcdefgh', 'abcdeXXX', false],
    ['abcdefghi', 'abcdefXXX', true],
    ['abcdefghi', 'abcdeXXXX', false],
    ['abcdefghi', 'abcdefghiXXX', true],
    ['abcdefghi', 'abcdefghiXXXX', false],
    ['abcdefghi', 'abcdef', true],
    ['abcdefghi', 'abcde', false],
    // What changed places is two edits.
    ['abcde', 'abced', false],
    ['abcdef', 'abcdfe', true],
  ])('%s is so far from %s that it is near: %s', (name, candidate, near) => {
    expect(didYouMean(name, [candidate])).toBe(near ? `; did you mean '${candidate}'?` : '');
  });

  it('are the three nearest, those that are equally near in their order', () => {
    const candidates = ['abcdXX', 'abcdeX', 'abcdefX', 'Xbcdef', 'abcXXX'];
    expect(didYouMean('abcdef', candidates)).toBe("; did you mean 'abcdeX' or 'abcdefX' or 'Xbcdef'?");
    expect(didYouMean('abcdef', ['abcdXX', 'abcdeX'])).toBe("; did you mean 'abcdeX' or 'abcdXX'?");
  });

  it('are looked for by names of up to 64 characters', () => {
    expect(didYouMean('a'.repeat(64), ['a'.repeat(63)])).toBe(`; did you mean '${'a'.repeat(63)}'?`);
    expect(didYouMean('a'.repeat(65), ['a'.repeat(65)])).toBe('');
  });

  it('may come from any iteration', () => {
    expect(didYouMean('ab', new Map([['abc', 1]]).keys())).toBe("; did you mean 'abc'?");
  });
});
