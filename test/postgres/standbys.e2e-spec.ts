import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createApp, type App } from '../../src/app.js';
import { readEnvironment } from '../../src/config/read-environment.js';
import { buildService, Process } from '../support/process.js';
import { PostgresServer } from '../support/postgres-server.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';
import { testVariables } from '../support/test-app.js';

const set = '/v1.0/decoratedProfileConnections';
/** Seconds. */
const lag = 1;
/** An application reads what is everybody's, and writes nothing. */
const reader = { tid: ann.tid, oid: 'reader', roles: ['DecoratedProfile.Read.All'] };

interface Asked {
  readonly as?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly body?: object;
}

/** The service, on a primary and what may be its standbys. */
class Service {
  private constructor(
    private readonly app: App,
    readonly url: string,
  ) {}

  static async start(hosts: readonly PostgresServer[], variables: Readonly<Record<string, string>> = {}) {
    const all = hosts.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const { environment } = readEnvironment({
      ...testVariables,
      DATABASE_URL: `postgres://postgres@${all}/postgres`,
      DATABASE_READ_URL: `postgres://postgres@${all}/postgres`,
      DATABASE_READ_LAG: String(lag),
      DATABASE_CONNECT_TIMEOUT: '2',
      ...variables,
    });
    const app = await createApp(environment);
    return new Service(app, await app.listen());
  }

