import { execFileSync } from 'node:child_process';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { codeOf, languages } from './code.js';

const root = 'http://host/v1.0/';
const asked = {
  method: 'PATCH',
  query: "things('it''s')?$select=a",
  headers: [
    ['accept', 'application/json'],
    ['content-type', 'application/json'],
    ['x-own', "a'b"],
  ] as [string, string][],
  body: `{"a":"it's $HOME \`x\` \\n"}`,
};

describe('a request as code', () => {
  it('has the token only where it is given', () => {
    for (const language of Object.keys(languages) as (keyof typeof languages)[]) {
      expect(codeOf(language, root, asked)).not.toContain('secret');
      expect(codeOf(language, root, asked, 'secret')).toContain('secret');
    }
  });

  it('is a command of a shell, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => !text.includes('\0') && text.trim() !== ''),
        (body) => {
          const code = codeOf('curl', root, { ...asked, body }).replace(/^curl/, "printf '%s\\0'");
          const words = execFileSync('sh', ['-c', `TOKEN=t; ${code}`])
            .toString()
            .split('\0');
          expect(words.slice(0, 6)).toEqual([
            '-g',
            '-X',
            'PATCH',
            `${root}things('it''s')?$select=a`,
            '-H',
            'authorization: Bearer t',
          ]);
          expect(words.slice(-3, -1)).toEqual(['--data-raw', body]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is JavaScript that asks for the same', () => {
    const code = codeOf('fetch', root, asked, 't');
    let sent: unknown;
    const fetch = (...given: unknown[]): object => ((sent = given), { status: 200, text: () => '' });
    runInNewContext(`(async () => { ${code} })()`, { fetch, console: { log: () => undefined } });
    const headers = { ...Object.fromEntries(asked.headers), authorization: 'Bearer t' };
    expect(sent).toEqual([`${root}things('it''s')?$select=a`, { method: 'PATCH', headers, body: asked.body }]);
  });

  it('is code of the Graph client', () => {
    const code = codeOf('graph', root, asked, 't');
    expect(code).toContain('baseUrl: "http://host/",\n  defaultVersion: "v1.0",');
    expect(code).toContain(`.api("/things('it''s')?$select=a")`);
    expect(codeOf('graph', root, { ...asked, query: "a?$filter=b eq 'https://c'" })).toContain('https:%2F%2Fc');
    // The client gives its token to nobody without TLS.
    expect(code).toContain('.header(\'authorization\', "Bearer t")');
    expect(codeOf('graph', root.replace('http:', 'https:'), asked, 't')).toContain('done(null, "t")');
    expect(code).toContain(`.patch(${JSON.stringify(asked.body)})`);
  });

  it('reads a file that is the body', () => {
    const put = { ...asked, method: 'PUT', body: new File(['x'], "it's.png") };
    expect(codeOf('curl', root, put)).toContain("--data-binary '@it'\\''s.png'");
    for (const language of ['fetch', 'graph'] as const) {
      expect(codeOf(language, root, put)).toContain("import { readFile } from 'node:fs/promises';");
      expect(codeOf(language, root, put)).toContain('await readFile("it\'s.png")');
    }
    expect(codeOf('http', root, put)).toContain("(the bytes of it's.png)");
  });

  it('is a message of HTTP', () => {
    expect(codeOf('http', root, { ...asked, method: 'GET', query: 'a', headers: [], body: '' })).toBe(
      'GET /v1.0/a HTTP/1.1\nhost: host\nauthorization: Bearer …',
    );
  });
});
