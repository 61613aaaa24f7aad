import { describe, expect, it } from '@jest/globals';
import { Budget } from './budget.js';

describe('the budget of a request', () => {
  it('adds up what is spent', () => {
    const budget = new Budget();
    expect(budget.spent).toBe(0);
    budget.spend(1, '$filter');
    budget.spend(41, '$orderby');
    expect(budget.spent).toBe(42);
  });

  it.each([[[10_000]], [[9_999, 1]], [[5_000, 5_000, 0]]])('is enough for %j nodes', (all) => {
    const budget = new Budget();
    for (const nodes of all) budget.spend(nodes, '$filter');
    expect(budget.spent).toBe(10_000);
  });

  it.each([[[10_001]], [[10_000, 1]], [[1, 10_000]]])('is not enough for %j nodes', (all) => {
    const budget = new Budget();
    let error: unknown;
    try {
      for (const nodes of all) budget.spend(nodes, '$compute');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: 'invalidQueryOption',
      status: 400,
      target: '$compute',
      message: 'The query is too complex: more than 10000 parts, written out.',
    });
  });

  it('that is used up stays so', () => {
    const budget = new Budget();
    expect(() => budget.spend(10_001, '$filter')).toThrow();
    expect(() => budget.spend(0, '$filter')).toThrow();
  });

  it('is enough for fifty transformations, and no more', () => {
    const budget = new Budget();
    for (let count = 0; count < 50; count++) budget.transform('$apply');
    expect(() => {
      budget.transform('$apply');
    }).toThrow('The query is too complex: more than 50 transformations.');
  });

  it('is enough for 64 copies of each entity, and no more', () => {
    const budget = new Budget();
    budget.copy(64, '$apply');
    expect(() => {
      budget.copy(65, '$apply');
    }).toThrow('The query is too complex: concat gives each entity more than 64 times.');
  });

  it('is enough for 64 paths in aggregate, and no more', () => {
    const budget = new Budget();
    budget.follow(60, '$apply');
    budget.follow(4, '$apply');
    expect(() => {
      budget.follow(1, '$apply');
    }).toThrow('The query is too complex: more than 64 paths in aggregate.');
  });

  it('is one of each request', () => {
    const [first, second] = [new Budget(), new Budget()];
    first.spend(10_000, '$filter');
    second.spend(1, '$filter');
    expect(second.spent).toBe(1);
  });
});
