import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { buildService, Process } from '../support/process.js';
import { ann, testKeys, tokenFor } from '../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const headers = { authorization: `Bearer ${tokenFor(ann)}`, 'content-type': 'application/json' };
const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

describe('traces', () => {
  const folder = mkdtempSync(join(tmpdir(), 'traces-'));
  let collector: Server;
  let spans: Span[] = [];
  let resource: Readonly<Record<string, unknown>> = {};
  let running: Process | undefined;
  const valuesOf = (attributes: any[]) =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  beforeAll(async () => {
    buildService();
    collector = createServer((request, response) => {
      void json(request).then((body: any) => {
        for (const of of body.resourceSpans) {
          resource = valuesOf(of.resource.attributes);
          for (const { spans: some } of of.scopeSpans)
            spans.push(...some.map((span: any) => ({ ...span, attributes: valuesOf(span.attributes) })));
        }
        response.setHeader('content-type', 'application/json').end('{}');
      });
    }).listen(0, '127.0.0.1');
    await new Promise((done) => collector.once('listening', done));
  });
  afterEach(async () => {
    running?.child.kill('SIGKILL');
    await running?.exit;
    spans = [];
  });
  afterAll(() => {
    collector.close();
    rmSync(folder, { recursive: true });
  });
  const start = (variables: NodeJS.ProcessEnv = {}): Process => {
    const { port } = collector.address() as { port: number };
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
    running = Process.start(
      { ...testKeys, NODE_ENV: 'production', DATABASE_URL: join(folder, 't.sqlite'), ...endpoint, ...variables },
      folder,
    );
    return running;
  };
  /** Ends the process, which sends what it has. */
  async function spansOf(process: Process): Promise<readonly Span[]> {
    process.child.kill('SIGTERM');
    expect(await process.exit).toBe(0);
    return spans;
  }

  it('go on with that of the client: the request, each statement without its values; and stand in log and error', async () => {
    const process = start({ OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=tests' });
    const url = await process.url();
    const traced = { ...headers, traceparent: `00-${traceId}-${parentId}-01` };
    await fetch(url + set, {
      method: 'POST',
      headers: traced,
      body: '{"id":"secret-key","profile":{"firstName":"secret name"}}',
    });
    const failed: any = await (await fetch(`${url}${set}/nobody`, { headers: traced })).json();
    expect(failed.error.innerError['trace-id']).toBe(traceId);
    const all = (await spansOf(process)).filter((span) => span.traceId === traceId);
    const request = all.find(({ name }) => name === `POST ${set}`)!;
    expect(request).toMatchObject({
      parentSpanId: parentId,
      attributes: { 'http.route': set, 'http.response.status_code': 201 },
    });
    const statements = all.filter(({ parentSpanId }) => parentSpanId === request.spanId);
    expect(statements.map(({ attributes }) => attributes['db.query.text'])).toEqual([
      expect.stringMatching(/^INSERT INTO "decoratedProfileConnections"/),
    ]);
    expect(JSON.stringify(all)).not.toMatch(/secret-key|secret name/);
    expect(resource).toMatchObject({ 'service.name': 'decorated-profiles', 'deployment.environment.name': 'tests' });
    const answered = process.output.split('\n').filter((line) => line.includes('"msg":"answered"'));
    expect(answered.map((line) => JSON.parse(line).traceId)).toEqual([traceId, traceId]);
  });

  it('have each part of a batch inside of the batch', async () => {
    const process = start();
    const url = await process.url();
    const requests = ['a', 'b'].map((id) => ({ id, method: 'GET', url: `decoratedProfileConnections/${id}` }));
    const body = JSON.stringify({ requests });
    await (await fetch(`${url}/v1.0/$batch`, { method: 'POST', headers, body })).text();
    const all = await spansOf(process);
    const batch = all.find(({ name }) => name === 'POST /v1.0/$batch')!;
    const parts = all.filter(({ name }) => name === `GET ${set}/{key}`);
    expect(parts.map(({ traceId: of, parentSpanId }) => [of, parentSpanId])).toEqual([
      [batch.traceId, batch.spanId],
      [batch.traceId, batch.spanId],
    ]);
    for (const { spanId } of parts) expect(all.some(({ parentSpanId }) => parentSpanId === spanId)).toBe(true);
  });

  it('are of the share that is asked for, and keep nobody where the collector is away', async () => {
    const none = start({ OTEL_TRACES_SAMPLER: 'always_off' });
    await fetch((await none.url()) + set, { headers });
    expect(await spansOf(none)).toEqual([]);
    const away = start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    expect((await fetch((await away.url()) + set, { headers })).status).toBe(200);
    await sleep(100);
    expect((await fetch((await away.url()) + set, { headers })).status).toBe(200);
  });

  it('cost a stop a second at most where the collector is away, which is said', async () => {
    // One that takes connections and never answers, and one that is not there.
    const silent = createTcpServer().listen(0, '127.0.0.1');
    await new Promise((done) => silent.once('listening', done));
    const { port } = silent.address() as { port: number };
    try {
      for (const endpoint of [`http://127.0.0.1:${port}`, 'http://127.0.0.1:1']) {
        const process = start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
        await fetch((await process.url()) + set, { headers });
        const begun = performance.now();
        process.child.kill('SIGTERM');
        expect(await process.exit).toBe(0);
        // A flush of the exporter's own takes five seconds and more.
        expect(performance.now() - begun).toBeLessThan(4000);
        expect(process.output).toMatch(/"reason":"[^"]+","msg":"the last traces could not be sent"/);
        expect(process.output).toContain('"msg":"stopped"');
      }
    } finally {
      silent.close();
    }
  });

  it('that cannot be sent are told of in the log once, and once more when they can be sent again', async () => {
    let isAway = true;
    const unsteady = createServer((_, response) => {
      // Nothing that is tried again.
      response.writeHead(isAway ? 400 : 200, { 'content-type': 'application/json' }).end('{}');
    }).listen(0, '127.0.0.1');
    await new Promise((done) => unsteady.once('listening', done));
    const { port } = unsteady.address() as { port: number };
    try {
      const process = start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
      const url = await process.url();
      /** As many as are sent at once: two spans a request. */
      const batch = () => Promise.all(Array.from({ length: 300 }, () => fetch(url + set, { headers })));
      const times = (message: string) => process.output.split(`"msg":"${message}`).length - 1;
      for (let round = 0; round < 3; round++) await batch();
      const [line] = await process.said(/.*"msg":"traces cannot be sent.*/);
      expect(JSON.parse(line)).toMatchObject({ level: 40, reason: expect.any(String) });
      expect(JSON.parse(line)).not.toHaveProperty('traceId');
      isAway = false;
      while (times('traces are sent again') === 0) await batch();
      await batch();
      expect([times('traces cannot be sent'), times('traces are sent again')]).toEqual([1, 1]);
      expect(process.output).toMatch(/"lost":[1-9]\d*,"msg":"traces are sent again"/);
    } finally {
      unsteady.close();
    }
  });

  it.each<[NodeJS.ProcessEnv, RegExp]>([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'bogus' }, /- OTEL_EXPORTER_OTLP_ENDPOINT must be a URL of http or https/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /- OTEL_EXPORTER_OTLP_ENDPOINT must be a URL/],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '/v1/traces' }, /- OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be a URL/],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: '-1' }, /- OTEL_EXPORTER_OTLP_TIMEOUT is invalid/],
    [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'lz' }, /- OTEL_EXPORTER_OTLP_COMPRESSION is invalid/],
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, /OTEL_TRACES_SAMPLER must be/],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '7' }, /a share from 0 to 1/],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /OTEL_EXPORTER_OTLP_PROTOCOL must be http\/json/],
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, /OTEL_TRACES_EXPORTER must be/],
  ])('are refused by %j: exit code 78', async (variables, why) => {
    const process = start(variables);
    expect([await process.exit, process.errors]).toEqual([78, expect.stringMatching(why)]);
  });

  it('are sent where a variable beside is empty, as if it were not there', async () => {
    const process = start({
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: '',
      OTEL_TRACES_SAMPLER: '',
      OTEL_TRACES_EXPORTER: '',
    });
    await fetch((await process.url()) + set, { headers });
    expect((await spansOf(process)).map(({ name }) => name)).toContain(`GET ${set}`);
  });

  it('are not there where nobody asks for them', async () => {
    for (const variables of [
      { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
      { OTEL_SDK_DISABLED: 'true' },
      { OTEL_TRACES_EXPORTER: 'none' },
    ]) {
      const process = start(variables);
      const failed: any = await (await fetch(`${await process.url()}${set}/nobody`, { headers })).json();
      expect(failed.error.innerError).not.toHaveProperty('trace-id');
      expect(await spansOf(process)).toEqual([]);
    }
  });
});
