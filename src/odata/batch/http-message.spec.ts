import { describe, expect, it } from '@jest/globals';
import { headerSpelling, readHttpRequest, readPart, writeHeaders, writeHttpAnswer } from './http-message.js';

/** Headers as an object like any other, and the body as text. */
const plain = ({ headers, body }: { headers: Readonly<Record<string, string>>; body: Buffer }) => ({
  headers: Object.fromEntries(Object.entries(headers)),
  body: body.toString(),
});
const part = (text: string) => plain(readPart(Buffer.from(text)));
const request = (text: string) => {
  const { method, url, ...message } = readHttpRequest(Buffer.from(text));
  return { method, url, ...plain(message) };
};

/** What is said of bytes that are refused. */
function refusal(action: () => unknown): unknown {
  try {
    return { gave: action() };
  } catch (error) {
    return { code: (error as { code: string }).code, message: (error as Error).message };
  }
}

describe('the headers of a part', () => {
  it.each<[title: string, text: string, headers: Record<string, string>, body: string]>([
    ['end at a blank line', 'A: 1\r\nB: 2\r\n\r\nbody', { a: '1', b: '2' }, 'body'],
    ['end at one of line feeds alone', 'A: 1\nB: 2\n\nbody', { a: '1', b: '2' }, 'body'],
    ['end at one whose line ends differ', 'A: 1\n\r\nbody', { a: '1' }, 'body'],
    ['end at the first of several blank lines', 'A: 1\r\n\r\n\r\nbody', { a: '1' }, '\r\nbody'],
    ['are all where there is no blank line', 'A: 1\r\nB: 2', { a: '1', b: '2' }, ''],
    ['may be none, before a blank line', '\r\nA: 1\r\n\r\nbody', {}, 'A: 1\r\n\r\nbody'],
    ['may be none, before a line feed', '\nbody', {}, 'body'],
    ['may be nothing at all', '', {}, ''],
    ['need no blank behind the colon', 'A:1\r\nB:\t2\r\n\r\n', { a: '1', b: '2' }, ''],
    ['may have blanks around name and value', 'A : 1 \t\r\n\r\n', { a: '1' }, ''],
    ['may have no value', 'A:\r\nB: \r\n\r\n', { a: '', b: '' }, ''],
    ['may have a colon in the value', 'A: b:c\r\n\r\n', { a: 'b:c' }, ''],
    ['are joined where they stand twice', 'A: 1\r\nB: 2\r\na: 3\r\n\r\n', { a: '1, 3', b: '2' }, ''],
    ['go on in a line that begins with a blank', 'A: 1\r\n 2\r\n\t3 \r\nB: 4\r\n\r\n', { a: '1 2 3', b: '4' }, ''],
    ['go on in the one that was joined', 'A: 1\r\nA: 2\r\n 3\r\n\r\n', { a: '1, 2 3' }, ''],
    ['are in UTF-8', 'A: gr\u00fc\u00df\r\n\r\n', { a: 'gr\u00fc\u00df' }, ''],
    ['may have any name of a token', "!#$%&'*+-.^_`|~9a: 1\r\n\r\n", { "!#$%&'*+-.^_`|~9a": '1' }, ''],
    [
      'may have names that objects have',
      'constructor: 1\r\ntoString: 2\r\n\r\n',
      { constructor: '1', tostring: '2' },
      '',
    ],
  ])('%s', (_, text, headers, body) => {
    expect(part(text)).toEqual({ headers, body });
  });

  it('may be named __proto__ like any other', () => {
    const { headers } = readPart(Buffer.from('__proto__: 1\r\n__proto__: 2\r\n\r\n'));
    expect(Object.entries(headers)).toEqual([['__proto__', '1, 2']]);
  });

  it.each([
    ['no colon', "'no colon' is no header."],
    [': 1', "': 1' is no header."],
    ['a b: 1', "'a b: 1' is no header."],
    ['"a": 1', '\'"a": 1\' is no header.'],
    ['ü: 1', "'ü: 1' is no header."],
    ['x'.repeat(100), `'${'x'.repeat(80)}' is no header.`],
    ['a: 1\r2', "The header 'a' holds control characters."],
    ['a: 1\u00002', "The header 'a' holds control characters."],
  ])('are refused: %j', (line, message) => {
    expect(refusal(() => part(`b: 1\r\n${line}\r\n\r\n`))).toEqual({ code: 'malformedBatch', message });
  });

  it('are refused where they are not in UTF-8, which the body need not be', () => {
    const bytes = Buffer.from('A: \u00fc\r\n\r\n\u00fc', 'latin1');
    expect(refusal(() => readPart(bytes))).toEqual({
      code: 'malformedBatch',
      message: 'A header of a part is not in UTF-8.',
    });
    expect(readPart(Buffer.from('A: 1\r\n\r\n\u00fc', 'latin1')).body).toEqual(Buffer.from([0xfc]));
  });

  it('keep the bytes of a body apart from theirs, however many bytes a character has', () => {
    expect(part('A: \u20ac\r\n\r\n\u20ac')).toEqual({ headers: { a: '\u20ac' }, body: '\u20ac' });
  });

  it('may have 65536 bytes with the blank line, and no more', () => {
    const ofLength = (length: number): string => `a: ${'x'.repeat(length - 'a: \r\n\r\n'.length)}\r\n\r\n`;
    expect(part(`${ofLength(65_536)}body`).body).toBe('body');
    const message = 'The headers of a part have more than 65536 bytes.';
    expect(refusal(() => part(`${ofLength(65_537)}body`))).toEqual({ code: 'headersTooLarge', message });
    expect(refusal(() => part(`a: ${'x'.repeat(65_534)}`))).toEqual({ code: 'headersTooLarge', message });
    expect(part(`a: ${'x'.repeat(65_533)}`).headers.a).toHaveLength(65_533);
  });
});

