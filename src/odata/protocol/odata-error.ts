import { type DomainErrorCode, type ErrorCode, errorCodes } from './error-codes.js';

/** One fault of a request: a specific code, a message for developers, and the place in the request it speaks of. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  /** Path of the faulty value (`recentPositions/0/name`), the name of a header, or of a query option. */
  readonly target?: string;
}

/** What an `ODataError` may carry beside its fault. */
export interface ODataErrorOptions {
  readonly target?: string;
  /** Which character of the target's decoded text is at fault, counted from 1; behind the last one where it ends too early. */
  readonly position?: number;
  /** Every fault found; absent where the error is its only fault. */
  readonly details?: readonly Fault[];
  /** Response headers that belong to the error: `Allow`, `WWW-Authenticate`, `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Targets that are headers and not in a body. */
const ofHeader = /^(?:If-|X-)/;

/**
 * The only exception that crosses the protocol. The exception filter writes it as an OData error response
 * (OData JSON Format 4.01, 21.1); its HTTP status is that of its code.
 */
export class ODataError extends Error {
  override readonly name = 'ODataError';
  readonly code: string;
  readonly status: number;
  readonly target: string | undefined;
  readonly position: number | undefined;
  readonly details: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;

  /** @param code of the engine, or one that a domain declares */
  constructor(code: ErrorCode | DomainErrorCode, message: string, options: ODataErrorOptions = {}) {
    super(message, { cause: options.cause });
    const domain = typeof code === 'string' ? undefined : code;
    this.code = domain?.code ?? (code as ErrorCode);
    this.status = domain?.status ?? errorCodes[code as ErrorCode][0];
    this.target = options.target;
    this.position = options.position;
    this.details = options.details ?? [];
    this.headers = options.headers ?? {};
  }

  /**
   * The same error, as one of a part of the body: what it points at is inside that part, unless it is a header.
   * @param place path of the part, `value/3`
   */
  inside(place: string): ODataError {
    const within = (target: string | undefined): string =>
      target === undefined || target === '' || ofHeader.test(target) ? place : `${place}/${target}`;
    const { code, status, message, headers } = this;
    const details = this.details.map((fault) => ({ ...fault, target: within(fault.target) }));
    return new ODataError({ code, status }, message, { target: within(this.target), details, headers, cause: this });
  }

  /** The same error, as one of an entity that a part of the body stands for. */
  of(place: string): ODataError {
    const { code, status, message, headers, details } = this.inside(place);
    return new ODataError({ code, status }, message, { target: place, details, headers, cause: this });
  }

  /**
   * One error for all faults of a request body.
   * @param faults at least one; the error takes their code where they share it
   */
  static ofFaults(faults: readonly [Fault, ...Fault[]]): ODataError {
    const [first] = faults;
    if (faults.length === 1) {
      const target = first.target === undefined ? {} : { target: first.target };
      return new ODataError(first.code as ErrorCode, first.message, { details: faults, ...target });
    }
    const code = faults.every((fault) => fault.code === first.code) ? (first.code as ErrorCode) : 'invalidBody';
    return new ODataError(code, `The request body has ${faults.length} faults; see details.`, { details: faults });
  }
}

/** The error of a path that leads to nothing. @param path as it was asked for, or of what is missing */
export function noResourceAt(path: string): ODataError {
  return new ODataError('resourceNotFound', `There is no resource at '${path.slice(0, 200)}'.`);
}

/** The error of a method that a resource does not know. @param allowed those that it knows (RFC 9110, 10.2.1) */
export function methodNotAllowed(method: string, allowed: readonly string[]): ODataError {
  const allow = [...new Set(allowed)].sort().join(', ');
  const instead = allow === '' ? 'none' : allow;
  return new ODataError('methodNotAllowed', `The resource does not know the method ${method}. It knows ${instead}.`, {
    headers: { allow },
  });
}
