import type { EntityType } from '../protocol/edm/model.js';
import type { StoredEntity } from '../protocol/payload/stored-entity.js';
import { ChangeBody } from './change-body.js';
import type { ConditionalWrite } from './entity-address.js';
import type { Patch } from './rules.js';

/** A stored entity of a DTO class: its values in stored form, with its version. */
export type Stored<T extends object> = StoredEntity & Partial<T>;

/** An entity after an update, and whether the update made it. */
export interface UpdatedEntity<T extends object> {
  readonly entity: Stored<T>;
  readonly created: boolean;
}

/** The validated body of an update, typed by the DTO class of its entity; and the conditions under which it may happen. */
export class TypedChange<T extends object> {
  #values: Patch<T> | undefined;

  constructor(
    readonly type: EntityType,
    /** The change in stored form, for the store. */
    readonly write: ConditionalWrite,
  ) {}

  /** What is to change, as the body said it; null clears. */
  get values(): Patch<T> {
    this.#values ??= new ChangeBody(this.type, this.write, undefined).values as Patch<T>;
    return this.#values;
  }
}
