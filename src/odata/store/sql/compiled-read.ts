import type { Statement } from './parameters.js';

/** One statement, and what its rows are. */
export interface CompiledRead extends Statement {
  /**
   * `page`: rows of `id`, `version`, `document` and the order values `o0`, `o1` …, with `count` where it was asked for;
   * `one`: at most one row of `version`, `present` and `value`, with `count`, the first two not beside an entity that says
   * so itself; `count`: one row of `count`.
   */
  readonly kind: 'page' | 'one' | 'count';
}
