import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonNumber, type JsonValue } from '../json/json-value.js';
import { stringifyJson } from '../json/stringify-json.js';
import { ODataError } from '../odata-error.js';
import { parseAliasValue } from '../uri/parse-options.js';
import { argumentsJson } from './argument-json.js';
import { Budget } from './budget.js';

function json(text: string, aliases: Readonly<Record<string, string>> = {}): JsonValue {
  const parse = (one: string) => parseAliasValue('p', { text: one, encoded: new Set() });
  const known = new Map(Object.entries(aliases).map(([name, value]) => [name, parse(value)]));
  const given = [{ kind: 'argument' as const, name: 'p', value: parse(text), start: 0, end: 0 }];
  return argumentsJson(given, { aliases: known, budget: new Budget() }).p ?? null;
}

const refusal = (text: string, aliases: Readonly<Record<string, string>> = {}): unknown => {
  try {
    return json(text, aliases);
  } catch (error) {
    return error instanceof ODataError ? [error.status, error.message] : error;
  }
};

describe('the parameters of a function in a URL', () => {
  it('are, as JSON, what a body would say', () => {
    const value = fc.jsonValue({ depthSize: 'small' }).filter((one) => !JSON.stringify(one).includes('-0'));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3 }), (items) => {
        expect(stringifyJson(json(JSON.stringify(items)))).toBe(JSON.stringify(items));
      }),
    );
  });

  it.each<[text: string, value: JsonValue]>([
    ['null', null],
    ['true', true],
    ['1', 1],
    ['-1', -1],
    ['+1', 1],
    ['007', 7],
    ['9007199254740993', new JsonNumber('9007199254740993')],
    ['1.5', 1.5],
    ['1e3', 1000],
    ['INF', 'INF'],
    ['NaN', 'NaN'],
    ["'it''s'", "it's"],
    ['2020-02-29', '2020-02-29'],
    ["duration'PT1H'", 'PT1H'],
    ['01234567-89ab-cdef-0123-456789abcdef', '01234567-89ab-cdef-0123-456789abcdef'],
    ["ns.Color'Red,Blue'", 'Red,Blue'],
    ['@a', [1, 'x']],
    ['{"a":@b}', { a: { c: null } }],
    ['@nothing', null],
  ])('%s is %j', (text, value) => {
    expect(json(text, { a: '[1,"x"]', b: '{"c":null}' })).toEqual(value);
  });

  it('are refused with their place where they are none', () => {
    expect(refusal('pages add 1')).toEqual([
      501,
      'In the path at character 1: an expression as the value of a parameter is not implemented.',
    ]);
    expect(refusal('pages')).toEqual([
      501,
      'In the path at character 1: a path as the value of a parameter is not implemented.',
    ]);
    expect(refusal('{"a":1,"a":2}')).toEqual([
      404,
      'There is no such resource: in the path at character 1, a name stands twice in the object.',
    ]);
    expect(refusal('@a', { a: '@b', b: '@a' })).toEqual([
      404,
      "There is no such resource: in the path at character 1, the alias '@a' refers to itself.",
    ]);
  });

  it('are bounded, whatever aliases name each other', () => {
    const names = Array.from({ length: 16 }, (_, index) => `a${index}`);
    const aliases = Object.fromEntries(
      names.map((name, index) => [name, index === 15 ? '1' : `[@a${index + 1},@a${index + 1}]`]),
    );
    const [status] = refusal('@a0', aliases) as [number];
    expect(status).toBe(400);
  });
});
