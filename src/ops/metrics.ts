import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  AbandonedError,
  type RequestBegin,
  type RequestEnd,
  type RequestObserver,
  type StandbyLoad,
  type StatementEnd,
  type StoreLoad,
  StoreUnavailableError,
  type StoreObserver,
} from '../odata/tools.js';

/** What is looked at when somebody asks for the metrics, and costs nothing before. */
export interface Sources {
  readonly server: () => { readonly connections: number; readonly bodyBytes: number; readonly answerBytes: number };
  readonly store: () => StoreLoad;
  readonly jobs: () => { readonly running: number; readonly waiting: number };
  readonly rateLimits: () => Readonly<Record<'caller' | 'address', number>>;
  readonly verifiedTokens: () => number;
  readonly keySet: () => { readonly age: number | undefined; readonly isFailing: boolean } | undefined;
  /** Of each log of changes. */
  readonly changeLogs: () => Promise<
    readonly { readonly set: string; readonly rows: number; readonly lagSeconds: number }[]
  >;
}

/** Seconds; those of OpenTelemetry for HTTP and two below. */
const durations = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const groups = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** How a statement ended, in few words. */
function outcomeOf(error: unknown): string {
  if (error === undefined) return 'done';
  if (error instanceof AbandonedError) return 'canceled';
  if (error instanceof StoreUnavailableError) return 'unavailable';
  const { code } = error as { code?: unknown };
  return code === 'storeTimeout' ? 'timeout' : code === 'callerBusy' ? 'refused' : 'failed';
}

/**
 * What Prometheus is told, by the conventions of OpenTelemetry where it has some. No label grows with users: routes are
 * templates, which the model bounds.
 */
