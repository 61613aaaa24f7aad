import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boundaryOf, MultipartParser } from './multipart-parser.js';

/** The parts of a body that arrives in chunks. */
function partsOf(chunks: readonly (string | Uint8Array)[], boundary = 'b', limit = 10_000): string[] {
  const parser = new MultipartParser(boundary, limit);
  const parts = chunks.flatMap((chunk) => parser.push(Buffer.from(chunk as string)));
  parser.end();
  return parts.map((part) => part.toString());
}

/** Chunks of one byte each. */
const byteByByte = (text: string): string[] => Array.from(text);

/** A body that has every form of a line that may be met. */
const body = [
  'preamble --b',
  ' --b',
  '--bb',
  '--b',
  'A: 1',
  '',
  'one --b--',
  '--b \t ',
  '',
  '--b',
  '--b',
  '--bx',
  '--b-',
  '--b-x',
  '-- b',
  '--',
  '',
  '--b--epilogue',
  '--b',
  'no part',
  '--b--',
].join('\r\n');
const parts = ['A: 1\r\n\r\none --b--', '', '', '--bx\r\n--b-\r\n--b-x\r\n-- b\r\n--\r\n'];

describe('the parts of a multipart body', () => {
  it('are what stands between the lines of delimiters, without preamble and epilogue', () => {
    expect(partsOf([body])).toEqual(parts);
  });

  it('are the same wherever the body is cut in two', () => {
    for (let at = 0; at <= body.length; at++) expect(partsOf([body.slice(0, at), body.slice(at)])).toEqual(parts);
  });

  it('are the same where the body comes byte by byte', () => {
    expect(partsOf(byteByByte(body))).toEqual(parts);
  });

  it('are the same whatever the chunks and the ends of lines', () => {
    const line = fc.constantFrom('', 'a', '-', '--', '--b-', '--bb', '---b', 'x--b', ' --b', '\r', '--B', 'ü');
    const content = fc.tuple(fc.array(line, { maxLength: 4 }), fc.constantFrom('\n', '\r\n'));
    const texts = content.map(([lines, end]) => lines.join(end));
    const end = fc.constantFrom('\n', '\r\n', ' \n', '\t\r\n');
    const closing = fc.constantFrom('', '\r\n', 'x', '\n--b\n');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(texts, end), { maxLength: 4 }),
        fc.tuple(end, closing),
        fc.array(fc.nat(200), { maxLength: 5 }),
        (all, [first, last], cuts) => {
          const written = all.map(([text, lineEnd]) => `${text}\r\n--b${lineEnd}`).join('');
          const bytes = Buffer.from(`--b${first}${written}last\n--b--${last}`);
          const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
          const chunks = at.slice(1).map((stop, index) => bytes.subarray(at[index], stop));
          expect(partsOf(chunks)).toEqual([...all.map(([text]) => text), 'last']);
        },
      ),
    );
  });

  it('come with the chunk that they end in', () => {
    const parser = new MultipartParser('b', 100);
    const given = ['--b\r\none', '\r\n--b', '\r', '\ntwo\r\n--b\r\nthree\r\n--b-', '-', 'rest'].map((chunk) =>
      parser.push(Buffer.from(chunk)).map((part) => part.toString()),
    );
    expect(given).toEqual([[], [], [], ['one', 'two'], ['three'], []]);
  });

  it.each<[title: string, body: string, parts: string[]]>([
    ['there is none between the first delimiter and the closing one', '--b--', []],
    ['an empty one has no line', '--b\r\n--b--', ['']],
    ['one blank line is an empty one', '--b\r\n\r\n--b--', ['']],
    ['a line end of its own stays', '--b\r\na\r\n\r\n--b--', ['a\r\n']],
    ['line feeds alone end lines', '--b\na\n\nb\n--b--', ['a\n\nb']],
    ['a carriage return alone ends none', '--b\ra\r--b--\n--b\nc\n--b--', ['c']],
    ['a delimiter in the midst of a line is none', '--b\r\na--b\r\n--b--', ['a--b']],
    ['one whose closing dashes are followed by a text closes', '--b\r\na\r\n--b--c', ['a']],
    ['blanks behind a delimiter belong to it', '--b\t \r\na\r\n--b \nc\r\n--b--', ['a', 'c']],
    ['blanks before the closing dashes do not close', '--b\r\na\r\n--b --\r\n--b--', ['a\r\n--b --']],
  ])('%s', (_, text, expected) => {
    expect(partsOf([text])).toEqual(expected);
    expect(partsOf(byteByByte(text))).toEqual(expected);
  });

  it.each([
    [1023, ['a', 'c']],
    [1024, ['a', 'c']],
    [1025, [`a\r\n--b${' '.repeat(1025)}\r\nc`]],
  ])('%i blanks behind a delimiter are as many as may stand there, or not', (blanks, expected) => {
    const text = `--b\r\na\r\n--b${' '.repeat(blanks)}\r\nc\r\n--b--`;
    expect(partsOf([text])).toEqual(expected);
    expect(partsOf(byteByByte(text))).toEqual(expected);
  });

  it('a delimiter with many blanks is met behind a long preamble that comes in pieces', () => {
    const text = `${'x'.repeat(5000)}\n--b${' '.repeat(1024)}\r\na\r\n--b--`;
    expect(partsOf(byteByByte(text))).toEqual(['a']);
  });

  it('are the same where more comes than is kept at one time', () => {
    const many = Array.from({ length: 400 }, (_, index) => String(index).repeat(50));
    const text = `--b\r\n${many.map((one) => `${one}\r\n--b\r\n`).join('')}--b--`;
    const chunks = Array.from({ length: Math.ceil(text.length / 997) }, (_, at) =>
      text.slice(at * 997, (at + 1) * 997),
    );
    expect(partsOf(chunks)).toEqual([...many, '']);
  });

  it('may be long', () => {
    const half = 'x'.repeat(50_000);
    expect(partsOf(['--b\r\n', half, half, '\r\n--b--'], 'b', 200_000)).toEqual([half + half]);
  });

  it('any bytes can stand in a part', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const parser = new MultipartParser('b', 1000);
    const given = parser.push(Buffer.concat([Buffer.from('--b\r\n'), bytes, Buffer.from('\r\n--b--')]));
    expect(given).toEqual([Buffer.from(bytes)]);
  });

  it('a boundary may hold characters that mean something elsewhere', () => {
    const boundary = "-(a.*)+'b--/:=?_, c";
    expect(partsOf([`--${boundary}\r\n--(aXX)\r\n--${boundary}--`], boundary)).toEqual(['--(aXX)']);
  });
});

