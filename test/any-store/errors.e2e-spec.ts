import { connect } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

describe('errors', () => {
  let app: TestApp;
  let path: string;
  beforeAll(async () => {
    app = await TestApp.start();
    path = await app.profile({ headline: 'h' });
  });
  afterAll(() => app.stop());

  /** Sends bytes as they are; gives the whole answer. */
  const raw = (bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(app.url);
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      let answer = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
      socket.on('close', () => {
        resolve(answer);
      });
      socket.on('error', reject);
      setTimeout(() => socket.end(), 500).unref();
    });

  it.each<[url: string, position: number]>([
    ['/decoratedProfileConnections?$filter=relevanceScor gt 1', 1],
    ['/decoratedProfileConnections?$filter=id eq %271%27 and nope', 15],
    ['/decoratedProfileConnections?$filter=true and (', 11],
    ['/decoratedProfileConnections?$filter=contains(id,%27%C3%A4%27) and nope', 22],
    ['/decoratedProfileConnections?$expand=profile($select=nope)', 17],
    ['/decoratedProfileConnections?$orderby=id,nope desc', 4],
    ['/decoratedProfileConnections/a/nope', 31],
  ])('%s is at fault at character %i, and says so to programs too', async (url, position) => {
    const { message, innerError } = (await app.get(url)).body.error as { message: string; innerError: object };
    expect(innerError).toHaveProperty('position', position);
    if (!message.includes('at its end')) expect(message).toContain(`character ${position}`);
  });

  it.each<[method: string, url: string, status: number, code: string]>([
    ['GET', '/nothing', 404, 'resourceNotFound'],
    ['GET', '/decoratedProfileConnections/unknown', 404, 'resourceNotFound'],
    ['GET', '/decoratedProfileConnections/a/b', 404, 'resourceNotFound'],
    ['GET', '/decoratedProfileConnections/a/profile/nope', 404, 'resourceNotFound'],
    ['GET', '/decoratedProfileConnections(5)', 400, 'malformedKey'],
    ['GET', "/decoratedProfileConnections('a", 400, 'malformedUrl'],
    ['GET', "/decoratedProfileConnections('a'b')", 400, 'malformedUrl'],
    ['GET', "/decoratedProfileConnections('%00')", 400, 'malformedUrl'],
    ['PATCH', '/decoratedProfileConnections/%00/profile', 400, 'malformedUrl'],
    ['GET', "/decoratedProfileConnections?$filter=id eq '%00'", 400, 'malformedUrl'],
    ['GET', '/decoratedProfileConnections(@k)?@k=1', 400, 'malformedKey'],
    ['GET', '/decoratedProfileConnections(@k)', 404, 'resourceNotFound'],
    ['GET', "/decoratedProfileConnections(key='a')", 400, 'malformedKey'],
    ['DELETE', "/decoratedProfileConnections('a", 400, 'malformedUrl'],
    ['GET', '/decoratedprofileconnections', 404, 'resourceNotFound'],
    ['POST', '/decoratedProfileConnections/a', 405, 'methodNotAllowed'],
    ['POST', '/decoratedProfileConnections/a/profile', 405, 'methodNotAllowed'],
    ['DELETE', '/decoratedProfileConnections', 405, 'methodNotAllowed'],
    ['PUT', '/decoratedProfileConnections', 400, 'bodyRequired'],
    ['POST', '/$batch', 415, 'mediaTypeNotSupported'],
    ['GET', '/$batch', 405, 'methodNotAllowed'],
    ['GET', '/decoratedProfileConnections/$filter(id%20eq%20x)', 404, 'resourceNotFound'],
    ['GET', '/decoratedProfileConnections/$nonsense', 404, 'resourceNotFound'],
    ['GET', '/decoratedProfileConnections/$metadata', 400, 'malformedUrl'],
    ['GET', '/decoratedProfileConnections/$each', 405, 'methodNotAllowed'],
    ['GET', '/$crossjoin(nothing)', 404, 'resourceNotFound'],
    ['GET', '/$entity?$id=x', 404, 'resourceNotFound'],
    ['GET', '/$entity?$id=http://elsewhere.example/x', 404, 'resourceNotFound'],
    ['GET', '/$entity', 400, 'invalidQueryOption'],
    ['GET', '/$entity?$id=decoratedProfileConnections', 400, 'invalidQueryOption'],
    ['GET', '/$entity/x?$id=x', 404, 'resourceNotFound'],
    ['GET', "/decoratedProfileConnections('$count')", 404, 'resourceNotFound'],
    ['GET', "/decoratedProfileConnections('a')/profile/headline", 404, 'resourceNotFound'],
    ['GET', '/decoratedProfileConnections/a/profile/headline/$value', 404, 'resourceNotFound'],
    ['GET', '/decoratedProfileConnections/a/profile/headline/$count', 404, 'resourceNotFound'],
    ['GET', '/decoratedProfileConnections/a/profile/locale/$value', 404, 'resourceNotFound'],
    ['PUT', '/decoratedProfileConnections/a/profile/headline', 400, 'bodyRequired'],
    ['DELETE', '/decoratedProfileConnections/a/profile/headline', 404, 'resourceNotFound'],
    ['PATCH', '/decoratedProfileConnections/a/profile/skills', 405, 'methodNotAllowed'],
    ['POST', '/decoratedProfileConnections/a/profile/locale', 405, 'methodNotAllowed'],
    ['PUT', '/decoratedProfileConnections/a/id', 405, 'methodNotAllowed'],
    ['DELETE', '/decoratedProfileConnections/a/profile/id', 405, 'methodNotAllowed'],
    ['PATCH', '/decoratedProfileConnections/a/profile/headline/$value', 405, 'methodNotAllowed'],
    ['DELETE', '/decoratedProfileConnections/a/profile/skills/$count', 405, 'methodNotAllowed'],
    ['PUT', '/nothing', 404, 'resourceNotFound'],
    ['PATCH', '/decoratedProfileConnections/a/profile/locale', 400, 'bodyRequired'],
    ['POST', '/decoratedProfileConnections/a/profile/skills', 400, 'bodyRequired'],
    ['GET', '/decoratedProfileConnections/a/profile/$ref', 404, 'resourceNotFound'],
    ['GET', '/decoratedProfileConnections/a/profile/locale/$ref', 404, 'resourceNotFound'],
    ['PUT', '/decoratedProfileConnections/a/profile/$ref', 501, 'notImplemented'],
    ['GET', '/decoratedProfileConnections/a/microsoft.graph.DecoratedProfile', 404, 'resourceNotFound'],
  ])('[B7.404] [B7.405] [B7.501] %s %s answers %i', async (method, url, status, code) => {
    const { body, status: actual } = await app.request(method, url);
    expect([actual, body.error.innerError.code]).toEqual([status, code]);
  });

  it.each([
    ['/decoratedProfileConnections', 'DELETE', 'GET, HEAD, PATCH, POST, PUT'],
    ["/decoratedProfileConnections('a')", 'POST', 'DELETE, GET, HEAD, PATCH, PUT'],
    ['/decoratedProfileConnections/a/profile/', 'POST', 'DELETE, GET, HEAD, PATCH, PUT'],
    ['/decoratedProfileConnections/a/profile/locale/country', 'POST', 'DELETE, GET, HEAD, PATCH, PUT'],
    ['/decoratedProfileConnections/a/profile/skills', 'PATCH', 'DELETE, GET, HEAD, POST, PUT'],
    ['/decoratedProfileConnections/a/profile/headline/$value', 'POST', 'DELETE, GET, HEAD, PUT'],
    ['/decoratedProfileConnections/a/id', 'DELETE', 'GET, HEAD'],
  ])('[B7.405] %s lists the methods it knows when asked for %s', async (url, method, allow) => {
    expect((await app.request(method, url)).headers.get('allow')).toBe(allow);
  });

  it.each<[what: string, method: string, url: string, status: number]>([
    ['an unknown route outside of the service', 'GET', '/elsewhere', 404],
    ['a percent-encoding that is none', 'GET', '/v1.0/%/', 400],
    ['a percent-encoding that is none in a key', 'GET', "/v1.0/decoratedProfileConnections('%zz')", 400],
    ['a percent-encoding that is no UTF-8', 'GET', '/v1.0/decoratedProfileConnections/%ff', 400],
    ['a percent-encoding that is no UTF-8 in an unknown path', 'GET', '/v1.0/x/%ff/y/z', 400],
    ['a method of other protocols', 'PROPFIND', '/v1.0/decoratedProfileConnections', 405],
  ])('[A40M-4] [B7.e1] [C5] %s is an OData error all the same', async (_, method, url, status) => {
    const answer = await app.request(method, app.url + url);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('odata-version')).toBe('4.0');
    expect(answer.headers.get('request-id')).toMatch(uuid);
    expect(answer.headers.get('content-type')).toBe('application/json;odata.metadata=minimal');
    expect(answer.body.error.innerError['request-id']).toBe(answer.headers.get('request-id'));
  });

  it.each([
    ['headers without end', `GET / HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['two content lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
  ])('[B7.431/414] bytes that are no request, %s, get an OData error too', async (_, bytes, status) => {
    const answer = await raw(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('OData-Version: 4.0');
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));
    expect(body.error.innerError['request-id']).toMatch(uuid);
  });

  it('[B7.e1] [B7.e2] [C2] [C3] [C4] [C7] have the form that OData and Graph give them', async () => {
    const headers = { 'client-request-id': 'mine-1' };
    const answer = await app.patch(path, { nope: 1 }, { headers });
    expect(answer.headers.get('content-language')).toBe('en');
    expect(answer.headers.get('client-request-id')).toBe('mine-1');
    expect(answer.body).toEqual({
      error: {
        code: 'badRequest',
        message: "The type microsoft.graph.DecoratedProfile has no property 'nope'.",
        target: 'nope',
        details: [{ code: 'propertyNotFound', message: expect.any(String), target: 'nope' }],
        innerError: {
          code: 'propertyNotFound',
          date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
          'request-id': answer.headers.get('request-id'),
          'client-request-id': 'mine-1',
        },
      },
    });
  });

  it('[C5] every answer has an id of its own, and echoes that of the client where it is safe to', async () => {
    const one = await app.get(path, { headers: { 'client-request-id': 'abc' } });
    const two = await app.get(path, { headers: { 'client-request-id': 'x'.repeat(200) } });
    expect(one.headers.get('request-id')).not.toBe(two.headers.get('request-id'));
    expect(one.headers.get('client-request-id')).toBe('abc');
    expect(two.headers.get('client-request-id')).toBeNull();
  });

  it('[J-26] are in the version of the client', async () => {
    const answer = await app.get('/nothing', { headers: { 'odata-maxversion': '4.01' } });
    expect(answer.headers.get('odata-version')).toBe('4.01');
    expect(answer.headers.get('content-type')).toBe('application/json;metadata=minimal');
  });

  it('do not cache', async () => {
    expect((await app.get('/nothing')).headers.get('cache-control')).toBe('no-store');
  });

  it('HEAD answers as GET does, without a body', async () => {
    const { status, headers, text } = await app.request('HEAD', path);
    expect([status, text]).toEqual([200, '']);
    expect(headers.get('etag')).toBe((await app.get(path)).headers.get('etag'));
  });

  it('[B7.503] [B7.e4] [C9] a store that cannot write answers 503 and says nothing of itself, while reads go on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'locked-'));
    const file = join(folder, 'p.sqlite');
    const locked = await TestApp.start({ DATABASE_URL: file });
    try {
      const profile = await locked.profile({ headline: 'before' });
      const other = new DatabaseSync(file);
      other.exec('BEGIN IMMEDIATE');
      const write = locked.patch(profile, { headline: 'after' });
      const started = Date.now();
      for (let i = 0; i < 20; i++) expect((await locked.get(profile)).body.headline).toBe('before');
      expect(Date.now() - started).toBeLessThan(4000);
      const answer = await write;
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(answer.text).not.toMatch(/sqlite|locked|busy/i);
      other.exec('ROLLBACK');
      other.close();
      expect((await locked.patch(profile, { headline: 'after' })).status).toBe(200);
    } finally {
      await locked.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
