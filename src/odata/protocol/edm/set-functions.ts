import type { Model } from './model.js';

/** A function that is bound to the members of every entity set and gives members of it (OData CSDL 4.01, 12.3). */
export interface SetFunction {
  readonly name: string;
  readonly description: string;
}

/** The changes of an entity set, as Microsoft Graph has them. */
export const deltaFunction: SetFunction = {
  name: 'delta',
  description: 'Gives all, and with the link at the end what was added, changed or removed since.',
};

/** Every such function. */
export const setFunctions: readonly SetFunction[] = [deltaFunction];

/**
 * The function that a segment of a path names: qualified, or by its name alone, because the schema is a default namespace
 * (OData 4.01 URL Conventions 4.5, Core.DefaultNamespace).
 */
export function setFunctionOf({ namespace }: Model, name: string): SetFunction | undefined {
  return setFunctions.find((one) => name === one.name || name === `${namespace}.${one.name}`);
}
