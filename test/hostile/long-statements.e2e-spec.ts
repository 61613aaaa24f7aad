import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestApp } from '../support/test-app.js';
import { ann, bob } from '../support/tokens.js';

const set = '/decoratedProfileConnections';
/** What Ann's own row with many skills is compared with, three times each with all others: for minutes. */
const endless = "profile/skills/any(s:profile/skills/any(t:profile/skills/any(u:u eq concat(concat(s,t),'!'))))";
const skills = Array.from({ length: 2000 }, (_, at) => `skill ${at}`);
const timedOut = { status: 504, body: { error: { innerError: { code: 'storeTimeout' } } } };

describe('a statement that would not end', () => {
  let app: TestApp;
  /** Of Ann, and of Bob. */
  const [mine, others] = [`${set}/ann`, `${set}/bob`];

  async function start(statementTimeout: number): Promise<void> {
    app = await TestApp.start({ DATABASE_STATEMENT_TIMEOUT: String(statementTimeout) });
    await app.post(set, { id: 'ann', relevanceScore: 0, profile: { skills } });
    await app.post(set, { id: 'bob', relevanceScore: 0, profile: { headline: 'b' } }, { as: bob });
  }
  afterEach(() => app.stop());

  /** What others do meanwhile. */
  async function othersRead(): Promise<void> {
    expect(await app.get(`${others}/profile`, { as: bob })).toMatchObject({ status: 200, body: { headline: 'b' } });
    expect(await app.get(`${set}?$filter=profile/headline eq 'b'`, { as: bob })).toMatchObject({
      status: 200,
      body: { value: [{ id: 'bob' }] },
    });
    expect(await app.get(`${app.url}/health/ready`, { as: null })).toMatchObject({ status: 200 });
  }

  const heavyGet = (signal?: AbortSignal) => app.get(`${set}?$filter=${endless}`, { as: ann, signal });

  describe('with a short time to end', () => {
    beforeEach(() => start(2));

    it('ends with 504', async () => {
      const answers = await Promise.all(Array.from({ length: 4 }, () => heavyGet()));
      for (const { status } of answers) expect([429, 504]).toContain(status);
      expect(answers).toContainEqual(expect.objectContaining({ status: 504 }));
    });

    it('lets its caller know that others of its own were before it', async () => {
      for (const { status, headers, body } of await Promise.all(Array.from({ length: 20 }, () => heavyGet()))) {
        const { code } = body.error.innerError;
        // How many run before their time is over is the machine's.
        if (status === 504) expect(code).toBe('storeTimeout');
        else expect([status, code, headers.get('retry-after')]).toEqual([429, 'callerBusy', '1']);
      }
    });

    it('ends where it changes members, undoes that alone, and the writes behind it are done', async () => {
      const heavy = app.patch(`${set}/$filter(${endless})/$each`, { relevanceScore: 1 }, { as: ann });
      await sleep(200);
      const write = app.patch(others, { relevanceScore: 2 }, { as: bob });
      expect(await heavy).toMatchObject(timedOut);
      expect(await write).toMatchObject({ status: 200, body: { relevanceScore: 2 } });
      expect(await app.get(mine)).toMatchObject({ body: { relevanceScore: 0 } });
    });

    it('ends in an atomicity group, which is undone', async () => {
      const requests = [
        {
          id: '1',
          atomicityGroup: 'g',
          method: 'PATCH',
          url: 'decoratedProfileConnections/ann',
          body: { relevanceScore: 1 },
        },
        { id: '2', atomicityGroup: 'g', method: 'GET', url: `decoratedProfileConnections?$filter=${endless}` },
      ];
      const batch = app.post('/$batch', { requests });
      await sleep(200);
      const write = app.patch(others, { relevanceScore: 2 }, { as: bob });
      const { body } = await batch;
      expect(body.responses).toContainEqual(expect.objectContaining({ id: '2', status: 504 }));
      expect(await write).toMatchObject({ status: 200 });
      expect(await app.get(mine)).toMatchObject({ body: { relevanceScore: 0 } });
    });

    it('ends a request that is answered later, which has failed then', async () => {
      const { status, headers } = await app.get(`${set}?$filter=${endless}`, { headers: { prefer: 'respond-async' } });
      expect(status).toBe(202);
      const monitor = headers.get('location')!;
      let answer = await app.get(monitor);
      while (answer.status === 202) {
        await sleep(100);
        answer = await app.get(monitor);
      }
      expect(answer.headers.get('asyncresult')).toBe('504');
    });
  });

  describe('with a long time to end', () => {
    beforeEach(() => start(100));
    /** Something that is long enough to need a place among what takes long. */
    const finite = "profile/skills/any(s:profile/skills/any(t:t eq concat(s,'!')))";
    const findsNothing = async (): Promise<void> => {
      expect(await app.get(`${set}?$filter=${finite}`)).toMatchObject({ status: 200, body: { value: [] } });
    };

    it('ends when its client leaves, and others read until then', async () => {
      const leaving = new AbortController();
      const heavy = Array.from({ length: 6 }, () => heavyGet(leaving.signal).catch(() => 'left'));
      await sleep(300);
      // None of them has ended.
      await othersRead();
      leaving.abort();
      expect(new Set(await Promise.all(heavy))).toEqual(new Set(['left']));
      await findsNothing();
      await othersRead();
    });

    it('ends when the client of its batch leaves', async () => {
      const leaving = new AbortController();
      const url = `decoratedProfileConnections/$filter(${endless})/$each`;
      const requests = [{ id: '1', method: 'PATCH', url, body: { relevanceScore: 1 } }];
      const batch = app.request('POST', '/$batch', { body: { requests }, signal: leaving.signal }).catch(() => 'left');
      await sleep(300);
      leaving.abort();
      expect(await batch).toBe('left');
      expect(await app.patch(others, { relevanceScore: 2 }, { as: bob })).toMatchObject({ status: 200 });
      expect(await app.get(mine)).toMatchObject({ body: { relevanceScore: 0 } });
    });

    it.each([
      ['alone', `$filter(${endless})/$each`, undefined],
      ['in an atomicity group', `$filter(${endless})/$each`, 'g'],
    ])('leaves places to what others write, however many there are %s', async (_, url, atomicityGroup) => {
      const batch = (url: string, options: object) => {
        const request = {
          id: '1',
          method: 'PATCH',
          url: `decoratedProfileConnections/${url}`,
          body: { relevanceScore: 3 },
        };
        return app.request('POST', '/$batch', { body: { requests: [{ ...request, atomicityGroup }] }, ...options });
      };
      const leaving = new AbortController();
      const { signal } = leaving;
      const heavy = Array.from({ length: 40 }, () => batch(url, { signal }).catch(() => undefined));
      await sleep(300);
      const meanwhile = await Promise.all([
        app.patch(others, { relevanceScore: 2 }, { as: bob }),
        ...['g', undefined].map((group) => {
          const requests = [
            { id: '1', method: 'PATCH', url: 'decoratedProfileConnections/bob', body: { relevanceScore: 4 } },
          ];
          return app.post(
            '/$batch',
            { requests: requests.map((one) => ({ ...one, atomicityGroup: group })) },
            { as: bob },
          );
        }),
      ]);
      expect(meanwhile).toMatchObject([
        { status: 200 },
        { body: { responses: [{ status: 200 }] } },
        { body: { responses: [{ status: 200 }] } },
      ]);
      leaving.abort();
      await Promise.all(heavy);
      expect(await app.get(mine)).toMatchObject({ body: { relevanceScore: 0 } });
    });

    it('ends when its request is canceled', async () => {
      const url = `${set}/$filter(${endless})/$each`;
      const { headers } = await app.patch(url, { relevanceScore: 1 }, { headers: { prefer: 'respond-async' } });
      const monitor = headers.get('location')!;
      await sleep(300);
      expect(await app.delete(monitor)).toMatchObject({ status: 204 });
      expect(await app.get(monitor)).toMatchObject({ status: 404 });
      expect(await app.patch(others, { relevanceScore: 2 }, { as: bob })).toMatchObject({ status: 200 });
      expect(await app.get(mine)).toMatchObject({ body: { relevanceScore: 0 } });
    });
  });
});
