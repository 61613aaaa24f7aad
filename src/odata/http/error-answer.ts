import { type ErrorCode, errorCodes, generalCode } from '../protocol/error-codes.js';
import { ODataError } from '../protocol/odata-error.js';
import type { ErrorToWrite } from '../protocol/payload/write-error.js';

/** An error on its way to the client, and the headers that belong to it. */
export interface ErrorAnswer extends ErrorToWrite {
  readonly headers: Readonly<Record<string, string>>;
}

/** What the framework refuses by itself before a handler runs, by status. */
const frameworkErrors: Readonly<Record<number, readonly [code: ErrorCode, message: string]>> = {
  400: ['malformedRequest', 'The request is not well-formed HTTP.'],
  404: ['resourceNotFound', 'There is no resource at this URL.'],
  413: ['bodyTooLarge', 'The request body is larger than the service reads.'],
  414: ['urlTooLong', 'The URL is longer than the service reads.'],
  415: ['mediaTypeNotSupported', 'The request body must be application/json.'],
};

function statusOf(error: unknown): number {
  const { status, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const found = [status, statusCode].find((value) => typeof value === 'number' && value >= 400 && value < 500);
  return found === undefined ? 500 : (found as number);
}

function known(code: ErrorCode, message: string): ErrorAnswer {
  return { status: errorCodes[code][0], code, message, details: [], headers: {} };
}

/** Whatever was thrown, as an answer that tells a developer what to mend and nobody what is inside. */
export function toErrorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof ODataError) {
    const { status, code, message, target, position, details, headers } = error;
    return { status, code, message, target, position, details, headers };
  }
  const status = statusOf(error);
  const framework = frameworkErrors[status];
  if (framework !== undefined) return known(...framework);
  if (status === 500) {
    return known('internalServerError', 'Something failed inside the service. Its log has more under the request-id.');
  }
  return { status, message: `The request cannot be served: ${generalCode(status)}.`, details: [], headers: {} };
}
