import { HttpException } from '@nestjs/common';
import { type ErrorCode, errorCodes, generalCode } from '../odata/error-codes.js';
import { ODataError } from '../odata/odata-error.js';
import type { ErrorToWrite } from '../odata/payload/write-error.js';

/** An error on its way to the client, and the headers that belong to it. */
export interface ErrorAnswer extends ErrorToWrite {
  readonly headers: Readonly<Record<string, string>>;
}

/** The errors that Fastify and Node raise before a handler runs: `[code here, message for the client]`. */
const frameworkErrors: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['bodyTooLarge', 'The request body is larger than the service reads.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['mediaTypeNotSupported', 'The request body must be application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['malformedRequest', 'The body is not as long as Content-Length says.'],
  FST_ERR_BAD_URL: ['malformedUrl', 'The path of the URL is not well-formed.'],
  ECONNRESET: ['malformedRequest', 'The request ended before its body was complete.'],
};

function known(code: ErrorCode, message: string): ErrorAnswer {
  return { status: errorCodes[code][0], code, message, details: [], headers: {} };
}

/** Whatever was thrown, as an answer that tells a developer what to mend and nobody what is inside. */
export function toErrorAnswer(error: unknown): ErrorAnswer {
  if (error instanceof ODataError) {
    const { status, code, message, target, details, headers } = error;
    return { status, code, message, target, details, headers };
  }
  const framework = frameworkErrors[(error as { code?: string } | null)?.code ?? ''];
  if (framework !== undefined) return known(...framework);
  if (error instanceof HttpException && error.getStatus() === 404) {
    return known('resourceNotFound', 'There is no resource at this URL.');
  }
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number } | null)?.statusCode;
  if (status !== undefined && status >= 400 && status < 500) {
    return { status, message: `The request cannot be served: ${generalCode(status)}.`, details: [], headers: {} };
  }
  return known('internalServerError', 'Something failed inside the service. Its log has more under the request-id.');
}
