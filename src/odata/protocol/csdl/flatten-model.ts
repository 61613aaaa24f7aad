import type { EntityType, Model, StructuredType } from '../edm/model.js';

/** The abstract types that nothing is declared with: they are only there to be derived from. */
function mereBases(model: Model): ReadonlySet<StructuredType> {
  const types: readonly StructuredType[] = [...model.entityTypes.values(), ...model.complexTypes.values()];
  const members = types.flatMap((type) => [
    ...type.properties.values(),
    ...(type.kind === 'entity' ? type.navigation.values() : []),
  ]);
  const declared = [...members, ...model.entitySets.values(), ...model.singletons.values()];
  const named = new Set<unknown>(declared.map(({ type }) => type));
  return new Set(types.filter((type) => type.abstract && !named.has(type)));
}

/** Whether there are base types that a reader needs not know. */
export function hasMereBases(model: Model): boolean {
  return mereBases(model).size > 0;
}

/** Where the metadata document is without base types that nothing is declared with, relative to the service root. */
export const flatMetadata = '$metadata?inheritance=flat';

/**
 * The same model, abstract types written into those that derive from them: for readers of metadata that do not look into
 * base types. Types that values have stay bases of others, so that no payload can tell the difference.
 */
export function flattenModel(model: Model): Model {
  const gone = mereBases(model);
  const flat = <T extends StructuredType>(types: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map(
      [...types]
        .filter(([, type]) => !gone.has(type))
        .map(([name, type]) => {
          let { baseType } = type;
          while (baseType !== undefined && gone.has(baseType)) ({ baseType } = baseType);
          return [name, { ...type, baseType }];
        }),
    );
  return { ...model, complexTypes: flat(model.complexTypes), entityTypes: flat<EntityType>(model.entityTypes) };
}
