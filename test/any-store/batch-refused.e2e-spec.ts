import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { multipart, sendJson, sendMultipart } from '../support/batches.js';
import { TestApp } from '../support/test-app.js';

const set = 'decoratedProfileConnections';
const crlf = (...lines: readonly string[]): string => lines.join('\r\n');
const created = { method: 'POST', url: set, body: {} };

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({
    BATCH_MULTIPART_REQUESTS: '5',
    BATCH_MEMORY: '8192',
    BATCH_LIMIT: '16384',
    BATCH_DEPTH: '9',
  });
});
afterAll(() => app.stop());
const count = async (): Promise<number> => Number((await app.get(`/${set}/$count`)).text);

describe('a batch that is not well-formed does nothing, and the answer says what is wrong', () => {
  const part = crlf(
    '--batch_1',
    'Content-Type: application/http',
    '',
    `POST ${set} HTTP/1.1`,
    'Content-Type: application/json',
    '',
    '{}',
  );
  const change = (...lines: readonly string[]): string =>
    crlf(part, '--batch_1', 'Content-Type: multipart/mixed; boundary=cs', '', ...lines, '--batch_1--');

  it.each<[what: string, body: string, message: RegExp, contentType?: string]>([
    ['no boundary in the media type', part, /needs a boundary/, 'multipart/mixed'],
    ['an empty boundary', part, /needs a boundary/, 'multipart/mixed;boundary='],
    ['a boundary that is too long', part, /1 to 70/, `multipart/mixed;boundary=${'b'.repeat(71)}`],
    ['no boundary in the body', 'GET / HTTP/1.1', /has no boundary delimiter '--batch_1'/],
    ['an empty body', '', /has no boundary delimiter/],
    ['no end', crlf(part, ''), /ends without its closing delimiter '--batch_1--'/],
    ['an end that is cut', crlf(part, '--batch_1-'), /ends without its closing/],
    [
      'a part without a media type',
      crlf(part, '--batch_1', '', 'GET x HTTP/1.1', '', '', '--batch_1--'),
      /In part 2: Its Content-Type must be/,
    ],
    [
      'a part of another media type',
      crlf(part, '--batch_1', 'Content-Type: text/plain', '', 'GET x HTTP/1.1', '', '', '--batch_1--'),
      /In part 2: Its Content-Type must be/,
    ],
    [
      'a header that is none',
      crlf(part, '--batch_1', 'Content-Type', '', 'GET x HTTP/1.1', '', '', '--batch_1--'),
      /'Content-Type' is no header/,
    ],
    ['an empty part', crlf(part, '--batch_1', '--batch_1--'), /In part 2/],
    [
      'no request line',
      crlf(part, '--batch_1', 'Content-Type: application/http', '', '', '', '--batch_1--'),
      /is no request line/,
    ],
    [
      'a header of the request that is none',
      crlf(part, '--batch_1', 'Content-Type: application/http', '', 'GET x HTTP/1.1', 'x y: z', '', '', '--batch_1--'),
      /is no header/,
    ],
    [
      'a method that is none',
      crlf(part, '--batch_1', 'Content-Type: application/http', '', 'BREW x HTTP/1.1', '', '', '--batch_1--'),
      /'BREW' is no method/,
    ],
    ['another host', multipart([created, { url: 'http://example.com/v1.0/x' }]), /leads to another host/],
    [
      'another host in the header',
      multipart([created, { url: '/v1.0/x', headers: { Host: 'example.com' } }]),
      /leads to another host/,
    ],
    ['a way out of the service', multipart([created, { url: '../../health/live' }]), /dot segments/],
    ['an encoded way out', multipart([created, { url: `/v1.0/${set}/%2E%2e/x` }]), /dot segments/],
    ['chunks', multipart([created, { ...created, headers: { 'Transfer-Encoding': 'chunked' } }]), /Transfer-Encoding/],
    [
      'a read in a change set',
      multipart([
        [
          { id: '1', ...created },
          { id: '2', url: set },
        ],
      ]),
      /In part 1, request 2: A change set must not hold GET/,
    ],
    [
      'a change set in a change set',
      change('--cs', 'Content-Type: multipart/mixed;boundary=cs2', '', '--cs2--', '--cs--'),
      /must not hold another one/,
    ],
    ['a change set without a boundary', change('').replace('; boundary=cs', ''), /In part 2: .*needs a boundary/],
    [
      'a change set without an end',
      change('--cs', 'Content-Type: application/http', '', `POST ${set} HTTP/1.1`, '', '{}'),
      /In part 2: .*ends without its closing delimiter '--cs--'/,
    ],
    ['[B8.12] a batch in a batch', multipart([created, { method: 'POST', url: '$batch' }]), /must not be a batch/],
    [
      'a batch in a batch, in disguise',
      multipart([created, { method: 'POST', url: '/v1.0/%24batch/?x' }]),
      /must not be a batch/,
    ],
    ['too many requests', multipart(Array.from({ length: 6 }, () => created)), /exceeds the maximum of 5/],
  ])('%s', async (_, body, message, contentType = 'multipart/mixed;boundary=batch_1') => {
    const before = await count();
    const answer = await sendMultipart(app, body, {
      headers: { 'content-type': contentType, prefer: 'continue-on-error' },
    });
    expect([answer.status, answer.body?.error.message]).toEqual([400, expect.stringMatching(message)]);
    expect(await count()).toBe(before);
    // The connection goes on.
    expect((await app.get(`/${set}`)).status).toBe(200);
  });

  const first = { id: '0', ...created };
  it.each<[what: string, body: unknown, message: RegExp]>([
    ['no JSON', '{"requests":[', /is not JSON/],
    ['not in UTF-8', Buffer.from([0x22, 0xff, 0x22]), /UTF-8/],
    ['no object', [], /must be an object/],
    ['no requests', {}, /must have the member 'requests'/],
    ['requests that are no array', { requests: {} }, /'requests', an array/],
    ['another member', { requests: [first], extra: 1 }, /no member 'extra'/],
    ['a request that is no object', { requests: [first, 5] }, /must be an object/],
    [
      'a member of a request that is none',
      { requests: [first, { id: '1', method: 'GET', url: set, dependson: ['0'] }] },
      /no member 'dependson'/,
    ],
    ['no id', { requests: [first, { method: 'GET', url: set }] }, /'id' is missing/],
    ['an id that is no string', { requests: [first, { id: 1, method: 'GET', url: set }] }, /'id' must be a string/],
    [
      '[B8.6] [C11] an id that is taken',
      { requests: [first, { id: '0', method: 'GET', url: set }] },
      /'0' stands twice/,
    ],
    [
      'an id that is that of a group',
      {
        requests: [
          { ...first, atomicityGroup: 'g' },
          { id: 'g', method: 'GET', url: set },
        ],
      },
      /'g' stands twice/,
    ],
    ['a group with the id of its request', { requests: [{ ...first, atomicityGroup: '0' }] }, /'0' stands twice/],
    ['no method', { requests: [first, { id: '1', url: set }] }, /'method' is missing/],
    ['another method', { requests: [first, { id: '1', method: 'HEAD', url: set }] }, /'HEAD' is none of/],
    ['no url', { requests: [first, { id: '1', method: 'GET' }] }, /'url' is missing/],
    ['an empty url', { requests: [first, { id: '1', method: 'GET', url: '' }] }, /URL is empty/],
    [
      'half a character in the url',
      { requests: [first, { id: '1', method: 'GET', url: 'x\ud800' }] },
      /not well-formed/,
    ],
    [
      'headers that are no object',
      { requests: [first, { id: '1', method: 'GET', url: set, headers: [] }] },
      /'headers' must be an object/,
    ],
    [
      'a header that is no string',
      { requests: [first, { id: '1', method: 'GET', url: set, headers: { accept: 1 } }] },
      /The header 'accept'/,
    ],
    [
      'a header with a line end',
      { requests: [first, { id: '1', method: 'GET', url: set, headers: { accept: 'a\r\nb: c' } }] },
      /The header 'accept'/,
    ],
    [
      'a header that stands twice',
      { requests: [first, { id: '1', method: 'GET', url: set, headers: { accept: 'a', Accept: 'a' } }] },
      /'accept' stands twice/,
    ],
    [
      'a member that stands twice',
      '{"requests":[{"id":"1","id":"2","method":"POST","url":"x","body":{}}]}',
      /requests\/0\/id' stands twice/,
    ],
    ['a body of GET', { requests: [first, { id: '1', method: 'GET', url: set, body: {} }] }, /must not have a body/],
    [
      'text that is none',
      { requests: [first, { id: '1', method: 'POST', url: set, headers: { 'content-type': 'text/plain' }, body: {} }] },
      /must be a string/,
    ],
    [
      'bytes that are none',
      {
        requests: [first, { id: '1', method: 'POST', url: set, headers: { 'content-type': 'image/png' }, body: 'a b' }],
      },
      /base64url/,
    ],
    [
      'dependencies that are no array',
      { requests: [first, { id: '1', method: 'GET', url: set, dependsOn: '0' }] },
      /'dependsOn' must be/,
    ],
    [
      '[B8.6] a dependency on what comes later',
      {
        requests: [
          { ...first, dependsOn: ['1'] },
          { id: '1', method: 'GET', url: set },
        ],
      },
      /depends on '1'/,
    ],
    [
      'a dependency on itself',
      { requests: [first, { id: '1', method: 'GET', url: set, dependsOn: ['1'] }] },
      /depends on '1'/,
    ],
    [
      'a dependency on a request of a group alone',
      {
        requests: [
          { ...first, atomicityGroup: 'g' },
          { id: '1', method: 'GET', url: set, dependsOn: ['0'] },
        ],
      },
      /must depend on the group too/,
    ],
    [
      'a dependency on its own group',
      {
        requests: [
          { ...first, atomicityGroup: 'g' },
          { id: '1', method: 'POST', url: set, body: {}, atomicityGroup: 'g', dependsOn: ['g'] },
        ],
      },
      /depends on 'g'/,
    ],
    [
      '[B8.6] a group that is torn apart',
      {
        requests: [
          { ...first, atomicityGroup: 'g' },
          { id: '1', method: 'GET', url: set },
          { id: '2', ...created, atomicityGroup: 'g' },
        ],
      },
      /next to each other/,
    ],
    [
      'a reference to what it does not depend on',
      { requests: [first, { id: '1', method: 'GET', url: '$0/profile' }] },
      /'dependsOn' must list/,
    ],
    [
      'a condition that is none',
      { requests: [first, { id: '1', method: 'GET', url: set, dependsOn: ['0'], if: '$0/$succeeded and' }] },
      /if/,
    ],
    [
      'a condition on what it does not depend on',
      { requests: [first, { id: '1', method: 'GET', url: set, if: '$0/$succeeded' }] },
      /'dependsOn' must list/,
    ],
    [
      'a condition on what is no answer',
      { requests: [first, { id: '1', method: 'GET', url: set, dependsOn: ['0'], if: 'id eq 1' }] },
      /only refer to answers/,
    ],
    [
      '[B8.12] a batch in a batch',
      { requests: [first, { id: '1', method: 'POST', url: '/v1.0/$batch', body: { requests: [] } }] },
      /must not be a batch/,
    ],
    [
      '[B8.15] [C11] too many requests',
      { requests: Array.from({ length: 21 }, (_, id) => ({ id: String(id), ...created })) },
      /exceeds the maximum of 20/,
    ],
    [
      'values that nest too deep',
      { requests: [{ ...first, body: { profile: { a: { b: { c: { d: { e: { f: 1 } } } } } } } }] },
      /deeper than 9/,
    ],
  ])('%s, in JSON', async (_, body, message) => {
    const before = await count();
    const answer = await app.request('POST', '/$batch', { body });
    expect([answer.status, answer.body?.error.message]).toEqual([400, expect.stringMatching(message)]);
    expect(await count()).toBe(before);
  });

  it('every fault of a JSON batch at once, each with its place', async () => {
    const { status, body } = await sendJson(app, [
      first,
      { id: '1', method: 'GET' },
      { id: '0', method: 'X', url: set },
    ]);
    expect([status, body.error.details.map(({ target }: { target: string }) => target)]).toEqual([
      400,
      ['requests/1', 'requests/2'],
    ]);
  });

  it('a condition with what is not built is 501', async () => {
    const requests = [first, { id: '1', method: 'GET', url: set, dependsOn: ['0'], if: 'year($0/x) eq 1' }];
    const before = await count();
    expect((await sendJson(app, requests)).status).toBe(501);
    expect(await count()).toBe(before);
  });
});

