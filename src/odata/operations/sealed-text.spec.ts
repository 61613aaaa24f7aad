import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Seal } from './sealed-text.js';

describe('sealed text', () => {
  const seal = new Seal(Buffer.alloc(32, 1));

  it('is opened by whoever has the secret, beside what it is about, and stands in a URL as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, about) => {
        const sealed = seal.close(text, about);
        expect(sealed).toMatch(/^[\w-]+$/);
        expect(new Seal(Buffer.alloc(32, 1)).open(sealed, about)).toBe(text.toWellFormed());
        expect(seal.open(sealed, `${about}.`)).toBeUndefined();
        expect(new Seal(Buffer.alloc(32, 2)).open(sealed, about)).toBeUndefined();
      }),
    );
  });

  it('is of no use where one bit of it was changed', () => {
    const bytes = Buffer.from(seal.close('Hopper', 'about'), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(seal.open(changed.toString('base64url'), 'about')).toBeUndefined();
    }
  });

  it('tells nothing but the length of the text, and is never the same', () => {
    const sealed = new Set(Array.from({ length: 100 }, () => seal.close('Hopper', '')));
    expect(sealed.size).toBe(100);
    for (const token of sealed) {
      expect(token).toHaveLength(51);
      expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('Hopper');
    }
  });
});
