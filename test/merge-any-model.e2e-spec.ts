import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

/** What a chapter, and what a work is, said without a database. Absent is null. */
interface Chapter {
  title?: string;
  pages?: number;
  words: string[];
  summary?: { text?: string };
  remarks: Map<string, { text?: string }>;
}
interface Work {
  title?: string;
  loans?: number;
  place?: { city?: string; floor?: number };
  chapters: Map<number, Chapter>;
}
type Body = Record<string, any>;

const v401 = { 'odata-version': '4.01', 'odata-maxversion': '4.01' };
const text = fc.constantFrom('a', 'b', '');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const some = (members: Record<string, fc.Arbitrary<any>>) =>
  fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Body>;
const removed = { reason: 'deleted' };

const remarkBody = some({ text: maybe(text) });
const remarkItem = fc.tuple(fc.constantFrom('r', 's', 't"%'), remarkBody).map(([id, body]): Body => ({ id, ...body }));
const remarks = fc.uniqueArray(remarkItem, { selector: ({ id }) => id as string, maxLength: 3 });
const remarksDelta = remarks.map((items) =>
  items.map((item) => (item.text === '' ? { '@removed': removed, id: item.id } : item)),
);
const inner: Record<string, fc.Arbitrary<any>> = {
  title: maybe(text),
  pages: maybe(fc.nat(3)),
  words: fc.array(text, { maxLength: 2 }),
};
const chapterBody = fc.oneof(
  some(inner),
  some({ ...inner, summary: maybe(some({ text: maybe(text) })), remarks }),
  some({ ...inner, 'remarks@delta': remarksDelta }),
);
// Few, so that operations meet each other; one of two digits, for the order.
const number = fc.constantFrom(1, 2, 10);
const chapterItem = fc.tuple(number, chapterBody).map(([key, body]): Body => ({ number: key, ...body }));
const chapters = fc.uniqueArray(chapterItem, { selector: ({ number: key }) => key as number, maxLength: 3 });
const chaptersDelta = chapters.map((items) =>
  items.map((item) => (item.pages === 0 ? { '@removed': removed, number: item.number } : item)),
);
const own: Record<string, fc.Arbitrary<any>> = {
  title: maybe(text),
  loans: maybe(fc.nat(2)),
  place: maybe(some({ city: maybe(text), floor: maybe(fc.nat(2)) })),
};
const workBody = fc.oneof(some(own), some({ ...own, chapters }), some({ ...own, 'chapters@delta': chaptersDelta }));

type Operation = readonly [method: string, path: string, body: Body | undefined];
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: workBody.map((body): Operation => ['PATCH', '', body]) },
  some({ ...own, chapters }).map((body): Operation => ['PUT', '', body]),
  {
    weight: 2,
    arbitrary: fc.tuple(number, chapterBody).map(([key, body]): Operation => ['PATCH', `chapters(${key})`, body]),
  },
  fc.tuple(number, some(inner)).map(([key, body]): Operation => ['PUT', `chapters(${key})`, body]),
  chapterItem.map((body): Operation => ['POST', 'chapters', body]),
  number.map((key): Operation => ['DELETE', `chapters(${key})`, undefined]),
  fc.tuple(number, remarkItem).map(([key, body]): Operation => ['POST', `chapters(${key})/remarks`, body]),
  fc.tuple(number, remarkBody).map(([key, body]): Operation => ['PATCH', `chapters(${key})/remarks('r')`, body]),
  number.map((key): Operation => ['DELETE', `chapters(${key})/remarks('r')`, undefined]),
  fc
    .tuple(number, some({ text: maybe(text) }))
    .map(([key, body]): Operation => ['PATCH', `chapters(${key})/summary`, body]),
  number.map((key): Operation => ['DELETE', `chapters(${key})/summary`, undefined]),
);

/** Sets what a body names; a replacement clears what it does not. */
function set(target: Body, body: Body, names: readonly string[], replaces: boolean): void {
  for (const name of names) {
    if (name in body) target[name] = body[name] ?? undefined;
    else if (replaces) target[name] = undefined;
  }
}

