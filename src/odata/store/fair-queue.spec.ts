import { describe, expect, it } from '@jest/globals';
import { FairQueue } from './fair-queue.js';

const of = (callerName: string, number = 0) => ({ callerName, number });

describe('FairQueue', () => {
  it('gives callers turns, each its own in order', () => {
    const queue = new FairQueue<ReturnType<typeof of>>();
    for (let number = 0; number < 3; number++) queue.add(of('many', number));
    queue.add(of('one'));
    queue.add(of('other'));
    const taken = Array.from({ length: 6 }, () => queue.take());
    expect(taken).toEqual([of('many', 0), of('one'), of('other'), of('many', 1), of('many', 2), undefined]);
    expect(queue.size).toBe(0);
  });

  it('counts what waits, and knows whether others wait', () => {
    const queue = new FairQueue<ReturnType<typeof of>>();
    expect(queue.hasOthersThan('a')).toBe(false);
    queue.add(of('a'));
    expect(queue.hasOthersThan('a')).toBe(false);
    expect(queue.hasOthersThan('b')).toBe(true);
    queue.add(of('b'));
    expect(queue.hasOthersThan('a')).toBe(true);
    expect(queue.size).toBe(2);
  });

  it('passes over those who may not have a turn', () => {
    const queue = new FairQueue<ReturnType<typeof of>>();
    for (const callerName of ['many', 'many', 'one']) queue.add(of(callerName));
    const isNotMany = (callerName: string) => callerName !== 'many';
    expect([queue.take(isNotMany), queue.take(isNotMany)]).toEqual([of('one'), undefined]);
    expect(queue.size).toBe(2);
    expect(queue.take()).toEqual(of('many'));
  });

  it('takes out what a test names', () => {
    const queue = new FairQueue<ReturnType<typeof of>>();
    for (let number = 0; number < 4; number++) queue.add(of(number % 2 === 0 ? 'even' : 'odd', number));
    expect(queue.remove(({ number }) => number === 1 || number === 3 || number === 2)).toHaveLength(3);
    expect(queue.size).toBe(1);
    expect(queue.take()).toEqual(of('even', 0));
    expect(queue.take()).toBeUndefined();
  });
});
