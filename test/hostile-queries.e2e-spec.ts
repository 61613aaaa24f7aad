import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { expectHarmless } from './support/harmless.js';
import { createPeople } from './support/query-data.js';
import { TestApp } from './support/test-app.js';

const set = '/decoratedProfileConnections';

describe('hostile queries', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    await createPeople(app);
  });
  afterAll(() => app.stop());

  const check = (path: string): Promise<void> => expectHarmless(app, path);

  it.each([
    ['nested parentheses', `$filter=${'('.repeat(5000)}id`],
    ['many conditions', `$filter=id eq 'x'${" or id eq 'x'".repeat(300)}`],
    ['many negations', `$filter=${'not '.repeat(60)}(id eq 'x')`],
    ['many negations, too many', `$filter=${'not '.repeat(2000)}(id eq 'x')`],
    ['nested lambdas', `$filter=${'profile/skills/any(x:'.repeat(12)}true${')'.repeat(12)}`],
    ['nested lambdas, too many', `$filter=${'profile/skills/any(x:'.repeat(100)}true${')'.repeat(100)}`],
    ['many computed properties', `$compute=${Array.from({ length: 100 }, (_, n) => `length(id) as n${n}`).join(',')}`],
    ['many orders', `$orderby=${Array.from({ length: 300 }, () => 'id').join(',')}`],
    ['a long list', `$filter=id in (${Array.from({ length: 1500 }, () => "'x'").join(',')})`],
    [
      'computed from computed',
      `$compute=${Array.from({ length: 40 }, (_, n) => (n === 0 ? 'id as n0' : `concat(n${n - 1},n${n - 1}) as n${n}`)).join(',')}`,
    ],
    [
      'aliases that double',
      `$filter=@a0 eq 1&${Array.from({ length: 40 }, (_, n) => `@a${n}=@a${n + 1} add @a${n + 1}`).join('&')}`,
    ],
    ['a pattern that backtracks', `$filter=matchesPattern(profile/firstName,'^(([a-zA-Z])%2B)%2B$')`],
    ['nested expands', `$expand=${'profile($expand='.repeat(40)}profile${')'.repeat(40)}`],
  ])('%s are answered, or refused early', async (_, query) => {
    await check(`${set}?${query}`);
  });

  /** An expression around itself, as deep as the parsers follow. */
  const nested = (innermost: string, around: (inner: string) => string): string =>
    Array.from({ length: 45 }).reduce((inner: string) => around(inner), innermost);

  it.each([
    ['ge', nested('profile/connected', (inner) => `(${inner} ge profile/connected)`)],
    ['le', nested('profile/connected', (inner) => `(profile/connected le ${inner})`)],
    ['eq', nested('profile/connected', (inner) => `(${inner} eq profile/connected)`)],
    ['in', nested('profile/connected', (inner) => `(${inner} in (true,null))`)],
    ['not in', nested('profile/connected', (inner) => `not (${inner} in (profile/connected,null))`)],
    [
      'case',
      `${nested('profile/connectionDegree', (inner) => `case(${inner} gt 'SELF': profile/connectionDegree)`)} eq 'SELF'`,
    ],
    ['divby', `${nested('profile/totalPositionCount', (inner) => `(relevanceScore divby ${inner})`)} gt 1`],
    ['mod', `${nested('profile/totalPositionCount', (inner) => `(${inner} mod relevanceScore)`)} gt 1`],
    ['round', `${nested('relevanceScore', (inner) => `round(${inner})`)} gt 1`],
    ['cast', `${nested('profile/lastName', (inner) => `cast(cast(${inner},Edm.Int32),Edm.String)`.slice(0))} eq '1'`],
    ['substring', `${nested('profile/lastName', (inner) => `substring(${inner},0)`)} eq '1'`],
    ['startswith', nested('true', (inner) => `startswith(profile/lastName,case(${inner}: 'a',true: 'b'))`)],
  ])('what nests with %s costs what its length costs', async (_, filter) => {
    await check(`${set}?$filter=${encodeURIComponent(filter)}`);
  });
});
