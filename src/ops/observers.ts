import type { RequestObserver, StoreObserver } from '../odata/tools.js';

/** Who is told of requests and statements. */
export type Observer = RequestObserver & StoreObserver;

/** Tells several; undefined where there is nobody, so that nothing is measured. */
export function observers(...given: readonly (Observer | undefined)[]): Observer | undefined {
  const [first, ...others] = given.filter((one) => one !== undefined);
  if (first === undefined || others.length === 0) return first;
  const all = [first, ...others];
  const inner = all.find((one) => one.within !== undefined);
  return {
    began: (request) => all.forEach((one) => one.began(request)),
    ended: (request) => all.forEach((one) => one.ended(request)),
    statement: (statement) => all.forEach((one) => one.statement(statement)),
    committed: (size) => all.forEach((one) => one.committed(size)),
    // One of them traces.
    ...(inner === undefined ? {} : { within: (request, go) => inner.within?.(request, go) }),
  };
}
