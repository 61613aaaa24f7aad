import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, type CustomTypesConfig, DatabaseError } from 'pg';
import type { ConnectionTarget } from './connection-target.js';
import { type StoreLoad, StoreUnavailableError } from '../aggregate-store.js';
import { CallerPlaces } from '../caller-places.js';
import { abandoned, patience, tookTooLong } from '../ended.js';
import { Dawdlers } from '../dawdlers.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import type { StoreLogger } from '../store-logger.js';
import { type Asking, Turns } from '../turns.js';
import { Watch } from '../watch.js';
import { requestCancel } from './cancel-request.js';
import { begin, Connection, isCanceled, type Sent } from './connection.js';
import type { ConnectionLimits } from './connection-limits.js';
import { Hosts } from './hosts.js';
import { isOfAnotherSession, storeError, verdictOn } from './postgres-errors.js';
import { StatementNames } from './statement-names.js';

/** How often a statement is sent at most. */
const mostAttempts = 5;
/** How long it is not tried to connect again after no host could be reached. */
const pauseAfterFailure = 250;
/** How much longer than the server's own timeout an answer is waited for: then the network has lost it. */
const grace = 2000;
/** Statements waiting for their answer, over all connections: more mean that the database does not keep up. */
const mostWaiting = 10_000;
/** Statements that are sent on one connection at one time. */
const mostSent = 8;

/** Every value as the text that the server sends: what it means is known where it is read. */
const asText: CustomTypesConfig = { getTypeParser: () => (text: unknown) => text as never };

/** The part of the connections that neither transactions nor what takes long may have. */
const quickShare = 0.3;

/** How long a request to cancel is given, in milliseconds. */
const callAgainAfter = 500;

/**
 * Connections to one database. Statements are pipelined: each is sent at once, on the connection with the least to do, as
 * long as there are not too many; then callers take turns. Each is a transaction of its own, and is sent again where that
 * is known to be safe. One that keeps others waiting is canceled, and sent again among those that take long, which have half
 * of the connections at most. Together with transactions they leave some to all others.
 */
export class PostgresConnections {
  readonly #open = new Set<Connection>();
  readonly #names: StatementNames;
  readonly #hosts: Hosts;
  #opening: Promise<Connection> | undefined;
  #failed: { readonly at: number; readonly error: Error } | undefined;
  #waiting = 0;
  #closed = false;
  /** Is told when the last statement that was accepted has ended. */
  #closing: (() => void) | undefined;
  /** Connections that one transaction each has to itself. */
  readonly #borrowed = new Map<Connection, Asking>();
  readonly #transactions: Turns;
  readonly #dawdlers = new Dawdlers();
  readonly #places: CallerPlaces;
  readonly #turns = new Turns((long) => ({
    quick: Math.max(1, this.limits.connections - this.#transactions.taken - long) * mostSent,
    long: Math.max(1, Math.min(Math.floor(this.limits.connections / 2), this.#forSlow - this.#transactions.taken)),
  }));
  /** Connections that transactions and what takes long may have together. */
  readonly #forSlow: number;
  /** Resolves when a connection has one statement less to do, or is there again. */
  #freed: PromiseWithResolvers<true> | undefined;
  /** The connection on which short reads of this turn of the event loop travel together. */
  #gathering: Connection | undefined;
  /** How many wait for that, or for another connection. */
  #seeking = 0;
  readonly #watch = new Watch(() => this.#look());

