import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentsOf, hintOf, tokenIn } from './token.js';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (claims: object): string => `${part({ alg: 'HS256' })}.${part(claims)}.c2lnbmVk`;

describe('a token', () => {
  const token = jwt({ oid: 'ann', scp: 'A.Read A.Write', exp: 600 });

  it.each([
    [token],
    [` ${token}\n`],
    [`Bearer ${token}`],
    [`export TOKEN=${token}`],
    [`TOKEN="${token}"`],
    [`Authorization: Bearer ${token}`],
    [`-H 'Authorization: Bearer ${token}'`],
    [`{"access_token":"${token}","expires_in":3600}`],
    [`curl http://127.0.0.1:3000/v1.0 -H "Authorization: Bearer ${token}"`],
  ])('is found in %s', (pasted) => {
    expect(tokenIn(pasted)).toBe(token);
  });

  it.each([
    ['Bearer opaque+token/1==', 'opaque+token/1=='],
    ['export TOKEN=opaque', 'opaque'],
    ["'quoted'", 'quoted'],
    ['opaque==', 'opaque=='],
    ['{"access_token": "abc"}', 'abc'],
    ['', ''],
  ])('that is no JWT is found in %s', (pasted, expected) => {
    expect(tokenIn(pasted)).toBe(expected);
  });

  it('is the same when it is read again', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(tokenIn(tokenIn(text))).toBe(tokenIn(text));
      }),
    );
  });

  it.each([
    [token, 0, 'For ann, with A.Read, A.Write; 10 min left.'],
    [token, 601, 'For ann, with A.Read, A.Write: it has expired.'],
    [jwt({ sub: 'bob', roles: ['All'] }), 0, 'For bob, with All.'],
    [jwt({ sub: 'bob', exp: 3600 * 5 }), 0, 'For bob; 5 h left.'],
    ['opaque', 0, 'This is no JSON Web Token; it is sent as it stands.'],
    ['two words', 0, 'This cannot be a token: it has spaces, or characters outside of ASCII.'],
    ['', 0, ''],
  ])('of %s after %i s it is said: %s', (text, seconds, expected) => {
    expect(hintOf(text, new Date(seconds * 1000))).toBe(expected);
  });

  it('has contents where it is a JWT, whatever it is else', () => {
    expect(contentsOf(jwt({ oid: 'ä' }))?.who).toBe('ä');
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => contentsOf(`${text}.${text}.x`)).not.toThrow();
      }),
    );
  });
});
