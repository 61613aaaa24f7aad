import type { EntitySet } from '../odata/edm/model.js';
import type { AggregateSet } from './aggregate-store.js';

/** How the members of an entity set are kept: one row each, with the entities they contain. */
export function aggregateSet({ name, type }: EntitySet): AggregateSet {
  return { name, contained: [...type.navigation.keys()] };
}
