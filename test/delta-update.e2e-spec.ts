import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TestApp } from './support/test-app.js';
import { bob } from './support/tokens.js';

const set = '/decoratedProfileConnections';
const newer = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };
const goOn = { ...newer, prefer: 'continue-on-error' };
const payload = (...value: unknown[]) => ({ '@context': '#$delta', value });
const gone = (id: string, reason = 'deleted') => ({ '@removed': { reason }, id });

describe('an update of the set by a delta payload', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ MAX_CHANGES: '40' });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    expect((await app.delete(`${set}/$each`)).status).toBe(204);
    for (const id of ['a', 'b', 'c']) {
      await app.post(set, { id, relevanceScore: 1, profile: { firstName: `P${id}`, headline: 'old' } });
    }
  });
  const send = (body: unknown, headers: Record<string, string> = newer) => app.patch(set, body, { headers });
  const state = async (of: TestApp = app) =>
    (await of.get(`${set}?$expand=profile($select=firstName,headline)&$select=id,relevanceScore`)).body.value.map(
      ({ id, relevanceScore, profile }: any) => [
        id,
        relevanceScore,
        profile === null ? null : [profile.firstName, profile.headline],
      ],
    ) as unknown[];
  const initial = [
    ['a', 1, ['Pa', 'old']],
    ['b', 1, ['Pb', 'old']],
    ['c', 1, ['Pc', 'old']],
  ];

  it('[A41M-24] [A41M-26] [B6.11] [B6.12] [J-8.6] changes, makes and deletes; the answer has the same order', async () => {
    const { status, body, headers } = await send(
      payload(
        { id: 'a', relevanceScore: 2 },
        gone('b'),
        { id: 'new', relevanceScore: 3, profile: { firstName: 'N' } },
        { '@id': `decoratedProfileConnections('c')`, profile: { headline: 'new' } },
        { '@Core.ContentID': 'mine', relevanceScore: 4 },
      ),
    );
    expect([status, headers.get('odata-version')]).toEqual([200, '4.01']);
    expect(body['@context']).toMatch(/\/\$metadata#decoratedProfileConnections\/\$delta$/);
    const [a, b, made, c, unnamed] = body.value;
    expect([a.id, a.relevanceScore, a['@etag']]).toEqual(['a', 2, expect.stringMatching(/^W\//)]);
    expect(b).toEqual({ '@removed': { reason: 'deleted' }, id: 'b' });
    expect([made.id, made.relevanceScore, made.profile.firstName]).toEqual(['new', 3, 'N']);
    expect([c.id, c.profile.headline, c.profile.firstName]).toEqual(['c', 'new', 'Pc']);
    expect([unnamed['@Core.ContentID'], unnamed.relevanceScore, unnamed.id]).toEqual(['mine', 4, expect.any(String)]);
    expect(await state()).toEqual(
      [
        ['a', 2, ['Pa', 'old']],
        ['c', 1, ['Pc', 'new']],
        ['new', 3, ['N', null]],
        [unnamed.id, 4, null],
      ].sort(([x], [y]) => (String(x) < String(y) ? -1 : 1)),
    );
  });

  it('answers with 204 where it is asked for as little', async () => {
    const { status, text, headers } = await send(payload(gone('a')), { ...newer, prefer: 'return=minimal' });
    expect([status, text, headers.get('preference-applied')]).toEqual([204, '', 'return=minimal']);
    expect(await state()).toEqual(initial.slice(1));
  });

  it('control information may have its prefix', async () => {
    const { status } = await send({
      '@odata.context': '#$delta',
      value: [{ '@odata.removed': { reason: 'changed' }, '@odata.id': `${app.root}${set}('a')` }],
    });
    expect([status, await state()]).toEqual([200, initial.slice(1)]);
  });

  it('[B6.12] all or nothing: a change that fails undoes those before it', async () => {
    const { status, body } = await send(payload({ id: 'a', relevanceScore: 2 }, gone('b'), gone('nobody')));
    expect([status, body.error.target, body.error.innerError.code]).toEqual([404, 'value/2', 'resourceNotFound']);
    expect(await state()).toEqual(initial);
  });

  it('[B6.12] reports the faults of all items together, with their paths', async () => {
    const { status, body } = await send(
      payload({ id: 'a', relevanceScore: 'x' }, { id: 'b', profile: { headline: 1, nope: 2 } }, { '@removed': {} }, 7),
    );
    const targets = body.error.details.map(({ target }: { target: string }) => target);
    expect([status, targets]).toEqual([
      400,
      ['value/0/relevanceScore', 'value/1/profile/headline', 'value/1/profile/nope', 'value/2', 'value/3'],
    ]);
    expect(await state()).toEqual(initial);
  });

  it('[B6.12] [J-10.4] goes on where it is asked to, and says what failed, whatever the client wants returned', async () => {
    await app.post(set, { id: 'bobs' }, { as: bob });
    const stale = { id: 'a', '@etag': 'W/"1"', relevanceScore: 9 };
    const { status, body, headers } = await send(
      payload(
        { id: 'b', relevanceScore: 2 },
        gone('nobody'),
        gone('else', 'changed'),
        stale,
        { id: 'bobs' },
        gone('c'),
      ),
      { ...goOn, prefer: 'continue-on-error, return=minimal' },
    );
    expect([status, headers.get('preference-applied')]).toEqual([200, 'continue-on-error']);
    const [, missing, unlinked, refused, taken] = body.value;
    const failure = (operation: string, responseCode: number, code: string) => ({
      failedOperation: operation,
      responseCode,
      info: expect.objectContaining({ code, message: expect.any(String), severity: 'error' }),
    });
    const term = '@Core.DataModificationException';
    expect(missing).toEqual({
      '@id': `${app.root}${set}('nobody')`,
      [term]: expect.objectContaining(failure('delete', 404, 'resourceNotFound')),
    });
    expect(unlinked[term]).toMatchObject(failure('unlink', 404, 'resourceNotFound'));
    expect(refused[term]).toMatchObject(failure('update', 412, 'entityTagDoesNotMatch'));
    expect(taken['@removed']).toEqual({ reason: 'deleted' });
    expect([taken.id, taken[term]]).toEqual([
      'bobs',
      expect.objectContaining(failure('insert', 409, 'keyAlreadyExists')),
    ]);
    expect(await state()).toEqual([initial[0], ['b', 2, ['Pb', 'old']]]);
    await app.delete(`${set}/bobs`, { as: bob });
  });

  it('[A41A-7] a fault in the body of an item is that item’s, where the others go on', async () => {
    const faulty = { id: 'b', relevanceScore: 'x', profile: { skills: 5 } };
    const { status, body } = await send(payload({ id: 'a', relevanceScore: 2 }, faulty, 7, gone('c')), goOn);
    expect(status).toBe(200);
    const [done, refused, malformed, removed] = body.value;
    expect([done.relevanceScore, removed['@removed']]).toEqual([2, { reason: 'deleted' }]);
    expect(refused['@id']).toBe(`${app.root}${set}('b')`);
    const exception = refused['@Core.DataModificationException'];
    expect([exception.failedOperation, exception.responseCode]).toEqual(['update', 400]);
    const targets = exception.info.details.map(({ target }: { target: string }) => target);
    expect(targets).toEqual(['relevanceScore', 'profile/skills']);
    expect(malformed['@Core.DataModificationException'].responseCode).toBe(400);
    expect(((await state()) as [string][]).map(([id]) => id)).toEqual(['a', 'b']);
  });

  it('[B7.e1] names the faults of an item and of its ETag in one answer, and what is taken by its place', async () => {
    const { body } = await send(
      payload({ id: 'a', '@etag': 'x', relevanceScore: 'x' }, { id: 'b', '@odata.etag': 'y' }),
    );
    expect(body.error.details.map(({ target }: { target: string }) => target)).toEqual([
      'value/0/relevanceScore',
      'value/0/@etag',
      'value/1/@etag',
    ]);
    await app.post(set, { id: 'bobs' }, { as: bob });
    const taken = await send(payload({ id: 'bobs' }));
    expect([taken.status, taken.body.error.target]).toEqual([409, 'value/0/id']);
    await app.delete(`${set}/bobs`, { as: bob });
  });

  it('without a failure the preference to go on leaves the others as they are', async () => {
    const { status } = await send(payload(gone('a')), { ...goOn, prefer: 'continue-on-error,return=minimal' });
    expect([status, await state()]).toEqual([204, initial.slice(1)]);
  });

  it('[J-28] heeds ETags of items, those that are to be removed too', async () => {
    const etag = (await app.get(`${set}/a`)).headers.get('etag')!;
    const first = await send(payload({ id: 'a', '@etag': etag, relevanceScore: 2 }));
    expect([first.status, first.body.value[0].relevanceScore]).toEqual([200, 2]);
    const second = await send(payload({ ...gone('a'), '@etag': etag }));
    expect([second.status, second.body.error.target]).toEqual([412, 'value/0']);
    const third = await send(payload({ ...gone('a'), '@etag': first.body.value[0]['@etag'] }));
    expect([third.status, await state()]).toEqual([200, initial.slice(1)]);
  });

  it.each([{ 'content-type': 'application/json' }, newer])('no ETag of an item is passed over: %j', async (headers) => {
    for (const [etag, status] of [
      ['W/"1"', 412],
      [null, 400],
      [5, 400],
      ['x', 400],
    ] as const) {
      for (const item of [gone('a'), { id: 'a', relevanceScore: 2 }]) {
        const answer = await send(payload({ ...item, '@etag': etag }), headers);
        expect([etag, item, answer.status]).toEqual([etag, item, status]);
      }
    }
    expect(await state()).toEqual(initial);
  });

  it('a profile that is said to be removed inside an update is refused by name', async () => {
    const inline = { profile: { '@removed': { reason: 'deleted' } } };
    const answers = [
      await send(payload({ id: 'a', ...inline })),
      await app.patch(`${set}/a`, inline, { headers: newer }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([501, 501]);
    expect(await state()).toEqual(initial);
  });

  it('an application makes connections for the user whom it names', async () => {
    const as = { tid: bob.tid, oid: 'daemon', roles: ['DecoratedProfile.ReadWrite.All'] };
    const body = payload({ id: 'made', relevanceScore: 1 });
    expect((await app.patch(set, body, { as, headers: { ...newer, 'x-owner-id': bob.oid } })).status).toBe(200);
    expect((await app.get(`${set}/made`, { as: bob })).status).toBe(200);
    const { status, body: refused } = await send(payload({ id: 'b2' }, { id: 'other' }), {
      ...newer,
      'x-owner-id': 'bob',
    });
    expect([status, refused.error.target]).toEqual([403, 'value/0']);
    await app.delete(`${set}/made`, { as: bob });
  });

  it.each<[what: string, body: unknown, headers: Record<string, string>, status: number, code: string]>([
    ['a body of 4.0', payload(gone('a')), { 'odata-version': '4.0' }, 400, 'invalidVersion'],
    ['an array', [gone('a')], newer, 400, 'bodyNotObject'],
    ['no items', { '@context': '#$delta' }, newer, 400, 'typeMismatch'],
    ['another context', { '@context': '#decoratedProfileConnections', value: [] }, newer, 400, 'valueNotAllowed'],
    ['a link', payload({ '@context': '#x/$link', source: 'a', target: 'b' }), newer, 501, 'notImplemented'],
    ['one entity twice', payload({ id: 'a' }, gone('a')), newer, 400, 'entityNamedTwice'],
    ['two identities', payload({ id: 'a', '@id': `${set}('b')` }), newer, 400, 'entityIdMismatch'],
    ['an identity of elsewhere', payload({ '@id': "others('a')" }), newer, 400, 'entityIdMismatch'],
    [
      'one of another service',
      payload({ '@id': `https://other.example/v1.0${set}('a')` }),
      newer,
      400,
      'entityIdMismatch',
    ],
    ['a member beside the items', { ...payload(gone('a')), values: [] }, newer, 400, 'propertyNotFound'],
    [
      'the context of another set',
      { ...payload(gone('a')), '@context': '#others/$delta' },
      newer,
      400,
      'valueNotAllowed',
    ],
    ['another reason', payload(gone('a', 'lost')), newer, 400, 'typeMismatch'],
    ['too many', payload(...Array.from({ length: 41 }, () => ({}))), newer, 400, 'tooManyChanges'],
    ['a name twice', '{"value":[{"id":"a","id":"b"}]}', newer, 400, 'duplicateMember'],
    ['an ETag of the set', payload(gone('a')), { ...newer, 'if-match': 'W/"1"' }, 412, 'entityTagDoesNotMatch'],
  ])('%s is refused, and nothing is changed', async (_, body, headers, status, code) => {
    const answer = await send(body, headers);
    expect([answer.status, answer.body.error.innerError.code]).toEqual([status, code]);
    expect(await state()).toEqual(initial);
  });

  it('query options that would shape the result are refused', async () => {
    const { status } = await app.patch(`${set}?$select=id`, payload(), { headers: newer });
    expect(status).toBe(400);
  });

  it('of random payloads the end is that of single requests, or nothing where one of those fails', async () => {
    const other = await TestApp.start();
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const score = fc.record({ relevanceScore: fc.option(fc.integer({ min: 0, max: 9 })) });
    const change = fc.oneof(score, fc.record({ profile: fc.record({ headline: fc.string({ maxLength: 5 }) }) }));
    const item = fc.oneof(
      fc.record({ id, change }),
      id.map((one) => ({ id: one, change: undefined })),
    );
    const items = fc.uniqueArray(item, { selector: (one) => one.id, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(items, async (list) => {
        for (const one of [app, other]) {
          await one.delete(`${set}/$each`);
          for (const key of ['a', 'b', 'c']) await one.post(set, { id: key, profile: { firstName: key } });
        }
        const before = await state(other);
        const delta = list.map(({ id: key, change: patch }) =>
          patch === undefined ? gone(key) : { id: key, ...patch },
        );
        const { status } = await send(payload(...delta));
        let failed = false;
        for (const { id: key, change: patch } of list) {
          const headers = { ...newer, prefer: 'create-if-missing' };
          const answer =
            patch === undefined
              ? await other.delete(`${set}/${key}`)
              : await other.patch(`${set}/${key}`, patch, { headers });
          failed ||= answer.status >= 400;
        }
        expect([status === 200, await state()]).toEqual([!failed, failed ? before : await state(other)]);
      }),
      { numRuns: 25 },
    );
    await other.stop();
  });
});
