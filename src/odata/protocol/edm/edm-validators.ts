import { ValidateBy, type ValidationOptions } from 'class-validator';
import type { JsonValue } from '../json/json-value.js';
import type { PrimitiveType } from './primitive-types.js';
import type { EnumType } from './schema.js';
import { namesType } from './type-annotation.js';

/** The condition under which the rules of a property that cannot be null are tested: a body need not name it. */
export function isPresent(_object: object, value: unknown): boolean {
  return value !== undefined;
}

/** class-validator rule: the value is one of the primitive or enumeration type, as it travels in JSON. */
export function IsOfEdmType(
  type: PrimitiveType | EnumType,
  { itemsMayBeNull = false, ...options }: ValidationOptions & { readonly itemsMayBeNull?: boolean } = {},
): PropertyDecorator {
  const accepts = (value: unknown): boolean => (itemsMayBeNull && value === null) || isOf(value);
  const isOf = (value: unknown): boolean =>
    type.kind === 'enum'
      ? type.members.includes(value as string)
      : type.read(value as JsonValue, { ieee754Compatible: false }) !== undefined;
  const expects = type.kind === 'enum' ? `one of ${type.members.join(', ')}` : type.expects;
  return ValidateBy(
    {
      name: 'isOfEdmType',
      constraints: [type],
      validator: { validate: accepts, defaultMessage: () => `$property must be ${expects}` },
    },
    options,
  );
}

/** class-validator rule: an `@odata.type`, where there is one, names the type, with or without `#`. */
export function IsODataType(qualifiedName: string): PropertyDecorator {
  return ValidateBy({
    name: 'isODataType',
    constraints: [qualifiedName],
    validator: {
      validate: (value) => value === undefined || namesType(value as JsonValue, qualifiedName),
      defaultMessage: () => `$property must be "#${qualifiedName}"`,
    },
  });
}
