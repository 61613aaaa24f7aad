import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, DatabaseError } from 'pg';
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
import { begin, type Connection, isCanceled, type Sent } from './connection.js';
import type { ConnectionLimits } from './connection-limits.js';
import { Hosts } from './hosts.js';
import { mostSent, OpenConnections } from './open-connections.js';
import { isOfAnotherSession, storeError, verdictOn } from './postgres-errors.js';
import { StatementNames } from './statement-names.js';

/** How often a statement is sent at most. */
const mostAttempts = 5;
/** Statements waiting for their answer, over all connections: more mean that the database does not keep up. */
const mostWaiting = 10_000;

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
  readonly #open: OpenConnections;
  readonly #names: StatementNames;
  readonly #hosts: Hosts;
  #waiting = 0;
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
  readonly #watch = new Watch(() => this.#look());

  constructor(
    target: ConnectionTarget,
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
    const opening = { target, limits, hosts: this.#hosts, names: this.#names, logger };
    this.#open = new OpenConnections(opening, () => this.#transactions.taken);
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
    const busy = [...this.#open.all].filter(({ sent }) => sent.length > 0).length + this.#borrowed.size;
    const open = this.#open.all.size + this.#borrowed.size;
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
        const connection = await this.#open.acquire(asking, statement.ofOne !== undefined);
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
    if (verdict === 'elsewhere' || verdict === 'lost') this.#open.retire(connection);
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
      this.#open.free();
      if (connection.retired && connection.sent.length === 0) void connection.client.end();
    }
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
      const connection = await this.#open.takeAway();
      this.#borrowed.set(connection, { ...asking, since: Date.now() });
      return connection;
    } catch (error) {
      this.#passOn(asking);
      throw error;
    }
  }

  /** Gives a connection back. @param isBroken whether it can be of no more use */
  giveBack(connection: Connection, isBroken: boolean): void {
    const asking = this.#borrowed.get(connection);
    this.#borrowed.delete(connection);
    this.#open.giveBack(connection, isBroken);
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
    for (const connection of this.#open.all) this.#lookAfter(connection, now);
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
      const isWaitedFor = sent.length > 1 || this.#open.seeking > 0 || this.#turns.areWaitedFor(head);
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

  /**
   * Does work in a session of its own, without bounds of time.
   * @throws StoreUnavailableError where no server could be reached
   */
  withSession<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return this.#hosts.withSession(work);
  }

  /** Waits for what was accepted, then closes every connection. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#closing = resolve;
      if (this.#waiting === 0) resolve();
    });
    this.#watch.stop();
    await this.#open.close();
  }
}
