import { describe, expect, it } from '@jest/globals';
import { inAscii } from './bundle.ts';

describe('what is bundled', () => {
  const run = (code: string): unknown => (0, eval)(inAscii(code));

  it.each([
    ['texts', "'naïve €'", 'naïve €'],
    ['patterns', "/^[A-ZÇƏ]+$/i.test('çə')", true],
    ['patterns of code points', "/^[😀-😂]$/u.test('😁') && !/^[😀-😂]$/u.test('x')", true],
    ['comments', '1 /* … */ + 1', 2],
  ])('is in ASCII, and means the same: %s', (_, code, meant) => {
    expect(inAscii(code)).toMatch(/^[\0-\x7f]*$/);
    expect(run(code)).toBe(meant);
  });
});
