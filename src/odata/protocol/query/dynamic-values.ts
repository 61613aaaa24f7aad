import type { ItemType } from '../edm/model.js';
import { Edm, type PrimitiveType } from '../edm/primitive-types.js';
import { type BoundExpression, type BoundOrder, single } from './bound.js';
import { isNumeric } from './functions.js';

/** What dynamic values are: the JSON of one says no more (OData JSON Format 4.01, 4.6.3). */
export const dynamicTypes: readonly PrimitiveType[] = [Edm.Boolean, Edm.String, Edm.Decimal];

function isDynamic({ kind, type: { item, collection } }: BoundExpression): boolean {
  return kind === 'member' && item === undefined && !collection;
}

/**
 * A value in the place of a type: a dynamic one is read as one of that type, so that a store never compares what is not
 * alike. Numbers are decimals, whatever number is asked for.
 */
export function dynamicAs(expression: BoundExpression, item: ItemType): BoundExpression {
  if (expression.kind !== 'member' || !isDynamic(expression) || item === undefined) return expression;
  if (item.kind !== 'primitive' && item.kind !== 'enum') return expression;
  if (item.kind === 'primitive' && item.family === 'geo') return expression;
  const read = item.kind === 'primitive' && isNumeric(item) ? Edm.Decimal : item;
  return { kind: 'dynamic', operand: expression, type: single(read) };
}

/** Two values side by side: a dynamic one is read as one of the other's type. */
export function withDynamic(left: BoundExpression, right: BoundExpression): [BoundExpression, BoundExpression] {
  return [dynamicAs(left, right.type.item), dynamicAs(right, left.type.item)];
}

/**
 * What an order is by. Dynamic values of several types are ordered type by type, those of one type by value: null, truth,
 * text, numbers.
 */
export function orderTerms(expression: BoundExpression, descending: boolean): readonly BoundOrder[] {
  if (!isDynamic(expression)) return [{ expression, descending }];
  return dynamicTypes.toReversed().map((item) => ({ expression: dynamicAs(expression, item), descending }));
}
