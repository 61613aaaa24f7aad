import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { beginning, sizeOf, visible } from './visible.js';

describe('text of strangers', () => {
  it.each([
    ['plain ä 漢 👩‍👩‍👧', 'plain ä 漢 👩‍👩‍👧'],
    ['a\u202eb', 'a\\u202eb'],
    ['a\u0000\u001b[1m\u200b\ufeff', 'a\\u0000\\u001b[1m\\u200b\\ufeff'],
    ['line\nand\ttab', 'line\nand\ttab'],
    ['line\r\nand\rreturn', 'line\r\nand\\u000dreturn'],
    ['\u{e0041}', '\\udb40\\udc41'],
  ])('%j is shown as %j', (text, expected) => {
    expect(visible(text)).toBe(expected);
  });

  it('is cut between characters', () => {
    expect(beginning('ab👩', 3)).toBe('ab');
    expect(beginning('ab👩', 4)).toBe('ab👩');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, limit) => {
        const cut = beginning(text, limit);
        expect(text.startsWith(cut) && cut.length <= limit && cut.isWellFormed()).toBe(true);
      }),
    );
  });

  it('has a size', () => {
    expect([999, 1000, 1_500_000].map(sizeOf)).toEqual(['999 B', '1.0 kB', '1.5 MB']);
  });
});
