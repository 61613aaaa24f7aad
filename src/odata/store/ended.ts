import { ODataError } from '../protocol/odata-error.js';
import { AbandonedError } from '../work.js';

/**
 * Milliseconds that a statement may run while others wait for its place, by how often it gave way before. What it has done
 * by then is lost: with times that grow, all that is lost is less than what the last one takes.
 */
export const patience: readonly number[] = [100, 800, 6400];

/** What a statement is that nobody waits for. */
export function abandoned(): ODataError {
  return new AbandonedError();
}

/** What a statement is whose time is over. */
export function tookTooLong(cause?: Error): ODataError {
  return new ODataError('storeTimeout', 'The store took too long. Ask for less.', { cause });
}