describe('a request in a part', () => {
  it.each<[line: string, method: string, url: string]>([
    ['GET a HTTP/1.1', 'GET', 'a'],
    ['GET a HTTP/2', 'GET', 'a'],
    ['GET a http/1.0', 'GET', 'a'],
    ['GET a', 'GET', 'a'],
    ['GET a  ', 'GET', 'a'],
    ['get \t a \t HTTP/1.1 ', 'GET', 'a'],
    ['PATCH /s/a(1)?$filter=b%20eq%201 HTTP/1.1', 'PATCH', '/s/a(1)?$filter=b%20eq%201'],
    ['GET https://h.example/a HTTP/1.1', 'GET', 'https://h.example/a'],
    // Clients forget to encode blanks.
    ['GET a?$filter=b eq 1 HTTP/1.1', 'GET', 'a?$filter=b eq 1'],
    ['GET a?$filter=b eq 1', 'GET', 'a?$filter=b eq 1'],
    ['GET a HTTP/11', 'GET', 'a HTTP/11'],
    ['GET HTTP/1.1', 'GET', 'HTTP/1.1'],
    ['M-SEARCH * HTTP/1.1', 'M-SEARCH', '*'],
  ])('of the line %j', (line, method, url) => {
    expect(request(`${line}\r\n\r\n`)).toEqual({ method, url, headers: {}, body: '' });
    expect(request(line)).toEqual({ method, url, headers: {}, body: '' });
  });

  it.each(['', 'GET', 'GET ', ' GET a', 'G(T a', 'GÉT a', 'HTTP/1.1', '{"a": 1}', 'GET\r a', 'GET a\rb'])(
    'is refused with the line %j',
    (line) => {
      const message = `'${line}' is no request line.`;
      expect(refusal(() => request(`${line}\r\nA: 1\r\n\r\n`))).toMatchObject({
        code: 'malformedBatch',
        message: line === '' ? "'A: 1' is no request line." : message,
      });
    },
  );

  it.each<[title: string, text: string, headers: Record<string, string>, body: string]>([
    ['has headers and a body', 'POST a\r\nX:1\r\n\r\nbody', { x: '1' }, 'body'],
    ['may have lines that end with line feeds', 'POST a\nX: 1\n\nbody', { x: '1' }, 'body'],
    ['may have a body that is not preceded by headers', 'POST a HTTP/1.1\r\n\r\nbody', {}, 'body'],
    ['may begin with blank lines', '\r\n\n\r\nPOST a\r\nX: 1\r\n\r\nbody', { x: '1' }, 'body'],
    ['keeps blank lines around a body without a length', 'POST a\r\n\r\n\r\nbody\r\n\r\n', {}, '\r\nbody\r\n\r\n'],
    ['has no body where there are blank lines only', 'POST a\r\n\r\n\r\n\n\r\n', {}, ''],
    [
      'has no more of a body than its length where blank lines follow',
      'POST a\r\nContent-Length: 4\r\n\r\nbody\r\n\r\n',
      { 'content-length': '4' },
      'body',
    ],
    [
      'keeps the blank lines that its length counts',
      'POST a\r\nContent-Length: 6\r\n\r\nbody\r\n\r\n',
      { 'content-length': '6' },
      'body\r\n',
    ],
    [
      'keeps all of a body that is longer than its length',
      'POST a\r\nContent-Length: 3\r\n\r\nbody',
      { 'content-length': '3' },
      'body',
    ],
    [
      'keeps all of a body that is shorter than its length',
      'POST a\r\nContent-Length: 10\r\n\r\nbody\r\n',
      { 'content-length': '10' },
      'body\r\n',
    ],
    [
      'keeps all of a body whose length is no number',
      'POST a\r\nContent-Length: x\r\n\r\nbody\r\n',
      { 'content-length': 'x' },
      'body\r\n',
    ],
    [
      'may say that its body is not encoded',
      'POST a\r\nTransfer-Encoding: Identity\r\n\r\nbody',
      { 'transfer-encoding': 'Identity' },
      'body',
    ],
  ])('%s', (_, text, headers, body) => {
    expect(request(text)).toMatchObject({ method: 'POST', url: 'a', headers, body });
  });

  it.each(['chunked', 'identity, chunked', 'gzip', ''])('is refused with the Transfer-Encoding %j', (encoding) => {
    const message = 'A request of a batch cannot have a Transfer-Encoding.';
    const text = `POST a\r\nTransfer-Encoding: ${encoding}\r\n\r\nbody`;
    expect(refusal(() => request(text))).toEqual({ code: 'malformedBatch', message });
  });
});

