import { describe, expect, it } from '@jest/globals';
import { listOf, optionOf, orderOf, withCondition, withNextOrder, withOption } from './query-options.js';

describe('options of a query', () => {
  it.each([
    ['a?$top=1&$filter=b eq 1', '$filter', 'b eq 1'],
    ['a?TOP=1', '$top', '1'],
    ["a?$filter=b eq '$top=5&'", '$top', undefined],
    ['a', '$top', undefined],
  ])('of %s, %s is %j', (query, name, value) => {
    expect(optionOf(query, name)).toBe(value);
  });

  it.each([
    ['a', '$top', '1', 'a?$top=1'],
    ['a?$top=1&$skip=2', '$top', '3', 'a?$top=3&$skip=2'],
    ['a?$top=1', '$top', undefined, 'a'],
    ["a?$filter=b eq '&'", '$top', '1', "a?$filter=b eq '&'&$top=1"],
  ])('%s with %s=%s is %s', (query, name, value, expected) => {
    expect(withOption(query, name, value)).toBe(expected);
  });

  it('are lists, outside of quotes and parentheses', () => {
    expect(listOf("a, b desc,concat(a,'x,y'),c($select=d,e;$expand=f(g,h))")).toEqual([
      'a',
      'b desc',
      "concat(a,'x,y')",
      'c($select=d,e;$expand=f(g,h))',
    ]);
  });

  it('order goes from ascending to descending to none, the last property first', () => {
    const [none, up, down] = ['a?$skiptoken=x', 'a?$orderby=b', 'a?$orderby=b desc'];
    expect([withNextOrder(none, 'b'), withNextOrder(up, 'b'), withNextOrder(down, 'b')]).toEqual([up, down, 'a']);
    expect(withNextOrder('a?$orderby=b desc', 'c')).toBe('a?$orderby=c,b desc');
    expect(orderOf('a?$orderby=b desc,c/d asc,length(e)')).toEqual([
      { path: 'b', descending: true },
      { path: 'c/d', descending: false },
      { path: 'length(e)', descending: false },
    ]);
  });

  it.each([
    ['a', 'b eq 1', 'a?$filter=b eq 1'],
    ['a?$filter=c eq 2', 'b eq 1', 'a?$filter=c eq 2 and b eq 1'],
    ['a?$filter=c or d', 'b eq 1', 'a?$filter=(c or d) and b eq 1'],
    ["a?$filter=c eq 'x or y'&$skiptoken=z", 'b eq 1', "a?$filter=c eq 'x or y' and b eq 1"],
  ])('%s and %s is %s', (query, condition, expected) => {
    expect(withCondition(query, condition)).toBe(expected);
  });
});
