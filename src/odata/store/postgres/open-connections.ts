import type { CustomTypesConfig } from 'pg';
import { StoreUnavailableError } from '../aggregate-store.js';
import type { StoreLogger } from '../store-logger.js';
import type { ConnectionTarget } from './connection-target.js';
import type { ConnectionLimits } from './connection-limits.js';
import { Connection, type Sent } from './connection.js';
import type { Hosts } from './hosts.js';
import type { StatementNames } from './statement-names.js';

/** How long it is not tried to connect again after no host could be reached. */
const pauseAfterFailure = 250;
/** How much longer than the server's own timeout an answer is waited for: then the network has lost it. */
const grace = 2000;
/** Statements that are sent on one connection at one time. */
export const mostSent = 8;

/** Every value as the text that the server sends: what it means is known where it is read. */
const asText: CustomTypesConfig = { getTypeParser: () => (text: unknown) => text as never };

/** What connections are opened with. */
interface Opening {
  readonly target: ConnectionTarget;
  readonly limits: ConnectionLimits;
  readonly hosts: Hosts;
  readonly names: StatementNames;
  readonly logger: StoreLogger | undefined;
}

/**
 * The connections that are open and nobody has for itself: opened where those that there are have something to do, one at a
 * time, and chosen among.
 */
export class OpenConnections {
  readonly #all = new Set<Connection>();
  #opening: Promise<Connection> | undefined;
  #failed: { readonly at: number; readonly error: Error } | undefined;
  #closed = false;
  /** Resolves when a connection has one statement less to do, or is there again. */
  #freed: PromiseWithResolvers<true> | undefined;
  /** The connection on which short reads of this turn of the event loop travel together. */
  #gathering: Connection | undefined;
  #seeking = 0;

  /** @param takenAway how many connections transactions have, or are about to have */
  constructor(
    private readonly by: Opening,
    private readonly takenAway: () => number,
  ) {}

  get all(): ReadonlySet<Connection> {
    return this.#all;
  }

  /** How many wait for another connection. */
  get seeking(): number {
    return this.#seeking;
  }

