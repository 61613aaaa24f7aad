import type { Singleton } from '../protocol/edm/model.js';
import { ModelEntityIds } from '../protocol/query/entity-ids.js';
import { keyTextIn } from '../protocol/edm/key-text.js';
import type { Caller } from './caller.js';
import { type LiveEntities, LiveEntity, liveSet, liveSingleton, type Workplace } from './live-entities.js';

/** A value inside an entity that an operation is bound to. */
export interface BoundValue<V = unknown> {
  /** In the form that it has in JSON; of a complex type an object of its class. */
  readonly value: V;
  /** The entity that has it. */
  readonly owner: LiveEntity;
}

/**
 * What a handler of an operation is given.
 * @typeParam P the class of the operation, whose properties are its parameters
 * @typeParam B what it is bound to: `LiveEntity<Work>`, `LiveEntities<Work>`, `BoundValue<string>`
 */
export class Call<P extends object = object, B = unknown> {
  constructor(
    private readonly workplace: Workplace,
    /** The parameters, read and tested as a body is; what was left out has its default, or is not there. */
    readonly parameters: P,
    readonly bound: B,
  ) {}

  get caller(): Caller {
    return this.workplace.caller;
  }

  /** The entity set of a class. @param name where several sets have entities of the class */
  readonly set = <T extends object>(target: abstract new () => T, name?: string): LiveEntities<T> =>
    liveSet(this.workplace, target, name);

  /** The singleton of a class. */
  readonly singleton = <T extends object>(target: abstract new () => T, name?: Singleton['name']): LiveEntity<T> =>
    liveSingleton(this.workplace, target, name);

  /**
   * The entity that a parameter refers to; undefined where it refers to none.
   * @param reference a parameter that is declared by `@References`
   */
  readonly referred = <T extends object>(reference: T | null | undefined): LiveEntity<T> | undefined => {
    const id = (reference as { readonly '@id'?: string } | null | undefined)?.['@id'];
    const { model } = this.workplace;
    const ids = new ModelEntityIds(model, []);
    for (const set of id === undefined ? [] : model.entitySets.values()) {
      const key = ids.memberOf(set, id ?? '');
      if (key === undefined) continue;
      const address = { set, id: keyTextIn(set.type, key), at: [], conditions: [] };
      return new LiveEntity<T>(this.workplace, address, set.type);
    }
    return undefined;
  };
}
