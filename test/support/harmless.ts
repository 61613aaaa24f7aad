import { expect } from '@jest/globals';
import type { TestApp } from './test-app.js';

/** Asks for a path that may be anything: never a fault of the service, and never long. */
export async function expectHarmless(app: TestApp, path: string): Promise<void> {
  const started = performance.now();
  const { status, text: body } = await app.get(path);
  expect([path, status, status === 500 ? body : '']).toEqual([path, expect.any(Number), '']);
  expect([200, 204, 304, 400, 404, 405, 414, 431, 501]).toContain(status);
  expect(performance.now() - started).toBeLessThan(5000);
}
