import { membersOf } from '../../src/odata/protocol/payload/stored-entity.js';
import type { JsonObject, JsonValue } from '../../src/odata/protocol/json/json-value.js';
import type { ItemType } from '../../src/odata/protocol/edm/model.js';
import type {
  AggregatedValue,
  BoundCollection,
  BoundExpression,
  ComparisonOperator,
  Instance,
  ReachedValues,
} from '../../src/odata/protocol/query/bound.js';
import { Edm } from '../../src/odata/protocol/edm/primitive-types.js';
import { cast } from './cast.js';
import { call } from './functions.js';
import { compare, isNaNValue, kindOf, type NumberKind, rank, textOf, toKind, type Value, valueOf } from './value.js';

/** What each instance stands for while an expression is evaluated: a stored value. */
export type Scope = ReadonlyMap<Instance, JsonValue>;

const kinds: readonly NumberKind[] = ['integer', 'decimal', 'double'];

/** The kind in which numbers of types are compared: the widest (5.1.1.18). */
function widest(types: readonly ItemType[]): NumberKind | undefined {
  const found = types.map(kindOf).filter((kind) => kind !== undefined);
  return kinds.findLast((kind) => found.includes(kind));
}

/** Order of two values of a type that are not null, as `$orderby` has it. */
export function compareValues(type: ItemType, left: Value, right: Value): number {
  return compare(rank(type, left), rank(type, right));
}

function equals(left: Value, right: Value): boolean {
  if (left === null || right === null) return left === right;
  if (isNaNValue(left) || isNaNValue(right)) return false;
  return typeof left === 'object' && !('value' in left) ? textOf(left) === textOf(right) : compare(left, right) === 0;
}

