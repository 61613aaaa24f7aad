import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PageRoom } from './page-room.js';
import { ParsedColumn } from './parsed-column.js';

// Of '€' alone a text has as many bytes as it may have at most.
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('x', 'é', '€', '😀'), maxLength: 12 }),
  fc.constantFrom('€', '€€'),
);
const column = fc.oneof(
  text,
  fc.constantFrom(null, 7n),
  text.map((json) => new ParsedColumn(null, Buffer.byteLength(json))),
);

function bytesOf(value: unknown): number {
  if (value instanceof ParsedColumn) return value.bytes;
  return typeof value === 'string' ? Buffer.byteLength(value) : 0;
}

describe('PageRoom', () => {
  it('is full when the rows before have as many bytes as the page, whatever characters they are of', () => {
    fc.assert(
      fc.property(fc.nat({ max: 40 }), fc.array(fc.tuple(column, column)), (bytes, rows) => {
        const room = new PageRoom(bytes);
        let before = 0;
        for (const [a, b] of rows) {
          expect(room.isFull()).toBe(before >= bytes);
          room.add({ a, b });
          before += bytesOf(a) + bytesOf(b);
        }
        expect(room.isFull()).toBe(before >= bytes);
      }),
    );
  });
});
