import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { bundling, inAscii, requiredHttp } from './bundle.ts';

describe('what is bundled', () => {
  const run = (code: string): unknown => (0, eval)(inAscii(code));

  it.each([
    ['texts', "'naïve €'", 'naïve €'],
    ['patterns', "/^[A-ZÇƏ]+$/i.test('çə')", true],
    ['patterns of code points', "/^[😀-😂]$/u.test('😁') && !/^[😀-😂]$/u.test('x')", true],
    ['comments', '1 /* … */ + 1', 2],
  ])('is in ASCII, and means the same: %s', (_, code, meant) => {
    expect(inAscii(code)).toMatch(/^[\0-\x7f]*$/);
    expect(run(code)).toBe(meant);
  });

  it('has of node:http what it imports, and loads nothing of fetch by it', async () => {
    const contents = `
      import http, { STATUS_CODES } from 'http';
      import * as all from 'node:http';
      const loaded = process.moduleLoadList.filter((name) => name.includes('undici'));
      console.log(JSON.stringify([typeof http.createServer, STATUS_CODES[204], typeof all.request, loaded]));`;
    const { outputFiles } = await build({
      ...bundling,
      stdin: { contents },
      splitting: false,
      plugins: [requiredHttp],
    });
    const printed = (code: string): unknown =>
      JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' }));
    const code = outputFiles[0]?.text.replaceAll('import.meta.url', "'file:///'") ?? '';
    expect(printed(code)).toEqual(['function', 'No Content', 'function', []]);
    expect(printed(contents)).toEqual([
      'function',
      'No Content',
      'function',
      expect.arrayContaining([expect.anything()]),
    ]);
  });
});
