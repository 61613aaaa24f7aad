/** A request that has come. */
export interface RequestBegin {
  /** What tells it from others while it lasts. */
  readonly source: object;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Whether the service sent it to itself: for a batch, or for a request that is answered later. */
  readonly isInside: boolean;
}

/** A request that has been answered, or given up by its client. */
export interface RequestEnd {
  readonly source: object;
  readonly method: string;
  /** The template of its route: `/v1.0/set/{key}/name`; it has no keys, and there are not more than the model has paths. */
  readonly route: string;
  /** 499 where the client left before it was answered. */
  readonly status: number;
  readonly milliseconds: number;
  /** Bytes of its body as it came, and of its answer on the wire; 0 where it is a part of another request. */
  readonly received: number;
  readonly sent: number;
  /** Whether the service sent it to itself: for a batch, or for a request that is answered later. */
  readonly isInside: boolean;
}

/** A statement that has ended. */
export interface StatementEnd {
  readonly kind: 'read' | 'write';
  /** With placeholders in the place of values. */
  readonly text: string;
  /** Since it was asked for, waiting included. */
  readonly milliseconds: number;
  /** What it ended with where it failed. */
  readonly error: unknown;
}

/** Is told what the server does: for measuring. Where there is none nothing is asked or computed for it. */
export interface RequestObserver {
  began(request: RequestBegin): void;
  /**
   * Has everything that a request asks for done inside of something of its own.
   * @param go goes on; is told the id of its trace, for the log and the client
   */
  within?(request: RequestBegin, go: (traceId: string | undefined) => void): void;
  ended(request: RequestEnd): void;
}

/** Is told what a store does. */
export interface StoreObserver {
  statement(statement: StatementEnd): void;
  /** A group of statements was committed together. @param size how many */
  committed(size: number): void;
}
