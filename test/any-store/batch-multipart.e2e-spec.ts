import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { multipartAnswers, sendMultipart, statuses, type TestAnswer } from '../support/batches.js';
import { TestApp } from '../support/test-app.js';
import { ann, daemon } from '../support/tokens.js';

const set = 'decoratedProfileConnections';
const onError = { prefer: 'continue-on-error' };
const crlf = (...lines: readonly string[]): string => lines.join('\r\n');

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ BODY_LIMIT: '4096' });
});
afterAll(() => app.stop());

const exists = async (id: string): Promise<boolean> => (await app.get(`/${set}/${id}`)).status === 200;
const make = async (id: string): Promise<string> => {
  expect((await app.post(`/${set}`, { id, profile: { firstName: 'Ann' } })).status).toBe(201);
  return id;
};
const one = (answer: unknown): TestAnswer => answer as TestAnswer;
const many = (answer: unknown): TestAnswer[] => answer as TestAnswer[];

describe('a multipart batch', () => {
  it('[A40A-11] [A41A-7] [B8.1] [B8.2] runs what it holds in its order, and answers in the same structure', async () => {
    const answer = await sendMultipart(app, [
      { url: set },
      [
        { id: '1', method: 'POST', url: set, body: { id: 'm1', relevanceScore: 0.5 } },
        { id: '2', method: 'PATCH', url: `${set}('m1')/profile`, body: { firstName: 'Ann' } },
      ],
      { id: 'read', url: `${set}('m1')/profile?$select=firstName` },
    ]);
    expect([answer.status, answer.headers.get('odata-version')]).toEqual([200, '4.0']);
    const answers = multipartAnswers(answer);
    expect(statuses(answers)).toEqual([200, [201, 201], 200]);
    expect(many(answers[1]).map(({ id }) => id)).toEqual(['1', '2']);
    expect(many(answers[1])[0]!.headers.location).toBe(`${app.root}/${set}('m1')`);
    expect([one(answers[0]).id, one(answers[2]).id, one(answers[2]).body.firstName]).toEqual([
      undefined,
      'read',
      'Ann',
    ]);
  });

  it('[A40M-4] [C4] each answer has the headers and the body that it would have alone, and an id of its own', async () => {
    await make('m2');
    const answers = multipartAnswers(
      await sendMultipart(
        app,
        [{ url: `${set}('m2')` }, { url: `${set}('nobody')`, headers: { 'client-request-id': 'mine' } }],
        { headers: onError },
      ),
    );
    const alone = await app.get(`/${set}('m2')`);
    const [found, missing] = [one(answers[0]), one(answers[1])];
    expect(found.text).toBe(alone.text);
    for (const name of ['content-type', 'etag', 'odata-version', 'vary', 'cache-control']) {
      expect([name, found.headers[name]]).toEqual([name, alone.headers.get(name)]);
    }
    expect(found.headers['request-id']).not.toBe(missing.headers['request-id']);
    const { innerError } = missing.body.error;
    expect([innerError['request-id'], innerError['client-request-id'], missing.headers['odata-version']]).toEqual([
      missing.headers['request-id'],
      'mine',
      '4.0',
    ]);
  });

  it('[B8.2] stops at the first error, unless it is to continue', async () => {
    const items = (id: string) => [
      { url: `${set}('nobody')` },
      { method: 'POST', url: set, body: { id } },
      [{ id: '1', method: 'DELETE', url: `${set}('nobody')` }],
      { url: `${set}/$count` },
    ];
    for (const [prefer, expected] of [
      ['', [404]],
      ['continue-on-error=false', [404]],
      ['continue-on-error', [404, 201, 404, 200]],
      ['odata.continue-on-error', [404, 201, 404, 200]],
      ['continue-on-error=true', [404, 201, 404, 200]],
    ] as const) {
      const id = `stop-${prefer.replace(/\W/g, '-')}`;
      const answer = await sendMultipart(app, items(id), { headers: prefer === '' ? {} : { prefer } });
      expect([prefer, statuses(multipartAnswers(answer))]).toEqual([prefer, expected]);
      expect(await exists(id)).toBe(expected.length > 1);
    }
  });

  it('[B8.3] takes absolute URLs, paths behind a host, paths behind the service root, and relative ones', async () => {
    await make('m3');
    const host = new URL(app.url).host;
    const answers = multipartAnswers(
      await sendMultipart(app, [
        { url: `${app.root}/${set}('m3')` },
        { url: `/v1.0/${set}('m3')`, headers: { Host: host } },
        { url: `/v1.0/${set}/m3` },
        { url: `/${set}('m3')?$select=id` },
        { url: `${set}(%27m3%27)` },
        { url: `${set}?$filter=id eq 'm3'&$select=id` },
        { url: `${set}?%24filter=id%20eq%20'm3'` },
        { url: '/v1.0/' },
        { url: '$metadata' },
      ]),
    );
    expect(statuses(answers)).toEqual(Array.from({ length: 9 }, () => 200));
    expect(one(answers[5]).body.value.map(({ id }: { id: string }) => id)).toEqual(['m3']);
    expect(one(answers[8]).headers['content-type']).toBe('application/xml');
  });

  it('[B8.4] resolves references to entities and to ETags, also across change sets', async () => {
    const answers = multipartAnswers(
      await sendMultipart(app, [
        [
          { id: 'a', method: 'POST', url: set, body: { id: 'm4', relevanceScore: 0.1 } },
          { id: 'b', method: 'PATCH', url: '$a/profile', body: { firstName: 'Ann' } },
        ],
        { id: 'c', url: '/$a/profile' },
        [
          {
            id: 'd',
            method: 'PATCH',
            url: `${app.root}/$a/profile`,
            headers: { 'If-Match': '$c' },
            body: { lastName: 'B' },
          },
        ],
        { id: 'e', url: '$a/profile?$select=lastName' },
        [{ id: 'f', method: 'PATCH', url: '$a/profile', headers: { 'If-Match': '$c' }, body: { lastName: 'C' } }],
      ]),
    );
    expect(statuses(answers)).toEqual([[201, 201], 200, [200], 200, 412]);
    expect([one(answers[3]).body.lastName, one(answers[4]).id]).toEqual(['B', 'f']);
    expect((await app.get(`/${set}/m4/profile`)).body).toMatchObject({ firstName: 'Ann', lastName: 'B' });
  });

  it('[B8.4] resolves references to values in its queries, and leaves text alone that looks like one', async () => {
    await make('m5');
    const answers = multipartAnswers(
      await sendMultipart(app, [
        { id: '1', url: `${set}('m5')/profile` },
        { id: '2', url: `${set}?$filter=profile/firstName eq $1/firstName and id eq 'm5'&$select=id` },
        [{ id: '3', method: 'PATCH', url: '$1', body: { headline: '$1/firstName', summary: '$1' } }],
      ]),
    );
    expect(statuses(answers)).toEqual([200, 200, [200]]);
    expect(one(answers[1]).body.value.map(({ id }: { id: string }) => id)).toEqual(['m5']);
    expect(many(answers[2])[0]!.body).toMatchObject({ headline: '$1/firstName', summary: '$1' });
  });

  it('[B7.424] answers 424 where a reference leads to what failed', async () => {
    const answers = multipartAnswers(
      await sendMultipart(app, [{ id: '1', url: `${set}('nobody')` }, { url: '$1/profile' }], { headers: onError }),
    );
    expect(statuses(answers)).toEqual([404, 424]);
    expect(one(answers[1]).body.error).toMatchObject({
      code: 'failedDependency',
      innerError: { code: 'dependencyFailed', 'request-id': expect.any(String), date: expect.any(String) },
    });
  });

  it('inherits versions, formats and languages of the batch, and no conditions', async () => {
    await make('m6');
    const answers = multipartAnswers(
      await sendMultipart(
        app,
        [
          { url: `${set}('m6')` },
          { url: `${set}('m6')`, headers: { Accept: 'application/json;metadata=full', 'OData-MaxVersion': '4.0' } },
        ],
        { headers: { 'odata-maxversion': '4.01', accept: 'multipart/mixed, application/json;odata.metadata=none' } },
      ),
    );
    expect(answers.map((answer) => one(answer).headers['odata-version'])).toEqual(['4.01', '4.0']);
    expect(answers.map((answer) => one(answer).headers['content-type'])).toEqual([
      'application/json;metadata=none',
      'application/json;odata.metadata=full',
    ]);
  });
});

