import type { DatabaseError } from 'pg';
import type { Statement } from '../sql/parameters.js';

/** What is no number, so that the cast of it fails and says so: there is no other way to fail in an expression. */
const marker = 'tooMuchData';

/** An expression that fails, of type `text`. @param value an expression, without which it would fail before it is asked for */
export function tooMuch(value: string): string {
  return `((left(${value}::text, 0) || '${marker}')::integer::text)`;
}

/** Whether a statement failed because it has, or makes, more data than one may. */
export function isTooMuch({ code, message }: DatabaseError): boolean {
  return code === '22P02' && message.includes(marker);
}

/**
 * A statement that sends no more than it may. The rows of a page come in their order through the window, whose frame ends
 * before the row before: where that has filled the page it is the last one. What writes fails as a whole.
 */
export function bounded(statement: Statement): Statement {
  const { text, page, mostBytes } = statement;
  if (page !== undefined) {
    const bytes = page.columns.map((column) => `coalesce(octet_length(${column}::text), 0)`).join(' + ');
    const counted = `SELECT page.*, sum(${bytes}) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING) AS before`;
    const all = `${counted} FROM (${text}) AS page`;
    return { ...statement, text: `SELECT * FROM (${all}) AS page WHERE before IS NULL OR before < ${page.bytes}` };
  }
  if (mostBytes === undefined) return statement;
  const fits = `CASE WHEN (SELECT sum(octet_length(document)) FROM done) <= ${mostBytes} THEN 0
    ELSE ${tooMuch('document')}::integer END = 0`;
  return { ...statement, text: `WITH done AS (${text}) SELECT * FROM done WHERE ${fits}` };
}
