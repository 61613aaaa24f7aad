import type { ArithmeticKind, NumberKind, Operator } from '../sql/number-kind.js';
import { once } from './once.js';
import { null_ } from './postgres-values.js';

type Write = (a: string, b: string) => string;

/** Digits that a quotient of decimals, and a second, has behind the point. */
const quotientScale = 28;
const secondScale = 12;

/**
 * A quotient, halves away from zero. The database would choose the digits by what the operands are; `div` is exact, and one
 * digit more than are kept tells where to round.
 */
function quotient(a: string, b: string, scale: number): string {
  return `(round(div(${a} * 1e${scale + 1}, nullif(${b}, 0)), -1) * 1e-${scale + 1})`;
}

/** 5.1.1.2.5: `divby` zero is infinite. */
const divideExactly: Write = (a, b) =>
  once(
    { a, b },
    `CASE WHEN q.a IS NULL OR q.b IS NULL THEN NULL WHEN q.b <> 0 THEN ${quotient('q.a', 'q.b', quotientScale)}
      WHEN q.a = 'NaN' OR q.a = 0 THEN 'NaN' ELSE sign(q.a) * 'Infinity'::numeric END`,
  );

const modulo: Write = (a, b) => `mod(${a}, nullif(${b}, 0))`;

/** What integers of any size, and decimals, have in common; numbers of both are `numeric`. */
const exact: Readonly<Record<Operator, Write>> = {
  add: (a, b) => `(${a} + ${b})`,
  subtract: (a, b) => `(${a} - ${b})`,
  multiply: (a, b) => `(${a} * ${b})`,
  divide: (a, b) => quotient(a, b, quotientScale),
  divideExactly,
  modulo,
  negate: (a) => `(- ${a})`,
  round: (a) => `round(${a})`,
  floor: (a) => `floor(${a})`,
  ceiling: (a) => `ceil(${a})`,
};

const integers: Readonly<Record<Operator, Write>> = { ...exact, divide: (a, b) => `div(${a}, nullif(${b}, 0))` };

/** Durations have no infinity. */
function asDuration(value: string): string {
  return once({ a: value }, `CASE WHEN abs(q.a) < 'Infinity' THEN round(q.a, ${secondScale}) END`);
}

const durations: Readonly<Record<Operator, Write>> = {
  ...exact,
  multiply: (a, b) => asDuration(exact.multiply(a, b)),
  divide: (a, b) => asDuration(quotient(a, b, secondScale)),
};

// Doubles follow IEEE 754, where the database would end the statement: by overflow, by underflow to zero, by division by
// zero. What would happen is found out by moving the exponents first, which changes no digit.
const infinity = `'Infinity'::float8`;
const power = (exponent: number): string => `${2 ** exponent}::float8`;
const [down512, up512, up900, down175, power1023] = [-512, 512, 900, -175, 1023].map(power);
const [up540, down535] = [540, -535].map(power);

const signs = `sign(q.a) * sign(q.b) * ${infinity}`;

function sum(symbol: '+' | '-'): Write {
  const plain = `q.a ${symbol} q.b`;
  return (a, b) =>
    once(
      { a, b },
      `CASE WHEN least(abs(q.a), abs(q.b)) < 1e290 OR greatest(abs(q.a), abs(q.b)) >= ${infinity} THEN ${plain}
        WHEN abs(q.a * 0.5 ${symbol} q.b * 0.5) >= ${power1023} THEN sign(q.a) * ${infinity} ELSE ${plain} END`,
    );
}

const product: Write = (a, b) =>
  once(
    { a, b },
    `CASE WHEN abs(q.a) >= 1 AND abs(q.b) >= 1
        THEN CASE WHEN abs((q.a * ${down512}) * (q.b * ${down512})) >= 1 THEN ${signs} ELSE q.a * q.b END
      WHEN abs(q.a) < 1 AND abs(q.b) < 1 AND q.a <> 0 AND q.b <> 0
        THEN CASE WHEN greatest(abs(q.a), abs(q.b)) < 1e-163 THEN 0
          WHEN least(abs(q.a), abs(q.b)) * ${up900} * greatest(abs(q.a), abs(q.b)) <= ${down175} THEN 0
          ELSE q.a * q.b END
      ELSE q.a * q.b END`,
  );

const ratio: Write = (a, b) =>
  once(
    { a, b },
    `CASE WHEN q.a IS NULL OR q.b IS NULL THEN NULL WHEN q.a = 'NaN' OR q.b = 'NaN' THEN 'NaN'
      WHEN q.b = 0 THEN CASE WHEN q.a = 0 THEN 'NaN' ELSE sign(q.a) * ${infinity} END
      WHEN abs(q.b) < 1 AND abs(q.a) >= 1e-150
        THEN CASE WHEN abs(q.a * ${down512}) >= abs(q.b * ${up512}) THEN ${signs} ELSE q.a / q.b END
      WHEN abs(q.b) > 1 AND abs(q.a) < 1 AND q.a <> 0
        THEN CASE WHEN abs(q.a * ${up540}) <= abs(q.b * ${down535}) THEN 0 ELSE q.a / q.b END
      ELSE q.a / q.b END`,
  );

const doubles: Readonly<Record<Operator, Write>> = {
  add: sum('+'),
  subtract: sum('-'),
  multiply: product,
  divide: ratio,
  divideExactly: ratio,
  // Of the numbers as they are written: there is no remainder of doubles.
  modulo: (a, b) => toDouble(modulo(digitsOf(a), digitsOf(b))),
  negate: (a) => `(- ${a})`,
  // 5.1.1.9.1: halves away from zero, which `round` of a double would round to even.
  round: (a) =>
    once(
      { a },
      `CASE WHEN abs(q.a) < 4503599627370496
        THEN trunc(q.a) + CASE WHEN abs(q.a - trunc(q.a)) >= 0.5 THEN sign(q.a) ELSE 0 END ELSE q.a END`,
    ),
  floor: (a) => `floor(${a})`,
  ceiling: (a) => `ceil(${a})`,
};

/** By way of text a double becomes the decimal that it is written as. */
export function digitsOf(double: string): string {
  return `(${double})::text::numeric`;
}

/** The double nearest to a decimal of any size. */
export function toDouble(value: string): string {
  return once(
    { a: value },
    `CASE WHEN abs(q.a) >= 1.797693134862315807937289714053034150799e308 THEN sign(q.a)::float8 * ${infinity}
      WHEN abs(q.a) <= 2.4703282292062327208e-324 THEN 0 ELSE q.a::float8 END`,
  );
}

const byKind: Readonly<Record<ArithmeticKind, Readonly<Record<Operator, Write>>>> = {
  integer: integers,
  int64: integers,
  decimal: exact,
  duration: durations,
  double: doubles,
};

/** See `Dialect.arithmetic`. */
export function arithmetic(operator: Operator, kind: ArithmeticKind, [a = '', b = '']: readonly string[]): string {
  const value = byKind[kind][operator](a, b);
  if (kind !== 'int64') return value;
  return once({ a: value }, `CASE WHEN q.a BETWEEN -9223372036854775808 AND 9223372036854775807 THEN q.a END`);
}

/** See `Dialect.toKind`; integers and decimals are one type of the database. */
export function toKind(value: string, from: NumberKind, to: NumberKind): string {
  if (value === null_) return to === 'double' ? 'NULL::float8' : 'NULL::numeric';
  if (from === to || (to === 'decimal' && from === 'integer')) return value;
  if (to === 'double') return from === 'integer' ? `(${value})::float8` : toDouble(value);
  return digitsOf(value);
}
