import { ODataError } from '../protocol/odata-error.js';
import {
  type Answered,
  type AnsweredItem,
  type BatchItem,
  type BatchItems,
  type PartAnswer,
  type PartRequest,
  answersOf,
  isError,
  requestsOf,
} from './batch-request.js';
import { Outcomes, type ResolvedRequest } from './outcomes.js';

/** How the requests of a batch are run, and how far. */
export interface BatchRun {
  /** Runs one request as if it had come on its own. */
  execute(request: ResolvedRequest): Promise<PartAnswer>;
  /** The answer of a request that was not run, or whose transaction failed. */
  answerTo(error: unknown): PartAnswer;
  /** Runs work as one transaction, which is undone where it rejects; it may be run again. */
  atomically<T>(work: () => Promise<T>): Promise<T>;
  /** How many items may be under way at one time: 1 keeps the order. */
  readonly concurrency: number;
  readonly stopAtError: boolean;
  /** Bytes of answers that are kept to be referred to. */
  readonly held: number;
  /** Path of the service root. */
  readonly root: string;
  /** Says that nobody waits for the answers any more. */
  readonly signal: AbortSignal;
}

/** Undoes a group. */
class GroupFailed extends Error {
  constructor(readonly blamed: Answered) {
    super('A request of the group failed');
  }
}

function hasFailed(item: AnsweredItem): boolean {
  return item.kind === 'failed group' || (item.kind === 'single' && isError(item.answer.status));
}

/** Runs the items of one batch, each once what it depends on has ended. */
class Runner {
  readonly #outcomes: Outcomes;
  readonly #ended = new Map<string, Promise<unknown>>();
  /** What gives back the memory of answers, those that later requests may refer to among them. */
  readonly #releases = new Set<() => void>();
  readonly #kept = new Set<() => void>();
  #isOver = false;

  constructor(private readonly run: BatchRun) {
    this.#outcomes = new Outcomes(run.held, run.root);
  }

  #hold(release: () => void, isKept: boolean): void {
    if (this.#isOver) {
      release();
      return;
    }
    this.#releases.add(release);
    if (isKept) this.#kept.add(release);
  }

  /** The answers of an item have been written. */
  written(item: AnsweredItem): void {
    for (const { release } of answersOf(item)) {
      if (release === undefined || this.#kept.has(release)) continue;
      release();
      this.#releases.delete(release);
    }
  }

  /** Nothing more is written, and nothing that still ends is waited for. */
  end(): void {
    this.#isOver = true;
    for (const release of this.#releases) release();
  }

  /** Starts an item; its promise never rejects. */
  start(item: BatchItem): Promise<AnsweredItem> {
    const answered = this.#item(item);
    // Who waits for it wants to know no more: the item and its answers are not kept for that.
    const ended = answered.then(() => undefined);
    for (const { id } of requestsOf(item)) if (id !== undefined) this.#ended.set(id, ended);
    if (item.kind === 'group') this.#ended.set(item.id, ended);
    return answered;
  }

  async #item(item: BatchItem): Promise<AnsweredItem> {
    const needed = requestsOf(item).flatMap(({ dependsOn }) => dependsOn);
    // What is in the same group has not been started yet: nobody waits for it.
    await Promise.all(needed.flatMap((id) => this.#ended.get(id) ?? []));
    if (item.kind === 'group') return this.#group(item);
    return { kind: 'single', request: item.request, answer: await this.#one(item.request) };
  }

  async #one(request: PartRequest): Promise<PartAnswer> {
    // Another request may have its identifier.
    if (request.fault !== undefined) return this.run.answerTo(request.fault);
    try {
      this.#outcomes.check(request);
      const resolved = this.#outcomes.resolve(request);
      const answer = await this.run.execute(resolved);
      const isKept = this.#outcomes.record(request, resolved, answer);
      if (answer.release !== undefined) this.#hold(answer.release, isKept);
      return answer;
    } catch (error) {
      this.#outcomes.settle(request.id, false);
      return this.run.answerTo(error);
    }
  }

  async #group({ id, requests }: BatchItem & { kind: 'group' }): Promise<AnsweredItem> {
    try {
      const answers = await this.run.atomically(() => this.#together(requests));
      this.#outcomes.settle(id, true);
      return { kind: 'group', id, answers };
    } catch (error) {
      const [first] = requests;
      if (first === undefined) throw error;
      const blamed = error instanceof GroupFailed ? error.blamed : { request: first, answer: this.run.answerTo(error) };
      const dueTo = new ODataError(
        'dependencyFailed',
        'Another request of its group failed; nothing of the group was done.',
      );
      const all = requests.map((request) =>
        request === blamed.request ? blamed : { request, answer: this.run.answerTo(dueTo) },
      );
      // Who depends on the group finds no success of it.
      this.#outcomes.fail(all);
      return { kind: 'failed group', id, blamed, all };
    }
  }

  /** One after the other: each sees what those before it did. */
  async #together(requests: readonly PartRequest[]): Promise<readonly Answered[]> {
    const answers: Answered[] = [];
    for (const request of requests) {
      this.run.signal.throwIfAborted();
      const answered = { request, answer: await this.#one(request) };
      if (isError(answered.answer.status)) throw new GroupFailed(answered);
      answers.push(answered);
    }
    this.run.signal.throwIfAborted();
    return answers;
  }
}

/**
 * Runs a batch, its items as they arrive; gives what became of them as they end. Whoever reads slowly slows it down.
 * After an item whose reading fails there is nothing more.
 */
export async function* runBatch(items: BatchItems, run: BatchRun): AsyncGenerator<AnsweredItem> {
  const runner = new Runner(run);
  const underWay = new Set<Promise<AnsweredItem>>();
  const state = { stopped: false };
  const next = async (): Promise<AnsweredItem> => {
    const ended = await Promise.race([...underWay].map(async (one) => ({ one, item: await one })));
    underWay.delete(ended.one);
    if (run.stopAtError && hasFailed(ended.item)) state.stopped = true;
    return ended.item;
  };
  function* written(item: AnsweredItem): Generator<AnsweredItem, void> {
    yield item;
    runner.written(item);
  }
  try {
    for (;;) {
      while (underWay.size >= run.concurrency) yield* written(await next());
      if (state.stopped || run.signal.aborted) break;
      const { done, value } = await items.next();
      if (done === true) break;
      underWay.add(runner.start(value));
    }
    while (underWay.size > 0) yield* written(await next());
  } catch (error) {
    while (underWay.size > 0) yield* written(await next());
    yield { kind: 'broken', answer: run.answerTo(error) };
  } finally {
    runner.end();
    await items.return();
  }
}
