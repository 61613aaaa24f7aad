import type { Negotiated } from '../protocol/headers/negotiated.js';
import type { Precondition } from '../protocol/headers/precondition.js';
import type { Body } from '../protocol/payload/read-body.js';
import type { BodyFormat, EntityIds } from '../protocol/payload/read-values.js';
import type { Caller } from './caller.js';

/** A request under way, read once: what operations see of it, whichever way it came. */
export interface EntityRequest {
  readonly method: string;
  /** Behind the service root, percent-encoded as it was sent, without query. */
  readonly path: string;
  /** Behind the question mark, as it was sent. */
  readonly rawQuery: string;
  readonly caller: Caller;
  readonly protocol: Negotiated;
  /** Resolves entity-ids in its body and query. */
  readonly entityIds: EntityIds;
  /** @throws ODataError 400, 415 */
  readonly bodyFormat: BodyFormat;
  /** Whether it has a body. */
  readonly hasBody: boolean;
  /**
   * The JSON of the body.
   * @throws ODataError 400, 415
   */
  readonly body: Body;
  /**
   * The text of the body, a raw value.
   * @throws ODataError 415
   */
  readonly text: string;
  /**
   * What must hold for a change: the conditions of the headers, and the ETag that the body carries, where the client says
   * that the body is of 4.01 (OData 4.01 Protocol 11.4.1.1).
   * @throws ODataError 400 where that is none
   */
  conditions(etagInBody: string | undefined): Precondition;
}
