import type { BoundExpression, FunctionName } from '../../src/odata/protocol/query/bound.js';
import { inRange } from './cast.js';
import * as decimals from './decimal.js';
import { type Decimal, decimal } from './decimal.js';
import { between, shifted } from './time.js';
import { Exact, familyOf, kindOf, rank, textOf, toKind, type Value } from './value.js';

type Call = BoundExpression & { readonly kind: 'call' };
type Operator =
  'add' | 'subtract' | 'multiply' | 'divide' | 'divideExactly' | 'modulo' | 'negate' | 'round' | 'floor' | 'ceiling';

/** Digits behind the point of a quotient of decimals, and of a second. */
const quotientScale = 28;
const secondScale = 12;

const integers: Readonly<Record<Exclude<Operator, 'divideExactly'>, (a: bigint, b: bigint) => bigint | null>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => (b === 0n ? null : a / b),
  modulo: (a, b) => (b === 0n ? null : a % b),
  negate: (a) => -a,
  round: (a) => a,
  floor: (a) => a,
  ceiling: (a) => a,
};

/** What zero as a divisor gives: 5.1.1.2.5. */
function byZero(a: Decimal): Decimal {
  const order = decimals.compareDecimals(a, decimal(0));
  return a === 'NaN' || order === 0 ? 'NaN' : order > 0 ? 'INF' : '-INF';
}

const exact: Readonly<Record<Operator, (a: Decimal, b: Decimal) => Decimal | null>> = {
  add: decimals.add,
  subtract: (a, b) => decimals.add(a, decimals.negated(b)),
  multiply: decimals.multiply,
  divide: (a, b) => decimals.quotient(a, b, quotientScale) ?? null,
  divideExactly: (a, b) => decimals.quotient(a, b, quotientScale) ?? byZero(a),
  modulo: (a, b) => decimals.remainder(a, b) ?? null,
  negate: decimals.negated,
  round: (a) => decimals.rounded(a, 0),
  floor: decimals.floor,
  ceiling: decimals.ceiling,
};

const divided = (a: number, b: number): number => (b === 0 ? a / 0 : a / b);
const doubles: Readonly<Record<Operator, (a: number, b: number) => number | null>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: divided,
  divideExactly: divided,
  // Of the numbers as they are written: no store has the remainder of what they are in binary.
  modulo: (a, b) => {
    const rest = decimals.remainder(decimals.ofDouble(a), decimals.ofDouble(b));
    return rest === undefined ? null : decimals.toDouble(rest);
  },
  negate: (a) => -a,
  round: (a) => Math.sign(a) * Math.round(Math.abs(a)),
  floor: Math.floor,
  ceiling: Math.ceil,
};

function arithmetic(operator: Operator, { type, arguments: given }: Call, values: readonly Value[]): Value {
  if (familyOf(type.item) === 'duration') return ofDuration(operator, given, values);
  const kind = kindOf(type.item)!;
  const [a, b] = values.map((value) => toKind(value, kind));
  if (kind === 'double') return doubles[operator](a as number, b as number);
  if (kind === 'decimal') {
    const result = exact[operator]((a as Exact).value, (b as Exact | undefined)?.value ?? decimal(0));
    return result === null ? null : new Exact(result);
  }
  if (operator === 'divideExactly') throw new Error('divby is of decimals');
  const result = integers[operator](a as bigint, b as bigint);
  return result === null ? null : inRange(result, 'Edm.Int64');
}

function ofDuration(operator: Operator, _given: Call['arguments'], values: readonly Value[]): Value {
  const [a, b = decimal(0)] = values.map((value) => (toKind(value, 'decimal') as Exact).value);
  const divides = operator === 'divide' || operator === 'divideExactly';
  const result = divides ? (decimals.quotient(a!, b, secondScale) ?? null) : exact[operator](a!, b);
  if (result === null || typeof result === 'string') return null;
  return new Exact(decimals.rounded(result, secondScale));
}

const clock = (value: string): string => (value.includes('T') ? value.slice(11) : value);
const int = (value: number): bigint => BigInt(value);

/** The other functions, on values that are not null. */
const others: Readonly<Partial<Record<FunctionName, (...values: any[]) => Value>>> = {
  concat: (a: string, b: string) => a + b,
  contains: (a: string, b: string) => a.includes(b),
  startsWith: (a: string, b: string) => a.startsWith(b),
  endsWith: (a: string, b: string) => a.endsWith(b),
  indexOf: (a: string, b: string) => int(a.includes(b) ? Array.from(a.slice(0, a.indexOf(b))).length : -1),
  length: (a: string) => int(Array.from(a).length),
  substring: (a: string, start: bigint, length?: bigint) => {
    const characters = Array.from(a);
    if (length !== undefined && length < 0n) return null;
    const from = Number(start < 0n ? int(characters.length) + start : start);
    const rest = characters.slice(Math.max(0, from));
    return rest.slice(0, length === undefined ? undefined : Number(length)).join('');
  },
  toLower: (a: string) => a.toLowerCase(),
  toUpper: (a: string) => a.toUpperCase(),
  trim: (a: string) => a.replace(/^\p{White_Space}+/u, '').replace(/\p{White_Space}+$/u, ''),
  year: (a: string) => int(Number(a.slice(0, 4))),
  month: (a: string) => int(Number(a.slice(5, 7))),
  day: (a: string) => int(Number(a.slice(8, 10))),
  hour: (a: string) => int(Number(clock(a).slice(0, 2))),
  minute: (a: string) => int(Number(clock(a).slice(3, 5))),
  second: (a: string) => int(Number(clock(a).slice(6, 8))),
  fractionalSeconds: (a: string) => new Exact(decimal(`0${clock(a).slice(8)}`)),
  dateOf: (a: string) => a.slice(0, 10),
  timeOf: (a: string) => a.slice(11),
  totalOffsetMinutes: () => 0n,
  totalSeconds: (a: Exact) => a,
  shiftDate: (a: string, by: Exact) => shifted(a, by.value),
  shiftMoment: (a: string, by: Exact) => shifted(a, by.value),
  differenceOfDates: (a: string, b: string) => new Exact(between(a, b)),
  differenceOfMoments: (a: string, b: string) => new Exact(between(a, b)),
  hasSubset: (a: readonly Value[], b: readonly Value[]) => {
    const left = a.map(textOf);
    return b.every((item) => {
      const at = left.indexOf(textOf(item));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  },
  hasSubsequence: (a: readonly Value[], b: readonly Value[]) => {
    let found = 0;
    for (const item of a) if (found < b.length && textOf(item) === textOf(b[found])) found += 1;
    return found === b.length;
  },
};

/** A call on values of which none is null. */
export function call(expression: Call, values: readonly Value[]): Value {
  const { name } = expression;
  if (name === 'hasFlags') {
    const [type] = expression.arguments.map((argument) => argument.type.item);
    const [a, b] = values.map((one) => rank(type, one) as bigint);
    return type?.kind === 'enum' && !type.flags ? a === b : (a! & b!) === b;
  }
  const operator = name as Operator;
  if (operator in doubles) return arithmetic(operator, expression, values);
  const body = others[name];
  if (body === undefined) throw new Error(`The oracle does not know ${name}`);
  return body(...values);
}
