import { describe, expect, it } from '@jest/globals';
import { textOf } from '../request/json.js';
import { readJson, readText, typedText } from './values.js';

describe('a typed value', () => {
  it.each([
    ['Edm.Int32', ' 7 ', '7'],
    ['Edm.Int64', '9007199254740993', '9007199254740993'],
    ['Edm.Decimal', '007.50', '7.50'],
    ['Edm.Double', '1e3', '1e3'],
    ['Edm.Double', '-INF', '"-INF"'],
    ['Edm.String', ' x ', '" x "'],
    ['Edm.Date', ' 2026-01-01 ', '"2026-01-01"'],
  ])('of %s, %j is %s', (type, text, json) => {
    const read = readText(type, text);
    expect('value' in read && textOf(read.value)).toBe(json);
  });

  it.each(['x', '1,5', '--1', '0x1'])('%s is no number', (text) => {
    expect(readText('Edm.Int32', text)).toEqual({ fault: 'This must be a number.' });
  });

  it('stands in a field as it came', () => {
    const long = readText('Edm.Int64', '9007199254740993');
    expect([typedText(null), typedText(undefined), typedText(1.5), typedText('value' in long && long.value)]).toEqual([
      '',
      '',
      '1.5',
      '9007199254740993',
    ]);
  });

  it('is JSON, or a fault', () => {
    expect(readJson('{"a":1}')).toEqual({ value: { a: 1 } });
    expect(readJson('{')).toEqual({ fault: expect.stringMatching(/^This is no JSON/) });
  });
});
