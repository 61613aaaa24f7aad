import { ODataError } from '../protocol/odata-error.js';

/** What a caller is told who asks for more than its share of the store. */
export function callerBusy(message: string): ODataError {
  return new ODataError('callerBusy', message, { headers: { 'retry-after': '1' } });
}

/** Bounds what one caller has running and waiting in a store. */
export class CallerPlaces {
  readonly #taken = new Map<string, number>();

  /** @param most statements of one caller at one time; the service's own, of the caller `''`, are not counted */
  constructor(private readonly most: number) {}

  /** @throws ODataError 429 where the caller has as many as it may */
  enter(callerName: string): void {
    if (callerName === '') return;
    const taken = this.#taken.get(callerName) ?? 0;
    if (taken >= this.most) throw callerBusy(`${this.most} statements of the caller are under way or wait already.`);
    this.#taken.set(callerName, taken + 1);
  }

  /** Whether a caller has a place; the service itself has none. */
  has(callerName: string): boolean {
    return this.#taken.has(callerName);
  }

  /** How many places a caller has. */
  of(callerName: string): number {
    return this.#taken.get(callerName) ?? 0;
  }

  leave(callerName: string): void {
    const taken = this.#taken.get(callerName) ?? 0;
    if (taken > 1) this.#taken.set(callerName, taken - 1);
    else this.#taken.delete(callerName);
  }
}
