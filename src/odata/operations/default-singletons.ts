import type { EntitySet, Model, Singleton } from '../protocol/edm/model.js';
import type { JsonObject, JsonValue } from '../protocol/json/json-value.js';
import { ODataError } from '../protocol/odata-error.js';
import type { NewEntity } from '../protocol/payload/change.js';
import { readNewEntity } from '../protocol/payload/read-body.js';
import { wholeKey } from './entity-key.js';

/** What a singleton is by default, read by the model. @throws Error naming the singleton and each fault */
function readDefault({ name, type }: Singleton, value: JsonObject): NewEntity {
  const body = { value: JSON.parse(JSON.stringify(value)) as JsonValue, duplicates: [] };
  try {
    const entity = readNewEntity(type, body, { version: '4.01', ieee754Compatible: false, isOwn: true });
    if ((entity.links ?? entity.related) !== undefined)
      throw new Error(`The default of ${name} refers to other entities: seed it instead`);
    return { ...entity, key: wholeKey(type, entity.key) };
  } catch (cause) {
    if (!(cause instanceof ODataError)) throw cause;
    const faults = cause.details.map(({ message }) => message).join(' ');
    throw new Error(`The default of ${name} is not allowed: ${faults}`, { cause });
  }
}

/**
 * Singletons that are there for whoever asks, because the model says what they are by default. One that nobody has made yet is
 * made when it is looked at first, so that from there on it is an entity like any other.
 */
export class DefaultSingletons {
  readonly #defaults: ReadonlyMap<EntitySet | Singleton, NewEntity>;

  /** @throws Error naming the singleton, where the model does not allow what it says */
  constructor({ singletons }: Model) {
    const said = [...singletons.values()].flatMap((one) =>
      one.default === undefined ? [] : [[one, one.default] as const],
    );
    this.#defaults = new Map(said.map(([one, value]) => [one, readDefault(one, value)]));
  }

  /** Whether there are any. */
  get isEmpty(): boolean {
    return this.#defaults.size === 0;
  }

  /** Those among some places, with what they are. */
  among(places: Iterable<EntitySet | Singleton>): readonly (readonly [EntitySet | Singleton, NewEntity])[] {
    return [...new Set(places)].flatMap((place) => {
      const value = this.#defaults.get(place);
      return value === undefined ? [] : [[place, value] as const];
    });
  }
}
