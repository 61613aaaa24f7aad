import { get as httpGet, METHODS, request as httpRequest } from 'node:http';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sendRaw } from '../support/raw-request.js';
import { TestApp } from '../support/test-app.js';
import { ann, tokenFor } from '../support/tokens.js';

const set = '/v1.0/decoratedProfileConnections';
const token = `Authorization: Bearer ${tokenFor(ann)}`;
const json = ['Content-Type: application/json', 'Content-Length: 2'];

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  await app.post('/decoratedProfileConnections', { id: 'a', relevanceScore: 1, profile: { firstName: 'Ann' } });
  const summary = 'bridges '.repeat(200);
  await app.post('/decoratedProfileConnections', { id: 'large', profile: { summary } });
});
afterAll(() => app.stop());

describe('the target of a request', () => {
  it.each([
    ['http://other.example:99', '', 'http://other.example:99'],
    ['HTTP://other.example', '?$select=id', 'http://other.example'],
    ['http://user:secret@other.example', '', 'http://other.example'],
  ])('may be absolute, and its host counts: %s', async (host, query, expected) => {
    const { status, text } = await sendRaw(app.url, [`GET ${host}${set}('a')${query} HTTP/1.1`, 'Host: x', token]);
    expect([status, JSON.parse(text)['@odata.context']]).toEqual([200, expect.stringContaining(`${expected}/v1.0/`)]);
  });

  it('that is absolute is routed as any other', async () => {
    const head = (target: string) => [`PATCH http://x${target} HTTP/1.1`, 'Host: x', token, ...json];
    expect((await sendRaw(app.url, head(`${set}('a')/profile`), '{}')).status).toBe(200);
    const create = [...head(`${set}/$each`), 'Prefer: create-if-missing'];
    const each = await sendRaw(app.url, create, '{}');
    expect([each.status, JSON.parse(each.text).value.length]).toEqual([200, 2]);
    expect((await app.get('/decoratedProfileConnections/$count')).text).toBe('2');
    expect((await sendRaw(app.url, ['GET http://x HTTP/1.1', 'Host: x'])).status).toBe(404);
    expect((await sendRaw(app.url, ['GET http://x?a HTTP/1.1', 'Host: x'])).status).toBe(404);
  });

  it('names no host in HTTP/1.0, where it need not', async () => {
    const { status, text } = await sendRaw(app.url, ['GET /v1.0/ HTTP/1.0']);
    expect([status, JSON.parse(text)['@odata.context']]).toEqual([200, `${app.root}/$metadata`]);
  });

  it('that is an asterisk is no resource', async () => {
    expect((await sendRaw(app.url, ['OPTIONS * HTTP/1.1', 'Host: x'])).status).toBe(404);
  });
});

describe('[B7.405] a method', () => {
  const served = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'CONNECT'];

  it.each(METHODS.filter((method) => !served.includes(method)))(
    '%s is none, and the answer says what would do, whatever the body',
    async (method) => {
      const body = ['Content-Type: application/xml', 'Content-Length: 3'];
      const send = (path: string) => sendRaw(app.url, [`${method} ${path} HTTP/1.1`, 'Host: x', token, ...body], '<a>');
      for (const [path, allow] of [
        [set, 'GET, HEAD, PATCH, POST, PUT'],
        [`${set}('a')/profile`, 'DELETE, GET, HEAD, PATCH, PUT'],
        [`${set}/a/relevanceScore`, 'DELETE, GET, HEAD, PATCH, PUT'],
        ['/health/live', 'GET, HEAD'],
      ] as const) {
        const answer = await send(path);
        expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
        expect(JSON.parse(answer.text).error.message).toBe(
          `The resource does not know the method ${method}. It knows ${allow}.`,
        );
      }
      expect((await send('/nope')).status).toBe(404);
    },
  );

  it('that is none of HTTP is not implemented', async () => {
    const { status, text } = await sendRaw(app.url, [`FROB ${set} HTTP/1.1`, 'Host: x', token]);
    expect([status, JSON.parse(text).error.code]).toEqual([501, 'notImplemented']);
  });

  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
    '[B6.10] in %s is refused, so that nothing else is done',
    async (name) => {
      const before = (await app.get('/decoratedProfileConnections/$count')).text;
      const answer = await app.post('/decoratedProfileConnections', {}, { headers: { [name]: 'PATCH' } });
      const { message, target } = answer.body.error as Record<string, string>;
      const header = name.toLowerCase();
      expect([answer.status, target]).toEqual([501, header]);
      expect(message).toBe(`${header} is not heeded: send PATCH itself.`);
      expect((await app.get('/decoratedProfileConnections/$count')).text).toBe(before);
      expect((await app.patch('/decoratedProfileConnections/a', {}, { headers: { [name]: 'PATCH' } })).status).toBe(
        200,
      );
    },
  );
});

