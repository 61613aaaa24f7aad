import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { library } from './models/library.js';
import { warehouse } from './models/warehouse.js';
import { v401 } from './support/asking.js';
import { type Answer, TestApp } from './support/test-app.js';

/** Every fault of an answer, and the code of the whole. */
function faultsOf({ status, body: { error } }: Answer): unknown {
  const all = (error.details ?? [error]) as { readonly code: string; readonly target: string }[];
  return [status, error.innerError.code, all.map(({ target }) => target)];
}

describe('a part of a key in a body that is given and faulty is not missing', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({}, library);
    await app.post('/works', { code: 'w' });
  });
  afterAll(() => app.stop());

  it.each<[path: string, body: object, code: string, target: string]>([
    ["/works('w')/chapters", { number: 2147483648 }, 'typeMismatch', 'number'],
    ["/works('w')/chapters", { number: 'one' }, 'typeMismatch', 'number'],
    ["/works('w')/chapters", { number: 1.5 }, 'typeMismatch', 'number'],
    ["/works('w')/chapters", { number: null }, 'nullNotAllowed', 'number'],
    ["/works('w')/chapters", {}, 'nullNotAllowed', 'number'],
    ['/authors', { id: 5 }, 'typeMismatch', 'id'],
    ['/bookings', { room: 'r', day: 'Monday', seats: 1 }, 'typeMismatch', 'day'],
    ['/bookings', { room: 'r', seats: 1 }, 'nullNotAllowed', 'day'],
    ['/events', { token: 'none' }, 'typeMismatch', 'token'],
    ['/works', { code: 'x', chapters: [{ number: 2147483648 }] }, 'typeMismatch', 'chapters/0/number'],
    ['/works', { code: 'x', chapters: [{ number: null }] }, 'nullNotAllowed', 'chapters/0/number'],
    ['/works', { code: 'x', chapters: [{}] }, 'nullNotAllowed', 'chapters/0/number'],
    ['/works', { code: 'x', writer: { id: 5 } }, 'typeMismatch', 'writer/id'],
    ['/bookings', { room: 5, day: 'Monday', seats: 1 }, 'typeMismatch', 'room, day'],
    ['/works', { code: 'x', writers: [{ id: 5 }] }, 'typeMismatch', 'writers/0/id'],
    [
      '/works',
      { code: 'x', chapters: [{ number: 1, summary: { id: 'none' } }] },
      'typeMismatch',
      'chapters/0/summary/id',
    ],
  ])('POST %s %j', async (path, body, code, target) => {
    expect(faultsOf(await app.post(path, body, { headers: v401 }))).toEqual([400, code, target.split(', ')]);
  });
});

it('nor is one inside a complex value', async () => {
  const app = await TestApp.start({}, warehouse);
  const answer = await app.post('/batches', { origin: { plant: 'far too long a name', run: { number: 1 } } });
  expect(faultsOf(answer)).toEqual([400, 'valueTooLong', ['origin/plant']]);
  await app.stop();
});
