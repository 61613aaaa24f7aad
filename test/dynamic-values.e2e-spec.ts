import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { TestApp } from './support/test-app.js';

describe('a property that no type declares', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    for (const [code, x] of [
      ['a', 'a'],
      ['b', true],
      ['c', 7],
    ] as const)
      await app.post('/works', { code, facts: { x } });
  });
  afterAll(() => app.stop());

  it.each([
    ['facts/x gt 5', ['c']],
    ['facts/x eq 1', []],
    ['facts/x eq true', ['b']],
    ['facts/x', ['b']],
    ["facts/x eq 'a'", ['a']],
    ["facts/x lt 'b'", ['a']],
    ['facts/x in (7,1)', ['c']],
  ])('is compared with values of its own type only: %s', async (filter, codes) => {
    const { body } = await app.get(`/works?$filter=${encodeURIComponent(filter)}&$select=code`);
    expect(body.value.map(({ code }: { code: string }) => code)).toEqual(codes);
  });
});
