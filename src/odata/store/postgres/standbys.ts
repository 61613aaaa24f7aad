import { setTimeout as sleep } from 'node:timers/promises';
import { askingNow } from '../../work.js';
import { ODataError } from '../../protocol/odata-error.js';
import { type StandbyLoad, StoreUnavailableError } from '../aggregate-store.js';
import type { Statement } from '../sql/parameters.js';
import type { SqlRow } from '../sql/rows.js';
import type { StoreLogger } from '../store-logger.js';
import type { ConnectionLimits } from './connection-limits.js';
import type { ConnectionTarget } from './connection-target.js';
import type { PostgresConnections } from './postgres-connections.js';
import { LastWrites } from './last-writes.js';
import { type Sample, Standby } from './standby.js';

/** Which reads standbys answer, and how old what they show may be. */
export interface StandbyOptions {
  /** Its hosts are standbys of one primary, each asked by itself. */
  readonly target: ConnectionTarget;
  /** `eventual`: those whose client says that it may be so; `all`: those too whose client says nothing. */
  readonly reads: 'eventual' | 'all';
  /** In milliseconds, before the statement is sent. */
  readonly lag: number;
}

/**
 * Where the primary's log ends. A place at the begin of a page is said behind the page's head, 24 or 40 bytes; what a standby
 * has replayed ends before that. Inserted, not written or synced: with `synchronous_commit=off` a commit is neither.
 */
const asking = `SELECT position - CASE WHEN position % size IN (24, 40) THEN position % size ELSE 0 END AS position,
    timeline, (SELECT system_identifier FROM pg_control_system()) AS system
  FROM (SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS position,
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS timeline,
    current_setting('wal_block_size')::numeric AS size) AS log`;

/** Samples that are kept: an hour of them where the longest lag is allowed. */
const mostSamples = 2000;

/**
 * The standbys of a database, and which of them may answer a read: one that shows everything that was committed `lag` before
 * the statement is sent, and every write that this process has answered to who asks. Where there is none the primary does.
 */
export class Standbys {
  readonly #standbys: readonly Standby[];
  readonly #samples: Sample[] = [];
  readonly #writes: LastWrites;
  readonly #stopping = new AbortController();
  readonly #said = new Map<Standby, string | undefined>();
  readonly #reads = { standby: 0, primary: 0 };
  #watching: Promise<void> | undefined;
  #hasFailed = false;

  constructor(
    private readonly primary: PostgresConnections,
    private readonly options: StandbyOptions,
    { limits, logger }: { readonly limits: ConnectionLimits; readonly logger?: StoreLogger | undefined },
  ) {
    const { target } = options;
    this.#standbys = target.hosts.map((host) => new Standby({ ...target, hosts: [host], session: 'any' }, limits));
    this.#writes = new LastWrites(options.lag);
    this.logger = logger;
  }

  private readonly logger: StoreLogger | undefined;

  /** Begins to look at them. */
  watch(): void {
    this.#watching ??= this.#watch();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    const interval = Math.min(2000, Math.max(50, this.options.lag / 5));
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) => {
        this.#tellFailure(error as Error);
      });
      // Until something is known there is nothing to wait for but the first answers.
      const isNew = this.#samples.length < 3;
      await sleep(isNew ? Math.min(50, interval) : interval, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const answers = this.#standbys.map((standby) => ({ standby, answer: standby.takeAnswer() }));
    const at = performance.now();
    const [row = {}] = await this.primary.run({ text: asking, parameters: {} }, 'read');
    this.#hasFailed = false;
    const { position, timeline, system } = row as Readonly<Record<string, string>>;
    const sample = {
      at,
      position: BigInt(position ?? ''),
      timeline: parseInt(timeline ?? '', 16),
      system: system ?? '',
    };
    this.#forgetOther(sample);
    for (const { standby, answer } of answers) if (answer !== undefined) standby.judge(answer, this.#samples, sample);
    this.#samples.push(sample);
    if (this.#samples.length > mostSamples) this.#samples.shift();
    for (const standby of this.#standbys) standby.ask();
    this.#tellChanges();
  }

  /** Another primary, or one that has gone back in time: places in its log are not those of the one before. */
  #forgetOther({ timeline, system, position }: Sample): void {
    const last = this.#samples.at(-1);
    if (last === undefined || (last.timeline === timeline && last.system === system && last.position <= position))
      return;
    this.#samples.length = 0;
    for (const standby of this.#standbys) standby.forget('lags');
  }

  #tellFailure(error: Error): void {
    // That it cannot be reached is said where it is reached.
    if (this.#hasFailed || error instanceof StoreUnavailableError) return;
    this.#hasFailed = true;
    this.logger?.error({ err: error }, 'the primary does not tell where its log ends: its standbys are not used');
  }

  #tellChanges(): void {
    const now = performance.now();
    for (const standby of this.#standbys) {
      const unused = standby.unused(now, this.options.lag);
      if (unused === 'is away') standby.abandon();
      if (unused === 'has not been looked at yet') continue;
      if (this.#said.has(standby) && this.#said.get(standby) === unused) continue;
      this.#said.set(standby, unused);
      if (unused === undefined) this.logger?.info(`standby ${standby.name} answers reads`);
      else this.logger?.error({ standby: standby.name, err: standby.failure }, `standby ${standby.name} ${unused}`);
    }
  }

  /** Whether who asks now may be answered by a standby. */
  #isAllowed(): boolean {
    const consistency = askingNow().work?.consistency;
    return consistency === 'eventual' || (consistency === 'unsaid' && this.options.reads === 'all');
  }

  /** The one with the least to do of those that show enough. */
  #choose(): Standby | undefined {
    const now = performance.now();
    const least = this.#writes.of(askingNow().callerName);
    let best: Standby | undefined;
    for (const standby of this.#standbys) {
      if (standby.seenAt <= least || standby.unused(now, this.options.lag) !== undefined) continue;
      if (best === undefined || standby.load < best.load) best = standby;
    }
    return best;
  }

  /**
   * Has a standby answer a read.
   * @returns undefined where the primary is to do it: who asks does not allow it, or no standby can
   * @throws ODataError where the statement would fail there as well
   */
  async run(statement: Statement): Promise<readonly SqlRow[] | undefined> {
    if (!this.#isAllowed()) return undefined;
    const rows = await this.#runOn(this.#choose(), statement);
    this.#reads[rows === undefined ? 'primary' : 'standby'] += 1;
    return rows;
  }

  async #runOn(standby: Standby | undefined, statement: Statement): Promise<readonly SqlRow[] | undefined> {
    if (standby === undefined) return undefined;
    try {
      return await standby.run(statement);
    } catch (error) {
      // What the standby lacks for a moment (a table, the right to go on beside the log) the primary has.
      if (error instanceof StoreUnavailableError || !(error instanceof ODataError)) return undefined;
      throw error;
    }
  }

  /** A write of who asks now is about to be answered: its reads are shown it. */
  wrote(): void {
    this.#writes.note(askingNow().callerName);
  }

  get load(): StandbyLoad {
    const now = performance.now();
    return {
      hosts: this.#standbys.map((standby) => ({
        name: standby.name,
        unused: standby.unused(now, this.options.lag),
        ageSeconds: (now - standby.seenAt) / 1000,
      })),
      reads: { ...this.#reads },
    };
  }

  /** Resolves when each has been looked at, or has not answered in time. */
  async looked(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      if (this.load.hosts.every(({ unused }) => unused !== 'has not been looked at yet')) return;
      await sleep(20);
    }
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
    await Promise.all(this.#standbys.map((standby) => standby.close()));
  }
}
