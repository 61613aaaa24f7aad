import type { NavigationProperty, Property, StructuredType } from '../edm/model.js';
import type { EnumType, TypeDefinition } from '../edm/schema.js';
import { type Annotation, annotations, record } from './annotation.js';

/** What a property says of itself beside its type and facets: Core and Validation. */
export function annotationsOfProperty(property: Property): readonly Annotation[] {
  const { description, computed, immutable, facets } = property;
  const { minimum, maximum, pattern, allowedValues } = facets;
  return annotations({
    'Core.Description': description,
    'Core.Computed': computed || undefined,
    'Core.Immutable': (immutable && !computed) || undefined,
    'Validation.Minimum': minimum,
    'Validation.Maximum': maximum,
    'Validation.Pattern': pattern,
    'Validation.AllowedValues': allowedValues?.map((value) => record({ Value: value })),
  });
}

/** What any other element of the model says of itself. */
export function annotationsOf(
  element: StructuredType | NavigationProperty | EnumType | TypeDefinition,
): readonly Annotation[] {
  return annotations({
    'Core.Description': element.description,
    'Core.LongDescription': 'longDescription' in element ? element.longDescription : undefined,
  });
}

/** What a member of an enumeration type says of itself. */
export function annotationsOfMember({ memberDescriptions }: EnumType, member: string): readonly Annotation[] {
  return annotations({ 'Core.Description': memberDescriptions[member] });
}
