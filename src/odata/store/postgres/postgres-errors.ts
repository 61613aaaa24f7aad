import { DatabaseError } from 'pg';
import { ODataError } from '../../protocol/odata-error.js';
import { StoreUnavailableError } from '../aggregate-store.js';
import { tookTooLong } from '../ended.js';
import { isTooMuch } from './bounded-statement.js';

/** What an error of a statement means for it, and for its connection. */
export type Verdict =
  /** It was undone, and may be sent again: it lost against another one. */
  | 'conflict'
  /** It was not run: the server takes no writes, or no statements any more. Another connection may. */
  | 'elsewhere'
  /** The connection broke; nobody knows whether it was run. */
  | 'lost'
  /** Sending it again would end in the same way. */
  | 'final';

/**
 * SQLSTATE codes (PostgreSQL documentation, Appendix A), by code or class. `57P01` to `57P03`: shut down, crashed, starting;
 * `25006`: a standby; `26000`, `42P05` and `0A000` (a cached plan whose result changed): the prepared statement is of no use.
 */
const verdicts: Readonly<Record<string, Verdict>> = {
  '40001': 'conflict',
  '40P01': 'conflict',
  '55P03': 'conflict',
  '25006': 'elsewhere',
  '26000': 'elsewhere',
  '42P05': 'elsewhere',
  '0A000': 'elsewhere',
  '57P03': 'elsewhere',
  '57P01': 'lost',
  '57P02': 'lost',
  '08': 'lost',
};

/** Judges what a statement failed with. */
export function verdictOn(error: Error): Verdict {
  if (!(error instanceof DatabaseError)) return 'lost';
  const { code = '' } = error;
  return verdicts[code] ?? verdicts[code.slice(0, 2)] ?? 'final';
}

/** Whether a prepared statement is missing, or there already, where this session would have it otherwise. */
export function isOfAnotherSession(error: Error): boolean {
  return error instanceof DatabaseError && (error.code === '26000' || error.code === '42P05');
}

/** Classes of errors that a passing state of the server causes: no connection, no resources, no writable disk, stopping. */
const passing = /^(?:08|53|57P|58|25006|40|55P03|XX)/;

/** Ended for the time that it took: a statement, a transaction that did nothing, and one as a whole. */
const tooLong: ReadonlySet<string> = new Set(['57014', '25P03', '25P04']);

/** The error that a client of the store sees. */
export function storeError(error: Error): Error {
  if (error instanceof ODataError) return error;
  if (!(error instanceof DatabaseError)) return new StoreUnavailableError(error);
  const { code = '' } = error;
  if (tooLong.has(code)) return tookTooLong(error);
  if (passing.test(code)) return new StoreUnavailableError(error);
  if (isTooMuch(error)) {
    return new ODataError('tooMuchData', 'The request makes, or asks for, more data than one may.', { cause: error });
  }
  // What a query computes leaves the range of its type, or is no value of it.
  if (code.startsWith('22')) {
    return new ODataError('invalidQueryOption', `The query computes what has no value: ${error.message}.`, {
      cause: error,
    });
  }
  if (code.startsWith('54')) {
    return new ODataError('invalidQueryOption', 'The query is too complex for the database.', { cause: error });
  }
  return error;
}
