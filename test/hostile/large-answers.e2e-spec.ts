import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';

const set = '/decoratedProfileConnections';

describe('a list of large entities', () => {
  let app: TestApp;
  const bytes = 100_000;
  /** Of 40 kB each, but the fourth, which is larger than a page may be. */
  const sizes = [40_000, 40_000, 40_000, 200_000, 40_000, 10, 10, 10, 40_000];
  beforeAll(async () => {
    app = await TestApp.start({ PAGE_BYTES: String(bytes) });
    for (const [at, size] of sizes.entries()) {
      const skills = Array.from({ length: size / 10 }, (_, skill) => `s${skill}`.padEnd(7, 'x'));
      await app.post(set, { id: `c${at}`, relevanceScore: at, profile: { skills } });
    }
  });
  afterAll(() => app.stop());

  async function pagesOf(query: string): Promise<readonly (readonly string[])[]> {
    const pages: string[][] = [];
    let url: string | undefined = `${set}?${query}`;
    while (url !== undefined) {
      const { status, body }: { status: number; body: any } = await app.get(url);
      expect(status).toBe(200);
      pages.push(body.value.map(({ id }: { id: string }) => id));
      url = body['@odata.nextLink'];
    }
    return pages;
  }

  it('comes in pages that end by their bytes, of one entity at least', async () => {
    const pages = await pagesOf('$expand=profile&$orderby=relevanceScore');
    expect(pages).toEqual([['c0', 'c1', 'c2'], ['c3'], ['c4', 'c5', 'c6', 'c7', 'c8']]);
  });

  it('comes in one page where little is asked of them', async () => {
    expect(await pagesOf('$orderby=relevanceScore')).toHaveLength(1);
  });

  it('keeps to $top, and counts all', async () => {
    expect(await pagesOf('$expand=profile&$orderby=relevanceScore&$top=3')).toEqual([['c0', 'c1', 'c2']]);
    expect((await pagesOf('$expand=profile&$orderby=relevanceScore&$top=4')).flat()).toEqual(['c0', 'c1', 'c2', 'c3']);
    const { body } = await app.get(`${set}?$expand=profile&$orderby=relevanceScore&$count=true`);
    expect(body).toMatchObject({ '@odata.count': sizes.length });
  });

  it('is followed through its changes in such pages', async () => {
    const seen: string[] = [];
    let url: string | undefined = `${set}/delta?$expand=profile`;
    let pages = 0;
    while (url !== undefined) {
      const { body }: { body: any } = await app.get(url);
      seen.push(...body.value.map(({ id }: { id: string }) => id));
      pages += 1;
      url = body['@odata.nextLink'];
    }
    expect(seen.toSorted()).toEqual(sizes.map((_, at) => `c${at}`));
    expect(pages).toBeGreaterThan(1);
  });
});

describe('a batch of large answers', () => {
  let app: TestApp;
  /** A quarter of the memory is one caller's: two answers of 150 kB and a little more. */
  const memory = 4 * 400_000;
  beforeAll(async () => {
    app = await TestApp.start({ ANSWER_MEMORY: String(memory), BATCH_MEMORY: '200000' });
    const skills = Array.from({ length: 15_000 }, (_, skill) => `s${skill}`.padEnd(7, 'x'));
    expect(await app.post(set, { id: 'large', profile: { skills } })).toMatchObject({ status: 201 });
  });
  afterAll(() => app.stop());

  const batchOf = (many: number, group?: string) =>
    app.post('/$batch', {
      requests: Array.from({ length: many }, (_, at) => ({
        id: `${at}`,
        method: 'GET',
        url: `decoratedProfileConnections/large/profile`,
        ...(group === undefined ? {} : { atomicityGroup: group }),
      })),
    });
  const statusesOf = async (answer: ReturnType<typeof batchOf>) =>
    (await answer).body.responses.map(({ status, body }: any) =>
      status === 200 ? [status, body.skills.length] : [status, body.error.innerError.code],
    );

  it('keeps no more of a group than its caller has of the memory', async () => {
    expect(await statusesOf(batchOf(2, 'g'))).toEqual([
      [200, 15_000],
      [200, 15_000],
    ]);
    const statuses = await statusesOf(batchOf(5, 'g'));
    expect(statuses).toContainEqual([429, 'callerBusy']);
    expect(statuses).not.toContainEqual([200, 15_000]);
  });

  it('gives back what it took, whatever became of it', async () => {
    for (let round = 0; round < 5; round++) {
      await batchOf(5, 'g');
      expect(await statusesOf(batchOf(1))).toEqual([[200, 15_000]]);
    }
    const leaving = new AbortController();
    const left = app
      .request('POST', '/$batch', {
        body: { requests: [{ id: '1', method: 'GET', url: 'decoratedProfileConnections/large/profile' }] },
        signal: leaving.signal,
      })
      .catch(() => 'left');
    leaving.abort();
    await left;
    expect(await statusesOf(batchOf(2, 'g'))).toEqual([
      [200, 15_000],
      [200, 15_000],
    ]);
  });
});

describe('an answer of any size', () => {
  let app: TestApp;
  // Characters of one to four bytes, most of them of three; two are escaped in JSON.
  const skill = `aé${'€'.repeat(24)}😀\u0001"`.repeat(2);
  const sizes = [1, 200, 220, 2_000, 6_000, 9_000];
  const skillsOf = (size: number): readonly string[] => Array.from({ length: size }, () => skill);
  beforeAll(async () => {
    app = await TestApp.start({ BODY_LIMIT: '2000000', DATABASE_STATEMENT_TIMEOUT: '5' });
    for (const size of sizes) {
      const answer = await app.post(set, { id: `t${size}`, profile: { skills: skillsOf(size) } });
      expect(answer).toMatchObject({ status: 201 });
    }
  });
  afterAll(() => app.stop());

  it('is what was stored, whatever other ones are sent beside it', async () => {
    const asked = [...sizes, ...sizes.toReversed()];
    const answers = await Promise.all(asked.map((size) => app.get(`${set}/t${size}/profile/skills`)));
    expect(answers.map(({ body }) => body.value)).toEqual(asked.map(skillsOf));
    const page = await app.get(`${set}?$expand=profile&$orderby=id`);
    expect(page.body.value.map(({ id, profile }: any) => [id, profile.skills])).toEqual(
      sizes.map((size) => [`t${size}`, skillsOf(size)]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    );
  });

  it('is what was stored in a page of long texts', async () => {
    const texts = Array.from({ length: 42 }, (_, at) => '€'.repeat(9_000 + at));
    const ids = texts.map((_, at) => `l${String(at).padStart(2, '0')}`);
    for (const [at, summary] of texts.entries()) await app.post(set, { id: ids[at], profile: { summary } });
    const { body } = await app.get(`${set}?$filter=startswith(id,'l')&$expand=profile&$orderby=id`);
    expect(body.value.map(({ profile }: any) => profile.summary)).toEqual(texts);
  });

  it.each([
    ['', 9_000],
    ['?$filter=$it ne null', 9_000],
    ['?$orderby=$it desc', 9_000],
    ['?$skip=10&$top=8000', 8_000],
  ])('takes the store no longer for each of many items: %s', async (query, many) => {
    const { status, body } = await app.get(`${set}/t9000/profile/skills${query}`);
    expect([status, body.value?.length, new Set(body.value)]).toEqual([200, many, new Set([skill])]);
  });
});
