import type { EntityType, Model, Property, StructuredType } from '../edm/model.js';
import type { OperationElement, TypedElement } from './operation-elements.js';
import { facetsOfDefinition } from './own-members.js';

/** The abstract types that nothing is declared with: they are only there to be derived from. */
function mereBases(model: Model): ReadonlySet<StructuredType> {
  const types: readonly StructuredType[] = [...model.entityTypes.values(), ...model.complexTypes.values()];
  const members = types.flatMap((type) => [...type.properties.values(), ...(type.navigation?.values() ?? [])]);
  const declared = [...members, ...model.entitySets.values(), ...model.singletons.values()];
  const named = new Set<unknown>(declared.map(({ type }) => type));
  return new Set(types.filter((type) => type.abstract && !named.has(type)));
}

/** Whether there are base types, or type definitions, that a reader needs not know. */
export function hasMereBases(model: Model): boolean {
  return model.typeDefinitions.size > 0 || mereBases(model).size > 0;
}

/** A property as one of the underlying type, whose facets it has anyway. */
function plainProperty<T extends Property>(property: T): T {
  return property.definition === undefined ? property : { ...property, definition: undefined };
}

function withoutDefinitions(properties: StructuredType['properties']): StructuredType['properties'] {
  return new Map([...properties].map(([name, property]) => [name, plainProperty(property)]));
}

/** Actions and functions whose parameters and results are of underlying types. */
export function flattenOperations(
  operations: readonly OperationElement[],
  { typeDefinitions }: Model,
): readonly OperationElement[] {
  const flat = (element: TypedElement): TypedElement => {
    const definition = [...typeDefinitions.values()].find(({ qualifiedName }) => qualifiedName === element.type);
    if (definition === undefined) return element;
    const facets = { ...facetsOfDefinition(definition), ...element.facets };
    return { ...element, type: definition.underlying.name, facets };
  };
  return operations.map((one) => ({
    ...one,
    parameters: one.parameters.map(flat),
    returns: one.returns && flat(one.returns),
  }));
}

/** Where the metadata document is without base types that nothing is declared with, relative to the service root. */
export const flatMetadata = '$metadata?inheritance=flat';

/**
 * The same model, abstract types written into those that derive from them, and underlying types in the place of type
 * definitions: for readers of metadata that do not look into either. Types that values have stay bases of others, so that no payload can tell the difference.
 */
export function flattenModel(model: Model): Model {
  const gone = mereBases(model);
  const hasDefinitions = model.typeDefinitions.size > 0;
  const terms = [...model.terms].map(
    ([name, term]) => [name, { ...term, property: plainProperty(term.property) }] as const,
  );
  const flat = <T extends StructuredType>(types: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map(
      [...types]
        .filter(([, type]) => !gone.has(type))
        .map(([name, type]) => {
          let { baseType } = type;
          while (baseType !== undefined && gone.has(baseType)) ({ baseType } = baseType);
          const properties = hasDefinitions ? withoutDefinitions(type.properties) : type.properties;
          return [name, { ...type, baseType, properties }];
        }),
    );
  const types = { complexTypes: flat(model.complexTypes), entityTypes: flat<EntityType>(model.entityTypes) };
  return { ...model, ...types, typeDefinitions: new Map(), terms: new Map(terms) };
}
