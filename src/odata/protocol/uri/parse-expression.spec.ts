import { describe, expect, it } from '@jest/globals';
import { ODataError } from '../odata-error.js';
import { parseExpression } from './parse-expression.js';
import { Scanner, uriLimits } from './scanner.js';
import type { Expression } from './syntax-tree.js';

function parse(text: string): Expression {
  return parseExpression(new Scanner(text, '$filter'));
}

/** The tree as an S-expression: what binds what. */
function shape(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return expression.text;
    case 'binary':
      return `(${expression.operator} ${shape(expression.left)} ${shape(expression.right)})`;
    case 'logical':
      return `(${[expression.operator, ...expression.operands.map(shape)].join(' ')})`;
    case 'unary':
      return `(${expression.operator} ${shape(expression.operand)})`;
    case 'call':
      return `(${[expression.canonical, ...expression.arguments.map(shape)].join(' ')})`;
    case 'list':
      return `[${expression.items.map(shape).join(' ')}]`;
    case 'path':
      return [
        ...(expression.root === undefined ? [] : [`<${expression.root.kind}>`]),
        ...expression.segments.map((segment) => ('name' in segment ? segment.name : segment.kind)),
      ].join('/');
    default:
      return expression.kind;
  }
}

function messageOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ODataError);
    return (error as ODataError).message;
  }
  throw new Error(`'${text}' was accepted`);
}

describe('parseExpression', () => {
  it.each([
    ['2 mul 3 add 4', '(add (mul 2 3) 4)'],
    ['2 add 3 mul 4', '(add 2 (mul 3 4))'],
    ['a sub b sub c', '(sub (sub a b) c)'],
    ['a or b and c', '(or a (and b c))'],
    ['a and b and c', '(and a b c)'],
    ['(a and b) and c', '(and (and a b) c)'],
    ['not contains(a,b) and c', '(and (not (contains a b)) c)'],
    ['not a eq b', '(eq (not a) b)'],
    ['not (a eq b)', '(not (eq a b))'],
    ['not not a', '(not (not a))'],
    ['a gt 1 eq true', '(eq (gt a 1) true)'],
    ['-a add 1', '(add (negate a) 1)'],
    ['-5 add 1', '(add -5 1)'],
    ['- 5', '(negate 5)'],
    ['not a in (1,2)', '(not (in a [1 2]))'],
    ['a has b eq true', '(eq (has a b) true)'],
    ['a in (b)', '(in a b)'],
    ['a in ()', '(in a [])'],
    ['A EQ 1 AND TOLOWER(B) EQ 2', '(and (eq A 1) (eq (tolower B) 2))'],
    ['a/any(x:x/b eq x)', 'a/lambda'],
    ['$it/a eq @p', '(eq <it>/a <alias>)'],
    ['nullable eq null', '(eq nullable null)'],
    ['eq eq eq', '(eq eq eq)'],
    ['not', 'not'],
  ])('%s is %s', (text, expected) => {
    expect(shape(parse(text))).toBe(expected);
  });

  it.each([
    ['null', 'null'],
    ['TRUE', 'boolean'],
    ['-12', 'integer'],
    ['9223372036854775807', 'integer'],
    ['9223372036854775808', 'decimal'],
    ['1.50', 'decimal'],
    ['1e3', 'double'],
    ['0.5D', 'decimal'],
    ['12l', 'integer'],
    ['-INF', 'double'],
    ['NaN', 'double'],
    ['01234567-89ab-cdef-0123-456789abcdef', 'guid'],
    ['abcdefab-89ab-cdef-0123-456789abcdef', 'guid'],
    ['2012-12-03', 'date'],
    ['2012-12-03T07:16:23.5Z', 'dateTimeOffset'],
    ['2012-12-03T07:16-08:00', 'dateTimeOffset'],
    ['07:59:59.999', 'timeOfDay'],
    ["duration'PT1M'", 'duration'],
    ["binary'AAA='", 'binary'],
    ["'it''s'", 'string'],
  ])('%s is a literal of type %s', (text, type) => {
    expect(parse(text)).toMatchObject({ kind: 'literal', type });
  });

  it.each([
    ['', 'expected an expression at its end: ⟂'],
    ['name eq', 'expected a blank behind'],
    ['name eq )', 'expected an expression at character 9: name eq ⟂)'],
    ["name eq 'ann", 'expected a closing quote at its end'],
    ['(a', "expected ')' at its end"],
    ['a b', 'expected the end at character 3'],
    ['contains(a)', 'expected 2 arguments of contains, not 1, at character 1'],
    ['12abc', 'expected the end of a number at character 3'],
    ['a in (1,b)', 'expected a list of literals at character 9'],
    ['a/any(x b)', "expected ':' at character 9"],
  ])('%s is refused with: %s', (text, expected) => {
    expect(messageOf(text)).toContain(expected);
  });

  it('ends hostile nesting, width and length early', () => {
    for (const text of [
      '('.repeat(20_000),
      '('.repeat(uriLimits.depth + 1) + 'a' + ')'.repeat(uriLimits.depth + 1),
      'not '.repeat(5_000),
      '- '.repeat(5_000),
      'a/any(x:'.repeat(1_000),
      '['.repeat(1_000),
      `a${' or a'.repeat(uriLimits.nodes)}`,
      'a'.repeat(uriLimits.length + 1),
      "'".repeat(10_001),
    ]) {
      expect(messageOf(text)).toMatch(/expected/);
    }
  });
});
