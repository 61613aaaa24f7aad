import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';
import { ann, tokenFor } from '../support/tokens.js';

/** Programs of people who read and write with a library as it is published, and what they print. */
describe('a client', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it.each([
    ['devextreme.cjs', { page: [['d2', 0.5]], total: 2, count: 2, one: ["d'1", 0.3, 'Ann'], gone: 404 }],
    [
      'syncfusion.cjs',
      {
        read: [['s2'], 2],
        changed: [
          ['s2', 0.6],
          ['s3', 0.1],
        ],
        count: 2,
      },
    ],
    ['pnp.mjs', { made: 'Ann', query: expect.any(String), found: [['p1', 'Ann']], gone: 404 }],
  ])('%s works unchanged', async (program, printed) => {
    const env = { ...process.env, NODE_OPTIONS: '', SERVICE: app.root, TOKEN: tokenFor(ann) };
    const { stdout } = await promisify(execFile)(process.execPath, [`test/clients/${program}`], { env });
    expect(JSON.parse(stdout)).toEqual(printed);
    // The next one counts what it finds.
    await app.delete('/decoratedProfileConnections/$each');
  });
});
