import type { ConnectionTarget } from './connection-target.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import type { ConnectionLimits } from './connection-limits.js';
import { PostgresConnections } from './postgres-connections.js';

/** A place in the primary's log, and when it was asked for, in milliseconds of the process: what was committed before is there. */
export interface Sample {
  readonly at: number;
  readonly position: bigint;
  readonly timeline: number;
  readonly system: string;
}

/** What a standby says of itself. */
interface Answer {
  readonly follows: boolean;
  readonly position: bigint;
  /** That it receives; undefined where it receives nothing, or does not tell this user. */
  readonly timeline: number | undefined;
  readonly system: string;
}

const asking = `SELECT pg_is_in_recovery() AS follows, pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') AS position,
  (SELECT received_tli FROM pg_stat_wal_receiver) AS timeline,
  (SELECT system_identifier FROM pg_control_system()) AS system`;

/** Why a standby is not asked. */
export type Unused = 'is away' | 'lags' | 'is no standby of the primary' | 'has not been looked at yet';

/**
 * One standby: what is known of how old it is, and connections to it. It shows at least what was committed at `seenAt`: the
 * latest moment at which the primary was asked for its place in the log, and named one that the standby has replayed since.
 * No clock of another machine is compared, and a standby that lost its primary without noticing grows old here.
 */
export class Standby {
  readonly name: string;
  /** Of the process; what it shows is not older. */
  seenAt = -Infinity;
  readonly #connections: PostgresConnections;
  /** Since when an answer is waited for, and what came. */
  #askedAt: number | undefined;
  #answer: Answer | undefined;
  #unused: Unused = 'has not been looked at yet';
  /** Those that wait for rows of it. */
  readonly #waiting = new Set<() => void>();
  failure: Error | undefined;

  /** @param target with one host */
  constructor(target: ConnectionTarget, limits: ConnectionLimits) {
    const [{ host, port } = { host: '', port: 0 }] = target.hosts;
    this.name = `${host}:${port}`;
    this.#connections = new PostgresConnections(target, { ...limits, attempts: 1 });
  }

  /** Why it is not used; undefined where what it shows is younger than `lag`, in milliseconds. */
  unused(now: number, lag: number): Unused | undefined {
    if (this.#askedAt !== undefined && now - this.#askedAt > lag) return 'is away';
    if (now - this.seenAt <= lag) return undefined;
    return this.seenAt === -Infinity ? this.#unused : 'lags';
  }

  get load(): number {
    return this.#connections.load.statements;
  }

  /** Asks it where it is, unless it has not answered the last time. */
  ask(): void {
    if (this.#askedAt !== undefined) return;
    this.#askedAt = performance.now();
    void this.#ask().finally(() => {
      this.#askedAt = undefined;
    });
  }

  async #ask(): Promise<void> {
    try {
      const [row = {}] = await this.#connections.run({ text: asking, parameters: {} }, 'read');
      this.failure = undefined;
      this.#answer = {
        follows: row.follows === 't',
        position: BigInt((row.position as string | null) ?? '0'),
        timeline: row.timeline === null ? undefined : Number(row.timeline),
        system: row.system as string,
      };
    } catch (error) {
      this.failure = error as Error;
      this.forget('is away');
    }
  }

  /** Takes what it said last: it was said before the primary is asked for the place that it is held against. */
  takeAnswer(): Answer | undefined {
    const answer = this.#answer;
    this.#answer = undefined;
    return answer;
  }

  /**
   * Judges what it said.
   * @param samples of the primary, the oldest first
   * @param next taken after it had said it: who is ahead of that does not follow this primary
   */
  judge({ follows, position, timeline, system }: Answer, samples: readonly Sample[], next: Sample): void {
    const isOther = system !== next.system || (timeline !== undefined && timeline !== next.timeline);
    if (!follows || isOther || position > next.position) return this.forget('is no standby of the primary');
    const seen = samples.findLast((sample) => sample.position <= position);
    if (seen !== undefined) this.seenAt = Math.max(this.seenAt, seen.at);
    else if (this.seenAt === -Infinity) this.#unused = 'lags';
  }

  /** Nothing is known of what it shows any more. */
  forget(unused: Unused): void {
    this.seenAt = -Infinity;
    this.#unused = unused;
    if (unused === 'is away') this.abandon();
  }

  /** Has those who wait for its rows look elsewhere. */
  abandon(): void {
    for (const leave of this.#waiting) leave();
  }

  /** Runs a statement; undefined where it has to be run elsewhere because the standby went away. */
  async run(statement: Statement): Promise<readonly SqlRow[] | undefined> {
    let leave = (): void => undefined;
    const left = new Promise<undefined>((resolve) => {
      leave = () => {
        resolve(undefined);
      };
    });
    this.#waiting.add(leave);
    const rows = this.#connections.run(statement, 'read');
    // Where it was left nobody waits for what becomes of it.
    rows.catch(() => undefined);
    try {
      return await Promise.race([rows, left]);
    } finally {
      this.#waiting.delete(leave);
    }
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}
