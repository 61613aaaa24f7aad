import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keysToSegments } from './entity-path.js';
import { parsePath } from './parse-path.js';
import { parseQuery } from './parse-query.js';

/** Encodes a character as clients do that are careful. */
const encoded = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** Some of the characters of a text that are in a class, percent-encoded; which, is drawn. */
const someEncoded = (text: string, delimiters: RegExp): fc.Arbitrary<string> =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((picks) =>
      Array.from(text, (one, at) => (picks[at] === true && delimiters.test(one) ? encoded(one) : one)).join(''),
    );

describe('a delimiter of a query means the same percent-encoded', () => {
  it.each([
    "$filter=contains(name,'a,b') and (a eq 1 or b/any(d:d/c in (1,2))) and not (x eq @p)&@p='it''s'",
    '$filter=case(a gt 1:2,true:3) eq $it/b and c eq ns.E\'x\' and $this eq {"a":[1,"b"]} and t eq \'x;y\'',
    '$filter=a/$count($filter=b eq 1;$search="x;y" OR z) gt 1 and a/$filter(b eq 1)/$count gt 2',
    '$expand=profile($select=a,b/c;$expand=d($levels=max;@x=1);$search=("a b" OR NOT c) d;$top=1),e/$ref,*',
    '$select=*,ns.*,a/b,ns.f(x,y),@a.b,c($filter=d eq 1;$top=2;$count=true)&$orderby=a desc,length(b)',
    '$apply=filter(a gt 1)/groupby((a,b/c,rollup(d,e)),aggregate($count as n,a with sum as s))/search(x AND y)',
    '$compute=a mul 2 as b&$search=(ships OR "old bridge") AND NOT (x y)',
    "$filter=geo.distance(p,geography'SRID=4326;Point(1 2)') lt 5 and t gt 2020-01-01T00:00:00Z&$search='a b'",
  ])('%s', (query) => {
    const options = query.split('&').map((option) => {
      const at = option.indexOf('=') + 1;
      return fc.tuple(someEncoded(option.slice(0, at - 1), /[$@]/), someEncoded(option.slice(at), /[^\w.~-]/));
    });
    const expected = parseQuery(query);
    fc.assert(
      fc.property(fc.tuple(...options), (parts) => {
        expect(parseQuery(parts.map(([name, value]) => `${name}=${value}`).join('&'))).toEqual(expected);
      }),
    );
  });
});

describe('a semicolon in a word of $search', () => {
  it('is one of the word where it is percent-encoded', () => {
    expect(parseQuery('$search=a%3Bb').search).toMatchObject({ kind: 'term', text: 'a;b' });
    const { expand } = parseQuery('$expand=profile($search=a%3Bb;$top=1)');
    expect(expand?.[0]?.options).toMatchObject({ search: { kind: 'term', text: 'a;b' }, top: 1 });
  });

  it('ends the option inside another where an option follows, whatever else is encoded', () => {
    const { expand } = parseQuery(`$expand=${encodeURIComponent('profile($search=a;$top=1)')}`);
    expect(expand?.[0]?.options).toMatchObject({ search: { kind: 'term', text: 'a' }, top: 1 });
  });

  it.each(['$search=a;b', '$search=a)b', '$search=a%29', '$search=NOT%20%28a', '$search=;'])('%s is refused', (raw) => {
    expect(() => parseQuery(raw)).toThrow('The query option $search is not well-formed');
  });
});

describe('a delimiter of a path', () => {
  it.each([
    "set('it''s')/nav",
    "set(id='a',other=@k)/nav(1)/$count",
    "set/$filter(a eq 'x,y' and b/any(d:d gt 1))/$each",
    "set/ns.Type('a')/f(x=@y,z='(')/$value",
    '$crossjoin(a,b)',
    'set/nav/$count($filter=a eq 1;$search=b)',
  ])('means the same percent-encoded: %s', (path) => {
    const { segments } = parsePath(path);
    fc.assert(
      fc.property(someEncoded(path, /[^\w.~/-]/), (raw) => {
        expect(parsePath(raw).segments).toEqual(segments);
      }),
    );
  });

  it.each([
    ['set/a%28b', ['set', 'a(b']],
    ['set/a%28b%29x', ['set', 'a(b)x']],
    ["set/a%28'b/c", ['set', "a('b", 'c']],
    ['set/%28%29', ['set', '()']],
    ['set/a%2Fb/%24x', ['set', 'a/b', '$x']],
  ])('belongs to the key that the segment is where there is no key predicate: %s', (raw, expected) => {
    expect(parsePath(raw).segments.map((one) => ('name' in one ? one.name : 'text' in one && one.text))).toEqual(
      expected,
    );
  });

  it.each(["set('a/b')", "set(id='a/b')/nav", "set%28'a/b'%29", "set('a')/nav(x='/',y=1)", "f(x='a/b')"])(
    '%s has a slash in its key, which only percent-encoded belongs there',
    (raw) => {
      expect(() => parsePath(raw)).toThrow("expected a '/' to be percent-encoded");
    },
  );

  it.each([
    ["set%28'a%2Fb'%29/nav", 'set/a%2Fb/nav'],
    ['set%28%27it%27%27s%27%29', "set/it's"],
    ['set%28id=%27%24x%27%29', 'set/%24x'],
    ["set('a/b')", "set('a/b')"],
  ])('of %s is one for the routes', (raw, expected) => {
    expect(keysToSegments(raw)).toBe(expected);
  });
});

describe('blanks in front of an expression', () => {
  it.each([
    '$filter= a eq 1',
    '$filter=%09a',
    '$orderby=+a',
    '$top=%201',
    '$select= a',
    '$compute= a as b',
    '@p= 1',
    '$expand=a($filter= b)',
    '$filter=a/$count($filter= b eq 1) gt 1',
    '$filter=a/$filter( b)/$count gt 1',
  ])('%s is refused', (raw) => {
    expect(() => parseQuery(raw)).toThrow('expected no blank');
  });

  it.each(['@p= [1]', '@p= {"a":1}', '$search= a', '$filter=( a eq 1 )', '$filter=length( a ) gt 1'])(
    '%s is read: the grammar has blanks there',
    (raw) => {
      expect(() => parseQuery(raw)).not.toThrow();
    },
  );
});

describe('$levels', () => {
  it.each(['0', '04', '-1', '', 'x'])('%j is refused', (levels) => {
    expect(() => parseQuery(`$expand=a($levels=${levels})`)).toThrow("expected 'max' or a number from 1");
  });

  it.each([
    ['1', 1],
    ['40', 40],
    ['MAX', Infinity],
  ])('%s is %d', (levels, expected) => {
    expect(parseQuery(`$expand=a($levels=${levels})`).expand?.[0]?.options).toEqual({ levels: expected });
  });
});
