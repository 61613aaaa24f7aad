import { randomUUID } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { answerInside, errorAnswerOf, type InternalAnswer } from '../http/internal-request.js';
import { lenientVersion } from '../protocol/headers/negotiate-version.js';
import { Settings } from '../options.js';
import { ODataError } from '../protocol/odata-error.js';
import { AggregateStore } from '../store/aggregate-store.js';
import type { Lease, StoredJob } from '../store/job-store.js';
import { callerName, type JobRequest, keepAnswer, keepRequest, keptRequest } from './job-request.js';

/** How often a job is begun: what has taken as many processes with it is given up. */
const mostAttempts = 3;

/** Results that are kept of one caller; older ones are forgotten. */
const mostResults = 100;

/** Undoes the work of a job: its answer says that it failed. */
class FailedError extends Error {
  constructor(readonly answer: InternalAnswer) {
    super('The request of a job failed');
  }
}

/** Undoes the work of a job that was canceled, or is another process's now. */
class LostError extends Error {}

/** A job that this process holds. */
interface HeldJob extends StoredJob {
  readonly finished: Promise<void>;
  readonly finish: () => void;
  isCanceled: boolean;
}

/**
 * Runs jobs: requests that are processed later than they are answered (OData 4.01 Protocol 11.6). Each is kept in the
 * store before it is accepted, and held by one process at a time; those of a process that ends are taken up by another.
 * A modification and the note of its result are one transaction: it is done once, or, where it is canceled, not at all.
 */