  async ask(path: string, { as = ann, headers = {}, method = 'GET', body }: Asked = {}) {
    const answer = await fetch(path.startsWith('http') ? path : this.url + path, {
      method,
      headers: { authorization: `Bearer ${tokenFor(as)}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  eventually(path: string, as: object = reader) {
    return this.ask(path, { as, headers: { ConsistencyLevel: 'eventual' } });
  }

  get standbys() {
    return this.app.store.load.standbys!;
  }

  /** Waits until so many standbys answer reads. */
  async using(count: number): Promise<void> {
    while (this.standbys.hosts.filter(({ unused }) => unused === undefined).length !== count) await sleep(10);
  }

  /** Waits until it says this of each; on a busy machine a standby lags for a moment. */
  async finds(...expected: readonly (string | undefined)[]): Promise<void> {
    while (this.standbys.hosts.some(({ unused }, index) => unused !== expected[index])) await sleep(10);
  }

  /** Waits until its probe says how many answer. */
  async tells(standbys: string): Promise<void> {
    while ((await this.ask('/health/ready')).body.standbys !== standbys) await sleep(10);
  }

  /** Who answers what is asked meanwhile. */
  async answeredBy(work: () => Promise<unknown>): Promise<{ standby: number; primary: number }> {
    const before = this.standbys.reads;
    await work();
    const after = this.standbys.reads;
    return { standby: after.standby - before.standby, primary: after.primary - before.primary };
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

describe('a database with a standby', () => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  let service: Service;
  beforeAll(async () => {
    primary = await PostgresServer.start(['fsync=off', 'wal_keep_size=1GB']);
    standby = await (await primary.backUp()).start('standby', ['hot_standby=on']);
    service = await Service.start([primary, standby]);
    await service.ask(set, { method: 'POST', body: { id: 'a' } });
  });
  afterAll(async () => {
    await service.stop();
    await standby.discard();
    await primary.discard();
  });
  beforeEach(() => service.using(1));
  afterEach(() => standby.ask('SELECT CASE WHEN pg_is_in_recovery() THEN pg_wal_replay_resume() END'));
  const score = async (n: number) => {
    const { status } = await service.ask(`${set}/a`, { method: 'PATCH', body: { relevanceScore: n } });
    expect(status).toBe(200);
  };
  /** How old `a` is shown to be to somebody else. */
  const shown = async (): Promise<number> => (await service.eventually(`${set}('a')`)).body.relevanceScore as number;
  const pause = () => standby.ask('SELECT pg_wal_replay_pause()');

  it('is read from there where the client says that it may be, and only what is read', async () => {
    const eventual = { ConsistencyLevel: 'eventual' };
    const reads = async (): Promise<void> => {
      for (const path of [`${set}/a`, set, `${set}?$count=true`, `${set}/a/profile`, `${set}/$count`])
        await service.ask(path, { as: reader, headers: eventual });
    };
    // What is noticed too late on a busy machine is the primary's to answer.
    while ((await service.answeredBy(reads)).standby < 5) await sleep(10);
    const others = await service.answeredBy(async () => {
      await service.ask(set, { as: reader });
      await service.ask(set, { as: reader, headers: { ...eventual, 'Cache-Control': 'max-age=0, no-cache' } });
      await service.ask(`${set}/a`, { method: 'PATCH', body: { relevanceScore: 1 }, headers: eventual });
      await service.ask(`${set}/delta`, { as: reader, headers: eventual });
      await service.ask(set, { as: reader, headers: { ...eventual, Prefer: 'odata.track-changes' } });
    });
    expect(others).toEqual({ standby: 0, primary: 0 });
  });

  it('is read from there by everybody where that is configured', async () => {
    const all = await Service.start([primary, standby], { DATABASE_READS: 'all' });
    try {
      await all.using(1);
      while ((await all.answeredBy(() => all.ask(`${set}/a`, { as: reader }))).standby === 0) await sleep(10);
      const strong = () => all.ask(`${set}/a`, { as: reader, headers: { 'Cache-Control': 'no-cache' } });
      expect(await all.answeredBy(strong)).toEqual({ standby: 0, primary: 0 });
    } finally {
      await all.stop();
    }
  });

  it('shows everybody what they wrote themselves', async () => {
    await pause();
    for (let n = 0; n < 20; n++) {
      await score(n);
      expect((await service.eventually(`${set}/a`, ann)).body.relevanceScore).toBe(n);
    }
    await standby.ask('SELECT pg_wal_replay_resume()');
    // And the standby does it once it has it.
    while ((await service.answeredBy(() => service.eventually(`${set}/a`, ann))).standby === 0) await sleep(10);
  });

  it('shows nothing older than is said, whatever becomes of the standby', async () => {
    await score(0);
    // What was acknowledged when: the value, and the time after its answer.
    const acknowledged: { readonly value: number; readonly at: number }[] = [{ value: 0, at: performance.now() }];
    let isWriting = true;
    const isOver = () => !isWriting;
    const writing = (async () => {
      for (let value = 1; !isOver(); value++) {
        await score(value);
        acknowledged.push({ value, at: performance.now() });
        await sleep(5);
      }
    })();
    const readUntil = async (isOver: () => boolean): Promise<void> => {
      while (!isOver()) {
        const begun = performance.now();
        const least = acknowledged.findLast(({ at }) => at < begun - lag * 1000)?.value ?? 0;
        const value = await shown();
        expect(value).toBeGreaterThanOrEqual(least);
      }
    };
    const used = (count: number) => () => service.standbys.hosts.filter(({ unused }) => !unused).length === count;
    const { standby: before } = service.standbys.reads;
    await readUntil(() => service.standbys.reads.standby > before + 20);
    await pause();
    await readUntil(used(0));
    await standby.ask('SELECT pg_wal_replay_resume()');
    await readUntil(used(1));
    const { standby: again } = service.standbys.reads;
    await readUntil(() => service.standbys.reads.standby > again + 20);
    isWriting = false;
    await writing;
  });

  it('shows what was true before, where it may be that old', async () => {
    const far = await Service.start([primary, standby], { DATABASE_READ_LAG: '3600' });
    try {
      await far.using(1);
      await score(1);
      const value = async () => (await far.eventually(`${set}('a')`)).body.relevanceScore as number;
      while ((await value()) !== 1) await sleep(10);
      await pause();
      await score(2);
      expect([await value(), await value()]).toEqual([1, 1]);
      await standby.ask('SELECT pg_wal_replay_resume()');
      while ((await value()) !== 2) await sleep(10);
    } finally {
      await far.stop();
    }
  });

  it('lets followers skip nothing, however old the standby is', async () => {
    const eventual = { ConsistencyLevel: 'eventual' };
    const made = async (...ids: readonly string[]): Promise<void> => {
      for (const id of ids) expect((await service.ask(set, { method: 'POST', body: { id } })).status).toBe(201);
    };
    const ids = ({ body }: { readonly body: any }) => body.value.map(({ id }: { id: string }) => id).sort();
    await pause();
    await made('f1', 'f2');
    for (const [path, headers] of [
      [`${set}/delta`, eventual],
      [set, { ...eventual, Prefer: 'odata.track-changes' }],
    ] as const) {
      const all = await service.ask(path, { as: reader, headers });
      expect(ids(all)).toEqual(expect.arrayContaining(['f1', 'f2']));
      const next = `f${path.length}`;
      await made(next);
      const changes = await service.ask(all.body['@odata.deltaLink'], { as: reader, headers: eventual });
      expect(ids(changes)).toEqual([next]);
    }
  });

  it('answers by the primary while the standby is away, and says so', async () => {
    await service.tells('1 of 2');
    await standby.stop();
    for (let n = 0; n < 10; n++) {
      await score(n);
      expect((await service.eventually(`${set}/a`)).status).toBe(200);
    }
    await service.finds('is no standby of the primary', 'is away');
    await service.tells('0 of 2');
    expect(await service.answeredBy(() => service.eventually(`${set}/a`))).toEqual({ standby: 0, primary: 1 });
    await standby.resume('read-only connections');
    await service.tells('1 of 2');
  });

  it('is looked at by the doctor', async () => {
    buildService();
    const hosts = `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`;
    const doctor = Process.run(
      ['commands/doctor.js'],
      { ...testKeys, DATABASE_URL: primary.url, DATABASE_READ_URL: `postgres://postgres@${hosts}/postgres` },
      '.',
    );
    expect([await doctor.exit, doctor.errors]).toEqual([1, '']);
    expect(doctor.output).toMatch(
      new RegExp(`well  standby 127.0.0.1:${standby.port}: shows what was there \\d+\\.\\d s ago`),
    );
    expect(doctor.output).toContain(`WRONG standby 127.0.0.1:${primary.port}: is no standby of the primary`);
  });

  it('refuses a standby of another primary', async () => {
    const other = await PostgresServer.start(['fsync=off']);
    const apart = await Service.start([primary], { DATABASE_READ_URL: other.url });
    try {
      while (apart.standbys.hosts[0]?.unused === 'has not been looked at yet') await sleep(10);
      expect(apart.standbys.hosts).toMatchObject([{ unused: 'is no standby of the primary', ageSeconds: Infinity }]);
    } finally {
      await apart.stop();
      await other.discard();
    }
  });

  it('does not have a write acknowledged that is canceled while it waits for it', async () => {
    await primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", 'SELECT pg_reload_conf()');
    const waiting = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    const alone = (n: number) => service.ask(`${set}/a`, { method: 'PATCH', body: { relevanceScore: n } });
    const ofGroup = async (n: number) => {
      const part = { id: '1', method: 'PATCH', url: 'decoratedProfileConnections/a', body: { relevanceScore: n } };
      const requests = [{ ...part, atomicityGroup: 'g' }];
      const { body } = await service.ask('/v1.0/$batch', { method: 'POST', body: { requests } });
      return body.responses[0] as { readonly status: number };
    };
    for (const write of [alone, ofGroup]) {
      let answer: { readonly status: number } | undefined;
      const isAnswered = () => answer !== undefined;
      // The server does not know at once that it has to wait.
      for (let canceled: unknown; canceled !== true;) {
        answer = undefined;
        const asked = write(Math.random()).then((given) => (answer = given));
        for (; !isAnswered(); await sleep(10)) canceled = (await primary.ask(waiting)) ?? canceled;
        await asked;
      }
      expect(answer).toMatchObject({ status: 503 });
    }
    await primary.ask('ALTER SYSTEM RESET synchronous_standby_names', 'SELECT pg_reload_conf()');
  });

  it('loses no write that was acknowledged when the standby is promoted, and takes one that comes back', async () => {
    // What is acknowledged is on both: nothing else is certain when one is lost.
    await primary.ask("ALTER SYSTEM SET synchronous_standby_names = '*'", 'SELECT pg_reload_conf()');
    while ((await primary.ask('SELECT sync_state FROM pg_stat_replication')) !== 'sync') await sleep(10);
    const acknowledged: string[] = [];
    let isWriting = true;
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let n = 0; isWriting; n++) {
        const id = `p${writer}-${n}`;
        const { status } = await service.ask(set, { method: 'POST', body: { id } });
        if (status === 201) acknowledged.push(id);
        else await sleep(20);
      }
    });
    const more = async (count: number): Promise<void> => {
      for (const goal = acknowledged.length + count; acknowledged.length < goal;) await sleep(10);
    };
    await more(50);
    await primary.stop('immediate');
    expect(await standby.ask('SELECT pg_promote()')).toBe(true);
    await more(50);
    isWriting = false;
    await Promise.all(writers);
    const found = async (headers: Readonly<Record<string, string>> = {}): Promise<readonly string[]> => {
      const ids: string[] = [];
      for (let next: string | undefined = `${set}?$select=id&$filter=startswith(id,'p')`; next !== undefined;) {
        const { body } = await service.ask(next, { as: reader, headers });
        ids.push(...body.value.map(({ id }: { id: string }) => id));
        next = body['@odata.nextLink'];
      }
      return ids;
    };
    expect(await found()).toEqual(expect.arrayContaining(acknowledged));
    await service.finds('is away', 'is no standby of the primary');
    // It comes back where it was, as a standby of the one that took over.
    const back = await (await standby.backUp()).start('standby', [], primary.port);
    try {
      await service.finds(undefined, 'is no standby of the primary');
      let answered = 0;
      while (answered === 0) {
        const read = () => found({ ConsistencyLevel: 'eventual' }).then((ids) => ids.length);
        answered = (await service.answeredBy(read)).standby;
      }
      expect(await found({ ConsistencyLevel: 'eventual' })).toEqual(expect.arrayContaining(acknowledged));
    } finally {
      await back.discard();
    }
  });
});
