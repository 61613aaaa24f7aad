/** Injects the model of the service. */
export const MODEL = Symbol('model of the service');
