import type { ItemType, Model, Operation, OperationType, Parameter, StructuredType } from './model.js';

/** Name of the parameter that is bound. */
export const bindingParameter = 'bindingParameter';

/** The parameters of an operation but the bound one, those that may be left out last (OData 4.01 Protocol 11.5.4.1). */
export function parametersOf({ parameters, optional }: Operation): readonly Parameter[] {
  const all: readonly Parameter[] = [...parameters.properties.values(), ...parameters.navigation.values()];
  return [...all.filter(({ name }) => !optional.has(name)), ...all.filter(({ name }) => optional.has(name))];
}

/** Whether a type is another, or derives from it; and how far that is. */
function distance(type: ItemType, base: ItemType): number | undefined {
  let one: ItemType = type;
  for (let steps = 0; one !== undefined; steps++) {
    const isSame = one === base || (one.kind === base?.kind && isSameStructure(one, base));
    if (isSame) return steps;
    one = one.kind === 'entity' || one.kind === 'complex' ? one.baseType : undefined;
  }
  return undefined;
}

/** A query that adds properties to a type makes another one of the name. */
function isSameStructure(one: ItemType, other: ItemType): boolean {
  const nameOf = (item: ItemType): string => (item as StructuredType).qualifiedName;
  return (one?.kind === 'entity' || one?.kind === 'complex') && nameOf(one) !== '' && nameOf(one) === nameOf(other);
}

/**
 * The overloads of a name that are bound to a type, to the nearest of those that it derives from (OData 4.01 Protocol
 * 11.5.4.2 and 11.5.5.2).
 * @param place name of the set or singleton that the value is of
 */
export function overloadsOn(
  { operations }: Pick<Model, 'operations'>,
  name: string,
  {
    type,
    collection,
    place,
  }: { readonly type: ItemType; readonly collection: boolean; readonly place?: string | undefined },
): readonly Operation[] {
  const candidates = (operations.bound.get(name) ?? []).flatMap((operation) => {
    const { binding, onlyOn } = operation;
    if (binding?.collection !== collection) return [];
    if (onlyOn !== undefined && place !== undefined && !onlyOn.has(place)) return [];
    const steps = distance(type, binding.type);
    return steps === undefined ? [] : [{ operation, steps }];
  });
  const nearest = Math.min(...candidates.map(({ steps }) => steps));
  return candidates.filter(({ steps }) => steps === nearest).map(({ operation }) => operation);
}

/** Whether a set of names is that of the parameters of an operation, but for those that may be left out. */
export function takes(operation: Operation, names: ReadonlySet<string>): boolean {
  const all = new Set(parametersOf(operation).map(({ name }) => name));
  const needed = [...all].filter((name) => !operation.optional.has(name));
  return [...names].every((name) => all.has(name)) && needed.every((name) => names.has(name));
}

/**
 * The overload that takes exactly the parameters of some names, or else the only one that takes them with others left out
 * (OData 4.01 Protocol 11.5.4.2).
 */
export function overloadWith(candidates: readonly Operation[], names: ReadonlySet<string>): Operation | undefined {
  const exact = candidates.find((one) => parametersOf(one).length === names.size && takes(one, names));
  const fitting = candidates.filter((one) => takes(one, names));
  return exact ?? (fitting.length === 1 ? fitting[0] : undefined);
}

/** The operations that can be called on values of a type: those of the types that it derives from too. */
export function operationsOn(
  model: Pick<Model, 'operations'>,
  on: OperationType & { readonly place?: string | undefined },
): readonly Operation[] {
  const names = new Set(model.operations.all.filter(({ binding }) => binding !== undefined).map((one) => one.name));
  return [...names].flatMap((name) => overloadsOn(model, name, on));
}