  /**
   * A connection for one statement, which counts as sent from now on: who asks next sees that.
   * @param isShort whether it is a read that takes no time: it may travel with others
   * @throws StoreUnavailableError where no server could be reached
   */
  async acquire(asking: Sent, isShort: boolean): Promise<Connection> {
    for (let mayOpen = true; ;) {
      const together = isShort ? this.#gathering : undefined;
      if (together !== undefined && together.sent.length < mostSent && this.#all.has(together))
        return together.take(asking);
      const { best, risk } = this.#leastBusy(asking.kind);
      if (isShort && best?.sent.length === 0) this.#gather(best);
      if (best !== undefined && (best.sent.length === 0 || !mayOpen || !this.#hasRoom())) return best.take(asking);
      // One more is opened beside where all have something to do.
      if (best !== undefined && risk === 0 && best.sent.length < mostSent) {
        this.#connect().catch(() => undefined);
        return best.take(asking);
      }
      // Many wait for the same one: who comes after the first looks again.
      mayOpen = await this.#another(best);
    }
  }

  /**
   * Has short reads of this turn of the event loop sent on one connection, and written together: to write costs more than
   * all else of them.
   */
  #gather(connection: Connection): void {
    this.#gathering = connection;
    const uncork = connection.cork();
    setImmediate(() => {
      if (this.#gathering === connection) this.#gathering = undefined;
      uncork();
    });
  }

  /**
   * Waits for one more connection, or for one of those that there are to have less to do: where the database is busy, it
   * takes its time to open one. False where none could be opened, and there is another.
   * @throws StoreUnavailableError where there is no other
   */
  async #another(other: Connection | undefined): Promise<boolean> {
    this.#seeking += 1;
    try {
      const opened = this.#connect().then(() => true);
      if (other === undefined) return await opened;
      this.#freed ??= Promise.withResolvers();
      return await Promise.race([opened.catch(() => false), this.#freed.promise]);
    } finally {
      this.#seeking -= 1;
    }
  }

  /** A connection has one statement less to do: who waits for one looks again. */
  free(): void {
    this.#freed?.resolve(true);
    this.#freed = undefined;
  }

  /**
   * The open connection with the least to do. What is sent behind a statement that waits for a lock waits as long as that
   * one, and a transaction may hold it for a while: the risk of that counts first.
   */
  #leastBusy(kind: 'read' | 'write'): { readonly best: Connection | undefined; readonly risk: number } {
    if (this.#closed) throw new StoreUnavailableError('the store is closed');
    const now = Date.now();
    let best: Connection | undefined;
    let risk = 0;
    for (const connection of this.#all) {
      const isOld = now > connection.renewAt || connection.generation !== this.by.names.generation;
      if (isOld && connection.sent.length === 0) {
        this.retire(connection);
        continue;
      }
      const other = connection.risk(kind, now);
      if (best !== undefined && (other > risk || (other === risk && connection.sent.length >= best.sent.length)))
        continue;
      best = connection;
      risk = other;
    }
    return { best, risk };
  }

  #hasRoom(): boolean {
    return this.#all.size + this.takenAway() < this.by.limits.connections;
  }

  /**
   * A connection that nobody else gets until it is given back.
   * @throws StoreUnavailableError where no server could be reached
   */
  async takeAway(): Promise<Connection> {
    for (let mayOpen = true; ;) {
      const { best } = this.#leastBusy('write');
      if (best === undefined || (best.sent.length > 0 && mayOpen && this.#hasRoom())) {
        // Another transaction may take it first.
        mayOpen = await this.#another(best);
        continue;
      }
      this.#all.delete(best);
      return best;
    }
  }

  /** @param isBroken whether it can be of no more use */
  giveBack(connection: Connection, isBroken: boolean): void {
    if (isBroken || connection.retired || this.#closed) this.retire(connection);
    else this.#all.add(connection);
    this.free();
  }

  /** One attempt at a time: everyone who needs a connection waits for the same. */
  #connect(): Promise<Connection> {
    if (this.#failed !== undefined && Date.now() < this.#failed.at + pauseAfterFailure) {
      return Promise.reject(new StoreUnavailableError(this.#failed.error));
    }
    this.#opening ??= this.#connectToAny().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connectToAny(): Promise<Connection> {
    try {
      const connection = await this.by.hosts.toAny((index) => this.#connectTo(index));
      if (this.#failed !== undefined) this.by.logger?.info('the database answers again');
      this.#failed = undefined;
      return connection;
    } catch (cause) {
      const error = cause as Error;
      if (this.#failed === undefined) this.by.logger?.error({ err: error }, 'the database cannot be reached');
      this.#failed = { at: Date.now(), error };
      throw new StoreUnavailableError(error);
    }
  }

  async #connectTo(index: number): Promise<Connection> {
    const client = await this.by.hosts.connect(index, {
      query_timeout: this.by.limits.statementTimeout + grace,
      pipeline: true,
      types: asText,
    });
    const host = this.by.target.hosts[index] ?? { host: '127.0.0.1', port: 5432 };
    const connection = new Connection(client, host, this.by.names.generation);
    for (const event of ['error', 'end'] as const) {
      client.on(event, () => {
        this.retire(connection);
      });
    }
    await this.by.hosts.boundSession(client);
    if (this.#closed) {
      await client.end();
      throw new Error('the store is closed');
    }
    this.#all.add(connection);
    return connection;
  }

  /** It takes no more statements, and ends after those that it has. */
  retire(connection: Connection): void {
    this.#all.delete(connection);
    if (connection.retired) return;
    connection.retired = true;
    if (connection.sent.length === 0) void connection.client.end();
  }

  /** Ends every connection after the statements that it was given; there are no others from now on. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#opening?.catch(() => undefined);
    await Promise.all([...this.#all].map(({ client }) => client.end()));
  }
}
