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
