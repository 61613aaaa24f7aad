import { generalCode } from '../error-codes.js';
import type { Fault } from '../odata-error.js';

/** What an error response tells. */
export interface ErrorToWrite {
  readonly status: number;
  /** Specific code, for `innerError.code`; absent where the error is none of this service's own. */
  readonly code?: string;
  readonly message: string;
  readonly target?: string | undefined;
  readonly position?: number | undefined;
  readonly details: readonly Fault[];
}

/** What identifies the request that failed. */
export interface FailedRequest {
  readonly requestId: string;
  readonly clientRequestId?: string | undefined;
  /** Of the trace that it belongs to, where the service traces. */
  readonly traceId?: string | undefined;
  readonly date: Date;
}

/**
 * An error response (OData JSON Format 4.01, 21.1), with Microsoft Graph's spelling of `innerError`. `undefined`
 * members are left out by `JSON.stringify`.
 */
export function writeError(error: ErrorToWrite, request: FailedRequest): string {
  return JSON.stringify({
    error: {
      code: generalCode(error.status),
      message: error.message,
      target: error.target,
      details: error.details.length === 0 ? undefined : error.details,
      innerError: {
        code: error.code,
        position: error.position,
        date: request.date.toISOString().slice(0, 19),
        'request-id': request.requestId,
        'client-request-id': request.clientRequestId,
        'trace-id': request.traceId,
      },
    },
  });
}
