import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { envExample } from '../../scripts/env-example.ts';
import { Environment, fileVariables } from '../../src/config/environment.js';
import { exitCodes } from '../../src/exit.js';
import { ownerNotAllowed } from '../../src/profiles/profiles.errors.js';
import { errorCodes } from '../../src/odata/protocol/error-codes.js';

const pages = globSync(['*.md', 'docs/*.md', 'deploy/**/*.md']);
const known = new Set([...Object.keys(new Environment()), ...fileVariables.map((name) => `${name}_FILE`)]);

/** The cells of every table row that begins with a name in code style. */
function tableRows(file: string): string[][] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The names that headings of a page are linked by, as GitHub makes them. */
function anchorsOf(file: string): ReadonlySet<string> {
  const headings = readFileSync(file, 'utf8').match(/^#+ .*$/gm) ?? [];
  const name = (heading: string): string =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  return new Set(headings.map(name));
}

describe('the documentation', () => {
  it('has every variable of the configuration, with its default, and no other', () => {
    const documented = tableRows('docs/configuration.md')
      .filter(([name]) => /^`[A-Z_]+`$/.test(name!))
      .map(([name, value]) => [name!.replaceAll('`', ''), value!]);
    const { ...defaults } = new Environment();
    expect(documented.map(([name]) => name).sort()).toEqual(Object.keys(defaults).sort());
    for (const [name, value] of documented) {
      const actual = defaults[name as keyof Environment];
      if (actual !== undefined) expect([name, value]).toEqual([name, `\`${String(actual)}\``]);
      else expect([name, value]).toEqual([name, expect.not.stringContaining('`')]);
    }
  });

  it('has an example of a file of variables that says the same: npm run docs:sync writes it', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample(readFileSync('docs/configuration.md', 'utf8')));
    expect(readFileSync('.env.example', 'utf8').match(/^#[A-Z_]+=/gm)).toHaveLength(
      Object.keys(new Environment()).length,
    );
  });

  it('has every error code with its status and meaning, and no other', () => {
    const documented = tableRows('docs/errors.md').map(([code, status, meaning]) => [
      code!.replaceAll('`', ''),
      [Number(status), meaning],
    ]);
    expect(Object.fromEntries(documented)).toEqual({
      ...errorCodes,
      [ownerNotAllowed.code]: [ownerNotAllowed.status, ownerNotAllowed.meaning],
    });
  });

  it('names variables that there are, in pages and in files for deployment', () => {
    const mentions =
      /\b(?:DATABASE|JWT|JWKS|PAGE|PUBLIC|STOP|BODY|BATCH|ASYNC|LOG|TENANT|RATE|METRICS|CHANGE)_[A-Z_]+\b/g;
    for (const file of [...pages, ...globSync(['deploy/**/*.yaml', 'Dockerfile'])]) {
      for (const name of readFileSync(file, 'utf8').match(mentions) ?? [])
        expect([file, known.has(name) ? name : `${name}?`]).toEqual([file, name]);
    }
  });

  it.each(['docs/configuration.md', 'docs/operations.md'])('has every exit code in %s', (file) => {
    const documented = readFileSync(file, 'utf8')
      .match(/^\| \d+ /gm)!
      .map((cell) => Number(cell.slice(2)))
      .filter((code) => code > 1 && code < 128);
    expect(documented).toEqual(Object.values(exitCodes).sort((a, b) => a - b));
  });

  it('leads nowhere but where there is something', () => {
    for (const file of pages.filter((page) => page !== 'docs/conformance.md')) {
      const text = readFileSync(file, 'utf8').replaceAll(/^```[^]*?^```/gm, '');
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const whole = path === '' ? file : join(dirname(file), path);
        expect([file, target, existsSync(whole)]).toEqual([file, target, true]);
        if (anchor !== undefined) expect([file, target, anchorsOf(whole).has(anchor)]).toEqual([file, target, true]);
      }
    }
  });

  it('has an index of its pages, and commands that there are', () => {
    const index = readFileSync('docs/README.md', 'utf8');
    for (const page of globSync('*.md', { cwd: 'docs' }))
      if (page !== 'README.md') expect([page, index.includes(`(${page})`)]).toEqual([page, true]);
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    for (const file of pages)
      for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/npm (?:run (?:-s |--silent )?)([a-z][\w:]*)/g))
        expect([file, name, name in scripts]).toEqual([file, name, true]);
  });

  it('begins with a page that is read in a minute', () => {
    expect(readFileSync('README.md').length).toBeLessThan(8000);
  });

  it('says of the version that it is what it changes', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(/^## (\S+)$/m.exec(readFileSync('CHANGELOG.md', 'utf8'))![1]).toBe(version);
    for (const file of globSync('deploy/**/*.yaml'))
      for (const [, tag] of readFileSync(file, 'utf8').matchAll(
        /(?:decorated-profiles:|newTag: |[vV]ersion: )(\d+\.\d+\.\d+)/g,
      ))
        expect([file, tag]).toEqual([file, version]);
  });

  it('every error code is one that the service uses', () => {
    const sources = globSync('src/**/*.ts', { exclude: ['src/**/*.spec.ts', 'src/odata/protocol/error-codes.ts'] });
    const text = sources.map((file) => readFileSync(file, 'utf8')).join('\n');
    for (const code of Object.keys(errorCodes)) expect(text).toContain(`'${code}'`);
  });
});
