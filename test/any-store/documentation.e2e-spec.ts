import { readFileSync } from 'node:fs';
import { globSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Environment, fileVariables } from '../../src/config/environment.js';
import { exitCodes } from '../../src/exit.js';
import { ownerNotAllowed } from '../../src/profiles/profiles.errors.js';
import { errorCodes } from '../../src/odata/protocol/error-codes.js';

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

describe('the documentation', () => {
  it('has every variable of the configuration, with its default, and no other', () => {
    const documented = tableRows('README.md')
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

  it('files for deployment name variables that there are', () => {
    const known = new Set([...Object.keys(new Environment()), ...fileVariables.map((name) => `${name}_FILE`)]);
    for (const file of globSync(['deploy/**/*.yaml', 'Dockerfile', 'docs/deploy.md'])) {
      const names =
        readFileSync(file, 'utf8').match(/\b(?:DATABASE|JWT|JWKS|PAGE|PUBLIC|STOP|BODY|LOG|TENANT)_[A-Z_]+\b/g) ?? [];
      for (const name of names) expect([file, known.has(name) ? name : `${name}?`]).toEqual([file, name]);
    }
  });

  it('has every exit code', () => {
    const documented = readFileSync('docs/deploy.md', 'utf8')
      .match(/^\| \d+ /gm)!
      .map((cell) => Number(cell.slice(2)));
    expect(documented).toEqual([0, ...Object.values(exitCodes)].sort((a, b) => a - b));
  });

  it('every error code is one that the service uses', () => {
    const sources = globSync('src/**/*.ts', { exclude: ['src/**/*.spec.ts', 'src/odata/protocol/error-codes.ts'] });
    const text = sources.map((file) => readFileSync(file, 'utf8')).join('\n');
    for (const code of Object.keys(errorCodes)) expect(text).toContain(`'${code}'`);
  });
});
