import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecentlyUsed } from './recently-used.js';

describe('a memory of what was used recently', () => {
  it('never holds more than its bound, nor another value than the last that was set', () => {
    const steps = fc.array(
      fc.record({ kind: fc.constantFrom('get', 'set', 'delete'), key: fc.nat(40), value: fc.nat() }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), steps, (bound, all) => {
        const memory = new RecentlyUsed<number, number>(bound);
        const plain = new Map<number, number>();
        for (const { kind, key, value } of all) {
          if (kind === 'set') {
            memory.set(key, value);
            plain.set(key, value);
            expect(memory.get(key)).toBe(value);
          } else if (kind === 'delete') {
            memory.delete(key);
            plain.delete(key);
            expect(memory.get(key)).toBeUndefined();
          } else expect([undefined, plain.get(key)]).toContain(memory.get(key));
          expect(memory.size).toBeLessThanOrEqual(bound);
        }
      }),
    );
  });

  it('keeps what is asked for again, whatever passes by', () => {
    const memory = new RecentlyUsed<string, string>(10);
    memory.set('kept', 'value');
    for (let i = 0; i < 100; i++) {
      memory.set(`passing ${i}`, '');
      expect(memory.get('kept')).toBe('value');
    }
    expect(memory.get('passing 0')).toBeUndefined();
  });

  it('keeps as many as half of its bound, if nothing else is used', () => {
    const memory = new RecentlyUsed<number, number>(10);
    for (let i = 0; i < 1000; i++) memory.set(i % 5, i);
    expect([0, 1, 2, 3, 4].map((key) => memory.get(key))).toEqual([995, 996, 997, 998, 999]);
  });
});
