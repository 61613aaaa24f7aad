import { AbandonedError, currentWork } from './work.js';

/** How long steps may follow each other in one turn of the event loop, in milliseconds. */
const longestTurn = 5;

/** Steps that wait for their turn; each gives whether something else follows right behind it. */
let waiting: (() => boolean)[] = [];

/** Takes what waits, in its order, for some milliseconds; what others have to do comes before the rest. */
function takeTurns(): void {
  const end = performance.now() + longestTurn;
  let taken = 0;
  for (let isFollowed = false; !isFollowed && taken < waiting.length && performance.now() < end; taken++)
    isFollowed = waiting[taken]?.() ?? false;
  waiting = waiting.slice(taken);
  if (waiting.length > 0) setImmediate(takeTurns);
}

function queue(step: () => boolean): void {
  if (waiting.push(step) === 1) setImmediate(takeTurns);
}

/** Does a short part of long work in its turn: however much of it there is in the process, others are not kept waiting. */
export function inTurn(step: () => void): void {
  queue(() => {
    step();
    return false;
  });
}

/**
 * Waits for a turn, where the work that a call comes from is long: what follows takes its time.
 * @throws AbandonedError where nobody waits for that work any more
 */
export function ownTurn(): Promise<void> | undefined {
  const work = currentWork();
  if (work?.isLong !== true) return undefined;
  return new Promise((resolve, reject) => {
    queue(() => {
      if (work.isAbandoned) reject(new AbandonedError());
      else resolve();
      return true;
    });
  });
}

/**
 * Takes the steps of long work, each in its turn; what waits for the result follows right behind the last one. Work that
 * nobody waits for any more would keep its memory, and its place before others, until it has ended.
 * @throws AbandonedError in its place
 */
export function inTurns<T>(steps: Generator<void, T, void>): Promise<T> {
  const work = currentWork();
  return new Promise((resolve, reject) => {
    const next = (): boolean => {
      try {
        if (work?.isAbandoned === true) throw new AbandonedError();
        const { done, value } = steps.next();
        if (done === true) resolve(value);
        else queue(next);
        return done === true;
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is what the step has thrown
        reject(error);
        return true;
      }
    };
    queue(next);
  });
}
