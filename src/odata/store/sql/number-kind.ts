import type { ItemType } from '../../protocol/edm/model.js';
import { Edm, type PrimitiveType } from '../../protocol/edm/primitive-types.js';
import type { BoundExpression, FunctionName } from '../../protocol/query/bound.js';

/** How a number is computed with; durations are decimals. */
export type NumberKind = 'integer' | 'decimal' | 'double';

/** `int64`: integers that may leave 64 bits, and are null then; `duration`: decimals of twelve digits behind the point. */
export type ArithmeticKind = NumberKind | 'int64' | 'duration';

/** The operators and functions of numbers (OData 4.01 URL Conventions 5.1.1.2 and 5.1.1.9). */
export const operators = [
  'add',
  'subtract',
  'multiply',
  'divide',
  'divideExactly',
  'modulo',
  'negate',
  'round',
  'floor',
  'ceiling',
] as const satisfies readonly FunctionName[];
export type Operator = (typeof operators)[number];

export function isOperator(name: FunctionName): name is Operator {
  return (operators as readonly FunctionName[]).includes(name);
}

const kinds: readonly NumberKind[] = ['integer', 'decimal', 'double'];

/** The kind of the numbers of a type; undefined where they are none. */
export function kindOf(type: ItemType): NumberKind | undefined {
  if (type?.kind !== 'primitive') return undefined;
  if (type.family === 'duration') return 'decimal';
  return kinds.find((kind) => kind === type.family);
}

/** Promotion (5.1.1.18): the widest of the kinds; undefined where none is a number. */
export function widestKind(types: readonly ItemType[]): NumberKind | undefined {
  const found = types.map(kindOf);
  return kinds.findLast((kind) => found.includes(kind));
}

/** A type whose literals are of a kind. */
export const typeOfKind: Readonly<Record<NumberKind, PrimitiveType>> = {
  integer: Edm.Int64,
  decimal: Edm.Decimal,
  double: Edm.Double,
};

/** Whether a number may be none: a stored decimal never is, one that was computed may be, by `divby` zero. */
export function mayBeNaN({ kind, type: { item } }: BoundExpression): boolean {
  if (kind === 'literal' || item?.kind !== 'primitive') return false;
  return item.family === 'double' || (item.family === 'decimal' && kind !== 'member' && kind !== 'dynamic');
}

/** Whether an expression is the literal NaN, which equals nothing (5.1.1.1.1). */
export function isNaNLiteral({ kind, ...rest }: BoundExpression): boolean {
  return kind === 'literal' && kindOf(rest.type.item) === 'double' && (rest as { value: unknown }).value === 'NaN';
}
