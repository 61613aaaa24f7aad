import { describe, expect, it } from '@jest/globals';
import { addressIn, placeOf, queryOf, urlOf } from './url.js';

describe('a request of the explorer', () => {
  it.each([
    ['things', 'things'],
    ["things('ä b')/x?$top=1", "things('%C3%A4%20b')/x?$top=1"],
    ["things?$filter=name eq 'a&b+c#d'&$top=1", "things?$filter=name%20eq%20'a%26b%2Bc%23d'&$top=1"],
    ["things?$filter=name eq '100%25'", "things?$filter=name%20eq%20'100%25'"],
    ["things?$filter=name eq 'never closed&x", "things?$filter=name%20eq%20'never%20closed%26x"],
    ['things?$expand=a($select=b;$filter=c eq @p)&@p=1', 'things?$expand=a($select=b;$filter=c%20eq%20@p)&@p=1'],
  ])('%s is sent as %s', (query, url) => {
    expect(urlOf(query)).toBe(url);
  });

  it.each<[query: string, target: string | undefined, position: number, place: string]>([
    ['things?$top=1&$filter=nope eq 1', '$filter', 1, 'n'],
    ['things?$top=1&filter=id eq x', '$filter', 7, 'x'],
    ["things?$filter=id eq '%C3%A4' and y", '$filter', 15, 'y'],
    ['things?$filter=a eq', '$filter', 5, ''],
    ['things/1/nope', undefined, 10, 'n'],
  ])('of %s the fault in %s at character %i is %j', (query, target, position, place) => {
    const at = placeOf(query, target, position);
    expect(query.slice(at, at + 1)).toBe(place);
  });

  it.each(['../health/live', '../../x', 'a/../../x', '%2e%2e/x'])('does not leave the service: %s', (query) => {
    expect(() => addressIn('http://host/v1.0/', query)).toThrow('leads out of the service');
  });

  it.each([
    ['things/../a?$top=1', 'http://host/v1.0/a?$top=1'],
    ['..\\x', 'http://host/v1.0/..%5Cx'],
  ])('stays in the service with %s', (query, url) => {
    expect(addressIn('http://host/v1.0/', query)).toBe(url);
  });

  it.each([
    ["http://host/v1.0/things?$filter=a%20eq%20'x'", "things?$filter=a eq 'x'"],
    ["https://other.example/v1.0/things('a%2Fb')", "things('a%2Fb')"],
    ['http://host/v1.0/things?$skiptoken=a%2Bb%26', 'things?$skiptoken=a+b%26'],
    ["http://host/v1.0/things('a%2Cb%20%C3%A4%2F%3F%2541')/x", "things('a,b ä%2F%3F%2541')/x"],
    ['http://host/v1.0/things?$search=%22it%27s%22&$skiptoken=x', 'things?$search=%22it%27s%22&$skiptoken=x'],
    [
      'http://host/v1.0/things?$search=a%3Bb&$filter=a%20eq%20%27x%2Fy%26z%C3z%27',
      "things?$search=a%3Bb&$filter=a eq 'x/y%26z%C3z'",
    ],
    ["things('1')", "things('1')"],
    ['http://host/v1.0/things?$filter=%', 'things?$filter=%'],
  ])('the link %s is shown as %s', (url, query) => {
    expect(queryOf('http://host/v1.0/', url)).toBe(query);
  });
});
