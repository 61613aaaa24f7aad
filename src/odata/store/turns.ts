import { StoreUnavailableError } from './aggregate-store.js';
import { callerBusy, CallerPlaces } from './caller-places.js';
import { abandoned } from './ended.js';
import { FairQueue } from './fair-queue.js';
import type { Work } from '../work.js';

/** A statement that asks for a place in the database. */
export interface Asking {
  readonly callerName: string;
  readonly work: Work | undefined;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** How often it gave way to others; more than never: it takes long. */
  gaveWay: number;
}

interface Waiting extends Asking {
  readonly grant: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Turns away from a queue what nobody waits for, and what has waited too long: for statements of its own caller, or for
 * those of others.
 * @param latest when it must have come, in milliseconds since 1970
 * @param running the callers of what runs now
 */
export function turnAway<T extends Asking & Pick<Waiting, 'reject'>>(
  queue: FairQueue<T>,
  latest: number,
  running: { has(callerName: string): boolean },
): void {
  for (const { reject } of queue.remove(({ work }) => work?.isAbandoned === true)) reject(abandoned());
  for (const { reject, callerName } of queue.remove(({ since }) => since < latest)) {
    reject(
      callerName !== '' && running.has(callerName)
        ? callerBusy('The statement waited too long behind others of the caller.')
        : new StoreUnavailableError('too many statements wait'),
    );
  }
}

/**
 * The turns of statements: callers alternate, and what takes long has a share of the places that leaves the others free.
 * A place is taken when a turn is granted, and given back by `leave`.
 */
export class Turns {
  readonly #quick = new FairQueue<Waiting>();
  readonly #long = new FairQueue<Waiting>();
  readonly #taken = { quick: 0, long: 0 };
  readonly #running = new CallerPlaces(Infinity);

  /**
   * @param places how many there are now, of each kind
   * @param perCaller how many of them one caller may have; the service itself may have all
   */
  constructor(
    private readonly places: (long: number) => { readonly quick: number; readonly long: number },
    private readonly perCaller = Infinity,
  ) {}

  /** How many places are taken. */
  get taken(): number {
    return this.#taken.quick + this.#taken.long;
  }

  /** How many of them by what takes long. */
  get takenByLong(): number {
    return this.#taken.long;
  }

  /** How many wait for one. */
  get waiting(): number {
    return this.#quick.size + this.#long.size;
  }

  /** Resolves when a place is the statement's. @throws StoreUnavailableError, ODataError 504 where it waited in vain */
  async enter(asking: Asking): Promise<void> {
    const isLong = asking.gaveWay > 0;
    const queue = isLong ? this.#long : this.#quick;
    if (queue.size === 0 && this.#hasPlace(isLong) && this.#may(asking.callerName)) {
      this.#take(asking.callerName, isLong);
      return;
    }
    const { callerName, work, since, gaveWay } = asking;
    await new Promise<void>((grant, reject) => {
      queue.add({ callerName, work, since, gaveWay, grant, reject });
      // Those who wait before may have all that one caller may have.
      this.next();
    });
  }

  /** Gives a place back. */
  leave(callerName: string, isLong: boolean): void {
    this.#taken[isLong ? 'long' : 'quick'] -= 1;
    this.#running.leave(callerName);
    this.next();
  }

  /** Grants what can be granted: places may have become free. */
  next(): void {
    for (const isLong of [false, true]) {
      const queue = isLong ? this.#long : this.#quick;
      while (queue.size > 0 && this.#hasPlace(isLong)) {
        const next = queue.take(this.#may);
        if (next === undefined) break;
        this.#take(next.callerName, isLong);
        next.grant();
      }
    }
  }

  /** Whether somebody else waits for one of the places that are taken. */
  keepOthersThan(callerName: string): boolean {
    return !this.#hasPlace(false) && this.#quick.hasOthersThan(callerName);
  }

  /** Whether a statement that takes long keeps others waiting. */
  areWaitedFor({ callerName, gaveWay }: Asking): boolean {
    return this.#quick.size > 0 || (gaveWay > 0 && this.#long.hasOthersThan(callerName));
  }

  /**
   * Turns away what nobody waits for, and what has waited too long.
   * @param latest when it must have come, in milliseconds since 1970
   */
  look(latest: number): void {
    for (const queue of [this.#quick, this.#long]) turnAway(queue, latest, this.#running);
  }

  readonly #may = (callerName: string): boolean => this.#running.of(callerName) < this.perCaller;

  #hasPlace(isLong: boolean): boolean {
    const places = this.places(this.#taken.long);
    return isLong ? this.#taken.long < places.long : this.#taken.quick < places.quick;
  }

  #take(callerName: string, isLong: boolean): void {
    this.#taken[isLong ? 'long' : 'quick'] += 1;
    this.#running.enter(callerName);
  }
}
