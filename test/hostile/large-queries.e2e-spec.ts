import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApp } from '../support/test-app.js';

const set = '/decoratedProfileConnections';
const range = (length: number): readonly number[] => Array.from({ length }, (_, at) => at);

describe('a query that is long', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
    await app.post(set, { id: 'a', relevanceScore: 1, profile: { headline: 'ships' } });
  });
  afterAll(() => app.stop());

  /** In a batch, whose URLs may be longer. */
  async function ask(query: string): Promise<{ readonly status: number; readonly body: any }> {
    const url = `decoratedProfileConnections?${encodeURI(query)}`;
    const { body } = await app.post('/$batch', { requests: [{ id: '1', method: 'GET', url }] });
    return body.responses[0];
  }

  const computeSteps = (count: number): string =>
    `$apply=${range(count)
      .map((at) => `compute(id as a${at})`)
      .join('/')}`;
  const copies = (count: number): string =>
    `$apply=${range(count)
      .map(() => 'concat(identity,identity)')
      .join('/')}`;
  const sums = (count: number): string => `$filter=relevanceScore${' add 1'.repeat(count)} gt 0`;
  /** One call of concat inside the other would nest; beside each other they do not. */
  const texts = (depth: number): string => (depth === 0 ? 'id' : `concat(${texts(depth - 1)},${texts(depth - 1)})`);

  it.each([
    ['fifty steps that compute', computeSteps(50)],
    ['as many copies as are allowed', copies(6)],
    ['a chain of 150 additions', sums(150)],
    [
      'a chain of 990 conditions',
      `$filter=${range(990)
        .map((at) => `id ne 'x${at}'`)
        .join(' and ')}`,
    ],
    [
      'a chain of 990 alternatives',
      `$filter=${[...range(990).map((at) => `id eq 'x${at}'`), "id eq 'a'"].join(' or ')}`,
    ],
    ['a tree of 512 texts', `$filter=length(${texts(9)}) eq 512`],
    [
      '990 words that are not there',
      `$search=${range(990)
        .map((at) => `NOT x${at}`)
        .join(' AND ')}`,
    ],
    [
      '990 words of which one is there',
      `$search=${range(990)
        .map((at) => `x${at}`)
        .join(' OR ')} OR ships`,
    ],
    ['thirty negations', `$filter=${'not ('.repeat(30)}id eq 'a'${')'.repeat(30)}`],
    ['sixty calls inside each other', `$filter=${'trim('.repeat(60)}id${')'.repeat(60)} eq 'a'`],
  ])('is answered: %s', async (_, query) => {
    const { status, body } = await ask(query);
    expect({ status, error: body.error }).toEqual({ status: 200, error: undefined });
    expect(body.value.length).toBeGreaterThan(0);
  });

  it.each([
    ['fifty-one steps', computeSteps(51), 'more than 50 transformations'],
    ['too many copies', copies(7), 'more than 64 times'],
    [
      'too many copies, in one',
      `$apply=concat(${range(65)
        .map(() => 'identity')
        .join(',')})`,
      'more than',
    ],
    ['a chain of 1,010 additions', sums(1010), 'more than 200 operators'],
    [
      'additions that computed properties double',
      `$compute=${range(14)
        .map((at) => (at === 0 ? 'relevanceScore add 1 as a0' : `a${at - 1} add a${at - 1} as a${at}`))
        .join(',')}`,
      'more than 10000 parts',
    ],
  ])('is refused: %s', async (_, query, why) => {
    const { status, body } = await ask(query);
    expect({ status, message: body.error?.message }).toEqual({ status: 400, message: expect.stringContaining(why) });
  });
});
