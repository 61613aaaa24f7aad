import { ODataError } from '../odata-error.js';

/** Nodes that the expressions of one request may have, computed properties and aliases written out. */
const mostNodes = 10_000;

/** Transformations of `$apply`, those inside of `concat` too. */
const mostTransformations = 50;

/** How often `concat` may give each entity of the set. */
const mostCopies = 64;

/** Paths in `aggregate` that lead to other values than one of each item, once for each set of groups. */
const mostPaths = 64;

/**
 * What one request may cost. Computed properties and aliases can each name another one twice: without a bound, a short URL
 * becomes a statement of any length.
 */
export class Budget {
  #spent = 0;

  #transformations = 0;

  #paths = 0;

  get spent(): number {
    return this.#spent;
  }

  /** @throws ODataError 400 where the request has used up what it may */
  spend(nodes: number, subject: string): void {
    this.#spent += nodes;
    if (this.#spent <= mostNodes) return;
    throw tooComplex(`more than ${mostNodes} parts, written out`, subject);
  }

  /** @throws ODataError 400 where there are more transformations than one request may have */
  transform(subject: string): void {
    if (++this.#transformations > mostTransformations)
      throw tooComplex(`more than ${mostTransformations} transformations`, subject);
  }

  /** @throws ODataError 400 where more paths are followed than one request may have: each goes through all items once more */
  follow(paths: number, subject: string): void {
    this.#paths += paths;
    if (this.#paths > mostPaths) throw tooComplex(`more than ${mostPaths} paths in aggregate`, subject);
  }

  /** @throws ODataError 400 where what `concat` gives would be too many times the set */
  copy(times: number, subject: string): void {
    if (times > mostCopies) throw tooComplex(`concat gives each entity more than ${mostCopies} times`, subject);
  }
}

function tooComplex(what: string, target: string): ODataError {
  return new ODataError('invalidQueryOption', `The query is too complex: ${what}.`, { target });
}