describe('an answer in a part', () => {
  it.each([
    ['content-type', 'Content-Type'],
    ['etag', 'ETag'],
    ['odata-version', 'OData-Version'],
    ['odata-entityid', 'OData-EntityId'],
    ['www-authenticate', 'WWW-Authenticate'],
    ['x-a-b1', 'X-A-B1'],
    ['location', 'Location'],
  ])('names %s as %s', (name, spelling) => {
    expect(headerSpelling(name)).toBe(spelling);
  });

  it('has a line for each header', () => {
    expect(writeHeaders({})).toBe('');
    expect(writeHeaders({ etag: 'W/"1"', 'content-id': 'a: b' })).toBe('ETag: W/"1"\r\nContent-Id: a: b\r\n');
  });

  it('has a status line, and the length of its body in bytes', () => {
    const answer = { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.from('\u20ac') };
    const expected = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n\u20ac';
    expect(writeHttpAnswer(answer).toString()).toBe(expected);
  });

  it('without a body names no length', () => {
    const answer = { status: 204, headers: {}, body: Buffer.alloc(0) };
    expect(writeHttpAnswer(answer).toString()).toBe('HTTP/1.1 204 No Content\r\n\r\n');
  });

  it('of a status that nobody knows has a reason all the same', () => {
    expect(writeHttpAnswer({ status: 299, headers: {}, body: Buffer.alloc(0) }).toString()).toBe(
      'HTTP/1.1 299 Unknown\r\n\r\n',
    );
  });
});

describe('a request line of nothing but blanks', () => {
  it.each([
    ['an end of line of another system', `GET${' '.repeat(60_000)}\rx`],
    ['two words', `GET x${' '.repeat(60_000)}y`],
    ['a line separator', `GET${'\t'.repeat(60_000)}\u2028`],
  ])('is read as fast as any other of its length: %s', (_, line) => {
    // Each of these was one for which an expression that goes back took minutes: the test would not end.
    const read = (): unknown => readHttpRequest(Buffer.from(`${line}\r\n\r\n`));
    if (line.endsWith('y')) expect(read()).toMatchObject({ method: 'GET' });
    else expect(read).toThrow('no request line');
  });
});

describe('a header that goes on in the next line', () => {
  it.each(['a: 1\r\n 2\rX: y\r\n\r\n', 'a: 1\r\n 2\0\r\n\r\n'])('holds no control characters: %j', (text) => {
    expect(() => readPart(Buffer.from(text))).toThrow("The header 'a' holds control characters.");
  });
});
