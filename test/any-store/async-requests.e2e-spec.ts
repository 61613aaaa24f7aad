import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, TestApp } from '../support/test-app.js';
import { bob } from '../support/tokens.js';

const set = '/decoratedProfileConnections';
const later = { prefer: 'respond-async' };
const newer = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };

describe('asynchronous requests', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ ASYNC_JOBS_PER_CALLER: '3' });
  });
  afterAll(async () => {
    await Promise.all([app, ...others].map((one) => one.stop()));
  });
  const others: TestApp[] = [];
  async function another(variables: Record<string, string>): Promise<TestApp> {
    const started = await TestApp.start(variables);
    others.push(started);
    return started;
  }

  /** Asks a monitor until the request has been processed. */
  async function resultOf(started: Answer, headers: Record<string, string> = {}): Promise<Answer> {
    expect([started.status, started.text]).toEqual([202, '']);
    const monitor = started.headers.get('location')!;
    for (;;) {
      const answer = await app.get(monitor, { headers });
      if (answer.status !== 202) return answer;
      expect([answer.headers.get('location'), answer.headers.get('retry-after')]).toEqual([monitor, '1']);
    }
  }

  it('[A40A-13] [B5.16] [A40M-17] [A41M-3] a read is accepted, and its result found where Location says', async () => {
    await app.post(set, { id: 'a', relevanceScore: 1 });
    const started = await app.get(`${set}?$select=id`, { headers: later });
    expect(started.headers.get('preference-applied')).toBe('respond-async');
    expect(started.headers.get('location')).toMatch(new RegExp(`^${app.root}/\\$async/[\\da-f-]{36}$`));
    const result = await resultOf(started);
    const direct = await app.get(`${set}?$select=id`);
    expect([result.status, result.headers.get('asyncresult'), result.body]).toEqual([200, '200', direct.body]);
    expect(result.headers.get('content-type')).toBe(direct.headers.get('content-type'));
    expect(result.headers.get('cache-control')).toBe('no-store');
    // It can be read again.
    expect((await app.get(started.headers.get('location')!)).body).toEqual(direct.body);
  });

  it.each<[rows: string, headers: Record<string, string>, isMessage: boolean]>([
    ['A40M-16] [J-25', { 'odata-maxversion': '4.0', accept: 'application/http' }, true],
    ['A40M-16', { 'odata-maxversion': '4.0', accept: '' }, true],
    ['J-29', { 'odata-maxversion': '4.01', accept: 'application/json' }, false],
    ['J-29', { 'odata-maxversion': '4.0', accept: 'application/json' }, false],
    ['J-29', { accept: 'application/http;q=0, application/json' }, false],
  ])('[%s] for %j the result is an HTTP message: %s', async (_, headers, isMessage) => {
    const { id } = (await app.post(set, {})).body;
    const result = await resultOf(await app.get(`${set}/${id as string}`, { headers: later }), headers);
    expect([result.status, result.headers.get('asyncresult')]).toEqual([200, '200']);
    if (!isMessage) return expect(result.body.id).toBe(id);
    expect(result.headers.get('content-type')).toBe('application/http');
    const [head = '', body = ''] = result.text.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head.toLowerCase()).toContain('\r\nodata-version: 4.0');
    expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
    expect(JSON.parse(body).id).toBe(id);
  });

  it('modifications are done once, and say what became of them', async () => {
    const created = await resultOf(await app.post(set, { id: 'once', relevanceScore: 1 }, { headers: later }));
    expect([created.headers.get('asyncresult'), created.body.id]).toEqual(['201', 'once']);
    expect(created.headers.get('location')).toBe(`${app.root}/decoratedProfileConnections('once')`);
    const again = await resultOf(await app.post(set, { id: 'once' }, { headers: later }));
    expect([again.status, again.headers.get('asyncresult')]).toEqual([200, '409']);
    expect(again.body.error.innerError.code).toBe('keyAlreadyExists');
    const changed = await resultOf(
      await app.patch(`${set}/$filter(id eq 'once')/$each`, { relevanceScore: 7 }, { headers: later }),
    );
    expect(changed.body.value[0].relevanceScore).toBe(7);
    const deleted = await resultOf(await app.delete(`${set}/once`, { headers: later }));
    expect([deleted.headers.get('asyncresult'), deleted.text]).toEqual(['204', '']);
    expect((await app.get(`${set}/once`)).status).toBe(404);
  });

  it('what fails in the middle leaves nothing', async () => {
    await app.post(set, { id: 'kept', relevanceScore: 1 });
    const delta = {
      '@context': '#$delta',
      value: [
        { id: 'kept', relevanceScore: 2 },
        { '@removed': { reason: 'deleted' }, id: 'nobody' },
      ],
    };
    const result = await resultOf(await app.patch(set, delta, { headers: { ...newer, ...later } }));
    expect([result.headers.get('asyncresult'), result.body.error.target]).toEqual(['404', 'value/1']);
    expect((await app.get(`${set}/kept`)).body.relevanceScore).toBe(1);
  });

  it('a request that ends in the time that its client waits is answered at once', async () => {
    const answer = await app.post(set, { id: 'quick' }, { headers: { prefer: 'respond-async, wait=30' } });
    expect([answer.status, answer.body.id, answer.headers.get('asyncresult')]).toEqual([201, 'quick', null]);
  });

  it('[A40A-13] what is canceled changes nothing, and is gone', async () => {
    // Others of the same process keep it waiting.
    const busy = await another({ ASYNC_CONCURRENCY: '1' });
    const monitors = await Promise.all(
      ['x', 'y', 'z'].map(async (id) => {
        const { headers } = await busy.post(set, { id }, { headers: later });
        return [id, headers.get('location')!] as const;
      }),
    );
    const canceled = await Promise.all(
      monitors.map(async ([id, monitor]) => ({ id, monitor, status: (await busy.delete(monitor)).status })),
    );
    for (const { id, monitor, status } of canceled) {
      expect([204, 409]).toContain(status);
      if (status === 204) {
        expect((await busy.get(monitor)).status).toBe(404);
        expect((await busy.delete(monitor)).status).toBe(404);
        expect((await busy.get(`${set}/${id}`)).status).toBe(404);
      } else expect((await busy.get(monitor)).headers.get('asyncresult')).toBe('201');
    }
  });

  it('nobody but the caller sees a request, and nobody without a token', async () => {
    const started = await app.get(set, { headers: later });
    const monitor = started.headers.get('location')!;
    for (const [as, status] of [
      [bob, 404],
      [{ tid: 'other', oid: 'ann', scp: 'DecoratedProfile.ReadWrite' }, 404],
      [{ tid: 'contoso', oid: 'ann', roles: ['DecoratedProfile.ReadWrite.All'] }, 404],
      [null, 401],
    ] as const) {
      expect([as, (await app.get(monitor, { as })).status]).toEqual([as, status]);
      expect([as, (await app.delete(monitor, { as })).status]).toEqual([as, status]);
    }
    expect((await resultOf(started)).status).toBe(200);
    for (const id of ['nonsense', '00000000-0000-0000-0000-000000000000']) {
      expect((await app.get(`/$async/${id}`)).status).toBe(404);
    }
  });

  it('permissions are those of the request: none is gained', async () => {
    const as = { tid: 'contoso', oid: 'ann', scp: 'DecoratedProfile.Read' };
    expect((await app.post(set, {}, { as, headers: later })).status).toBe(403);
  });

  it('[B7.429] a caller has so many unfinished requests at most', async () => {
    const one = await another({ ASYNC_JOBS_PER_CALLER: '1', ASYNC_CONCURRENCY: '1' });
    const answers = await Promise.all(Array.from({ length: 12 }, () => one.get(set, { headers: later })));
    const refused = answers.filter(({ status }) => status !== 202);
    for (const { status, headers, body } of refused) {
      expect([status, headers.get('retry-after'), body.error.innerError.code]).toEqual([429, '10', 'tooManyJobs']);
    }
    await one.store.jobs.add(
      { id: 'j', tenant: 'contoso', caller: 'user:ann', request: {} },
      { holder: 'other', until: Date.now() + 60_000 },
    );
    const { status, body } = await one.get(set, { headers: later });
    expect([status, body.error.code]).toEqual([429, 'tooManyRequests']);
  });

  it('[B8.16] a batch is processed as one request', async () => {
    const json = {
      requests: [
        { id: '1', method: 'POST', url: set, body: { id: 'batched' }, headers: { 'content-type': 'application/json' } },
      ],
    };
    const result = await resultOf(await app.post('/$batch', json, { headers: later }));
    expect([result.headers.get('asyncresult'), result.body.responses[0].status]).toEqual(['200', 201]);
    const lines = [
      '--b',
      'Content-Type: application/http',
      '',
      `GET /v1.0${set}('batched') HTTP/1.1`,
      '',
      '',
      '--b--',
      '',
    ];
    const headers = { ...later, 'content-type': 'multipart/mixed;boundary=b' };
    const multipart = await resultOf(await app.post('/$batch', lines.join('\r\n'), { headers }));
    expect(multipart.text).toContain('"id":"batched"');
    expect((await app.get(`${set}/batched`)).status).toBe(200);
  });

  it('[B8.16] the requests of a batch are never answered later', async () => {
    const requests = [{ id: '1', method: 'GET', url: set, headers: later }];
    const { body } = await app.post('/$batch', { requests });
    expect(body.responses[0].status).toBe(200);
  });

  it('what says what the service is, is answered at once', async () => {
    expect((await app.get('/$metadata', { headers: later })).status).toBe(200);
  });
});
