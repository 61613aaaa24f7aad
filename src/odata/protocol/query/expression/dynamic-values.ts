import type { ItemType } from '../../edm/model.js';
import { Edm, type PrimitiveType, type TypeFamily } from '../../edm/primitive-types.js';
import { type BoundExpression, type BoundOrder, type FunctionName, nothing, single } from '../bound.js';
import { isNumeric } from './functions.js';

/** What dynamic values are: the JSON of one says no more (OData JSON Format 4.01, 4.5.3). */
export const dynamicTypes: readonly PrimitiveType[] = [Edm.Boolean, Edm.String, Edm.Decimal];

/** Whether an expression is of whatever type its value says: a dynamic property, or a choice among some. */
export function isDynamic(expression: BoundExpression): boolean {
  const { item, collection } = expression.type;
  if (item !== undefined || collection) return false;
  if (expression.kind === 'case') return expression.branches.some(({ value }) => isDynamic(value));
  return expression.kind === 'member';
}

/**
 * A value in the place of a type: a dynamic one is read as one of that type, so that a store never compares what is not
 * alike. Numbers are decimals, whatever number is asked for; of what JSON has as text it is what the text says.
 */
export function dynamicAs(expression: BoundExpression, item: ItemType): BoundExpression {
  if (!isDynamic(expression) || item === undefined) return expression;
  if (expression.kind === 'case') {
    const branches = expression.branches.map(({ when, value }) => ({ when, value: dynamicAs(value, item) }));
    const type = branches.find(({ value }) => value.type.item !== undefined)?.value.type ?? single(item);
    return { kind: 'case', branches, type };
  }
  if (expression.kind !== 'member') return expression;
  if (item.kind !== 'primitive' && item.kind !== 'enum') return expression;
  if (item.kind === 'primitive' && item.family === 'geo') return expression;
  const read = (type: PrimitiveType): BoundExpression => ({
    kind: 'dynamic',
    operand: expression,
    type: single(type),
  });
  if (item.kind === 'primitive' && isNumeric(item)) return read(Edm.Decimal);
  if (item === Edm.Boolean || item === Edm.String) return read(item);
  return { kind: 'cast', operand: read(Edm.String), type: single(item) };
}

/** The condition that a value is there. */
export function isThere(left: BoundExpression): BoundExpression {
  return { kind: 'comparison', operator: 'ne', left, right: nothing, type: single(Edm.Boolean) };
}

/** A value where another one is there, and a third where that is not. */
export function whereThere(
  tested: BoundExpression,
  value: BoundExpression,
  otherwise: BoundExpression,
): BoundExpression {
  const always: BoundExpression = { kind: 'literal', value: true, type: single(Edm.Boolean) };
  const branches = [
    { when: isThere(tested), value },
    { when: always, value: otherwise },
  ];
  return { kind: 'case', branches, type: value.type };
}

/** Functions of a day or a clock: what they take of a text that may say either that or a moment. */
const partsOfMoment: Readonly<Partial<Record<TypeFamily, readonly [FunctionName, PrimitiveType]>>> = {
  date: ['dateOf', Edm.Date],
  timeOfDay: ['timeOf', Edm.TimeOfDay],
};

/** A dynamic value as an argument of a function, by the families that it takes. */
export function dynamicArgument(value: BoundExpression, families: readonly TypeFamily[]): BoundExpression {
  if (!isDynamic(value)) return value;
  if (families.includes('decimal')) return dynamicAs(value, Edm.Decimal);
  if (families.includes('integer'))
    return { kind: 'cast', operand: dynamicAs(value, Edm.Decimal), type: single(Edm.Int32) };
  const other = families.find((family) => partsOfMoment[family] !== undefined);
  const part = other === undefined ? undefined : partsOfMoment[other];
  if (part !== undefined && families.includes('dateTimeOffset')) {
    const [name, item] = part;
    const moment = dynamicAs(value, Edm.DateTimeOffset);
    const inside: BoundExpression = { kind: 'call', name, arguments: [moment], type: single(item) };
    return whereThere(moment, inside, dynamicAs(value, item));
  }
  const type = [Edm.Date, Edm.DateTimeOffset, Edm.Duration].find(({ family }) => families.includes(family));
  return dynamicAs(value, type ?? Edm.String);
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
