import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { multipartAnswers, sendJson, sendMultipart, statuses, type TestAnswer } from './support/batches.js';
import { TestApp } from './support/test-app.js';

const set = '/v1.0/decoratedProfileConnections';
const json = { 'content-type': 'application/json' };
const newer = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };

describe('what requests of a batch make of the others', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ BATCH_MEMORY: '4096' });
    const summary = 'x'.repeat(1500);
    for (const id of ['b1', 'b2', 'b3'])
      await app.post('/decoratedProfileConnections', { id, profile: { firstName: id, summary } });
  });
  afterAll(() => app.stop());
  const isThere = async (id: string): Promise<boolean> =>
    (await app.get(`/decoratedProfileConnections/${id}`)).status === 200;

  it('[B7.424] what was done in a change set that failed is not there to refer to', async () => {
    const answer = await sendMultipart(
      app,
      [
        [
          { id: '1', method: 'POST', url: set, body: { id: 'undone' } },
          { id: '2', method: 'PATCH', url: `${set}('nobody')`, body: { relevanceScore: 1 } },
        ],
        { id: '3', url: '$1' },
      ],
      { headers: { prefer: 'continue-on-error' } },
    );
    expect(statuses(multipartAnswers(answer))).toEqual([404, 424]);
    const { body } = await sendJson(app, [
      { id: '1', atomicityGroup: 'g', method: 'POST', url: set, headers: json, body: { id: 'undone' } },
      { id: '2', atomicityGroup: 'g', method: 'GET', url: `${set}('nobody')` },
      { id: '3', method: 'GET', url: `${set}('b1')`, dependsOn: ['g', '1'] },
      { id: '4', method: 'GET', url: `${set}('b1')`, dependsOn: ['g', '1'], if: '$1/$succeeded' },
      {
        id: '5',
        method: 'GET',
        url: `${set}('b1')`,
        dependsOn: ['g', '1'],
        if: 'not $1/$succeeded and not $g/$succeeded',
      },
    ]);
    const said = Object.fromEntries(body.responses.map(({ id, status }: any) => [id, status]));
    expect(said).toMatchObject({ 3: 424, 4: 424, 5: 200 });
    expect(await isThere('undone')).toBe(false);
  });

  const created = { method: 'POST', url: set, body: {} };
  it.each<[what: string, faulty: object, message: RegExp]>([
    ['an id that is taken', { ...created, id: '1' }, /The id '1' stands twice/],
    ['an id that is not well-formed', { ...created, id: 'a b' }, /must consist of letters/],
    ['a reference to nothing', { method: 'PATCH', url: '$9/profile', body: {} }, /It refers to '9'/],
    ['a reference to what comes later', { method: 'PATCH', url: '$3', body: {} }, /It refers to '3'/],
    [
      'an ETag of nothing',
      { method: 'PATCH', url: `${set}('b1')`, headers: { 'If-Match': '$9' }, body: {} },
      /It refers to '9'/,
    ],
  ])('[B8.4] %s is the fault of its request, and of its change set', async (_, faulty, message) => {
    const before = Number((await app.get('/decoratedProfileConnections/$count')).text);
    const prefer = { headers: { prefer: 'continue-on-error' } };
    const answer = await sendMultipart(
      app,
      [
        { id: '1', method: 'POST', url: set, body: { relevanceScore: 5 } },
        faulty as never,
        { id: '3', url: '$1?$select=relevanceScore' },
      ],
      prefer,
    );
    const parts = multipartAnswers(answer) as TestAnswer[];
    expect(parts.map(({ status }) => status)).toEqual([201, 400, 200]);
    expect(parts[1]!.body.error).toMatchObject({
      message: expect.stringMatching(message),
      innerError: { code: 'malformedBatch' },
    });
    expect(parts[2]!.body.relevanceScore).toBe(5);
    expect(Number((await app.get('/decoratedProfileConnections/$count')).text)).toBe(before + 1);
    const together = await sendMultipart(
      app,
      [{ id: '1', url: `${set}('b1')` }, [created, faulty as never], { url: '$1' }],
      prefer,
    );
    expect(statuses(multipartAnswers(together))).toEqual([200, 400, 200]);
    // Without the preference the batch ends there.
    const stopped = await sendMultipart(app, [{ id: '1', url: `${set}('b1')` }, faulty as never, { url: '$1' }]);
    expect(statuses(multipartAnswers(stopped))).toEqual([200, 400]);
    expect(Number((await app.get('/decoratedProfileConnections/$count')).text)).toBe(before + 1);
  });

  it('[B7.424] answers are kept to be referred to as long as the memory of a batch has room for them', async () => {
    // One after the other, whatever became of those before.
    const read = (id: string, of: string, ...dependsOn: string[]) => ({
      id,
      method: 'GET',
      url: `${set}('${of}')/profile`,
      dependsOn,
    });
    const use = (id: string, of: string, ...before: string[]) => ({
      id,
      method: 'GET',
      url: `${set}?$filter=profile/firstName eq $${of}/firstName&$select=id`,
      dependsOn: [of, ...before],
    });
    const requests = [
      read('1', 'b1'),
      use('u1', '1'),
      read('2', 'b2', '1'),
      read('3', 'b3', '2'),
      use('u3', '3'),
      use('v1', '1', '3'),
    ];
    const { body } = await sendJson(app, requests);
    const answers = new Map<string, TestAnswer>(body.responses.map((one: TestAnswer) => [one.id, one]));
    expect(requests.map(({ id }) => [id, answers.get(id)?.status])).toEqual([
      ['1', 200],
      ['u1', 200],
      ['2', 200],
      ['3', 200],
      ['u3', 424],
      ['v1', 200],
    ]);
    expect(answers.get('u1')!.body.value).toEqual([expect.objectContaining({ id: 'b1' })]);
    expect(answers.get('u3')!.body.error.message).toContain('too large to refer to');
  });

  it('of a header that stands twice in a part both are heeded', async () => {
    const { headers } = await app.get('/decoratedProfileConnections/b1');
    const etag = headers.get('etag')!;
    const part = (lines: readonly string[], body = '') =>
      ['--batch_1', 'Content-Type: application/http', '', ...lines, '', body].join('\r\n');
    const patch = `PATCH ${set}('b1') HTTP/1.1`;
    const type = 'Content-Type: application/json';
    const text = [
      part([patch, type, `If-Match: ${etag}`, 'If-Match: W/"1"'], '{"relevanceScore":1}'),
      part([patch, type, 'If-Match: W/"2"', 'If-Match: W/"1"'], '{"relevanceScore":2}'),
      part([`GET ${set}('b1')/profile HTTP/1.1`, 'Prefer: omit-values=nulls', 'Prefer: maxpagesize=5']),
      '--batch_1--',
      '',
    ].join('\r\n');
    const answers = multipartAnswers(
      await sendMultipart(app, text, { headers: { prefer: 'continue-on-error' } }),
    ) as TestAnswer[];
    expect(statuses(answers)).toEqual([200, 412, 200]);
    expect(answers[2]!.headers['preference-applied']).toContain('omit-values=nulls');
  });

  it('[B5.10] what a batch is to return holds for the requests in it that do not say themselves', async () => {
    const patch = (headers: Record<string, string> = {}) => ({
      method: 'PATCH',
      url: `${set}('b1')`,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: { relevanceScore: 1 },
    });
    const own = { prefer: 'return=representation' };
    const headers = { prefer: 'return=minimal, continue-on-error' };
    const requests = [
      { id: '1', ...patch() },
      { id: '2', ...patch(own) },
    ];
    const inJson = await sendJson(app, requests, { headers });
    const answers = inJson.body.responses as { id: string; status: number; headers: Record<string, string> }[];
    // Requests that depend on nothing are answered as they are done (JSON Format 4.01, 19.5).
    answers.sort((a, b) => a.id.localeCompare(b.id));
    const inMultipart = multipartAnswers(await sendMultipart(app, [patch(), [patch(own)]], { headers }));
    for (const [first, second] of [answers, inMultipart.flat()]) {
      expect([first!.status, first!.headers['preference-applied']]).toEqual([204, 'return=minimal']);
      expect([second!.status, second!.headers['preference-applied']]).toEqual([200, 'return=representation']);
    }
    expect(inJson.headers.get('preference-applied')).toBe('continue-on-error=true');
  });

  it('[B6.7] media types of requests in a batch have parameters, text in JSON has no character set', async () => {
    const [path, text] = [`${set}('b1')/profile/headline/$value`, 'Müller → Ж'];
    const put = (type: string, body: unknown) => ({
      method: 'PUT',
      url: path,
      headers: { 'content-type': type },
      body,
    });
    const statuses: number[] = [];
    for (const [index, type] of ['text/plain;charset=iso-8859-1;x=y', 'text/plain; Charset="UTF-16"'].entries()) {
      const requests = [{ id: '1', ...put(type, `${text}${index}`) }];
      statuses.push((await sendJson(app, requests)).body.responses[0].status);
      expect((await app.get(`${app.url}${path}`)).text).toBe(`${text}${index}`);
    }
    const patch = { method: 'PATCH', url: `${set}('b1')/profile`, body: { headline: 'verbose' } };
    const headers = { 'Content-Type': 'application/json;odata=verbose' };
    statuses.push((await sendJson(app, [{ id: '1', ...patch, headers }])).body.responses[0].status);
    const [part] = multipartAnswers(await sendMultipart(app, [{ ...patch, headers }])) as TestAnswer[];
    expect([...statuses, part!.status]).toEqual([204, 204, 200, 200]);
  });

  it.each([
    ['continue-on-error=false', false],
    ['odata.continue-on-error=false', false],
    ['continue-on-error=FALSE', false],
    ['continue-on-error=true', true],
    ['continue-on-error', true],
    ['odata.continue-on-error', true],
  ] as const)('[B8.2] %s: after an error the others are done: %s', async (prefer, goesOn) => {
    const name = prefer.replaceAll(/\W/g, '');
    const value = [{ id: `${name} 1`, color: 'none' }, { id: `${name}2` }];
    const delta = await app.patch(
      '/decoratedProfileConnections',
      { '@context': '#$delta', value },
      { headers: { ...newer, prefer } },
    );
    expect([delta.status, await isThere(`${name}2`)]).toEqual(goesOn ? [200, true] : [400, false]);
    const requests = [
      { id: '1', method: 'GET', url: `${set}/nobody` },
      { id: '2', method: 'POST', url: set, headers: json, body: { id: `${name}3` }, dependsOn: [] },
    ];
    const parts = [{ url: `${set}('nobody')` }, { method: 'POST', url: set, body: { id: `${name}4` } }];
    const answers = multipartAnswers(await sendMultipart(app, parts, { headers: { prefer } }));
    expect([statuses(answers), await isThere(`${name}4`)]).toEqual(goesOn ? [[404, 201], true] : [[404], false]);
    const applied = (await sendJson(app, requests.slice(0, 1), { headers: { prefer } })).headers.get(
      'preference-applied',
    );
    expect(applied).toBe(`continue-on-error=${goesOn}`);
  });
});
