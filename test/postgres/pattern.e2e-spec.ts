import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Client } from 'pg';
import { RE2JS } from 're2js';
import { postgresPattern } from '../../src/odata/store/sql/portable-pattern.js';

describe('a regular expression of RE2, as PostgreSQL has it', () => {
  let client: Client;
  beforeAll(async () => {
    client = new Client({ connectionString: process.env.TEST_POSTGRES });
    await client.connect();
    await client.query('SET statement_timeout = 5000');
  });
  afterAll(() => client.end());

  const texts = [
    '',
    'a',
    'b',
    'ab',
    'aB',
    'ba',
    'a\nb',
    'a b',
    'a1',
    '_',
    '-',
    'ä',
    '🚇',
    'a]b',
    '\\',
    'aab.b',
    '{',
    'a{2',
    '^a$',
  ];
  const matchesOf = async (pattern: string): Promise<string[]> => {
    const { rows } = await client.query('SELECT t FROM unnest($1::text[]) AS t WHERE t ~ $2', [texts, pattern]);
    return rows.map(({ t }: any) => t as string);
  };
  const expected = (pattern: string): string[] => {
    const compiled = RE2JS.compile(pattern);
    return texts.filter((text) => compiled.matcher(text).find());
  };
  const known = (pattern: string): string | undefined => {
    try {
      RE2JS.compile(pattern);
      return postgresPattern(pattern);
    } catch {
      return undefined;
    }
  };

  it('matches the same texts', async () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      'B',
      '1',
      '.',
      '\\d',
      '\\w',
      '\\s',
      '\\S',
      '\\W',
      '\\b',
      '\\B',
      '\\.',
      '\\{',
      '{',
      '}',
      '-',
      'ä',
      '\\x61',
      '\\x{e4}',
      '\\n',
      '\\\\',
    );
    const bracket = fc
      .tuple(
        fc.constantFrom('', '^'),
        fc.array(fc.constantFrom('a', 'b-z', '\\d', '\\s', '.', '-', '[', '\\]', '_', '\\\\', '$'), {
          minLength: 1,
          maxLength: 3,
        }),
      )
      .map(([not, items]) => `[${not}${items.join('')}]`);
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: 'small' },
        atom,
        bracket,
        fc.constantFrom('^', '$', '^a', 'b$', '\\Aa', 'a\\z'),
        fc.tuple(tie('pattern'), tie('pattern')).map((parts) => parts.join('')),
        fc.tuple(tie('pattern'), tie('pattern')).map((parts) => parts.join('|')),
        fc
          .tuple(
            fc.constantFrom('(', '(?:', '(?P<n>'),
            tie('pattern'),
            fc.constantFrom('', '*', '+', '?', '*?', '{2}', '{0,1}'),
          )
          .map(([open, inner, times]) => `${open}${inner})${times}`),
      ),
    }));
    const flags = fc.constantFrom('', '', '(?i)', '(?s)', '(?is)');
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(flags, pattern, async (flag, body) => {
        const source = flag + body;
        const translated = known(source);
        fc.pre(translated !== undefined);
        expect([source, translated, await matchesOf(translated)]).toEqual([source, translated, expected(source)]);
        compared += 1;
      }),
      { numRuns: 1500 },
    );
    expect(compared).toBeGreaterThan(1000);
  });

  it.each(['\\pL', '[[:alpha:]]', '(?i:a)', 'a(?i)b', '[\\D]', 'a{300}', '\\Qa\\E'])(
    '%s is not built: 501',
    (pattern) => {
      RE2JS.compile(pattern);
      expect(() => postgresPattern(pattern)).toThrow(expect.objectContaining({ code: 'queryOptionNotImplemented' }));
    },
  );
});