describe('a multipart body', () => {
  const faultOf = (action: () => unknown): unknown => {
    try {
      return action();
    } catch (error) {
      return { code: (error as { code: string }).code, message: (error as Error).message };
    }
  };

  it.each(['', 'nothing', '--c\r\n--c--', '--b', '--b-', 'x--b--', '--bb\r\n'])(
    'without a delimiter is refused: %j',
    (text) => {
      const message = "The body has no boundary delimiter '--b'.";
      expect(faultOf(() => partsOf([text]))).toEqual({ code: 'malformedBatch', message });
    },
  );

  it.each(['--b\r\n', '--b\r\na', '--b\r\na\r\n--b\r\n', '--b\r\na\r\n--b', '--b\r\na\r\n--b-', '--b\r\na --b--'])(
    'that ends before its closing delimiter is refused: %j',
    (text) => {
      const message = "The body ends without its closing delimiter '--b--'.";
      expect(faultOf(() => partsOf([text]))).toEqual({ code: 'malformedBatch', message });
    },
  );

  it.each([
    ['in one chunk', (text: string) => [text]],
    ['byte by byte', byteByByte],
  ])('has parts of no more than the limit, %s', (_, chunksOf) => {
    const withParts = (...sizes: number[]): string[] =>
      chunksOf(`--b\r\n${sizes.map((size) => `${'x'.repeat(size)}\r\n--b\r\n`).join('')}\r\n--b--`);
    expect(partsOf(withParts(1900, 1900, 1900), 'b', 2000).map(({ length }) => length)).toEqual([1900, 1900, 1900, 0]);
    const tooLarge = { code: 'bodyTooLarge', message: 'A part of the batch has more than 2000 bytes.' };
    expect(faultOf(() => partsOf(withParts(1, 2001), 'b', 2000))).toEqual(tooLarge);
  });

  it('is refused as soon as a part is far beyond the limit, though it has not ended', () => {
    const parser = new MultipartParser('b', 100);
    parser.push(Buffer.from('--b\r\n'));
    expect(faultOf(() => parser.push(Buffer.alloc(5000)))).toMatchObject({ code: 'bodyTooLarge' });
  });

  it('may have a preamble and an epilogue beyond the limit', () => {
    const long = 'x'.repeat(5000);
    expect(partsOf([long, long, `${long}\r\n--b\r\na\r\n--b--`, long, long], 'b', 100)).toEqual(['a']);
  });
});

describe('the boundary that a media type names', () => {
  it.each(['b', 'a b', "'()+_,-./:=?", 'x'.repeat(70), ' b', '"'])('may be %j', (boundary) => {
    expect(boundaryOf(new Map([['boundary', boundary]]))).toBe(boundary);
  });

  it.each([undefined, '', ' ', 'b ', 'x'.repeat(71), 'a\tb', 'a\r\nb', 'ü', 'a\u007fb'])(
    'may not be %j',
    (boundary) => {
      const parameters = new Map(boundary === undefined ? [] : [['boundary', boundary]]);
      expect(() => boundaryOf(parameters)).toThrow('needs a boundary of 1 to 70 characters');
    },
  );
});

describe('the bound of a part', () => {
  const body = (size: number, end: string): string => `--b${end}${'x'.repeat(size)}${end}--b--`;

  it.each([
    ['at once', '\n', (text: string) => [text]],
    ['at once', '\r\n', (text: string) => [text]],
    ['byte by byte', '\n', byteByByte],
    ['byte by byte', '\r\n', byteByByte],
  ])('is exact where it arrives %s, with lines that end in %j', (_, end, chunks) => {
    expect(partsOf(chunks(body(100, end)), 'b', 100)).toHaveLength(1);
    expect(() => partsOf(chunks(body(101, end)), 'b', 100)).toThrow();
  });
});