  constructor(
    private readonly target: ConnectionTarget,
    private readonly limits: ConnectionLimits,
    private readonly logger?: StoreLogger,
  ) {
    this.#places = new CallerPlaces(limits.perCaller ?? mostWaiting);
    const { connections } = limits;
    this.#forSlow = connections - Math.max(1, Math.floor(connections * quickShare));
    this.#transactions = new Turns(
      () => ({ quick: Math.max(1, this.#forSlow - Math.max(1, this.#turns.takenByLong)), long: 0 }),
      Math.max(1, Math.floor((this.#forSlow - 1) / 2)),
    );
    this.#names = new StatementNames(limits.prepare ?? true);
    this.#hosts = new Hosts(target, limits, logger);
  }

  /**
   * Runs one statement.
   * @param kind a `read` is sent again after a broken connection; a `write` is not, because it may have been done
   * @throws StoreUnavailableError where no server could be reached, or the answer was lost
   * @throws ODataError 400 or 504 where the statement computes what has no value, or takes too long; 429 where its caller has
   * too many, or they kept it waiting too long
   */
  async run(statement: Statement, kind: 'read' | 'write'): Promise<readonly SqlRow[]> {
    if (this.#closing !== undefined) throw new StoreUnavailableError('the store is closed');
    if (this.#waiting >= mostWaiting) throw new StoreUnavailableError(`${mostWaiting} statements wait already`);
    const asking = begin(kind);
    this.#places.enter(asking.callerName);
    this.#waiting += 1;
    this.#watch.start();
    try {
      return await this.#runInTurn(statement, asking);
    } finally {
      this.#leave(asking);
    }
  }

  /** What runs and waits now. */
  get load(): StoreLoad {
    const busy = [...this.#open].filter(({ sent }) => sent.length > 0).length + this.#borrowed.size;
    const open = this.#open.size + this.#borrowed.size;
    return { statements: this.#waiting, connections: { open, busy, most: this.limits.connections } };
  }

  #leave({ callerName }: Sent): void {
    this.#waiting -= 1;
    this.#places.leave(callerName);
    if (this.#waiting === 0) this.#closing?.();
  }

  async #runInTurn(statement: Statement, asking: Sent): Promise<readonly SqlRow[]> {
    for (let attempt = 1; ;) {
      await this.#turns.enter(asking);
      const isLong = asking.gaveWay > 0;
      try {
        const connection = await this.#acquire(asking, statement.ofOne !== undefined);
        try {
          return await this.#send(connection, statement, asking);
        } catch (cause) {
          const error = cause as Error;
          if (!this.#isToBeginAgain(error, asking)) await this.#judge(error, connection, asking, attempt++);
        }
      } finally {
        this.#turns.leave(asking.callerName, isLong);
        if (isLong) this.#transactions.next();
      }
    }
  }

  /**
   * Whether a statement was canceled and has to be sent again: it gave way to others, or the request to cancel came too
   * late for what it was meant for.
   * @throws ODataError where nobody waits for it
   */
  #isToBeginAgain(error: Error, asking: Sent): boolean {
    if (!isCanceled(error)) return false;
    const why = asking.calledBackFor;
    asking.calledBackFor = undefined;
    asking.callAgainAt = 0;
    if (why === 'nobody') throw abandoned();
    if (why === 'others') asking.gaveWay += 1;
    const now = Date.now();
    if (now - asking.since > this.limits.statementTimeout) return false;
    return why === 'others' || now - asking.begun < this.limits.statementTimeout * 0.9;
  }

  /** Returns where the statement is to be sent again. */
  async #judge(error: Error, connection: Connection, asking: Sent, attempt: number): Promise<void> {
    const { kind, since: started, sentAt } = asking;
    const verdict = verdictOn(error);
    if (verdict === 'elsewhere' || verdict === 'lost') this.#retire(connection);
    const again = verdict === 'conflict' || verdict === 'elsewhere' || (verdict === 'lost' && kind === 'read');
    const isLate = Date.now() - started > this.limits.statementTimeout;
    // The driver's own time was over, and the server has answered others meanwhile.
    if (isLate && kind === 'read' && verdict === 'lost' && connection.answeredAt > sentAt) throw tookTooLong(error);
    if (!again || isLate || attempt >= (this.limits.attempts ?? mostAttempts)) throw storeError(error);
    // Those that lost against each other do not meet again.
    if (verdict === 'conflict') await sleep(Math.random() * 10 * 2 ** attempt);
  }

  /** A prepared statement was another session's: something between gives each transaction the next free one. */
  #stopPreparing(): void {
    if (!this.#names.stop()) return;
    const about = { variable: 'DATABASE_PREPARE' };
    this.logger?.error(about, 'statements are no longer prepared: sessions are shared, set DATABASE_PREPARE=false');
  }

  /** Sends a statement on a borrowed connection, once. @throws what the driver throws */
  send(connection: Connection, statement: Statement): Promise<readonly SqlRow[]> {
    const asking = begin('write');
    this.#watch.start();
    return this.#send(connection.take(asking), statement, asking).catch((error: unknown) => {
      if (asking.calledBackFor === 'nobody' && isCanceled(error as Error)) throw abandoned();
      // The driver only knows that its connection is gone.
      throw error instanceof DatabaseError ? error : (connection.endedFor ?? error);
    });
  }

  async #send(connection: Connection, { text, parameters }: Statement, asking: Sent): Promise<readonly SqlRow[]> {
    const name = this.#names.nameOf(text);
    try {
      const values = Object.values(parameters).map((value) =>
        value === null || value instanceof Uint8Array ? value : String(value),
      );
      const rows = await connection.query(text, values, name);
      connection.answeredAt = Date.now();
      if (asking.isUnsure) throw new StoreUnavailableError('the commit may not be on any standby');
      return rows;
    } catch (error) {
      if (error instanceof DatabaseError) connection.answeredAt = Date.now();
      if (isOfAnotherSession(error as Error)) this.#stopPreparing();
      throw error;
    } finally {
      connection.leave(asking);
      this.#free();
      if (connection.retired && connection.sent.length === 0) void connection.client.end();
    }
  }

  /** A connection for one statement, which counts as sent from now on: who asks next sees that. */
  async #acquire(asking: Sent, isShort: boolean): Promise<Connection> {
    for (let mayOpen = true; ;) {
      const together = isShort ? this.#gathering : undefined;
      if (together !== undefined && together.sent.length < mostSent && this.#open.has(together))
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

  #free(): void {
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
    for (const connection of this.#open) {
      const isOld = now > connection.renewAt || connection.generation !== this.#names.generation;
      if (isOld && connection.sent.length === 0) {
        this.#retire(connection);
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
    return this.#open.size + this.#transactions.taken < this.limits.connections;
  }

  /**
   * Takes a connection away from all others, for one transaction.
   * @throws StoreUnavailableError where no server could be reached, or too many wait already
   * @throws ODataError 429 where its caller has too many, or they kept it waiting too long; 504 where nobody waits for it
   */
  async borrow(): Promise<Connection> {
    if (this.#transactions.waiting >= mostWaiting) throw new StoreUnavailableError(`${mostWaiting} transactions wait`);
    const asking = begin('write');
    this.#places.enter(asking.callerName);
    try {
      this.#watch.start();
      await this.#transactions.enter(asking);
    } catch (error) {
      this.#places.leave(asking.callerName);
      throw error;
    }
    try {
      for (let mayOpen = true; ;) {
        const { best } = this.#leastBusy('write');
        if (best === undefined || (best.sent.length > 0 && mayOpen && this.#hasRoom())) {
          // Another transaction may take it first.
          mayOpen = await this.#another(best);
          continue;
        }
        this.#open.delete(best);
        this.#borrowed.set(best, { ...asking, since: Date.now() });
        return best;
      }
    } catch (error) {
      this.#passOn(asking);
      throw error;
    }
  }

  /** Gives a connection back. @param isBroken whether it can be of no more use */
  giveBack(connection: Connection, isBroken: boolean): void {
    const asking = this.#borrowed.get(connection);
    this.#borrowed.delete(connection);
    if (isBroken || connection.retired || this.#closed) this.#retire(connection);
    else this.#open.add(connection);
    this.#free();
    if (asking !== undefined) this.#passOn(asking);
  }

  /** The right to a connection goes to whoever waits for one. */
  #passOn({ callerName }: Asking): void {
    this.#places.leave(callerName);
    this.#transactions.leave(callerName, false);
    this.#turns.next();
  }

  /** Cancels what nobody waits for, and has what others wait for give way, or end where it cannot be begun again. */
  #look(): boolean {
    const now = Date.now();
    for (const turns of [this.#turns, this.#transactions]) turns.look(now - this.limits.statementTimeout);
    for (const connection of this.#open) this.#lookAfter(connection, now);
    for (const [connection, { callerName, since }] of this.#borrowed) {
      const [head] = connection.sent;
      if (head?.work?.isAbandoned === true) this.#callBack(connection, head, 'nobody');
      else if (head !== undefined && now - since > this.#dawdlers.longest(callerName).transaction) {
        if (this.#transactions.keepOthersThan(callerName)) this.#callBack(connection, head, 'others');
      }
    }
    // What waits for a connection to be opened is on none yet.
    return this.#waiting + this.#transactions.waiting + this.#borrowed.size > 0;
  }

  #lookAfter(connection: Connection, now: number): void {
    const { sent, headSince } = connection;
    const [head] = sent;
    if (head === undefined) return;
    if (head.work?.isAbandoned === true) this.#callBack(connection, head, 'nobody');
    else if (now - headSince > this.#patience(head)) {
      const isWaitedFor = sent.length > 1 || this.#seeking > 0 || this.#turns.areWaitedFor(head);
      if (isWaitedFor) this.#callBack(connection, head, 'others');
    }
  }

  /** A write is undone where it gives way, and what it did may have been much: the first time it has longer. */
  #patience({ kind, gaveWay, callerName }: Sent): number {
    const again = patience[gaveWay] ?? Infinity;
    return kind === 'read' || gaveWay > 0 ? again : this.#dawdlers.longest(callerName).statement;
  }

  #callBack({ client, host }: Connection, head: Sent, why: 'others' | 'nobody'): void {
    const { processID, secretKey } = client as unknown as { processID: number | null; secretKey: number | null };
    const now = Date.now();
    if (processID === null || secretKey === null || now < head.callAgainAt) return;
    head.callAgainAt = now + callAgainAfter;
    if (head.calledBackFor !== 'nobody') head.calledBackFor = why;
    if (why === 'others' && head.kind === 'write') this.#dawdlers.add(head.callerName);
    requestCancel(host, { processId: processID, secretKey });
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
      const connection = await this.#hosts.toAny((index) => this.#connectTo(index));
      if (this.#failed !== undefined) this.logger?.info('the database answers again');
      this.#failed = undefined;
      return connection;
    } catch (cause) {
      const error = cause as Error;
      if (this.#failed === undefined) this.logger?.error({ err: error }, 'the database cannot be reached');
      this.#failed = { at: Date.now(), error };
      throw new StoreUnavailableError(error);
    }
  }

  /**
   * Does work in a session of its own, without bounds of time.
   * @throws StoreUnavailableError where no server could be reached
   */
  withSession<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return this.#hosts.withSession(work);
  }

  async #connectTo(index: number): Promise<Connection> {
    const client = await this.#hosts.connect(index, {
      query_timeout: this.limits.statementTimeout + grace,
      pipeline: true,
      types: asText,
    });
    const host = this.target.hosts[index] ?? { host: '127.0.0.1', port: 5432 };
    const connection = new Connection(client, host, this.#names.generation);
    for (const event of ['error', 'end'] as const) {
      client.on(event, () => {
        this.#retire(connection);
      });
    }
    await this.#hosts.boundSession(client);
    if (this.#closed) {
      await client.end();
      throw new Error('the store is closed');
    }
    this.#open.add(connection);
    return connection;
  }

  #retire(connection: Connection): void {
    this.#open.delete(connection);
    if (connection.retired) return;
    connection.retired = true;
    if (connection.sent.length === 0) void connection.client.end();
  }

  /** Waits for what was accepted, then closes every connection. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#closing = resolve;
      if (this.#waiting === 0) resolve();
    });
    this.#closed = true;
    this.#watch.stop();
    await this.#opening?.catch(() => undefined);
    // A pipelining client ends after the statements that it was given.
    await Promise.all([...this.#open].map(({ client }) => client.end()));
  }
}
