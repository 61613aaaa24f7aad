import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Settings } from '../options.js';
import type { OrderValue } from '../protocol/query/bound.js';
import { decodeSkipToken, encodeSkipToken, nextQuery, pageSize } from './server-paging.js';

const token = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of a page', () => {
  it('gives back where the page begins and how many items are left', () => {
    const value: fc.Arbitrary<OrderValue> = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
      fc.constant(null),
    );
    const id = fc.oneof(fc.string(), fc.maxSafeInteger());
    const remaining = fc.option(fc.maxSafeNat(), { nil: undefined });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), id, remaining, (values, last, left) => {
        const after = [...values, last];
        const text = encodeSkipToken({ after, remaining: left });
        expect(text).toMatch(/^[\w-]+$/);
        expect(decodeSkipToken(text, after.length)).toEqual({ after, remaining: left });
      }),
    );
  });

  it.each<[form: unknown, after: readonly OrderValue[], remaining: number | undefined]>([
    [[2, null, 'sid'], ['id'], undefined],
    [[2, 5, null, 'n0.5', 's', 'i-9', 'sid'], [null, 0.5, '', -9n, 'id'], 5],
    [[2, 0, 'n-Infinity', 'i9223372036854775807'], [-Infinity, 9223372036854775807n], 0],
    [[2, Number.MAX_SAFE_INTEGER, 'n1e300'], [1e300], Number.MAX_SAFE_INTEGER],
  ])('of the form %j is read', (form, after, remaining) => {
    expect(decodeSkipToken(token(form), after.length)).toEqual({ after, remaining });
  });

  it.each<[fault: string, text: string]>([
    ['is empty', ''],
    ['is no JSON', Buffer.from('[2,').toString('base64url')],
    ['is no list', token({ 0: 2 })],
    ['is a number', token(2)],
    ['is null', token(null)],
    ['is of another form', token([1, null, 'sa', 'sid'])],
    ['has a form that is text', token(['2', null, 'sa', 'sid'])],
    ['has one value too few', token([2, null, 'sid'])],
    ['has one value too many', token([2, null, 'sa', 'sb', 'sid'])],
    ['has no id', token([2, null, 'sa', null])],
    ['has less than nothing left', token([2, -1, 'sa', 'sid'])],
    ['has half an item left', token([2, 0.5, 'sa', 'sid'])],
    ['has text left', token([2, '1', 'sa', 'sid'])],
    ['has more left than can be counted', token([2, 2 ** 53, 'sa', 'sid'])],
    ['has a value of no kind', token([2, null, 'xa', 'sid'])],
    ['has an empty value', token([2, null, '', 'sid'])],
    ['has a value that is no text', token([2, null, 1, 'sid'])],
    ['has a number that is none', token([2, null, 'nx', 'sid'])],
    ['has an integer that is none', token([2, null, 'i1.5', 'sid'])],
    ['has an integer without digits', token([2, null, 'i', 'sid'])],
    ['has an integer of twenty digits', token([2, null, `i${'1'.repeat(20)}`, 'sid'])],
  ])('that %s is refused', (_, text) => {
    let error: unknown;
    try {
      decodeSkipToken(text, 2);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'invalidSkipToken', status: 400, target: '$skiptoken' });
  });
});

describe('the size of a page', () => {
  const environment = { pageSize: 100, maxPageSize: 1000 } as Settings;
  const asking = (size: number | undefined) => ({
    omitNulls: false,
    respondAsync: false,
    createIfMissing: false,
    ...(size === undefined ? {} : { maxPageSize: { size, name: 'maxpagesize' } }),
  });

  it.each([
    [undefined, 100],
    [1, 1],
    [101, 101],
    [1000, 1000],
    [1001, 1000],
  ])('is, where %s is asked for, %i', (asked, size) => {
    expect(pageSize(asking(asked), environment)).toBe(size);
  });

  it('is no larger than the bound where the default is', () => {
    expect(pageSize(asking(undefined), { pageSize: 100, maxPageSize: 50 } as Settings)).toBe(50);
  });
});

describe('the query of the next page', () => {
  const continuation = { after: ['id'], remaining: undefined };
  const added = `$skiptoken=${encodeSkipToken(continuation)}`;

  it.each([
    ['', ''],
    ['$top=5', '$top=5&'],
    ['$filter=a%20eq%20%27%26%27&$top=5', '$filter=a%20eq%20%27%26%27&$top=5&'],
    ['$skip=5', ''],
    ['$top=5&$skip=5&x=1', '$top=5&x=1&'],
    ['skip=5', ''],
    ['SKIP=5', ''],
    ['%24skip=5', ''],
    ['$skiptoken=abc&$top=5', '$top=5&'],
    ['skiptoken=abc', ''],
    ['%24SkipToken=abc', ''],
    ['&&$top=5&', '$top=5&'],
    // Names that only begin or end so are others.
    ['$skipper=1&noskip=1', '$skipper=1&noskip=1&'],
    ['x=$skip=1', 'x=$skip=1&'],
    // What stands inside another option is its own.
    ['$expand=chapters($skip=1)', '$expand=chapters($skip=1)&'],
  ])('behind %j keeps %j', (query, kept) => {
    expect(nextQuery(query, continuation)).toBe(`${kept}${added}`);
  });
});