describe('a change set', () => {
  it('[B8.1] is done as a whole or not at all, and answers with one error', async () => {
    await make('s1');
    const answers = multipartAnswers(
      await sendMultipart(
        app,
        [
          [
            { id: '1', method: 'POST', url: set, body: { id: 's2' } },
            { id: '2', method: 'PATCH', url: `${set}('s1')/profile`, body: { firstName: 'Changed' } },
            { id: '3', method: 'PATCH', url: `${set}('s1')/profile`, body: { firstName: 5 } },
            { id: '4', method: 'DELETE', url: `${set}('s1')` },
          ],
          { url: `${set}('s1')/profile` },
        ],
        { headers: onError },
      ),
    );
    expect(statuses(answers)).toEqual([400, 200]);
    expect(one(answers[0])).toMatchObject({ id: '3', body: { error: { target: 'firstName' } } });
    expect(one(answers[1]).body.firstName).toBe('Ann');
    expect(await exists('s2')).toBe(false);
  });

  it('sees what it did itself', async () => {
    const [answers] = multipartAnswers(
      await sendMultipart(app, [
        [
          { id: '1', method: 'POST', url: set, body: { id: 's3' } },
          { id: '2', method: 'PATCH', url: `${set}('s3')/profile`, body: { firstName: 'Ann' } },
          { id: '3', method: 'PUT', url: `${set}('s3')/profile/headline`, body: { value: 'x' } },
          { id: '4', method: 'DELETE', url: `${set}('s3')` },
          { id: '5', method: 'POST', url: set, body: { id: 's3' } },
        ],
      ]),
    );
    expect(many(answers).map(({ status }) => status)).toEqual([201, 201, 200, 204, 201]);
    expect((await app.get(`/${set}/s3`)).body.relevanceScore).toBe(null);
  });
});

