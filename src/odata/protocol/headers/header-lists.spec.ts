import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nameAndValue, parseHeaderList } from './header-lists.js';

/** A list as plain data: each element's value, and its parameters as pairs. */
const read = (header: string) => parseHeaderList(header).map(({ value, parameters }) => [value, ...parameters]);

describe('parseHeaderList', () => {
  it.each<[title: string, header: string, elements: unknown[]]>([
    ['has no elements where there is nothing', '', []],
    ['has no elements where there are commas only', ' , ,,\t', []],
    ['reads one element', 'a', [['a']]],
    ['reads several, blanks around them or not', 'a,b , c\t,\td', [['a'], ['b'], ['c'], ['d']]],
    ['passes over empty elements', ',a,,b, ,', [['a'], ['b']]],
    ['keeps elements that stand twice, in their order', 'b,a,b', [['b'], ['a'], ['b']]],
    ['reads a parameter', 'a;q=0.5', [['a', ['q', '0.5']]]],
    ['reads parameters with blanks around them', 'a ; x=1 ;\ty=2,b', [['a', ['x', '1'], ['y', '2']], ['b']]],
    ['reads a parameter with blanks around its equals sign', 'a;x = 1', [['a', ['x', '1']]]],
    ['passes over empty parameters', 'a;;x=1; ;', [['a', ['x', '1']]]],
    ['gives the names of parameters in lower case, not their values', 'A;NaMe=VaLue', [['A', ['name', 'VaLue']]]],
    ['gives a parameter without a value an empty one', 'a;x;y=', [['a', ['x', ''], ['y', '']]]],
    ['ends a name at the first equals sign', 'a;x=b=c', [['a', ['x', 'b=c']]]],
    ['takes quotes off the value of a parameter', 'a;x="b c"', [['a', ['x', 'b c']]]],
    ['leaves quotes on the value of an element', '"a b";x=1', [['"a b"', ['x', '1']]]],
    ['does not end an element at a comma in quotes', 'a;x="1,2",b', [['a', ['x', '1,2']], ['b']]],
    ['does not end a parameter at a semicolon in quotes', 'a;x="1;2";y=3', [['a', ['x', '1;2'], ['y', '3']]]],
    ['takes a backslash in quotes off what it stands before', String.raw`a;x="\"\\\b"`, [['a', ['x', '"\\b']]]],
    ['does not end quotes at one behind a backslash', String.raw`a;x="1\",2",b`, [['a', ['x', '1",2']], ['b']]],
    ['ends quotes at one behind two backslashes', String.raw`a;x="1\\",b`, [['a', ['x', '1\\']], ['b']]],
    [
      'takes a backslash outside of quotes as it is',
      String.raw`a\,b;x=\;y=1`,
      [['a\\'], ['b', ['x', '\\'], ['y', '1']]],
    ],
    ['keeps blanks inside quotes', 'a;x="  "', [['a', ['x', '  ']]]],
    ['reads an empty text in quotes', 'a;x=""', [['a', ['x', '']]]],
    ['takes one quotation mark alone as it is', 'a;x="', [['a', ['x', '"']]]],
    ['takes quotes that do not end to the end', 'a;x="1,b;c', [['a', ['x', '"1,b;c']]]],
  ])('%s: %j', (_, header, elements) => {
    expect(read(header)).toEqual(elements);
  });

  it('gives every text back that stands in quotes with its marks and backslashes escaped', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/);
    const text = fc.stringMatching(/^[\t -~]{0,12}$/);
    const element = fc.tuple(
      token,
      fc.uniqueArray(fc.tuple(token, text), { maxLength: 3, selector: ([name]) => name }),
    );
    const quote = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(element, { maxLength: 4 }), fc.constantFrom('', ' ', '\t '), (elements, blank) => {
        const parts = elements.map(([value, parameters]) =>
          [value, ...parameters.map(([name, parameter]) => `${name}=${quote(parameter)}`)].join(`${blank};${blank}`),
        );
        const expected = elements.map(([value, parameters]) => [value, ...parameters]);
        expect(read(parts.join(`${blank},${blank}`))).toEqual(expected);
      }),
    );
  });
});

describe('nameAndValue', () => {
  it.each([
    ['a', 'a', ''],
    [' a ', 'a', ''],
    ['a=', 'a', ''],
    ['a=b', 'a', 'b'],
    ['a = b', 'a', 'b'],
    ['A="B C"', 'A', 'B C'],
    ['a=b="c"', 'a', 'b="c"'],
    ['=b', '', 'b'],
    [String.raw`a="\"b\\"`, 'a', '"b\\'],
  ])('takes %j apart', (text, name, value) => {
    expect(nameAndValue(text)).toEqual([name, value]);
  });
});
