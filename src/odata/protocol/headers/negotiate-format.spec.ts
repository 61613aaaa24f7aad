import { describe, expect, it } from '@jest/globals';
import {
  type AnswerFormat,
  contentType,
  defaultFormat,
  negotiateFormat,
  supportedFormats,
} from './negotiate-format.js';

const format = (changes: Partial<AnswerFormat>): AnswerFormat => ({ ...defaultFormat, ...changes });

/** What a client is told that accepts nothing. */
function refusal(...args: Parameters<typeof negotiateFormat>): unknown {
  try {
    negotiateFormat(...args);
    return undefined;
  } catch (error) {
    const { code, status, target } = error as { code: string; status: number; target: string };
    return { code, status, target };
  }
}

describe('the format of an answer', () => {
  it.each<[accept: string | undefined, expected: Partial<AnswerFormat>]>([
    [undefined, {}],
    ['', {}],
    [' ', {}],
    ['*/*', {}],
    ['application/*', {}],
    ['application/json', {}],
    ['Application/JSON', {}],
    ['application/json;metadata=none', { metadata: 'none' }],
    ['application/json;metadata=minimal', {}],
    ['application/json;metadata=full', { metadata: 'full' }],
    ['application/json;odata.metadata=full', { metadata: 'full' }],
    ['application/json;OData.Metadata=FULL', { metadata: 'full' }],
    ['application/json; metadata = "full"', { metadata: 'full' }],
    ['application/*;metadata=full', { metadata: 'full' }],
    ['application/json;IEEE754Compatible=true', { ieee754Compatible: true }],
    ['application/json;ieee754compatible=TRUE', { ieee754Compatible: true }],
    ['application/json;IEEE754Compatible=false', {}],
    ['application/json;streaming=true', { streaming: true }],
    ['application/json;odata.streaming=true', { streaming: true }],
    ['application/json;streaming=false', {}],
    ['application/json;ExponentialDecimals=true', {}],
    ['application/json;charset=utf-8', { charset: true }],
    ['application/json;charset="UTF-8"', { charset: true }],
    [
      'application/json;metadata=full;IEEE754Compatible=true;streaming=true;charset=utf-8;q=0.1',
      { metadata: 'full', ieee754Compatible: true, streaming: true, charset: true },
    ],
  ])('Accept %j asks for %j beside the default', (accept, expected) => {
    expect(negotiateFormat(accept, undefined, undefined)).toEqual(format(expected));
  });

  it.each([
    'text/html',
    'application/xml',
    'application/jsonx',
    'json',
    '*',
    'text/*',
    ',',
    'application/json;metadata=most',
    'application/json;metadata',
    'application/json;odata.odata.metadata=full',
    'application/json;IEEE754Compatible=1',
    'application/json;streaming=yes',
    'application/json;ExponentialDecimals=2',
    'application/json;charset=iso-8859-1',
    'application/json;unknown=1',
    'application/json;q=0',
    'application/json;q=0.000, */*;q=0',
  ])('Accept %j accepts nothing that the service writes', (accept) => {
    const expected = { code: 'formatNotSupported', status: 406, target: 'Accept' };
    expect(refusal(accept, undefined, undefined)).toEqual(expected);
  });

  it.each<[accept: string, metadata: AnswerFormat['metadata']]>([
    ['application/json;metadata=full;q=0.5,application/json;metadata=none', 'none'],
    ['application/json;metadata=full;q=0.5,application/json;metadata=none;q=0.4', 'full'],
    ['application/json;metadata=none;q=0.4,application/json;metadata=full;q=0.5', 'full'],
    ['application/json;metadata=none;q=0.001,application/json;metadata=full;q=0', 'none'],
    // Of those that are as good as each other the first.
    ['application/json;metadata=none,application/json;metadata=full', 'none'],
    ['application/json;metadata=none;q=0.5,application/json;metadata=full;q=0.50', 'none'],
    // What the service does not write does not count, however good it is.
    ['text/html,application/json;metadata=full;q=0.1', 'full'],
    ['application/json;metadata=most,application/json;metadata=none;q=0.1', 'none'],
    // What is no number is as good as none.
    ['application/json;metadata=none;q=0.9,application/json;metadata=full;q=x', 'full'],
  ])('of %s the best is chosen: %s', (accept, metadata) => {
    expect(negotiateFormat(accept, undefined, undefined)).toEqual(format({ metadata }));
  });

  it.each<[option: string, expected: Partial<AnswerFormat>]>([
    ['json', {}],
    ['JSON', {}],
    ['application/json', {}],
    ['application/json;metadata=full', { metadata: 'full' }],
    ['application/json;IEEE754Compatible=true', { ieee754Compatible: true }],
  ])('$format=%s overrides Accept', (option, expected) => {
    expect(negotiateFormat('application/json;metadata=none', undefined, option)).toEqual(format(expected));
    expect(negotiateFormat('text/html', undefined, option)).toEqual(format(expected));
  });

  it.each(['', 'xml', 'atom', 'application/xml', 'json;metadata=full', 'application/json;metadata=most'])(
    '$format=%s is none that the service writes',
    (option) => {
      const expected = { code: 'formatNotSupported', status: 406, target: '$format' };
      expect(refusal('application/json', undefined, option)).toEqual(expected);
    },
  );

  it.each<[charsets: string | undefined, charset: boolean]>([
    [undefined, false],
    ['', false],
    ['utf-8', true],
    ['UTF-8', true],
    ['*', true],
    ['iso-8859-1, utf-8;q=0.1', true],
    ['iso-8859-1;q=0.9,*;q=0.1', true],
  ])('Accept-Charset %j is met, and named where it was sent: %s', (charsets, charset) => {
    expect(negotiateFormat(undefined, charsets, undefined)).toEqual(format({ charset }));
  });

  it.each(['iso-8859-1', 'utf-16', 'utf-8;q=0', '*;q=0', 'utf-80'])('Accept-Charset %j is not met', (charsets) => {
    const expected = { code: 'formatNotSupported', status: 406, target: 'Accept-Charset' };
    expect(refusal(undefined, charsets, 'json')).toEqual(expected);
  });
});