describe('[B8.5] a batch whose headers are not valid does nothing', () => {
  it.each<[what: string, headers: Record<string, string>, status: number]>([
    ['[B4.15] If-Match', { 'if-match': '*' }, 400],
    ['[B4.15] If-None-Match', { 'if-none-match': 'W/"1"' }, 400],
    ['a version that is none', { 'odata-maxversion': '3.0' }, 400],
    ['a version of the body that is none', { 'odata-version': '5.0' }, 400],
    ['snapshot isolation', { isolation: 'snapshot' }, 412],
    ['a format that a batch does not have', { accept: 'application/xml' }, 406],
    ['another media type', { 'content-type': 'text/plain' }, 415],
    ['[B6.7] another character set', { 'content-type': 'application/json;charset=utf-16' }, 415],
    ['another multipart media type', { 'content-type': 'multipart/form-data; boundary=batch_1' }, 415],
    ['another encoding', { 'content-encoding': 'br' }, 415],
  ])('%s', async (_, headers, status) => {
    const before = await count();
    const answer = await sendMultipart(app, [created], { headers });
    expect([answer.status, answer.body.error.message]).toEqual([status, expect.any(String)]);
    expect(await count()).toBe(before);
  });

  it('query options that it does not have', async () => {
    for (const [query, status] of [
      ['$top=1', 400],
      ['x=1', 400],
      ['$schemaversion=nope', 404],
      ['$format=xml', 406],
    ] as const) {
      expect([query, (await app.request('POST', `/$batch?${query}`, { body: { requests: [] } })).status]).toEqual([
        query,
        status,
      ]);
    }
  });

  it('other methods, and a name in disguise', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const { status, headers } = await app.request(method, '/$batch');
      expect([method, status, headers.get('allow')]).toEqual([method, 405, 'HEAD, POST']);
    }
    expect((await app.request('POST', '/%24batch', { body: { requests: [] } })).status).toBe(200);
  });

  it('a multipart body elsewhere', async () => {
    const headers = { 'content-type': 'multipart/mixed; boundary=batch_1' };
    expect((await app.request('POST', `/${set}`, { headers, body: multipart([created]) })).status).toBe(415);
  });
});