describe('habits of clients', () => {
  const request = (...lines: readonly string[]): string =>
    crlf('--batch_1', 'Content-Type:application/http', 'Content-Transfer-Encoding:binary', '', ...lines);

  it.each<[habit: string, body: string, contentType?: string]>([
    [
      'no blank behind the colon, text behind the end',
      crlf(request(`GET ${set} HTTP/1.1`, 'Accept:application/json', '', '', '--batch_1--'), 'epilogue --batch_1'),
    ],
    ['a leading blank line', crlf('', request(`GET ${set} HTTP/1.1`, '', '', '--batch_1--', ''))],
    ['a preamble', crlf('This is a message', '--batch_12', request(`GET ${set} HTTP/1.1`, '', '', '--batch_1--', ''))],
    ['line feeds alone', request(`GET ${set} HTTP/1.1`, '', '', '--batch_1--', '').replaceAll('\r', '')],
    ['no line behind the end', request(`GET ${set} HTTP/1.1`, '', '', '--batch_1--')],
    [
      'blanks behind the boundary',
      request(`GET ${set} HTTP/1.1`, '', '', '--batch_1--').replace('--batch_1', '--batch_1 \t'),
    ],
    ['no blank line behind the headers', request(`GET ${set} HTTP/1.1`, 'Accept: application/json', '--batch_1--')],
    ['no version of HTTP', request(`GET ${set}`, '', '', '--batch_1--')],
    ['a method in lower case', request(`get ${set} HTTP/1.1`, '', '', '--batch_1--')],
    ['blank lines before the request', request('', '', `GET ${set} HTTP/1.1`, '', '', '--batch_1--')],
    ['a quoted boundary', request(`GET ${set} HTTP/1.1`, '', '', '--batch_1--'), 'multipart/mixed; boundary="batch_1"'],
    [
      'a boundary that is not last',
      request(`GET ${set} HTTP/1.1`, '', '', '--batch_1--'),
      'multipart/mixed;boundary=batch_1;charset=utf-8',
    ],
    [
      'a token of its own',
      request(
        `GET ${set} HTTP/1.1`,
        'Authorization: Bearer wrong',
        'X-CSRF-Token:Fetch',
        'Cookie: a=b',
        '',
        '',
        '--batch_1--',
      ),
    ],
    [
      'raw quotes, blanks and brackets',
      request(`GET ${set}?$filter=id eq 'a b' or startswith(id,'é') HTTP/1.1`, '', '', '--batch_1--'),
    ],
    [
      'a media type of the body without one',
      request(`GET ${set} HTTP/1.1`, 'Content-Type: application/json', '', '', '--batch_1--'),
    ],
  ])('%s', async (_, body, contentType = 'multipart/mixed;boundary=batch_1') => {
    const answer = await sendMultipart(app, body, { headers: { 'content-type': contentType } });
    expect([answer.status, statuses(multipartAnswers(answer))]).toEqual([200, [200]]);
    expect(answer.headers.get('content-type')).toMatch(/^multipart\/mixed; boundary=[\w-]+$/);
  });

  it.each<[habit: string, lines: readonly string[]]>([
    [
      'the id among the headers of the request',
      ['', `PATCH ${set}('h1')/profile HTTP/1.1`, 'Content-ID: 7', 'Content-Type: application/json', '', '{}'],
    ],
    [
      'another spelling of the id',
      ['Content-Id: 7', '', `PATCH ${set}('h1')/profile HTTP/1.1`, 'Content-Type: application/json', '', '{}'],
    ],
    [
      'blank lines around the body',
      [
        'Content-ID: 7',
        '',
        `PATCH ${set}('h1')/profile HTTP/1.1`,
        'Content-Type: application/json',
        '',
        '',
        '{}',
        '',
        '',
      ],
    ],
    [
      'a length that does not count blank lines',
      [
        'Content-ID: 7',
        '',
        `PUT ${set}('h1')/profile/headline/$value HTTP/1.1`,
        'Content-Type: text/plain',
        'Content-Length: 1',
        '',
        'x',
        '',
        '',
      ],
    ],
  ])('%s', async (_, lines) => {
    await app.post(`/${set}`, { id: 'h1', profile: {} });
    const body = crlf(
      '--batch_1',
      'Content-Type: multipart/mixed;boundary=cs',
      '',
      '--cs',
      'Content-Type:application/http',
      ...lines,
      '--cs--',
      '',
      '--batch_1--',
    );
    const answers = multipartAnswers(await sendMultipart(app, body));
    expect(answers.map((answer) => many(answer).map(({ id, status }) => [id, status < 300]))).toEqual([[['7', true]]]);
    expect((await app.get(`/${set}/h1/profile`)).body.headline ?? 'x').toBe('x');
  });

  it('DELETE with a media type and no body, and an answer in multipart though JSON is accepted', async () => {
    await make('h2');
    const answer = await sendMultipart(
      app,
      [{ method: 'DELETE', url: `${set}('h2')`, headers: { 'Content-Type': 'application/json' } }],
      { headers: { accept: 'application/json' } },
    );
    expect(statuses(multipartAnswers(answer))).toEqual([204]);
  });

  it('HEAD asks for a token against forged requests, and finds that there is a resource', async () => {
    const headers = { 'x-csrf-token': 'Fetch', 'content-type': 'application/json' };
    expect((await app.request('HEAD', '/$batch', { headers })).status).toBe(200);
    expect((await app.request('HEAD', '/', { headers })).status).toBe(200);
    expect((await app.request('HEAD', '/$batch', { as: null })).status).toBe(401);
  });
});

