import { castBy } from '../sql/cast-by.js';
import type { DigitFacets } from '../sql/dialect.js';
import type { PrimitiveType } from '../../protocol/edm/primitive-types.js';
import { type ArithmeticKind, kindOf, type NumberKind, type Operator } from '../sql/number-kind.js';

/** Operators of SQLite on integers that stay inside 64 bits. It has NULL where zero divides. */
const native: Readonly<Partial<Record<Operator, string>>> = {
  add: '+',
  subtract: '-',
  multiply: '*',
  divide: '/',
  modulo: '%',
};

function ofIntegers(operator: Operator, values: readonly string[], mayLeave: boolean): string {
  const [value = ''] = values;
  if (operator === 'round' || operator === 'floor' || operator === 'ceiling') return value;
  // A remainder is never beyond its operands.
  if (mayLeave && operator !== 'modulo') return `odata_integer_${operator}(${values.join(', ')})`;
  return operator === 'negate' ? `(-${value})` : `(${values.join(` ${native[operator] ?? ''} `)})`;
}

/** Numbers computed with, by functions of `number-functions.ts` but for integers that stay what they are. */
export function arithmetic(operator: Operator, kind: ArithmeticKind, values: readonly string[]): string {
  if (kind === 'integer' || kind === 'int64') return ofIntegers(operator, values, kind === 'int64');
  const rounds = kind === 'duration' && (operator === 'multiply' || operator === 'divide');
  const family = kind === 'duration' && !rounds ? 'decimal' : kind;
  return `odata_${family}_${operator.toLowerCase()}(${values.join(', ')})`;
}

/** A number as one of a wider kind; see `Dialect.toKind`. A double in the place of a decimal is that of its digits. */
export function toKind(value: string, from: NumberKind, to: NumberKind): string {
  if (from === to) return value;
  if (to === 'decimal') return `odata_decimal(${value})`;
  return from === 'integer' ? `CAST(${value} AS REAL)` : `odata_decimal_double(${value})`;
}

function ofNumber(value: string, from: NumberKind, to: PrimitiveType): string {
  const kind = kindOf(to);
  if (to.name === 'Edm.String') return from === 'integer' ? `CAST(${value} AS TEXT)` : `odata_${from}_text(${value})`;
  if (kind === 'integer') return `odata_decimal_integer(${toKind(value, from, 'decimal')}, '${to.name.slice(4)}')`;
  if (kind === 'decimal') return `odata_finite(${toKind(value, from, 'decimal')})`;
  const double = from === 'decimal' ? `odata_decimal_fits(${value})` : toKind(value, from, 'double');
  return to.name === 'Edm.Single' ? `odata_single(${double})` : double;
}

function ofText(text: string, to: PrimitiveType): string {
  const read = (type: string): string => `odata_read(${text}, '${type}')`;
  switch (to.family) {
    case 'string':
      return text;
    case 'integer':
      return `odata_decimal_integer(odata_decimal(${read('Integer')}), '${to.name.slice(4)}')`;
    case 'decimal':
    case 'duration':
      return `odata_decimal(${read(to.name.slice(4))})`;
    case 'double':
      return to.name === 'Edm.Single' ? `odata_single(${read('Double')})` : read('Double');
    case 'geo':
      return 'NULL';
    default:
      return read(to.name.slice(4));
  }
}

/** Values that are texts in another form than their literals, as text. */
function asText(value: string, { family }: PrimitiveType): string {
  switch (family) {
    case 'boolean':
      return `CASE ${value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END`;
    case 'dateTimeOffset':
      return `(${value} || 'Z')`;
    case 'duration':
      return `odata_duration_text(odata_decimal_text(${value}))`;
    default:
      return value;
  }
}

/** See `Dialect.rounded`. */
export function rounded(value: string, { precision, scale }: DigitFacets): string {
  return `odata_decimal_rounded(${value}, '${precision ?? ''},${scale ?? ''}')`;
}

/** See `Dialect.cast`. */
export const cast = castBy({ ofNumber, ofText, asText });
