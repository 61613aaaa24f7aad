import { AsyncLocalStorage } from 'node:async_hooks';
import { ODataError } from './protocol/odata-error.js';

/** How new what a read shows must be. */
export type Consistency = 'eventual' | 'strong' | 'unsaid';

/** What statements are run for: a store shares its places by callers, and ends what nobody waits for. */
export interface Work {
  /** Who asks, in a form that tells tenants, users and applications apart. */
  readonly callerName: string;
  /** Whether nobody waits for the result any more: the client has gone, the job was canceled. */
  readonly isAbandoned: boolean;
  /** Whether there is so much of it that it is done in turns. */
  readonly isLong?: boolean;
  /**
   * What its reads must show: `eventual` something that was true a moment ago, `strong` what is true now; `unsaid` is what
   * the service says. Where there is none: what is true now.
   */
  readonly consistency?: Consistency;
  /**
   * Takes memory for what was fetched, until its answer is sent.
   * @throws ODataError 429 where the caller has taken too much already, 503 where all of them have
   */
  hold?(bytes: number): void;
}

/** What becomes of work that nobody waits for any more. */
export class AbandonedError extends ODataError {
  constructor() {
    super('storeTimeout', 'Nobody waits for the result any more.');
  }
}

const works = new AsyncLocalStorage<Work>();

/** Runs what a request asks for; the statements in it, however deep, are of that work. */
export function workingFor<T>(work: Work, run: () => T): T {
  return works.run(work, run);
}

/** Who asks now, and for what: nobody by name where it is the service itself. */
export function askingNow(): { readonly work: Work | undefined; readonly callerName: string } {
  const work = works.getStore();
  return { work, callerName: work?.callerName ?? '' };
}

/** The work that a call comes from; undefined where it is the service's own. */
export function currentWork(): Work | undefined {
  return works.getStore();
}
