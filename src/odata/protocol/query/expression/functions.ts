import { Edm, type PrimitiveType, type TypeFamily } from '../../edm/primitive-types.js';
import { precedence } from '../../uri/precedence.js';
import type { FunctionName } from '../bound.js';

/** One overload: the families of its arguments, what it is called for a store, and the type of its result. */
export interface Overload {
  readonly takes: readonly (readonly TypeFamily[])[];
  readonly name: FunctionName;
  /**
   * `same`: the type of the first argument; `promoted`: what arithmetic of two numbers gives; `exact`: the same, but
   * decimals of integers.
   */
  readonly gives: PrimitiveType | 'same' | 'promoted' | 'exact';
}

const numbers: readonly TypeFamily[] = ['integer', 'decimal', 'double'];
const days: readonly TypeFamily[] = ['date', 'dateTimeOffset'];
const clocks: readonly TypeFamily[] = ['dateTimeOffset', 'timeOfDay'];
const text: readonly TypeFamily[] = ['string'];
const whole: readonly TypeFamily[] = ['integer'];
const span: readonly TypeFamily[] = ['duration'];
const date: readonly TypeFamily[] = ['date'];
const moment: readonly TypeFamily[] = ['dateTimeOffset'];

function overload(name: FunctionName, takes: Overload['takes'], gives: Overload['gives']): Overload {
  return { name, takes, gives };
}

function one(name: FunctionName, takes: Overload['takes'], gives: Overload['gives']): readonly Overload[] {
  return [overload(name, takes, gives)];
}

/**
 * The canonical functions (OData 4.01 URL Conventions 5.1.1.5 to 5.1.1.10) and arithmetic operators (5.1.1.2) that take
 * and give primitive values, by their name in lower case.
 */
export const overloads: ReadonlyMap<string, readonly Overload[]> = new Map([
  ['concat', one('concat', [text, text], Edm.String)],
  ['contains', one('contains', [text, text], Edm.Boolean)],
  ['endswith', one('endsWith', [text, text], Edm.Boolean)],
  ['startswith', one('startsWith', [text, text], Edm.Boolean)],
  ['indexof', one('indexOf', [text, text], Edm.Int32)],
  ['length', one('length', [text], Edm.Int32)],
  ['matchespattern', one('matchesPattern', [text, text], Edm.Boolean)],
  [
    'substring',
    [overload('substring', [text, whole], Edm.String), overload('substring', [text, whole, whole], Edm.String)],
  ],
  ['tolower', one('toLower', [text], Edm.String)],
  ['toupper', one('toUpper', [text], Edm.String)],
  ['trim', one('trim', [text], Edm.String)],
  ['year', one('year', [days], Edm.Int32)],
  ['month', one('month', [days], Edm.Int32)],
  ['day', one('day', [days], Edm.Int32)],
  ['hour', one('hour', [clocks], Edm.Int32)],
  ['minute', one('minute', [clocks], Edm.Int32)],
  ['second', one('second', [clocks], Edm.Int32)],
  ['fractionalseconds', one('fractionalSeconds', [clocks], Edm.Decimal)],
  ['date', one('dateOf', [moment], Edm.Date)],
  ['time', one('timeOf', [moment], Edm.TimeOfDay)],
  ['totaloffsetminutes', one('totalOffsetMinutes', [moment], Edm.Int32)],
  ['totalseconds', one('totalSeconds', [span], Edm.Decimal)],
  ['round', one('round', [numbers], 'same')],
  ['floor', one('floor', [numbers], 'same')],
  ['ceiling', one('ceiling', [numbers], 'same')],
  [
    'add',
    [
      overload('add', [numbers, numbers], 'promoted'),
      overload('add', [span, span], Edm.Duration),
      overload('shiftDate', [date, span], Edm.Date),
      overload('shiftMoment', [moment, span], Edm.DateTimeOffset),
    ],
  ],
  [
    'sub',
    [
      overload('subtract', [numbers, numbers], 'promoted'),
      overload('subtract', [span, span], Edm.Duration),
      overload('shiftDate', [date, span], Edm.Date),
      overload('shiftMoment', [moment, span], Edm.DateTimeOffset),
      overload('differenceOfDates', [date, date], Edm.Duration),
      overload('differenceOfMoments', [moment, moment], Edm.Duration),
    ],
  ],
  [
    'mul',
    [
      overload('multiply', [numbers, numbers], 'promoted'),
      overload('multiply', [span, numbers], Edm.Duration),
      overload('multiply', [numbers, span], Edm.Duration),
    ],
  ],
  ['div', [overload('divide', [numbers, numbers], 'promoted'), overload('divide', [span, numbers], Edm.Duration)]],
  [
    'divby',
    [overload('divideExactly', [numbers, numbers], 'exact'), overload('divide', [span, numbers], Edm.Duration)],
  ],
  ['mod', one('modulo', [numbers, numbers], 'promoted')],
  ['negate', [overload('negate', [numbers], 'promoted'), overload('negate', [span], 'same')]],
]);

/** What the binder of expressions makes of names by itself, beside the table above. */
const boundByForm = [
  'any',
  'all',
  'case',
  'cast',
  'isof',
  'now',
  'mindatetime',
  'maxdatetime',
  'hassubset',
  'hassubsequence',
  'geo.distance',
  'geo.intersects',
  'geo.length',
  'isdefined',
];

/** The operators and functions that expressions can use, by name (Capabilities.FilterFunctions). */
export const filterFunctions: readonly string[] = [
  ...new Set([
    ...precedence.keys(),
    'not',
    ...[...overloads.keys()].filter((name) => name !== 'negate'),
    ...boundByForm,
  ]),
];

const width: readonly PrimitiveType[] = [
  Edm.SByte,
  Edm.Byte,
  Edm.Int16,
  Edm.Int32,
  Edm.Int64,
  Edm.Decimal,
  Edm.Single,
  Edm.Double,
];

/** Numeric promotion (OData 4.01 URL Conventions 5.1.1.18): the wider of two numeric types, at least Edm.Int32. */
export function promote(left: PrimitiveType, right: PrimitiveType): PrimitiveType {
  const widest = Math.max(width.indexOf(left), width.indexOf(right), width.indexOf(Edm.Int32));
  return width[widest] ?? Edm.Double;
}

/**
 * What arithmetic of two numeric types gives. Promotion is a service's to choose: integers are computed with 64 bits,
 * `Edm.Single` as `Edm.Double`, so that what fits into the types that there are is never out of range.
 */
export function arithmeticType(left: PrimitiveType, right: PrimitiveType): PrimitiveType {
  const widest = promote(left, right);
  return { integer: Edm.Int64, double: Edm.Double }[widest.family as string] ?? widest;
}

/** Whether a type is one of numbers. */
export function isNumeric({ family }: PrimitiveType): boolean {
  return numbers.includes(family);
}