interface Received {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

function receive(method: string, path: string, headers: Record<string, string>): Promise<Received> {
  const send = method === 'GET' ? httpGet : httpRequest;
  return new Promise((resolve, reject) => {
    const all = { authorization: `Bearer ${tokenFor(ann)}`, ...headers };
    send(`${app.url}${path}`, { method, headers: all }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(chunks) }));
    })
      .on('error', reject)
      .end();
  });
}

describe('what an answer is encoded in', () => {
  const inflate: Record<string, (bytes: Buffer) => Buffer> = {
    gzip: (bytes) => gunzipSync(bytes),
    br: (bytes) => brotliDecompressSync(bytes),
    zstd: (bytes) => zstdDecompressSync(bytes),
    identity: (bytes) => bytes,
  };

  it.each([
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['zstd', 'zstd'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip, br;q=0.5', 'gzip'],
    ['zstd;q=0, identity', 'identity'],
  ])('to %s is %s', async (accepted, encoding) => {
    for (const path of [`${set}/large/profile`, '/v1.0/$metadata', '/v1.0/openapi.json']) {
      const plain = await receive('GET', path, {});
      const { headers, body } = await receive('GET', path, { 'accept-encoding': accepted });
      expect(headers['content-encoding'] ?? 'identity').toBe(encoding);
      expect(inflate[encoding]!(body).equals(plain.body)).toBe(true);
    }
  });

  it.each([
    ['of a large answer', `${set}/large/profile`],
    ['of a small answer', `${set}/a`],
    ['of a list', `${set}?$expand=profile`],
    ['of the metadata', '/v1.0/$metadata'],
    ['of the service document', '/v1.0/'],
    ['of the description', '/v1.0/openapi.json'],
    ['of a page', '/v1.0/docs'],
    ['of an error', '/v1.0/nope'],
  ])('HEAD says the same as GET: %s', async (_, path) => {
    for (const encoding of ['identity', 'gzip', 'br', 'zstd']) {
      const [get, head] = await Promise.all(
        ['GET', 'HEAD'].map((method) => receive(method, path, { 'accept-encoding': encoding })),
      );
      const told = ({ headers }: Received) =>
        ['content-length', 'content-encoding', 'content-type', 'vary', 'etag', 'cache-control'].map(
          (name) => headers[name],
        );
      expect([encoding, ...told(head!)]).toEqual([encoding, ...told(get!)]);
      expect(head!.body.length).toBe(0);
      expect(get!.headers['content-length'] ?? String(get!.body.length)).toBe(String(get!.body.length));
    }
  });

  it.each([`${set}/large/profile`, `${set}/a`, '/v1.0/$metadata', '/v1.0/openapi.json', '/v1.0/docs'])(
    'is said in Vary once, by every answer: %s',
    async (path) => {
      const { headers } = await receive('GET', path, {});
      const known = { 'if-none-match': String(headers.etag) };
      const others = ['identity', 'gzip'].map((one) => receive('GET', path, { ...known, 'accept-encoding': one }));
      const answers = [await receive('GET', path, { 'accept-encoding': 'gzip' }), ...(await Promise.all(others))];
      for (const { headers: told } of answers) expect(String(told.vary).match(/accept-encoding/gi)).toHaveLength(1);
    },
  );
});