export class Metrics implements RequestObserver, StoreObserver {
  readonly registry = new Registry();
  #active = 0;
  readonly #requests = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of requests from outside; status 499 where the client left before the answer.',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'] as const,
    buckets: durations,
    registers: [this.registry],
  });
  readonly #received = this.#counter(
    'http_server_request_body_bytes_total',
    'Bytes of bodies of requests, as they came.',
  );
  readonly #sent = this.#counter('http_server_response_bytes_total', 'Bytes of answers, header fields included.');
  readonly #inside = new Counter({
    name: 'odata_inside_requests_total',
    help: 'Requests of batches, and those that are answered later.',
    labelNames: ['http_request_method', 'http_response_status_code'] as const,
    registers: [this.registry],
  });
  readonly #statements = new Histogram({
    name: 'db_client_operation_duration_seconds',
    help: 'Duration of statements, waiting included; outcome is done, timeout, canceled, refused, unavailable or failed.',
    labelNames: ['db_operation_name', 'outcome'] as const,
    buckets: durations,
    registers: [this.registry],
  });
  readonly #groups = new Histogram({
    name: 'odata_commit_statements',
    help: 'Statements that were committed together (SQLite).',
    buckets: groups,
    registers: [this.registry],
  });

  constructor(about: Readonly<Record<string, string>>) {
    collectDefaultMetrics({ register: this.registry });
    this.#gauge('http_server_active_requests', 'Requests from outside that are under way.', () => this.#active);
    const names = Object.keys(about);
    new Gauge({ name: 'service_info', help: 'Always 1.', labelNames: names, registers: [this.registry] }).set(about, 1);
  }

  began({ isInside }: RequestBegin): void {
    if (!isInside) this.#active += 1;
  }

  ended({ method, route, status, milliseconds, received, sent, isInside }: RequestEnd): void {
    if (isInside) {
      this.#inside.inc({ http_request_method: method, http_response_status_code: status });
      return;
    }
    this.#active -= 1;
    const labels = { http_request_method: method, http_route: route, http_response_status_code: status };
    this.#requests.observe(labels, milliseconds / 1000);
    this.#received.inc(received);
    this.#sent.inc(sent);
  }

  statement({ kind, milliseconds, error }: StatementEnd): void {
    this.#statements.observe({ db_operation_name: kind, outcome: outcomeOf(error) }, milliseconds / 1000);
  }

  committed(size: number): void {
    this.#groups.observe(size);
  }

  /** Tells what can be looked at, once everything is there. */
  watch(sources: Sources): void {
    const { server, store, jobs } = sources;
    this.#gauge('http_server_open_connections', 'Connections of clients.', () => server().connections);
    this.#gauge(
      'http_server_body_memory_bytes',
      'Memory that bodies take now, of BODY_MEMORY.',
      () => server().bodyBytes,
    );
    this.#gauge(
      'http_server_answer_memory_bytes',
      'Memory that large answers take now, of ANSWER_MEMORY.',
      () => server().answerBytes,
    );
    this.#gauge('db_client_operations_pending', 'Statements that run or wait.', () => store().statements);
    if (store().connections !== undefined) this.#watchConnections(store);
    if (store().standbys !== undefined) this.#watchStandbys(() => store().standbys);
    this.#states('odata_jobs', 'Requests that are answered later, in this process.', () => ({ ...jobs() }));
    const refused = { name: 'rate_limit_refused_total', help: 'Requests that were answered with 429.' };
    this.#totals(refused, 'limit', () => sources.rateLimits());
    this.#gauge('auth_verified_tokens', 'Tokens that are remembered.', sources.verifiedTokens);
    if (sources.keySet() !== undefined) this.#watchKeys(sources.keySet);
    this.#watchLogs(sources.changeLogs);
  }

  #watchConnections(store: () => StoreLoad): void {
    const connections = () => store().connections ?? { open: 0, busy: 0, most: 0 };
    this.#states('db_client_connection_count', 'Connections to the database.', () => {
      const { open, busy } = connections();
      return { used: busy, idle: open - busy };
    });
    this.#gauge('db_client_connection_max', 'Connections at most, DATABASE_CONNECTIONS.', () => connections().most);
  }

  #watchStandbys(standbys: () => StandbyLoad | undefined): void {
    const gauge = (name: string, help: string, value: (host: StandbyLoad['hosts'][number]) => number): void => {
      const one = new Gauge<'standby'>({
        name,
        help,
        labelNames: ['standby'],
        registers: [this.registry],
        collect: () => {
          for (const host of standbys()?.hosts ?? []) one.set({ standby: host.name }, value(host));
        },
      });
    };
    gauge('db_standby_used', '1 where it answers reads.', ({ unused }) => Number(unused === undefined));
    gauge('db_standby_age_seconds', 'What it shows is not older; +Inf where that is not known.', (h) => h.ageSeconds);
    const reads = { name: 'db_standby_reads_total', help: 'Reads that standbys may answer, by who did.' };
    this.#totals(reads, 'answered_by', () => standbys()?.reads ?? {});
  }

  #watchKeys(keySet: Sources['keySet']): void {
    this.#gauge('auth_key_set_age_seconds', 'Since the key set was fetched; NaN before.', () => keySet()?.age ?? NaN);
    this.#gauge('auth_key_set_failing', '1 where the last attempt to fetch it failed.', () =>
      Number(keySet()?.isFailing),
    );
  }

  #watchLogs(changeLogs: Sources['changeLogs']): void {
    const gauge = (name: string, help: string, kind: 'rows' | 'lagSeconds'): void => {
      const one = new Gauge<'entity_set'>({
        name,
        help,
        labelNames: ['entity_set'],
        registers: [this.registry],
        collect: async () => {
          for (const log of await changeLogs()) one.set({ entity_set: log.set }, log[kind]);
        },
      });
    };
    gauge('odata_change_log_rows', 'Rows of the log of changes, about.', 'rows');
    gauge(
      'odata_change_log_lag_seconds',
      'How long the oldest change is under way that delta waits for.',
      'lagSeconds',
    );
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: [this.registry] });
  }

  #gauge(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.registry], collect: () => gauge.set(value()) });
  }

  #states(name: string, help: string, values: () => Readonly<Record<string, number>>): void {
    const gauge = new Gauge<'state'>({
      name,
      help,
      labelNames: ['state'],
      registers: [this.registry],
      collect: () => {
        for (const [state, value] of Object.entries(values())) gauge.set({ state }, value);
      },
    });
  }

  /** Counted elsewhere. */
  #totals(
    about: { readonly name: string; readonly help: string },
    label: string,
    values: () => Readonly<Record<string, number>>,
  ): void {
    const counter = new Counter({
      ...about,
      labelNames: [label],
      registers: [this.registry],
      collect: () => {
        counter.reset();
        for (const [one, value] of Object.entries(values())) counter.inc({ [label]: one }, value);
      },
    });
  }
}
