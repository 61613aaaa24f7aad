import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AggregateStore } from '../src/odata/store/aggregate-store.js';
import { type TestDatabase, testDatabase } from './support/databases.js';
import { at, type HeldCall, holdNextInsert } from './support/held-call.js';
import { openTestStore } from './support/open-store.js';
import { type Answer, TestApp } from './support/test-app.js';
import { ann, annElsewhere, bob } from './support/tokens.js';

const set = '/decoratedProfileConnections';
const later = { prefer: 'respond-async' };
const hour = 3_600_000;

describe('a process that has requests to process', () => {
  let database: TestDatabase;
  let app: TestApp;
  /** What another process would have of the same database. */
  let other: AggregateStore;
  const variables = {
    ASYNC_CONCURRENCY: '1',
    ASYNC_JOBS: '2',
    ASYNC_JOBS_PER_CALLER: '2',
    DATABASE_TRANSACTION_TIMEOUT: '50',
  };
  beforeAll(async () => {
    database = await testDatabase();
    app = await TestApp.start({ DATABASE_URL: database.url, ...variables });
    other = await openTestStore(database.url, []);
  });
  afterAll(async () => {
    await other.close();
    await app.stop();
    await database.discard();
  });
  let held: HeldCall | undefined;
  afterEach(() => {
    held?.letGo();
  });

  /** Has one request begun, which goes no further before it is let go. */
  async function begin(id: string, as: object = ann): Promise<Answer & { readonly monitor: string }> {
    held = holdNextInsert(app.store);
    const started = await app.post(set, { id }, { as, headers: later });
    expect(started.status).toBe(202);
    await held.come;
    return { ...started, monitor: started.headers.get('location')! };
  }
  const idOf = (monitor: string): string => monitor.split('/').at(-1)!;

  /** Asks a monitor until the request has been processed, or is not there. */
  async function resultOf(monitor: string, as: object = ann): Promise<Answer> {
    for (;;) {
      const answer = await app.get(monitor, { as });
      if (answer.status !== 202) return answer;
    }
  }

  /** Waits until all that the process has begun or left waiting is done. */
  async function idle(): Promise<void> {
    const as = { ...bob, oid: 'last' };
    for (;;) {
      const { status, headers } = await app.get(`${set}/none`, { as, headers: later });
      // What was canceled has its place until its turn comes.
      if (status === 503) continue;
      await resultOf(headers.get('location')!, as);
      return;
    }
  }

  it('keeps what says that a request is being processed out of every cache', async () => {
    const { headers, monitor } = await begin('cached');
    const said = ({ headers: got }: Pick<Answer, 'headers'>) =>
      ['cache-control', 'location', 'retry-after', 'preference-applied'].map((name) => got.get(name));
    expect(said({ headers })).toEqual(['no-store', monitor, '1', 'respond-async']);
    const asked = await app.get(monitor);
    expect([asked.status, ...said(asked)]).toEqual([202, 'no-store', monitor, '1', null]);
    held!.letGo();
    const done = await resultOf(monitor);
    expect([done.headers.get('asyncresult'), done.headers.get('cache-control')]).toEqual(['201', 'no-store']);
  });

  it('[A40A-13] leaves nothing of a request that is canceled while it runs', async () => {
    const { monitor } = await begin('canceled');
    expect((await app.delete(monitor)).status).toBe(204);
    held!.letGo();
    await idle();
    expect((await app.get(monitor)).status).toBe(404);
    expect((await app.get(`${set}/canceled`)).status).toBe(404);
  });

  it('[A40A-13] does not begin a request that was canceled before, nor a batch', async () => {
    await begin('before them', bob);
    const part = { id: '1', method: 'POST', url: set, headers: { 'content-type': 'application/json' } };
    for (const [path, body] of [
      [set, { id: 'never' }],
      ['/$batch', { requests: [{ ...part, body: { id: 'never in a batch' } }] }],
    ] as const) {
      const { headers } = await app.post(path, body, { headers: later });
      expect((await app.delete(headers.get('location')!)).status).toBe(204);
    }
    held!.letGo();
    await idle();
    for (const id of ['never', 'never in a batch']) expect((await app.get(`${set}('${id}')`)).status).toBe(404);
  });

  it('leaves nothing of a request that another process has taken', async () => {
    const { monitor } = await begin('taken');
    const taken = await at(Date.now() + hour, () => other.jobs.claim({ holder: 'other', until: Date.now() + hour }));
    expect(taken?.id).toBe(idOf(monitor));
    held!.letGo();
    await idle();
    expect((await app.get(monitor)).status).toBe(202);
    expect((await app.get(`${set}/taken`)).status).toBe(404);
    expect(await other.jobs.finish(idOf(monitor), 'other', { status: 204, headers: {}, body: '' })).toBe(true);
    expect((await app.get(monitor)).headers.get('asyncresult')).toBe('204');
  });

  it('forgets what was asked when it has been answered', async () => {
    const { monitor } = await begin('forgotten');
    expect((await other.jobs.find(idOf(monitor)))?.request).toMatchObject({ method: 'POST' });
    held!.letGo();
    await resultOf(monitor);
    expect((await other.jobs.find(idOf(monitor)))?.request).toEqual({});
  });

  it('[B7.429] takes as many unfinished requests of a caller as it is told, and not one more', async () => {
    const { monitor } = await begin('first');
    const second = await app.post(set, { id: 'second' }, { headers: later });
    expect(second.status).toBe(202);
    const third = await app.post(set, { id: 'third' }, { headers: later });
    expect([third.status, third.body.error.innerError.code]).toEqual([429, 'tooManyJobs']);
    // Others of that name are other callers.
    expect((await app.get(set, { as: annElsewhere, headers: later })).status).toBe(202);
    held!.letGo();
    await resultOf(monitor);
    await resultOf(second.headers.get('location')!);
    expect((await app.post(set, { id: 'third' }, { headers: later })).status).toBe(202);
    await idle();
  });

  it('lets as many requests wait as it is told, and not one more', async () => {
    await begin('runs');
    const third = { ...ann, oid: 'u3' };
    const users = [{ ...ann, oid: 'u1' }, { ...ann, oid: 'u2' }, third];
    const answers: Answer[] = [];
    for (const as of users) answers.push(await app.get(set, { as, headers: later }));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 503]);
    const { body, headers } = answers[2]!;
    expect([body.error.innerError.code, headers.get('retry-after')]).toEqual(['tooBusy', '10']);
    held!.letGo();
    await resultOf(answers[1]!.headers.get('location')!, users[1]);
    expect((await app.get(set, { as: third, headers: later })).status).toBe(202);
    await idle();
  });

  it('has nobody wait longer than a minute, however long a client would', async () => {
    held = holdNextInsert(app.store);
    const waits: number[] = [];
    const real = globalThis.setTimeout;
    const timers = jest.spyOn(globalThis, 'setTimeout');
    timers.mockImplementation((work: () => void, delay = 0) => {
      if (delay < 60_000) return real(work, delay);
      waits.push(delay);
      return real(work, 0);
    });
    const prefer = 'respond-async, wait=61';
    const answer = await app.post(set, { id: 'waited' }, { headers: { prefer } });
    timers.mockRestore();
    expect([answer.status, answer.headers.get('cache-control'), waits]).toEqual([202, 'no-store', [60_000]]);
    held.letGo();
    expect((await resultOf(answer.headers.get('location')!)).headers.get('asyncresult')).toBe('201');
  });
});

