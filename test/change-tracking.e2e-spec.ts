import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { settled } from './support/settled.js';
import { type Answer, type RequestOptions, TestApp } from './support/test-app.js';
import { Seal } from '../src/odata/operations/sealed-text.js';
import { queryOf } from '../src/odata/operations/server-paging.js';
import { type DeltaTokenParts, openedToken, plainToken, sealedToken } from './support/delta-tokens.js';
import { ann, bob, daemon } from './support/tokens.js';

const set = '/decoratedProfileConnections';
const v4 = { headers: { 'odata-maxversion': '4.0' } };
const v401 = { headers: { 'odata-maxversion': '4.01' } };

describe('change tracking', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(async () => {
    await app.stop();
  });
  let owner = 0;
  let as: object;
  beforeEach(() => {
    as = { ...ann, oid: `user${++owner}` };
  });

  const get = async (path: string, options: RequestOptions = {}) => {
    await settled(app.store, set.slice(1));
    return app.get(path, { as, ...options });
  };
  const create = (id: string, body: object = {}) => app.post(set, { id: `${id}-${owner}`, ...body }, { as });
  const patch = (id: string, body: object) => app.patch(`${set}/${id}-${owner}`, body, { as });
  const remove = (id: string) => app.delete(`${set}/${id}-${owner}`, { as });
  const ids = ({ body }: Answer): string[] => body.value.map((one: any) => (one.id as string).split('-')[0]);
  const delta = ({ body }: Answer): string => body['@odata.deltaLink'] ?? body['@deltaLink'];
  const next = ({ body }: Answer): string => body['@odata.nextLink'] ?? body['@nextLink'] ?? '';

  it('[C26] gives everything and a link, then what changed, and a link again', async () => {
    await create('a', { relevanceScore: 1 });
    const all = await get(`${set}/delta`);
    expect(all.status).toBe(200);
    expect(ids(all)).toEqual(['a']);
    expect(next(all)).toBe('');
    expect(delta(all)).toContain('/delta?$deltatoken=');
    await create('b');
    await patch('a', { relevanceScore: 2 });
    const changes = await get(delta(all));
    expect(changes.status).toBe(200);
    expect(changes.body.value).toMatchObject([{ id: `b-${owner}` }, { id: `a-${owner}`, relevanceScore: 2 }]);
    expect(changes.body['@odata.context']).toBe(`${app.root}/$metadata#decoratedProfileConnections/$delta`);
    const none = await get(delta(changes));
    expect(none.body.value).toEqual([]);
    expect((await get(delta(none))).status).toBe(200);
  });

  it.each(['delta', 'delta()', 'microsoft.graph.delta', 'microsoft.graph.delta()'])('is called as %s', async (name) => {
    const { status, body } = await get(`${set}/${name}`);
    expect(status).toBe(200);
    expect((await get(body['@odata.deltaLink'])).status).toBe(200);
  });

  it("a connection with the function's name is found by its key in parentheses", async () => {
    await app.post(set, { id: 'delta' }, { as });
    expect((await get(`${set}('delta')`)).body).toMatchObject({ id: 'delta' });
    expect((await get(`${set}/delta`)).body.value).toMatchObject([{ id: 'delta' }]);
    await app.delete(`${set}('delta')`, { as });
  });

  it.each(['track-changes', 'odata.track-changes'])('[A40A-14] heeds Prefer: %s on the set', async (preference) => {
    await create('a');
    const all = await get(set, { headers: { prefer: preference } });
    expect(all.headers.get('preference-applied')).toBe(preference);
    expect(delta(all)).toContain('decoratedProfileConnections?$deltatoken=');
    await remove('a');
    const changes = await get(delta(all), { headers: { prefer: preference } });
    expect(changes.headers.get('preference-applied')).toBe(preference);
    expect(changes.body.value).toHaveLength(1);
    expect((await get(delta(changes))).body.value).toEqual([]);
  });

  it('says nothing of a preference that it cannot heed', async () => {
    for (const query of ['?$top=1', '?$skip=1', '?$apply=aggregate($count as n)', '?$expand=profile', '/$count']) {
      const answer = await get(`${set}${query}`, { headers: { prefer: 'track-changes', 'odata-maxversion': '4.0' } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('preference-applied')).toBeNull();
      expect(answer.text).not.toContain('deltaLink');
    }
    const { body } = await create('a');
    const one = await get(`${set}/${body.id}`, { headers: { prefer: 'track-changes' } });
    expect(one.headers.get('preference-applied')).toBeNull();
    expect((await get(set)).text).not.toContain('deltaLink');
  });

  it('[C27] says of what is removed whether it was deleted or only changed, and names its key', async () => {
    await create('a', { relevanceScore: 1 });
    await create('b', { relevanceScore: 1 });
    const all = await get(`${set}/delta?$filter=relevanceScore gt 0`);
    await remove('a');
    await patch('b', { relevanceScore: 0 });
    const changes = await get(delta(all));
    expect(changes.body.value).toEqual([
      { '@removed': { reason: 'deleted' }, id: `a-${owner}` },
      { '@removed': { reason: 'changed' }, id: `b-${owner}` },
    ]);
    await patch('b', { relevanceScore: 3 });
    expect((await get(delta(changes))).body.value).toMatchObject([{ id: `b-${owner}`, relevanceScore: 3 }]);
  });

  it('[J-9] [J-10] writes what is removed as the version and the request have it', async () => {
    await create('a');
    const tracked = await get(set, { headers: { prefer: 'track-changes' } });
    const called = await get(`${set}/delta`);
    await remove('a');
    const id = `${app.root}/decoratedProfileConnections('a-${owner}')`;
    const context = `${app.root}/$metadata#decoratedProfileConnections/$deletedEntity`;
    const removed = { reason: 'deleted' };
    const valueOf = async (all: Answer, options: RequestOptions) => (await get(delta(all), options)).body.value;
    // OData JSON Format 15.3: in 4.0 `id` is the entity-id.
    expect(await valueOf(tracked, v4)).toEqual([{ '@odata.context': context, id, reason: 'deleted' }]);
    expect(await valueOf(tracked, v401)).toEqual([{ '@removed': removed, id: `a-${owner}` }]);
    expect(await valueOf(called, v4)).toEqual([{ '@removed': removed, id: `a-${owner}` }]);
    const full = { headers: { ...v401.headers, accept: 'application/json;metadata=full' } };
    expect(await valueOf(called, full)).toEqual([
      { '@context': context, '@removed': removed, '@id': id, id: `a-${owner}` },
    ]);
  });

  it('keeps $select, $filter, $expand, $compute, $search and aliases in the links', async () => {
    await create('a', { relevanceScore: 1, profile: { firstName: 'Ann', headline: 'engineer' } });
    await create('b', { relevanceScore: 1, profile: { headline: 'painter' } });
    const query =
      '$select=relevanceScore,more&$expand=profile($select=firstName)&$filter=relevanceScore lt @max&@max=5' +
      '&$search=engineer&$compute=relevanceScore add 1 as more';
    const all = await get(`${set}/delta?${query}&$count=true`);
    expect(all.body['@odata.count']).toBe(1);
    await patch('a', { relevanceScore: 2 });
    await patch('b', { relevanceScore: 2 });
    const { body } = await get(delta(all));
    expect(body['@odata.context']).toContain(
      '#decoratedProfileConnections(relevanceScore,more,profile(firstName))/$delta',
    );
    expect(body).not.toHaveProperty(['@odata.count']);
    const [a, b] = body.value as any[];
    expect(a).toMatchObject({ relevanceScore: 2, more: 3, profile: { firstName: 'Ann' } });
    expect(a).not.toHaveProperty('id');
    expect(a['@odata.id']).toBe(`${app.root}/decoratedProfileConnections('a-${owner}')`);
    expect(b).toEqual({ '@removed': { reason: 'changed' }, id: `b-${owner}` });
  });

  it('[J-10.4] writes expanded entities inside changes in 4.01', async () => {
    await create('a', { profile: { headline: 'x' } });
    const query = '$select=id&$expand=profile($select=headline)';
    const tracked = { headers: { ...v401.headers, prefer: 'track-changes' } };
    const all = await get(`${set}?${query}`, tracked);
    expect(all.headers.get('preference-applied')).toBe('track-changes');
    await app.patch(`${set}/a-${owner}/profile`, { headline: 'y' }, { as });
    expect((await get(delta(all), tracked)).body.value).toMatchObject([
      { id: `a-${owner}`, profile: { headline: 'y' } },
    ]);
    await app.delete(`${set}/a-${owner}/profile`, { as });
    expect((await get(delta(all), tracked)).body.value).toMatchObject([{ id: `a-${owner}`, profile: null }]);
  });

  it('identifies entities without their key at every level of metadata', async () => {
    const all = await get(`${set}/delta?$select=relevanceScore`);
    await create('a');
    const { body } = await get(delta(all), { headers: { accept: 'application/json;odata.metadata=none' } });
    expect(body.value).toEqual([
      { '@odata.id': `${app.root}/decoratedProfileConnections('a-${owner}')`, relevanceScore: null },
    ]);
  });

  it('pages the first round and the changes, and misses nothing that changes in between', async () => {
    const paged = { headers: { prefer: 'maxpagesize=2' } };
    for (const id of ['a', 'b', 'c', 'd', 'e']) await create(id);
    const first = await get(`${set}/delta?$count=true`, paged);
    expect(ids(first)).toEqual(['a', 'b']);
    expect(first.headers.get('preference-applied')).toBe('maxpagesize=2');
    expect(delta(first)).toBeUndefined();
    await patch('a', { relevanceScore: 9 });
    const second = await get(next(first), paged);
    const third = await get(next(second), paged);
    expect([...ids(second), ...ids(third)]).toEqual(['c', 'd', 'e']);
    expect(second.body['@odata.count']).toBe(5);
    for (const id of ['c', 'd', 'e']) await patch(id, { relevanceScore: 8 });
    const changes = await get(delta(third), paged);
    expect(ids(changes)).toEqual(['a', 'c']);
    expect(delta(changes)).toBeUndefined();
    await remove('d');
    const rest = await get(next(changes), paged);
    expect(ids(rest)).toEqual(['e', 'd']);
    expect(rest.body.value[1]).toHaveProperty('@removed');
    expect(next(rest)).toBe('');
    expect((await get(delta(rest))).body.value).toEqual([]);
  });

  it('[C29] gives only a link for $deltatoken=latest', async () => {
    await create('a');
    for (const path of [`${set}/delta?$deltatoken=latest`, `${set}/delta?$deltaToken=latest&$select=id`]) {
      const latest = await get(path);
      expect(latest.body.value).toEqual([]);
      await create(path.includes('select') ? 'c' : 'b');
      expect(ids(await get(delta(latest)))).toHaveLength(1);
    }
  });

  it('[C28] takes no options beside a token, but those that are of one request', async () => {
    const link = delta(await get(`${set}/delta?$select=id`));
    for (const option of ['$select=id', "$filter=id eq 'a'", '$top=1', '@a=1', '$count=true', 'x=1']) {
      const { status, body } = await get(`${link}&${option}`);
      expect([option, status]).toEqual([option, 400]);
      expect(body.error.innerError.code).toBe('invalidQueryOption');
    }
    const formatted = await get(`${link}&$format=application/json;odata.metadata=none`);
    expect(formatted.body).not.toHaveProperty(['@odata.context']);
    expect(delta(formatted)).toContain('$format=');
    expect((await get(delta(formatted))).status).toBe(200);
  });

  it.each(['$orderby=id', '$top=1', '$skip=1', '$apply=aggregate($count as n)', '$index=1'])(
    'says that %s has no meaning for the function',
    async (option) => {
      const { status, body } = await get(`${set}/delta?${option}`);
      expect(status).toBe(400);
      expect(body.error.innerError.code).toBe('queryOptionNotApplicable');
    },
  );

  it('forgets the order where changes are told', async () => {
    await create('a', { relevanceScore: 1 });
    await create('b', { relevanceScore: 2 });
    const all = await get(`${set}?$orderby=relevanceScore desc`, {
      headers: { prefer: 'track-changes, maxpagesize=1' },
    });
    expect(ids(all)).toEqual(['b']);
    const rest = await get(next(all));
    expect(ids(rest)).toEqual(['a']);
    expect(delta(rest)).toBeDefined();
    await patch('a', { relevanceScore: 3 });
    expect(ids(await get(delta(rest)))).toEqual(['a']);
  });

  it('leaves no null out of changes', async () => {
    await create('a', { relevanceScore: 1 });
    const all = await get(`${set}/delta`, { headers: { prefer: 'omit-values=nulls' } });
    await patch('a', { relevanceScore: null });
    const changes = await get(delta(all), { headers: { prefer: 'omit-values=nulls' } });
    expect(changes.body.value).toMatchObject([{ relevanceScore: null }]);
    expect(changes.headers.get('preference-applied')).toBeNull();
  });

  it('shows nobody what is not theirs, whoever has the link', async () => {
    const theirs = delta(await get(`${set}/delta`));
    await create('a');
    expect((await get(theirs, { as: { ...bob, oid: `other${owner}` } })).body.value).toEqual([]);
    const elsewhere = { ...daemon, tid: 'elsewhere' };
    expect((await get(theirs, { as: elsewhere })).body.value).toEqual([]);
    expect(ids(await get(theirs, { as: daemon }))).toEqual(['a']);
    expect((await get(theirs, { as: null })).status).toBe(401);
  });

  it('leads a follower that begins while many write to the same entities in the end', async () => {
    const copy = new Map<string, unknown>();
    const state = { writing: true };
    const write = async (writer: number): Promise<void> => {
      for (let round = 0; round < 25; round++) {
        const id = `f${Math.floor(Math.random() * 12)}`;
        const kind = Math.random();
        if (kind < 0.3) await create(id, { relevanceScore: writer });
        else if (kind < 0.5) await remove(id);
        else if (kind < 0.8) await patch(id, { relevanceScore: writer * 100 + round });
        else await app.patch(`${set}/${id}-${owner}/profile`, { headline: `${writer} ${round}` }, { as });
      }
    };
    const query = '$filter=relevanceScore ne 7&$expand=profile($select=headline)';
    const paged = { as, headers: { prefer: 'maxpagesize=3' } };
    const follow = async (link: string): Promise<string> => {
      for (let at = link; ;) {
        const answer = await app.get(at, paged);
        expect(answer.status).toBe(200);
        for (const one of answer.body.value) {
          if (one['@removed'] === undefined) copy.set(one.id, one);
          else copy.delete(one.id);
        }
        if (next(answer) === '') return delta(answer);
        at = next(answer);
      }
    };
    const work = Promise.all(Array.from({ length: 6 }, (_, writer) => write(writer + 1))).finally(() => {
      state.writing = false;
    });
    let link = await follow(`${app.root}${set}/delta?${query}`);
    while (state.writing) link = await follow(link);
    await work;
    await settled(app.store, set.slice(1));
    await follow(link);
    const { body } = await app.get(`${set}?${query}&$orderby=id`, { as });
    expect(body.value.length).toBeGreaterThan(0);
    expect([...copy.values()].sort((a: any, b: any) => (a.id < b.id ? -1 : 1))).toEqual(body.value);
  });

  describe('with a token that is changed', () => {
    const token = plainToken;
    const parts = (link: string): Promise<DeltaTokenParts> => openedToken(app, link);
    const resealed = (changed: DeltaTokenParts): Promise<string> => sealedToken(app, `${set.slice(1)}/delta`, changed);
    const day = 86_400_000;

    it.each(['', 'x', token([]), token(null), token(['c2']), token({}), token(['c2', 1, 2]), '%FF'])(
      'refuses %j',
      async (text) => {
        for (const path of [`${set}/delta`, set]) {
          expect((await get(`${path}?$deltatoken=${text}`)).status).toBe(400);
          expect((await get(`${path}?$skiptoken=${text}`)).status).toBe(400);
        }
      },
    );

    it('never fails, and never shows what is of others', async () => {
      const other = { ...bob, oid: `secret${owner}` };
      await app.post(set, { id: `secret${owner}` }, { as: other });
      const link = delta(await get(`${set}/delta?$filter=relevanceScore gt 0`));
      const outer = new URL(link).searchParams.get('$deltatoken')!;
      const original = JSON.parse(Buffer.from(outer, 'base64url').toString()) as unknown[];
      const values = [
        null,
        '',
        '0',
        '-1',
        '1e3',
        '9'.repeat(18),
        '9'.repeat(40),
        0,
        -1,
        1.5,
        {},
        [],
        '$filter=',
        '$filter=1',
        '$top=1',
        'x',
      ];
      for (let place = 0; place < original.length; place++) {
        for (const value of values) {
          const changed = token(original.map((part, index) => (index === place ? value : part)));
          for (const query of [`$deltatoken=${changed}`, `$skiptoken=${changed}`]) {
            const { status, text } = await app.get(`${set}/delta?${query}`, { as });
            expect([query.slice(0, 10), place, value, [200, 400, 410].includes(status)]).toEqual([
              query.slice(0, 10),
              place,
              value,
              true,
            ]);
            expect(text).not.toContain('secret');
          }
        }
      }
    });

    it('[B7.410] refuses one that is older than what is kept, and says where to begin again', async () => {
      const [form, query, epoch, transaction, sequence, at, page] = await parts(
        delta(await get(`${set}/delta?$select=id&$filter=relevanceScore gt 0&$count=true`)),
      );
      const old = await resealed([form, query, epoch, transaction, sequence, (at as number) - 31 * day, page]);
      const answer = await get(`${set}/delta?$deltatoken=${old}`);
      expect(answer.status).toBe(410);
      expect(answer.body.error).toMatchObject({ code: 'gone', innerError: { code: 'syncStateNotFound' } });
      const location = answer.headers.get('location')!;
      expect(location).toBe(`${app.root}${set}/delta?$select=id&$filter=relevanceScore%20gt%200`);
      expect((await get(location)).status).toBe(200);
      const young = await resealed([form, query, epoch, transaction, sequence, (at as number) - 29 * day, page]);
      expect((await get(`${set}/delta?$deltatoken=${young}`)).status).toBe(200);
    });

    it.each([
      [2, 'another'],
      [3, '999999999999'],
      [4, '999999999999'],
    ])('[B7.410] refuses one of another life of the log, or from behind its end: part %i', async (place, value) => {
      const changed: [unknown, unknown, ...unknown[]] = [...(await parts(delta(await get(`${set}/delta`))))];
      changed[place] = value;
      // On PostgreSQL the number counts inside its transaction only.
      if (place === 4) changed[3] = '999999999999';
      const answer = await get(`${set}/delta?$deltatoken=${await resealed(changed)}`);
      expect(answer.status).toBe(410);
      expect(answer.body.error.innerError.code).toBe('resyncRequired');
      expect(answer.headers.get('location')).toBe(`${app.root}${set}/delta`);
    });

    it('[B7.410] refuses one whose query was changed, and one of another database: all is to be read again', async () => {
      const [form, query, ...inside] = await parts(delta(await get(`${set}/delta?$select=id`)));
      const about = queryOf(`${set.slice(1)}/delta`, String(query));
      const own = new Seal(await app.store.secret()).close(JSON.stringify(inside), about);
      const foreign = new Seal(Buffer.alloc(32)).close(JSON.stringify(inside), about);
      for (const changed of [
        [form, '$select=relevanceScore', own],
        [form, query, foreign],
      ]) {
        const answer = await get(`${set}/delta?$deltatoken=${token(changed)}`);
        expect([answer.status, answer.body.error.innerError.code]).toEqual([410, 'resyncRequired']);
        expect(answer.headers.get('location')).toBe(`${app.root}${set}/delta?${String(changed[1])}`);
      }
    });

    it('tells nobody else where the log stands', async () => {
      const link = delta(await get(`${set}/delta?$select=id`));
      const [, , epoch, transaction, sequence, at] = await parts(link);
      const told = Buffer.from(new URL(link).searchParams.get('$deltatoken')!, 'base64url').toString('latin1');
      for (const part of [epoch, at, `"${String(transaction)}"`, `"${String(sequence)}"`])
        expect(told).not.toContain(String(part));
    });

    it('takes one at its own kind of resource only', async () => {
      const { body } = await create('a');
      const link = delta(await get(`${set}/delta`));
      const query = link.slice(link.indexOf('?'));
      for (const path of [`${set}/${body.id}`, `${set}/${body.id}/profile`, `${set}/$ref`]) {
        expect([path, (await get(`${path}${query}`)).status]).toEqual([path, 400]);
      }
    });
  });

  it('refuses a query that links could not carry', async () => {
    const { status, body } = await get(
      `${set}/delta?$filter=id in (${Array.from({ length: 900 }, () => "'abc'").join(',')})`,
    );
    expect([status, body.error.innerError.code]).toEqual([414, 'urlTooLong']);
  });

  it.each(['delta', 'track-changes'])(
    '[A40A-14] /$count appended to a link of %s tells how many changed',
    async (by) => {
      const query = '$select=id&$filter=relevanceScore ne 7&$orderby=id';
      const first = await app.get(by === 'delta' ? `${set}/delta?${query.split('&$orderby')[0]!}` : `${set}?${query}`, {
        as,
        headers: { prefer: by === 'delta' ? '' : 'track-changes' },
      });
      const link = new URL(delta(first));
      const count = async (): Promise<string> =>
        (await app.get(`${link.origin}${link.pathname}/$count${link.search}`, { as })).text;
      const told = async (): Promise<number> => (await app.get(link.href, { as })).body.value.length;
      await settled(app.store, set.slice(1));
      expect([await count(), await told()]).toEqual(['0', 0]);
      const { body: a } = await create('counteda');
      const { body: b } = await create('countedb');
      await app.patch(`${set}/${a.id}`, { relevanceScore: 0.25 }, { as });
      await settled(app.store, set.slice(1));
      expect([await count(), await told()]).toEqual(['2', 2]);
      await app.patch(`${set}/${a.id}`, { relevanceScore: 7 }, { as });
      await app.delete(`${set}/${b.id}`, { as });
      await app.post(set, { id: `of-bob-${by}` }, { as: bob });
      await settled(app.store, set.slice(1));
      expect([await count(), await told()]).toEqual(['2', 2]);
      // Of the link itself, not of what is written beside it.
      const beside = await app.get(`${link.origin}${link.pathname}/$count${link.search}&$filter=true`, { as });
      expect(beside.status).toBe(400);
    },
  );

  it('does nothing else at the function', async () => {
    expect((await get(`${set}/delta/$count`)).status).toBe(400);
    expect((await get(`${set}/delta(a=1)`)).status).toBe(404);
    expect((await app.post(`${set}/delta`, {}, { as })).status).toBe(405);
  });
});

describe('without a log of changes', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ CHANGE_LOG: 'off' });
  });
  afterAll(async () => {
    await app.stop();
  });

  it('says that changes are not tracked, and ignores the preference', async () => {
    const { status, body } = await app.get(`${set}/delta`);
    expect([status, body.error.message]).toEqual([501, expect.stringContaining('not tracked')]);
    const { body: metadata } = await app.get('/$metadata?$format=json');
    const { delta, Container } = metadata['microsoft.graph'];
    expect(delta).toBeUndefined();
    expect(Container[set.slice(1)]['@Capabilities.ChangeTracking']).toEqual({ Supported: false });
    const preferred = await app.get(set, { headers: { prefer: 'track-changes' } });
    expect([preferred.status, preferred.headers.get('preference-applied')]).toEqual([200, null]);
  });
});
