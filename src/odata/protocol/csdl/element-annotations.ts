import type { NavigationProperty, Property, StreamProperty, StructuredType } from '../edm/model.js';
import type { EnumType, TypeDefinition } from '../edm/schema.js';
import { ownMedia } from './own-members.js';
import { type Annotation, annotations, record } from '../edm/annotation.js';

/** What a property says of itself beside its type and facets: Core and Validation. */
export function annotationsOfProperty(property: Property): readonly Annotation[] {
  const { description, computed, immutable, facets } = property;
  const { minimum, maximum, pattern, allowedValues } = facets;
  const said = annotations({
    'Core.Description': description,
    'Core.Computed': computed || undefined,
    'Core.Immutable': (immutable && !computed) || undefined,
    'Validation.Minimum': minimum,
    'Validation.Maximum': maximum,
    'Validation.Pattern': pattern,
    'Validation.AllowedValues': allowedValues?.map((value) => record({ Value: value })),
  });
  return withOwn(property.name, said, property.annotations);
}

/**
 * What the service says of an element, and what its declaration does.
 * @throws Error where both say the same term
 */
export function withOwn(
  what: string,
  said: readonly Annotation[],
  own: readonly Annotation[] | undefined,
): readonly Annotation[] {
  if (own === undefined) return said;
  const twice = own.find(({ term, qualifier }) => qualifier === undefined && said.some((one) => one.term === term));
  if (twice !== undefined) throw new Error(`${what}: the service says ${twice.term} itself`);
  return [...said, ...own];
}

/** What a stream says of itself, or of its media entity type: Core. */
export function annotationsOfStream({ description, accepts }: StreamProperty): readonly Annotation[] {
  const [only] = accepts ?? [];
  const isOne = accepts?.length === 1 && only?.includes('*') === false;
  return annotations({
    'Core.Description': description,
    // The term says the type of whatever is there.
    'Core.MediaType': isOne ? only : undefined,
    'Core.AcceptableMediaTypes': accepts,
  });
}

/** What any other element of the model says of itself. */
export function annotationsOf(
  element: StructuredType | NavigationProperty | EnumType | TypeDefinition,
): readonly Annotation[] {
  const media = 'properties' in element ? ownMedia(element) : undefined;
  const said = [
    ...annotations({
      'Core.Description': element.description,
      'Core.LongDescription': 'longDescription' in element ? element.longDescription : undefined,
    }),
    ...(media === undefined ? [] : annotationsOfStream(media).filter(({ term }) => term !== 'Core.MediaType')),
  ];
  return withOwn(element.name, said, element.annotations);
}

/** What a member of an enumeration type says of itself. */
export function annotationsOfMember(type: EnumType, member: string): readonly Annotation[] {
  const said = annotations({ 'Core.Description': type.memberDescriptions[member] });
  return withOwn(`${type.name}.${member}`, said, type.memberAnnotations?.get(member));
}
