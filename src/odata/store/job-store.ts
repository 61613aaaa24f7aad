import type { JsonObject } from '../protocol/json/json-value.js';

/** A request that is processed later than it is answered, and whose it is. */
export interface NewJob {
  readonly id: string;
  readonly tenant: string;
  /** Whoever asked for it, in a form that tells users and applications apart. */
  readonly caller: string;
  /** What is to be done, and on whose behalf; only whoever runs jobs knows its form. */
  readonly request: JsonObject;
}

/** A job as it is kept. */
export interface StoredJob extends NewJob {
  /** What came of it; undefined while it is not finished. */
  readonly answer: JsonObject | undefined;
}

/** Which process holds a job, and until when: then any other one may take it. */
export interface Lease {
  readonly holder: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/**
 * Jobs that survive the process. A job is held by one process at a time, which renews its lease while it lives.
 * Inside of `AggregateStore.atomically` every method belongs to that transaction.
 */
export interface JobStore {
  /** Adds a job, held by this process; after that it survives a power cut. */
  add(job: NewJob, lease: Lease): Promise<void>;
  find(id: string): Promise<StoredJob | undefined>;
  /** Those of some jobs that were not removed. */
  kept(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** How many of a caller's jobs are not finished. */
  countUnfinished(tenant: string, caller: string): Promise<number>;
  /** Bytes of the results that are kept of a caller, and of all. */
  resultBytes(tenant: string, caller: string): Promise<{ readonly own: number; readonly all: number }>;
  /** Takes the oldest job that is not finished and nobody holds any more. */
  claim(lease: Lease): Promise<StoredJob | undefined>;
  /** Counts an attempt, before it is made; undefined where the job was canceled or is another process's. */
  begin(id: string, holder: string): Promise<number | undefined>;
  /** Goes on holding jobs. */
  renew(ids: readonly string[], lease: Lease): Promise<void>;
  /** Notes what came of a job, whose request is forgotten; false where it was canceled, finished before, or taken by another process. */
  finish(id: string, holder: string, answer: JsonObject): Promise<boolean>;
  /**
   * Removes a job that is not finished, so that whoever runs it cannot finish it; false where there is none.
   * @param begun whether also where an attempt was begun
   */
  cancel(id: string, begun: boolean): Promise<boolean>;
  /** Removes a job, finished or not. */
  remove(id: string): Promise<void>;
  /** Removes the oldest results of a caller, but so many. */
  keepResults(tenant: string, caller: string, most: number): Promise<void>;
  /** Removes jobs that were finished before a time, in milliseconds since 1970. */
  purge(before: number): Promise<void>;
}
