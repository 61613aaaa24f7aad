import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Settings } from '../options.js';
import type { OrderValue } from '../protocol/query/bound.js';
import { Seal } from './sealed-text.js';
import { nextQuery, openSkipToken, pageSize, queryOf, readContinuation, writeContinuation } from './server-paging.js';

const seal = new Seal(Buffer.alloc(32, 7));
const now = new Date(1_700_000_000_000);

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
        const continuation = { after, remaining: left, now };
        expect(readContinuation(writeContinuation(continuation))).toEqual(continuation);
      }),
    );
  });

  it.each<[form: unknown, after: readonly OrderValue[], remaining: number | undefined]>([
    [[3, null, 0, 'sid'], ['id'], undefined],
    [[3, 5, 0, null, 'n0.5', 's', 'i-9', 'sid'], [null, 0.5, '', -9n, 'id'], 5],
    [[3, 0, 0, 'n-Infinity', 'i9223372036854775807'], [-Infinity, 9223372036854775807n], 0],
    [[3, Number.MAX_SAFE_INTEGER, 0, 'n1e300'], [1e300], Number.MAX_SAFE_INTEGER],
  ])('of the form %j is read', (form, after, remaining) => {
    expect(readContinuation(JSON.stringify(form))).toEqual({ after, remaining, now: new Date(0) });
  });

  it.each<[fault: string, form: unknown]>([
    ['is no list of that kind', [2]],
    ['is of another form', [2, null, 0, 'sa', 'sid']],
    ['has a form that is text', ['3', null, 0, 'sa', 'sid']],
    ['has less than nothing left', [3, -1, 0, 'sid']],
    ['has half an item left', [3, 0.5, 0, 'sid']],
    ['has text left', [3, '1', 0, 'sid']],
    ['has more left than can be counted', [3, 2 ** 53, 0, 'sid']],
    ['has no moment', [3, null, 'sid']],
    ['has a value of no kind', [3, null, 0, 'xa']],
    ['has an empty value', [3, null, 0, '']],
    ['has a value that is no text', [3, null, 0, 1]],
    ['has a number that is none', [3, null, 0, 'nx']],
    ['has an integer that is none', [3, null, 0, 'i1.5']],
    ['has an integer without digits', [3, null, 0, 'i']],
    ['has an integer of twenty digits', [3, null, 0, `i${'1'.repeat(20)}`]],
  ])('that %s is refused', (_, form) => {
    expect(readContinuation(JSON.stringify(form))).toBeUndefined();
  });

  it.each<[fault: string, change: (token: string) => string]>([
    ['is empty', () => ''],
    ['is short', (token) => token.slice(0, 20)],
    ['is cut', (token) => token.slice(0, -2)],
    ['is changed', (token) => `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}`],
    ['is of another database', () => new Seal(Buffer.alloc(32, 8)).close(writeContinuation(continuation), about)],
    ['is of another query', () => seal.close(writeContinuation(continuation), queryOf('works', '$top=6'))],
    ['is of another resource', () => seal.close(writeContinuation(continuation), queryOf('maps', '$top=5'))],
  ])('that %s is refused', (_, change) => {
    const token = change(seal.close(writeContinuation(continuation), about));
    expect(() => openSkipToken(token, seal, about)).toThrow(
      expect.objectContaining({ code: 'invalidSkipToken', status: 400, target: '$skiptoken' }),
    );
  });
});

const continuation = { after: ['id'], remaining: undefined, now };
const about = queryOf('works', '$top=5');

describe('what a query asks', () => {
  const same = "$filter=title eq 'a b'&$top=5";
  it.each([
    "$top=5&$filter=title eq 'a b'",
    '%24filter=title%20eq%20%27a%20b%27&%24top=5',
    "filter=title+eq+'a b'&TOP=5",
    `${same}&$skiptoken=x`,
    `&${same}&&$format=json&$schemaversion=1`,
  ])('is the same in %j', (other) => {
    expect(queryOf('works', other)).toBe(queryOf('works', same));
  });

  it.each([
    "$filter=title eq 'a B'&$top=5",
    "$filter=title eq 'a b'&$top=6",
    "$filter=title eq 'a b'",
    `${same}&$skip=1`,
    `${same}&$count=true`,
    `${same}&@a=1`,
    `${same}&@A=1`,
  ])('is another in %j', (other) => {
    const differing = ['@a=1', '@A=1'].map((alias) => queryOf('works', `${same}&${alias}`));
    expect(new Set(differing).size).toBe(2);
    expect(queryOf('works', other)).not.toBe(queryOf('works', same));
  });

  it('is another at another path', () => {
    expect(queryOf("works('a%27b')", '')).toBe(queryOf("works('a'b')", ''));
    expect(queryOf('works', '')).not.toBe(queryOf('Works', ''));
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
    const next = nextQuery({ path: 'works', query }, continuation, seal);
    const [before, token = ''] = next.split('$skiptoken=');
    expect(before).toBe(kept);
    expect(openSkipToken(token, seal, queryOf('works', next))).toEqual(continuation);
  });
});
