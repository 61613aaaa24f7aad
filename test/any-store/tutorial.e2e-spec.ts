import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commandsOf, curlRequest } from '../support/shell-words.js';

/** A block of code of the document: what its fence says, and its text. */
interface Block {
  readonly language: string;
  readonly about: string;
  readonly text: string;
}

const document = readFileSync('docs/serve-your-own-model.md', 'utf8');
const blocks = [...document.matchAll(/^```(\w*) ?(.*)\n([^]*?)\n```$/gm)].map(
  ([, language = '', about = '', text = '']): Block => ({ language, about, text }),
);

/** Lines without what stands before the least indented one. */
function dedented(text: string): string {
  const lines = text.split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)![0].length);
  return lines.map((line) => line.slice(Math.min(...indents))).join('\n');
}

/** Whether a text stands in another one, at any depth of indentation. */
function stands(text: string, whole: string): boolean {
  const wanted = dedented(text);
  const lines = whole.split('\n');
  const { length } = wanted.split('\n');
  return lines.some((_, at) => dedented(lines.slice(at, at + length).join('\n')) === wanted);
}

describe('the guide to a model of one’s own', () => {
  const quoted = blocks.filter(({ about }) => about.includes('/'));

  it('has code of files only, and answers beside requests', () => {
    const others = blocks.filter((block) => !quoted.includes(block));
    for (const [index, { language, about, text }] of others.entries()) {
      expect([text, ['sh', 'json'].includes(language)]).toEqual([text, true]);
      if (language !== 'json') continue;
      expect([text, about]).toEqual([text, expect.stringMatching(/^[2-5]\d\d$/)]);
      expect(others[index - 1]!.text).toContain('curl');
    }
    expect(quoted.length).toBeGreaterThan(10);
  });

  it.each(quoted.map(({ about, text }) => [about, text] as const))('quotes %s, in block %#', (file, text) => {
    expect(existsSync(file)).toBe(true);
    expect([text, stands(text, readFileSync(file, 'utf8'))]).toEqual([text, true]);
  });

  describe('shows what the example answers, as npm run example starts it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'example-'));
    let example: ChildProcess;
    let output = '';
    let token = '';
    let url = '';
    beforeAll(async () => {
      const env = { PATH: process.env.PATH, HOME: folder, PORT: '0', DATABASE_URL: join(folder, 'library.sqlite') };
      // In a group of its own, so that nothing is left of it whatever becomes of the last test.
      example = spawn('npm', ['run', '--silent', 'example'], { env, detached: true });
      example.stdout!.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
      example.stderr!.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
      const ended = once(example, 'close').then(() => true);
      for (;;) {
        [, url = '', token = ''] = /Serving (http:\S+)\/library\/docs[^]*export TOKEN=(\S+)\n/.exec(output) ?? [];
        if (token !== '') return;
        if (await Promise.race([once(example.stdout!, 'data').then(() => false), ended]))
          throw new Error(`The example ended: ${output}`);
      }
    });
    afterAll(() => {
      try {
        process.kill(-example.pid!, 'SIGKILL');
      } catch {
        // It has ended, as it should.
      }
      rmSync(folder, { recursive: true, force: true });
    });

    // In their order: later ones see what earlier ones did.
    const commands = blocks.filter(({ language, text }) => language === 'sh' && text.includes('curl'));
    it.each(commands)('in block %#', async (block) => {
      const { text } = block;
      const all = commandsOf(text, { TOKEN: token }).map(curlRequest);
      const answer = blocks[blocks.indexOf(block) + 1];
      expect(answer?.language).toBe('json');
      for (const [index, { url: at, ...request }] of all.entries()) {
        const response = await fetch(at.replace('http://127.0.0.1:3000', url), request);
        const answered = await response.text();
        const body: unknown = answered === '' ? undefined : JSON.parse(answered);
        const isLast = index === all.length - 1;
        const expected = isLast ? Number(answer!.about) : answered === '' ? 204 : 200;
        expect([response.status, JSON.stringify(body)]).toEqual([expected, JSON.stringify(body)]);
        if (isLast) expect(body).toMatchObject(JSON.parse(answer!.text) as object);
      }
    });

    it('and that its port is in use, in a line that names PORT', async () => {
      const { port } = new URL(url);
      const env = { PATH: process.env.PATH, HOME: folder, PORT: port, DATABASE_URL: join(folder, 'other.sqlite') };
      const other = spawn(process.execPath, ['dist-example/examples/library/main.js'], { env });
      let errors = '';
      other.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
      const [code] = (await once(other, 'close')) as [number | null];
      expect([code, errors]).toEqual([
        71,
        expect.stringMatching(new RegExp(`^Cannot serve on port ${port}: PORT `, 'm')),
      ]);
      expect(errors).not.toContain('    at ');
    });

    it('and ends with the npm that it was started by', async () => {
      const closed = once(example, 'close');
      example.kill('SIGTERM');
      // Its output is closed by the last process that has it.
      await closed;
      await expect(fetch(url)).rejects.toThrow();
    });
  });
});
