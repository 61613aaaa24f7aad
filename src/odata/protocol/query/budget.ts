import { ODataError } from '../odata-error.js';

/** Nodes that the expressions of one request may have, computed properties and aliases written out. */
const mostNodes = 10_000;

/**
 * What one request may cost. Computed properties and aliases can each name another one twice: without a bound, a short URL
 * becomes a statement of any length.
 */
export class Budget {
  #spent = 0;

  get spent(): number {
    return this.#spent;
  }

  /** @throws ODataError 400 where the request has used up what it may */
  spend(nodes: number, subject: string): void {
    this.#spent += nodes;
    if (this.#spent <= mostNodes) return;
    throw new ODataError('invalidQueryOption', `The query is too complex: more than ${mostNodes} parts, written out.`, {
      target: subject,
    });
  }
}