function mergeRemarks(chapter: Chapter, body: Body, replaces: boolean): void {
  const merge = (item: Body): void => {
    const remark = chapter.remarks.get(item.id as string) ?? {};
    set(remark, item, ['text'], replaces);
    chapter.remarks.set(item.id as string, remark);
  };
  for (const item of (body['remarks@delta'] ?? []) as Body[]) {
    if ('@removed' in item) chapter.remarks.delete(item.id as string);
    else merge(item);
  }
  if (body.remarks === undefined) return;
  const ids = (body.remarks as Body[]).map(({ id }) => id as string);
  for (const id of chapter.remarks.keys()) if (!ids.includes(id)) chapter.remarks.delete(id);
  for (const item of body.remarks as Body[]) merge(item);
}

function mergeChapter(chapter: Chapter, body: Body, replaces: boolean): void {
  set(chapter, body, ['title', 'pages', 'words'], replaces);
  if (!Array.isArray(chapter.words)) chapter.words = [];
  if (body.summary === null) delete chapter.summary;
  else if (body.summary !== undefined) {
    chapter.summary ??= {};
    set(chapter.summary, body.summary as Body, ['text'], replaces);
  }
  mergeRemarks(chapter, body, replaces);
}

function mergeWork(work: Work, body: Body, replaces: boolean): void {
  set(work, body, ['title', 'loans'], replaces);
  if (body.place === null || (replaces && body.place === undefined)) delete work.place;
  else if (body.place !== undefined) {
    work.place ??= {};
    set(work.place, body.place as Body, ['city', 'floor'], replaces);
  }
  const merge = (item: Body): void => {
    const chapter = work.chapters.get(item.number as number) ?? { words: [], remarks: new Map() };
    mergeChapter(chapter, item, replaces);
    work.chapters.set(item.number as number, chapter);
  };
  for (const item of (body['chapters@delta'] ?? []) as Body[]) {
    if ('@removed' in item) work.chapters.delete(item.number as number);
    else merge(item);
  }
  if (body.chapters === undefined) return;
  const numbers = (body.chapters as Body[]).map((one) => one.number as number);
  for (const key of work.chapters.keys()) if (!numbers.includes(key)) work.chapters.delete(key);
  for (const item of body.chapters as Body[]) merge(item);
}

/** Applies an operation to the plain work; gives the status. */
function apply(work: Work, [method, path, body = {}]: Operation): number {
  if (path === '') {
    mergeWork(work, body, method === 'PUT');
    return 200;
  }
  const [, key, rest = ''] = /^chapters(?:\((\d+)\))?(?:\/(.*))?$/.exec(path)!;
  if (key === undefined) {
    if (work.chapters.has(body.number as number)) return 409;
    const chapter: Chapter = { words: [], remarks: new Map() };
    mergeChapter(chapter, body, false);
    work.chapters.set(body.number as number, chapter);
    return 201;
  }
  const chapter = work.chapters.get(Number(key));
  if (chapter === undefined) return 404;
  if (rest === '') {
    if (method === 'DELETE') return work.chapters.delete(Number(key)) ? 204 : 404;
    mergeChapter(chapter, body, method === 'PUT');
    return 200;
  }
  if (rest === 'remarks') {
    if (chapter.remarks.has(body.id as string)) return 409;
    mergeRemarks(chapter, { 'remarks@delta': [body] }, false);
    return 201;
  }
  if (rest.startsWith('remarks')) {
    if (method === 'DELETE') return chapter.remarks.delete('r') ? 204 : 404;
    if (!chapter.remarks.has('r')) return 404;
    mergeRemarks(chapter, { 'remarks@delta': [{ id: 'r', ...body }] }, false);
    return 200;
  }
  if (method === 'DELETE') {
    if (chapter.summary === undefined) return 404;
    delete chapter.summary;
    return 204;
  }
  const isThere = chapter.summary !== undefined;
  mergeChapter(chapter, { summary: body }, false);
  return isThere ? 200 : 201;
}

