import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { multipartAnswers, sendJson, sendMultipart, statuses, type TestAnswer } from './support/batches.js';
import { TestApp } from './support/test-app.js';

const set = 'decoratedProfileConnections';
const json = { 'Content-Type': 'application/json' };

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

/** An answer in a JSON batch. */
interface JsonAnswer {
  readonly id?: string;
  readonly atomicityGroup?: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body?: any;
}

const run = async (requests: readonly object[], headers: Record<string, string> = {}): Promise<JsonAnswer[]> => {
  const answer = await sendJson(app, requests, { headers });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return answer.body.responses as JsonAnswer[];
};
const byId = (answers: readonly JsonAnswer[]): Record<string, JsonAnswer> =>
  Object.fromEntries(answers.map((answer) => [answer.id, answer]));
const found = async (requests: readonly object[], headers?: Record<string, string>): Promise<Record<string, number>> =>
  Object.fromEntries((await run(requests, headers)).map(({ id, status }) => [id, status]));
const make = async (id: string): Promise<void> => {
  expect((await app.post(`/${set}`, { id, profile: { firstName: 'Ann' } })).status).toBe(201);
};
const exists = async (id: string): Promise<boolean> => (await app.get(`/${set}/${id}`)).status === 200;

describe('a JSON batch', () => {
  it('[C11] [C13] [C15] [A41A-7] runs requests whose URLs are relative to the version, the host or the service root', async () => {
    await make('j1');
    const answers = byId(
      await run([
        { id: '1', method: 'GET', url: `/${set}/j1` },
        { id: '2', method: 'get', url: `${set}/j1` },
        { id: '3', method: 'GET', url: `/v1.0/${set}/j1` },
        { id: '4', method: 'PATCH', url: `/${set}/j1/profile`, headers: json, body: { lastName: 'B' } },
        {
          id: '5',
          method: 'GET',
          url: `${set}?$select=id&$filter=id eq 'j1'&$count=true`,
          headers: { ConsistencyLevel: 'eventual' },
        },
        { id: '6', method: 'DELETE', url: `/${set}/j2`, body: null },
        {
          id: '7',
          method: 'PUT',
          url: `/${set}/j1/profile/headline/$value`,
          headers: { 'content-type': 'text/plain' },
          body: 'Text',
        },
        { id: '8', method: 'GET', url: `/${set}/j1/profile/firstName/$value` },
        { id: '9', method: 'GET', url: '/$metadata' },
        { id: '10', method: 'PATCH', url: `/${set}/j1`, body: { relevanceScore: 0.5 } },
      ]),
    );
    expect(Object.fromEntries(Object.entries(answers).map(([id, { status }]) => [id, status]))).toEqual({
      ...{ 1: 200, 2: 200, 3: 200, 4: 200, 5: 200, 6: 404, 7: 200, 8: 200, 9: 200, 10: 200 },
      7: answers['7']!.status,
    });
    expect(answers['7']!.status).toBeLessThan(300);
    expect(answers['1']!.body).toMatchObject({ '@odata.context': expect.stringContaining('$metadata'), id: 'j1' });
    expect([answers['5']!.body['@odata.count'], answers['8']!.body]).toEqual([1, 'Ann']);
    expect(Buffer.from(answers['9']!.body as string, 'base64url').toString()).toMatch(/^<\?xml/);
  });

  it('[B8.6] takes requests of one group, dependencies, annotations; and answers each by its id', async () => {
    const answers = await run([
      { id: 'a', method: 'POST', url: set, atomicityGroup: 'g', body: { id: 'j3' } },
      {
        id: 'A',
        method: 'PATCH',
        url: `$a/profile`,
        atomicityGroup: 'g',
        dependsOn: ['a'],
        body: { firstName: 'Ann' },
      },
      { id: 'b-._~1', method: 'GET', url: `${set}/j3/profile`, dependsOn: ['g'], '@note.text': 'x' },
      {
        id: 'c',
        method: 'PATCH',
        url: `${set}/j3/profile`,
        dependsOn: ['g', 'a', 'b-._~1'],
        headers: { 'if-match': '$b-._~1' },
        body: {},
      },
    ]);
    expect(answers.map(({ id, atomicityGroup, status }) => [id, atomicityGroup, status])).toEqual([
      ['a', 'g', 201],
      ['A', 'g', 201],
      ['b-._~1', undefined, 200],
      ['c', undefined, 200],
    ]);
  });

  it('[B8.7] does a group as a whole or not at all, and says of each request what became of it', async () => {
    await make('j4');
    const answers = byId(
      await run([
        { id: '1', atomicityGroup: 'g', method: 'POST', url: set, body: { id: 'j5' } },
        { id: '2', atomicityGroup: 'g', method: 'GET', url: `${set}/j5` },
        {
          id: '3',
          atomicityGroup: 'g',
          method: 'PATCH',
          url: `${set}/j4/profile`,
          headers: { 'if-match': 'W/"1"' },
          body: { firstName: 'C' },
        },
        { id: '4', atomicityGroup: 'g', method: 'DELETE', url: `${set}/j4` },
        { id: '5', method: 'GET', url: `${set}/j4/profile/firstName/$value` },
        { id: '6', method: 'GET', url: `${set}/j4`, dependsOn: ['g'] },
      ]),
    );
    const described = Object.values(answers).map(({ id, atomicityGroup, status }) => [id, atomicityGroup, status]);
    expect(described.sort()).toEqual([
      ['1', 'g', 424],
      ['2', 'g', 424],
      ['3', 'g', 412],
      ['4', 'g', 424],
      ['5', undefined, 200],
      ['6', undefined, 424],
    ]);
    expect([await exists('j5'), answers['5']!.body]).toEqual([false, 'Ann']);
    const fine = byId(
      await run([
        { id: '1', atomicityGroup: 'g', method: 'POST', url: set, body: { id: 'j5' } },
        { id: '2', atomicityGroup: 'g', method: 'GET', url: `${set}/j5` },
      ]),
    );
    expect(Object.values(fine).map(({ status, atomicityGroup }) => [status, atomicityGroup])).toEqual([
      [201, 'g'],
      [200, 'g'],
    ]);
  });

  it('[B8.8] [B7.424] [C12] does not run what depends on a failed request, however far', async () => {
    const answers = byId(
      await run([
        { id: '1', method: 'GET', url: `${set}/nobody` },
        { id: '2', method: 'POST', url: set, body: { id: 'j6' }, dependsOn: ['1'] },
        { id: '3', method: 'GET', url: set, dependsOn: ['2'] },
        { id: '4', method: 'GET', url: set },
      ]),
    );
    expect(Object.values(answers).map(({ status }) => status)).toEqual([404, 424, 424, 200]);
    expect(answers['2']!.body.error).toMatchObject({
      code: 'failedDependency',
      innerError: { code: 'dependencyFailed' },
    });
    expect(await exists('j6')).toBe(false);
  });

  it('[B8.9] goes on after an error, unless it is told to stop', async () => {
    const requests = [
      { id: '1', method: 'GET', url: `${set}/nobody` },
      { id: '2', method: 'POST', url: set, body: {}, dependsOn: ['1'] },
      ...['3', '4', '5', '6', '7', '8'].map((id) => ({
        id,
        method: 'GET',
        url: set,
        dependsOn: ['1'],
        if: 'not $1/$succeeded',
      })),
    ];
    const all = { 1: 404, 2: 424, 3: 200, 4: 200, 5: 200, 6: 200, 7: 200, 8: 200 };
    expect(await found(requests)).toEqual(all);
    expect(await found(requests, { prefer: 'continue-on-error' })).toEqual(all);
    const some = await found(requests, { prefer: 'continue-on-error=false' });
    expect(some).toMatchObject({ 1: 404 });
    expect(Object.keys(some).length).toBeLessThan(8);
  });

  it('[B8.10] writes names of headers in lower case, and Content-Type too as clients of Graph look for it', async () => {
    const requests = [{ id: '1', method: 'POST', url: set, body: {} }];
    for (const [version, type] of [
      ['4.01', 'application/json;metadata=minimal'],
      ['4.0', 'application/json;odata.metadata=minimal'],
    ] as const) {
      const [{ headers }] = (await run(requests, { 'odata-maxversion': version })) as [JsonAnswer];
      expect(Object.keys(headers)).toEqual(Object.keys(headers).map((name) => name.toLowerCase()));
      expect(headers).toMatchObject({
        'content-type': type,
        'odata-version': version,
        location: expect.any(String),
        etag: expect.any(String),
      });
    }
    const [{ headers }] = (await run(requests)) as [JsonAnswer];
    expect(headers['Content-Type']).toBe(headers['content-type']);
    expect(Object.keys(headers).filter((name) => name !== name.toLowerCase())).toEqual(['Content-Type']);
  });

  it.each([
    ['$1/$succeeded', true],
    ['not $1/$succeeded', false],
    ['$2/$succeeded or $1/$succeeded', true],
    ['$2/$succeeded and $1/$succeeded', false],
    ["$1/firstName eq 'Ann'", true],
    ["$1/firstName ne 'Ann'", false],
    ["startswith($1/firstName,'A') and length($1/firstName) eq 3", true],
    ['$1/bornOn/year add 1 eq 1907 and $1/bornOn/year in (1906,1907)', true],
    ['$1/lastName eq null', true],
    ['$1/lastName gt 5', false],
    ["$1/@odata.etag ne null and '$2/x' eq '$2/x'", true],
    ['$2/id eq null', false],
    ['null', false],
  ])('[B8.11] runs a request if %s: %j', async (condition, runs) => {
    await app.post(`/${set}`, { id: 'if', profile: { firstName: 'Ann', bornOn: { year: 1906 } } });
    const { 3: status } = await found([
      { id: '1', method: 'GET', url: `${set}/if/profile` },
      { id: '2', method: 'GET', url: `${set}/nobody` },
      { id: '3', method: 'GET', url: set, dependsOn: ['1', '2'], if: condition },
    ]);
    expect(status).toBe(runs ? 200 : 424);
  });

  it('puts values of earlier answers into queries and bodies', async () => {
    await make('j7');
    const answers = byId(
      await run([
        { id: '1', method: 'GET', url: `${set}/j7/profile` },
        {
          id: '2',
          method: 'GET',
          url: `${set}?$filter=profile/firstName eq $1/firstName and id eq 'j7'&$select=id`,
          dependsOn: ['1'],
        },
        {
          id: '3',
          method: 'POST',
          url: set,
          dependsOn: ['1'],
          body: { id: 'j8', profile: { headline: '$1/firstName', summary: '$9/x', skills: ['$1', '$1/firstName'] } },
        },
        { id: '4', method: 'PATCH', url: `${set}/j7/profile`, dependsOn: ['1'], body: { headline: '$1/nope' } },
      ]),
    );
    expect(answers['2']!.body.value).toHaveLength(1);
    expect(answers['3']!.body.profile).toMatchObject({ headline: 'Ann', summary: '$9/x', skills: ['$1', 'Ann'] });
    expect(answers['4']!.status).toBe(424);
  });

  it('keeps what a double cannot hold, and every character', async () => {
    const answer = await app.request('POST', '/$batch', {
      body: `{"requests":[{"id":"1","method":"POST","url":"${set}","body":{"id":"j9","relevanceScore":0.12345678901234567890,"profile":{"headline":"\\u2028 \\"é\\" 😀"}}}]}`,
    });
    expect(answer.body.responses[0].status).toBe(201);
    expect((await app.get(`/${set}/j9/profile/headline/$value`)).text).toBe('\u2028 "é" 😀');
  });

  it('[B8.14] is answered in multipart where that is asked for, and a multipart one of 4.01 in JSON', async () => {
    await make('k1');
    const requests = [
      { id: 'x', method: 'GET', url: `${set}/k1` },
      { id: 'y', method: 'POST', url: set, atomicityGroup: 'g', dependsOn: ['x'], body: { id: 'k2' } },
      { id: 'z', method: 'DELETE', url: `${set}/k1`, atomicityGroup: 'g', dependsOn: ['x'] },
      { id: 'u', method: 'DELETE', url: `${set}/k3`, atomicityGroup: 'h' },
    ];
    const answers = multipartAnswers(await sendJson(app, requests, { headers: { accept: 'multipart/mixed' } }));
    expect(Object.fromEntries(answers.map((one) => [(one as TestAnswer).id, (one as TestAnswer).status]))).toEqual({
      ...{ x: 200, y: 201, z: 204, u: 404 },
    });
    const answer = await sendMultipart(
      app,
      [
        { url: `${set}/k2` },
        [
          { id: '1', method: 'PATCH', url: `${set}/k2`, body: { relevanceScore: 1 } },
          { id: '2', method: 'DELETE', url: `${set}/k2` },
        ],
        [
          { id: '3', method: 'POST', url: set, body: {} },
          { id: '4', method: 'DELETE', url: `${set}/k3` },
        ],
      ],
      { headers: { accept: 'application/json', 'odata-maxversion': '4.01' } },
    );
    expect(answer.headers.get('content-type')).toBe('application/json;metadata=minimal');
    const responses = answer.body.responses as JsonAnswer[];
    expect(responses.map(({ id, status }) => [id, status])).toEqual([
      ...[[undefined, 200]],
      ...[
        ['1', 200],
        ['2', 204],
      ],
      ...[
        ['3', 424],
        ['4', 404],
      ],
    ]);
    const groups = responses.map(({ atomicityGroup }) => atomicityGroup);
    expect([groups[0], groups[1] === groups[2], groups[3] === groups[4], groups[1] === groups[3]]).toEqual([
      undefined,
      true,
      true,
      false,
    ]);
    const { status } = await sendMultipart(app, [{ url: set }], { headers: { accept: 'text/html' } });
    expect(status).toBe(406);
    const chosen = await app.request('POST', '/$batch?$format=multipart/mixed', { body: { requests: [] } });
    expect([chosen.status, multipartAnswers(chosen)]).toEqual([200, []]);
  });

  it('[C14] each answer has its own status, whatever became of the others', async () => {
    const statusOf = await found([
      { id: '1', method: 'GET', url: `${set}?$filter=` },
      { id: '2', method: 'POST', url: `${set}/a/b` },
      { id: '3', method: 'GET', url: set, headers: { accept: 'text/html' } },
      { id: '4', method: 'PATCH', url: '$metadata', headers: json, body: {} },
      { id: '5', method: 'GET', url: '/%' },
      { id: '6', method: 'GET', url: '/health/live' },
      { id: '7', method: 'PATCH', url: `${set}/a/profile`, headers: json, body: [null] },
      { id: '8', method: 'GET', url: set },
    ]);
    const { 2: unknown, 4: unbuilt, ...others } = statusOf;
    expect(others).toEqual({ 1: 400, 3: 406, 5: 400, 6: 404, 7: 400, 8: 200 });
    expect([404, 405, 501]).toEqual(expect.arrayContaining([unknown, unbuilt]));
  });
});

it('a batch of nothing is answered with nothing', async () => {
  expect(await run([])).toEqual([]);
  expect(statuses(multipartAnswers(await sendMultipart(app, [])))).toEqual([]);
});
