import type { Model } from '../protocol/edm/model.js';

/** Injects the model of the service. */
export const MODEL = Symbol('model of the service');

/** Injects a model, and what of it is modified without a module of a domain. */
export const SERVED = Symbol('what is served');

/** A model, and the names of the entity sets and singletons that are modified without a module of a domain. */
export interface Served {
  readonly model: Model;
  readonly modifiable: readonly string[];
}
