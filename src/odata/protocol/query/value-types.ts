import type {
  ComplexType,
  EntityType,
  ItemType,
  Model,
  NavigationProperty,
  Property,
  StructuredType,
} from '../edm/model.js';
import { typeName } from '../edm/type-name.js';
import { Edm, type TypeFamily } from '../edm/primitive-types.js';
import type { BoundExpression, Member, ValueType } from './bound.js';
import { isNumeric } from './expression/functions.js';

/** The structured types of a model by qualified name, and by name. */
export function findType(model: Model, name: string): StructuredType | undefined {
  const bare = name.startsWith(`${model.namespace}.`) ? name.slice(model.namespace.length + 1) : name;
  return model.entityTypes.get(bare) ?? model.complexTypes.get(bare);
}

/** Whether a type is another, or derived from it. */
export function derivesFrom(type: StructuredType, base: StructuredType): boolean {
  // A query that adds properties to a type makes another one of the name.
  if (type === base || (type.qualifiedName !== '' && type.qualifiedName === base.qualifiedName)) return true;
  return type.baseType !== undefined && derivesFrom(type.baseType, base);
}

/** A type of the model as what it is derived from has it: with the properties that a query added to that. */
export function narrowed<T extends StructuredType>(base: StructuredType, type: T): T {
  const all: readonly StructuredType[] = [base, ...base.derived];
  return (all.find(({ qualifiedName }) => qualifiedName === type.qualifiedName) as T | undefined) ?? type;
}

/** The names of a type and of those derived from it. */
export function familyOf(type: StructuredType): readonly string[] {
  return [type, ...type.derived].map(({ qualifiedName }) => qualifiedName);
}

/** The condition that a structured value is of a type, or of one derived from it. */
export function instanceOf(operand: Member, type: StructuredType): BoundExpression {
  const { item } = operand.type;
  const declared = isStructured(item) ? item.qualifiedName : '';
  return { kind: 'isOf', operand, names: familyOf(type), declared, type: { item: Edm.Boolean, collection: false } };
}

/** A declared property of a structured type, navigation included. */
export function propertyOf(type: StructuredType, name: string): Property | NavigationProperty | undefined {
  return type.properties.get(name) ?? type.navigation?.get(name);
}

/** The names of a type's properties, navigation included; for messages. */
export function propertyNames(type: StructuredType): readonly string[] {
  return [...type.properties.keys(), ...(type.navigation?.keys() ?? [])];
}

/** Whether a type has properties. */
export function isStructured(item: ItemType): item is ComplexType | EntityType {
  return item?.kind === 'complex' || item?.kind === 'entity';
}

/** The name of a type in messages. */
export function nameOf({ item, collection }: ValueType): string {
  const name = item === undefined ? 'an untyped value' : typeName(item);
  return collection ? `Collection(${name})` : name;
}

/** The qualified names of the structured types, for messages. */
export function typeNames(model: Model): readonly string[] {
  return [...model.entityTypes.values(), ...model.complexTypes.values()].map(({ qualifiedName }) => qualifiedName);
}

/** The family of a single primitive value. */
export function familyOfType({ item, collection }: ValueType): TypeFamily | undefined {
  return item?.kind === 'primitive' && !collection ? item.family : undefined;
}

/** Whether values of a type have an order: primitive values but those of geography and geometry. */
export function isOrdered({ item, collection }: ValueType): boolean {
  if (collection || isStructured(item)) return false;
  return item?.kind !== 'primitive' || item.family !== 'geo';
}

/** Whether values of two types can be compared: numbers with numbers, everything else with its like. */
export function compatible(left: ItemType, right: ItemType): boolean {
  if (left === undefined || right === undefined) return true;
  // OData 4.01 URL Conventions 5.1.1.1: geography and geometry compare with null only.
  if (left.kind === 'primitive' && left.family === 'geo') return false;
  if (left === right) return true;
  if (left.kind === 'primitive' && right.kind === 'primitive') {
    return left.family === right.family || (isNumeric(left) && isNumeric(right));
  }
  return isStructured(left) && isStructured(right) && (derivesFrom(left, right) || derivesFrom(right, left));
}
