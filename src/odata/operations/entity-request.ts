import type { Negotiated } from '../protocol/headers/negotiated.js';
import type { Precondition } from '../protocol/headers/precondition.js';
import type { Body } from '../protocol/payload/read-body.js';
import type { BodyFormat, EntityIds } from '../protocol/payload/read-values.js';
import type { Caller } from './caller.js';

/** The bytes of a stream as they come. */
export interface MediaBody {
  /** `Content-Type`, as it was sent. */
  readonly type: string | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** How many they are, where that is said. */
  readonly declared: number | undefined;
}

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
  /** The body as it comes, where it is a stream. */
  readonly media: MediaBody;
  /**
   * What must hold for a change: the conditions of the headers, and the ETag that the body carries, where the client says
   * that the body is of 4.01 (OData 4.01 Protocol 11.4.1.1).
   * @throws ODataError 400 where that is none
   */
  conditions(etagInBody: string | undefined): Precondition;
}

/** An object without some of its members. */
function without<T extends object>(object: T, names: readonly (keyof T & string)[]): T {
  const left = Object.entries(object).filter(([name]) => !(names as readonly string[]).includes(name));
  return Object.fromEntries(left) as T;
}

/** What a request says, without some query options and preferences. */
export function protocolWithout(
  protocol: Negotiated,
  options: readonly (keyof Negotiated['query'])[],
  preferences: readonly (keyof Negotiated['preferences'])[] = [],
): Negotiated {
  return {
    ...protocol,
    query: without(protocol.query, options),
    preferences: without(protocol.preferences, preferences),
  };
}

/** A request that another one stands for: what is said instead, and the rest as it was sent. */
export class DerivedRequest implements EntityRequest {
  constructor(
    private readonly given: EntityRequest,
    private readonly instead: Pick<EntityRequest, 'path' | 'protocol'> & { readonly rawQuery?: string },
  ) {}

  get path() {
    return this.instead.path;
  }

  get protocol() {
    return this.instead.protocol;
  }

  get rawQuery() {
    return this.instead.rawQuery ?? this.given.rawQuery;
  }

  get method() {
    return this.given.method;
  }

  get caller() {
    return this.given.caller;
  }

  get entityIds() {
    return this.given.entityIds;
  }

  get bodyFormat() {
    return this.given.bodyFormat;
  }

  get hasBody() {
    return this.given.hasBody;
  }

  get body() {
    return this.given.body;
  }

  get text() {
    return this.given.text;
  }

  get media() {
    return this.given.media;
  }

  conditions(etagInBody: string | undefined): Precondition {
    return this.given.conditions(etagInBody);
  }
}
