import type { Socket } from 'node:net';
import { type Client, DatabaseError, Query } from 'pg';
import { askingNow } from '../../work.js';
import type { SqlRow } from '../sql/rows.js';
import type { Asking } from '../turns.js';

/** A statement that has not been answered for this long, in milliseconds, may be waiting for a lock. */
const suspicious = 50;
/** Connections are renewed: passwords, addresses and the load of several servers change. */
const lifetime = 45 * 60_000;

/** A statement that was sent, or is about to be. */
export interface Sent extends Asking {
  readonly kind: 'read' | 'write';
  calledBackFor: 'others' | 'nobody' | undefined;
  /** Its commit was not waited for by the standbys that the server has to wait for: it is done, and may be lost. */
  isUnsure: boolean;
  /** When it is called back once more, in milliseconds since 1970: a request may come before what it is meant for begins. */
  callAgainAt: number;
  /** When it was run, in milliseconds since 1970, after it has ended. */
  begun: number;
  /** When it was sent last, in milliseconds since 1970: others may have been before it on its connection. */
  sentAt: number;
}

/** A statement that is asked for now. */
export function begin(kind: 'read' | 'write'): Sent {
  return {
    kind,
    ...askingNow(),
    since: Date.now(),
    gaveWay: 0,
    calledBackFor: undefined,
    isUnsure: false,
    callAgainAt: 0,
    begun: 0,
    sentAt: 0,
  };
}

/** Whether a statement was canceled: by its server's timeout, or by a request. */
export function isCanceled(error: Error): boolean {
  return error instanceof DatabaseError && error.code === '57014';
}

/** One connection, and what it has to do. */
export class Connection {
  readonly renewAt = Date.now() + lifetime * (0.7 + Math.random() * 0.6);
  /** The statements that wait for their answer, the next to be answered first. */
  readonly sent: Sent[] = [];
  /** Since when the first of them is run, in milliseconds since 1970. */
  headSince = 0;
  /** When the server answered last, in milliseconds since 1970. */
  answeredAt = 0;
  /** Takes no more statements; ends after those that it has. */
  retired = false;
  /** Why the server ended it, where it said so. */
  endedFor: DatabaseError | undefined;
  /** How many of them write, and how many are known to take long. */
  #writes = 0;
  #long = 0;

  /** @param generation of the names of its prepared statements */
  constructor(
    readonly client: Client,
    readonly host: { readonly host: string; readonly port: number },
    readonly generation: number,
  ) {
    // Without a listener the loss of an idle connection would end the process.
    client.on('error', (error: Error) => {
      if (error instanceof DatabaseError) this.endedFor = error;
    });
    // A commit that is canceled while it waits for standbys is done, and may be lost with the server.
    client.on('notice', ({ routine }) => {
      const [head] = this.sent;
      if (routine === 'SyncRepWaitForLSN' && head !== undefined) head.isUnsure = true;
    });
  }

  /**
   * Sends a statement. Made here: the driver would copy each by the descriptors of its properties first.
   * @param name of the prepared statement, where it is to be one
   * @throws what the driver throws
   */
  query(text: string, values: unknown[], name: string | undefined): Promise<readonly SqlRow[]> {
    return new Promise((resolve, reject) => {
      const query = new Query<SqlRow>(text, values, (error: Error | null | undefined, result) => {
        if (error === null || error === undefined) resolve(result.rows);
        else reject(error);
      });
      this.client.query(name === undefined ? query : Object.assign(query, { name }));
    });
  }

  /** Keeps back what is sent until what it gives is called. */
  cork(): () => void {
    const { stream } = (this.client as unknown as { readonly connection: { readonly stream: Socket } }).connection;
    stream.cork();
    return () => stream.uncork();
  }

  /** Counts a statement as sent. */
  take(asking: Sent): this {
    asking.sentAt = Date.now();
    if (this.sent.length === 0) this.headSince = asking.sentAt;
    this.sent.push(asking);
    if (asking.kind === 'write') this.#writes += 1;
    if (asking.gaveWay > 0) this.#long += 1;
    return this;
  }

  /** The first of them has ended. */
  leave(asking: Sent): void {
    this.sent.shift();
    asking.begun = this.headSince;
    this.headSince = Date.now();
    if (asking.kind === 'write') this.#writes -= 1;
    if (asking.gaveWay > 0) this.#long -= 1;
  }

  /**
   * How likely what is sent here has to wait: behind what takes long, what may wait for a lock, or what writes.
   * @param now in milliseconds since 1970
   */
  risk(kind: 'read' | 'write', now: number): number {
    if (this.#long > 0) return 3;
    if (this.sent.length > 0 && now - this.headSince > suspicious) return 2;
    return kind === 'read' && this.#writes > 0 ? 1 : 0;
  }
}