describe('limits of a batch', () => {
  const filled = (id: number, bytes: number) => ({
    id: String(id),
    method: 'POST',
    url: set,
    body: { profile: { summary: 'x'.repeat(bytes) } },
  });

  it('JSON that is larger than what is held is 413', async () => {
    const before = await count();
    expect((await sendJson(app, [filled(1, 9000)])).status).toBe(413);
    const zipped = gzipSync(JSON.stringify({ requests: [filled(1, 9000)] }));
    expect(
      (await app.request('POST', '/$batch', { body: zipped, headers: { 'content-encoding': 'gzip' } })).status,
    ).toBe(413);
    expect(await count()).toBe(before);
  });

  it('a change set that is larger than what is held is 413, a batch that is larger than allowed too', async () => {
    const before = await count();
    expect((await sendMultipart(app, [[filled(1, 4500), filled(2, 4500)]])).status).toBe(413);
    const zipped = gzipSync(multipart([filled(1, 9000)]));
    const headers = { 'content-encoding': 'gzip', 'content-type': 'multipart/mixed; boundary=batch_1' };
    expect((await app.request('POST', '/$batch', { body: zipped, headers })).status).toBe(413);
    expect(await count()).toBe(before);
  });

  it('gzip that is none is 400', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-type': 'multipart/mixed; boundary=batch_1' };
    expect((await app.request('POST', '/$batch', { body: multipart([created]), headers })).status).toBe(400);
  });
});
