import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { placeInJson, placeInMessage } from './json-place.js';

const text = `{
  "a": { "b": [1, { "c": "x,{\\"" }], "c": 2 },
  "b": "d",
  "list": [ [1, 2], [3, 4] ]
}`;

describe('the place of a path in JSON', () => {
  it.each([
    ['a', '"a"', 2],
    ['a/b', '"b"', 2],
    ['a/b/0', '1', 2],
    ['a/b/1', '{', 2],
    ['a/b/1/c', '"c"', 2],
    ['a/c', '"c"', 2],
    ['b', '"b"', 3],
    ['list/1/0', '3', 4],
    ['list/1', '[', 4],
    ['a/nope', '"a"', 2],
    ['b/x/y', '"b"', 3],
  ])('%s is at %s in line %i', (path, token, line) => {
    const place = placeInJson(text, path);
    expect(place && [text.slice(place.start, place.end), place.line]).toEqual([token, line]);
  });

  it('is none where there is no such member', () => {
    expect(placeInJson(text, 'nope/a')).toBeUndefined();
    expect(placeInJson('', 'a')).toBeUndefined();
    expect(placeInJson('not JSON at all {', 'a')).toBeUndefined();
  });

  it('is that of every member of any object', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((name) => !name.includes('/')),
          fc.jsonValue(),
        ),
        (object) => {
          const written = JSON.stringify(object, undefined, 1);
          for (const name of Object.keys(object)) {
            const place = placeInJson(written, name);
            expect(place && written.slice(place.start, place.end)).toBe(JSON.stringify(name));
          }
        },
      ),
    );
  });

  it('is said by an error of syntax', () => {
    const place = placeInMessage('{\n  "a" 3}', 'The request body is not JSON: Expected ":" at line 2, column 7.');
    expect(place).toEqual({ start: 8, end: 9, line: 2 });
    expect(placeInMessage('{}', 'Something else.')).toBeUndefined();
  });
});