describe('requests that were left', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.discard());
  let running: TestApp[] = [];
  let held: HeldCall | undefined;
  afterEach(async () => {
    held?.letGo();
    await Promise.all(running.map((app) => app.stop()));
    running = [];
  });
  async function start(variables: NodeJS.ProcessEnv = {}): Promise<TestApp> {
    const app = await TestApp.start({ DATABASE_URL: database.url, ASYNC_CONCURRENCY: '1', ...variables });
    running.push(app);
    return app;
  }

  it('are taken up by the next process: three times at most, a batch once', async () => {
    const first = await start();
    held = holdNextInsert(first.store);
    const started = await first.post(set, { id: 'running' }, { headers: later });
    await held.come;
    const accept = async (path: string, body: unknown): Promise<string> => {
      const { headers } = await first.post(path, body, { headers: later });
      return headers.get('location')!.split('/').at(-1)!;
    };
    const part = { id: '1', method: 'POST', url: set, headers: { 'content-type': 'application/json' } };
    // How often each was begun by processes that are gone.
    const begun = new Map([
      [await accept(set, { id: 'twice' }), 2],
      [await accept(set, { id: 'thrice' }), 3],
      [await accept('/$batch', { requests: [{ ...part, body: { id: 'cut off' } }] }), 1],
      [await accept('/$batch', { requests: [{ ...part, body: { id: 'batched' } }] }), 0],
    ]);
    // What runs is finished, what waits is left to others.
    const stopped = first.stop();
    running = [];
    held.letGo();
    await stopped;
    const between = await openTestStore(database.url, []);
    for (let taken = 0; taken < begun.size; taken++) {
      const { id = '' } = (await between.jobs.claim({ holder: 'gone', until: Date.now() + hour })) ?? {};
      for (let attempt = 1; attempt <= begun.get(id)!; attempt++) {
        expect(await between.jobs.begin(id, 'gone')).toBe(attempt);
      }
    }
    await between.jobs.renew([...begun.keys()], { holder: 'gone', until: 0 });
    await between.close();
    const second = await start();
    const results: unknown[] = [];
    for (const id of [started.headers.get('location')!.split('/').at(-1)!, ...begun.keys()]) {
      let answer = await second.get(`/$async/${id}`);
      while (answer.status === 202) answer = await second.get(`/$async/${id}`);
      const { id: made, error, responses } = answer.body;
      results.push([answer.headers.get('asyncresult'), made ?? error?.innerError.code ?? responses[0].body.id]);
    }
    expect(results).toEqual([
      ['201', 'running'],
      ['201', 'twice'],
      ['500', 'jobInterrupted'],
      ['500', 'jobInterrupted'],
      ['200', 'batched'],
    ]);
    const { body } = await second.get(`${set}?$select=id&$orderby=id`);
    expect(body.value.map(({ id }: { id: string }) => id)).toEqual(['batched', 'running', 'twice']);
  });

  it('stay held as long as their process lives, however long they take', async () => {
    const living = await start({ ASYNC_LEASE: '1' });
    held = holdNextInsert(living.store);
    const monitor = (await living.post(set, { id: 'long' }, { headers: later })).headers.get('location')!;
    await held.come;
    const accepted = Date.now();
    while (Date.now() < accepted + 2) await living.get(monitor);
    const renewed = jest.spyOn(living.store.jobs, 'renew');
    while (!renewed.mock.calls.some(([ids]) => ids.length > 0)) await living.get(monitor);
    await Promise.all(renewed.mock.results.map(({ value }) => value));
    const others = await openTestStore(database.url, []);
    // The lease that it was accepted with would have ended.
    expect(await at(accepted + 1001, () => others.jobs.claim({ holder: 'other', until: 0 }))).toBeUndefined();
    await others.close();
    held.letGo();
    let answer = await living.get(monitor);
    while (answer.status === 202) answer = await living.get(monitor);
    expect(answer.headers.get('asyncresult')).toBe('201');
  });

  it('leave results for as many hours as is told', async () => {
    const store = await openTestStore(database.url, []);
    const lease = { holder: 'me', until: Date.now() + hour };
    const ends = { old: Date.now() - hour - 1000, young: Date.now() - hour + 600_000 };
    for (const [id, end] of Object.entries(ends)) {
      await store.jobs.add({ id, tenant: 't', caller: 'user:x', request: {} }, lease);
      await at(end, () => store.jobs.finish(id, 'me', { status: 200 }));
    }
    await start({ ASYNC_RETENTION: '1' });
    while ((await store.jobs.find('old')) !== undefined) continue;
    expect(await store.jobs.find('young')).toBeDefined();
    await store.close();
  });
});
