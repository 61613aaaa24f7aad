import type { ODataError } from '../protocol/odata-error.js';
import type { PartUrl } from './part-url.js';

/** One request of a batch, whichever format it came in. */
export interface PartRequest {
  /** Its request identifier: `id` in JSON, `Content-ID` in multipart, where it may have none. */
  readonly id: string | undefined;
  /** In upper case. */
  readonly method: string;
  readonly url: PartUrl;
  /** By lower-case name, as they were sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** Identifiers of earlier requests and groups that it needs. */
  readonly dependsOn: readonly string[];
  /** Whether the client said so, as the format in JSON has it; else it is what the request was found to refer to. */
  readonly declared: boolean;
  /** Expression that decides whether it is run, instead of the success of what it depends on. */
  readonly condition: string | undefined;
  /** Why it cannot be run, where that is its own fault and the batch can be read all the same. */
  readonly fault?: ODataError;
}

/** What a batch is made of: requests on their own, and groups of them that are all done or none. */
export type BatchItem =
  | { readonly kind: 'single'; readonly request: PartRequest }
  | { readonly kind: 'group'; readonly id: string; readonly requests: readonly PartRequest[] };

/** The items of a batch in their order, as they are asked for. */
export type BatchItems = AsyncGenerator<BatchItem, void> | Generator<BatchItem, void>;

/** The answer to one request, as it would have been outside of the batch. */
export interface PartAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Gives back the memory that it takes. */
  readonly release?: () => void;
}

/** A request and its answer. */
export interface Answered {
  readonly request: PartRequest;
  readonly answer: PartAnswer;
}

/** What became of an item. A group that failed has one request that is to blame; the others were undone or never tried. */
export type AnsweredItem =
  | ({ readonly kind: 'single' } & Answered)
  | { readonly kind: 'group'; readonly id: string; readonly answers: readonly Answered[] }
  | { readonly kind: 'failed group'; readonly id: string; readonly blamed: Answered; readonly all: readonly Answered[] }
  /** The batch itself is broken from here on; what came before has been answered already. */
  | { readonly kind: 'broken'; readonly answer: PartAnswer };

/** The answers of an item, in their order. */
export function answersOf(item: AnsweredItem): readonly PartAnswer[] {
  if (item.kind === 'group') return item.answers.map(({ answer }) => answer);
  return [item.kind === 'failed group' ? item.blamed.answer : item.answer];
}

/** The requests of an item, in their order. */
export function requestsOf(item: BatchItem): readonly PartRequest[] {
  return item.kind === 'single' ? [item.request] : item.requests;
}

/** Whether requests that depend on one with this status may run (OData JSON Format 4.01, 19.1). */
export function succeeded(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether a status ends a batch that stops at the first error, and undoes the group of its request. */
export function isError(status: number): boolean {
  return status >= 400;
}
