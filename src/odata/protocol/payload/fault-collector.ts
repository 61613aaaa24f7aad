import { type Fault, ODataError } from '../odata-error.js';

/** More faults than this are counted, not listed: an answer must not outgrow its question. */
const maxFaults = 100;
const maxNameLength = 80;

const shorten = (text: string): string => (text.length > maxNameLength ? `${text.slice(0, maxNameLength)}…` : text);

/** The target of what is inside another one. */
export function step(target: string, name: string | number): string {
  return target === '' ? shorten(String(name)) : `${target}/${shorten(String(name))}`;
}

/** Whether a store can keep a text. */
export const wellFormed = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** Takes one fault; gives nothing, in the place of the value that is not there. */
export type OnFault = FaultCollector['fault'];

/** Collects every fault of a body with its path, so that one answer names them all. */
export class FaultCollector {
  readonly #faults: Fault[] = [];
  #faultCount = 0;

  /** Whether there is a fault. */
  protected get isFaulty(): boolean {
    return this.#faultCount > 0;
  }

  /** Whether a place has a fault, or what it is in. */
  protected isFaultyAt(target: string): boolean {
    return this.#faults.some((one) => target === one.target || target.startsWith(`${one.target ?? ''}/`));
  }

  /** @throws ODataError with every fault found so far */
  finish(): void {
    const [first, ...others] = this.#faults;
    if (first === undefined) return;
    const unlisted = this.#faultCount - this.#faults.length;
    if (unlisted > 0) others.push({ code: first.code, message: `${unlisted} more faults are not listed.` });
    throw ODataError.ofFaults([first, ...others]);
  }

  fault(code: Fault['code'], target: string, message: string): undefined {
    this.#add({ code, message, target });
    return undefined;
  }

  /** Takes over the faults that another reader found. */
  protected absorb(other: FaultCollector): void {
    for (const fault of other.#faults) this.#add(fault);
    this.#faultCount += other.#faultCount - other.#faults.length;
  }

  /** The key of an entity inside is read for its place, and again with the entity: what is said of it is said once. */
  #add(fault: Fault): void {
    const isListed = this.#faults.length < maxFaults;
    if (isListed && this.#faults.some((one) => one.target === fault.target && one.message === fault.message)) return;
    this.#faultCount += 1;
    if (isListed) this.#faults.push(fault);
  }
}