/** Everything as an answer has it, without nulls and control information. */
function plain({ chapters: all, ...work }: Work): unknown {
  const listed = [...all]
    .sort(([a], [b]) => a - b)
    .map(([key, { remarks: some_, ...chapter }]) => ({
      number: key,
      ...chapter,
      remarks: [...some_]
        .map(([id, remark]) => ({ id, ...remark }))
        .sort((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1)),
    }));
  return JSON.parse(JSON.stringify({ code: 'w', numbers: [], places: [], ...work, chapters: listed }));
}

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({}, library);
});
afterAll(() => app.stop());

it('[A40M-10] [B1.1] [B3.11] [B3.12] [B4.2] of random changes at any depth the end is what merging in memory gives, and versions change with it', async () => {
  const state = async () => {
    const { body } = await app.get("/works('w')?$expand=chapters($expand=remarks,summary($select=text))", {
      headers: v401,
    });
    const bare = JSON.parse(
      JSON.stringify(body, (name, value: unknown) => (name.startsWith('@') || value === null ? undefined : value)),
    ) as unknown;
    const tags = new Map<string, string>([['', body['@etag']]]);
    for (const chapter of body.chapters) {
      tags.set(`${chapter.number}`, chapter['@etag']);
      for (const remark of chapter.remarks) tags.set(`${chapter.number}/${remark.id}`, remark['@etag']);
    }
    return { bare, tags };
  };
  /** What of a work has a version of its own, as text. */
  const parts = (work: any): Map<string, string> => {
    const found = new Map<string, string>([['', JSON.stringify(work)]]);
    for (const chapter of work.chapters) {
      found.set(`${chapter.number}`, JSON.stringify(chapter));
      for (const remark of chapter.remarks) found.set(`${chapter.number}/${remark.id}`, JSON.stringify(remark));
    }
    return found;
  };
  const seen = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(chapters, fc.array(operation, { minLength: 1, maxLength: 8 }), async (first, operations) => {
      await app.delete("/works('w')");
      const start = first.map((chapter) => ({ ...chapter, 'remarks@delta': undefined }));
      expect((await app.post('/works', { code: 'w', chapters: start }, { headers: v401 })).status).toBe(201);
      const work: Work = { chapters: new Map() };
      mergeWork(work, { chapters: start }, false);
      let before = await state();
      expect(before.bare).toEqual(plain(work));
      for (const one of operations) {
        // A new entity has nothing that could change.
        if (one[0] === 'POST' && one[2]?.['remarks@delta'] !== undefined) continue;
        if (one[0] === 'PUT' && JSON.stringify(one[2]).includes('@delta')) continue;
        const expected = apply(work, one);
        const [method, path, body] = one;
        const { status, text: answer } = await app.request(method, `/works('w')${path === '' ? '' : `/${path}`}`, {
          headers: { ...v401, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
          ...(body === undefined ? {} : { body }),
        });
        expect([one, status, status >= 500 ? answer : '']).toEqual([one, expected, '']);
        const after = await state();
        expect([one, after.bare]).toEqual([one, plain(work)]);
        const [old, now] = [parts(before.bare), parts(after.bare)];
        for (const [name, value] of now) {
          const isSame = old.get(name) === value;
          // An entity whose contained one was removed and made again by one request is the same to the eye.
          if (isSame) expect([one, name, after.tags.get(name)]).toEqual([one, name, before.tags.get(name)]);
          else expect([one, name, after.tags.get(name)]).not.toEqual([one, name, before.tags.get(name)]);
        }
        before = after;
        seen.set(status, (seen.get(status) ?? 0) + 1);
      }
    }),
    { numRuns: 60 },
  );
  for (const status of [200, 201, 204, 404, 409]) expect([status, seen.get(status) ?? 0]).not.toEqual([status, 0]);
});