describe('who a batch is run for', () => {
  it('[B8.13] its own caller decides what its requests may, whatever token they carry', async () => {
    await make('w1');
    const headers = { Authorization: 'Bearer x' };
    const items = [
      { url: `${set}('w1')`, headers },
      { method: 'DELETE', url: `${set}('w1')`, headers },
    ];
    const reader = await sendMultipart(app, items, { as: { ...ann, scp: 'DecoratedProfile.Read' } });
    expect(statuses(multipartAnswers(reader))).toEqual([200, 403]);
    const stranger = await sendMultipart(app, items, { as: { ...ann, oid: 'eve' } });
    expect(statuses(multipartAnswers(stranger))).toEqual([404]);
    const application = await sendMultipart(app, items, { as: daemon });
    expect(statuses(multipartAnswers(application))).toEqual([200, 204]);
  });

  it('nobody without a valid token', async () => {
    for (const as of [null, { ...ann, tid: undefined }]) {
      const { status, body } = await sendMultipart(app, [{ url: '$metadata' }], { as });
      expect([status, body.error.code]).toEqual([401, 'unauthorized']);
    }
  });
});

describe('limits', () => {
  it('a request in it is bounded as one outside of it', async () => {
    const answers = multipartAnswers(
      await sendMultipart(
        app,
        [
          { method: 'POST', url: set, body: { id: 'l1', profile: { summary: 'x'.repeat(5000) } } },
          { url: `${set}/$count` },
        ],
        { headers: onError },
      ),
    );
    expect(statuses(answers)).toEqual([413, 200]);
  });
});
