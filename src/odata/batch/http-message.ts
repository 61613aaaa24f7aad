import { isUtf8 } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
import { ODataError } from '../protocol/odata-error.js';
import type { PartAnswer } from './batch-request.js';

/** Headers by lower-case name, and what follows them. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A request as it stands in a part of the media type `application/http`. */
export interface HttpRequest extends Message {
  readonly method: string;
  readonly url: string;
}

const mostHeaderBytes = 65_536;
const token = /^[!#$%&'*+\-.^_`|~\w]+$/;
const version = /[\t ]HTTP\/\d(?:\.\d)?$/i;
const lineEnd = /[\r\u2028\u2029]/;
/** The blank line behind headers, and a body of nothing but blank lines. */
const blankLine = /\r?\n\r?\n/;
const nothing = Buffer.alloc(0);

function malformed(message: string): ODataError {
  return new ODataError('malformedBatch', message);
}

function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw malformed('A header of a part is not in UTF-8.');
  return bytes.toString('utf8');
}

/** Splits behind the first blank line; where there is none everything is head. */
function split(bytes: Buffer): readonly [head: string, body: Buffer] {
  if (bytes[0] === 0x0a) return ['', bytes.subarray(1)];
  if (bytes[0] === 0x0d && bytes[1] === 0x0a) return ['', bytes.subarray(2)];
  // One character a byte: positions in the text are positions in the bytes.
  const start = bytes.subarray(0, mostHeaderBytes).toString('latin1');
  const match = blankLine.exec(start);
  if (match === null && bytes.length > mostHeaderBytes) {
    throw new ODataError('headersTooLarge', `The headers of a part have more than ${mostHeaderBytes} bytes.`);
  }
  if (match === null) return [textOf(bytes), nothing];
  return [textOf(bytes.subarray(0, match.index)), bytes.subarray(match.index + match[0].length)];
}

/** Fields that stand twice are joined (RFC 9110, 5.3); a line that begins with a blank continues the one before. */
function parseHeaders(lines: readonly string[]): Record<string, string> {
  const headers = Object.create(null) as Record<string, string>;
  let last: string | undefined;
  for (const line of lines) {
    if (line.trim() === '') continue;
    const isContinued = /^[\t ]/.test(line) && last !== undefined;
    if (/[\0\r]/.test(line.trim())) {
      const name = isContinued
        ? last
        : line
            .slice(0, Math.max(0, line.indexOf(':')))
            .trim()
            .toLowerCase();
      throw malformed(`The header '${(name ?? '').slice(0, 80)}' holds control characters.`);
    }
    if (isContinued && last !== undefined) {
      headers[last] = `${headers[last] ?? ''} ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (!token.test(name)) throw malformed(`'${line.slice(0, 80)}' is no header.`);
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
    last = name;
  }
  return headers;
}

/**
 * Reads the headers of a part of a multipart body (RFC 2046, 5.1).
 * @throws ODataError 400
 */
export function readPart(bytes: Buffer): Message {
  const [head, body] = split(bytes);
  return { headers: parseHeaders(head.split(/\r?\n/)), body };
}

function withoutLeadingLines(bytes: Buffer): Buffer {
  let start = 0;
  while (bytes[start] === 0x0a || bytes[start] === 0x0d) start += 1;
  return bytes.subarray(start);
}

/** Clients are careless with blank lines around a body. Where a length is given, it tells which of them belong to it. */
function trimBody(body: Buffer, contentLength: string | undefined): Buffer {
  const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0x0a || byte === 0x0d);
  if (isBlank(body)) return nothing;
  const length = /^\d{1,15}$/.test(contentLength ?? '') ? Number(contentLength) : body.length;
  return isBlank(body.subarray(length)) ? body.subarray(0, length) : body;
}

/** Method and target of a request line, whatever blanks stand in it; each step takes time linear in its length. */
function parseRequestLine(line: string): readonly [method: string, url: string] {
  const at = line.search(/[\t ]/);
  if (at <= 0 || lineEnd.test(line)) return ['', ''];
  const rest = line.slice(at).trim();
  const named = version.exec(rest);
  return [line.slice(0, at), named === null ? rest : rest.slice(0, named.index).trimEnd()];
}

/**
 * Reads a request of the media type `application/http` (RFC 9112, 10.2). The version may be missing.
 * @throws ODataError 400
 */
export function readHttpRequest(bytes: Buffer): HttpRequest {
  const [head, body] = split(withoutLeadingLines(bytes));
  const [first = '', ...lines] = head.split(/\r?\n/);
  const [method, url] = parseRequestLine(first);
  if (!token.test(method) || url === '') throw malformed(`'${first.slice(0, 80)}' is no request line.`);
  const headers = parseHeaders(lines);
  if (headers['transfer-encoding'] !== undefined && !/^identity$/i.test(headers['transfer-encoding'])) {
    throw malformed('A request of a batch cannot have a Transfer-Encoding.');
  }
  return { method: method.toUpperCase(), url, headers, body: trimBody(body, headers['content-length']) };
}

const spellings: Readonly<Record<string, string>> = {
  etag: 'ETag',
  'odata-version': 'OData-Version',
  'odata-entityid': 'OData-EntityId',
  'www-authenticate': 'WWW-Authenticate',
};

/** The usual spelling of the name of a header: there are clients that know no other. */
export function headerSpelling(name: string): string {
  return spellings[name] ?? name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** Lines of headers, each with its end. */
export function writeHeaders(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${headerSpelling(name)}: ${value}\r\n`)
    .join('');
}

/** Writes an answer of the media type `application/http`. */
export function writeHttpAnswer({ status, headers, body }: PartAnswer): Buffer {
  const lengths: Record<string, string> = body.length === 0 ? {} : { 'content-length': String(body.length) };
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n${writeHeaders({ ...headers, ...lengths })}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}
