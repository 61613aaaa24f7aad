import { describe, expect, it } from '@jest/globals';
import { wholeJson } from './whole-json.js';

describe('a structured value as a text that can be compared', () => {
  it.each([
    ['{"b":1,"a":"x"}', '{"a":"x","b":1}'],
    ['{"abc":1,"b":2,"é":3,"zz":4}', '{"b":2,"zz":4,"é":3,"abc":1}'],
    ['{"a":{"d":null,"c":[{"z":1,"y":null}]}}', '{"a":{"c":[{"z":1}]}}'],
    ['{"a":1.50,"b":100,"c":-2.0,"d":1e2,"e":0.0}', '{"a":1.5,"b":100,"c":-2,"d":100,"e":0}'],
    [
      '{"a":9007199254740993,"b":0.1234567890123456789012345}',
      '{"a":9007199254740993,"b":0.1234567890123456789012345}',
    ],
    ['{"a":[null,2,1],"b":true}', '{"a":[null,2,1],"b":true}'],
    ['{"a":9e999,"b":"INF"}', '{"a":9e999,"b":"INF"}'],
    ['{"__proto__":{"b":1,"a":2}}', '{"__proto__":{"a":2,"b":1}}'],
    ['null', null],
  ])('%s is %s', (text, expected) => {
    expect(wholeJson(text)).toBe(expected);
  });
});
