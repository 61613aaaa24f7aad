import { membersOf } from '../../src/odata/protocol/payload/stored-entity.js';
import type { JsonObject, JsonValue } from '../../src/odata/protocol/json/json-value.js';
import type { ItemType } from '../../src/odata/protocol/edm/model.js';
import type {
  BoundCollection,
  BoundExpression,
  ComparisonOperator,
  FunctionName,
  Instance,
} from '../../src/odata/protocol/query/bound.js';

/** What each instance stands for while an expression is evaluated. */
type Scope = ReadonlyMap<Instance, JsonValue>;

/** Text in the order of its code points, as databases compare bytes of UTF-8. */
function compareText(left: string, right: string): number {
  const [a, b] = [Array.from(left), Array.from(right)];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const difference = a[at]!.codePointAt(0)! - b[at]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function rank(type: ItemType, value: JsonValue): JsonValue {
  if (type?.kind !== 'enum' || typeof value !== 'string') return value;
  if (!type.flags) return type.members.indexOf(value);
  return value.split(',').reduce((sum, name) => sum + 2 ** type.members.indexOf(name), 0);
}

function compare(left: JsonValue, right: JsonValue): number {
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  return Number(left) - Number(right);
}

/** Order of two values of a type that are not null. */
export function compareValues(type: ItemType, left: JsonValue, right: JsonValue): number {
  return compare(rank(type, left), rank(type, right));
}

/** The functions, on values that are not null. */
const functions: Readonly<Partial<Record<FunctionName, (...values: any[]) => JsonValue>>> = {
  add: (a: number, b: number) => a + b,
  subtract: (a: number, b: number) => a - b,
  multiply: (a: number, b: number) => a * b,
  divideIntegers: (a: number, b: number) => (b === 0 ? null : Math.trunc(a / b)),
  divide: (a: number, b: number) => a / b,
  modulo: (a: number, b: number) => (b === 0 ? null : a % b),
  negate: (a: number) => -a,
  concat: (a: string, b: string) => a + b,
  contains: (a: string, b: string) => a.includes(b),
  startsWith: (a: string, b: string) => a.startsWith(b),
  endsWith: (a: string, b: string) => a.endsWith(b),
  indexOf: (a: string, b: string) => (a.includes(b) ? Array.from(a.slice(0, a.indexOf(b))).length : -1),
  length: (a: string) => Array.from(a).length,
  substring: (a: string, start: number, length?: number) => {
    const characters = Array.from(a);
    const from = start < 0 ? Math.max(0, characters.length + start) : start;
    return characters.slice(from, length === undefined ? undefined : from + Math.max(0, length)).join('');
  },
  toLower: (a: string) => a.toLowerCase(),
  toUpper: (a: string) => a.toUpperCase(),
  trim: (a: string) => a.trim(),
  year: (a: string) => Number(a.slice(0, 4)),
  month: (a: string) => Number(a.slice(5, 7)),
  day: (a: string) => Number(a.slice(8, 10)),
  hour: (a: string) => Number((a.includes('T') ? a.slice(11) : a).slice(0, 2)),
  minute: (a: string) => Number((a.includes('T') ? a.slice(11) : a).slice(3, 5)),
  second: (a: string) => Number((a.includes('T') ? a.slice(11) : a).slice(6, 8)),
  dateOf: (a: string) => a.slice(0, 10),
  totalSeconds: (a: number) => a,
  round: (a: number) => Math.sign(a) * Math.round(Math.abs(a)),
  floor: (a: number) => Math.floor(a),
  ceiling: (a: number) => Math.ceil(a),
};

function equals(left: JsonValue, right: JsonValue): boolean {
  if (left === null || right === null) return left === right;
  return typeof left === 'object' ? JSON.stringify(left) === JSON.stringify(right) : compare(left, right) === 0;
}

function compared(
  operator: ComparisonOperator,
  type: ItemType,
  [left, right]: readonly [JsonValue, JsonValue],
): boolean {
  const equal = equals(left, right);
  const known = left !== null && right !== null;
  const order = compare(rank(type, left), rank(type, right));
  switch (operator) {
    case 'eq':
      return equal;
    case 'ne':
      return !equal;
    case 'gt':
      return known && order > 0;
    case 'ge':
      return known ? order >= 0 : equal;
    case 'lt':
      return known && order < 0;
    case 'le':
      return known ? order <= 0 : equal;
  }
}

/**
 * Evaluates a bound expression on documents in memory: OData 4.01 URL Conventions 5.1.1 once more, as plainly as can be.
 * Truth is true, false or null.
 */
export function evaluate(expression: BoundExpression, scope: Scope): JsonValue {
  const value = (inner: BoundExpression): JsonValue => evaluate(inner, scope);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'member': {
      let at: JsonValue = scope.get(expression.instance) ?? null;
      for (const name of expression.path) at = (at as JsonObject | null)?.[name] ?? null;
      return at ?? (expression.type.collection ? [] : null);
    }
    case 'call': {
      const values = expression.arguments.map(value);
      if (values.includes(null)) return null;
      if (expression.name === 'hasFlags') {
        const [type] = expression.arguments.map((argument) => argument.type.item);
        const [a, b] = values.map((one) => Number(rank(type, one)));
        return type?.kind === 'enum' && !type.flags ? a === b : (a! & b!) === b;
      }
      const result = functions[expression.name]!(...values);
      return typeof result === 'number' && Number.isNaN(result) ? 'NaN' : result;
    }
    case 'comparison': {
      const type = expression.left.type.item ?? expression.right.type.item;
      return compared(expression.operator, type, [value(expression.left), value(expression.right)]);
    }
    case 'in': {
      const left = value(expression.operand);
      return expression.items.some((item) => equals(left, value(item)));
    }
    case 'inCollection': {
      const left = value(expression.operand);
      return itemsOf(expression.collection, scope).some((item) => item === left);
    }
    case 'logical': {
      const values = expression.operands.map(value);
      const decisive = expression.operator === 'or';
      if (values.includes(decisive)) return decisive;
      return values.includes(null) ? null : !decisive;
    }
    case 'not': {
      const operand = value(expression.operand);
      return operand === null ? null : operand !== true;
    }
    case 'lambda': {
      const { predicate, collection, operator } = expression;
      const items = itemsOf(collection, scope);
      if (predicate === undefined) return items.length > 0;
      const holds = (item: JsonValue): boolean =>
        evaluate(predicate, new Map([...scope, [collection.item, item]])) === true;
      return operator === 'any' ? items.some(holds) : items.every(holds);
    }
    case 'count':
      return itemsOf(expression.collection, scope).length;
    case 'case':
      for (const branch of expression.branches) if (value(branch.when) === true) return value(branch.value);
      return null;
    case 'isOf': {
      const operand = value(expression.operand) as JsonObject | null;
      return (
        operand !== null && expression.names.includes((operand.$type as string | undefined) ?? expression.declared)
      );
    }
    case 'cast':
      throw new Error('The oracle does not cast');
  }
}

function itemsOf({ member, item, filters }: BoundCollection, scope: Scope): JsonValue[] {
  const collection = evaluate(member, scope);
  // Entities are stored by key.
  const items = Array.isArray(collection) ? collection : membersOf(collection);
  return items.filter((one) => filters.every((filter) => evaluate(filter, new Map([...scope, [item, one]])) === true));
}
