import { JsonNumber, type JsonValue } from '../protocol/json/json-value.js';
import type { BinaryOperator, CanonicalFunction, Expression, Literal } from '../protocol/uri/syntax-tree.js';

type Value = null | boolean | number | string | readonly Value[];

const functions: Readonly<Partial<Record<CanonicalFunction, (...texts: string[]) => Value>>> = {
  concat: (a = '', b = '') => a + b,
  contains: (a = '', b = '') => a.includes(b),
  endswith: (a = '', b = '') => a.endsWith(b),
  indexof: (a = '', b = '') => a.indexOf(b),
  length: (a = '') => Array.from(a).length,
  startswith: (a = '', b = '') => a.startsWith(b),
  tolower: (a = '') => a.toLowerCase(),
  toupper: (a = '') => a.toUpperCase(),
  trim: (a = '') => a.trim(),
};

const arithmetic: Readonly<Partial<Record<BinaryOperator, (a: number, b: number) => number>>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  divby: (a, b) => a / b,
  mod: (a, b) => a % b,
};

/** Whether a function can be evaluated on values in memory. */
export function canEvaluate(name: CanonicalFunction): boolean {
  return functions[name] !== undefined;
}

function valueOfJson(value: JsonValue): Value {
  if (value instanceof JsonNumber) return Number(value.text);
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value;
}

function valueOfLiteral({ type, text }: Literal): Value {
  switch (type) {
    case 'null':
      return null;
    case 'boolean':
      return text === 'true';
    case 'integer':
    case 'decimal':
    case 'double':
      return Number(text.replace('INF', 'Infinity'));
    default:
      return text;
  }
}

function compared(operator: BinaryOperator, left: Value, right: Value): Value {
  const equal = left === right;
  if (operator === 'eq') return equal;
  if (operator === 'ne') return !equal;
  if (left === null || right === null) return equal && (operator === 'ge' || operator === 'le');
  if (typeof left !== typeof right) return false;
  if (operator === 'gt') return left > right;
  if (operator === 'lt') return left < right;
  return operator === 'ge' ? left >= right : left <= right;
}

function binary(operator: BinaryOperator, left: Value, right: Value): Value {
  if (operator === 'in') return Array.isArray(right) && right.includes(left);
  const operation = arithmetic[operator];
  if (operation === undefined) return compared(operator, left, right);
  return typeof left === 'number' && typeof right === 'number' ? operation(left, right) : null;
}

/** Truth is true, false or null (OData 4.01 URL Conventions 5.1.1.1). */
function logical(operator: 'and' | 'or', values: readonly Value[]): Value {
  const decisive = operator === 'or';
  if (values.includes(decisive)) return decisive;
  return values.includes(null) ? null : !decisive;
}

function evaluate(expression: Expression, valueOf: (alias: string) => Value): Value {
  const inner = (one: Expression): Value => evaluate(one, valueOf);
  switch (expression.kind) {
    case 'literal':
      return valueOfLiteral(expression);
    case 'enum':
      return expression.members.join(',');
    case 'list':
      return expression.items.map(inner);
    case 'path':
      return expression.root?.kind === 'alias' ? valueOf(expression.root.name) : null;
    case 'unary': {
      const value = inner(expression.operand);
      if (expression.operator === 'negate') return typeof value === 'number' ? -value : null;
      return typeof value === 'boolean' ? !value : null;
    }
    case 'logical':
      return logical(expression.operator, expression.operands.map(inner));
    case 'binary':
      return binary(expression.operator, inner(expression.left), inner(expression.right));
    case 'call': {
      const values = expression.arguments.map(inner);
      const texts = values.filter((value) => typeof value === 'string');
      return texts.length < values.length ? null : (functions[expression.canonical]?.(...texts) ?? null);
    }
    default:
      return null;
  }
}

/** Whether an expression over values in memory is true. @param valueOf gives the value of an alias */
export function isTrue(expression: Expression, valueOf: (alias: string) => JsonValue): boolean {
  return evaluate(expression, (alias) => valueOfJson(valueOf(alias))) === true;
}
