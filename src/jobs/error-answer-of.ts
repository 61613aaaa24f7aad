import { randomUUID } from 'node:crypto';
import { toErrorAnswer } from '../http/error-answer.js';
import type { InternalAnswer } from '../http/internal-request.js';
import { contentType, defaultFormat } from '../http/negotiate-format.js';
import { lenientVersion } from '../http/negotiate-version.js';
import { writeError } from '../odata/payload/write-error.js';
import type { JobRequest } from './job-request.js';

/** The error response of a job that could not be processed to its end. */
export function errorAnswerOf(error: unknown, { request: { headers } }: JobRequest): InternalAnswer {
  const { headers: own, ...answer } = toErrorAnswer(error);
  const version = lenientVersion(headers['odata-maxversion']);
  const requestId = randomUUID();
  const clientRequestId = headers['client-request-id'];
  return {
    status: answer.status,
    headers: {
      ...own,
      'content-type': contentType(defaultFormat, version),
      'content-language': 'en',
      'odata-version': version,
      'request-id': requestId,
    },
    body: Buffer.from(writeError(answer, { requestId, clientRequestId, date: new Date() })),
  };
}