function compared(operator: ComparisonOperator, type: ItemType, [left, right]: readonly [Value, Value]): boolean {
  const equal = equals(left, right);
  const known = left !== null && right !== null && !isNaNValue(left) && !isNaNValue(right);
  const order = known ? compareValues(type, left, right) : 0;
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

function stored(value: JsonValue, { item, collection }: BoundExpression['type']): Value {
  return collection && Array.isArray(value)
    ? (value.map((one) => valueOf(one, item)) as JsonValue)
    : valueOf(value, item);
}

/**
 * Evaluates a bound expression on documents in memory: OData 4.01 URL Conventions 5.1.1 once more, as plainly as can be,
 * and exactly. Truth is true, false or null.
 */
export function evaluate(expression: BoundExpression, scope: Scope): Value {
  const value = (inner: BoundExpression): Value => evaluate(inner, scope);
  /** Values of operands in the kind in which they are compared. */
  const together = (...operands: readonly BoundExpression[]): Value[] => {
    const kind = widest(operands.map(({ type }) => type.item));
    return operands.map((one) => (kind === undefined ? value(one) : toKind(value(one), kind)));
  };
  switch (expression.kind) {
    case 'literal':
      return stored(expression.value, expression.type);
    case 'member': {
      let at: JsonValue = scope.get(expression.instance) ?? null;
      for (const name of expression.path) at = (at as JsonObject | null)?.[name] ?? null;
      return stored(at ?? (expression.type.collection ? [] : null), expression.type);
    }
    case 'call': {
      const values = expression.arguments.map(value);
      return values.includes(null) ? null : call(expression, values);
    }
    case 'comparison': {
      const type = expression.left.type.item ?? expression.right.type.item;
      const [left, right] = together(expression.left, expression.right);
      return compared(expression.operator, type, [left!, right!]);
    }
    case 'in':
      return expression.items.some((item) => {
        const [left, right] = together(expression.operand, item);
        return equals(left!, right!);
      });
    case 'inCollection': {
      const { item } =
        expression.collection.item.type === undefined ? { item: undefined } : { item: expression.collection.item.type };
      const kind = widest([expression.operand.type.item, item]);
      const left = value(expression.operand);
      const one = (other: Value): Value => (kind === undefined ? other : toKind(other, kind));
      return itemsOf(expression.collection, scope).some((inner) => equals(one(valueOf(inner, item)), one(left)));
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
      return BigInt(itemsOf(expression.collection, scope).length);
    case 'aggregated': {
      const { collection, aggregate } = expression;
      const scopes = itemsOf(collection, scope).map((one): Scope => new Map([...scope, [collection.item, one]]));
      const { value: of, reached } = aggregate;
      const all = reached === undefined ? scopes : scopesOf(reached, scopes);
      return aggregated(
        aggregate,
        all.map((one) => (of === undefined ? true : evaluate(of, one))),
      );
    }
    case 'these':
    case 'hierarchy':
      throw new Error('The oracle has one document at one time');
    case 'case':
      for (const branch of expression.branches) {
        if (value(branch.when) !== true) continue;
        const kind = kindOf(expression.type.item);
        return kind === undefined ? value(branch.value) : toKind(value(branch.value), kind);
      }
      return null;
    case 'isOf': {
      const operand = value(expression.operand) as JsonObject | null;
      return (
        operand !== null && expression.names.includes((operand.$type as string | undefined) ?? expression.declared)
      );
    }
    case 'whole': {
      const text = value(expression.operand);
      return text === null ? null : wholeText(text as JsonValue);
    }
    case 'dynamic': {
      const { item } = expression.type;
      const json = value(expression.operand) as JsonValue;
      const isOne = item === Edm.Boolean ? 'boolean' : item === Edm.String ? 'string' : 'number';
      return typeof json === isOne ? valueOf(json, item) : null;
    }
    case 'cast':
      return cast(value(expression.operand), expression.operand.type.item, expression.type.item);
  }
}

/** An aggregated value of values (Data Aggregation 3.2.1.3): nulls are none, and of none there is no sum. */
function aggregated({ method, value: of }: AggregatedValue, values: readonly Value[]): Value {
  const known = values.filter((one) => one !== null);
  if (method === 'count') return BigInt(known.length);
  if (method === 'countdistinct') return BigInt(new Set(known.map(textOf)).size);
  if (known.length === 0) return null;
  const type = of?.type.item;
  if (method === 'min' || method === 'max')
    return known.reduce((best, one) => (compareValues(type, one, best) > 0 === (method === 'max') ? one : best));
  const sum = known.reduce<bigint>((all, one) => all + (one as bigint), 0n);
  return method === 'sum' ? sum : Number(sum) / known.length;
}

/** The text of a structured value: the same, whatever the order of its members, and with null as with none. */
function wholeText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(wholeText).join()}]`;
  if (typeof value !== 'object' || value === null) return textOf(value);
  const members = Object.entries(value as JsonObject).filter(([, one]) => one !== null);
  return `{${members
    .map(([name, one]) => `${name}:${wholeText(one)}`)
    .sort()
    .join()}}`;
}

/** A scope for each value that a path leads to; one for those that count once (Data Aggregation 3.2.1.1). */
function scopesOf({ collections, conditions, identity }: ReachedValues, scopes: readonly Scope[]): readonly Scope[] {
  const reached = collections
    .reduce<readonly Scope[]>(
      (all, collection) =>
        all.flatMap((scope) => itemsOf(collection, scope).map((one) => new Map([...scope, [collection.item, one]]))),
      scopes,
    )
    .filter((scope) => conditions.every((one) => evaluate(one, scope) === true));
  if (identity === undefined) return reached;
  // An item is the same where it is the same object: that of a document is in one place.
  const places = collections.slice(identity.from).map(({ item }) => item);
  const told = (scope: Scope): readonly unknown[] => [
    ...identity.values.map((one) => textOf(evaluate(one, scope))),
    ...places.map((item) => scope.get(item)),
  ];
  return reached.filter((scope, at) => {
    const own = told(scope);
    return reached.findIndex((one) => told(one).every((value, index) => value === own[index])) === at;
  });
}

function itemsOf({ member, item, filters }: BoundCollection, scope: Scope): JsonValue[] {
  let collection: JsonValue = scope.get(member.instance) ?? null;
  for (const name of member.path) collection = (collection as JsonObject | null)?.[name] ?? null;
  // Entities are stored by key.
  const items = Array.isArray(collection) ? collection : membersOf(collection ?? undefined);
  return items.filter((one) => filters.every((filter) => evaluate(filter, new Map([...scope, [item, one]])) === true));
}
