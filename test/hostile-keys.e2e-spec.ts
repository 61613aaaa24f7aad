import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

/** Keys that mean something to a path, to SQL, to JSON, or to JavaScript; and any others. */
const key = fc.oneof(
  fc.constantFrom(
    '"',
    '\\',
    "'",
    '%22',
    '%',
    '$',
    '$version',
    '$type',
    '[0]',
    '.',
    '..',
    '/',
    '{}',
    '{a,b}',
    ';--',
    ' ',
    '__proto__',
  ),
  fc.constantFrom(
    'constructor',
    'null',
    '1',
    '-',
    '+',
    '&',
    '#',
    '?',
    '@odata.id',
    "a'b",
    'a"b\\c%d/e',
    '\u2028',
    '𝒳',
    'é',
    'É',
    '💥',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((text) => !text.includes('\0')),
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 12 })
    .filter((text) => text.isWellFormed() && !text.includes('\0')),
);

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({}, library);
});
afterAll(() => app.stop());

const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01', 'content-type': 'application/json' };
const literal = (text: string): string => `'${encodeURIComponent(text.replaceAll("'", "''"))}'`;

it('entities with any key are made, found, changed, referred to and deleted, inside others too', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { minLength: 4, maxLength: 7 }), async (keys) => {
      await app.delete('/works/$each');
      await app.delete('/authors/$each');
      const remarks = keys.map((id) => ({ id, text: `of ${id}` }));
      for (const id of keys) expect((await app.post('/authors', { id })).status).toBe(201);
      const made = await app.post(
        '/works',
        {
          code: 'w',
          chapters: [{ number: 1, remarks }],
          writers: keys.map((id) => ({ '@id': `authors(${literal(id)})` })),
        },
        { headers: v401 },
      );
      expect([made.status, made.status === 201 ? '' : made.text]).toEqual([201, '']);
      const read = async () => {
        const { body } = await app.get("/works('w')?$expand=writers,chapters($expand=remarks)");
        const idsOf = (list: any[]): string[] => list.map(({ id }) => id as string).sort();
        return { writers: idsOf(body.writers), remarks: body.chapters[0].remarks as any[] };
      };
      expect((await read()).writers).toEqual([...keys].sort());
      const [tried, others] = [keys.slice(0, 3), keys.slice(3)];
      const remarkOf = (id: string): string => `/works('w')/chapters(1)/remarks(${literal(id)})`;
      for (const id of tried) {
        const changed = await app.patch(remarkOf(id), { text: 'changed' });
        expect([changed.status, changed.body.id]).toEqual([200, id]);
      }
      const delta = {
        'chapters@delta': [{ number: 1, 'remarks@delta': tried.map((id) => ({ id, text: `again ${id}` })) }],
      };
      expect((await app.patch("/works('w')", delta, { headers: v401 })).status).toBe(200);
      const texts = (await read()).remarks.map(({ id, text }) => [`k${id as string}`, text as string]);
      const expected = keys.map((id) => [`k${id}`, `${tried.includes(id) ? 'again' : 'of'} ${id}`]);
      expect(Object.fromEntries(texts)).toEqual(Object.fromEntries(expected));
      for (const id of tried) {
        expect((await app.get(`/works('w')/writers(${literal(id)})`)).body.id).toBe(id);
        const filter = encodeURIComponent(`writers/any(a:a/id eq '${id.replaceAll("'", "''")}')`);
        expect((await app.get(`/works/$count?$filter=${filter}`)).text).toBe('1');
        expect((await app.delete(remarkOf(id))).status).toBe(204);
        expect((await app.delete(`/authors(${literal(id)})`)).status).toBe(204);
        expect((await app.post('/authors', { id })).status).toBe(201);
      }
      const after = await read();
      expect([after.writers, after.remarks.map(({ id }) => id as string).sort()]).toEqual([
        [...others].sort(),
        [...others].sort(),
      ]);
      const { body } = await app.get("/works('w')?$expand=writers,chapters($expand=remarks)", {
        headers: { accept: 'application/json;odata.metadata=full' },
      });
      for (const one of [...body.writers, ...body.chapters[0].remarks]) {
        const answer = await app.get(one['@odata.id'] as string);
        expect([answer.status, answer.body.id]).toEqual([200, one.id]);
      }
    }),
    // Twice as many keys as are named above, and half of them one by one.
    { numRuns: 14 },
  );
});

it('entities inside each other without end are bounded by the depth of a body, and all or nothing', async () => {
  const nested = (depth: number): object =>
    depth === 0 ? { id: 'end' } : { id: `a${depth}`, works: [{ code: `w${depth}`, writer: nested(depth - 1) }] };
  const done = await app.post('/authors', nested(12), { headers: v401 });
  expect(done.status).toBe(201);
  expect((await app.get("/works('w1')/writer/id")).body.value).toBe('end');
  const deep = await app.post('/authors', { ...nested(40), id: 'top' }, { headers: v401 });
  expect(deep.status).toBe(400);
  const taken = await app.post(
    '/authors',
    { id: 'fresh', works: [{ code: 'x', writer: { id: 'y', works: [{ code: 'w1' }] } }] },
    { headers: v401 },
  );
  expect([taken.status, taken.body.error.target]).toEqual([409, 'works/0/writer/works/0']);
  for (const path of ["/authors('fresh')", "/works('x')", "/authors('y')"])
    expect((await app.get(path)).status).toBe(404);
});
