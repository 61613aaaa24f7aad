import { describe, expect, it } from '@jest/globals';
import { includedAnnotations } from './included-annotations.js';

describe('the annotations that a client asks for', () => {
  it.each<[patterns: string, expected: string]>([
    ['*', 'a.x a.y b.x a.b.x'],
    ['a.*', 'a.x a.y a.b.x'],
    ['a.x,b.*', 'a.x b.x'],
    ['*,-a.*', 'b.x'],
    ['-a.*, *', 'b.x'],
    ['*,-a.*,a.x', 'a.x b.x'],
    ['a.*,-a.b.*', 'a.x a.y'],
    ['-a.b.*,a.b.x', 'a.b.x'],
    ['-*', ''],
    ['c.*', ''],
  ])('%s are %s', (patterns, expected) => {
    const isAsked = includedAnnotations(`include-annotations="${patterns}"`)!;
    expect(['a.x', 'a.y', 'b.x', 'a.b.x'].filter(isAsked).join(' ')).toBe(expected);
  });

  it('are not said where nothing is', () => {
    expect(includedAnnotations(undefined)).toBeUndefined();
  });
});
