import { readFileSync } from 'node:fs';
import Sequencer from '@jest/test-sequencer';

/** What makes a file of tests take long, whatever its size: compilers and browsers most, then processes. */
const dear = [/PackedProject|createProgram|Desk\.start/, /buildService/];

/**
 * Begins with the files that take longest, so that no worker has one of them left when the others are done. Jest knows by
 * itself what took how long, but not where it runs for the first time.
 */
export default class LongestFirst extends Sequencer {
  /** @param {Parameters<Sequencer['sort']>[0]} tests */
  sort(tests) {
    const sorted = super.sort(tests);
    if (tests.some(({ duration }) => duration !== undefined)) return sorted;
    /** @param {string} path */
    const rankOf = (path) => {
      const text = readFileSync(path, 'utf8');
      const rank = dear.findIndex((pattern) => pattern.test(text));
      return rank < 0 ? dear.length : rank;
    };
    const ranks = new Map(sorted.map(({ path }) => [path, rankOf(path)]));
    return [...sorted].sort((a, b) => (ranks.get(a.path) ?? 0) - (ranks.get(b.path) ?? 0));
  }
}
