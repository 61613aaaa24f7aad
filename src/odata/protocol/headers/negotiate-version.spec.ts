import { describe, expect, it } from '@jest/globals';
import { answerVersion, bodyVersion, lenientVersion } from './negotiate-version.js';

/** What a function throws, as far as a client sees it. */
function faultOf(action: () => unknown): unknown {
  try {
    return { gave: action() };
  } catch (error) {
    const { code, status, target } = error as { code: string; status: number; target: string };
    return { code, status, target };
  }
}

const malformed = ['', '4', '4.', '.0', '4.0.1', '4,0', '-4.0', '+4.0', '4.x', 'v4.0', '4.0;x', '4 .0', '4.0000000000'];

describe('the version of an answer', () => {
  it.each([
    [undefined, '4.0'],
    ['4.0', '4.0'],
    [' 4.0 ', '4.0'],
    ['4.00', '4.0'],
    ['4.01', '4.01'],
    ['4.1', '4.01'],
    ['4.02', '4.01'],
    ['4.2', '4.01'],
    ['4.000000001', '4.01'],
    ['5.0', '4.01'],
    ['10.0', '4.01'],
    ['999999999.999999999', '4.01'],
  ])('to OData-MaxVersion %s is %s', (maxVersion, version) => {
    expect(answerVersion(maxVersion)).toBe(version);
    expect(lenientVersion(maxVersion)).toBe(version);
  });

  it.each([...malformed, '3.0', '3.9', '0.0', '1000000000.0'])(
    'OData-MaxVersion %j is refused, and errors are 4.0',
    (maxVersion) => {
      const expected = { code: 'invalidVersion', status: 400, target: 'OData-MaxVersion' };
      expect(faultOf(() => answerVersion(maxVersion))).toEqual(expected);
      expect(lenientVersion(maxVersion)).toBe('4.0');
    },
  );
});

describe('the version of a body', () => {
  it.each([
    [undefined, undefined, '4.01'],
    [undefined, '4.0', '4.0'],
    [undefined, '4.01', '4.01'],
    [undefined, '5.0', '4.01'],
    ['4.0', undefined, '4.0'],
    ['4.0', '4.01', '4.0'],
    ['4.01', '4.0', '4.01'],
    [' 4.01', undefined, '4.01'],
    ['4.1', undefined, '4.01'],
    // What the answer may be makes no difference to a body that says what it is.
    ['4.01', 'x', '4.01'],
  ])('with OData-Version %s and OData-MaxVersion %s is %s', (version, maxVersion, expected) => {
    expect(bodyVersion(version, maxVersion)).toBe(expected);
  });

  it.each([...malformed, '3.0', '4.02', '4.2', '5.0', '5.1'])('OData-Version %j is refused', (version) => {
    const expected = { code: 'invalidVersion', status: 400, target: 'OData-Version' };
    expect(faultOf(() => bodyVersion(version, undefined))).toEqual(expected);
  });

  it('without OData-Version a wrong OData-MaxVersion is refused', () => {
    const expected = { code: 'invalidVersion', status: 400, target: 'OData-MaxVersion' };
    expect(faultOf(() => bodyVersion(undefined, '3.0'))).toEqual(expected);
  });
});
