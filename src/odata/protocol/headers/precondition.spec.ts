import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { holds, parseEntityTags, parsePrecondition, type Precondition, restrict } from './precondition.js';

describe('a list of entity tags', () => {
  it.each<[text: string, versions: '*' | number[]]>([
    ['*', '*'],
    [' *\t', '*'],
    ['"1"', [1]],
    ['W/"1"', [1]],
    ['W/"1", "2",W/"3"', [1, 2, 3]],
    [' "1" , "2" ', [1, 2]],
    ['"1","1"', [1, 1]],
    ['"1",', [1]],
    ['"1",, ,\t"2"', [1, 2]],
    ['"0"', [0]],
    ['"1234567890123456"', [1234567890123456]],
    // Tags of others are well-formed and name no version.
    ['""', []],
    ['"*"', []],
    ['"abc"', []],
    ['"1,2"', []],
    ['"W/1"', []],
    ['"-1","1.5","1a","!1"', []],
    ['"12345678901234567"', []],
    ['"é\u00ff"', []],
    ['"abc", W/"7", "x"', [7]],
  ])('%j names %j', (text, versions) => {
    expect(parseEntityTags(text, 'If-Match')).toEqual(versions);
  });

  it.each([
    '',
    ' ',
    ',',
    '1',
    'abc',
    '"1',
    '1"',
    '"',
    "'1'",
    'w/"1"',
    'W"1"',
    'W/ "1"',
    '"1" "2"',
    '"1""2"',
    '"1";"2"',
    '"1", 2',
    '"1",*',
    '*,"1"',
    '**',
    '"a b"',
    '"a\u0001"',
    '"\u0100"',
  ])('%j is refused', (text) => {
    let error: unknown;
    try {
      parseEntityTags(text, 'If-None-Match');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'malformedEntityTag', status: 400, target: 'If-None-Match' });
  });

  it('is read whatever blanks stand in it', () => {
    const blank = fc.constantFrom('', ' ', '\t', ' \t ');
    const tag = fc.tuple(fc.constantFrom('', 'W/'), fc.nat(), blank, blank);
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1, maxLength: 5 }), (tags) => {
        const text = tags.map(([weak, version, before, behind]) => `${before}${weak}"${version}"${behind}`).join(',');
        expect(parseEntityTags(text, 'If-Match')).toEqual(tags.map(([, version]) => version));
      }),
    );
  });
});

describe('the headers of a precondition', () => {
  it.each<[ifMatch: string | undefined, ifNoneMatch: string | undefined, precondition: Precondition]>([
    [undefined, undefined, {}],
    ['"1"', undefined, { ifMatch: [1] }],
    [undefined, '*', { ifNoneMatch: '*' }],
    ['*', 'W/"2"', { ifMatch: '*', ifNoneMatch: [2] }],
    ['"foreign"', undefined, { ifMatch: [] }],
  ])('If-Match %s and If-None-Match %s are read as %j', (ifMatch, ifNoneMatch, precondition) => {
    expect(parsePrecondition(ifMatch, ifNoneMatch)).toEqual(precondition);
  });

  it.each([
    ['x', '"1"', 'If-Match'],
    ['"1"', 'x', 'If-None-Match'],
  ])('If-Match %s and If-None-Match %s are refused for %s', (ifMatch, ifNoneMatch, target) => {
    expect(() => parsePrecondition(ifMatch, ifNoneMatch)).toThrow(`${target} must be`);
  });
});

describe('a precondition', () => {
  it.each<[precondition: Precondition, version: number | undefined, expected: boolean]>([
    [{}, 1, true],
    [{}, undefined, true],
    [{ ifMatch: '*' }, 1, true],
    [{ ifMatch: '*' }, undefined, false],
    [{ ifMatch: [1, 2] }, 2, true],
    [{ ifMatch: [1, 2] }, 3, false],
    [{ ifMatch: [1] }, undefined, false],
    // Only tags of others: what was meant is not there.
    [{ ifMatch: [] }, 1, false],
    [{ ifNoneMatch: '*' }, 1, false],
    [{ ifNoneMatch: '*' }, undefined, true],
    [{ ifNoneMatch: [1, 2] }, 2, false],
    [{ ifNoneMatch: [1, 2] }, 3, true],
    [{ ifNoneMatch: [1] }, undefined, true],
    [{ ifNoneMatch: [] }, 1, true],
    [{ ifMatch: [1], ifNoneMatch: [2] }, 1, true],
    [{ ifMatch: [1], ifNoneMatch: [1] }, 1, false],
    [{ ifMatch: [2], ifNoneMatch: [1] }, 1, false],
    [{ ifMatch: '*', ifNoneMatch: '*' }, 1, false],
    [{ ifMatch: [0] }, 0, true],
  ])('%j on version %s holds: %s', (precondition, version, expected) => {
    expect(holds(precondition, version)).toBe(expected);
  });

  it.each<[precondition: Precondition, versions: '*' | number[], expected: Precondition]>([
    [{}, '*', {}],
    [{}, [1], { ifMatch: [1] }],
    [{}, [], { ifMatch: [] }],
    [{ ifMatch: '*' }, [1], { ifMatch: [1] }],
    [{ ifMatch: [1, 2] }, '*', { ifMatch: [1, 2] }],
    [{ ifMatch: [1, 2] }, [2, 3], { ifMatch: [2] }],
    [{ ifMatch: [1] }, [2], { ifMatch: [] }],
    [{ ifNoneMatch: [1] }, [2], { ifNoneMatch: [1], ifMatch: [2] }],
    [{ ifMatch: [1], ifNoneMatch: '*' }, [1], { ifMatch: [1], ifNoneMatch: '*' }],
  ])('%j restricted to %j is %j', (precondition, versions, expected) => {
    expect(restrict(precondition, versions)).toEqual(expected);
  });

  it('restricted holds where it held and the version is among those of the restriction', () => {
    const versions = fc.oneof(fc.constant('*' as const), fc.array(fc.nat(3), { maxLength: 3 }));
    const precondition = fc.record({ ifMatch: versions, ifNoneMatch: versions }, { requiredKeys: [] });
    fc.assert(
      fc.property(precondition, versions, fc.nat(3), (before, restriction, version) => {
        const among = restriction === '*' || restriction.includes(version);
        expect(holds(restrict(before, restriction), version)).toBe(holds(before, version) && among);
      }),
    );
  });
});

describe('a list that begins with an empty element', () => {
  it('is a list all the same (RFC 9110, 5.6.1)', () => {
    expect(parseEntityTags(', "1"', 'If-Match')).toEqual([1]);
    expect(() => parseEntityTags(',', 'If-Match')).toThrow('list of entity tags');
  });
});

describe('a tag that this service never made', () => {
  it('is that of no version, though it reads like one', () => {
    expect(parseEntityTags('"01", "2"', 'If-Match')).toEqual([2]);
  });
});