describe('the Content-Type of an answer', () => {
  it.each<[Partial<AnswerFormat>, v401: string, v40: string]>([
    [{}, 'application/json;metadata=minimal', 'application/json;odata.metadata=minimal'],
    [{ metadata: 'none' }, 'application/json;metadata=none', 'application/json;odata.metadata=none'],
    [
      { streaming: true },
      'application/json;metadata=minimal;streaming=true',
      'application/json;odata.metadata=minimal;odata.streaming=true',
    ],
    [
      { metadata: 'full', streaming: true, ieee754Compatible: true, charset: true },
      'application/json;metadata=full;streaming=true;IEEE754Compatible=true;charset=utf-8',
      'application/json;odata.metadata=full;odata.streaming=true;IEEE754Compatible=true;charset=utf-8',
    ],
  ])('of %j is %s, or in 4.0 %s', (changes, v401, v40) => {
    expect(contentType(format(changes), '4.01')).toBe(v401);
    expect(contentType(format(changes), '4.0')).toBe(v40);
  });

  it('every format that the service says it supports is one that it writes when asked', () => {
    expect(supportedFormats).toEqual([
      'application/json;odata.metadata=none;IEEE754Compatible=true',
      'application/json;odata.metadata=none;IEEE754Compatible=false',
      'application/json;odata.metadata=minimal;IEEE754Compatible=true',
      'application/json;odata.metadata=minimal;IEEE754Compatible=false',
      'application/json;odata.metadata=full;IEEE754Compatible=true',
      'application/json;odata.metadata=full;IEEE754Compatible=false',
    ]);
    for (const supported of supportedFormats) {
      const written = contentType(negotiateFormat(supported, undefined, undefined), '4.0');
      expect(written).toBe(supported.replace(';IEEE754Compatible=false', ''));
    }
  });
});

describe('a media type that is refused by its name', () => {
  it('is not accepted by a range around it (RFC 9110, 12.5.1)', () => {
    expect(() => negotiateFormat('application/json;q=0, */*', undefined, undefined)).toThrow('accepts no format');
    const other = negotiateFormat('application/json;metadata=full;q=0, */*', undefined, undefined);
    expect(other.metadata).toBe('minimal');
  });
});
