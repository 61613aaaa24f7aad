import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from '../models/library.js';
import { type Answer, TestApp } from '../support/test-app.js';

const tooMuch = { status: 400, body: { error: { innerError: { code: 'tooMuchData' } } } };

describe('what one statement fetches', () => {
  let app: TestApp;
  const entity = 65_536;
  const authors = Array.from({ length: 24 }, (_, index) => ({
    id: `a${String(index).padStart(2, '0')}`,
    // Together they are more than a statement that changes them may give back.
    name: 'x'.repeat(30_000),
  }));
  beforeAll(async () => {
    const bounds = { ENTITY_BYTES: `${entity}`, BODY_LIMIT: `${entity}`, PAGE_BYTES: '100000' };
    app = await TestApp.start(bounds, library);
    for (const author of authors) expect((await app.post('/authors', author)).status).toBe(201);
    expect((await app.post('/works', { code: 'w', title: 'W' })).status).toBe(201);
    for (const { id } of authors.slice(0, 8)) {
      const { status } = await app.post("/works('w')/writers/$ref", { '@id': `${app.root}/authors('${id}')` });
      expect(status).toBe(204);
    }
  });
  afterAll(() => app.stop());

  it('is of a page what its bytes let through, whatever they are spent on', async () => {
    const { body } = await app.get('/authors');
    expect(body.value.map(({ id }: { id: string }) => id)).toEqual(['a00', 'a01', 'a02', 'a03']);
    // Values of the order count as much as entities do; so large they find no place in a link.
    expect((await app.get('/authors?$select=id&$orderby=name')).status).toBe(414);
    expect((await app.get('/authors?$select=id&$orderby=name&$top=2')).status).toBe(200);
    expect((await app.get('/authors?$apply=compute(id as key)&$count=true')).body).toMatchObject({
      '@odata.count': authors.length,
      value: [{ key: 'a00' }, { key: 'a01' }, { key: 'a02' }, { key: 'a03' }],
    });
    const seen = await app.get('/authors/delta');
    expect(seen.body.value).toHaveLength(4);
    expect(seen.body).toHaveProperty(['@odata.nextLink']);
  });

  it('is of one item not more than an entity may have, twice', async () => {
    expect(await app.get("/works('w')?$expand=writers")).toMatchObject(tooMuch);
    expect(await app.get('/works?$expand=writers')).toMatchObject(tooMuch);
    expect(await app.get("/works('w')/writers")).toMatchObject(tooMuch);
    const { status, body } = await app.get("/works('w')?$expand=writers($top=3)");
    expect([status, body.writers.length]).toEqual([200, 3]);
    const doubled = Array.from(
      { length: 3 },
      (_, at) => `concat(${at === 0 ? 'name,name' : `n${at - 1},n${at - 1}`}) as n${at}`,
    );
    expect(await app.get(`/authors('a00')?$compute=${doubled.join(',')}&$select=n2`)).toMatchObject(tooMuch);
    expect((await app.get("/authors('a00')?$select=id")).status).toBe(200);
  });

  it('is of a change of many not more than is held, and nothing is changed where it would be more', async () => {
    const born = (date: string): Promise<Answer> => app.patch('/authors/$each', { born: date });
    expect(await born('2000-01-01')).toMatchObject(tooMuch);
    expect((await app.get('/authors/$count?$filter=born ne null')).text).toBe('0');
    const few = await app.patch("/authors/$filter(id lt 'a10')/$each", { born: '2000-01-01' });
    expect([few.status, few.body.value.length]).toEqual([200, 10]);
    const group = (url: string) => ({
      id: `r${url.length}`,
      method: 'PATCH',
      url,
      body: { born: '1999-01-01' },
      atomicityGroup: 'g',
    });
    const requests = ["authors('a11')", 'authors/$each'].map((url) => ({
      ...group(url),
      headers: { 'content-type': 'application/json' },
    }));
    const { body } = await app.post('/$batch', { requests });
    expect(body.responses.map(({ status }: Answer) => status).sort()).toEqual([400, 424]);
    expect((await app.get('/authors/$count?$filter=born eq 1999-01-01')).text).toBe('0');
  });

  it('is not made larger by a change that others would have to read', async () => {
    const chapter = (number: number): Promise<Answer> =>
      app.post("/works('w')/chapters", {
        number,
        words: Array.from({ length: 200 }, (_, at) => `${at}`.padEnd(100, 'x')),
      });
    const statuses: number[] = [];
    for (let number = 1; number <= 5; number++) statuses.push((await chapter(number)).status);
    expect(statuses.slice(0, 2)).toEqual([201, 201]);
    expect(await chapter(9)).toMatchObject(tooMuch);
    const made = statuses.filter((status) => status === 201).length;
    expect((await app.get("/works('w')/chapters/$count")).text).toBe(`${made}`);
    expect((await app.get("/works('w')")).body).toMatchObject({ title: 'W' });
    // What makes it smaller is done.
    expect((await app.delete("/works('w')/chapters(1)")).status).toBe(204);
    expect((await chapter(9)).status).toBe(201);
  });
});
