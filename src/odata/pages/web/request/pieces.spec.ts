import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { piecesOf } from './pieces.js';

describe('the pieces of a text', () => {
  it.each([
    ["a('x/y')/b(c=(1,'/'))/d", '/', ["a('x/y')", "b(c=(1,'/'))", 'd']],
    ["a,b('it''s,'),c", ',', ['a', "b('it''s,')", 'c']],
    ["a/b('never/closed", '/', ['a', "b('never/closed"]],
    ['a)/b', '/', ['a)', 'b']],
    ['', ',', ['']],
  ])('of %s at %s are %j', (text, separator, pieces) => {
    expect(piecesOf(text, separator)).toEqual(pieces);
  });

  it('are the whole text, and those it was made of', () => {
    const whole = fc.string({ unit: fc.constantFrom('a', '/', "'", '(', ')') });
    fc.assert(fc.property(whole, (text) => expect(piecesOf(text, '/').join('/')).toBe(text)));
    const piece = fc.constantFrom('a', "b('/''/')", "c(d=(e,'/)'),f)", '');
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1 }), (pieces) =>
        expect(piecesOf(pieces.join('/'), '/')).toEqual(pieces),
      ),
    );
  });

  it.each([["'"], ["''"], ['('], ["('"], ["(''"], ["('('')"]])(
    'are found at once, however often there is %s',
    (text) => {
      const long = `a${text.repeat(100_000)}`;
      expect(piecesOf(long, '/').join('/')).toBe(long);
    },
  );
});
