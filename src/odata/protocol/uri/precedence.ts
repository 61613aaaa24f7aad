import type { BinaryOperator } from './syntax-tree.js';

/** How tight the operators of two operands bind (OData 4.01 URL Conventions 5.1.1.17). */
export const precedence: ReadonlyMap<string, number> = new Map<BinaryOperator | 'and' | 'or', number>([
  ['or', 1],
  ['and', 2],
  ['eq', 3],
  ['ne', 3],
  ['gt', 4],
  ['ge', 4],
  ['lt', 4],
  ['le', 4],
  ['add', 5],
  ['sub', 5],
  ['mul', 6],
  ['div', 6],
  ['divby', 6],
  ['mod', 6],
  ['has', 8],
  ['in', 8],
]);

/** `-` and `not` stand between `has` and `mul`. */
export const unaryPrecedence = 7;

/** What has no operator binds tightest. */
export const primaryPrecedence = 9;
