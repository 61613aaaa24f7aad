import { afterAll, beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { expectHarmless } from '../../support/harmless.js';
import { createPeople } from '../../support/query-data.js';
import { TestApp } from '../../support/test-app.js';

const set = '/decoratedProfileConnections';

/** Pieces of URLs that mean something to the parsers, in any order. */
const pieces = fc.constantFrom(
  ...[
    'id',
    'profile',
    '/',
    '(',
    ')',
    "'",
    "''",
    '"',
    ',',
    ';',
    ':',
    '=',
    '$',
    '@',
    '*',
    '.',
    '-',
    '+',
    ' ',
    '%20',
    '%27',
    '[',
    ']',
    '{',
    '}',
  ],
  ...[
    ' eq ',
    ' and ',
    ' or ',
    'not ',
    ' in ',
    ' has ',
    ' add ',
    'any(',
    'all(',
    'cast(',
    'case(',
    'null',
    'true',
    '1',
    '1.5',
    '1e9',
    '2020-01-01',
  ],
  ...[
    '$filter',
    '$select',
    '$expand',
    '$count',
    '$it',
    '$this',
    '$root',
    '$value',
    '$levels=max',
    '$search',
    'skills',
    'phoneNumbers',
    'relevanceScore',
  ],
  ...[
    'microsoft.graph.DecoratedProfile',
    'contains(',
    'substring(',
    'length(',
    'matchesPattern(',
    '(a+)+$',
    'desc',
    ' as ',
    'x',
    'ä',
    '🚇',
    '\u0000',
    '%00',
    '\\',
  ],
);
const text = fc.array(pieces, { maxLength: 24 }).map((parts) => parts.join(''));

describe('queries of any text', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    await createPeople(app);
  });
  afterAll(() => app.stop());

  const check = (path: string): Promise<void> => expectHarmless(app, path);

  it.each([
    '$filter',
    '$orderby',
    '$select',
    '$expand',
    '$search',
    '$compute',
    '$apply',
    '$skiptoken',
    '@p',
    '$levels',
    '$top',
  ])('[A40I-2] no value of %s is a 500', async (option) => {
    await fc.assert(
      fc.asyncProperty(text, (value) =>
        check(`${set}?${option}=${encodeURI(value).replaceAll('#', '%23').replaceAll('&', '%26')}`),
      ),
      { numRuns: 120 },
    );
  });

  it('[A40I-2] no path is a 500', async () => {
    await fc.assert(
      fc.asyncProperty(text, (value) =>
        check(`${set}/a/${encodeURI(value).replaceAll('#', '%23').replaceAll('?', '%3F')}`),
      ),
      { numRuns: 300 },
    );
  });
});
