import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, errorCodes } from '../protocol/error-codes.js';
import { writeError } from '../protocol/payload/write-error.js';

/** What Node says of a request that it cannot read, by the codes of its errors; anything else is malformed. */
const refusals: Readonly<Record<string, readonly [code: ErrorCode, message: string]>> = {
  HPE_HEADER_OVERFLOW: ['headersTooLarge', 'The header fields are larger than the service reads.'],
  method: ['notImplemented', 'The service does not know the method.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['requestTimeout', 'The request did not arrive in time.'],
};
const malformed: readonly [code: ErrorCode, message: string] = [
  'malformedRequest',
  'The request is not well-formed HTTP.',
];

/** What Node's parser gives with its errors: what came last, and how much of it was understood. */
interface ParseError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** Whether a request is one of HTTP, but for a method that nobody knows (RFC 9110, 9.1); others may have come before it. */
function isOfOtherMethod({ code, rawPacket, bytesParsed = 0 }: ParseError): boolean {
  if (code !== 'HPE_INVALID_METHOD' || rawPacket === undefined) return false;
  const start = rawPacket.subarray(0, bytesParsed).lastIndexOf('\n') + 1;
  return /^[\w!#$%&'*+.^`|~-]+ \S+ HTTP\/\d/.test(rawPacket.toString('latin1', start));
}

/** Answers what was so malformed that Node gives no request object: still an OData error, then the connection ends. */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, message] = refusals[isOfOtherMethod(error) ? 'method' : (error.code ?? '')] ?? malformed;
  const [status] = errorCodes[code];
  const requestId = randomUUID();
  const body = writeError({ status, code, message, details: [] }, { requestId, date: new Date() });
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json;odata.metadata=minimal',
    'Content-Language: en',
    'OData-Version: 4.0',
    `request-id: ${requestId}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