@Injectable()
export class JobRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger(JobRunner.name);
  readonly #holder = randomUUID();
  readonly #waiting: HeldJob[] = [];
  readonly #running = new Map<string, HeldJob>();
  #timer: NodeJS.Timeout | undefined;
  #cancellations: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(
    private readonly settings: Settings,
    private readonly store: AggregateStore,
    private readonly host: HttpAdapterHost,
  ) {}

  /** Requests that are worked on and that wait in this process. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running.size, waiting: this.#waiting.length };
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => void this.#tend(), (this.settings.asynchronous.lease * 1000) / 3);
    this.#timer.unref();
    this.#cancellations = setInterval(() => void this.#lookForCancellations(), 1000).unref();
    void this.#tend();
  }

  /** What runs may end; what waits is left to others, or to the next start. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    clearInterval(this.#cancellations);
    const waiting = this.#waiting.splice(0).map(({ id }) => id);
    // Where the store does not answer they wait for the end of their lease.
    await this.store.jobs.renew(waiting, { holder: this.#holder, until: 0 }).catch(() => undefined);
    await Promise.all([...this.#running.values()].map(({ finished }) => finished));
  }

  #lease(): Lease {
    return { holder: this.#holder, until: Date.now() + this.settings.asynchronous.lease * 1000 };
  }

  /**
   * Takes a request over: after that it will be processed, whatever becomes of this process.
   * @returns its id, and when it is finished here
   * @throws ODataError 429 where its caller has too many already, 503 where the process has
   */
  async accept(job: JobRequest): Promise<{ readonly id: string; readonly finished: Promise<void> }> {
    const { caller } = job;
    const name = callerName(caller);
    const { perCaller: most, waiting: mostWaiting } = this.settings.asynchronous;
    if (this.#isStopping || this.#waiting.length >= mostWaiting) {
      throw new ODataError('tooBusy', 'Too many requests wait to be processed.', { headers: { 'retry-after': '10' } });
    }
    if ((await this.store.jobs.countUnfinished(caller.tenant, name)) >= most) {
      throw new ODataError('tooManyJobs', `${most} requests of the caller are being processed already.`, {
        headers: { 'retry-after': '10' },
      });
    }
    await this.store.jobs.keepResults(caller.tenant, name, mostResults);
    await this.#checkRoom(caller.tenant, name);
    const added = { id: randomUUID(), tenant: caller.tenant, caller: name, request: keepRequest(job) };
    await this.store.jobs.add(added, this.#lease());
    const held = this.#hold({ ...added, answer: undefined });
    return { id: held.id, finished: held.finished };
  }

  /** @throws ODataError 429 where the caller, 507 where all together have left no room for results */
  async #checkRoom(tenant: string, name: string): Promise<void> {
    const { resultBytesPerCaller, resultBytesInAll, retention } = this.settings.asynchronous;
    const { own, all } = await this.store.jobs.resultBytes(tenant, name);
    const headers = { 'retry-after': '60' };
    if (own >= resultBytesPerCaller) {
      const message = `${own} bytes of results of the caller are kept, each for ${retention} hours.`;
      throw new ODataError('tooManyResults', message, { headers });
    }
    if (all < resultBytesInAll) return;
    throw new ODataError('noRoomForResults', 'There is no room for more results.', { headers });
  }

  #hold(job: StoredJob): HeldJob {
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const held = { ...job, finished, finish, isCanceled: false };
    this.#waiting.push(held);
    this.#next();
    return held;
  }

  #next(): void {
    while (!this.#isStopping && this.#running.size < this.settings.asynchronous.concurrency) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#running.set(job.id, job);
      void this.#run(job).finally(() => {
        this.#running.delete(job.id);
        job.finish();
        this.#next();
        void this.#takeUp();
      });
    }
  }

  #held(): ReadonlySet<string> {
    return new Set([...this.#waiting, ...this.#running.values()].map(({ id }) => id));
  }

  /** Goes on holding what this process has, forgets old results, and takes up what others left. */
  async #tend(): Promise<void> {
    const { jobs } = this.store;
    try {
      await jobs.renew([...this.#held()], this.#lease());
      await jobs.purge(Date.now() - this.settings.asynchronous.retention * 3_600_000);
    } catch (error) {
      this.#report(error);
    }
    await this.#takeUp();
  }

  async #takeUp(): Promise<void> {
    try {
      while (!this.#isStopping && this.#waiting.length === 0) {
        const job = await this.store.jobs.claim(this.#lease());
        // Where the store was slow, a lease of its own may have ended: it goes on.
        if (job === undefined || this.#held().has(job.id)) return;
        this.#hold(job);
      }
    } catch (error) {
      this.#report(error);
    }
  }

  /** What was canceled through another process ends here too. */
  async #lookForCancellations(): Promise<void> {
    if (this.#running.size === 0) return;
    try {
      const running = [...this.#running.values()];
      const kept = await this.store.jobs.kept(running.map(({ id }) => id));
      for (const job of running) if (!kept.has(job.id)) job.isCanceled = true;
    } catch (error) {
      this.#report(error);
    }
  }

  /** A store that answers nobody now says so elsewhere; the next time may be better. */
  #report(error: unknown): void {
    if (!(error instanceof ODataError)) this.#logger.error(error);
  }

  async #run(job: HeldJob): Promise<void> {
    try {
      const attempt = await this.store.jobs.begin(job.id, this.#holder);
      if (attempt === undefined) return;
      const answer = await this.#answer(job, keptRequest(job.request), attempt);
      if (answer !== undefined && !job.isCanceled)
        await this.store.jobs.finish(job.id, this.#holder, keepAnswer(answer));
    } catch (error) {
      // It stays as it is, and is taken up again when its lease has ended.
      this.#logger.error(error);
    }
  }

  /** What comes of a job; undefined where that was noted already, or is nobody's concern any more. */
  async #answer(job: HeldJob, request: JobRequest, attempt: number): Promise<InternalAnswer | undefined> {
    if (attempt > mostAttempts) return failedAnswer(givenUp('it ended the process each time'), request);
    // A batch is not one transaction: nobody knows how far an attempt came that was cut off.
    if (request.isBatch && attempt > 1) return failedAnswer(givenUp('a part of the batch may be done'), request);
    try {
      if (request.isBatch || isRead(request)) return await this.#execute(job, request);
      return await this.#modify(job, request);
    } catch (error) {
      if (error instanceof LostError) return undefined;
      return error instanceof FailedError ? error.answer : failedAnswer(error, request);
    }
  }

  /** A modification and its result in one transaction; what failed has changed nothing. */
  async #modify(job: HeldJob, request: JobRequest): Promise<undefined> {
    await this.store.atomically(async () => {
      const answer = await this.#execute(job, request);
      if (answer.status >= 400) throw new FailedError(answer);
      if (!(await this.store.jobs.finish(job.id, this.#holder, keepAnswer(answer)))) throw new LostError();
    });
  }

  /** What is answered is kept: an answer that is too large for that is a failure, and undoes what it is about. */
  async #execute(job: HeldJob, { request, caller }: JobRequest): Promise<InternalAnswer> {
    const instance = this.host.httpAdapter.getInstance<FastifyInstance>();
    const { resultBytes } = this.settings.asynchronous;
    const onGathered = (bytes: number): void => {
      if (bytes > resultBytes)
        throw new ODataError('noRoomForResults', `The result has more than ${resultBytes} bytes.`);
    };
    return answerInside(instance, caller, { ...request, onGathered, isAbandoned: () => job.isCanceled });
  }

  /**
   * Cancels a job that is not finished; one that this process runs ends soon, without an effect.
   * @returns false where there is none that can be canceled
   */
  async cancel({ id, request }: StoredJob): Promise<boolean> {
    const running = this.#running.get(id);
    // 11.6: what is canceled must have changed nothing, which nobody can say of a batch that was begun.
    const mayBeRunning = request.isBatch !== true;
    // Its transaction may be what the removal would wait for.
    if (running !== undefined && mayBeRunning) running.isCanceled = true;
    return this.store.jobs.cancel(id, mayBeRunning);
  }
}

function isRead({ request: { method } }: JobRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** The error response of a job that could not be processed to its end. */
function failedAnswer(error: unknown, { request: { headers } }: JobRequest): InternalAnswer {
  return errorAnswerOf(error, {
    version: lenientVersion(headers['odata-maxversion']),
    requestId: randomUUID(),
    clientRequestId: headers['client-request-id'],
  });
}

function givenUp(why: string): ODataError {
  return new ODataError('jobInterrupted', `The request was given up: ${why}.`);
}
