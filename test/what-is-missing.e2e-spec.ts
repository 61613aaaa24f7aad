import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { pictures } from './models/pictures.js';
import { asking } from './support/asking.js';
import { TestApp } from './support/test-app.js';

describe('what is said to be missing', () => {
  let app: TestApp;
  const { ask, does } = asking(() => app);
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    await does('POST', '/authors', { id: 'a' });
    await does('POST', '/authors', { id: 'b' });
    await does('POST', '/works', {
      code: 'w',
      numbers: [1],
      places: [{ city: 'here' }],
      chapters: [{ number: 1, remarks: [{ id: 'r' }] }],
      writers: [{ '@id': "authors('a')" }],
    });
    await does('POST', '/bookings', { room: 'r', day: '2030-01-01', seats: 1 });
  });
  afterAll(() => app.stop());

  it.each<[method: string, path: string, body: object | undefined, missing?: string]>([
    ['PUT', "/works('w')/chapters(99)", {}],
    ['PATCH', '/works/w/chapters/99', {}, "works('w')/chapters(99)"],
    ['DELETE', "/works('w')/chapters(99)", undefined],
    ['DELETE', "/works('w')/chapters(1)/remarks('none')", undefined],
    ['PATCH', "/works('w')/chapters(99)/remarks('r')", {}],
    ['PUT', "/works('w')/chapters(99)/title", { value: 'x' }],
    ['DELETE', "/works('none')/chapters(1)", undefined],
    ['DELETE', "/works('none')", undefined],
    ['PATCH', "/bookings(room='r',day=2031-01-01)/guests('g')", {}],
    ['POST', "/works('w')/chapters(99)/remarks", { id: 'x' }],
    ['GET', "/works('w')/chapters(99)", undefined],
    ['GET', "/works('w')/chapters(99)/title", undefined],
    ['GET', "/works('w')/chapters(99)/remarks", undefined],
    ['GET', "/works('w')/numbers/9", undefined],
    ['GET', "/works('w')/numbers/-9/$value", undefined],
    ['GET', "/works('w')/places/5/city", undefined],
    ['GET', "/works('w')/places/5", undefined],
    // It is there, and has not written the work.
    ['GET', "/works('w')/writers('b')", undefined],
    ['GET', "/works('w')/writers('b')/name", undefined],
    ['GET', "/$entity?$id=works('w')/chapters(99)", undefined, "works('w')/chapters(99)"],
    ['GET', "/$entity?$id=works('none')", undefined, "works('none')"],
    ['PUT', "/works('w')/numbers/9", { value: 1 }],
    ['DELETE', "/works('w')/places/5/city", undefined],
  ])('by %s %s is what the path leads to', async (method, path, body, missing = path.slice(1)) => {
    const { status, body: answer } = await ask(method, path, body);
    expect([status, /'(.*)'/.exec(answer.error.message)?.[1]]).toEqual([404, missing]);
  });
});

describe('a condition that does not hold', () => {
  let app: TestApp;
  const { ask, does } = asking(() => app);
  beforeAll(async () => {
    app = await TestApp.start({}, pictures);
    await does('POST', '/albums', { id: 'a', title: 't', pages: [{ number: 1 }] });
    await does('POST', '/sheets', { id: 's' });
    await does('PUT', "/albums('a')/cover", 'bytes', { 'content-type': 'text/plain' });
  });
  afterAll(() => app.stop());

  it.each([
    ['PUT', "/albums('a')", {}],
    ['PATCH', "/albums('a')", {}],
    ['DELETE', "/albums('a')", undefined],
    ['PATCH', "/albums('a')/pages(1)", {}],
    ['DELETE', "/albums('a')/pages(1)", undefined],
    ['PUT', "/albums('a')/title", { value: 'x' }],
    ['PUT', "/albums('a')/cover", { value: 'x' }],
    ['DELETE', "/albums('a')/cover", undefined],
    ['DELETE', "/albums('a')/first/$ref", undefined],
  ])('%s %s is told by the header that it stands in', async (method, path, body) => {
    const json = { 'content-type': 'application/json' };
    for (const [headers, target] of [
      [{ 'if-none-match': '*' }, 'If-None-Match'],
      [{ 'if-match': '*', 'if-none-match': '*' }, 'If-None-Match'],
      [{ 'if-match': '"1"' }, 'If-Match'],
      [{ 'if-match': '"1"', 'if-none-match': '"2"' }, 'If-Match'],
    ] as const) {
      const { status, body: answer } = await ask(method, path, body, { ...json, ...headers });
      expect([status, answer.error.target]).toEqual([412, target]);
    }
  });

  it('is If-Match where there is nothing that it could hold for', async () => {
    const headers = { 'if-match': '*', prefer: 'create-if-missing', 'content-type': 'application/json' };
    const { status, body } = await ask('PATCH', "/albums('none')", {}, headers);
    expect([status, body.error.target]).toEqual([412, 'If-Match']);
  });
});
